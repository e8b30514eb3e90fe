"""Plain arrays of keypoints: `.npy`, and `.npz` with one array of them and perhaps one of scores.

The last axis is x, y or x, y, confidence; before it are the joints, before these the frames, before or after those the
people: `[T, K, 2|3]`, `[M, T, K, 2|3]` or `[T, M, K, 2|3]`, a single image `[K, 2|3]`, or flat `[T, 2K]`, `[T, 3K]`
where the joint set is given. Of two axes that may be frames the one that is much longer is, else it is an error. The
joints are the user's, or recognized by anatomy. An .npz of the demos of MHFormer, StridedTransformer or MotionAGFormer
holds `reconstruction`.
"""

from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import numbered_video
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options, resolve_fps, sets_of
from geolift.keypoints.recording import Recording
from geolift.safe_io.npz import Archive
from geolift.skeletons.joint_sets import LARGER_SETS, SOURCES

POINTS = ("keypoints", "keypoints_2d", "keypoint", "kpts", "kps", "joints2d", "joints_2d", "poses_2d", "pose2d",
          "points_2d", "reconstruction", "data", "arr_0")  # fmt: skip
SCORES = ("scores", "score", "keypoint_scores", "keypoint_score", "confidence", "confidences", "conf", "kpt_scores")
LONGER = 4  # times as many frames as people, at least
CONFIDENCE = 1.5  # up to which third numbers are confidences: heat maps give a little more than 1
MOST_PEOPLE = 1000


def recognize_archive(archive: Archive) -> str | None:
    """Why an archive holds nothing but keypoints and perhaps scores, or None."""
    points = [name for name in archive.names if name in POINTS]
    scores = [name for name in archive.names if name in SCORES]
    if len(points) != 1 or len(scores) > 1 or len(archive.names) > len(points) + len(scores):
        return None
    return f"it holds nothing but {', '.join([*points, *scores])}"


def read_archive(archive: Archive, path: Path, options: Options) -> Recording:
    """Read an archive.

    Raises:
        DatasetError: as `read_array`; if the scores do not fit.
    """
    names = {kind: next((name for name in archive.names if name in known), None) for kind, known in _KINDS.items()}
    if names["points"] is None:
        found = f"found the arrays {sorted(archive.names)[:10]}"
        raise DatasetError(f"{path}: {found}, expected one of {', '.join(POINTS)}")
    scores = None if names["scores"] is None else archive.array(names["scores"])
    return _recording(archive.array(names["points"]), scores, path, options)


def recognize_array(array: np.ndarray) -> str | None:
    """Why an array may be keypoints, or None."""
    return f"numbers of shape {list(array.shape)}" if array.dtype.kind in "fiu" and 2 <= array.ndim <= 4 else None


def read_array(array: np.ndarray, path: Path, options: Options) -> Recording:
    """Read an array.

    Raises:
        DatasetError: if the axes or the joints are not certain, or the third numbers are no confidences.
    """
    return _recording(array, None, path, options)


_KINDS = {"points": POINTS, "scores": SCORES}
FORMATS = (
    Format("array", "an array of keypoints (.npy)", "npy", recognize_array, read_array),
    Format("array", "arrays of keypoints and scores (.npz)", "npz", recognize_archive, read_archive),
)


def _recording(array: np.ndarray, scores: np.ndarray | None, path: Path, options: Options) -> Recording:
    if array.dtype.kind not in "fiu" or not array.size:
        raise DatasetError(f"{path}: found {array.dtype} of shape {list(array.shape)}, expected numbers")
    shape = f"{path}: found an array of shape {list(array.shape)}"
    rows = _with_joints(array.astype(np.float64), shape, options)
    if scores is not None:
        rows = _with_scores(rows, scores, path)
    rows, notes = _frames_first(rows, shape)
    if rows.shape[-1] == 2:
        rows = np.concatenate([rows, np.isfinite(rows).all(axis=-1, keepdims=True)], axis=-1)
        notes = (*notes, "the array holds no confidence: it counts as 1")
    elif scores is None:
        _check_confidence(rows[..., 2], path)
    count, people = rows.shape[:2]
    rows = rows.reshape(count * people, *rows.shape[2:])
    joints = joints_by_count(rows, str(path), options.joints)
    frames = numbered_video(count, resolve_fps(0.0, options.fps, str(path)))
    frame, person = np.repeat(np.arange(count), people), np.tile(np.arange(people), count)
    names = tuple(str(i) for i in range(people))
    notes = (*notes, *joints.notes)
    return make_recording(rows, frame, frames, joints, path, options, person=person, people=names, notes=notes)


def _with_joints(array: np.ndarray, shape: str, options: Options) -> np.ndarray:
    """`[..., K, 2|3]`: the array, flat rows taken apart."""
    expected = "[frames, joints, 2] (x, y) or [frames, joints, 3] (x, y, confidence)"
    if options.joints is not None and array.ndim == 2 and (count := _count(options.joints)):
        for parts in (2, 3):
            if array.shape[1] == parts * count:
                return array.reshape(len(array), count, parts)
    if array.ndim < 2 or array.ndim > 4 or array.shape[-1] not in (2, 3) or not sets_of(array.shape[-2]):
        flat = ", or flat rows with --joints" if array.ndim == 2 else ""
        raise DatasetError(f"{shape}, expected {expected}{flat}")
    return array


def _count(joint_set: str) -> int:
    """How many joints a set has; 0 for an unknown one."""
    larger = LARGER_SETS.get(joint_set)
    return larger.count if larger else len(SOURCES.get(joint_set, ()))


def _with_scores(rows: np.ndarray, scores: np.ndarray, path: Path) -> np.ndarray:
    """`[..., K, 3]` with the scores as confidence."""
    scores = scores[..., 0] if scores.ndim == rows.ndim and scores.shape[-1] == 1 else scores
    if scores.shape != rows.shape[:-1] or scores.dtype.kind not in "fiu":
        found = f"scores of shape {list(scores.shape)}"
        raise DatasetError(f"{path}: found {found}, expected {list(rows.shape[:-1])}, one for each joint")
    return np.concatenate([rows[..., :2], scores[..., None].astype(np.float64)], axis=-1)


def _frames_first(rows: np.ndarray, shape: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """`[T, M, K, 2|3]`, and a note on which axis is which."""
    if rows.ndim == 2:
        return rows[None, None], ()
    if rows.ndim == 3:
        return rows[:, None], ()
    first, second = rows.shape[:2]
    many, few = max(first, second), min(first, second)
    if few > MOST_PEOPLE or (few > 1 and many < LONGER * few):
        what = f"{first} and {second} may both be frames or people"
        raise DatasetError(f"{shape}: {what}, expected [frames, joints, 2|3]: save each person in a file of their own")
    note = f"the axes are {'people, frames' if first < second else 'frames, people'}: {many} frames of {few}"
    return (rows.swapaxes(0, 1) if first < second else rows), (note,)


def _check_confidence(third: np.ndarray, path: Path) -> None:
    known: Any = third[np.isfinite(third)]
    if known.size and not (known.min() >= -1 and known.max() <= CONFIDENCE and known.max() > 0):
        found = f"third numbers from {known.min():.3g} to {known.max():.3g}"
        raise DatasetError(f"{path}: found {found}, expected confidences from 0 to 1: x, y, z are not lifted")
