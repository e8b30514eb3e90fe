"""Kinetics-skeleton and NTU-like JSON of ST-GCN: OpenPose's 18 joints of the people in each frame of a clip.

{"data": [{"frame_index": 1, "skeleton": [{"pose": [x, y, ...], "score": [...]}]}], "label": ..., "label_index": ...};
x, y are fractions of the image, 0, 0 and score 0 where a joint is missing.
"""

from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import order_frames
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording

MODELS = {18: "coco18", 25: "body25", 17: "coco17"}


def recognize(content: Any) -> str | None:
    """Why a JSON file is a clip of Kinetics-skeleton, or None."""
    frames = content.get("data") if isinstance(content, dict) else None
    if not isinstance(frames, list) or not frames or not isinstance(frames[0], dict):
        return None
    found = {"frame_index", "skeleton"} <= frames[0].keys()
    return "an object with data, a list of frame_index and skeleton" if found else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read a clip.

    Raises:
        DatasetError: naming the frame and what is wrong with it.
    """
    listed = values.listing(values.member(content, "data", str(path)), f"{path}: data")
    labels, rows, frame_of_row = [], [], []
    for i, frame in enumerate(listed):
        where = f"{path}: data[{i}]"
        labels.append(str(values.whole(values.member(frame, "frame_index", where), f"{where}: frame_index", least=0)))
        people = values.listing(values.member(frame, "skeleton", where), f"{where}: skeleton")
        for j, person in enumerate(people):
            row = _person(person, f"{where}: skeleton[{j}]")
            if rows and len(row) != len(rows[0]):
                found = f"found {len(row)} joints, expected {len(rows[0])} as before"
                raise DatasetError(f"{where}: skeleton[{j}]: {found}")
            rows.append(row)
            frame_of_row.append(i)
    if len(set(labels)) < len(labels):
        raise DatasetError(f"{path}: data: frame_index: found {len(set(labels))} different of {len(labels)}")
    if not rows:
        raise DatasetError(f"{path}: found no person in {len(labels)} frames, expected at least one")
    rows = np.stack(rows)
    joints = joints_by_count(rows, str(path), options.joints, MODELS)
    frames = order_frames(labels, str(path), options)
    frame, notes = frames.index[frame_of_row], (*joints.notes, *frames.notes)
    return make_recording(rows, frame, frames, joints, path, options, unit="fraction", notes=notes)


FORMAT = Format("kinetics-skeleton", "Kinetics-skeleton, a clip of ST-GCN", "json", recognize, read)


def _person(person: Any, where: str) -> np.ndarray:
    """`[K, 3]` x, y, score."""
    pose = values.numbers(values.member(person, "pose", where), f"{where}: pose")
    score = values.numbers(values.member(person, "score", where), f"{where}: score")
    if not len(score) or len(pose) != 2 * len(score):
        raise DatasetError(f"{where}: found {len(pose)} numbers in pose, expected two for each of {len(score)} scores")
    return np.column_stack([pose.reshape(-1, 2), score])
