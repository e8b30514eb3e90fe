"""How far detections are from each other, in units of a person's size."""

import numpy as np

from geolift.keypoints.recording import Recording

COMMON = 3  # joints that two detections must share to be compared; all of a skeleton with fewer


def box_sizes(keypoints: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Width and height `[N, 2]` of the boxes around the seen joints."""
    low = np.where(seen[..., None], keypoints, np.inf).min(axis=1)
    high = np.where(seen[..., None], keypoints, -np.inf).max(axis=1)
    return np.maximum(high - low, 0)


def box_diagonals(keypoints: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """`[N]` diagonals of the boxes around the seen joints of keypoints `[N, K, 2]`: the size of each detection."""
    return np.linalg.norm(box_sizes(keypoints, seen), axis=-1)


def distances(
    keypoints: np.ndarray,
    seen: np.ndarray,
    size: np.ndarray,
    others: np.ndarray,
    others_seen: np.ndarray,
    others_size: np.ndarray,
    *,
    fewest: int = COMMON,
) -> np.ndarray:
    """Distances `[...]` of keypoints `[..., K, 2]` and `others`, in units of the larger `size` `[...]`.

    The mean over joints seen in both; infinite with less than `fewest` of them (or all, in a skeleton with fewer).
    """
    common = seen & others_seen
    count = common.sum(axis=-1)
    offset = keypoints - others
    total = (np.sqrt((offset * offset).sum(axis=-1)) * common).sum(axis=-1)
    enough = count >= min(fewest, keypoints.shape[-2])
    return np.where(enough, total / np.maximum(count * np.maximum(size, others_size), 1e-6), np.inf)


def moves(
    before: np.ndarray, seen_before: np.ndarray, after: np.ndarray, seen_after: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """How N detections differ from those before them, hardly changed by single joints that are wrong.

    Args:
        before, after: `[N, K, 2]`.
        seen_before, seen_after: `[N, K]` bool.

    Returns:
        `[N]` pixels that the median joint moved, NaN with fewer than `COMMON` joints seen in both; `[N]` natural
        logarithm of the factor by which the joints spread farther around their median; `[N, 2]` pixels by which the
        median joint moved; `[N]` pixels by which the median joint moved within the body, its size kept.
    """
    common = (seen_before & seen_after)[..., None]
    few = common.sum(axis=1)[:, 0] < min(COMMON, before.shape[1])
    with np.errstate(all="ignore"):
        early, late = (np.where(common, points, np.nan).astype(np.float64) for points in (before, after))
        early[few], late[few] = 0, 0
        shift = np.nanmedian(late - early, axis=1)
        moved = np.nanmedian(np.linalg.norm(late - early, axis=-1), axis=1)
        bodies = [points - np.nanmedian(points, axis=1, keepdims=True) for points in (early, late)]
        wide = [np.maximum(np.nanmedian(np.linalg.norm(body, axis=-1), axis=1), 1e-6) for body in bodies]
        bent = bodies[0] - bodies[1] * (wide[0] / wide[1])[:, None, None]
        changed = np.nanmedian(np.linalg.norm(bent, axis=-1), axis=1)
        growth = np.log(wide[1] / wide[0])
    for values in (moved, growth, shift, changed):
        values[few] = np.nan
    return moved, growth, shift, changed


def consecutive(recording: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Detections `before` and `after` `[M]` of the same person in consecutive frames of a video; none in images."""
    if not (recording.video and recording.tracked):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    order = np.lexsort((recording.frame, recording.person))
    frame, person = recording.frame[order], recording.person[order]
    follows = np.flatnonzero((np.diff(person) == 0) & (np.diff(frame) == 1))
    return order[follows], order[follows + 1]
