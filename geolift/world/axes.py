"""World axes: z up, the floor at 0, x where the first person goes, or faces."""

import numpy as np

from geolift.rotations import unit

WALKS = 1.0  # metres over the ground, from which a person who moved has a direction of walking
AT_FIRST = 0.5  # seconds over which it is measured where a standing person faces


def world_axes(up: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """The rotations from camera axes to world axes.

    Args:
        up: `[..., 3]` unit vectors against gravity, camera axes.
        forward: `[..., 3]` what x is to be above the ground; one without a part along the ground counts as the camera's
            line of sight, or as its x axis.

    Returns:
        `[..., 3, 3]`; the rows are the world's x, y, z in camera axes.

    Source:
        Standard (Gram and Schmidt).

    Example:
        A level camera, and a person who walks to the right of the image:

        >>> x, y, z = world_axes(np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0]))
        >>> x.tolist(), y.tolist(), z.tolist()
        ([1.0, 0.0, 0.0], [-0.0, 0.0, 1.0], [0.0, -1.0, 0.0])
    """
    x = np.full(np.shape(up), np.nan)
    for candidate in (np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), forward):  # the last good one counts
        along = candidate - (candidate * up).sum(axis=-1, keepdims=True) * up
        length, whole = np.linalg.norm(along, axis=-1), np.linalg.norm(candidate, axis=-1)
        good = np.isfinite(along).all(axis=-1) & (length > 1e-3 * whole) & (whole > 0)
        x = np.where(good[..., None], along, x)
    x = unit(x)
    return np.stack([x, np.cross(up, x), up], axis=-2)


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
    return facing(points, sides, up)


def facing(points: np.ndarray, sides: tuple[list[int], list[int]], up: np.ndarray) -> np.ndarray:
    """Where people face, by their left and right joints: `[..., 3]` camera axes, of any length; NaN where not known.

    Args:
        points: `[..., T, J, 3]` frames over which it is averaged; NaN where missing.
        sides: left and right joints.
        up: `[..., 3]` unit vectors.

    Source:
        Ours.

    Example:
        >>> points = np.array([[[1.0, 0.0, 4.0], [-1.0, 0.0, 4.0]]])
        >>> facing(points, ([0], [1]), np.array([0.0, -1.0, 0.0])).tolist()
        [0.0, 0.0, -2.0]
    """
    across = points[..., sides[0], :] - points[..., sides[1], :]
    known = np.isfinite(across).all(axis=-1, keepdims=True)
    count = known.sum(axis=(-3, -2))
    return np.cross(np.where(known, across, 0).sum(axis=(-3, -2)) / np.where(count, count, np.nan), up)
