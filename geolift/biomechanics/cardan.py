"""Three angles of a rotation, in the orders of clinics and of OpenSim, without jumps from frame to frame."""

import numpy as np

from geolift.rotations import other_way, without_jumps

LOCKED = 1e-6  # cosine of the second angle under which the first and the third turn about one axis


def zxy_angles(rotation: np.ndarray) -> np.ndarray:
    """Angles about z, x, y, in this order, each about the axes as the ones before have turned them.

    Of the two ways to write a rotation, (z, x, y) and (z + 180, 180 - x, y + 180), each frame takes the nearer one to
    the frame before, and the clip the one whose angles are the smaller; so x may run past 90 degrees, all past 180.
    Where x is 90 degrees, z stays as it was.

    Args:
        rotation: `[F, 3, 3]` = Rz Rx Ry; NaN where unknown.

    Returns:
        `[F, 3]` degrees; NaN where unknown.

    Source:
        Grood and Suntay 1983; Wu et al. 2002.

    Example:
        >>> quarter = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
        >>> zxy_angles(quarter[None]).round().tolist()
        [[90.0, 0.0, 0.0]]
    """
    r = rotation
    cosine = np.hypot(r[:, 0, 1], r[:, 1, 1])
    z = _held(np.arctan2(-r[:, 0, 1], r[:, 1, 1]), cosine)
    x = np.arctan2(r[:, 2, 1], cosine)
    y = _about_y(r[:, :, 2], z, x)
    return continuous(np.degrees(np.stack([z, x, y], axis=-1)))


def direction_angles(direction: np.ndarray) -> np.ndarray:
    """The first two angles, about z and about x, of a segment whose y axis is known and nothing else of it.

    Args:
        direction: `[F, 3]` unit vectors, the y axis; NaN where unknown.

    Returns:
        `[F, 2]` degrees, without jumps, as in `zxy_angles`.

    Source:
        Grood and Suntay 1983.

    Example:
        An arm raised ahead by 90 degrees; its y axis leads from the elbow to the shoulder:

        >>> direction_angles(np.array([[-1.0, 0, 0]])).round().tolist()
        [[90.0, 0.0]]
    """
    cosine = np.hypot(direction[:, 0], direction[:, 1])
    z = _held(np.arctan2(-direction[:, 0], direction[:, 1]), cosine)
    return continuous(np.degrees(np.stack([z, np.arctan2(direction[:, 2], cosine)], axis=-1)))


def angle_about_y(axis: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """The third angle, about y, where the first two are known and so is where z points.

    Args:
        axis: `[F, 3]` the z axis, of any length; what it has along y does not count.
        angles: `[F, 2]` degrees, from `direction_angles`.

    Returns:
        `[F]` degrees from -180 to 180; NaN where unknown.
    """
    z, x = np.radians(angles).T
    return np.degrees(_about_y(axis, z, x))


def continuous(angles: np.ndarray) -> np.ndarray:
    """`[F, 2 or 3]` degrees about z, x (and y) without jumps; NaN stays."""
    known = np.flatnonzero(np.isfinite(angles).all(axis=1))
    if not len(known):
        return angles
    ways = [without_jumps(start) for start in (angles[known], other_way(angles[known]))]
    ways = [way - 360 * np.round(np.median(way, axis=0) / 360) for way in ways]
    result = np.full_like(angles, np.nan)
    result[known] = min(ways, key=lambda way: np.abs(way).sum())
    return result


def _about_y(axis: np.ndarray, z: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Radians about y of the z axis `[F, 3]`, after z and x are taken out."""
    turned_x = np.cos(z) * axis[:, 0] + np.sin(z) * axis[:, 1]
    across = np.cos(z) * axis[:, 1] - np.sin(z) * axis[:, 0]
    return np.arctan2(turned_x, np.cos(x) * axis[:, 2] - np.sin(x) * across)


def _held(angle: np.ndarray, cosine: np.ndarray) -> np.ndarray:
    """An angle `[F]` that keeps its last value where it is locked; before the first one: the first, or 0."""
    free = np.flatnonzero(cosine > LOCKED)
    if not len(free):
        return np.where(np.isnan(cosine), np.nan, 0.0)
    last = np.maximum(np.searchsorted(free, np.arange(len(angle)), side="right") - 1, 0)
    return np.where(np.isnan(cosine), np.nan, angle[free[last]])
