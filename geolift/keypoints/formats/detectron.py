"""Detectron's keypoints, as VideoPose3D's `infer_video_d2.py` writes them: people by frame in an .npz."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import archive_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import numbered_video
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options, resolve_fps
from geolift.keypoints.recording import Recording
from geolift.safe_io import pickles
from geolift.safe_io.npz import Archive, read_object_arrays

PARTS = ("x", "y", "logit", "probability")  # of a joint, as Detectron gives them


def recognize(archive: Archive) -> str | None:
    """Why the archive is what `infer_video_d2.py` writes."""
    arrays = {"boxes", "keypoints", "metadata"}
    return f"it holds the arrays {', '.join(sorted(arrays))}" if set(archive.names) >= arrays else None


def read(_: Archive, path: Path, options: Options) -> Recording:
    """Read `video.mp4.npz`: `keypoints[frame] = [[], people]`, where people are `[n, 4, K]`, or nothing.

    Every person becomes an untracked detection. Confidence is Detectron's probability.

    Raises:
        DatasetError: naming the frame and what is wrong with it; if people have different numbers of joints.
    """
    arrays = read_object_arrays(path, ("keypoints", "metadata"))
    entries = arrays["keypoints"]
    if not entries.ndim or not len(entries):
        raise DatasetError(f"{path}: keypoints: found shape {list(entries.shape)}, expected one entry for each frame")
    people, frame, repeats = [], [], pickles.Repeats(f"{path}: keypoints")
    for i, entry in enumerate(entries):
        where = f"{path}: keypoints: frame {i}"
        for person in _people(entry, where):
            repeats.count(person)
            people.append(values.numbers(person, where))
            frame.append(i)
    if not people:
        raise DatasetError(f"{path}: found no person in {len(entries)} frames, expected at least one")
    if len({person.shape for person in people}) > 1:
        raise DatasetError(f"{path}: keypoints: found people of {sorted({p.shape[1] for p in people})} joints")
    stacked = np.stack(people)
    rows = stacked[:, [PARTS.index(part) for part in ("x", "y", "probability")]].transpose(0, 2, 1)
    joints = joints_by_count(rows, str(path), options.joints, {17: "coco17"})
    size = values.image_size(values.dictionary(arrays["metadata"], f"{path}: metadata"), f"{path}: metadata")
    sizes = None if size is None else np.tile(np.float32(size), (len(entries), 1))
    frames = numbered_video(len(entries), resolve_fps(0.0, options.fps, str(path)))
    return make_recording(rows, np.array(frame), frames, joints, path, options, image_size=sizes, notes=joints.notes)


FORMAT = Format("detectron", "people by frame, as VideoPose3D's infer_video_d2.py writes them", "npz", recognize, read)


def _people(entry: Any, where: str) -> Iterator[np.ndarray]:
    """The people of a frame, `[4, K]` each."""
    if len(values.listing(entry, where, "a list [[], people]")) != 2:
        raise DatasetError(f"{where}: found a list of {len(entry)}, expected a list [[], people]")
    for person in values.listing(entry[1], where, "people"):
        if not isinstance(person, np.ndarray) or person.ndim != 2 or len(person) != len(PARTS):
            expected = f"[4, joints]: {', '.join(PARTS)}"
            raise DatasetError(f"{where}: found a person of shape {values.shape(person)}, expected {expected}")
        yield person
