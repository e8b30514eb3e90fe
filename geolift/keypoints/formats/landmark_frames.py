"""Frames of landmarks in a JSON file: which part of it is a frame, what the frame is called, who is in it.

No program fixes these layouts: users save what MediaPipe or TensorFlow.js returned, frame by frame, in a list, in an
object by the frame's name, in one list of all landmarks, each with its frame, or as the one result of an image. Beside
the landmarks there may be anything, such as angles, hands and faces.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats import landmark_values

PERSON_KEYS = (
    "pose_landmarks", "poseLandmarks", "landmarks", "landmark", "keypoints", "pose", "poses", "people", "persons",
    "body", "joints",
)  # fmt: skip
WORLD_KEYS = ("pose_world_landmarks", "poseWorldLandmarks", "world_landmarks", "worldLandmarks", "keypoints3D")
FRAMES_KEYS = ("frames", "data", "results", "sequence", "poses", "keypoints", "landmarks")  # looked at first
NUMBER_KEYS = (
    "frame", "frame_id", "frame_idx", "frame_index", "frame_number", "frame_num", "frameId", "frameIndex",
    "frameNumber", "frame_no", "index", "idx",
)  # fmt: skip
NAME_KEYS = ("image", "file", "filename", "file_name", "image_name", "image_path", "image_id", "frame_name")
TIME_KEYS = (
    "timestamp_ms", "timestampMs", "time_ms", "timestamp", "timestamp_sec", "timestamp_s", "time", "time_sec", "time_s",
    "t", "seconds",
)  # fmt: skip
UNSAID = ("timestamp", "time", "t")  # keys that do not name their unit
LONGEST = 900 * 3600  # seconds of a video
ID_KEYS = ("track_id", "person_id", "id")
DIGIT, PEOPLE = re.compile("[0-9]"), re.compile("(?i)(person|people|player|subject)")  # in names of frames, of people
DEEPEST = 4  # lists and objects between a frame and its people
LOOKED_AT = 1000  # frames that are looked at for the first person


class Frame(NamedTuple):
    """A frame: the place in the file, its number or name there (None: it has none), and what holds its people."""

    where: str
    label: str | None
    content: Any
    time: tuple[float, str] | None = None  # its time, and the key that it has in the file


class Person(NamedTuple):
    """A person in a frame: the place in the file, the landmarks as in the file, detection score and track, if any."""

    where: str
    landmarks: Any
    score: Any = None
    track: Any = None


def frames_of(content: Any, where: str) -> list[Frame] | None:
    """The frames of a file in its order, or None if no part of it holds landmarks; a single result has no label.

    Args:
        content: the parsed file.
        where: the file, named in errors.
    """
    if isinstance(content, list):
        return _frames_of_list(content, where)
    if not isinstance(content, dict):
        return None
    if _holds_people(content) and not _counts_frames(content):
        return [Frame(where, None, content)]
    for key in FRAMES_KEYS:
        found = _frames_in(content[key], f"{where}: {key}") if key in content else None
        if found:
            return found
    found = _frames_by_name(content, where)
    if found:
        return found
    inner = [(key, value) for key, value in content.items() if key not in FRAMES_KEYS and isinstance(value, list)]
    parts = {key: found for key, value in inner if (found := _frames_of_list(value, f"{where}: {key}"))}
    if len(parts) == 1:
        return next(iter(parts.values()))
    named = [
        frame._replace(label=f"{key}/{i if frame.label is None else frame.label}")
        for key, frames in parts.items()
        for i, frame in enumerate(frames)
    ]
    return named or None


def people_of(frame: Any, where: str, *, depth: int = DEEPEST) -> Iterator[Person]:
    """The people in a frame.

    Raises:
        DatasetError: if it has no landmarks, or only those in 3D.
    """
    if frame is None or frame in ([], {}, ""):
        return
    if landmark_values.is_person(frame):
        yield Person(where, frame)
        return
    if isinstance(frame, list) and isinstance(frame[0], dict) and not set(frame[0]) & {*PERSON_KEYS, *WORLD_KEYS}:
        yield Person(where, frame)  # damaged landmarks: reading them says where
        return
    if isinstance(frame, list) and depth and all(isinstance(inner, list | dict | None) for inner in frame):
        for i, inner in enumerate(frame):
            yield from people_of(inner, f"{where}: person {i}", depth=depth - 1)
        return
    key = _person_key(frame) if isinstance(frame, dict) else None
    if key is not None and depth:
        if isinstance(frame[key], list | dict) and _looks_like_person(frame[key], key):
            track = next((frame[name] for name in ID_KEYS if frame.get(name) is not None), None)
            yield Person(where, frame[key], frame.get("score"), track)
        else:
            yield from people_of(frame[key], where, depth=depth - 1)
        return
    if isinstance(frame, dict) and any(key in frame for key in WORLD_KEYS):
        raise DatasetError(f"{where}: found only landmarks in 3D, metres, expected pose_landmarks of the image")
    if isinstance(frame, dict) and _says_nothing(frame):
        return
    raise DatasetError(f"{where}: found {values.describe(frame)}, expected landmarks of a person, or null")


def _looks_like_person(value: Any, key: str) -> bool:
    return landmark_values.is_person(value, flat=key != "keypoints")


def _person_key(frame: dict[str, Any]) -> str | None:
    """The key that holds a frame's people: one with people rather than one that is empty."""
    present = [key for key in PERSON_KEYS if key in frame]
    return next((key for key in present if frame[key]), present[0] if present else None)


