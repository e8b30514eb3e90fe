"""Detectron's keypoints in the two files of VideoPose3D: people by frame, and its data sets `data_2d_*.npz`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from geolift.data.dataset import LARGEST_PIXEL
from geolift.errors import DatasetError
from geolift.keypoints.formats.base import Format
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options, resolve_fps, resolve_image_size, resolve_joint_set
from geolift.keypoints.recording import Recording, record
from geolift.safe_io import pickles
from geolift.safe_io.npz import Archive

PARTS = ("x", "y", "logit", "probability")  # of a joint, as Detectron gives them
LAYOUTS = {"coco": "coco17", "h36m": "h36m17", "mpii": "mpii16"}  # names of joint sets, VideoPose3D's and ours
# Archives of Human3.6M that do not name their layout tell it by the joints that they call left and right.
SYMMETRIES = {
    (1, 3, 5, 7, 9, 11, 13, 15, 2, 4, 6, 8, 10, 12, 14, 16): "coco17",
    (4, 5, 6, 11, 12, 13, 1, 2, 3, 14, 15, 16): "h36m17",
    (3, 4, 5, 13, 14, 15, 0, 1, 2, 10, 11, 12): "mpii16",
}


def recognise(archive: Archive) -> str | None:
    """Why the archive is what `infer_video_d2.py` writes."""
    arrays = {"boxes", "keypoints", "metadata"}
    return f"it holds the arrays {', '.join(sorted(arrays))}" if set(archive.names) >= arrays else None


def read(archive: Archive, path: Path, options: Options) -> Recording:
    """Read `video.mp4.npz`: `keypoints[frame] = [[], people]`, where people are `[n, 4, K]`, or nothing.

    Every person is taken, each a detection that nobody has followed. Confidence is Detectron's probability.
    """
    frames = archive.objects("keypoints")
    if not frames.ndim or not len(frames):
        raise DatasetError(f"{path}: keypoints: found shape {list(frames.shape)}, expected one entry for each frame")
    people, frame, repeats = [], [], pickles.Repeats(f"{path}: keypoints")
    for i, entry in enumerate(frames):
        for person in _people(entry, f"{path}: keypoints: frame {i}"):
            repeats.count(person)
            people.append(_numbers(person, f"{path}: keypoints: frame {i}"))
            frame.append(i)
    if not people:
        raise DatasetError(f"{path}: found no person in {len(frames)} frames, expected at least one")
    if len({person.shape for person in people}) > 1:
        raise DatasetError(f"{path}: keypoints: found people of {sorted({p.shape[1] for p in people})} joints")
    found = np.stack(people)
    count = found.shape[2]
    resolved = joints_by_count(count, str(path), options.joints, {17: "coco17"})
    metadata = _dictionary(archive, "metadata")
    size = _size(metadata, f"{path}: metadata")
    sizes = None if size is None else np.tile(np.float32(size), (len(frames), 1))
    return record(
        found[:, :2].transpose(0, 2, 1),
        found[:, 3],
        frame=np.array(frame),
        joints=resolved.joints,
        joint_set=resolved.joint_set,
        frames=tuple(str(i) for i in range(len(frames))),
        video=True,
        origin=str(path),
        fps=resolve_fps(0.0, options.fps, str(path)),
        image_size=resolve_image_size(sizes, options.image_size, len(frames), str(path)),
    )


def _people(entry: Any, origin: str) -> Iterator[np.ndarray]:
    """The people of a frame, `[4, K]` each."""
    if not _listed(entry) or len(entry) != 2:
        raise DatasetError(f"{origin}: found {type(entry).__name__}, expected a list [[], people]")
    if not _listed(entry[1]):
        raise DatasetError(f"{origin}: found {type(entry[1]).__name__}, expected people")
    for person in entry[1]:
        if not isinstance(person, np.ndarray) or person.ndim != 2 or len(person) != len(PARTS):
            found = list(person.shape) if isinstance(person, np.ndarray) else type(person).__name__
            raise DatasetError(f"{origin}: found a person of shape {found}, expected [4, joints]: {', '.join(PARTS)}")
        yield person


def recognise_dataset(archive: Archive) -> str | None:
    """Why the archive is a data set of VideoPose3D."""
    return "it holds the array positions_2d" if "positions_2d" in archive.names else None


def read_dataset(archive: Archive, path: Path, options: Options) -> Recording:
    """Read `data_2d_*.npz`: `positions_2d` by subject and action, a list of `[T, K, 2]` in pixels, one for each camera.

    Every take by every camera is a person of its own, in frames of its own, called subject/action/number, or
    subject/action/camera/number where there are several cameras. These archives hold no confidence: it is 1 in joints
    whose coordinates are not NaN or 0.
    """
    metadata = _dictionary(archive, "metadata") if "metadata" in archive.names else {}
    takes, repeats = {}, pickles.Repeats(f"{path}: positions_2d")
    for subject, actions in _dictionary(archive, "positions_2d").items():
        if not isinstance(actions, dict):
            raise DatasetError(f"{path}: positions_2d: {subject}: found {type(actions).__name__}, expected actions")
        for action, cameras in actions.items():
            where = f"{path}: positions_2d: {subject}, {action}"
            if not _listed(cameras):
                raise DatasetError(f"{where}: found {type(cameras).__name__}, expected a list of arrays")
            for camera, keypoints in enumerate(cameras):
                name = f"{subject}/{action}" if len(cameras) == 1 else f"{subject}/{action}/{camera}"
                shape = list(keypoints.shape) if isinstance(keypoints, np.ndarray) else type(keypoints).__name__
                if not isinstance(keypoints, np.ndarray) or keypoints.ndim != 3 or keypoints.shape[2] != 2:
                    raise DatasetError(f"{where}: camera {camera}: found {shape}, expected [frames, joints, 2]")
                repeats.count(keypoints)
                takes[name] = (str(subject), _numbers(keypoints, where))
    if not takes:
        raise DatasetError(f"{path}: positions_2d: found no subject with an action")
    counts = sorted({keypoints.shape[1] for _, keypoints in takes.values()})
    said = metadata.get("num_joints", counts[0])
    if len(counts) > 1 or not isinstance(said, int | np.integer) or said != counts[0]:
        expected = said if isinstance(said, int | np.integer) else "the number in num_joints"
        raise DatasetError(f"{path}: positions_2d: found takes of {counts} joints, expected {expected}")
    resolved = resolve_joint_set(_layout(metadata, path), counts[0], options.joints, str(path))
    lengths = [len(keypoints) for _, keypoints in takes.values()]
    keypoints = np.concatenate([keypoints for _, keypoints in takes.values()])
    videos = metadata.get("video_metadata", {})
    if not isinstance(videos, dict):
        raise DatasetError(f"{path}: metadata: video_metadata: found {type(videos).__name__}, expected subjects")
    sizes = [_size(videos.get(subject, {}), f"{path}: metadata: {subject}") for subject, _ in takes.values()]
    notes = ["the archive holds no confidence: 1 was taken"]
    found = None
    if all(size is not None for size in sizes):
        found = np.repeat(np.float32(sizes), lengths, axis=0)
    elif any(size is not None for size in sizes):
        notes.append("the image sizes of some videos are not told: none was taken")
    return record(
        keypoints,
        np.isfinite(keypoints).all(axis=-1).astype(float),
        frame=np.arange(len(keypoints)),
        joints=resolved.joints,
        joint_set=resolved.joint_set,
        frames=tuple(f"{name}/{i}" for name, length in zip(takes, lengths, strict=True) for i in range(length)),
        video=True,
        origin=str(path),
        person=np.repeat(np.arange(len(takes)), lengths),
        people=tuple(takes),
        fps=resolve_fps(0.0, options.fps, str(path)),
        image_size=resolve_image_size(found, options.image_size, len(keypoints), str(path)),
        notes=tuple(notes),
    )


def _layout(metadata: dict, path: Path) -> str:
    """The joint set that the metadata tells, or ""."""
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


def _dictionary(archive: Archive, name: str) -> dict:
    array = archive.objects(name)
    if array.shape or not isinstance(array.item(), dict):
        raise DatasetError(f"{archive.path}: {name}: found shape {list(array.shape)}, expected one dictionary")
    return array.item()


def _listed(value: Any) -> bool:
    """Whether it is a list or an array that is one. No array is made to find out: lists may be ragged, or huge."""
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _numbers(array: np.ndarray, origin: str) -> np.ndarray:
    if array.dtype.kind not in "fiu":
        raise DatasetError(f"{origin}: found type {array.dtype}, expected numbers")
    return array.astype(np.float64)


def _size(metadata: Any, origin: str) -> tuple[float, float] | None:
    """Width and height, or None where they are not told."""
    if not isinstance(metadata, dict) or not {"w", "h"} <= metadata.keys():
        return None
    size = metadata["w"], metadata["h"]
    if not all(isinstance(length, int | float | np.number) and 1 <= length <= LARGEST_PIXEL for length in size):
        found = [str(length) if isinstance(length, int | float) else type(length).__name__ for length in size]
        raise DatasetError(f"{origin}: w, h: found {found}, expected pixels from 1 to {LARGEST_PIXEL:g}")
    return float(size[0]), float(size[1])


FORMATS = (
    Format("detectron", "people by frame, as VideoPose3D's infer_video_d2.py writes them", "npz", recognise, read),
    Format("videopose3d", "a data set of VideoPose3D: data_2d_*.npz", "npz", recognise_dataset, read_dataset),
)
