"""How much keypoints of a video tremble, told from themselves, and as much smoothing as that asks for.

A joint is taken to move with random accelerations of variance q, and to be seen with independent errors of variance r.
Second and third differences of what is seen tell both: E d2^2 = q + 6 r, E d3^2 = 2 q + 20 r. The most likely path then
minimises sum (x - seen)^2 + (r / q) sum (second differences of x)^2 (Whittaker 1923, "On a new method of graduation").
"""

from typing import NamedTuple

import numpy as np

from geolift.lifting.tracks import Timeline, each_person

FEWEST = 60  # second or third differences, x and y, that tell of a joint's errors; with fewer they are taken for none
SLOWEST = 15.0  # frames per second; with fewer, motion itself looks like errors from frame to frame
REPEATED = 0.2  # share of steps of no length at all beyond which frames are copies of each other and tell nothing
MEDIAN = 0.4549  # of the square of a normal variable of variance 1; jumps leave a median where it is
MOST = 200.0  # r / q; beyond it one would smooth over some ten frames


class Steadied(NamedTuple):
    """What `steady` gives.

    Attributes:
        rows: the same with smoothed keypoints.
        found: `[N]` pixels, standard deviation of the errors found, root mean square over the joints of each person.
        left: `[N]` the same of what is left of them after smoothing.
    """

    rows: Timeline
    found: np.ndarray
    left: np.ndarray


def steady(rows: Timeline, rate: float) -> Steadied:
    """Smooth each joint of each person as much as it trembles, within stretches of frames without a gap.

    Keypoints without errors of their own from frame to frame stay as they are, and so do all at under `SLOWEST` frames
    per second, where that cannot be told. Joints that were filled in say nothing. What is missing stays missing.
    """
    keypoints = np.array(rows.keypoints, np.float64)
    found, left = np.zeros(len(keypoints)), np.zeros(len(keypoints))
    for start, stop in each_person(rows) if rate >= SLOWEST else ():
        known, frame = rows.known[start:stop], rows.frame[start:stop]
        begins = np.flatnonzero(np.diff(frame, prepend=frame[0] - 2) != 1)
        variances = []  # of each joint that tells, before and after
        for joint in range(known.shape[1]):
            path = rows.keypoints[start:stop, joint]
            told = known[:, joint] & ~rows.filled[start:stop, joint]
            trembling = _trembling(np.where(told[:, None], path, np.nan), begins)
            if trembling is None:
                continue
            error, strength = trembling
            variances.append((error, error * _left_over(strength)))
            for a, b in zip(begins, np.append(begins[1:], len(frame)), strict=True):
                if strength and told[a:b].sum() > 2:
                    smooth, there = _graduated(path[a:b], told[a:b], strength), known[a:b, joint]
                    keypoints[start + a : start + b, joint][there] = smooth[there]
        if variances:
            found[start:stop], left[start:stop] = np.sqrt(np.mean(variances, axis=0))
    return Steadied(rows._replace(keypoints=keypoints), found, left)


def _trembling(path: np.ndarray, begins: np.ndarray) -> tuple[float, float] | None:
    """Variance r of the errors of a path `[T, 2]`, pixels squared, and r / q; NaN: missing. None: it does not tell."""
    moments = []
    for order in (1, 2, 3):
        squares = np.diff(path, order, axis=0) ** 2
        for late in range(1, order + 1):  # differences across a gap
            across = begins[begins >= late] - late
            squares[across[across < len(squares)]] = np.nan
        squares = squares[np.isfinite(squares)]
        if len(squares) < FEWEST or (order == 1 and (squares == 0).mean() > REPEATED):
            return None
        moments.append(float(np.median(squares)) / MEDIAN)
    _, second, third = moments
    error = (third - 2 * second) / 8
    if error <= 0:
        return 0.0, 0.0
    return error, min(error / max(second - 6 * error, error / MOST), MOST)


def _left_over(strength: float) -> float:
    """Share of the errors' variance that passes the smoother, of a long path."""
    frequency = np.linspace(0, np.pi, 513)
    return float(np.mean((1 + strength * (2 - 2 * np.cos(frequency)) ** 2) ** -2.0))


def _graduated(path: np.ndarray, seen: np.ndarray, strength: float) -> np.ndarray:
    """The smooth path `[T, 2]` through what was seen, T of at least 3."""
    from scipy.linalg import solveh_banded

    frames = len(path)
    bands = np.zeros((3, frames))  # of the symmetric matrix, the diagonal last
    for offset, products in enumerate(((1.0, 4.0, 1.0), (-2.0, -2.0), (1.0,))):
        for shift, product in enumerate(products):
            columns = slice(offset + shift, frames - (2 - offset - shift))
            bands[2 - offset, columns] += strength * product
    bands[2] += seen
    return solveh_banded(bands, np.where(seen[:, None], path, 0.0))
