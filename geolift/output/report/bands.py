"""How sure angles are: the uncertainty of joints carried over to what is computed from them."""

from collections.abc import Callable

import numpy as np

from geolift.skeletons.skeleton import Skeleton


def angle_bands(
    angles: Callable[[np.ndarray], np.ndarray],
    points: np.ndarray,
    sigma: np.ndarray,
    axes: np.ndarray,
    skeleton: Skeleton,
) -> np.ndarray:
    """One standard deviation of the error to be expected of angles.

    The uncertainty of a joint is that relative to the root, and grows along the bones. So each bone is taken to err by
    itself, by as much as its ends differ in how sure they are, and moves all that hangs on it.

    Args:
        angles: from points `[F, J, 3]` to degrees `[F, A]`; NaN where unknown.
        points: `[F, J, 3]`.
        sigma: `[F, J, 3]` standard deviations of joints along `axes`; NaN where unknown.
        axes: `[F, 3, 3]`, rows: three directions at right angles, as unit vectors in the axes of `points`.
        skeleton: of the joints.

    Returns:
        `[F, A]` degrees; NaN where an angle is unknown.
    """
    at = angles(points)
    variance = np.zeros_like(at)
    for parent, child in skeleton.bones:
        hanging = [child, *(joint for joint in skeleton.outwards if child in skeleton.ancestors(joint))]
        own = np.sqrt(np.abs(np.nan_to_num(sigma[:, child]) ** 2 - np.nan_to_num(sigma[:, parent]) ** 2))
        for k in range(3):
            moved = points.copy()
            moved[:, hanging] += (own[:, k, None] * axes[:, k])[:, None]
            turn = (angles(moved) - at + 180) % 360 - 180
            variance += np.nan_to_num(turn) ** 2
    return np.where(np.isfinite(at), np.sqrt(variance), np.nan)
