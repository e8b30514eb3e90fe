"""Markers of a C3D or TRC file as motion: people by the prefix of names, metres, y up, stretches without gaps."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.convert.mocap import trunk
from geolift.convert.mocap.clips import HEIGHT, Motion, files, filmed, height, in_files
from geolift.convert.mocap.joint_centres import body_of
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.plurals import counted

LARGEST_BINARY = 2**30  # bytes
UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}
FLAT = 1e-3  # of the height: what has no depth is 2D
SHORTEST = 0.5  # seconds of a stretch that is kept


class Markers(NamedTuple):
    """The markers of a file.

    Attributes:
        names: `[K]`; "person:marker" where there are several people.
        points: `[T, K, 3]` in `unit`, NaN where a marker was not seen.
        fps: frames per second.
        unit: as the file states it.
    """

    names: tuple[str, ...]
    points: np.ndarray
    fps: float
    unit: str


def motions(markers: Markers, path: Path) -> tuple[list[Motion], list[str]]:
    """Each person's stretches of frames in which all joints were seen, and notes on what was concluded.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
    """
    scale = UNITS.get(markers.unit.strip().lower(), 0.0)
    notes, made, refused = [], [], []
    people = _people(markers)
    for person, points in people.items():
        try:
            joints, more = body_of({n: p * (scale or 1.0) for n, p in points.items()}, str(path))
        except DatasetError as error:
            refused.append(error)
            continue
        whole = np.isfinite(np.stack(list(joints.values()))).all(axis=(0, 2))
        if not whole.any():
            raise DatasetError(f"{path}: found no frame with all joints, expected one or more")
        joints, unit = _in_metres({name: p[whole] for name, p in joints.items()}, scale, markers.unit, path)
        joints, axis = _y_up(joints, path)
        notes += [*more, *unit, *axis]
        stretches = _stretches(whole, round(SHORTEST * markers.fps))
        name = path.stem if len(people) == 1 else f"{path.stem}_{person}"
        for i, (start, stop) in enumerate(stretches):
            first = int(whole[:start].sum())
            part = {joint: p[first : first + stop - start] for joint, p in joints.items()}
            made.append(Motion(part, markers.fps, path, name if len(stretches) == 1 else f"{name}_{i + 1}"))
        lost = len(whole) - sum(stop - start for start, stop in stretches)
        if lost:
            notes.append(f"{counted(lost, 'frame', 'frames')} of {path.stem} left out, with joints not seen")
    if refused and not made:
        raise refused[0]
    return made, notes


def film_markers(
    path: str | os.PathLike[str], suffix: str, read: Callable[[Path], Markers], filming: Mapping[str, Any]
) -> Dataset:
    """The people of a file of markers, or of all such files in a folder, filmed by virtual cameras.

    Args:
        path: the file or folder.
        suffix: of the files.
        read: the reader of a file.
        filming: `seed`, `cameras`, `views`, `bodies` of `film`.
    """
    found = [motions(read(file), file) for file in files(path, suffix)]
    notes = in_files([tuple(dict.fromkeys(notes)) for _, notes in found])
    return filmed([motion for several, _ in found for motion in several], filming=filming, notes=notes)


def _people(markers: Markers) -> dict[str, dict[str, np.ndarray]]:
    """The markers of each person, by the name before the last colon."""
    people: dict[str, dict[str, np.ndarray]] = {}
    for i, name in enumerate(markers.names):
        person, _, marker = name.rpartition(":")
        people.setdefault(person.strip(), {}).setdefault(marker.strip(), markers.points[:, i])
    return people


def _in_metres(
    joints: dict[str, np.ndarray], scale: float, unit: str, path: Path
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Joints in metres: in the stated unit if the performer then has a human height, else in the one where he has."""
    tall = height(joints)
    flat = min(np.ptp(np.concatenate(list(joints.values())), axis=0))
    if flat < FLAT * tall:
        raise DatasetError(f"{path}: found points without depth (2D), expected 3D; `geolift lift` reads 2D keypoints")
    if scale and HEIGHT[0] <= tall <= HEIGHT[1]:
        return joints, []
    fits = {name: m for name, m in UNITS.items() if HEIGHT[0] <= tall / (scale or 1.0) * m <= HEIGHT[1]}
    if not fits:
        raise DatasetError(
            f"{path}: found a performer of {tall:.3g} {'m' if scale else unit or 'units'} from ankles to head top, "
            f"expected {HEIGHT[0]}..{HEIGHT[1]} m"
        )
    name, metres = next(iter(fits.items()))
    factor = metres / (scale or 1.0)
    return {j: p * factor for j, p in joints.items()}, [f"the unit is {name} by the height, not {unit or 'unknown'}"]


def _y_up(joints: dict[str, np.ndarray], path: Path) -> tuple[dict[str, np.ndarray], list[str]]:
    """Joints with y up. C3D has mostly z up, TRC y: so it is where people stand along neither."""
    if not trunk.z_is_up(joints, unless=path.suffix.lower() == ".c3d"):
        return joints, []
    return {joint: trunk.to_y_up(points) for joint, points in joints.items()}, ["z is up, as people stand along it"]


def _stretches(whole: np.ndarray, shortest: int) -> list[tuple[int, int]]:
    """Starts and stops of consecutive frames `[T]`; the longest, and all that are not short."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], whole, [False]]).astype(int))).reshape(-1, 2)
    longest = max(edges, key=lambda edge: edge[1] - edge[0])
    return [(int(a), int(b)) for a, b in edges if b - a >= max(shortest, 1) or (a, b) == tuple(longest)]
