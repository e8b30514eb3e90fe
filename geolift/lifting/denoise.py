"""Jitter of the keypoints of a video: estimated from the keypoints themselves and smoothed by as much as it asks for.

A joint is modelled to move with random accelerations of variance q, and to be seen with independent errors of variance
r. Second and third differences of the keypoints give both: E d2^2 = q + 6 r, E d3^2 = 2 q + 20 r. The most likely path
then minimises sum (x - seen)^2 + (r / q) sum (second differences of x)^2 (Whittaker 1923, "On a new method of
graduation").
"""

import itertools
from typing import NamedTuple

import numpy as np

from geolift.lifting.tracks import Tracks, each_person

FEWEST = 60  # second or third differences, x and y, that a joint's errors are estimated from; with fewer they are 0
SLOWEST = 15.0  # frames per second; with fewer, motion itself looks like errors from frame to frame
REPEATED = 0.2  # share of steps of length 0 beyond which frames are copies of each other and show no errors
MEDIAN = 0.4549  # of the square of a normal variable of variance 1; outliers hardly move a median
STRONGEST = 200.0  # r / q; beyond it the smoother would reach over some ten frames
NOTED = 0.1  # pixels of jitter from which on a note is made; less is rounding


class Denoised(NamedTuple):
    """What `denoise` returns.

    Attributes:
        tracks: with smoothed keypoints; their `jitter` is what is left after smoothing.
        found: `[P]` pixels, standard deviation of the errors before, root mean square over the joints of each person.
    """

    tracks: Tracks
    found: np.ndarray


def denoise(tracks: Tracks) -> Denoised:
    """Smooth each joint of each person of a video by as much as it jitters, within stretches of frames without a gap.

    Keypoints without errors from frame to frame are not changed. Neither are any of single images, or of videos with
    fewer than `SLOWEST` frames per second, in which motion and errors cannot be separated. Errors are estimated from
    joints that were seen, not from those filled in. What is missing stays missing.
    """
    found, left = np.zeros(len(tracks.people)), np.zeros(len(tracks.people))
    if not tracks.video:
        return Denoised(tracks, found)
    keypoints = np.array(tracks.keypoints, np.float64)
    for start, stop in each_person(tracks) if tracks.assumed_fps >= SLOWEST else ():
        variances = _denoise_person(tracks, slice(start, stop), keypoints)
        if variances:
            person = tracks.person[start]
            found[person], left[person] = np.sqrt(np.mean(variances, axis=0))
    tracks = tracks._replace(keypoints=keypoints, jitter=left)
    pixels = float(np.sqrt((found[tracks.person] ** 2).mean()))
    if pixels >= NOTED:
        tracks = tracks.noted(f"jitter of {pixels:.1f} pixels in the keypoints was smoothed (disable with --no-refine)")
    return Denoised(tracks, found)


def _denoise_person(tracks: Tracks, rows: slice, keypoints: np.ndarray) -> list[tuple[float, float]]:
    """Smooth one person's rows of `keypoints` in place.

    Returns:
        The variances of the errors before and after, of each joint with enough keypoints to estimate them.
    """
    available, frame, path = tracks.available[rows], tracks.frame[rows], tracks.keypoints[rows]
    seen = available & ~tracks.filled[rows]
    starts = np.flatnonzero(np.diff(frame, prepend=frame[0] - 2) != 1)
    variances = []
    for joint in range(available.shape[1]):
        jitter = _jitter(np.where(seen[:, joint, None], path[:, joint], np.nan), starts)
        if jitter is None:
            continue
        variance, strength = jitter
        variances.append((variance, variance * _left_over(strength)))
        for a, b in itertools.pairwise((*starts, len(frame))):
            if strength and seen[a:b, joint].sum() > 2:
                smooth, changed = _graduated(path[a:b, joint], seen[a:b, joint], strength), available[a:b, joint]
                keypoints[rows][a:b, joint][changed] = smooth[changed]
    return variances


def _jitter(path: np.ndarray, starts: np.ndarray) -> tuple[float, float] | None:
    """Variance r of the errors of a path `[T, 2]` with NaN where missing, pixels squared, and r / q.

    None if there are too few differences to estimate them. `starts`: the rows at which stretches without a gap start.
    """
    moments = []
    for order in (1, 2, 3):
        squares = np.diff(path, order, axis=0) ** 2
        for late in range(1, order + 1):  # differences across a gap
            across = starts[starts >= late] - late
            squares[across[across < len(squares)]] = np.nan
        squares = squares[np.isfinite(squares)]
        if len(squares) < FEWEST or (order == 1 and (squares == 0).mean() > REPEATED):
            return None
        moments.append(float(np.median(squares)) / MEDIAN)
    _, second, third = moments
    error = (third - 2 * second) / 8
    if error <= 0:
        return 0.0, 0.0
    return error, min(error / max(second - 6 * error, error / STRONGEST), STRONGEST)


def _left_over(strength: float) -> float:
    """Share of the errors' variance that passes the smoother, of a long path."""
    frequency = np.linspace(0, np.pi, 513)
    return float(np.mean((1 + strength * (2 - 2 * np.cos(frequency)) ** 2) ** -2.0))


def _graduated(path: np.ndarray, seen: np.ndarray, strength: float) -> np.ndarray:
    """The smooth path `[T, 2]` through the seen keypoints, T of at least 3."""
    from scipy.linalg import solveh_banded

    frames = len(path)
    bands = np.zeros((3, frames))  # of the symmetric matrix, the diagonal last
    for offset, products in enumerate(((1.0, 4.0, 1.0), (-2.0, -2.0), (1.0,))):
        for shift, product in enumerate(products):
            columns = slice(offset + shift, frames - (2 - offset - shift))
            bands[2 - offset, columns] += strength * product
    bands[2] += seen
    return solveh_banded(bands, np.where(seen[:, None], path, 0.0))