def _says_nothing(frame: dict[str, Any]) -> bool:
    """Whether a frame has only numbers and names: nobody was found in it."""
    return any(key in frame for key in (*NUMBER_KEYS, *NAME_KEYS, *TIME_KEYS)) or not frame


def _holds_people(value: Any, depth: int = DEEPEST) -> bool:
    """Whether there are landmarks of a person in a frame."""
    if landmark_values.is_person(value):
        return True
    if isinstance(value, dict):
        key = _person_key(value)
        if key is None or not depth:
            return any(world in value for world in WORLD_KEYS)  # reading it says that these are none of an image
        return _looks_like_person(value[key], key) or (
            not _is_flat(value[key]) and _holds_people(value[key], depth - 1)
        )
    if isinstance(value, list) and depth:
        first = next((inner for inner in value[:LOOKED_AT] if inner), None)
        return isinstance(first, list | dict) and not _is_flat(first) and _holds_people(first, depth - 1)
    return False


def _is_flat(value: Any) -> bool:
    """Whether a list holds numbers: keypoints of other programs, unless it is a person."""
    return isinstance(value, list) and bool(value) and not isinstance(value[0], list | dict | None)


def _counts_frames(content: dict[str, Any]) -> bool:
    """Whether an object that holds landmarks is a file of frames rather than a frame: it has a frame rate."""
    key = _person_key(content)
    several = key is not None and isinstance(content[key], list) and not _looks_like_person(content[key], key)
    return several and any("fps" in name.lower() or "frame_rate" in name.lower() for name in content)


def _frames_in(value: Any, where: str) -> list[Frame] | None:
    if isinstance(value, list):
        return _frames_of_list(value, where)
    return _frames_by_name(value, where) if isinstance(value, dict) else None


def _frames_of_list(listed: list[Any], where: str) -> list[Frame] | None:
    if landmark_values.is_person(listed):
        by_frame = _grouped(listed, where)
        return by_frame or [Frame(where, None, listed)]
    if _are_people(listed):
        return [Frame(where, None, listed)]
    first = next((frame for frame in listed[:LOOKED_AT] if frame and _holds_people(frame)), None)
    if first is None:
        return _grouped(listed, where)
    return [Frame(f"{where}: frame {i}", _label(frame), frame, _time(frame)) for i, frame in enumerate(listed)]


def _are_people(listed: list[Any]) -> bool:
    """Whether a list holds the people of one image: poses with different track ids and without a frame."""
    if len(listed) < 2 or not all(isinstance(pose, dict) and "keypoints" in pose and "id" in pose for pose in listed):
        return False
    ids = {str(pose["id"]) for pose in listed}
    return len(ids) == len(listed) and _label(listed[0]) is None and _time(listed[0]) is None


