"""Recorded motion in Human3.6M-17 joints, CMU's and others', filmed by the CMU protocol (docs/cmu-protocol.md)."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from geolift.convert.assemble import TRUNK
from geolift.convert.mocap.credits import NOTICE, credit
from geolift.data.cameras import WorldClip, film
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.plurals import counted
from geolift.safe_io.npz import read_arrays
from geolift.skeletons.skeleton import H36M17

TEST_SUBJECTS = ("03", "10", "12", "13", "14", "32", "93", "135")  # of the protocol's test split
# Joint names of the archive, in Human3.6M-17 order; the archive is refused if its list differs.
JOINTS = (
    "Pelvis", "RHip", "RKnee", "RAnkle", "LHip", "LKnee", "LAnkle", "Spine", "Thorax",
    "Neck/Nose", "HeadTop", "LShoulder", "LElbow", "LWrist", "RShoulder", "RElbow", "RWrist",
)  # fmt: skip
FASTEST = 1e5  # frames per second
KEYS = ("positions", "start", "stop", "subject", "clip", "action", "split", "fps", "joint_names", "parents")


def convert(path: str | os.PathLike[str], *, without: Sequence[str] = (), **filming: Any) -> Dataset:
    """The motion that `read` reads, filmed by the CMU protocol, or as `filming`, the arguments of `film`, says.

    Everyone's credit and licence are in its `source`. A file without `licence` holds CMU's people alone.

    Args:
        path: the .npz file.
        without: subjects whose name begins with one of these are left out. The cameras of all others stay the same.
        filming: arguments of `film`, such as `seed`.

    Raises:
        DatasetError: as `read` and `film`; if no subject's name begins with one of `without`, or every one's does.
        FileNotFoundError: if there is no such file.
    """
    arrays = _checked_arrays(path)
    subjects = arrays["subject"].astype(np.str_)
    kept, left_out = _kept(path, subjects, without)
    licences = {}
    if "licence" in arrays:
        for subject, licence in zip(subjects[kept], arrays["licence"][kept], strict=True):
            licences.setdefault(str(subject), set()).add(str(licence))
    source = " ".join([credit(licences) if licences else NOTICE, *left_out])
    clips = [clip for clip, keep in zip(_clips(arrays), kept, strict=True) if keep]
    return film(clips, H36M17, source=source, **filming)


def _kept(path: str | os.PathLike[str], subject: np.ndarray, without: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """`[C]` bool: the clips that are not left out; and a note for each of `without`."""
    kept, notes = np.ones(len(subject), bool), []
    for beginning in without:
        matching = np.char.startswith(subject, beginning)
        if not matching.any():
            names = ", ".join(np.unique(subject))[:400]
            raise DatasetError(f"{path}: without: found {beginning!r}, expected the beginning of one of {names}")
        kept &= ~matching
        people = counted(len(np.unique(subject[matching])), "person", "people")
        clips = counted(int(matching.sum()), "clip", "clips")
        notes.append(f"Left out: {beginning} ({people}, {clips}).")
    if not kept.any():
        raise DatasetError(f"{path}: without: found {','.join(without)!r}, which leaves out everyone, expected fewer")
    return kept, notes


def read(path: str | os.PathLike[str]) -> list[WorldClip]:
    """Read motion in Human3.6M-17 joints: a .npz of `positions` `[F, 17, 3]` in world metres, z up, and its clips.

    Raises:
        DatasetError: naming the file, the array, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    return _clips(_checked_arrays(path))


