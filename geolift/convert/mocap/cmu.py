"""The CMU motion capture database as world clips, for the CMU protocol (docs/cmu-protocol.md)."""

import os

import numpy as np

from geolift.convert.assemble import TRUNK
from geolift.data.cameras import Clip, film
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.safe_io.npz import read_arrays
from geolift.skeletons.skeleton import H36M17

NOTICE = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)
TEST_SUBJECTS = ("03", "10", "12", "13", "14", "32", "93", "135")  # of the protocol's test split
# Joint names of the archive, in Human3.6M-17 order; the archive is refused if its own list differs.
JOINTS = (
    "Pelvis", "RHip", "RKnee", "RAnkle", "LHip", "LKnee", "LAnkle", "Spine", "Thorax",
    "Neck/Nose", "HeadTop", "LShoulder", "LElbow", "LWrist", "RShoulder", "RElbow", "RWrist",
)  # fmt: skip
FASTEST = 1e5  # frames per second
KEYS = ("positions", "start", "stop", "subject", "clip", "action", "split", "fps", "joint_names", "parents")


def convert(path: str | os.PathLike, *, seed: int = 0) -> Dataset:
    """CMU motion in Human3.6M-17 joints, filmed by the CMU protocol; `seed` draws the cameras. Raises as `read`."""
    return film(read(path), H36M17, seed=seed, source=NOTICE)


def read(path: str | os.PathLike) -> list[Clip]:
    """Read CMU motion in Human3.6M-17 joints: a .npz of `positions` `[F, 17, 3]` in world metres, z up, and its clips.

    Raises:
        DatasetError: naming the file, the array, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    arrays = read_arrays(path)
    missing = sorted(set(KEYS) - set(arrays))
    if missing:
        raise DatasetError(f"{path}: not CMU motion in Human3.6M-17 joints: {missing} missing, found {sorted(arrays)}")
    positions, start, stop = arrays["positions"], arrays["start"], arrays["stop"]
    for key in ("start", "stop", "subject", "clip", "action", "split"):
        if arrays[key].ndim != 1 or len(arrays[key]) != start.size or not len(arrays[key]):
            raise DatasetError(
                f"{path}: {key}: found shape {list(arrays[key].shape)}, expected one entry for each clip"
            )
    if start.dtype.kind != "i" or stop.dtype.kind != "i":
        raise DatasetError(f"{path}: start, stop: found types {start.dtype}, {stop.dtype}, expected signed integers")
    fps = arrays["fps"]
    if fps.dtype.kind not in "iuf" or fps.shape not in ((), start.shape) or not ((fps > 0) & (fps < FASTEST)).all():
        found = f"{fps.dtype} of shape {list(fps.shape)}, {fps.flat[0] if fps.size else 'nothing'} first"
        raise DatasetError(f"{path}: fps: found {found}, expected one positive number, or one for each clip")
    if arrays["joint_names"].tolist() != list(JOINTS):
        raise DatasetError(f"{path}: joint_names: found {arrays['joint_names'].tolist()}, expected {list(JOINTS)}")
    if arrays["parents"].tolist() != list(H36M17.parents):
        raise DatasetError(f"{path}: parents: found {arrays['parents'].tolist()}, expected {list(H36M17.parents)}")
    if positions.ndim != 3 or positions.shape[1:] != (len(JOINTS), 3) or positions.dtype.kind != "f":
        found = f"{positions.dtype} of shape {list(positions.shape)}"
        raise DatasetError(f"{path}: positions: found {found}, expected floats of shape [frames, 17, 3]")
    if not np.isfinite(positions).all():
        raise DatasetError(f"{path}: positions: found values that are not finite")
    if not len(positions):
        raise DatasetError(f"{path}: positions: found no frame, expected at least one")
    height = np.median(np.linalg.norm(positions[:, H36M17.head] - positions[:, H36M17.root], axis=-1))
    if not TRUNK[0] < height < TRUNK[1]:
        raise DatasetError(
            f"{path}: positions: head and pelvis are {height:g} apart (median), expected {TRUNK[0]}..{TRUNK[1]} metres"
        )
    head_up = (positions[:, H36M17.head, 2] > positions[:, H36M17.root, 2]).mean()
    if head_up < 0.5:
        raise DatasetError(f"{path}: positions: the head is above the pelvis in {head_up:.0%} of frames, expected z up")
    if np.any(start < 0) or np.any(stop > len(positions)) or np.any(stop <= start):
        raise DatasetError(f"{path}: start, stop: found clips outside 0..{len(positions)} or without frames")
    order = np.argsort(start, kind="stable")
    if (start[order][1:] < stop[order][:-1]).any():
        raise DatasetError(f"{path}: start, stop: found clips that share frames, expected each frame once")
    return [
        Clip(
            points=positions[start[i] : stop[i]],
            fps=float(np.broadcast_to(arrays["fps"], start.shape)[i]),
            name=str(arrays["clip"][i]),
            subject=str(arrays["subject"][i]),
            action=str(arrays["action"][i]),
            split=str(arrays["split"][i]),
        )
        for i in range(len(start))
    ]
