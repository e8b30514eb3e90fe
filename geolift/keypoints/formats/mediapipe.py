"""MediaPipe's 33 pose landmarks as JSON. MediaPipe itself writes no files; these forms are read:

- a list of frames, or {"frames": [...], "width": 1280, "height": 720, "fps": 30}, all but "frames" optional;
- a frame is null or [] without people, the list of one person's landmarks, a list of several people's lists, or an
  object that has one of these under "landmarks" or "pose_landmarks"; such an object alone is a single image;
- a landmark is {"x", "y", "visibility"}, x and y fractions of the image's width and height. z is not used; without
  visibility a landmark counts as seen.

Two or more frames are a video. Fractions become pixels by the images' size. World landmarks, 3D in metres around the
hips, are refused.
"""

from pathlib import Path
from typing import Any

import numpy as np

from geolift.data.dataset import LARGEST_PIXEL
from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import numbered_video, single_images
from geolift.keypoints.options import NO_OPTIONS, Options, resolve_fps, resolve_joint_set
from geolift.keypoints.recording import Recording
from geolift.plurals import counted
from geolift.skeletons.joint_sets import MEDIAPIPE33

JOINT_SET = "mediapipe33"
KEYS = ("pose_landmarks", "landmarks")
WORLD = "pose_world_landmarks"
HIPS = [MEDIAPIPE33.source.index(f"{side}_hip") for side in ("left", "right")]
AT_HIPS = 0.02  # metres: how close to 0 world landmarks have the middle of the hips; in images that is the corner


def recognize(content: Any) -> str | None:
    """Why a JSON file holds MediaPipe landmarks, or None."""
    if isinstance(content, dict) and any(key in content for key in (*KEYS, WORLD)):
        return "an object with landmarks"
    frames = content.get("frames") if isinstance(content, dict) else content
    if not isinstance(frames, list):
        return None
    first = next((frame for frame in frames if frame), None)
    if isinstance(first, dict):
        found = any(key in first for key in (*KEYS, WORLD))
    else:
        while isinstance(first, list) and first and isinstance(first[0], list):
            first = first[0]
        first = first[0] if isinstance(first, list) and first else None
        found = isinstance(first, dict) and {"x", "y"} <= set(first)
    return "a list of frames with landmarks x, y" if found else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read landmarks.

    Raises:
        DatasetError: naming the frame and what is wrong with it; if neither the file nor `options` has the images'
            size; if the landmarks are in metres.
    """
    joints = resolve_joint_set(JOINT_SET, len(MEDIAPIPE33.source), options.joints, str(path))
    alone = isinstance(content, dict) and "frames" not in content
    listed = [content] if alone else content["frames"] if isinstance(content, dict) else content
    entries = values.listing(listed, str(path))
    rows, frame, unscored = [], [], 0
    for i, entry in enumerate(entries):
        where = f"{path}: frame {i}"
        for j, person in enumerate(_people(entry, where)):
            row, without = _person(person, f"{where}: person {j}")
            rows.append(row)
            frame.append(i)
            unscored += without
    if not rows:
        raise DatasetError(f"{path}: found no person in {len(entries)} frames, expected at least one")
    rows = np.stack(rows)
    _check_places(rows[..., :2], path)
    header = {} if alone or isinstance(content, list) else content
    sizes = _sizes(header, len(entries), path)
    fps = resolve_fps(_positive(header, "fps", path) or 0.0, options.fps, str(path))
    if len(entries) > 1:
        frames = numbered_video(len(entries), fps)
    else:
        frames = single_images([path.stem], str(path), NO_OPTIONS)
    note = f"{counted(unscored, 'landmark', 'landmarks')} without visibility: counted as seen"
    notes = (note,) if unscored else ()
    about = {"image_size": sizes, "unit": "fraction", "notes": notes}
    return make_recording(rows, np.array(frame), frames, joints, path, options, **about)


FORMAT = Format("mediapipe", "MediaPipe pose landmarks", "json", recognize, read)


def _people(frame: Any, where: str) -> list[Any]:
    """The lists of landmarks in a frame."""
    if isinstance(frame, dict):
        key = next((key for key in KEYS if key in frame), None)
        if key is None and WORLD in frame:
            raise DatasetError(f"{where}: found only {WORLD}, metres in 3D, expected pose_landmarks")
        frame = values.member(frame, key or "landmarks", where)
    if frame is None:
        return []
    people = values.listing(frame, where)
    if people and isinstance(people[0], dict):
        return [people]
    return [person for person in people if person is not None and person != []]


def _person(person: Any, where: str) -> tuple[np.ndarray, int]:
    """`[33, 3]` x, y, visibility, and how many landmarks have no visibility."""
    landmarks = values.listing(person, where)
    if len(landmarks) != len(MEDIAPIPE33.source):
        raise DatasetError(f"{where}: found {len(landmarks)} landmarks, expected {len(MEDIAPIPE33.source)}")
    flat = []
    for i, landmark in enumerate(landmarks):
        place = f"{where}: landmark {i}"
        flat += [values.member(landmark, "x", place), values.member(landmark, "y", place)]
        flat.append(landmark.get("visibility", 1.0))
    without = sum("visibility" not in landmark for landmark in landmarks)
    return values.numbers(flat, where).reshape(-1, 3), without


def _check_places(points: np.ndarray, path: Path) -> None:
    """Raise if `[N, 33, 2]` are metres around the hips."""
    if np.abs(np.nan_to_num(points[:, HIPS], nan=1.0).mean(axis=1)).max() < AT_HIPS:
        raise DatasetError(f"{path}: found world landmarks (metres, hips at 0), expected pose_landmarks of the image")


def _sizes(header: dict[str, Any], count: int, path: Path) -> np.ndarray | None:
    """`[F, 2]` width and height of the frames as the file states them, or None."""
    size = [_positive(header, key, path) for key in ("width", "height")]
    return None if None in size else np.tile(np.array(size, np.float32), (count, 1))


def _positive(header: dict[str, Any], key: str, path: Path) -> float | None:
    if header.get(key) is None:
        return None
    found = values.number(header[key], f"{path}: {key}")
    if not 0 < found <= LARGEST_PIXEL:
        raise DatasetError(f"{path}: {key}: found {found:g}, expected a number above 0")
    return found
