"""PYSKL's and mmaction2's pickles of 2D skeletons: many clips of people, `keypoint [M, T, V, 2]`.

A list of clips, or {"split": ..., "annotations": clips}. A clip is a dictionary with `frame_dir` (its name),
`total_frames` (T), `keypoint` `[M, T, V, 2]` of M people, `keypoint_score` `[M, T, V]`, `img_shape` or `original_shape`
(height, width). A person who is absent has zeros. 17 joints are COCO's. Skeletons in 3D (NTU) are refused.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import archive_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import Frames
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options, resolve_fps
from geolift.keypoints.recording import Recording
from geolift.safe_io import pickles

MODELS = {17: "coco17", 18: "coco18", 25: "body25"}
KEYS = {"keypoint", "total_frames"}
LONGEST_NAME = 200  # characters of a clip's name


class _Clip(NamedTuple):
    """A clip: its name, `[M, T, V, 3]` x, y, score, and width and height or None."""

    name: str
    rows: np.ndarray
    size: tuple[float, float] | None


def recognize(content: Any) -> str | None:
    """Why a pickle is PYSKL's, or None."""
    clips = content.get("annotations") if isinstance(content, dict) else content
    if not isinstance(clips, list) or not clips or not isinstance(clips[0], dict) or not clips[0].keys() >= KEYS:
        return None
    return f"a list of {len(clips)} clips with keypoint and total_frames"


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read all clips: each person of a clip becomes another person, each clip has frames of its own.

    Raises:
        DatasetError: naming the clip and what is wrong with it; if it is in 3D.
    """
    listed = values.listing(content["annotations"] if isinstance(content, dict) else content, str(path), "clips")
    repeats = pickles.Repeats(str(path))
    clips = [_clip(clip, f"{path}: clip {i}", i, repeats) for i, clip in enumerate(listed)]
    counts = {clip.rows.shape[2] for clip in clips}
    if len(counts) > 1:
        raise DatasetError(f"{path}: found clips of {sorted(counts)} joints, expected one number")
    names = _distinct([clip.name for clip in clips])
    rows, frame, person, people, labels, start = [], [], [], [], [], 0
    for name, clip in zip(names, clips, strict=True):
        many, length = clip.rows.shape[:2]
        rows.append(clip.rows.reshape(-1, *clip.rows.shape[2:]))
        frame.append(np.tile(start + np.arange(length), many))
        person.append(len(people) + np.repeat(np.arange(many), length))
        people += [name] if many == 1 else [f"{name}/{i}" for i in range(many)]
        labels += [f"{name}/{i}" if len(clips) > 1 else str(i) for i in range(length)]
        start += length
    rows = np.concatenate(rows)
    joints = joints_by_count(rows, str(path), options.joints, MODELS)
    frames = Frames(tuple(labels), np.arange(start), True, resolve_fps(0.0, options.fps, str(path)))
    return make_recording(
        rows,
        np.concatenate(frame),
        frames,
        joints,
        path,
        options,
        person=np.concatenate(person),
        people=tuple(people),
        image_size=_sizes(clips),
        notes=joints.notes,
    )


FORMAT = Format("pyskl", "PYSKL or mmaction2, a pickle of clips", "pickle", recognize, read)


def _clip(clip: Any, where: str, number: int, repeats: pickles.Repeats) -> _Clip:
    clip = values.dictionary(clip, where)
    points = clip.get("keypoint")
    if not isinstance(points, np.ndarray) or points.ndim != 4 or points.shape[3] not in (2, 3) or not points.size:
        raise DatasetError(f"{where}: keypoint: found {values.shape(points)}, expected [people, frames, joints, 2]")
    repeats.count(points)
    points, score = values.numbers(points, f"{where}: keypoint"), clip.get("keypoint_score")
    if points.shape[3] == 3:
        if score is not None or not _is_confidence(points[..., 2]):
            expected = "expected x and y: skeletons in 3D are not lifted"
            raise DatasetError(f"{where}: keypoint: found three coordinates, {expected}")
        return _Clip(_name(clip, number), points, _size(clip, where))
    if score is None:
        score = np.ones(points.shape[:3])
    if not isinstance(score, np.ndarray) or score.shape != points.shape[:3]:
        raise DatasetError(f"{where}: keypoint_score: found {values.shape(score)}, expected {list(points.shape[:3])}")
    repeats.count(score)
    score = values.numbers(score, f"{where}: keypoint_score")
    return _Clip(_name(clip, number), np.concatenate([points, score[..., None]], axis=-1), _size(clip, where))


def _is_confidence(values_of_third: np.ndarray) -> bool:
    return bool((values_of_third >= 0).all() and (values_of_third <= 1).all())


def _name(clip: dict, number: int) -> str:
    name = clip.get("frame_dir")
    return name[:LONGEST_NAME] if isinstance(name, str) and name else str(number)


def _size(clip: dict, where: str) -> tuple[float, float] | None:
    """Width and height, or None if the clip does not state them."""
    shape = clip.get("original_shape", clip.get("img_shape"))
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        return None
    return values.image_size({"h": shape[0], "w": shape[1]}, where)


def _sizes(clips: list[_Clip]) -> np.ndarray | None:
    """`[F, 2]` width and height of every frame; None unless all are known."""
    if any(clip.size is None for clip in clips):
        return None
    return np.repeat(np.float32([clip.size for clip in clips]), [clip.rows.shape[1] for clip in clips], axis=0)


def _distinct(names: list[str]) -> list[str]:
    """The names, numbered where some are the same."""
    return names if len(set(names)) == len(names) else [f"{name}#{i}" for i, name in enumerate(names)]
