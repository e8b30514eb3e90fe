"""Human3.6M as MotionBERT packs it: h36m_sh_conf_cam_source_final.pkl and the like (docs/convert.md)."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from geolift.convert.assemble import CameraClip, assemble
from geolift.convert.human36m.camera_clips import camera_clip
from geolift.data import human36m
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.safe_io import bounded_file, pickles
from geolift.skeletons.skeleton import H36M17

SOURCE = re.compile(r"s_(\d\d)_act_(\d\d)_subact_(\d\d)_ca_(\d\d)")
FIRST_ACTION = 2
# By Human3.6M's numbers, from FIRST_ACTION on; not in the order of names.
ACTIONS = (
    "Directions", "Discussion", "Eating", "Greeting", "Phoning", "Posing", "Purchases", "Sitting", "SittingDown",
    "Smoking", "Photo", "Waiting", "Walking", "WalkDog", "WalkTogether",
)  # fmt: skip
PARTS = ("train", "test")


def read(path: str | os.PathLike[str]) -> Dataset:
    """Read the 2D of the pickle, with its confidence if the file has it, every frame at 50 Hz.

    The 3D is in pixels, not in metres, and is left out: this data set has no 3D to evaluate against.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    path = Path(path)
    bounded_file.size(path, "a .pkl file")
    with path.open("rb") as file:
        content = pickles.load_pickle(file, str(path))
    parts = [part for part in PARTS if isinstance(content, Mapping) and part in content]
    if not parts:
        raise DatasetError(f"{path}: not Human3.6M of MotionBERT: expected a dict of {' and '.join(PARTS)}")
    clips = [clip for part in parts for clip in _camera_clips(path, part, content[part])]
    notes = ["The 3D, which is in pixels, is left out."]
    kept = [clip for clip in clips if not human36m.is_damaged(clip.subject, clip.action)]
    if len(kept) < len(clips):
        notes.append(human36m.DAMAGED_NOTE)
    source = f"{human36m.NOTICE} {path.name} of MotionBERT. Pixels include the lens's distortion."
    return assemble(kept, origin=str(path), source=source, notes=notes)


def _camera_clips(path: Path, part: str, content: object) -> list[CameraClip]:
    """One clip for each run of rows with one source and camera."""
    where = f"{path}: {part}"
    keypoints, confidence, cameras, sources = _arrays(content, where)
    new = np.append(True, (sources[1:] != sources[:-1]) | (cameras[1:] != cameras[:-1]))
    start = np.flatnonzero(new)
    made = []
    for first, stop in zip(start, np.append(start[1:], len(sources)), strict=True):
        subject, sequence = _named(str(sources[first]), where)
        camera = str(cameras[first])
        if camera not in human36m.LENSES:
            raise DatasetError(f"{where}: camera_name: found {camera!r}, expected one of {', '.join(human36m.CAMERAS)}")
        rows = {"keypoints": keypoints[first:stop], "confidence": confidence[first:stop]}
        made.append(camera_clip(subject, sequence, camera, where, **rows))
    return made


def _arrays(content: object, where: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Keypoints `[N, 17, 2]`, confidence `[N, 17]`, names of cameras and of sources `[N]`."""
    if not isinstance(content, Mapping) or not {"joint_2d", "camera_name", "source"} <= content.keys():
        raise DatasetError(f"{where}: expected a dict of joint_2d, camera_name and source, and perhaps confidence")
    keypoints = pickles.numbers(content["joint_2d"], f"{where}: joint_2d").astype(np.float32)
    cameras, sources = (pickles.names(content[key], f"{where}: {key}") for key in ("camera_name", "source"))
    confidence = content.get("confidence", np.ones(keypoints.shape[:2]))
    confidence = pickles.numbers(confidence, f"{where}: confidence").astype(np.float32)
    rows, joints = len(sources) if sources.ndim else 0, len(H36M17.names)
    confidence = confidence[..., 0] if confidence.ndim == 3 else confidence
    expected = {
        "joint_2d": (keypoints, (rows, joints, 2)),
        "confidence": (confidence, (rows, joints)),
        "camera_name": (cameras, (rows,)),
        "source": (sources, (rows,)),
    }
    for key, (array, shape) in expected.items():
        if array.shape != shape or not rows:
            raise DatasetError(f"{where}: {key}: found shape {list(array.shape)}, expected {list(shape)}")
    return keypoints, confidence, cameras, sources


def _named(source: str, where: str) -> tuple[str, str]:
    """Subject and sequence of a row's source."""
    match = SOURCE.fullmatch(source)
    number = int(match[2]) - FIRST_ACTION if match else -1
    if not match or not 0 <= number < len(ACTIONS):
        raise DatasetError(f"{where}: source: found {source!r}, expected names like 's_09_act_02_subact_01_ca_01'")
    return f"S{int(match[1])}", f"{ACTIONS[number]} {int(match[3])}"
