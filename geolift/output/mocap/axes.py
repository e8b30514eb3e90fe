"""Axes, time line and names of motion-capture files, and the notes that their writers share."""

import re

import numpy as np

from geolift.errors import DatasetError
from geolift.output.result import Result

# Rows are the new axes in camera axes (x right, y down, z forward). Both are rotations: the left hand stays the left.
# "Up" is the camera's: how it is tilted is not known.
Y_UP = np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, -1]])  # x right, y up, z towards the camera
Z_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # x right, y away from the camera, z up


def on_time_line(result: Result, values: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Rows `[N, ..., 3]` in other `axes`, on the time line: `[P, F, ..., 3]` float64, NaN where a person is absent."""
    line = np.full((len(result.people), len(result.frames), *values.shape[1:]), np.nan)
    line[result.person, result.frame] = values.astype(np.float64) @ axes.T
    return line


def points_on_time_line(result: Result, axes: np.ndarray, blank: str) -> tuple[np.ndarray, list[str]]:
    """Points in other `axes`, on the time line, for formats of points: `[P, F, J, 3]` float64, and notes.

    Args:
        result: whose points, with positions if these are known.
        axes: of the file.
        blank: what the file has in place of missing points, for the notes.
    """
    points, notes = with_positions(result, blank)
    notes = [*units_notes(result, "as they are, under the unit m"), *notes, *absence_notes(result, blank)]
    return on_time_line(result, points, axes), notes


def with_positions(result: Result, instead: str) -> tuple[np.ndarray, list[str]]:
    """Points `[N, J, 3]` in the camera frame, their positions added, and a note if some are unknown.

    Without any position all roots stay at the origin. If only some are known, the other rows become NaN.

    Args:
        result: whose points.
        instead: what the file has in place of missing points, for the note.
    """
    known = np.isfinite(result.position[:, 0])
    if not known.any():
        return result.points, ["no position is known: the root stays at the origin"]
    lost = int((np.isfinite(result.points).any(axis=(1, 2)) & ~known).sum())
    notes = [f"{lost} of {len(known)} poses have no position: {instead}"] if lost else []
    return result.points + result.position[:, None], notes


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
