"""Human3.6M as ElePose packs it: h36m_all_with_detections.pkl (docs/convert.md)."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from geolift.convert.assemble import CameraClip, assemble, fit_intrinsics
from geolift.data import human36m
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.safe_io import bounded_file, pickles
from geolift.skeletons.skeleton import H36M17

KEYPOINTS = {"truth": "poses_2d", "detected": "poses_2d_pred"}
SIZE = (1000, 1000)  # pixels; the images of two cameras are 1002 high, but rows do not state their camera
LARGEST = 1e9  # millimetres or pixels; no person is farther away


def read(path: str | os.PathLike[str], *, keypoints: str = "truth") -> Dataset:
    """Read the pickle: single poses of each subject, without actions, cameras and frame rate.

    All rows of a subject get one lens: the one that projects the 3D onto the true 2D best (least squares).

    Args:
        path: the file.
        keypoints: "truth" for `poses_2d`, or "detected" for `poses_2d_pred`, whose rows hold all x, then all y, in
            ElePose's order: the right arm before the left.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    if keypoints not in KEYPOINTS:
        raise ValueError(f"keypoints: found {keypoints!r}, expected one of {sorted(KEYPOINTS)}")
    path = Path(path)
    arrays = _arrays(path, ("subject", "poses_3d", "poses_2d", KEYPOINTS[keypoints]))
    points = arrays["poses_3d"][:, human36m.JOINT_INDICES] / 1000
    true = arrays["poses_2d"][:, human36m.JOINT_INDICES]
    pixels = true if keypoints == "truth" else _unflattened(arrays["poses_2d_pred"])
    if not (points[..., 2] > 1e-3).all():
        found = "found points behind the camera, expected camera millimetres"
        raise DatasetError(f"{path}: poses_3d: {found}, which lie where the 2D is, not centred on the root")
    clips = []
    for number in np.unique(arrays["subject"]):
        subject, mine = f"S{number:.0f}", arrays["subject"] == number
        clips.append(
            CameraClip(
                keypoints=pixels[mine],
                subject=subject,
                action="unknown",
                camera="unknown",
                split=human36m.split_of(subject, str(path)),
                clip=subject,
                fps=0.0,
                image_size=SIZE,
                intrinsics=fit_intrinsics(true[mine], points[mine], str(path)),
                points_3d=points[mine],
            )
        )
    source = f"{human36m.NOTICE} {path.name} of ElePose, {KEYPOINTS[keypoints]}."
    notes = ["Rows state no action, camera or frame rate."]
    return assemble(clips, origin=str(path), source=source, notes=notes)


def _arrays(path: Path, needed: Sequence[str]) -> dict[str, np.ndarray]:
    """The needed arrays of the pickle, of the same number of rows."""
    bounded_file.size(path, "a .pkl file")
    with path.open("rb") as file:
        content = pickles.load_pickle(file, str(path))
    missing = sorted(set(needed) - set(content)) if isinstance(content, Mapping) else list(needed)
    if missing:
        raise DatasetError(f"{path}: not Human3.6M of ElePose: {missing} missing")
    rows = pickles.numbers(content["subject"], f"{path}: subject").size
    shapes = {
        "subject": (rows,),
        "poses_3d": (rows, human36m.JOINTS, 3),
        "poses_2d": (rows, human36m.JOINTS, 2),
        "poses_2d_pred": (rows, 2 * len(H36M17.names)),
    }
    return {key: _numbers(content[key], shapes[key], f"{path}: {key}") for key in needed}


def _unflattened(rows: np.ndarray) -> np.ndarray:
    """`[N, 17, 2]` in the order of `H36M17` from rows `[N, 34]`; swapping the arms is also the inverse."""
    joints = list(range(len(H36M17.names)))
    for left, right in zip(H36M17.left, H36M17.right, strict=True):
        if H36M17.names[left].endswith(("shoulder", "elbow", "wrist")):
            joints[left], joints[right] = right, left
    return rows.reshape(-1, 2, len(joints)).transpose(0, 2, 1)[:, joints]


def _numbers(value: object, shape: tuple[int, ...], where: str) -> np.ndarray:
    array = pickles.numbers(value, where).astype(np.float64)
    if (np.abs(array) > LARGEST).any():
        raise DatasetError(f"{where}: found {np.abs(array).max():g}, expected pixels or millimetres up to {LARGEST:g}")
    if array.shape != shape:
        raise DatasetError(f"{where}: found shape {list(array.shape)}, expected {list(shape)}")
    return array