def _checked_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The arrays of the file. Raises as `read`."""
    arrays = read_arrays(path)
    missing = sorted(set(KEYS) - set(arrays))
    if missing:
        raise DatasetError(f"{path}: not motion in Human3.6M-17 joints: {missing} missing, found {sorted(arrays)}")
    _check_tables(arrays, path)
    _check_positions(arrays["positions"], path)
    _check_frames(arrays["start"], arrays["stop"], len(arrays["positions"]), path)
    return arrays


def _clips(arrays: dict[str, np.ndarray]) -> list[WorldClip]:
    fps = np.broadcast_to(arrays["fps"], arrays["start"].shape)
    return [
        WorldClip(
            points=arrays["positions"][start:stop],
            fps=float(fps[i]),
            name=str(arrays["clip"][i]),
            subject=str(arrays["subject"][i]),
            action=str(arrays["action"][i]),
            split=str(arrays["split"][i]),
            number=i,
        )
        for i, (start, stop) in enumerate(zip(arrays["start"], arrays["stop"], strict=True))
    ]


def _check_tables(arrays: dict[str, np.ndarray], path: str | os.PathLike[str]) -> None:
    """Refuse tables of clips without one entry for each, other frame rates, other joints."""
    start, stop, fps = arrays["start"], arrays["stop"], arrays["fps"]
    for key in ("start", "stop", "subject", "clip", "action", "split", *({"licence"} & set(arrays))):
        if arrays[key].ndim != 1 or len(arrays[key]) != start.size or not len(arrays[key]):
            raise DatasetError(
                f"{path}: {key}: found shape {list(arrays[key].shape)}, expected one entry for each clip"
            )
    if start.dtype.kind != "i" or stop.dtype.kind != "i":
        raise DatasetError(f"{path}: start, stop: found types {start.dtype}, {stop.dtype}, expected signed integers")
    if fps.dtype.kind not in "iuf" or fps.shape not in ((), start.shape) or not ((fps > 0) & (fps < FASTEST)).all():
        found = f"{fps.dtype} of shape {list(fps.shape)}, {fps.flat[0] if fps.size else 'nothing'} first"
        raise DatasetError(f"{path}: fps: found {found}, expected one positive number, or one for each clip")
    for key, expected in (("joint_names", JOINTS), ("parents", H36M17.parents)):
        if arrays[key].tolist() != list(expected):
            raise DatasetError(f"{path}: {key}: found {arrays[key].tolist()}, expected {list(expected)}")


def _check_positions(positions: np.ndarray, path: str | os.PathLike[str]) -> None:
    """Refuse what is not upright people of human size in metres, z up."""
    if positions.ndim != 3 or positions.shape[1:] != (len(JOINTS), 3) or positions.dtype.kind != "f":
        found = f"{positions.dtype} of shape {list(positions.shape)}"
        raise DatasetError(f"{path}: positions: found {found}, expected floats of shape [frames, 17, 3]")
    if not np.isfinite(positions).all():
        raise DatasetError(f"{path}: positions: found values that are not finite")
    if not len(positions):
        raise DatasetError(f"{path}: positions: found no frame, expected at least one")
    head, pelvis = positions[:, H36M17.head], positions[:, H36M17.root]
    height = np.median(np.linalg.norm(head - pelvis, axis=-1))
    if not TRUNK[0] < height < TRUNK[1]:
        raise DatasetError(
            f"{path}: positions: head and pelvis are {height:g} apart (median), expected {TRUNK[0]}..{TRUNK[1]} metres"
        )
    head_up = (head[:, 2] > pelvis[:, 2]).mean()
    if head_up < 0.5:
        raise DatasetError(f"{path}: positions: the head is above the pelvis in {head_up:.0%} of frames, expected z up")


def _check_frames(start: np.ndarray, stop: np.ndarray, frames: int, path: str | os.PathLike[str]) -> None:
    """Refuse clips outside the file's frames, without frames, or that share some."""
    if np.any(start < 0) or np.any(stop > frames) or np.any(stop <= start):
        raise DatasetError(f"{path}: start, stop: found clips outside 0..{frames} or without frames")
    rising = np.argsort(start, kind="stable")
    if (start[rising][1:] < stop[rising][:-1]).any():
        raise DatasetError(f"{path}: start, stop: found clips that share frames, expected each frame once")
