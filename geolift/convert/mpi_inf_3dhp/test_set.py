"""The MPI-INF-3DHP test set, its valid frames in Human3.6M-17 joints, for the 3dhp protocols (docs/protocols.md)."""

import os
from pathlib import Path

import numpy as np

from geolift.convert.assemble import fit_intrinsics, follow_gaze
from geolift.data.dataset import Dataset, check_dataset
from geolift.errors import DatasetError
from geolift.safe_io import bounded_file, hdf5
from geolift.skeletons.joint_sets import MPI_INF_3DHP17
from geolift.skeletons.mapping import source_indices
from geolift.skeletons.skeleton import H36M17

NOTICE = (
    "MPI-INF-3DHP test set, for research only, http://gvv.mpi-inf.mpg.de/3dhp-dataset. Mehta et al., "
    "'Monocular 3D Human Pose Estimation In The Wild Using Improved CNN Supervision', 3DV 2017."
)
LABELS = {"universal": "univ_annot3", "plain": "annot3"}
IMAGE_SIZE = {
    **dict.fromkeys(("TS1", "TS2", "TS3", "TS4"), (2048, 2048)),
    **dict.fromkeys(("TS5", "TS6"), (1920, 1080)),
}
JOINT_INDICES = source_indices(
    MPI_INF_3DHP17
)  # no nose: Human3.6M's thorax, neck, head are the nearest joints, neck, head, head top


def read(path: str | os.PathLike[str], *, labels: str = "universal") -> Dataset:
    """Read the folder that holds TS1/annot_data.mat to TS6/annot_data.mat (MATLAB v7.3, needs h5py).

    Clips are runs of valid frames of one activity; `action` is its number. The files state no frame rate, so `fps` is
    0, and no intrinsics: those that project `annot3` onto `annot2` best (least squares, in pixels) are used.

    Args:
        path: the folder.
        labels: "plain" for `annot3`, the recorded people, or "universal" for `univ_annot3`, every person scaled about
            the root to the height of one skeleton. Universal people keep their shape as in the file, and their root
            moves along its line of sight by the same factor, so that they still project onto the keypoints.

    Raises:
        DatasetError: naming the file, the array, what was found and what was expected; or if h5py is missing.
        FileNotFoundError: if a file is missing.
    """
    if labels not in LABELS:
        raise ValueError(f"labels: found {labels!r}, expected one of {sorted(LABELS)}")
    parts = [_subject(Path(path) / name / "annot_data.mat", name, LABELS[labels]) for name in IMAGE_SIZE]
    keypoints, points, lengths, actions, intrinsics = zip(*parts, strict=True)
    clips = [len(length) for length in lengths]
    stop = np.cumsum(np.concatenate(lengths))
    subject = np.repeat(list(IMAGE_SIZE), clips)
    dataset = Dataset(
        keypoints=np.concatenate(keypoints).astype(np.float32),
        confidence=np.ones((stop[-1], len(JOINT_INDICES)), np.float32),
        skeleton=H36M17,
        start=np.append(0, stop[:-1]),
        stop=stop,
        fps=np.zeros(len(stop), np.float32),
        subject=subject,
        action=np.concatenate(actions),
        camera=np.full(len(stop), "0"),
        split=np.full(len(stop), "test"),
        clip=subject,
        image_size=np.repeat(np.array(list(IMAGE_SIZE.values()), np.float32), clips, axis=0),
        intrinsics=np.repeat(np.array(intrinsics, np.float32), clips, axis=0),
        points_3d=np.concatenate(points).astype(np.float32),
        source=f"{labels} labels ({LABELS[labels]}). {NOTICE}",
    )
    return check_dataset(dataset, str(path))


def _subject(path: Path, name: str, label: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Keypoints `[N, 17, 2]`, points `[N, 17, 3]` in metres, clip lengths `[C]`, activities `[C]`, intrinsics `[4]`."""
    arrays = _arrays(path)
    frames = np.flatnonzero(arrays["valid_frame"] == 1)
    if not len(frames):
        raise DatasetError(f"{path}: valid_frame: found none of {len(arrays['valid_frame'])} frames valid")
    keypoints, recorded, points = (arrays[key][frames, 0][:, JOINT_INDICES] for key in ("annot2", "annot3", label))
    for key, array in (("annot2", keypoints), ("annot3", recorded), (label, points)):
        if not np.isfinite(array).all() or (key == "annot3" and (array[..., 2] <= 0).any()):
            raise DatasetError(f"{path}: {key}: found values in valid frames that are not finite or behind the camera")
    if label != LABELS["plain"]:
        points = follow_gaze(points, recorded)
    activity = arrays["activity_annotation"][frames].astype(int)
    first = np.flatnonzero(np.append(True, (np.diff(frames) > 1) | (np.diff(activity) != 0)))
    lengths = np.diff(np.append(first, len(frames)))
    return (
        keypoints,
        points / 1000,
        lengths,
        activity[first].astype(np.str_),
        fit_intrinsics(keypoints, recorded, str(path)),
    )


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of one subject as h5py shows them: MATLAB's dimensions reversed, frames first."""
    if not bounded_file.exists(path):
        raise FileNotFoundError(f"{path}: no such file, expected the annotations of {', '.join(IMAGE_SIZE)}")
    keys = ("annot2", "annot3", "univ_annot3", "valid_frame", "activity_annotation")
    with hdf5.opened(path, "MATLAB v7.3") as file:
        hdf5.expect(file, keys, path)
        arrays = {key: hdf5.numbers(file, key, path) for key in keys}
    frames = len(arrays["annot3"])
    expected = {"annot2": (frames, 1, 17, 2), "annot3": (frames, 1, 17, 3), "univ_annot3": (frames, 1, 17, 3)}
    for key, array in arrays.items():
        wanted = expected.get(key, (frames, 1))
        if array.shape != wanted:
            raise DatasetError(f"{path}: {key}: found shape {list(array.shape)}, expected {list(wanted)}")
    return {key: array if key in expected else array[:, 0] for key, array in arrays.items()}
