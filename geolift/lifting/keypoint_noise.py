"""How large the errors are that keypoints have from frame to frame, estimated from the keypoints alone.

Motion is slow and changes from moment to moment; errors are as strong at high frequencies as at low ones, and much the
same all the time. Each joint's differences of several orders are compared in short windows: motion makes the estimate
of a window smaller, not larger, as long as it is slower than a quarter of the frame rate. docs/method.md, equation 24.
"""

from math import comb

import numpy as np

WINDOW = 0.4  # seconds; a swinging or a planted phase of a step is about as long
SHORTEST = 8  # frames of a window at least; fewer say little
FEWEST = 30  # places at which five frames in a row show the joint; with fewer its errors are not known
WHITE = 0.8  # of the estimate of higher order, at least, is that of lower order if errors are white
APART = 2.0  # times the errors of the median joint; the wrists and ankles of detectors have about twice those of hips


def noise_variances(path: np.ndarray, follows: np.ndarray, fps: float, *, fewest: int = FEWEST) -> np.ndarray:
    """`[J]` variance of the errors of one person's joints, pixels squared; NaN where it cannot be estimated.

    Args:
        path: `[T, J, 2]` pixels, NaN where not seen.
        follows: `[T]` bool: the frame follows the one of the row before.
        fps: frames per second.
        fewest: places that a joint's errors are known from.
    """
    if len(path) < 5:
        return np.full(path.shape[1], np.nan)
    differences = [np.diff(path, order, axis=0)[: len(path) - 4] for order in (2, 3, 4)]
    squares = [(off[..., 0] ** 2 + off[..., 1] ** 2) / 2 for off in differences]
    known = np.isfinite(squares[-1]) & np.lib.stride_tricks.sliding_window_view(follows[1:], 4).all(axis=1)[:, None]
    block = max(SHORTEST, round(WINDOW * fps)) // 2
    counts = _windows(known.astype(float), block)
    counts[counts < block] = np.nan  # half a window
    second, third, fourth = (_windows(np.where(known, square, 0.0), block) / counts for square in squares)
    lower, higher = (
        np.maximum(_median((after - 2 * before) / (comb(2 * order + 2, order + 1) - 2 * comb(2 * order, order))), 0)
        for order, before, after in ((2, second, third), (3, third, fourth))
    )
    enough = (known.sum(axis=0) >= fewest) & np.isfinite(higher)
    if not enough.any():
        return np.full(path.shape[1], np.nan)
    # Fast motion passes for white errors in the higher order only. What a joint's lower order does not confirm is
    # not larger than the errors of the median joint.
    most = np.median(lower[enough]) * np.where(lower >= WHITE * higher, APART**2, 1.0)
    return np.where(enough, np.minimum(higher, most), np.nan)


def _windows(values: np.ndarray, block: int) -> np.ndarray:
    """Sums of `[T, J]` values over windows of two blocks; each starts a block after the one before."""
    sums = np.add.reduceat(values, np.arange(0, len(values), block))
    return sums[:-1] + sums[1:] if len(sums) > 1 else sums


def _median(values: np.ndarray) -> np.ndarray:
    """`[J]` medians over the windows that are known, NaN where none is."""
    known = np.isfinite(values).any(axis=0)
    result = np.full(values.shape[1], np.nan)
    result[known] = np.nanmedian(values[:, known], axis=0)
    return result
