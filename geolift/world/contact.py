"""When a foot stands: its ankle is slow across the line of sight, hardly moves along it, and is not above the other.

Speed across the line of sight is what one view measures well; along it only half as much counts. Heights are taken
between the two ankles alone, so that stairs and uneven ground are no exception.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d

# The logarithm of the odds that an ankle stands: constant, ln(speed across + 0.05 m/s), ln(speed along + 0.1 m/s),
# metres above the lower ankle. A logistic regression on people of `train` that the lifter was not trained on.
ODDS = (-4.9, -3.6, -0.6, -12.0)
SLOWEST = (0.05, 0.1)  # m/s, across and along: the speeds below which nothing can be measured
HIGHEST = 0.3  # metres; a foot that is higher does not stand less
WINDOW = 0.15  # seconds over which a speed is measured: jitter of single frames is no motion
SIGHT = 0.12  # seconds, standard deviation of the filter for depths, which are uncertain from frame to frame
CHANGES = 2.0  # a second, how often a foot is set down or lifted


def foot_contact(ankles: np.ndarray, up: np.ndarray, frame: np.ndarray, *, fps: float) -> np.ndarray:
    """The probability that each foot of a person stands.

    Args:
        ankles: `[T, 2, 3]` metres, camera axes, left and right; NaN where missing.
        up: `[3]` unit vector, about up.
        frame: `[T]` int, rising.
        fps: frames per second.

    Returns:
        `[T, 2]` in 0..1; 0 where the ankle is missing.

    Source:
        Ours (docs/method.md, eq. 30).

    Example:
        A foot that stands, and one that moves by 1 m/s:

        >>> ankles = np.zeros((30, 2, 3)) + np.array([0.0, 1.0, 5.0])
        >>> ankles[:, 1, 0] += np.arange(30) / 30
        >>> foot_contact(ankles, np.array([0.0, -1.0, 0.0]), np.arange(30), fps=30.0).mean(axis=0).round(1).tolist()
        [1.0, 0.0]
    """
    odds = np.full(ankles.shape[:2], -np.inf)
    heights = ankles @ up
    lowest = np.nanmin(np.where(np.isfinite(heights), heights, np.inf), axis=1)
    for side in range(2):
        for piece in stretches(frame, np.isfinite(ankles[:, side]).all(axis=1)):
            across, along = _speeds(ankles[piece, side], fps)
            above = np.minimum(heights[piece, side] - lowest[piece], HIGHEST)
            speeds = np.log(across + SLOWEST[0]), np.log(along + SLOWEST[1])
            odds[piece, side] = ODDS[0] + ODDS[1] * speeds[0] + ODDS[2] * speeds[1] + ODDS[3] * above
            odds[piece, side] = _steady_odds(odds[piece, side], fps)
    return 1 / (1 + np.exp(-odds))


def stretches(frame: np.ndarray, known: np.ndarray) -> list[slice]:
    """The runs of rows that are known and whose frames follow each other."""
    rows = np.flatnonzero(known)
    if not len(rows):
        return []
    cuts = np.flatnonzero((np.diff(rows) != 1) | (np.diff(frame[rows]) != 1))
    return [slice(run[0], run[-1] + 1) for run in np.split(rows, cuts + 1)]


def _speeds(path: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """`[T]` m/s across and along the line of sight of a path `[T, 3]`."""
    distance = np.linalg.norm(path, axis=1)
    smooth = np.exp(gaussian_filter1d(np.log(distance), SIGHT * fps, mode="nearest"))
    return (
        np.linalg.norm(_slope(path / distance[:, None], fps), axis=1) * smooth,
        np.abs(_slope(smooth[:, None], fps)[:, 0]),
    )


def _half(count: int, fps: float) -> int:
    return min(max(1, round(WINDOW * fps / 2)), (count - 1) // 2)


def _slope(values: np.ndarray, fps: float) -> np.ndarray:
    """The derivative of `[T, D]`: slopes of straight lines through the frames of a window, shorter at the ends."""
    count, half = len(values), _half(len(values), fps)
    if half < 1:
        return np.gradient(values, 1 / fps, axis=0) if count > 1 else np.zeros_like(values)
    padded = np.concatenate([
        2 * values[:1] - values[half:0:-1], values, 2 * values[-1:] - values[-2 : -half - 2 : -1]
    ])  # fmt: skip
    steps = np.arange(-half, half + 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0)
    return windows @ (steps / (steps @ steps)) * fps


def _steady_odds(odds: np.ndarray, fps: float) -> np.ndarray:
    """Log odds `[T]` given those of all frames: standing and not standing each last for a while (forward, backward)."""
    stay = np.exp(-CHANGES / fps)
    keep, change = (1 + stay) / 2, (1 - stay) / 2
    seen = np.clip(odds, -12, 12)

    def passed(values: np.ndarray) -> np.ndarray:
        result, before = np.zeros(len(values)), 0.0
        for i, value in enumerate(values):
            result[i] = before
            both = np.exp(before + value)
            before = np.log((keep * both + change) / (change * both + keep))
        return result

    return seen + passed(seen) + passed(seen[::-1])[::-1]
