"""Smoothing by as much as each joint allows at each moment: much where it is planted, little where it swings.

A path is smoothed to several bandwidths. Each frame takes their mean, weighted by how much of the errors each one
leaves around that frame, as Stein's unbiased estimate of the risk has it (Stein 1981). The path as it was given is
among them, so that nothing is gained by smoothing motion away. Weights by risk: Dalalyan and Salmon 2012, "Sharp oracle
inequalities for aggregation of affine estimators". docs/method.md, equations 33, 34.
"""

import functools
from typing import NamedTuple

import numpy as np

SLOWEST, STEP, FASTEST = 1.5, 2.0, 0.45  # hertz; times the one before; of the frame rate: bandwidths at half power
AROUND = 0.25  # seconds, of each of the two moving means that make the window in which risks are compared
TEMPERATURE = 8.0  # of the weights; the least for which Dalalyan and Salmon prove that they do as well as the best
REACH = 4.0  # periods of a bandwidth from the ends of a stretch on, a smoother no longer differs from one without ends


class Smoothed(NamedTuple):
    """What `smooth_locally` returns.

    Attributes:
        path: `[T, J, 2]` pixels.
        left: `[T, J]` estimate of the variance of the errors that are left, pixels squared; of single frames it may be
            below 0.
    """

    path: np.ndarray
    left: np.ndarray


def bandwidths(fps: float) -> list[float]:
    """Hertz at which the smoothers of videos of this frame rate halve a vibration; ascending."""
    found = []
    while (hertz := SLOWEST * STEP ** len(found)) <= FASTEST * fps:
        found.append(hertz)
    return found


def smooth_locally(path: np.ndarray, seen: np.ndarray, variance: np.ndarray, fps: float) -> Smoothed:
    """Smooth the paths of joints that are seen in the same ones of T frames without a gap.

    Args:
        path: `[T, J, 2]` pixels.
        seen: `[T]` bool; in other frames a path counts for nothing, and becomes the smooth one through what was seen.
        variance: `[J]` of the errors, pixels squared, above 0.
        fps: frames per second.
    """
    width = max(3, round(AROUND * fps)) | 1
    counted = seen[:, None].astype(float)
    share, inside = np.maximum(_around(counted, width), 1e-6), _around(np.ones((len(path), 1)), width)
    paths, risks = [path], [np.broadcast_to(variance, path.shape[:2])]
    for hertz in bandwidths(fps):
        strength = _strength(hertz, fps)
        smooth = _graduated(path, seen, strength)
        leverage = np.minimum(1, _leverages(len(path), strength, hertz, fps)[:, None] * inside / share)
        off = _square(path - smooth)
        paths.append(smooth)
        risks.append(_around(counted * (off + (2 * leverage - 1) * variance), width) / share)
    independent = 3.0 * width * share  # numbers, of x and of y, that the window is worth
    weights = _softmax([-independent * risk / (TEMPERATURE * variance) for risk in risks])
    mean = sum(weight[..., None] * one for weight, one in zip(weights, paths, strict=True))
    apart = (_square(one - mean) for one in paths)
    left = sum(weight * (risk - away) for weight, risk, away in zip(weights, risks, apart, strict=True))
    return Smoothed(mean, left)


def _around(values: np.ndarray, width: int) -> np.ndarray:
    """`[T, ...]` two moving means of `width` frames, one of the other; beyond the ends values are 0."""
    from scipy.ndimage import uniform_filter1d  # takes a while to import

    once = uniform_filter1d(values, width, axis=0, mode="constant")
    return uniform_filter1d(once, width, axis=0, mode="constant")


def _square(values: np.ndarray) -> np.ndarray:
    """`[T, J]` mean square of x and y `[T, J, 2]`; NumPy's mean over so short an axis takes five times as long."""
    return (values[..., 0] ** 2 + values[..., 1] ** 2) / 2


def _softmax(scores: list[np.ndarray]) -> list[np.ndarray]:
    """Weights with the sum 1, in proportion to the exponentials of scores."""
    best = functools.reduce(np.maximum, scores)
    weights = [np.exp(score - best) for score in scores]
    total = sum(weights)
    return [weight / total for weight in weights]


def _strength(hertz: float, fps: float) -> float:
    """How much second differences count for a smoother with half power at this frequency."""
    return float((2 - 2 * np.cos(2 * np.pi * hertz / fps)) ** -2.0)


def _graduated(path: np.ndarray, seen: np.ndarray, strength: float) -> np.ndarray:
    """Smooth paths `[T, J, 2]` through what was seen `[T]` (Whittaker 1923, "On a new method of graduation")."""
    from scipy.linalg import solveh_banded

    given = np.where(seen[:, None], path.reshape(len(path), -1), 0.0)
    return solveh_banded(_system(seen, strength), given, overwrite_ab=True, overwrite_b=True).reshape(path.shape)


def _system(seen: np.ndarray, strength: float) -> np.ndarray:
    """Upper bands `[3, T]`, the diagonal last, of the matrix that takes a smooth path to what was seen."""
    frames = len(seen)
    bands = np.zeros((3, frames))
    for offset, products in enumerate(((1.0, 4.0, 1.0), (-2.0, -2.0), (1.0,))):
        for shift, product in enumerate(products):
            columns = slice(offset + shift, frames - (2 - offset - shift))
            bands[2 - offset, columns] += strength * product
    bands[2] += seen
    return bands


@functools.lru_cache(maxsize=256)
def _leverages(frames: int, strength: float, hertz: float, fps: float) -> np.ndarray:
    """`[T]` how much a frame counts for its place in the smooth path, all frames seen."""
    from scipy.linalg import solveh_banded

    reach = int(np.ceil(REACH * fps / hertz))
    shown = min(frames, 2 * reach)
    half = (shown + 1) // 2
    solved = solveh_banded(_system(np.ones(shown), strength), np.eye(shown, half))
    first = np.diagonal(solved)
    middle = np.full(max(0, frames - shown), first[-1])
    return np.concatenate([first, middle, first[: shown - half][::-1]])
