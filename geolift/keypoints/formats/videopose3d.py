"""VideoPose3D's data sets `data_2d_*.npz`: `positions_2d` by subject and action, one array for each camera."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import archive_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import Frames
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options, ResolvedJoints, resolve_fps, resolve_joint_set
from geolift.keypoints.recording import Recording
from geolift.safe_io import pickles
from geolift.safe_io.npz import Archive, read_object_arrays

LAYOUTS = {"h36m": "h36m17", "coco": "coco17", "mpii": "mpii16"}  # names of joint sets, VideoPose3D's and ours
# Archives of Human3.6M without a layout name: found by the joints that they list as left and right.
SYMMETRIES = {
    (1, 3, 5, 7, 9, 11, 13, 15, 2, 4, 6, 8, 10, 12, 14, 16): "coco17",
    (4, 5, 6, 11, 12, 13, 1, 2, 3, 14, 15, 16): "h36m17",
    (3, 4, 5, 13, 14, 15, 0, 1, 2, 10, 11, 12): "mpii16",
}


def recognize(archive: Archive) -> str | None:
    """Why the archive is a data set of VideoPose3D, or None."""
    return "it holds the array positions_2d" if "positions_2d" in archive.names else None


def read(archive: Archive, path: Path, options: Options) -> Recording:
    """Read a data set: each clip, of one subject, action and camera, becomes another person in separate frames.

    Clips are named subject/action, or subject/action/camera where there are several cameras. These archives hold no
    confidence: it is 1 in joints whose coordinates are not NaN or 0.

    Raises:
        DatasetError: naming the array, subject and action and what is wrong with it.
    """
    arrays = read_object_arrays(path, ("positions_2d", *(["metadata"] if "metadata" in archive.names else [])))
    metadata = values.dictionary(arrays.get("metadata", {}), f"{path}: metadata")
    clips = {name: (subject, keypoints) for subject, name, keypoints in _clips(arrays["positions_2d"], path)}
    if not clips:
        raise DatasetError(f"{path}: positions_2d: found no subject with an action")
    stated = _stated_joints(metadata, {keypoints.shape[1] for _, keypoints in clips.values()}, path)
    lengths = [len(keypoints) for _, keypoints in clips.values()]
    keypoints = np.concatenate([keypoints for _, keypoints in clips.values()])
    rows = np.concatenate([keypoints, np.isfinite(keypoints).all(axis=-1, keepdims=True)], axis=-1)
    joints = _joints(stated, rows, path, options)
    sizes, unknown = _image_sizes(metadata, [subject for subject, _ in clips.values()], lengths, path)
    frame = np.arange(len(keypoints))
    names = tuple(f"{name}/{i}" for name, length in zip(clips, lengths, strict=True) for i in range(length))
    frames = Frames(names, frame, video=True, fps=resolve_fps(0.0, options.fps, str(path)))
    return make_recording(
        rows,
        frame,
        frames,
        joints,
        path,
        options,
        person=np.repeat(np.arange(len(clips)), lengths),
        people=tuple(clips),
        image_size=sizes,
        notes=("the archive holds no confidence: it counts as 1", *joints.notes, *unknown),
    )


FORMAT = Format("videopose3d", "a data set of VideoPose3D: data_2d_*.npz", "npz", recognize, read)


def subjects(content: Any, where: str) -> Iterator[tuple[Any, dict]]:
    """Each subject and its dictionary of actions, of `positions_2d` or `positions_3d`.

    Raises:
        DatasetError: if there is no dictionary of dictionaries.
    """
    for subject, actions in values.dictionary(content, where).items():
        yield subject, values.dictionary(actions, f"{where}: {subject}")


def views_of(content: Any, where: str) -> list | tuple | np.ndarray:
    """The cameras' arrays of one subject and action, not checked further.

    Raises:
        DatasetError: if it is not a list.
    """
    return values.listing(content, where, "a list of arrays, one for each camera")


def _clips(positions: np.ndarray, path: Path) -> Iterator[tuple[str, str, np.ndarray]]:
    """Subject, name and keypoints `[T, K, 2]` of each clip."""
    repeats = pickles.Repeats(f"{path}: positions_2d")
    for subject, actions in subjects(positions, f"{path}: positions_2d"):
        for action, cameras in actions.items():
            where = f"{path}: positions_2d: {subject}, {action}"
            for camera, keypoints in enumerate(views_of(cameras, where)):
                if not isinstance(keypoints, np.ndarray) or keypoints.ndim != 3 or keypoints.shape[2] != 2:
                    found = values.shape(keypoints)
                    raise DatasetError(f"{where}: camera {camera}: found {found}, expected shape [frames, joints, 2]")
                repeats.count(keypoints)
                name = f"{subject}/{action}" if len(cameras) == 1 else f"{subject}/{action}/{camera}"
                yield str(subject), name, values.numbers(keypoints, where)


def _stated_joints(metadata: dict, counts: set[int], path: Path) -> str:
    """The joint set that the metadata state, or "", of clips with these numbers of joints, which must be one."""
    found = sorted(counts)
    expected = metadata.get("num_joints", found[0])
    if len(found) > 1 or not isinstance(expected, int | np.integer) or expected != found[0]:
        what = expected if isinstance(expected, int | np.integer) else "the number in num_joints"
        raise DatasetError(f"{path}: positions_2d: found clips of {found} joints, expected {what}")
    return _joint_set(metadata, path)


def _joints(stated: str, rows: np.ndarray, path: Path, options: Options) -> ResolvedJoints:
    """The joints of `[N, K, 3]`: those that are stated, or those that anatomy finds."""
    if stated:
        return resolve_joint_set(stated, rows.shape[1], options.joints, str(path))
    return joints_by_count(rows, str(path), options.joints)


def _joint_set(metadata: dict, path: Path) -> str:
    """The joint set that the metadata names, or whose left and right joints it lists, or ""."""
    if "layout_name" in metadata:
        layout = metadata["layout_name"]
        if not isinstance(layout, str) or layout not in LAYOUTS:
            found = repr(layout) if isinstance(layout, str) else type(layout).__name__
            raise DatasetError(f"{path}: metadata: layout_name: found {found}, expected one of {sorted(LAYOUTS)}")
        return LAYOUTS[layout]
    try:
        left, right = metadata["keypoints_symmetry"]
        return SYMMETRIES.get((*(int(i) for i in left), *(int(i) for i in right)), "")
    except (KeyError, TypeError, ValueError):
        return ""


def _image_sizes(
    metadata: dict, subject_of_clip: list[str], lengths: list[int], path: Path
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """`[F, 2]` width and height of every frame, None unless known for all clips, and a note if known for some."""
    videos = metadata.get("video_metadata", {})
    if not isinstance(videos, dict):
        raise DatasetError(f"{path}: metadata: video_metadata: found {type(videos).__name__}, expected subjects")
    sizes = [values.image_size(videos.get(subject, {}), f"{path}: metadata: {subject}") for subject in subject_of_clip]
    if all(size is not None for size in sizes):
        return np.repeat(np.float32(sizes), lengths, axis=0), ()
    if any(size is not None for size in sizes):
        return None, ("the image sizes of some videos are unknown: none was used",)
    return None, ()
