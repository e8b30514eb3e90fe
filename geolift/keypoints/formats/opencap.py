"""OpenCap's pickles of OpenPose's or mmpose's people: for each frame a list of people, as in OpenPose's JSON.

A person is {"pose_keypoints_2d": [x, y, confidence, ...], "person_id": [-1]}; a frame without people has an empty list.
"""

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

KEY = "pose_keypoints_2d"
MODELS = {25: "body25", 18: "coco18", 26: "halpe26", 17: "coco17"}


def recognize(content: Any) -> str | None:
    """Why a pickle is OpenCap's, or None."""
    if not isinstance(content, list) or not all(isinstance(frame, list) for frame in content):
        return None
    first = next((frame[0] for frame in content if frame), None)
    found = isinstance(first, dict) and KEY in first
    return f"a list of {len(content)} frames, each a list of people with {KEY}" if found else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read the people of all frames; they are untracked.

    Raises:
        DatasetError: naming the frame and what is wrong with it.
    """
    rows, frame, repeats = [], [], pickles.Repeats(str(path))
    for i, people in enumerate(values.listing(content, str(path), "frames")):
        for j, person in enumerate(values.listing(people, f"{path}: frame {i}", "people")):
            where = f"{path}: frame {i}, person {j}"
            found = values.dictionary(person, where).get(KEY)
            repeats.count(found)
            flat = pickles.numbers(found, f"{where}: {KEY}").astype(np.float64).ravel()
            if len(flat) % 3 or not len(flat) or (rows and len(flat) != rows[0].size):
                expected = "expected x, y, confidence of each joint"
                raise DatasetError(f"{where}: {KEY}: found {len(flat)} numbers, {expected}")
            rows.append(flat.reshape(-1, 3))
            frame.append(i)
    if not rows:
        raise DatasetError(f"{path}: found no person in {len(content)} frames, expected at least one")
    rows = np.stack(rows)
    joints = joints_by_count(rows, str(path), options.joints, MODELS)
    frames = numbered_video(len(content), resolve_fps(0.0, options.fps, str(path)))
    return make_recording(rows, np.array(frame), frames, joints, path, options, notes=joints.notes)


FORMAT = Format("opencap", "OpenCap, a pickle of the people in each frame", "pickle", recognize, read)
