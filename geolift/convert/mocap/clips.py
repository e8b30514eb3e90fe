"""Motion capture of one performer after another, in Human3.6M-17 joints, as the clips that virtual cameras film."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.convert.mocap import cmu
from geolift.data.cameras import Clip, film
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.safe_io import bounded_file
from geolift.skeletons.skeleton import H36M17

CMU_INCHES = 0.45  # CMU's lengths are inches times this
CMU_UNIT = 0.0254 / CMU_INCHES  # metres
HEIGHT = (1.1, 2.1)  # metres from ankles to head top along the bones
SHORTEST = 0.01  # metres; a joint nearer to its parent says nothing
RATE = 30.0  # frames per second that are filmed, about
LARGEST_TEXT = 2**28  # bytes of a file; as Python's objects they take up to about forty times as much
LARGEST = 1e6  # a length or an angle beyond this is none
CMU_NAME = re.compile(r"(\d{2,3})_\d+(_\w+)?")
TRUNK_AND_LEG = ("head", "neck", "thorax", "spine", "left_knee", "left_ankle")  # bones that make the height, by child


class Motion(NamedTuple):
    """What a file holds.

    Attributes:
        joints: `[T, 3]` of each joint of `H36M17` but the pelvis, by name; y up, right-handed, in metres.
        fps: frames per second.
        path: the file.
    """

    joints: Mapping[str, np.ndarray]
    fps: float
    path: Path


def files(path: str | os.PathLike, ending: str) -> list[Path]:
    """The file, or all files in the folder that end in `ending`, whatever its case.

    Raises:
        FileNotFoundError: if there is none.
    """
    path = Path(path)
    if not path.is_dir():
        if not bounded_file.exists(path):
            raise FileNotFoundError(f"{path}: no such file")
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() == ending and not file.name.startswith("."))
    if not found:
        raise FileNotFoundError(f"{path}: found no {ending} file in the folder, expected one or more")
    return found


def text(path: Path) -> str:
    """A text file's content. Raises DatasetError if it is none, FileNotFoundError if it is not there."""
    content = bounded_file.content(path, LARGEST_TEXT, "a text file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: found bytes that are no text at {error.start}, expected a text file") from error


def numbers(words: Sequence[str], where: str) -> list[float]:
    """Finite numbers of their words."""
    try:
        values = [float(word) for word in words]
    except ValueError as error:
        raise DatasetError(f"{where}: found {' '.join(words)[:60]!r}, expected numbers") from error
    if not all(abs(value) <= LARGEST for value in values):
        raise DatasetError(f"{where}: found {' '.join(words)[:60]!r}, expected finite numbers up to {LARGEST:g}")
    return values


def turns(axes: str, degrees: np.ndarray) -> np.ndarray:
    """`[..., 3, 3]` rotations by `degrees` `[..., n]` about the n `axes` ("zxy"), the last of them applied first."""
    angles = np.radians(degrees)
    product = np.broadcast_to(np.eye(3), (*angles.shape[:-1], 3, 3))
    for i, axis in enumerate(axes):
        cos, sin = np.cos(angles[..., i]), np.sin(angles[..., i])
        k = "xyz".index(axis)
        turn = np.zeros((*cos.shape, 3, 3))
        a, b = (k + 1) % 3, (k + 2) % 3
        turn[..., k, k] = 1
        turn[..., a, a] = turn[..., b, b] = cos
        turn[..., a, b], turn[..., b, a] = -sin, sin
        product = product @ turn
    return product


def bones(joints: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`[T]` lengths of the bones that make the height, by their child."""
    placed, names = {**joints, "pelvis": pelvis(joints)}, H36M17.names
    parents = {child: names[H36M17.parents[names.index(child)]] for child in TRUNK_AND_LEG}
    return {child: np.linalg.norm(placed[child] - placed[parent], axis=-1) for child, parent in parents.items()}


def height(joints: Mapping[str, np.ndarray]) -> float:
    """From ankles to head top along the bones, the median over frames, in the unit of the joints."""
    return float(np.median(np.sum(list(bones(joints).values()), axis=0)))


def pelvis(joints: Mapping[str, np.ndarray]) -> np.ndarray:
    """`[T, 3]`: Human3.6M's pelvis, the middle of the hips."""
    return (joints["left_hip"] + joints["right_hip"]) / 2


def clips(motions: Iterable[Motion]) -> list[Clip]:
    """World clips, z up, of every kth frame so that about 30 remain of a second.

    A file called as CMU's are, 01_02, is subject 01's, and in the split that the CMU protocol has for it. Of others the
    subject is the file's name, and the split "train".

    Raises:
        DatasetError: if a performer is no human of 1.1 to 2.1 m, or mostly upside down over all files (z up?).
    """
    made = []
    for motion in motions:
        tall = height(motion.joints)
        if not HEIGHT[0] <= tall <= HEIGHT[1]:
            raise DatasetError(
                f"{motion.path}: found a performer of {tall:.3g} m from ankles to head top, "
                f"expected {HEIGHT[0]}..{HEIGHT[1]} m"
            )
        short = [bone for bone, length in bones(motion.joints).items() if np.median(length) < SHORTEST]
        if short:
            raise DatasetError(f"{motion.path}: found no length between {short[0]} and its parent, expected a bone")
        points = np.stack([{**motion.joints, "pelvis": pelvis(motion.joints)}[name] for name in H36M17.names], axis=1)
        step = max(1, round(motion.fps / RATE))
        named = CMU_NAME.fullmatch(motion.path.stem)
        subject = named[1] if named else motion.path.stem
        made.append(
            Clip(
                points=points[::step] @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]),
                fps=motion.fps / step,
                name=motion.path.stem,
                subject=subject,
                action="unknown",
                split="test" if named and subject in cmu.TEST_SUBJECTS else "train",
            )
        )
    up = np.concatenate([clip.points[:, H36M17.head, 2] > clip.points[:, H36M17.root, 2] for clip in made]).mean()
    if up < 0.5:
        raise DatasetError(f"{motions[0].path}: the head is above the pelvis in {up:.0%} of frames, expected y up")
    return made


def filmed(motions: Sequence[Motion], *, seed: int, notes: Iterable[str]) -> Dataset:
    """The motions filmed by the CMU protocol, with cameras drawn from `seed`."""
    made = clips(motions)
    source = " ".join(["Motion capture, filmed by the CMU protocol.", *notes])
    if any(CMU_NAME.fullmatch(motion.path.stem) for motion in motions):
        source += f" If it is CMU's: {cmu.NOTICE}"
    try:
        return film(made, H36M17, seed=seed, source=source)
    except DatasetError as error:
        raise DatasetError(f"{motions[0].path}: {error}") from error
