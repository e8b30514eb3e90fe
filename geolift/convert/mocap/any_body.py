"""Motion capture of any body in the joints of a skeleton file, filmed by virtual cameras: animals above all.

Nothing is assumed of the body but its skeleton: its size is measured, and cameras stand at distances in proportion.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.convert.mocap.clips import FPS
from geolift.convert.mocap.stretches import SHORTEST, stretches
from geolift.data.cameras import PROTOCOLS, film
from geolift.data.dataset import Dataset
from geolift.data.world import WorldClip
from geolift.errors import DatasetError
from geolift.plurals import counted
from geolift.skeletons.hierarchy import body_size
from geolift.skeletons.mapping import JointMapping
from geolift.skeletons.skeleton import Skeleton
from geolift.skeletons.skeleton_file import joint_mapping, read_skeleton

CAMERAS = "tripod"  # 0 to 15 degrees down, as most cameras that are set up for animals
FILMED_SIZE = 1.7  # metres to which bodies are scaled before the cameras, whose distances are made for people
SAME = 1e-3  # of its length, by which the bones of one individual differ in two files: they have six digits
# The lowest joint stays at one height: by this share of the body's size, and so much less than along another axis. A
# mouse that rears has 0.13 and 0.64, a rat in an arena 0.01 and 0.65, a tethered fly 0.01 and 0.24.
STAYS, MOVES = 0.15, 3.0
AHEAD, WRONG = 0.5, 0.95  # the head lies ahead of the root by this share of their distance; the frames that speak


class Take(NamedTuple):
    """The motion of one individual in a file.

    Attributes:
        names: of K joints or markers.
        points: `[T, K, 3]` in `unit`, right-handed; NaN where not seen.
        fps: frames per second.
        path: the file.
        name: of the clip.
        individual: who moves; "": the one whose bones have these lengths.
        unit: metres; None where the file does not state it.
        up: the axis that is up by the convention of the format, 1 (y) or 2 (z).
        parents: `[K]` of the joints, -1 for one without; () where the file states none.
    """

    names: tuple[str, ...]
    points: np.ndarray
    fps: float
    path: Path
    name: str
    individual: str
    unit: float | None
    up: int
    parents: tuple[int, ...] = ()


def film_takes(
    takes: Sequence[Take], skeleton: str | os.PathLike[str], *, filming: Mapping[str, Any], notes: Iterable[str] = ()
) -> Dataset:
    """The takes in the joints of a skeleton file, filmed by cameras that follow the body.

    Args:
        takes: at least one; either all have a unit, or none has: then a metre of the data set is the body's size.
        skeleton: the file.
        filming: `seed`, `cameras`, `views`, `bodies` of `film`.
        notes: on reading, sentences.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
    """
    cameras = filming.get("cameras", CAMERAS)
    if cameras == "cmu":
        expected = ", ".join(name for name in PROTOCOLS if name != "cmu")
        raise DatasetError(f"cameras: found cmu, which is aimed at people, expected one of {expected}")
    file, clips, more = read_skeleton(skeleton), [], []
    for take, individual in zip(takes, _individuals(takes), strict=True):
        made, concluded = _clips(take, individual, _mapping(file, take, skeleton))
        clips += made
        more += concluded
    size = float(np.median([body_size(clip.points) for clip in clips]))
    if not 0 < size < np.inf:
        raise DatasetError(f"{takes[0].path}: found a body of size {size:g}, expected joints that lie apart")
    stated = takes[0].unit is not None
    scaled = [clip._replace(points=clip.points * (FILMED_SIZE / size)) for clip in clips]
    lengths = "metres" if stated else "the body's size, as the files state no unit"
    said = [f"{note[0].upper()}{note[1:]}." for note in dict.fromkeys(more)]
    source = " ".join(["Motion capture.", *notes, *said, f"Lengths are in {lengths}."])
    try:
        data = film(scaled, file.skeleton, source=source, **{**filming, "cameras": cameras})
    except DatasetError as error:
        raise DatasetError(f"{takes[0].path}: {error}") from error
    return data._replace(points_3d=(data.points_3d * ((size if stated else 1.0) / FILMED_SIZE)).astype(np.float32))


def to_z_up(points: np.ndarray) -> np.ndarray:
    """Points `[..., 3]` with y up, turned so that z is up; left stays left."""
    return points @ np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


def plain_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names without what stands before a colon (`mixamorig:Hips`), if they still differ then.

    Example:
        >>> plain_names(["rat:Nose", "rat:Tail"]), plain_names(["a:Nose", "b:Nose"])
        (('Nose', 'Tail'), ('a:Nose', 'b:Nose'))
    """
    plain = tuple(name.rpartition(":")[2].strip() for name in names)
    return plain if len(set(plain)) == len(plain) and all(plain) else tuple(names)


def _mapping(file: Any, take: Take, skeleton: str | os.PathLike[str]) -> JointMapping:
    try:
        return joint_mapping(file, take.names)
    except DatasetError as error:
        raise DatasetError(f"{skeleton}: {error} ({take.path})") from error


def _individuals(takes: Sequence[Take]) -> list[str]:
    """Who moves in each take: files that name nobody are of one individual if all its bones are equal."""
    known: list[tuple[Take, np.ndarray]] = []
    names = []
    for take in takes:
        length = bones(take)
        same = (one.name for one, of in known if one.names == take.names and _equal(length, of))
        name = take.individual or next(same, take.name)
        if not take.individual and name == take.name:
            known.append((take, length))
        names.append(name)
    return names


