"""The direction up of a clip: estimates with different spreads, how far they agree, and how people stand."""

import numpy as np

from geolift.rotations import unit
from geolift.skeletons.skeleton import Skeleton

# Degrees, errors of a clip's median in the direction of sight and across it, and how they go together, measured on
# people of `train` that the model was not trained on, filmed level and tilted (pitch to 40, roll to 20). The spreads
# are 1.3 times those: what then comes out of eq. 31 is as large as the errors of 40 clips with 2 px of noise.
MODEL = (5.7, 3.1)  # of the model's tilt
STANDING = (9.5, 7.7)  # of the direction from the ankles to the thorax
TOGETHER = (0.35, 0.15)  # correlation of the two errors
TURNED = 45.0  # degrees of up from the image's, from which on a camera that is not turned is the other explanation
LIES = 60.0  # degrees between the model's up and a body from ankles to thorax, from which on it does not stand
WALKS = 1.0  # metres that a person goes over the ground who does not lie; who goes less may lie
EVEN = 0.5  # share of such people before cameras that are said to be turned who lie before one that is not
STRAIGHT = 0.5  # weight of a pose from which it stands straight, or lies straight
NEAR = 0.01  # smallest weight of a pose, by how far the person is from standing


def standing_direction(points: np.ndarray, skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """The direction from between the ankles to the thorax of each pose, and how much it counts as up.

    Args:
        points: `[N, J, 3]` in any unit; NaN where missing.
        skeleton: whose joints are named as in `H36M17`.

    Returns:
        `[N, 3]` unit vectors, NaN where a joint is missing, and `[N]` weights from 0 to 1: 1 for poses whose legs and
        trunk are straight and in line.

    Source:
        Ours (docs/method.md, eq. 29).

    Example:
        >>> from geolift.skeletons import H36M17
        >>> points = np.random.default_rng(0).normal(size=(4, 17, 3))
        >>> direction, weight = standing_direction(points, H36M17)
        >>> direction.shape, weight.shape
        ((4, 3), (4,))
    """
    at = {name: points[..., skeleton.names.index(name), :] for name in ("thorax", *_legs())}
    hips, knees, ankles = (
        np.stack([at[f"{side}_{name}"] for side in ("left", "right")], axis=-2) for name in ("hip", "knee", "ankle")
    )
    foot, hip = ankles.mean(axis=-2), hips.mean(axis=-2)
    length = np.linalg.norm(knees - hips, axis=-1) + np.linalg.norm(ankles - knees, axis=-1)
    stretched = (np.linalg.norm(ankles - hips, axis=-1) / np.maximum(length, 1e-9)).mean(axis=-1)
    in_line = np.sum(unit(at["thorax"] - hip) * unit(hip - foot), axis=-1)
    weight = np.clip((in_line - 0.8) / 0.2, NEAR, 1) * np.clip((stretched - 0.8) / 0.15, NEAR, 1)
    return unit(at["thorax"] - foot), np.nan_to_num(weight)


def lying(direction: np.ndarray, model: np.ndarray | None) -> np.ndarray:
    """Which poses say nothing of up by how they stand, as they lie by what the model says of up.

    Args:
        direction: `[N, 3]` from `standing_direction`.
        model: `[3]` unit vector, or None: nobody is known to lie.

    Returns:
        `[N]` bool.

    Source:
        Ours (docs/method.md, eq. 29).

    Example:
        >>> lying(np.array([[0.0, -1.0, 0.0], [0.6, -0.8, 0.0], [1.0, 0.0, 0.0]]), np.array([0.0, -1.0, 0.0])).tolist()
        [False, False, True]
    """
    if model is None:
        return np.zeros(len(direction), bool)
    return direction @ model < np.cos(np.radians(LIES))


def combined(model: np.ndarray | None, standing: np.ndarray | None, sight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The direction up by the model's tilt and by how people stand, with the spread of its error.

    Args:
        model: `[3]` unit vector, or None.
        standing: `[3]` unit vector, or None.
        sight: `[3]` the direction from the camera to the people.

    Returns:
        `[3]` unit vector and `[3, 3]` covariance of its error, radians squared.

    Source:
        Ours (docs/method.md, eq. 29); the best linear estimate of two dependent ones is Gauss's and Markov's. Estimates
        that disagree by more than their spreads widen it: Birge 1932, "The calculation of errors by the method of least
        squares".

    Example:
        Two that are the same:

        >>> up = np.array([0.0, -1.0, 0.0])
        >>> found, covariance = combined(up, up, np.array([0.0, 0.0, 1.0]))
        >>> found.tolist(), bool(np.degrees(np.sqrt(covariance[2, 2])) < MODEL[0])
        ([0.0, -1.0, 0.0], True)
    """
    given = model if model is not None else standing
    along, across = tangents(given, sight)
    spreads = np.radians([MODEL, STANDING])
    if model is None or standing is None:
        variances = spreads[0 if model is not None else 1] ** 2
        return given, variances[0] * np.outer(along, along) + variances[1] * np.outer(across, across)
    moved, covariance, squares = np.array(given), np.zeros((3, 3)), 0.0
    apart = angles_between(model, standing)
    for i, direction in enumerate((along, across)):
        a, b = spreads[:, i]
        shared = TOGETHER[i] * a * b
        share = (a * a - shared) / (a * a + b * b - 2 * shared)
        moved = moved + share * (apart @ direction) * direction
        squares += (apart @ direction) ** 2 / (a * a + b * b - 2 * shared)
        variance = (a * a * b * b - shared * shared) / (a * a + b * b - 2 * shared)
        covariance += variance * np.outer(direction, direction)
    return unit(moved), max(1.0, squares / 2) * covariance


def angles_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """`[3]` radians, at a right angle to `first`: by how much and to which side the unit vector `second` is off it."""
    across = second - (second @ first) * first
    sine = np.linalg.norm(across)
    if sine < 1e-9:
        return np.zeros(3) if second @ first > 0 else np.pi * unit(np.cross(first, np.eye(3)[np.abs(first).argmin()]))
    return across / sine * np.arctan2(sine, second @ first)


def turned_doubt(up: np.ndarray, standing: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The error of up that comes from people who may lie before a camera that is not turned by 90 degrees or more.

    Args:
        up: `[3]` unit vector.
        standing: `[N, 3]` from `standing_direction`.
        weight: `[N]` of them.

    Returns:
        `[3, 3]` radians squared to add to the covariance: 0 where up is near the image's, or where nobody who is
        straight is upright in the image.

    Source:
        Ours (docs/method.md, eq. 29).

    Example:
        A clip of a camera that is said to be turned, half of whose poses are upright in the image all the same:

        >>> across, upright = np.array([1.0, 0.0, 0.0]), np.array([0.0, -1.0, 0.0])
        >>> doubt = turned_doubt(across, np.stack([across, upright]), np.ones(2))
        >>> np.degrees(np.sqrt(np.trace(doubt))).round().item()
        64.0
    """
    image = np.array([0.0, -1.0, 0.0])
    off = angles_between(up, image)
    straight = np.isfinite(standing).all(axis=1) & (weight >= STRAIGHT)
    if np.degrees(np.linalg.norm(off)) < TURNED or not straight.any():
        return np.zeros((3, 3))
    upright = standing[straight] @ image > standing[straight] @ up
    return upright.mean() * np.outer(off, off)


def still_doubt(up: np.ndarray, root: np.ndarray) -> float:
    """The error of up that comes from people who stay in place, and may lie before a camera that is not turned.

    A person who lies along the image looks like one who stands before a camera turned by 90 degrees.

    Args:
        up: `[3]` unit vector.
        root: `[N, 3]` metres, where people are.

    Returns:
        Radians squared: 0 where up is near the image's, or where somebody goes over the ground.

    Source:
        Ours (docs/method.md, eq. 29).

    Example:
        >>> across, there = np.array([1.0, 0.0, 0.0]), np.array([[0.0, 0.0, 4.0], [0.0, 0.2, 4.0]])
        >>> np.degrees(np.sqrt(still_doubt(across, there))).round().item(), still_doubt(across, 9 * there)
        (64.0, 0.0)
    """
    off = np.linalg.norm(angles_between(up, np.array([0.0, -1.0, 0.0])))
    level = root - (root @ up)[:, None] * up
    goes = np.linalg.norm(np.ptp(level, axis=0)) > WALKS
    return 0.0 if goes or np.degrees(off) < TURNED else float(EVEN * off**2)


def tangents(up: np.ndarray, sight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two unit vectors `[3]` at right angles to `up`: as far as possible along `sight`, and across it."""
    along = sight - (sight @ up) * up
    if np.linalg.norm(along) < 1e-6 * np.linalg.norm(sight):
        along = np.cross(up, [1.0, 0.0, 0.0])
    along = unit(along)
    return along, np.cross(up, along)


def _legs() -> list[str]:
    return [f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")]