def _frames_by_name(content: dict[str, Any], where: str) -> list[Frame] | None:
    """The frames of an object that has a frame under each name, such as "frame_12", "0.04" or "walk_12.jpg"."""
    numbered = {name: frame for name, frame in content.items() if DIGIT.search(name) and not PEOPLE.match(name)}
    named = numbered or (content if all(isinstance(frame, dict) for frame in content.values()) else {})
    held = [frame for frame in list(named.values())[:LOOKED_AT] if frame]
    if not any(map(_holds_people, held)) or not all(_holds_people(frame) or _is_empty(frame) for frame in held):
        return None
    return [Frame(f"{where}: {values.describe(name)}", name, frame) for name, frame in named.items()]


def _is_empty(frame: Any) -> bool:
    """Whether an object says that nobody is in the frame: its landmarks are null or an empty list."""
    return isinstance(frame, dict) and (key := _person_key(frame)) is not None and not frame[key]


def _grouped(listed: list[Any], where: str) -> list[Frame] | None:
    """The frames of a list of single landmarks, each with the number of its frame; None if it is no such list."""
    first = listed[0] if listed else None
    if not isinstance(first, dict) or not (_label(first) or _time(first)) or not landmark_values.is_landmark(first):
        return None
    frames: dict[tuple[str | None, tuple[float, str] | None], list[Any]] = {}
    for i, landmark in enumerate(listed):
        key = _label(landmark), _time(landmark)
        if key == (None, None):
            raise DatasetError(f"{where}: [{i}]: found {values.describe(landmark)}, expected a landmark with its frame")
        frames.setdefault(key, []).append(landmark)
    named = [
        Frame(f"{where}: frame {values.describe(label if label is not None else time[0])}", label, people, time)
        for (label, time), people in frames.items()
    ]
    return named if landmark_values.is_person(named[0].content) else None


def clock_labels(frames: Sequence[Frame]) -> list[str] | None:
    """The frames' times as "h:mm:ss.nnnnnnnnn", None if one has none; times since 1970 are text of the number.

    Keys name their unit (`timestamp_ms`); of others it is known by the numbers: fractions are seconds, as are whole
    numbers that rise by 1 to 4; others are ms, from 5000 on us.
    """
    times = [frame.time for frame in frames]
    if None in times or len(times) < 2:
        return None
    found = np.array([value for value, _ in times])
    step = float(np.median(np.abs(np.diff(found))))
    key = times[0][1].lower()
    whole = bool((found == np.round(found)).all())
    unit = 1e-3 if key.endswith("ms") else 1.0
    if key in UNSAID and step >= 5:
        unit = 1e-6 if step >= 5000 else 1e-3
    if np.abs(found).max() * unit >= LONGEST or found.min() < 0:
        return [f"{value:.0f}" if whole else repr(value) for value in found.tolist()]
    nanoseconds = [round(value * unit * 10**9) for value in found.tolist()]
    return [
        f"{n // (3600 * 10**9)}:{n // (60 * 10**9) % 60:02d}:{n // 10**9 % 60:02d}.{n % 10**9:09d}" for n in nanoseconds
    ]


def _label(frame: Any) -> str | None:
    """What a frame is called: its number or its name."""
    for key in (*NUMBER_KEYS, *NAME_KEYS) if isinstance(frame, dict) else ():
        found = frame.get(key)
        if isinstance(found, int | float | str) and not isinstance(found, bool) and found != "":
            if key in NUMBER_KEYS and isinstance(found, float) and found.is_integer():
                found = int(found)
            return str(found)
    return None


def _time(frame: Any) -> tuple[float, str] | None:
    """The time of a frame, and its key."""
    for key in TIME_KEYS if isinstance(frame, dict) else ():
        found = frame.get(key)
        if isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < values.LARGEST_WHOLE * 1000:
            return float(found), key
    return None
