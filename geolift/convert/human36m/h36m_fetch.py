"""Human3.6M as h36m-fetch writes it: processed/S1/Directions-1/annot.h5 and so on (docs/convert.md)."""

import os
from pathlib import Path

import numpy as np

from geolift.convert.assemble import CameraClip, assemble
from geolift.convert.human36m.camera_clips import camera_clip
from geolift.data import human36m
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.safe_io import bounded_file, hdf5

LABELS = {"universal": ("pose/3d-univ", "intrinsics-univ"), "plain": ("pose/3d", "intrinsics")}


def read(path: str | os.PathLike[str], *, labels: str = "plain") -> Dataset:
    """Read the folder "processed" (needs h5py); some subjects and sequences may be missing.

    By default h36m-fetch keeps every 64th frame of the test subjects, and of the others those with motion: clips
    whose frames are not consecutive have no frame rate (`fps` 0).

    Args:
        path: the folder.
        labels: "plain" for the recorded people, or "universal" for all on one skeleton, with the intrinsics that
            h36m-fetch fitted to each.

    Raises:
        DatasetError: naming the file, what was found and what was expected; or if h5py is missing.
        FileNotFoundError: if there is no annot.h5 in the folder.
    """
    if labels not in LABELS:
        raise ValueError(f"labels: found {labels!r}, expected one of {sorted(LABELS)}")
    path, clips = Path(path), []
    files = sorted(file for folder in path.glob("S*/*") if bounded_file.exists(file := folder / "annot.h5"))
    if not files:
        raise FileNotFoundError(f"{path}: found no annot.h5 in the folder, expected S1/Directions-1/annot.h5 and so on")
    damaged = [file for file in files if human36m.is_damaged(*_named(file))]
    notes = [human36m.DAMAGED_NOTE] if damaged else []
    for file in files:
        if file not in damaged:
            clips += _camera_clips(file, labels)
    thinned = sum(not clip.fps for clip in clips)
    if thinned:
        notes.append(f"{thinned} of {len(clips)} clips are thinned and have no frame rate.")
    source = f"{human36m.NOTICE} {labels} labels ({LABELS[labels][0]}). Pixels include the lens's distortion."
    return assemble(clips, origin=str(path), source=source, notes=notes)


def _named(file: Path) -> tuple[str, str]:
    """Subject and sequence by the names of folders."""
    return file.parts[-3], human36m.sequence_name(file.parts[-2])


def _camera_clips(file: Path, labels: str) -> list[CameraClip]:
    """The clip of each camera in a file."""
    label, lenses = LABELS[labels]
    arrays = _arrays(file, label, lenses)
    rows, (subject, sequence) = len(arrays["frame"]), _named(file)
    expected = {
        "pose/2d": (rows, human36m.JOINTS, 2),
        label: (rows, human36m.JOINTS, 3),
        **{key: (rows,) for key in ("frame", "camera", "subject")},
    }
    for key, shape in expected.items():
        if arrays[key].shape != shape or not rows:
            raise DatasetError(f"{file}: {key}: found shape {list(arrays[key].shape)}, expected {list(shape)}")
    if not (arrays["subject"] == float(subject[1:] if subject[1:].isdecimal() else "nan")).all():
        raise DatasetError(f"{file}: subject: found {np.unique(arrays['subject']).tolist()}, expected {subject}")
    clips = []
    for number in np.unique(arrays["camera"]):
        camera = f"{number:.0f}"
        if camera not in human36m.CAMERAS or f"{lenses}/{camera}" not in arrays:
            raise DatasetError(f"{file}: camera: found {camera}, expected one of {', '.join(human36m.CAMERAS)}")
        mine = arrays["camera"] == number
        steps = np.diff(arrays["frame"][mine])
        if (steps <= 0).any():
            raise DatasetError(f"{file}: frame: found frames of camera {camera} out of order, expected rising numbers")
        fx, cx, fy, cy = arrays[f"{lenses}/{camera}"]
        clips.append(
            camera_clip(
                subject,
                sequence,
                camera,
                str(file),
                keypoints=arrays["pose/2d"][mine][:, human36m.JOINT_INDICES],
                fps=human36m.FPS if (steps == 1).all() and len(steps) else 0.0,
                intrinsics=(fx, fy, cx, cy),
                points_3d=arrays[label][mine][:, human36m.JOINT_INDICES] / 1000,
            )
        )
    return clips


def _arrays(file: Path, label: str, lenses: str) -> dict[str, np.ndarray]:
    with hdf5.opened(file) as content:
        keys = ("pose/2d", label, "frame", "camera", "subject", lenses)
        hdf5.expect(content, keys, file)
        arrays = {key: hdf5.numbers(content, key, file) for key in keys if key != lenses}
        for camera in hdf5.members(content, lenses, file):
            arrays[f"{lenses}/{camera}"] = hdf5.numbers(content, f"{lenses}/{camera}", file)
    for key, array in arrays.items():
        if key.startswith(lenses) and array.shape != (4,):
            raise DatasetError(f"{file}: {key}: found shape {list(array.shape)}, expected [4]: fx, cx, fy, cy")
    return arrays
