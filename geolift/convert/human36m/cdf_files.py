"""Human3.6M as distributed: CDF files, D2_Positions and D3_Positions_mono of each subject (docs/convert.md)."""

import os
from pathlib import Path

import numpy as np

from geolift.convert.assemble import CameraClip, assemble, fit_intrinsics
from geolift.convert.human36m.camera_clips import camera_clip
from geolift.data import human36m
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.safe_io import cdf

LABELS = {"universal": "D3_Positions_mono_universal", "plain": "D3_Positions_mono"}
PLACES = ("MyPoseFeatures/", "Poses_")  # of D2_Positions in a subject's folder: as distributed, as h36m-fetch extracts


def read(path: str | os.PathLike[str], *, labels: str = "plain") -> Dataset:
    """Read the folder that holds S1, S5, ... with MyPoseFeatures in each (needs cdflib); some may be missing.

    Args:
        path: the folder.
        labels: "plain" for the recorded people, or "universal" for all on one skeleton. Universal people project onto
            the pixels with other intrinsics, those that do so best (least squares, for each subject and camera).

    Raises:
        DatasetError: naming the file, what was found and what was expected; or if cdflib is missing.
        FileNotFoundError: if there is no such folder, or no D2_Positions in it.
    """
    if labels not in LABELS:
        raise ValueError(f"labels: found {labels!r}, expected one of {sorted(LABELS)}")
    path, clips, notes = Path(path), [], []
    subjects = [name for name in human36m.SPLITS if (path / name).is_dir()]
    found = [(name, place) for name in subjects for place in PLACES if (path / name / f"{place}D2_Positions").is_dir()]
    if not found:
        where = f"S1/{PLACES[0]}D2_Positions"
        raise FileNotFoundError(
            f"{path}: found no D2_Positions of any subject in the folder, expected {where} and so on"
        )
    for subject, place in found:
        files = _files(path / subject / f"{place}D2_Positions")
        made = [clip for file in files for clip in _camera_clips(file, subject, labels)]
        if labels == "universal":
            made = _with_intrinsics(made, str(path / subject))
        clips += made
    if any(clip.subject == "S11" for clip in clips):
        notes.append(human36m.DAMAGED_NOTE)
    source = f"{human36m.NOTICE} {labels} labels ({LABELS[labels]}). Pixels include the lens's distortion."
    return assemble(clips, origin=str(path), source=source, notes=notes)


def _files(folder: Path) -> list[Path]:
    """The files of a subject's sequences, without those that hold several (_ALL) and hidden files."""
    return sorted(file for file in folder.glob("*.cdf") if not file.name.startswith(("_", ".")))


def _camera_clips(file: Path, subject: str, labels: str) -> list[CameraClip]:
    """The clip in a file of D2_Positions, or none if it is the damaged one."""
    sequence, dot, camera = file.stem.rpartition(".")
    sequence = human36m.sequence_name(sequence)
    if not dot or camera not in human36m.CAMERAS:
        raise DatasetError(
            f"{file}: found this name, expected ACTION.CAMERA.cdf with one of {', '.join(human36m.CAMERAS)}"
        )
    if human36m.is_damaged(subject, sequence):
        return []
    keypoints = _pose(file, 2)
    beside = file.parent.with_name(file.parent.name.replace("D2_Positions", LABELS[labels])) / file.name
    points = _pose(beside, 3)
    if len(points) != len(keypoints):
        raise DatasetError(f"{beside}: found {len(points)} frames, expected {len(keypoints)} as in {file.parent.name}")
    return [camera_clip(subject, sequence, camera, str(file), keypoints=keypoints, points_3d=points / 1000)]


def _with_intrinsics(clips: list[CameraClip], origin: str) -> list[CameraClip]:
    """Clips of one subject with the intrinsics that fit each camera's clips best."""
    fitted = {}
    for camera in {clip.camera for clip in clips}:
        views = [clip for clip in clips if clip.camera == camera]
        keypoints, points = (
            np.concatenate([getattr(view, key) for view in views]) for key in ("keypoints", "points_3d")
        )
        fitted[camera] = fit_intrinsics(keypoints, points, origin)
    return [clip._replace(intrinsics=fitted[clip.camera]) for clip in clips]


def _pose(file: Path, axes: int) -> np.ndarray:
    """The 17 joints `[T, 17, axes]` of a file: pixels, or camera millimetres."""
    pose, width = cdf.variable(file, "Pose"), human36m.JOINTS * axes
    if pose.dtype.kind != "f":
        raise DatasetError(f"{file}: Pose: found {pose.dtype}, expected floats")
    if pose.ndim != 3 or pose.shape[0] != 1 or pose.shape[2] != width or not pose.shape[1]:
        raise DatasetError(f"{file}: Pose: found shape {list(pose.shape)}, expected [1, frames, {width}]")
    if not np.isfinite(pose).all():
        raise DatasetError(f"{file}: Pose: found values that are not finite")
    return pose.astype(np.float64).reshape(-1, human36m.JOINTS, axes)[:, human36m.JOINT_INDICES]
