"""The losses of the paper as pure functions: lift, rotate, project, lift again, rotate back, reproject.

Every loss gives one value per pose, `[...]`; callers average. A `lifter` is any function from a pose `[..., J, 2]` to
depth offsets `[..., J]`; nothing here depends on a network. `seen` `[..., J]` bool: which joints count; None: all.
Equations: docs/method.md.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from geolift.geometry import center, depth, inverse, masked, project, rotate, safe_norm, unproject

__all__ = [
    "ADVERSARIAL", "Adversarial", "Cycle", "adversarial", "consistency_2d", "consistency_3d", "correction_size",
    "deformation", "displacement", "gradient_penalty", "lift_pose", "lift_reproject_lift", "mean_over",
    "rotate_about_root",
]  # fmt: skip


class Cycle(NamedTuple):
    """The stages of one lift-reproject-lift, normalized units. View 1 is the given one, view 2 the random one.

    Attributes:
        lifted: `[..., J, 3]` X, camera frame: the points lifted from the pose (view 1).
        rotated: `[..., J, 3]` Y, the same points in view 2, root on the axis at `distance`.
        novel: `[..., J, 2]` y, their projection: a synthetic pose.
        relifted: `[..., J, 3]` Y~, lifted again from the synthetic pose (view 2).
        restored: `[..., J, 3]` X~, those points taken back to view 1.
        reprojected: `[..., J, 2]` x~, their projection.

    Example:
        >>> cycle = lift_reproject_lift(lambda x: 0 * x[..., 0], jnp.zeros((4, 17, 2)), jnp.eye(3))
        >>> cycle.novel.shape, cycle.restored.shape
        ((4, 17, 2), (4, 17, 3))
    """

    lifted: jax.Array
    rotated: jax.Array
    novel: jax.Array
    relifted: jax.Array
    restored: jax.Array
    reprojected: jax.Array


def lift_pose(
    lifter: Callable[[jax.Array], jax.Array],
    pose: jax.Array,
    *,
    distance: float = 10.0,
    min_depth: float = 1.0,
    root: int = 0,
) -> jax.Array:
    """Lift a pose to 3D points, the root at (0, 0, distance).

    Args:
        lifter: depth offsets `[..., J]` from a pose `[..., J, 2]`.
        pose: `[..., J, 2]` root-centred poses, normalized units.
        distance: constant distance c of camera and root (paper: 10).
        min_depth: nearest depth (paper: 1).
        root: index of the root joint.

    Returns:
        `[..., J, 3]`, camera frame, normalized units.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Chen et al. 2019, section 3 (docs/method.md, eq. 1 and 2).

    Example:
        >>> lift_pose(lambda pose: jnp.array([0.0, 2.0]), jnp.array([[0.0, 0.0], [0.5, 0.25]])).tolist()
        [[0.0, 0.0, 10.0], [6.0, 3.0, 12.0]]
    """
    return unproject(pose, depth(lifter(pose), distance=distance, min_depth=min_depth, root=root))


def rotate_about_root(points: jax.Array, rotation: jax.Array, *, distance: float = 10.0, root: int = 0) -> jax.Array:
    """Rotate points about their root: the same points in another view, the root at (0, 0, distance).

    Args:
        points: `[..., J, 3]`, camera frame.
        rotation: `[..., 3, 3]`.
        distance: constant distance c of camera and root (paper: 10).
        root: index of the root joint.

    Returns:
        `[..., J, 3]`, camera frame of the other view.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Chen et al. 2019, section 3 (docs/method.md, eq. 3).

    Example:
        >>> points = jnp.array([[0.0, 0.0, 10.0], [1.0, 0.0, 10.0]])
        >>> rotate_about_root(points, jnp.diag(jnp.array([-1.0, 1.0, -1.0]))).tolist()  # half a turn
        [[0.0, 0.0, 10.0], [-1.0, 0.0, 10.0]]
    """
    return rotate(center(points, root), rotation).at[..., 2].add(distance)


def lift_reproject_lift(
    lifter: Callable[[jax.Array], jax.Array],
    pose: jax.Array,
    rotation: jax.Array,
    *,
    distance: float = 10.0,
    min_depth: float = 1.0,
    root: int = 0,
) -> Cycle:
    """Close the cycle: lift, rotate, project, lift again, rotate back, reproject.

    Args:
        lifter: depth offsets `[..., J]` from a pose `[..., J, 2]`.
        pose: `[..., J, 2]` root-centred poses in normalized units (mean head-root length 1 / distance).
        rotation: `[..., 3, 3]` from view 1 to view 2, about the lifted root.
        distance: constant distance c of camera and root (paper: 10).
        min_depth: nearest depth (paper: 1).
        root: index of the root joint.

    Returns:
        The six stages of the cycle. A lifter that gives the true depth closes it: relifted = rotated, reprojected =
        pose.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Chen et al. 2019, section 3 (docs/method.md, eq. 1 to 6).

    Example:
        Without a rotation every lifter closes the cycle:

        >>> pose = 0.1 * jax.random.normal(jax.random.key(0), (4, 17, 2)).at[:, 0].set(0)
        >>> cycle = lift_reproject_lift(lambda x: x.sum(-1), pose, jnp.eye(3))
        >>> bool(jnp.allclose(cycle.reprojected, pose, atol=1e-6))
        True
    """
    lifted = lift_pose(lifter, pose, distance=distance, min_depth=min_depth, root=root)
    rotated = rotate_about_root(lifted, rotation, distance=distance, root=root)
    novel = project(rotated, min_depth=min_depth)
    relifted = lift_pose(lifter, novel, distance=distance, min_depth=min_depth, root=root)
    restored = rotate(relifted.at[..., 2].add(-distance), inverse(rotation)) + lifted[..., root : root + 1, :]
    reprojected = project(restored, min_depth=min_depth)
    return Cycle(lifted, rotated, novel, relifted, restored, reprojected)


def consistency_3d(cycle: Cycle, seen: jax.Array | None = None, *, squared: bool = True) -> jax.Array:
    """L_3D = sum_j |Y_j - Y~_j|^2: the lifted and the relifted points agree in view 2.

    Args:
        cycle: the stages of a cycle.
        seen: `[..., J]` bool, the joints that count; None: all.
        squared: False: the root of that sum.

    Returns:
        `[...]`, normalized units squared (or normalized units).

    Raises:
        ValueError: if `seen` does not fit.

    Source:
        Chen et al. 2019, section 3 (docs/method.md, eq. 7); not squared: ElePose, Wandt et al. 2022.

    Example:
        >>> pose = 0.1 * jax.random.normal(jax.random.key(0), (4, 17, 2)).at[:, 0].set(0)
        >>> cycle = lift_reproject_lift(lambda x: x.sum(-1), pose, jnp.eye(3))
        >>> consistency_3d(cycle).shape, bool((consistency_3d(cycle) < 1e-6).all())
        ((4,), True)
    """
    return _size(cycle.rotated - cycle.relifted, seen, squared)


def consistency_2d(cycle: Cycle, pose: jax.Array, seen: jax.Array | None = None, *, squared: bool = True) -> jax.Array:
    """L_2D = sum_j |x_j - x~_j|^2: the given and the reprojected pose agree in view 1.

    Args:
        cycle: the stages of a cycle.
        pose: `[..., J, 2]`, the given pose.
        seen: `[..., J]` bool, the joints that count; None: all.
        squared: False: the sum of the absolute values of all coordinates' differences.

    Returns:
        `[...]`, normalized units squared (or normalized units).

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Chen et al. 2019, section 3 (docs/method.md, eq. 8); not squared: ElePose, Wandt et al. 2022.

    Example:
        >>> pose = 0.1 * jax.random.normal(jax.random.key(0), (4, 17, 2)).at[:, 0].set(0)
        >>> cycle = lift_reproject_lift(lambda x: x.sum(-1), pose, jnp.eye(3))
        >>> consistency_2d(cycle, pose).shape, bool((consistency_2d(cycle, pose) < 1e-6).all())
        ((4,), True)
    """
    if pose.shape != cycle.reprojected.shape:
        raise ValueError(f"pose: found shape {pose.shape}, expected that of the cycle, {cycle.reprojected.shape}")
    apart = pose - cycle.reprojected
    return _size(apart, seen, True) if squared else jnp.abs(masked(apart, seen)).sum(axis=(-2, -1))


def deformation(cycle: Cycle, seen: jax.Array | None = None) -> jax.Array:
    """L_def = |(X_a - X_b) - (X~_a - X~_b)|: two poses differ by the same before and after the cycle.

    Neighbours are pairs, so that it does not matter how many devices share a batch. Joints that one of the two lacks
    do not count.

    Args:
        cycle: the stages of a cycle of `[2 N, J, 2]` poses.
        seen: `[2 N, J]` bool, the joints that count; None: all.

    Returns:
        `[N]`, normalized units.

    Raises:
        ValueError: if the number of poses is odd.

    Source:
        ElePose, Wandt et al. 2022 (docs/method.md, eq. 18).

    Example:
        >>> pose = 0.1 * jax.random.normal(jax.random.key(0), (4, 17, 2)).at[:, 0].set(0)
        >>> deformation(lift_reproject_lift(lambda x: x.sum(-1), pose, jnp.eye(3))).shape
        (2,)
    """
    if len(cycle.lifted) % 2:
        raise ValueError(f"cycle: found {len(cycle.lifted)} poses, expected an even number, pairs")

    def apart(points: jax.Array) -> jax.Array:
        return points[::2] - points[1::2]

    both = None if seen is None else seen[::2] & seen[1::2]
    return _size(apart(cycle.lifted) - apart(cycle.restored), both, False)


def displacement(pose: jax.Array, later: jax.Array, *, gain: float = 10.0, with_pose: bool = False) -> jax.Array:
    """The displacement of joints between two frames of one clip: what a motion discriminator sees.

    Args:
        pose, later: `[..., J, 2]` root-centred poses, normalized units; synthetic ones must be of the same view.
        gain: factor on displacements, which are small beside a pose.
        with_pose: put the pose beside its displacement.

    Returns:
        The displacement of every joint, `[..., J, 2]`; or `[..., 2 J, 2]`: displacements first, then the pose.

    Raises:
        ValueError: if the shapes differ.

    Source:
        Chen et al. 2019 (docs/method.md, eq. 11); the gain is ours.

    Example:
        >>> displacement(jnp.zeros((17, 2)), 0.1 * jnp.ones((17, 2)), with_pose=True).shape
        (34, 2)
    """
    if pose.shape != later.shape:
        raise ValueError(f"later: found shape {later.shape}, expected that of the pose, {pose.shape}")
    moved = gain * (later - pose)
    return jnp.concatenate([moved, pose], axis=-2) if with_pose else moved


def correction_size(correction: jax.Array, seen: jax.Array | None = None, *, squared: bool = True) -> jax.Array:
    """L_reg = sum_j |C_j|^2, the size of a domain adapter's correction.

    Args:
        correction: `[..., J, 2]`, normalized units.
        seen: `[..., J]` bool, the joints that count; None: all.
        squared: False: sum_j |C_j|, which does not move joints that need no correction.

    Returns:
        `[...]`, normalized units squared (or normalized units).

    Raises:
        ValueError: if `seen` does not fit.

    Source:
        Chen et al. 2019, section 3.4 (docs/method.md, eq. 13); not squared: ours.

    Example:
        >>> correction = jnp.array([[0.0, 0.0], [3.0, 4.0]])
        >>> correction_size(correction).item(), correction_size(correction, squared=False).item()
        (25.0, 5.0)
    """
    if squared:
        return _size(correction, seen, True)
    return safe_norm(masked(correction, seen)).sum(-1)


def _size(x: jax.Array, seen: jax.Array | None, squared: bool) -> jax.Array:
    """Sum of squares over joints and coordinates, or its root."""
    x = masked(x, seen)
    return jnp.sum(x**2, axis=(-2, -1)) if squared else safe_norm(x.reshape(*x.shape[:-2], -1))


def mean_over(values: jax.Array, where: jax.Array, axis_name: str | None = None) -> jax.Array:
    """Mean of a loss over the poses that count; 0 if none does.

    Args:
        values: `[N]`.
        where: `[N]` bool.
        axis_name: mapped axis of the devices that share the batch. The result is then a device's part: over the
            devices these average to the mean over all poses that count on any of them.

    Returns:
        `()`.

    Example:
        >>> mean_over(jnp.array([1.0, 2.0, 9.0]), jnp.array([True, True, False])).item()
        1.5
    """
    count = where.sum().astype(values.dtype)
    count = count if axis_name is None else jax.lax.pmean(count, axis_name)
    return jnp.where(where, values, 0.0).sum() / jnp.where(count > 0, count, 1.0)


class Adversarial(NamedTuple):
    """A pair of adversarial losses of a discriminator's outputs, one value per pose.

    Attributes:
        generator: `fake [...] -> [...]`, the loss of the lifter.
        discriminator: `(real [...], fake [...]) -> [...]`, the loss of the discriminator.
        threshold: outputs above it count as real.

    Example:
        >>> pair = ADVERSARIAL["least_squares"]
        >>> pair.generator(jnp.array([1.0, 0.0])).tolist(), pair.threshold
        ([0.0, 1.0], 0.5)
    """

    generator: Callable[[jax.Array], jax.Array]
    discriminator: Callable[[jax.Array, jax.Array], jax.Array]
    threshold: float


def gradient_penalty(
    discriminator: Callable[..., jax.Array], joints: jax.Array, seen: jax.Array | None = None, *, gain: float = 10.0
) -> jax.Array:
    """R1 = |dD / d(gain r)|^2 / 2, the squared gradient of a discriminator at real poses r.

    It keeps the discriminator from becoming steep and then certain, which is how long adversarial training fails.

    Args:
        discriminator: `(joints, seen) -> [N]`.
        joints: `[N, J, 2]` real poses, normalized units.
        seen: `[N, J]` bool, their joints that were seen; None: all.
        gain: unit of the gradient: the factor by which the network multiplies poses.

    Returns:
        `[N]`.

    Source:
        Mescheder et al. 2018 (docs/method.md, eq. 19).

    Example:
        >>> gradient_penalty(lambda joints, seen: 10.0 * joints[:, 0, 0], jnp.zeros((2, 17, 2))).tolist()
        [0.5, 0.5]
    """
    slope = jax.grad(lambda x: discriminator(x, seen).sum())(joints) / gain
    return 0.5 * jnp.sum(slope**2, axis=(-2, -1))


def _logistic_generator(fake: jax.Array) -> jax.Array:
    """-log sigmoid(D(y)): the non-saturating form of min log(1 - D(y)) (Goodfellow et al. 2014)."""
    return jax.nn.softplus(-fake)


def _logistic_discriminator(real: jax.Array, fake: jax.Array) -> jax.Array:
    """-log sigmoid(D(r)) - log(1 - sigmoid(D(y))) (docs/method.md, eq. 9)."""
    return jax.nn.softplus(-real) + jax.nn.softplus(fake)


def _least_squares_generator(fake: jax.Array) -> jax.Array:
    """(D(y) - 1)^2 (Mao et al. 2017)."""
    return (fake - 1.0) ** 2


def _least_squares_discriminator(real: jax.Array, fake: jax.Array) -> jax.Array:
    """(D(r) - 1)^2 + D(y)^2 (Mao et al. 2017)."""
    return (real - 1.0) ** 2 + fake**2


ADVERSARIAL = {
    "logistic": Adversarial(_logistic_generator, _logistic_discriminator, 0.0),
    "least_squares": Adversarial(_least_squares_generator, _least_squares_discriminator, 0.5),
}


def adversarial(name: str) -> Adversarial:
    """The pair of adversarial losses of a name.

    Args:
        name: "logistic" (non-saturating; the paper's) or "least_squares".

    Returns:
        The losses of lifter and discriminator.

    Raises:
        ValueError: if there is no such pair.

    Source:
        Goodfellow et al. 2014 (docs/method.md, eq. 9); Mao et al. 2017.

    Example:
        >>> round(adversarial("logistic").generator(jnp.float32(0.0)).item(), 4)  # log 2
        0.6931
    """
    if name not in ADVERSARIAL:
        raise ValueError(f"adversarial: found {name!r}, expected one of {sorted(ADVERSARIAL)}")
    return ADVERSARIAL[name]
