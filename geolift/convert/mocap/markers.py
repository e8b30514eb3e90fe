"""Markers of a C3D or TRC file as motion: people by the prefix of names, metres, y up, stretches without gaps."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.convert.mocap import trunk
from geolift.convert.mocap.any_body import Take, film_takes
from geolift.convert.mocap.clips import HEIGHT, Motion, files, filmed, height, in_files
from geolift.convert.mocap.joint_centres import body_of
from geolift.convert.mocap.stretches import SHORTEST, stretches
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.plurals import counted

LARGEST_BINARY = 2**30  # bytes
UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}
FLAT = 1e-3  # of the height: what has no depth is 2D


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
        parts = stretches(whole, round(SHORTEST * markers.fps))
        name = path.stem if len(people) == 1 else f"{path.stem}_{person}"
        for i, (start, stop) in enumerate(parts):
            first = int(whole[:start].sum())
            part = {joint: p[first : first + stop - start] for joint, p in joints.items()}
            made.append(Motion(part, markers.fps, path, name if len(parts) == 1 else f"{name}_{i + 1}"))
        lost = len(whole) - sum(stop - start for start, stop in parts)
        if lost:
            notes.append(f"{counted(lost, 'frame', 'frames')} of {path.stem} left out, with joints not seen")
    if refused and not made:
        raise refused[0]
    return made, notes


def film_markers(
    path: str | os.PathLike[str],
    suffix: str,
    read: Callable[[Path], Markers],
    skeleton: str | os.PathLike[str] | None,
    filming: Mapping[str, Any],
) -> Dataset:
    """The people, or animals, of a file of markers, or of all such files in a folder, filmed by virtual cameras.

    Args:
        path: the file or folder.
        suffix: of the files.
        read: the reader of a file.
        skeleton: a skeleton file, in whose joints any body is read; None: people, in Human3.6M-17 joints.
        filming: `seed`, `cameras`, `views`, `bodies` of `film`.
    """
    if skeleton is not None:
        taken = [takes(read(file), file) for file in files(path, suffix)]
        return film_takes(
            [take for several, _ in taken for take in several],
            skeleton,
            filming=filming,
            notes=in_files([notes for _, notes in taken]),
        )
    found = [motions(read(file), file) for file in files(path, suffix)]
    notes = in_files([tuple(dict.fromkeys(notes)) for _, notes in found])
    return filmed([motion for several, _ in found for motion in several], filming=filming, notes=notes)


def takes(markers: Markers, path: Path) -> tuple[list[Take], list[str]]:
    """The motion of each individual, by the names of its markers, and notes on markers that are left out.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
    """
    if markers.unit.strip().lower() not in UNITS:
        raise DatasetError(f"{path}: unit: found {markers.unit!r}, expected one of {', '.join(UNITS)}")
    if is_flat(markers.points):
        raise DatasetError(f"{path}: found points without depth (2D), expected 3D; `geolift lift` reads 2D keypoints")
    unlabelled = sum(name.rpartition(":")[2].startswith("*") for name in markers.names)
    again = sorted({name for name in markers.names if markers.names.count(name) > 1 and "*" not in name})
    notes = [f"{unlabelled} markers without names are left out"] if unlabelled else []
    notes += [f"of markers with one name ({', '.join(again)[:100]}) the first is taken"] if again else []
    made = []
    for individual, points in _people(markers).items():
        seen = {n: p for n, p in points.items() if not n.startswith("*") and np.isfinite(p).any()}
        if seen:
            made.append(
                Take(
                    names=tuple(seen),
                    points=np.stack(list(seen.values()), axis=1),
                    fps=markers.fps,
                    path=path,
                    name=f"{path.stem}_{individual}" if individual else path.stem,
                    individual=individual or path.stem,
                    unit=UNITS[markers.unit.strip().lower()],
                    up=2 if path.suffix.lower() == ".c3d" else 1,
                )
            )
    if not made:
        raise DatasetError(f"{path}: found no marker with a name that was seen, expected one or more")
    return made, notes


def is_flat(points: np.ndarray) -> bool:
    """Whether points `[T, K, 3]`, NaN where not seen, have no depth: they are keypoints in 2D."""
    flat = points.reshape(-1, 3)[np.isfinite(points).all(axis=-1).ravel()]
    spread = np.ptp(flat, axis=0) if len(flat) else np.ones(3)
    return bool(min(spread) < FLAT * max(spread))


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
