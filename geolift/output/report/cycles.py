"""The mean of a series over the gait cycle, from one heel strike to the next of the same foot."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LONGEST = 1.5  # times the median cycle; between strikes that are farther apart the person stood, or was not seen
PERCENT = np.arange(101)


class Cycles(NamedTuple):
    """A series over the gait cycle.

    Attributes:
        mean: `[101]` at 0, 1, ..., 100 % of the cycle; NaN where too few cycles are known.
        spread: `[101]` standard deviation between cycles.
        count: cycles.
    """

    mean: np.ndarray
    spread: np.ndarray
    count: int


def whole_cycles(strikes: Sequence[float]) -> list[tuple[float, float]]:
    """Begin and end of each cycle of one foot, in frames and parts of them: from a strike to the next, without pauses.

    Args:
        strikes: frames of the foot's heel strikes, in order.
    """
    lengths = np.diff(strikes)
    if not len(lengths):
        return []
    kept = lengths <= LONGEST * np.median(lengths)
    return [(float(strikes[i]), float(strikes[i + 1])) for i in np.flatnonzero(kept)]


def average(values: np.ndarray, cycles: Sequence[tuple[float, float]]) -> Cycles | None:
    """The mean of `values` `[F]` over `cycles` (begin and end, in frames), where half of them are known; None: nowhere.

    A cycle is known where the values on both sides of a moment are; the spread is NaN where one cycle alone is.
    """
    if not cycles:
        return None
    frames = np.arange(len(values))
    over = np.stack([np.interp(begin + (end - begin) * PERCENT / 100, frames, values) for begin, end in cycles])
    known = np.isfinite(over)
    count = known.sum(axis=0)
    enough = count >= max(1, len(cycles) / 2)
    if not enough.any():
        return None
    mean = np.where(enough, np.where(known, over, 0).sum(axis=0) / np.maximum(count, 1), np.nan)
    squares = np.where(known, (over - mean) ** 2, 0).sum(axis=0)
    spread = np.where(enough & (count > 1), np.sqrt(squares / np.maximum(count - 1, 1)), np.nan)
    return Cycles(mean, spread, len(cycles))
