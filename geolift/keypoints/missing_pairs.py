"""Constant pairs that stand for a missing joint: -1, -1, a corner of the image, -9999; recognized by their repetition.

A pair that the same file repeats exactly is no place if people are elsewhere. Keypoints rounded to whole pixels repeat,
too, and so do those of a person who does not move: such a pair is beside the person's other joints.
"""

import numpy as np

from geolift.plurals import counted

LITERAL = (-1.0, -1.0)  # enough by itself
MOST_PAIRS = 20  # that are looked at, the most frequent first
FEWEST, FEWEST_ANYWHERE = 3, 6  # joints at a pair outside the image or in its corner, and anywhere
ASIDE = 0.9  # share of the detections that the pair must be outside of
FAR = 0.5  # sizes of the other joints' box, from it to a pair that is anywhere
NEAR = 0.1  # the same, to a pair outside the image or in its corner
LONGEST_LIST = 3  # pairs that a note names


def without_constant_pairs(
    keypoints: np.ndarray, confidence: np.ndarray, image_size: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Keypoints and confidences, 0 where a joint is at a constant pair that is no place, and a note on it.

    Args:
        keypoints: `[N, K, 2]` in any unit.
        confidence: `[N, K]`.
        image_size: `[N, 2]` pixels of each detection's image, or None.

    Example:
        >>> keypoints = np.array([[[90.0, 60], [95, 90], [-1, -1]], [[92, 61], [96, 92], [-1, -1]]])
        >>> without_constant_pairs(keypoints, np.ones((2, 3)))[1:]
        (array([[1., 1., 0.],
               [1., 1., 0.]]), ('x, y = -1, -1 is no place: 2 joints of 2 detections were counted as missing',))
    """
    keypoints, confidence = np.asarray(keypoints, np.float64), np.asarray(confidence, np.float64)
    finite = np.isfinite(keypoints).all(axis=-1) & (np.nan_to_num(confidence) > 0)
    seen = finite & (np.where(finite[..., None], keypoints, 0) != 0).any(axis=-1)
    if not seen.any():
        return keypoints, confidence, ()
    points = np.where(seen[..., None], keypoints, np.nan)
    missing, found = np.zeros_like(seen), []
    for pair in _candidates(points, seen, image_size):
        at = seen & (points == pair).all(axis=-1)
        if _is_no_place(pair, at, points, seen & ~missing, image_size):
            missing |= at
            found.append(pair)
    if not found:
        return keypoints, confidence, ()
    listed = "; ".join(f"{pair[0]:g}, {pair[1]:g}" for pair in found[:LONGEST_LIST])
    what = f"x, y = {listed} is no place" if len(found) == 1 else f"x, y = {listed} are no places"
    joints = counted(int(missing.sum()), "joint", "joints")
    people = counted(int(missing.any(axis=1).sum()), "detection", "detections")
    note = f"{what}: {joints} of {people} were counted as missing"
    return np.where(missing[..., None], 0, keypoints), np.where(missing, 0, confidence), (note,)


def _candidates(points: np.ndarray, seen: np.ndarray, image_size: np.ndarray | None) -> list[tuple[float, float]]:
    """Pairs that may be no place, the most frequent first: in corners, far from other joints, or of several at once."""
    places = points[..., 0] + 1j * points[..., 1]
    ordered = np.sort(places, axis=1)  # NaN last
    several = ordered[:, 1:][ordered[:, 1:] == ordered[:, :-1]]
    unlikely = places[seen & (_cornered(points, image_size) | _far(points))]
    pairs, count = np.unique(np.concatenate([unlikely, several]), return_counts=True)
    often = (count >= FEWEST - 1) | (pairs == complex(*LITERAL))
    pairs = pairs[often][np.argsort(-count[often], kind="stable")[:MOST_PAIRS]]
    return [(float(pair.real), float(pair.imag)) for pair in pairs]


def _cornered(points: np.ndarray, image_size: np.ndarray | None) -> np.ndarray:
    """`[N, K]` bool: outside the image in both coordinates, or in a corner of it."""
    x, y = points[..., 0], points[..., 1]
    found = (x < 0) & (y < 0)
    if image_size is None:
        return found
    width, height = np.moveaxis(np.asarray(image_size, np.float64), -1, 0)[..., None]
    left_right = (x == 0) | (x == width) | (x == width - 1) | (x < 0)
    return found | left_right & ((y == 0) | (y == height) | (y == height - 1) | (y < 0))


def _far(points: np.ndarray) -> np.ndarray:
    """`[N, K]` bool: far from most joints of the detection."""
    with np.errstate(over="ignore", invalid="ignore"):  # numbers that are no pixels are refused later
        distance = np.linalg.norm(points - _middle(points)[:, None], axis=-1)
        return distance > 3 * _middle(distance)[:, None]


def _middle(values: np.ndarray) -> np.ndarray:
    """The median along axis 1 of `[N, K, ...]`, NaN left out: the lower of two; NaN where all are."""
    count = np.isfinite(values).sum(axis=1, keepdims=True)
    return np.take_along_axis(np.sort(values, axis=1), np.maximum(count - 1, 0) // 2, axis=1)[:, 0]


def _is_no_place(
    pair: tuple[float, float],
    at: np.ndarray,
    points: np.ndarray,
    seen: np.ndarray,
    image_size: np.ndarray | None,
) -> bool:
    """Whether joints `at` `[N, K]` bool a pair are missing, by their number and where the people's other joints are."""
    rows, count = at.any(axis=1), int(at.sum())
    others = np.where((seen & ~at)[rows][..., None], points[rows], np.nan)
    alone = np.isnan(others[..., 0]).all(axis=1)
    joints = int(at.any(axis=0).sum())
    if alone.all():  # nothing else of these people was found: no person is one point
        return joints >= 2 and (count >= FEWEST or pair == LITERAL)
    others = others[~alone]
    low, high = np.nanmin(others, axis=1), np.nanmax(others, axis=1)
    size = np.linalg.norm(high - low, axis=1)
    away = np.linalg.norm(np.maximum(np.maximum(low - pair, pair - high), 0), axis=1)
    corner = bool(_cornered(np.array([[pair]]), None if image_size is None else image_size[rows][:1])[0, 0])
    if pair == LITERAL and (away > FAR / 2 * size).mean() > ASIDE:
        return True
    different = len(np.unique(np.nan_to_num(low), axis=0))  # joints of a person who does not move repeat, too
    if different < min(FEWEST, len(others)) or (different < FEWEST and joints < FEWEST):
        return False
    fewest, near = (FEWEST, NEAR) if corner else (FEWEST_ANYWHERE, FAR)
    return count >= fewest and bool((away > near * size).mean() > ASIDE)
