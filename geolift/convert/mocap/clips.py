"""Motion capture files in Human3.6M-17 joints as world clips, which virtual cameras film."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.convert.mocap import cmu
from geolift.convert.mocap.credits import NOTICE
from geolift.data.cameras import WorldClip, film
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.safe_io import bounded_file
from geolift.skeletons.skeleton import H36M17

CMU_INCHES = 0.45  # CMU's lengths are inches times this
CMU_UNIT = 0.0254 / CMU_INCHES  # metres
HEIGHT = (1.1, 2.1)  # metres from ankles to head top along the bones
SHORTEST = 0.01  # metres; a shorter bone has no direction
FPS = 30.0  # frames per second that are filmed, about
LARGEST_TEXT = 2**28  # bytes of a file; as Python's objects they take up to about forty times as much
LARGEST = 1e6  # of lengths and angles in a file
CMU_NAME = re.compile(r"(\d{2,3})_\d+(_\w+)?")
# Bones whose sum is the height, by child.
TRUNK_AND_LEG = (
    "head",
    "neck",
    "thorax",
    "spine",
    "left_knee",
    "left_ankle",
)


class Motion(NamedTuple):
    """The motion in a file.

    Attributes:
        joints: `[T, 3]` of each joint of `H36M17` but the pelvis, by name; y up, right-handed, in metres.
        fps: frames per second.
        path: the file.
        name: of the clip and the person; "": that of the file.
    """

    joints: Mapping[str, np.ndarray]
    fps: float
    path: Path
    name: str = ""


def files(path: str | os.PathLike[str], ending: str) -> list[Path]:
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
    """A text file's content. Raises DatasetError if it is not text, FileNotFoundError if there is no such file."""
    content = bounded_file.content(path, LARGEST_TEXT, "a text file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: found bytes that are not text at {error.start}, expected a text file") from error


def numbers(words: Sequence[str], where: str) -> list[float]:
    """Words of a file as finite numbers, or DatasetError beginning with `where`."""
    try:
        values = [float(word) for word in words]
    except ValueError as error:
        raise DatasetError(f"{where}: found {' '.join(words)[:60]!r}, expected numbers") from error
    if not all(abs(value) <= LARGEST for value in values):
        raise DatasetError(f"{where}: found {' '.join(words)[:60]!r}, expected finite numbers up to {LARGEST:g}")
    return values


def rotations(axes: str, degrees: np.ndarray) -> np.ndarray:
    """`[..., 3, 3]` rotations by `degrees` `[..., n]` about the n <= 3 `axes` ("zxy"), the last one applied first."""
    from scipy.spatial.transform import Rotation  # slow to import

    if not axes:
        return np.broadcast_to(np.eye(3), (*degrees.shape[:-1], 3, 3))
    return Rotation.from_euler(axes.upper(), degrees, degrees=True).as_matrix()


def bones(joints: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`[T]` lengths of the bones whose sum is the height, by their child."""
    placed, names = {**joints, "pelvis": pelvis(joints)}, H36M17.names
    parents = {child: names[H36M17.parents[names.index(child)]] for child in TRUNK_AND_LEG}
    return {child: np.linalg.norm(placed[child] - placed[parent], axis=-1) for child, parent in parents.items()}


def height(joints: Mapping[str, np.ndarray]) -> float:
    """From ankles to head top along the bones, the median over frames, in the unit of the joints."""
    return float(np.median(np.sum(list(bones(joints).values()), axis=0)))


def pelvis(joints: Mapping[str, np.ndarray]) -> np.ndarray:
    """`[T, 3]`: Human3.6M's pelvis, the middle of the hips."""
    return (joints["left_hip"] + joints["right_hip"]) / 2


def clips(motions: Iterable[Motion]) -> list[WorldClip]:
    """World clips, z up, of every k-th frame so that about 30 frames per second remain.

    A file with a name like CMU's, 01_02, is of subject 01 and in the split of the CMU protocol. For others the subject
    is the file's name, and the split "train".

    Raises:
        DatasetError: if a performer is not 1.1 to 2.1 m tall, or mostly upside down over all files (z up?).
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
        step = max(1, round(motion.fps / FPS))
        named, name = CMU_NAME.fullmatch(motion.path.stem), motion.name or motion.path.stem
        subject = named[1] if named else name
        made.append(
            WorldClip(
                points=points[::step] @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]),
                fps=motion.fps / step,
                name=name,
                subject=subject,
                action="unknown",
                split="test" if named and subject in cmu.TEST_SUBJECTS else "train",
            )
        )
    up = np.concatenate([clip.points[:, H36M17.head, 2] > clip.points[:, H36M17.root, 2] for clip in made]).mean()
    if up < 0.5:
        raise DatasetError(f"{motions[0].path}: the head is above the pelvis in {up:.0%} of frames, expected y up")
    return made


def in_files(notes: Sequence[Sequence[str]]) -> list[str]:
    """Sentences: each of the notes of several files, and in how many of them."""
    counts = Counter(note for of_file in notes for note in of_file)
    return [f"{note[0].upper()}{note[1:]}, in {count} of {len(notes)} files." for note, count in counts.items()]


def filmed(motions: Sequence[Motion], *, filming: Mapping[str, Any], notes: Iterable[str]) -> Dataset:
    """The motions filmed by the CMU protocol, or as `filming`, the arguments of `film`, says."""
    made = clips(motions)
    by = ", filmed by the CMU protocol" if filming.get("cameras", "cmu") == "cmu" else ""
    source = " ".join([f"Motion capture{by}.", *notes])
    if any(CMU_NAME.fullmatch(motion.path.stem) for motion in motions):
        source += f" If it is CMU's: {NOTICE}"
    try:
        return film(made, H36M17, source=source, **filming)
    except DatasetError as error:
        raise DatasetError(f"{motions[0].path}: {error}") from error
