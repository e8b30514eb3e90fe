"""When a foot stands: its ankle is slow across the line of sight and along it, slower than the other, and not above it.

Speed across the line of sight is what one view measures well. Along it, a foot moves as the root does, whose depth is
smooth, and against the root, as the pose shows it; of two feet that swing in turn, the slower one stands. Heights are
taken between the two ankles alone, so that stairs and uneven ground are no exception.
"""

import numpy as np

# The logarithm of the odds that an ankle stands: constant, ln(speed across + 0.05 m/s), ln(speed along + 0.1 m/s),
# metres above the lower ankle, ln((speed + 0.1 m/s) / (speed of the other ankle + 0.1 m/s)). A logistic regression on
# people of `train` that the lifter was not trained on.
ODDS = (-5.2, -3.7, -0.5, -9.8, -0.4)
SLOWEST = (0.05, 0.1)  # m/s, across and along: the speeds below which nothing can be measured
HIGHEST = 0.3  # metres; a foot that is higher does not stand less
WINDOW = 0.15  # seconds over which a speed is measured: jitter of single frames is no motion
ROOT = 0.3  # seconds, standard deviation of the filter for the root's depth, which is uncertain from frame to frame
LEG = 0.06  # seconds, that for depths of ankles against the root
CHANGES = 2.0  # a second, how often a foot is set down or lifted


def foot_contact(ankles: np.ndarray, root: np.ndarray, up: np.ndarray, frame: np.ndarray, *, fps: float) -> np.ndarray:
    """The probability that each foot of a person stands.

    Args:
        ankles: `[T, 2, 3]` metres, camera axes, left and right; NaN where missing.
        root: `[T, 3]` metres, camera axes.
        up: `[3]` unit vector, about up.
        frame: `[T]` int, rising.
        fps: frames per second.

    Returns:
        `[T, 2]` in 0..1; 0 where the ankle is missing, or is seen in one frame alone: its speed is not known.

    Source:
        Ours (docs/method.md, eq. 30).

    Example:
        A foot that stands, and one that moves by 1 m/s:

        >>> ankles = np.zeros((30, 2, 3)) + np.array([0.0, 1.0, 5.0])
        >>> ankles[:, 1, 0] += np.arange(30) / 30
        >>> contact = foot_contact(ankles, ankles[:, 0], np.array([0.0, -1.0, 0.0]), np.arange(30), fps=30.0)
        >>> contact.mean(axis=0).round(1).tolist()
        [1.0, 0.0]
    """
    odds = np.full(ankles.shape[:2], -np.inf)
    heights = ankles @ up
    lowest = np.nanmin(np.where(np.isfinite(heights), heights, np.inf), axis=1)
    across, along = np.full(odds.shape, np.nan), np.full(odds.shape, np.nan)
    pieces = [
        (piece, side)
        for side in range(2)
        for piece in stretches(frame, np.isfinite(ankles[:, side]).all(axis=1) & np.isfinite(root).all(axis=1))
        if piece.stop - piece.start > 1
    ]
    for piece, side in pieces:
        across[piece, side], along[piece, side] = _speeds(ankles[piece, side], root[piece], fps)
    speed = np.log(np.hypot(across, along) + SLOWEST[1])
    faster = np.nan_to_num(speed - speed[:, ::-1])  # nothing to compare with: 0
    for piece, side in pieces:
        terms = (
            np.log(across[piece, side] + SLOWEST[0]),
            np.log(along[piece, side] + SLOWEST[1]),
            np.minimum(heights[piece, side] - lowest[piece], HIGHEST),
            faster[piece, side],
        )
        odds[piece, side] = ODDS[0] + np.tensordot(ODDS[1:], terms, axes=1)
        odds[piece, side] = _steady_odds(odds[piece, side], fps)
    return 1 / (1 + np.exp(-odds))


def stretches(frame: np.ndarray, known: np.ndarray) -> list[slice]:
    """The runs of rows that are known and whose frames follow each other."""
    rows = np.flatnonzero(known)
    if not len(rows):
        return []
    cuts = np.flatnonzero((np.diff(rows) != 1) | (np.diff(frame[rows]) != 1))
    return [slice(run[0], run[-1] + 1) for run in np.split(rows, cuts + 1)]


def _speeds(ankle: np.ndarray, root: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """`[T]` m/s across and along the line of sight of an ankle `[T, 3]`, given the root `[T, 3]`."""
    from scipy.ndimage import gaussian_filter1d  # takes a while to import

    distance, away = np.linalg.norm(ankle, axis=1), np.linalg.norm(root, axis=1)
    against = np.einsum("ij,ij->i", ankle - root, root / away[:, None])
    smooth = np.exp(gaussian_filter1d(np.log(away), ROOT * fps, mode="nearest"))
    along = smooth + gaussian_filter1d(against, LEG * fps, mode="nearest")
    return (
        np.linalg.norm(_slope(ankle / distance[:, None], fps), axis=1) * distance,
        np.abs(np.gradient(along, 1 / fps)),
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
