"""Axes, time line and names of motion-capture files, and the notes that their writers share."""

import re
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.output.result import Result
from geolift.output.world_text import up_lines
from geolift.skeletons.skeleton import body_words


class Axes(NamedTuple):
    """The axes of a format. All matrices are rotations: the left hand stays the left.

    Attributes:
        world: `[3, 3]`, rows are the axes of the file in world axes (x ahead, y left, z up).
        world_names: what x, y and z are in the world.
        camera: `[3, 3]`, rows are the axes of the file in camera axes (x right, y down, z forward).
        camera_names: what x, y and z are for the camera. "Up" is the camera's.
    """

    world: np.ndarray
    world_names: str
    camera: np.ndarray
    camera_names: str


Y_UP_CAMERA = np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, -1]])
BVH_AXES = Axes(  # a person in the rest pose of the file faces +z, too
    np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]), "x left, y up, z ahead",
    Y_UP_CAMERA, "x right, y up, z towards the camera",
)  # fmt: skip
TRC_AXES = Axes(  # the ground of OpenSim
    np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]), "x ahead, y up, z right",
    Y_UP_CAMERA, "x right, y up, z towards the camera",
)  # fmt: skip
C3D_AXES = Axes(
    np.eye(3), "x ahead, y left, z up",
    np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]), "x right, y away from the camera, z up",
)  # fmt: skip


class Placed(NamedTuple):
    """Points in the axes of a file.

    Attributes:
        points: `[N, J, 3]` float64 from the root.
        position: `[N, 3]` float64 of the root; all 0 if none is known, else NaN where unknown.
        notes: a line if positions are unknown.
    """

    points: np.ndarray
    position: np.ndarray
    notes: list[str]


def place(result: Result, axes: Axes, instead: str) -> Placed:
    """Points in the axes of a file: the world's where the direction up is known, else the camera's.

    Without any position all roots stay at the origin.

    Args:
        result: whose points.
        axes: of the file.
        instead: what the file has in place of poses without a position, for the note.
    """
    points, position = result.points.astype(np.float64), result.position.astype(np.float64)
    turn = axes.camera
    if result.to_world is not None:
        turn = axes.world
        rotated = np.einsum("nij,nkj->nki", result.to_world[result.frame, :, :3].astype(np.float64), points)
    if result.world_points is not None:
        world = result.world_points.astype(np.float64)
        position = world[:, result.skeleton.root]
        moved = world - position[:, None]
        points = np.where(np.isfinite(moved), moved, rotated)  # a pose may have no position
    elif result.to_world is not None:
        points = rotated
    points, position = points @ turn.T, position @ turn.T
    known = np.isfinite(position[:, 0])
    if not known.any():
        return Placed(points, np.zeros_like(position), ["no position is known: the root stays at the origin"])
    lost = int((np.isfinite(result.points).any(axis=(1, 2)) & ~known).sum())
    return Placed(points, position, [f"{lost} of {len(known)} poses have no position: {instead}"] if lost else [])


def on_time_line(result: Result, values: np.ndarray) -> np.ndarray:
    """Rows `[N, ..., 3]` on the time line: `[P, F, ..., 3]` float64, NaN where a person is absent."""
    line = np.full((len(result.people), len(result.frames), *values.shape[1:]), np.nan)
    line[result.person, result.frame] = values
    return line


def points_on_time_line(result: Result, axes: Axes, blank: str) -> tuple[np.ndarray, list[str]]:
    """Points in the axes of a file, on the time line, for formats of points: `[P, F, J, 3]` float64, and notes.

    Args:
        result: whose points, with positions if these are known.
        axes: of the file.
        blank: what the file has in place of missing points, for the notes.
    """
    points, position, notes = place(result, axes, blank)
    notes = [*units_notes(result, "as they are, under the unit m"), *notes, *absence_notes(result, blank)]
    return on_time_line(result, points + position[:, None]), notes


def axes_notes(result: Result, axes: Axes, asked: bool) -> list[str]:
    """Lines on which axes a file has, and what was taken out of a tilted camera.

    Args:
        result: what is written.
        axes: of the file.
        asked: whether camera axes were asked for.
    """
    if result.to_world is not None:
        floor = ", the floor at 0" if result.floor is not None and np.isfinite(result.floor).any() else ""
        first = f"the first of the lifted {body_words(result.skeleton)[1]}"
        starts = ", who starts at the origin" if result.world_points is not None else ""
        ahead = f"ahead is as {first} walks or faces{starts}"
        taken = [f"taken out: {line.removeprefix('up: ')}" for line in up_lines(result)]
        return [f"world axes: {axes.world_names}{floor}; {ahead}", *taken]
    why = "as asked for" if asked else f"as {_unknown(result)}"
    return [f"camera axes: {axes.camera_names}; {why}"]


def _unknown(result: Result) -> str:
    """Why a result has no world, in words."""
    if result.up is None or not np.isfinite(result.up).any():
        return "no direction up is known"
    if not np.isfinite(result.position).any():
        return "no position is known"
    if result.units != "m":
        return "the size is not known"
    return "the result holds no world points"


def absence_notes(result: Result, instead: str) -> list[str]:
    """A note on the frames that people are absent from, and what the file has there `instead`."""
    absent = len(result.people) * len(result.frames) - len(result.frame)
    frames = f"{len(result.frames)} frames" + (f" of {len(result.people)} people" if len(result.people) > 1 else "")
    return [f"absent in {absent} of {frames}: {instead}"] if absent else []


def units_notes(result: Result, written: str) -> list[str]:
    """A note, for lengths that are not metres, on how they are `written`."""
    return [f"the size is not known: normalised lengths are written {written}"] if result.units != "m" else []


def plain_names(names: tuple[str, ...]) -> list[str]:
    """Joint names for formats that end a name at white space or a brace: these characters become "_".

    Raises:
        DatasetError: if names no longer differ.
    """
    plain = [re.sub(r"[\s{}]", "_", name) for name in names]
    if len(set(plain)) != len(plain):
        raise DatasetError(f"joint names: found {list(names)}, expected names that differ without spaces")
    return plain
