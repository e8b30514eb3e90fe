"""Landmarks of one person as programs with MediaPipe, TensorFlow.js or ML Kit save them, in any of their spellings.

A person is

- a list of landmarks, {"x", "y", "z", "visibility"} or [x, y, z, visibility], in the model's order, or with `name` or
  `index`; PoseNet has `part` and `position`, TensorFlow.js `score`, ML Kit `type` and `inFrameLikelihood`;
- an object of landmarks by name ("LEFT_SHOULDER", "leftShoulder", "left shoulder") or by number ("11");
- one list of numbers, four, three or two for each of 33 landmarks.

z is not used.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.skeletons.joint_sets import COCO17, JOINT_SETS, MEDIAPIPE33

COUNT = len(MEDIAPIPE33.source)
COUNTS = {len(mapping.source) for mapping in JOINT_SETS.values()}  # of joints that can be without names
WIDTHS = (4, 3, 2, 5)  # of numbers for a landmark in a list: x, y, z, visibility, presence
SCORES = ("visibility", "score", "confidence", "v", "likelihood", "inFrameLikelihood", "presence")
NAMES = ("name", "part", "landmark", "landmark_name", "joint", "keypoint", "label", "type")
NUMBERS = ("id", "index", "idx", "landmark_id", "landmark_index", "landmark", "type")
LONGEST_NAME = 60
NO_PART = {"pose", "landmark"}  # words in names that say nothing
LIMBS = {joint for joint in COCO17.source if not joint.endswith(("eye", "ear", "nose"))}
FEWEST = 6  # limb joints by which names are those of a person


class Landmarks(NamedTuple):
    """K landmarks of a person.

    Attributes:
        names: their names in the spelling of `JOINT_SETS`, or as they are, or their numbers; None: the file has none.
        points: `[K, 3]` x, y, visibility or score; NaN where the file has none.
    """

    names: tuple[str | int, ...] | None
    points: np.ndarray


def is_person(value: Any, *, flat: bool = True) -> bool:
    """Whether a JSON value is the landmarks of one person; `flat`: or one list of numbers."""
    if isinstance(value, dict):
        return len(value) >= FEWEST and (_named(value) or _numbered(value))
    if not isinstance(value, list) or not value:
        return False
    if isinstance(value[0], dict):
        keys = _keys(value[0])
        if keys is None or keys.label is None:
            return keys is not None and len(value) in COUNTS
        labels = [landmark.get(keys.label) for landmark in value if isinstance(landmark, dict)]
        joints = {_joint_of(label) for label in labels if isinstance(label, str) or _is_whole(label)}
        numbers = {joint for joint in joints if isinstance(joint, int)}
        if numbers:  # points of something else may have numbers, too, but no visibility
            return keys.score is not None and len(numbers) >= FEWEST and numbers <= set(range(COUNT + 1))
        return len(joints & LIMBS) >= FEWEST
    if isinstance(value[0], list):
        return len(value) == COUNT and len(value[0]) in WIDTHS and _is_number(value[0][0])
    return flat and len(value) in {COUNT * width for width in WIDTHS} and _is_number(value[0])


def read_person(value: Any, where: str) -> Landmarks:
    """The landmarks of one person.

    Raises:
        DatasetError: naming the landmark and what is wrong with it.
    """
    if isinstance(value, dict):
        known = {name: at for name, at in value.items() if is_landmark(at) or _joint_of(name) in MEDIAPIPE33.source}
        names = _once([_joint_of(name) for name in known], where)
        return Landmarks(names, _points(list(known.values()), [repr(name) for name in known], where))
    listed = values.listing(value, where)
    if listed and not isinstance(listed[0], dict | list):
        flat = values.numbers(listed, where)
        if len(flat) % COUNT or len(flat) // COUNT not in WIDTHS:
            raise DatasetError(f"{where}: found {len(flat)} numbers, expected x, y, z, visibility of {COUNT} landmarks")
        return Landmarks(None, _from_rows(flat.reshape(COUNT, -1)))
    keys = _keys(listed[0]) if listed and isinstance(listed[0], dict) else None
    points = _points(listed, None, where, keys)
    if keys is None or keys.label is None:
        return Landmarks(None, points)
    labels = [values.member(landmark, keys.label, where) for landmark in listed]
    if not all(isinstance(label, str) or _is_whole(label) for label in labels):
        raise DatasetError(f"{where}: {keys.label}: found other than names and numbers, expected those of landmarks")
    if set(labels) == set(range(1, COUNT + 1)):
        labels = [label - 1 for label in labels]
    return Landmarks(_once([_joint_of(label) for label in labels], where), points)


def plain_name(name: str) -> str:
    """A joint's name in snake_case, its side first: "LEFT_SHOULDER", "leftShoulder", "shoulder.L" are left_shoulder."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name[:LONGEST_NAME])
    words = [word for word in re.split(r"[^a-z0-9]+", parted.lower()) if word and word not in NO_PART]
    words = [{"l": "left", "r": "right"}.get(word, word) for word in words]
    return "_".join(sorted(words, key=lambda word: word not in ("left", "right")))


