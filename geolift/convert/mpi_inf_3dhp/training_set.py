"""The training set of MPI-INF-3DHP, filmed by its cameras at chest height (docs/convert.md)."""

import os
from pathlib import Path

import numpy as np

from geolift.convert.assemble import CameraClip, assemble, fit_intrinsics, follow_gaze
from geolift.convert.mpi_inf_3dhp.test_set import LABELS
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.plurals import counted
from geolift.safe_io import bounded_file, matlab5
from geolift.skeletons.joint_sets import MPI_INF_3DHP28
from geolift.skeletons.mapping import source_indices

NOTICE = (
    "MPI-INF-3DHP training set, for research only, http://gvv.mpi-inf.mpg.de/3dhp-dataset. Mehta et al., "
    "'Monocular 3D Human Pose Estimation In The Wild Using Improved CNN Supervision', 3DV 2017."
)
JOINT_INDICES = source_indices(MPI_INF_3DHP28)
CAMERAS = (0, 1, 2, 4, 5, 6, 7, 8)  # of 14; the others are at the ceiling and the floor
IMAGE_SIZE = (2048, 2048)
# Frames and frame rates of the videos; annotations may continue beyond the end of a video.
FRAMES = {
    ("S1", "Seq1"): (6416, 25), ("S1", "Seq2"): (12430, 50), ("S2", "Seq1"): (6502, 25), ("S2", "Seq2"): (6081, 25),
    ("S3", "Seq1"): (12488, 50), ("S3", "Seq2"): (12283, 50), ("S4", "Seq1"): (6171, 25), ("S4", "Seq2"): (6675, 25),
    ("S5", "Seq1"): (12820, 50), ("S5", "Seq2"): (12312, 50), ("S6", "Seq1"): (6188, 25), ("S6", "Seq2"): (6145, 25),
    ("S7", "Seq1"): (6239, 25), ("S7", "Seq2"): (6320, 25), ("S8", "Seq1"): (6468, 25), ("S8", "Seq2"): (6054, 25),
}  # fmt: skip


def read(path: str | os.PathLike[str], *, labels: str = "universal") -> Dataset:
    """Read the folder that holds S1/Seq1/annot.mat to S8/Seq2/annot.mat (MATLAB v5); some may be missing.

    Intrinsics are those that project `annot3` onto `annot2` best (least squares, for each sequence and camera).

    Args:
        path: the folder.
        labels: as in `test_set.read`.

    Raises:
        DatasetError: naming the file, the array, what was found and what was expected; or if scipy is missing.
        FileNotFoundError: if none of the files is there.
    """
    if labels not in LABELS:
        raise ValueError(f"labels: found {labels!r}, expected one of {sorted(LABELS)}")
    path = Path(path)
    files = {names: path.joinpath(*names, "annot.mat") for names in FRAMES}
    present = {names: file for names, file in files.items() if bounded_file.exists(file)}
    if not present:
        raise FileNotFoundError(f"{path}: found no annot.mat in the folder, expected S1/Seq1/annot.mat and so on")
    clips, cut = [], 0
    for names, file in present.items():
        made, beyond = _camera_clips(file, names, LABELS[labels])
        clips += made
        cut += beyond
    notes = [f"{len(present)} of {len(files)} sequences, {len(CAMERAS)} of 14 cameras."]
    if cut:
        notes.append(f"Left out: {counted(cut, 'frame', 'frames')} of annotations beyond the end of the videos.")
    source = f"{labels} labels ({LABELS[labels]}). {NOTICE}"
    return assemble(clips, origin=str(path), source=source, notes=notes)


def _camera_clips(file: Path, names: tuple[str, str], label: str) -> tuple[list[CameraClip], int]:
    """The clips of all cameras, and how many frames were beyond the end of the video."""
    arrays, (frames, fps) = _cells(file, label), FRAMES[names]
    made, cut = [], 0
    for camera in CAMERAS:
        keypoints, recorded, points = (
            _joints(arrays[key], camera, axes, frames, f"{file}: {key}, camera {camera}")
            for key, axes in (("annot2", 2), ("annot3", 3), (label, 3))
        )
        cut += len(arrays["annot2"][camera]) - frames
        if (recorded[..., 2] <= 0).any():
            raise DatasetError(f"{file}: annot3, camera {camera}: found points behind the camera")
        made.append(
            CameraClip(
                keypoints=keypoints,
                subject=names[0],
                action="unknown",
                camera=str(camera),
                split="train",
                clip=" ".join(names),
                fps=fps,
                image_size=IMAGE_SIZE,
                intrinsics=fit_intrinsics(keypoints, recorded, str(file)),
                points_3d=(points if label == LABELS["plain"] else follow_gaze(points, recorded)) / 1000,
            )
        )
    return made, cut


def _joints(cells: list[np.ndarray], camera: int, axes: int, frames: int, where: str) -> np.ndarray:
    """`[frames, 17, axes]` labels of one camera."""
    array, width = cells[camera], axes * len(MPI_INF_3DHP28.source)
    if array.ndim != 2 or array.shape[1] != width or len(array) < frames:
        raise DatasetError(f"{where}: found shape {list(array.shape)}, expected [{frames} or more, {width}]")
    if array.dtype.kind not in "fiu" or not np.isfinite(array[:frames]).all():
        raise DatasetError(f"{where}: found values that are not finite numbers")
    return array[:frames].reshape(frames, -1, axes)[:, JOINT_INDICES].astype(np.float64)


def _cells(file: Path, label: str) -> dict[str, list[np.ndarray]]:
    """The labels of each camera, for the cell arrays `annot2`, `annot3` and `label`."""
    content, cells = matlab5.load(file, ("annot2", "annot3", label)), {}
    for key in ("annot2", "annot3", label):
        array = content.get(key)
        if array is None or array.dtype != object or array.ndim != 2 or array.size <= max(CAMERAS):
            found = "nothing" if array is None else f"{array.dtype} of shape {list(array.shape)}"
            raise DatasetError(f"{file}: {key}: found {found}, expected a cell for each of 14 cameras")
        cells[key] = [np.asarray(cell) for cell in array.ravel()]
    return cells