def bones(take: Take) -> np.ndarray:
    """`[K]` median length of the bone from each joint to its parent; 0 where it has none."""
    place = np.array([i if parent < 0 else parent for i, parent in enumerate(take.parents)], int)
    away = np.linalg.norm(take.points[:, : len(place)] - take.points[:, place], axis=-1)
    return np.median(away, axis=0)


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((np.abs(one - other) <= SAME * np.maximum(one, other)).all())


def _clips(take: Take, individual: str, mapping: JointMapping) -> tuple[list[WorldClip], list[str]]:
    """World clips, z up, of the frames with a root; about 30 frames a second; and what was concluded."""
    points, skeleton = _mapped(take, mapping), mapping.target
    seen = np.isfinite(points).all(axis=-1)
    rooted = seen[:, skeleton.root]
    if not rooted.any():
        root = skeleton.names[skeleton.root]
        raise DatasetError(f"{take.path}: found no frame with the root, {root}, expected one or more")
    notes = [] if rooted.all() else [f"{int((~rooted).sum())} frames of {take.name} without the root are left out"]
    if not seen[rooted].all():
        lost = counted(int((~seen[rooted]).sum()), "joint was", "joints were")
        notes.append(f"{lost} not seen in {take.name}: they are missing, and their 3D is filled in")
    up, grounded, why = _up(points[rooted], take.up)
    notes.append(why)
    points = points if up == 2 else to_z_up(points)
    _check_sides(points[rooted], skeleton, "xyz"[up], grounded, str(take.path))
    step, found = max(1, round(take.fps / FPS)), stretches(rooted, round(SHORTEST * take.fps))
    clips = []
    for i, (start, stop) in enumerate(found):
        inside = slice(start, stop, step)
        clips.append(
            WorldClip(
                points=_filled(points[inside], seen[inside], skeleton.root),
                fps=take.fps / step,
                name=take.name if len(found) == 1 else f"{take.name}_{i + 1}",
                subject=individual,
                action="unknown",
                split="train",
                seen=seen[inside],
            )
        )
    return clips, notes


def _mapped(take: Take, mapping: JointMapping) -> np.ndarray:
    """`[T, J, 3]` of the skeleton's joints, metres if the unit is stated; NaN where not seen."""
    points = np.full((len(take.points), len(mapping.target.names), 3), np.nan)
    for j, name in enumerate(mapping.target.names):
        sources = [take.names.index(source) for source in mapping.mean_of[name]]
        if sources:
            points[:, j] = take.points[:, sources].mean(axis=1)
    return points * (take.unit or 1.0)


def _up(points: np.ndarray, convention: int) -> tuple[int, bool, str]:
    """The axis that is up, 1 (y) or 2 (z), whether the body stands on a ground there, and why.

    Along the axis that is up the lowest joint of a body on the ground stays at one height. The other axis than that of
    the format's convention is taken where this is true of it alone.
    """
    size, other = body_size(points), 3 - convention
    lowest = np.nanmin(points, axis=1)
    spread = np.diff(np.quantile(lowest, [0.1, 0.9], axis=0), axis=0)[0] / max(size, 1e-12)
    if spread[other] < STAYS and spread[convention] > max(MOVES * spread[other], STAYS):
        return other, True, f"{'xyz'[other]} is up, as the lowest joint stays at one height along it"
    return convention, bool(spread[convention] < STAYS), f"{'xyz'[convention]} is up, as usual in such files"


def _check_sides(points: np.ndarray, skeleton: Skeleton, up: str, grounded: bool, where: str) -> None:
    """Refuse bodies on the ground whose left joints are on the right, seen from the root towards the head.

    Args:
        points: `[T, J, 3]`, z up.
        skeleton: of the J joints.
        up: the axis of the file that is up, for the error.
        grounded: whether the body stands on a ground; those that hang are not refused.
        where: the file, for the error.
    """
    if not (grounded and skeleton.left):
        return
    ahead = points[:, skeleton.head] - points[:, skeleton.root]
    far = np.linalg.norm(ahead[:, :2], axis=-1) > AHEAD * np.linalg.norm(ahead, axis=-1)
    across = np.nan_to_num(points[:, list(skeleton.left)] - points[:, list(skeleton.right)]).sum(axis=1)
    side = (ahead[:, 0] * across[:, 1] - ahead[:, 1] * across[:, 0])[far]
    side = side[np.isfinite(side) & (side != 0)]
    if len(side) > len(points) / 2 and (side < 0).mean() > WRONG:
        raise DatasetError(
            f"{where}: found left joints on the right of the body in {(side < 0).mean():.0%} of the frames, expected "
            f"right-handed axes with {up} up, and left on the body's left"
        )


def _filled(points: np.ndarray, seen: np.ndarray, root: int) -> np.ndarray:
    """Points `[T, J, 3]` with places for joints that were not seen: between those before and after, about the root."""
    about = points - points[:, [root]]
    time = np.arange(len(points))
    for j in np.flatnonzero(~seen.all(axis=0)):
        there = seen[:, j]
        for axis in range(3):
            about[:, j, axis] = np.interp(time, time[there], about[there, j, axis]) if there.any() else 0.0
    return about + points[:, [root]]
