"""What a push brings: the keypoints of one person or of several, checked."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from geolift.data.dataset import LARGEST_PIXEL
from geolift.errors import DatasetError

Seen = tuple[np.ndarray, np.ndarray]  # keypoints [K, 2] pixels and confidence [K] of a person; 0 where missing
ALONE = 0  # the track id of a person who has none
NORMALISED = 2.0  # a person all of whose coordinates are below is not in pixels
EXPECTED = (
    "one person as an array [K, 2] or [K, 3] (x, y, confidence) or as {joint: (x, y) or (x, y, confidence)}, "
    "or people as {track id: one of these}"
)


def read_people(given: Any, joints: Sequence[str], min_confidence: float) -> dict[Hashable, Seen]:
    """The people of a frame by track id, those without any joint left out.

    Args:
        given: as `Live.push` takes it.
        joints: K names.
        min_confidence: joints with less count as missing.

    Raises:
        DatasetError: naming what was found and what was expected.
    """
    if given is None:
        return {}
    if isinstance(given, Mapping) and not _by_joint(given):
        people = {person: _read_one(one, joints, f"keypoints of {person!r}") for person, one in given.items()}
    else:
        people = {ALONE: _read_one(given, joints, "keypoints")}
    sure = {person: (points, np.where(trust < min_confidence, 0, trust)) for person, (points, trust) in people.items()}
    return {person: one for person, one in sure.items() if one[1].any()}


def _by_joint(given: Mapping) -> bool:
    """Whether values are joints, not people."""
    return bool(given) and all(not isinstance(value, Mapping) and np.ndim(value) == 1 for value in given.values())


def _read_one(given: Any, joints: Sequence[str], what: str) -> Seen:
    if isinstance(given, Mapping):
        given = _from_names(given, joints, what)
    try:
        array = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise DatasetError(f"{what}: found {type(given).__name__}, expected {EXPECTED}") from None
    if array.ndim != 2 or array.shape[0] != len(joints) or array.shape[1] not in (2, 3):
        several = " (several people have track ids)" if array.ndim == 3 else ""
        raise DatasetError(
            f"{what}: found an array {list(array.shape)}, expected [{len(joints)}, 2] or [{len(joints)}, 3], the "
            f"joints {', '.join(joints)[:200]}{several}"
        )
    points, trust = array[:, :2], array[:, 2] if array.shape[1] == 3 else np.ones(len(array))
    seen = np.isfinite(array).all(axis=1) & (trust > 0) & (points != 0).any(axis=1)
    if seen.any():
        _check_pixels(points[seen], what)
    return np.where(seen[:, None], points, 0.0), np.where(seen, np.minimum(trust, 1.0), 0.0)


def _check_pixels(points: np.ndarray, what: str) -> None:
    most = np.abs(points).max()
    if most > LARGEST_PIXEL:
        raise DatasetError(f"{what}: found {most:g}, expected pixels up to {LARGEST_PIXEL:g}")
    if len(points) > 1 and most < NORMALISED:
        raise DatasetError(
            f"{what}: found coordinates up to {most:.3g}, expected pixels (multiply shares of the image by its size)"
        )


def _from_names(given: Mapping, joints: Sequence[str], what: str) -> np.ndarray:
    """`[K, 3]`, NaN for joints that are not named."""
    array = np.full((len(joints), 3), np.nan)
    for name, values in given.items():
        if name not in joints:
            raise DatasetError(f"{what}: found the joint {name!r}, expected some of {', '.join(joints)[:300]}")
        if values is None:
            continue
        try:
            numbers = np.asarray(values, np.float64)
        except (TypeError, ValueError):
            numbers = np.empty(0)
        if numbers.shape not in ((2,), (3,)):
            raise DatasetError(f"{what}: {name}: found {values!r:.60}, expected (x, y) or (x, y, confidence)")
        array[joints.index(name), 2] = 1.0
        array[joints.index(name), : len(numbers)] = numbers
    return array
