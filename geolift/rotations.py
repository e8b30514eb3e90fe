"""Rotation matrices: from vectors and back, from directions, and as angles without jumps."""

import numpy as np

SHORTEST = 1e-9  # a vector shorter than this has no direction
CALMER = 1.0  # degrees
ORDERS = ("zxy", "xyz", "yzx", "xzy", "yxz", "zyx")  # of axes; R = R_first R_second R_third


def unit(vectors: np.ndarray) -> np.ndarray:
    """Unit vectors of `[..., 3]`; NaN where a vector has no direction."""
    long = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, long, out=np.full(vectors.shape, np.nan), where=long > SHORTEST)


def about(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Rotations `[..., 3, 3]` about unit vectors `[..., 3]` by `[...]` radians."""
    return exponential(axis * np.asarray(angle)[..., None])


def exponential(vector: np.ndarray) -> np.ndarray:
    """Rotations `[..., 3, 3]` of rotation vectors `[..., 3]`, radians (Rodrigues)."""
    angle = np.linalg.norm(vector, axis=-1)[..., None, None]
    k = cross_matrix(vector)
    return np.eye(3) + np.sinc(angle / np.pi) * k + 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * (k @ k)


def logarithm(rotation: np.ndarray) -> np.ndarray:
    """Rotation vectors `[..., 3]`, radians up to pi, of `[..., 3, 3]`."""
    r = rotation
    doubled = np.stack([r[..., 2, 1] - r[..., 1, 2], r[..., 0, 2] - r[..., 2, 0], r[..., 1, 0] - r[..., 0, 1]], axis=-1)
    sine = np.linalg.norm(doubled, axis=-1) / 2
    cosine = (r[..., 0, 0] + r[..., 1, 1] + r[..., 2, 2] - 1) / 2
    angle = np.arctan2(sine, cosine)
    vector = doubled / 2 / np.sinc(angle / np.pi)[..., None].clip(SHORTEST)
    half = (sine < 1e-6) & (cosine < 0)  # by 180 degrees: the axis is the column of R + 1 that is longest
    if half.any():
        columns = np.swapaxes(r[half] + np.eye(3), -1, -2)
        longest = np.linalg.norm(columns, axis=-1).argmax(axis=-1)
        vector[half] = np.pi * unit(np.take_along_axis(columns, longest[:, None, None], axis=1)[:, 0])
    return vector


def cross_matrix(vector: np.ndarray) -> np.ndarray:
    """`[..., 3, 3]` matrices K of `[..., 3]` with K w = vector x w."""
    x, y, z = np.moveaxis(vector, -1, 0)
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*vector.shape, 3)


def smallest(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The rotations `[..., 3, 3]` from unit vectors `[..., 3]` to others without twist; NaN stays NaN.

    Two rotations by 180 degrees: about `start`, then about the middle between both. For opposite vectors, which have no
    smallest rotation, the middle is any vector at a right angle to them.
    """
    start, end = np.broadcast_arrays(start, end)
    middle = start + end
    length = np.linalg.norm(middle, axis=-1, keepdims=True)
    square = unit(np.cross(start, np.eye(3)[np.abs(start).argmin(axis=-1)]))
    middle = np.where(length < SHORTEST, square, middle / np.maximum(length, SHORTEST))
    return _half_turn(middle) @ _half_turn(start)


def _half_turn(axis: np.ndarray) -> np.ndarray:
    """The rotation by 180 degrees about unit vectors `[..., 3]`."""
    return 2 * axis[..., :, None] * axis[..., None, :] - np.eye(3)


def axes_of(main: np.ndarray, second: np.ndarray, which: str) -> np.ndarray:
    """Rotations `[..., 3, 3]` whose axis `which[0]` is along `main` and whose axis `which[1]` is nearest to `second`.

    Args:
        main: `[..., 3]`.
        second: `[..., 3]`, not along `main`; NaN where either has no direction.
        which: two of x, y, z.
    """
    first, other = "xyz".index(which[0]), "xyz".index(which[1])
    third = 3 - first - other
    sign = 1 if (first, other) in ((0, 1), (1, 2), (2, 0)) else -1
    columns = np.empty((*main.shape, 3))
    columns[..., first] = unit(main)
    columns[..., third] = unit(sign * np.cross(main, second))
    columns[..., other] = sign * np.cross(columns[..., third], columns[..., first])
    return columns


def running_product(rotation: np.ndarray) -> np.ndarray:
    """`R_f ... R_1 R_0` for each frame f of `[F, ..., 3, 3]`."""
    product, step = rotation.copy(), 1
    while step < len(product):
        product[step:] = product[step:] @ product[:-step].copy()
        step *= 2
    return product


def euler(rotation: np.ndarray, order: str = "zxy") -> np.ndarray:
    """Angles `[F, ..., 3]` in degrees about three axes of `[F, ..., 3, 3]`, without jumps from frame to frame.

    Of the two ways to write a rotation, (a, b, c) and (a + 180, 180 - b, c + 180), each frame takes the one nearer to
    the frame before it; so b may run past 90 degrees, and all angles past 180.

    Args:
        rotation: `R_first R_second R_third`.
        order: the three axes, each once.
    """
    i, j, k = ("xyz".index(axis) for axis in order)
    sign = 1 if (j - i) % 3 == 1 else -1  # whether i, j, k is a rotation of x, y, z
    r = rotation
    level = np.hypot(r[..., i, i], r[..., i, j])
    third = np.arctan2(-sign * r[..., i, j], r[..., i, i])
    first = np.arctan2(-sign * r[..., j, k], r[..., k, k])
    locked = level < 1e-7  # the second is 90 degrees: the others rotate about one axis; the third stays
    last = np.arange(len(r)).reshape(-1, *[1] * (locked.ndim - 1))
    third = np.take_along_axis(third, np.maximum.accumulate(np.where(locked, 0, last)), axis=0)
    both = np.arctan2(sign * r[..., k, j], r[..., j, j])
    first = np.where(locked, both - np.sign(r[..., i, k]) * third, first)
    return without_jumps(np.degrees(np.stack([first, np.arctan2(sign * r[..., i, k], level), third], axis=-1)))


def other_way(angles: np.ndarray) -> np.ndarray:
    """The other way to write the rotations of `[..., 3]` degrees, or a direction of the first two alone, `[..., 2]`."""
    return angles * np.array([1, -1, 1])[: angles.shape[-1]] + 180


def without_jumps(angles: np.ndarray) -> np.ndarray:
    """`[F, ..., 2 or 3]` degrees without jumps from frame to frame: each frame in the way nearer to the one before."""
    other = other_way(angles)
    step = [np.abs((to[1:] - angles[:-1] + 180) % 360 - 180).sum(axis=-1, keepdims=True) for to in (angles, other)]
    changes = np.cumsum(step[1] < step[0], axis=0) % 2 == 1  # keep the way of the frame before, or change
    chosen = np.concatenate([angles[:1], np.where(changes, other[1:], angles[1:])])
    return np.unwrap(chosen, axis=0, period=360)


def calm_order(rotation: np.ndarray) -> str:
    """The order of axes in which the angles of `[F, ..., 3, 3]` move least beyond the rotations themselves.

    Near 90 degrees of the second angle the others run far for small rotations; which rotations these are depends on the
    order. The usual one is kept unless another is better by more than `CALMER`.
    """
    own = np.degrees(np.linalg.norm(logarithm(rotation[:-1].swapaxes(-1, -2) @ rotation[1:]), axis=-1))

    def excess(order: str) -> float:
        return (np.abs(np.diff(euler(rotation, order), axis=0)).max(axis=-1) - own).max(initial=0)

    usual = excess(ORDERS[0])
    if usual <= CALMER:  # none is below 0
        return ORDERS[0]
    found = [usual, *map(excess, ORDERS[1:])]
    return ORDERS[0] if usual <= min(found) + CALMER else ORDERS[int(np.argmin(found))]