class _Keys(NamedTuple):
    """The keys of a landmark: x and y, in the landmark or in an object in it, its score, its name or number."""

    inner: str | None
    x: str
    y: str
    score: str | None
    label: str | None


def _keys(landmark: dict[str, Any]) -> _Keys | None:
    """The keys of landmarks like this one; None if it is none."""
    inner = "position" if isinstance(landmark.get("position"), dict) else None
    place = landmark["position"] if inner else landmark
    x, y = ("x", "y") if "x" in place else ("X", "Y")
    if not (_is_number(place.get(x)) and _is_number(place.get(y))):
        return None
    score, names, numbers = _spelled(tuple(landmark))
    label = None
    if names or numbers:
        label = next((key for key in names if isinstance(landmark[key], str)), None)
        label = label or next((key for key in numbers if _is_whole(landmark[key])), None)
    return _Keys(inner, x, y, score, label)


@lru_cache(maxsize=1000)
def _spelled(keys: tuple[str, ...]) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
    """Of the keys of a landmark that of the score, those that may hold its name, and those that may hold its number."""
    known = {key.lower(): key for key in keys}
    score, names, numbers = (
        tuple(known[key.lower()] for key in wanted if key.lower() in known) for wanted in (SCORES, NAMES, NUMBERS)
    )
    return (score[0] if score else None), names, numbers


def _points(landmarks: Sequence[Any], names: Sequence[str] | None, where: str, keys: _Keys | None = None) -> np.ndarray:
    """`[K, 3]` x, y, score of landmarks that are objects or lists; NaN where a landmark is null or has no score.

    `names` are those of the landmarks, for errors; None: their numbers. `keys` are those of the first, where known.
    """
    if keys is not None and keys.inner is None and keys.score is not None:
        try:  # at once where all have the same keys
            flat = list(chain.from_iterable(map(itemgetter(keys.x, keys.y, keys.score), landmarks)))
            return values.numbers(flat, f"{where}: x, y, score of all landmarks").reshape(-1, 3)
        except (KeyError, TypeError):
            pass
    first = next((landmark for landmark in landmarks if landmark is not None), None)
    if isinstance(first, list):
        return _from_rows(values.rows([[np.nan] * len(first) if row is None else row for row in landmarks], where))
    keys = keys or (_keys(first) if isinstance(first, dict) else None)
    if keys is None:
        raise DatasetError(f"{where}: found {values.describe(first)}, expected numbers x and y")
    inner, x, y, score, _ = keys
    flat = []
    for i, landmark in enumerate(landmarks):
        if landmark is None:
            flat += (None, None, 0.0)
            continue
        try:
            inside = landmark[inner] if inner else landmark
            flat += (inside[x], inside[y], landmark.get(score) if score else None)
        except (KeyError, TypeError) as error:
            place = f"{where}: landmark {names[i] if names else i}"
            found = f"found {values.describe(landmark)}, expected an object with {x!r} and {y!r}"
            raise DatasetError(f"{place}: {found}") from error
    return values.numbers(flat, f"{where}: x, y, score of all landmarks").reshape(-1, 3)


def _from_rows(found: np.ndarray) -> np.ndarray:
    """`[K, 3]` of x, y, z, visibility in a row; a third number alone is z unless all are within 0..1."""
    score = np.full(len(found), np.nan)
    if found.shape[1] >= 4:
        score = found[:, 3]
    elif found.shape[1] == 3 and ((found[:, 2] >= 0) & (found[:, 2] <= 1)).all():
        score = found[:, 2]
    return np.column_stack([found[:, :2], score])


@lru_cache(maxsize=1000)
def _joint_of(label: str | int) -> str | int:
    """The name of a joint in the spelling of `JOINT_SETS`, or its number."""
    if isinstance(label, int):
        return label
    return int(label) if label.isdecimal() and len(label) < 3 else plain_name(label) or label


def _named(value: dict[str, Any]) -> bool:
    found = [place for name, place in value.items() if _joint_of(name) in LIMBS]
    return len(found) >= FEWEST and all(place is None or is_landmark(place) for place in found)


def _numbered(value: dict[str, Any]) -> bool:
    numbers = all(name.isdecimal() and len(name) < 3 and int(name) < COUNT for name in value)
    return numbers and all(place is None or is_landmark(place) for place in value.values())


def is_landmark(value: Any) -> bool:
    """Whether a JSON value is one landmark."""
    if isinstance(value, dict):
        return _keys(value) is not None
    return isinstance(value, list) and 2 <= len(value) <= max(WIDTHS) and all(map(_is_number, value))


def _once(names: Sequence[str | int], where: str) -> tuple[str | int, ...]:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DatasetError(f"{where}: found {twice!r} twice, expected each landmark once")
    return tuple(names)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
