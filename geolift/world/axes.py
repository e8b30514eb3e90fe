"""World axes: z up, the floor at 0, x where the first person goes, or faces."""

import numpy as np

from geolift.rotations import unit

WALKS = 1.0  # metres over the ground, from which a person who moved has a direction of walking
AT_FIRST = 0.5  # seconds over which it is measured where a standing person faces


def world_axes(up: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """The rotation from camera axes to world axes.

    Args:
        up: `[3]` unit vector against gravity, camera axes.
        forward: `[3]` what x is to be above the ground; one without a part along the ground counts as the camera's
            line of sight, or as its x axis.

    Returns:
        `[3, 3]`; its rows are the world's x, y, z in camera axes.

    Source:
        Standard (Gram and Schmidt).

    Example:
        A level camera, and a person who walks to the right of the image:

        >>> x, y, z = world_axes(np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0]))
        >>> x.tolist(), y.tolist(), z.tolist()
        ([1.0, 0.0, 0.0], [-0.0, 0.0, 1.0], [0.0, -1.0, 0.0])
    """
    for candidate in (forward, np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])):
        x = candidate - (candidate @ up) * up
        if np.isfinite(x).all() and np.linalg.norm(x) > 1e-3 * np.linalg.norm(candidate) > 0:
            break
    x = unit(x)
    return np.stack([x, np.cross(up, x), up])


def heading(root: np.ndarray, points: np.ndarray, sides: tuple[list[int], list[int]], up: np.ndarray) -> np.ndarray:
    """Where a person walks, or faces where they stand: `[3]` camera axes, of any length; NaN where neither is known.

    Args:
        root: `[T, 3]` metres, camera axes.
        points: `[T, J, 3]` the frames at the beginning over which facing is averaged; NaN where missing.
        sides: left and right joints.
        up: `[3]` unit vector.

    Source:
        Ours.

    Example:
        >>> path = np.linspace([0.0, 0.0, 4.0], [2.0, 0.0, 4.0], 9)
        >>> about = np.zeros((1, 2, 3)), ([0], [1]), np.array([0.0, -1.0, 0.0])
        >>> heading(path, *about).tolist()
        [1.25, 0.0, 0.0]
    """
    along = root - root[0]
    along = along - (along @ up)[:, None] * up
    away = np.flatnonzero(np.linalg.norm(along, axis=1) > WALKS)
    if len(away):
        return along[away[0]]
    across = points[:, sides[0]] - points[:, sides[1]]
    if not np.isfinite(across).any():
        return np.full(3, np.nan)
    return np.cross(np.nanmean(across, axis=(0, 1)), up)
