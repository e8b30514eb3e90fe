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
FARTHER = 1.5  # times the usual distance from the middle of a person's joints that such a pair has
NEAR = 0.1  # the same, to a pair outside the image or in its corner
LARGEST = 1e100  # coordinates count up to this: squares of larger ones are no numbers
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
    x, y = keypoints[..., 0], keypoints[..., 1]
    seen = np.isfinite(x) & np.isfinite(y) & (confidence > 0) & ((x != 0) | (y != 0))
    if not seen.any():
        return keypoints, confidence, ()
    points = np.where(seen[..., None], np.clip(keypoints, -LARGEST, LARGEST), np.nan)
    missing, found = np.zeros_like(seen), []
    for pair in _candidates(points, seen, image_size):
        at = np.nonzero(points[..., 0] == pair[0])
        at = tuple(index[points[*at, 1] == pair[1]] for index in at)
        rows = np.unique(at[0])
        there = (points[rows] == pair).all(axis=-1)
        others = np.where((there | missing[rows])[..., None], np.nan, points[rows])
        if _is_no_place(pair, there, others, None if image_size is None else image_size[rows]):
            missing[at] = True
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
    x = np.sort(points[..., 0], axis=1)  # NaN last
    alike = points[(x[:, 1:] == x[:, :-1]).any(axis=1)]
    ordered = np.sort(alike[..., 0] + 1j * alike[..., 1], axis=1)
    several = ordered[:, 1:][ordered[:, 1:] == ordered[:, :-1]]
    unlikely = points[seen & (_cornered(points, image_size) | _far(points, seen))]
    unlikely = unlikely[:, 0] + 1j * unlikely[:, 1]
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


def _far(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """`[N, K]` bool: farther from the middle of the detection's joints than most."""
    count = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    x, y = np.where(seen, points[..., 0], 0), np.where(seen, points[..., 1], 0)
    squares = np.square(x - x.sum(axis=1, keepdims=True) / count) + np.square(y - y.sum(axis=1, keepdims=True) / count)
    return seen & (squares > FARTHER**2 * np.where(seen, squares, 0).sum(axis=1, keepdims=True) / count)


def _is_no_place(
    pair: tuple[float, float], there: np.ndarray, others: np.ndarray, image_size: np.ndarray | None
) -> bool:
    """Whether joints at a pair are missing, by their number and where the people's other joints are.

    Args:
        pair: x, y.
        there: `[N, K]` bool: the joints at the pair, of the detections that have any.
        others: `[N, K, 2]` their other joints, NaN where missing.
        image_size: `[N, 2]`, or None.
    """
    count, joints = int(there.sum()), int(there.any(axis=0).sum())
    alone = np.isnan(others[..., 0]).all(axis=1)
    if alone.all():  # nothing else of these people was found: no person is one point
        return joints >= 2 and (count >= FEWEST or pair == LITERAL)
    others = others[~alone]
    low, high = np.nanmin(others, axis=1), np.nanmax(others, axis=1)
    size = np.linalg.norm(high - low, axis=1)
    away = np.linalg.norm(np.maximum(np.maximum(low - pair, pair - high), 0), axis=1)
    if pair == LITERAL and (away > FAR / 2 * size).mean() > ASIDE:
        return True
    corner = bool(_cornered(np.array([[pair]]), None if image_size is None else image_size[:1])[0, 0])
    different = len(np.unique(low, axis=0))  # joints of a person who does not move repeat, too
    if different < min(FEWEST, len(others)) or (different < FEWEST and joints < FEWEST):
        return False
    fewest, near = (FEWEST, NEAR) if corner else (FEWEST_ANYWHERE, FAR)
    return count >= fewest and bool((away > near * size).mean() > ASIDE)
