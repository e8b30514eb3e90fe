"""The idea of the paper as pure functions: lift, turn, project, lift again, turn back, reproject.

Every loss gives one value per pose, `[...]`; callers average. A `lifter` is any function from a pose `[..., J, 2]` to
depth offsets `[..., J]`; nothing here knows a network. `seen` `[..., J]` bool says which joints count; None is all.
Equations: docs/method.md.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from geolift.geometry import center, depth, inverse, masked, project, rotate, safe_norm, unproject


class Cycle(NamedTuple):
    """One lift-reproject-lift. Camera frames: view 1 is the given one, view 2 the random one.

    Attributes:
        lifted: `[..., J, 3]` X, the points lifted from the pose (view 1).
        rotated: `[..., J, 3]` Y, the same points in view 2, root on the axis at `distance`.
        novel: `[..., J, 2]` y, their projection: a synthetic pose.
        relifted: `[..., J, 3]` Y~, lifted again from the synthetic pose (view 2).
        restored: `[..., J, 3]` X~, those points taken back to view 1.
        reprojected: `[..., J, 2]` x~, their projection.
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
    """Lift a root-centred, normalised pose `[..., J, 2]` to points `[..., J, 3]`, the root at (0, 0, distance)."""
    return unproject(pose, depth(lifter(pose), distance=distance, min_depth=min_depth, root=root))


def rotate_about_root(points: jax.Array, rotation: jax.Array, *, distance: float = 10.0, root: int = 0) -> jax.Array:
    """See points `[..., J, 3]` in another view: turned about their root by `[..., 3, 3]`, root at (0, 0, distance)."""
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
    """Close the cycle of Chen et al. 2019 (section 3; docs/method.md, equations 1-6).

    Args:
        lifter: depth offsets `[..., J]` from a pose `[..., J, 2]`.
        pose: `[..., J, 2]` root-centred poses in normalised units (mean head-root length 1 / distance).
        rotation: `[..., 3, 3]` from view 1 to view 2, about the lifted root.
        distance: constant distance c of camera and root (paper: 10).
        min_depth: nearest depth (paper: 1).
        root: index of the root joint.

    Returns:
        The six stages of the cycle. A lifter that knows the depth closes it: relifted = rotated, reprojected = pose.

    Raises:
        ValueError: if a shape does not fit.
    """
    lifted = lift_pose(lifter, pose, distance=distance, min_depth=min_depth, root=root)
    rotated = rotate_about_root(lifted, rotation, distance=distance, root=root)
    novel = project(rotated, min_depth=min_depth)
    relifted = lift_pose(lifter, novel, distance=distance, min_depth=min_depth, root=root)
    restored = rotate(relifted.at[..., 2].add(-distance), inverse(rotation)) + lifted[..., root : root + 1, :]
    reprojected = project(restored, min_depth=min_depth)
    return Cycle(lifted, rotated, novel, relifted, restored, reprojected)


def consistency_3d(cycle: Cycle, seen: jax.Array | None = None, *, squared: bool = True) -> jax.Array:
    """L_3D = sum_j |Y_j - Y~_j|^2, both in view 2, normalised units squared, `-> [...]` (docs/method.md, eq. 7).

    With `squared=False` the root of that sum (ElePose, Wandt et al. 2022).
    """
    return _size(cycle.rotated - cycle.relifted, seen, squared)


def consistency_2d(cycle: Cycle, pose: jax.Array, seen: jax.Array | None = None, *, squared: bool = True) -> jax.Array:
    """L_2D = sum_j |x_j - x~_j|^2, both in view 1, normalised units squared, `-> [...]` (docs/method.md, eq. 8).

    With `squared=False` the sum of the absolute values of all coordinates' differences (ElePose).
    """
    if pose.shape != cycle.reprojected.shape:
        raise ValueError(f"pose: found shape {pose.shape}, expected that of the cycle, {cycle.reprojected.shape}")
    apart = pose - cycle.reprojected
    return _size(apart, seen, True) if squared else jnp.abs(masked(apart, seen)).sum(axis=(-2, -1))


def deformation(cycle: Cycle, seen: jax.Array | None = None) -> jax.Array:
    """L_def = |(X_a - X_b) - (X~_a - X~_b)|, how two people differ, before and after the cycle: `[2 N, ...] -> [N]`.

    Neighbours are pairs, so that it does not matter how many devices share a batch (ElePose, Wandt et al. 2022;
    docs/method.md, eq. 18). Joints that one of the two lacks count for nothing.

    Raises:
        ValueError: if somebody is left alone.
    """
    if len(cycle.lifted) % 2:
        raise ValueError(f"cycle: found {len(cycle.lifted)} poses, expected an even number, pairs")

    def apart(points: jax.Array) -> jax.Array:
        return points[::2] - points[1::2]

    both = None if seen is None else seen[::2] & seen[1::2]
    return _size(apart(cycle.lifted) - apart(cycle.restored), both, False)


def displacement(pose: jax.Array, later: jax.Array, *, gain: float = 10.0, with_pose: bool = False) -> jax.Array:
    """What a motion discriminator sees of two frames of one clip (docs/method.md, eq. 11).

    Args:
        pose, later: `[..., J, 2]` root-centred poses; synthetic ones must come from the same view.
        gain: factor on displacements, which are small beside a pose.
        with_pose: put the pose beside its displacement.

    Returns:
        The displacement of every joint, `[..., J, 2]`, or `[..., 2 J, 2]`: displacements first, then the pose.

    Raises:
        ValueError: if the shapes differ.
    """
    if pose.shape != later.shape:
        raise ValueError(f"later: found shape {later.shape}, expected that of the pose, {pose.shape}")
    moved = gain * (later - pose)
    return jnp.concatenate([moved, pose], axis=-2) if with_pose else moved


def correction_size(correction: jax.Array, seen: jax.Array | None = None, *, squared: bool = True) -> jax.Array:
    """L_reg = sum_j |C_j|^2 of a domain adapter's correction `[..., J, 2]`, `-> [...]` (docs/method.md, eq. 13).

    With `squared=False` it is sum_j |C_j|, which leaves joints alone that need no correction.
    """
    if squared:
        return _size(correction, seen, True)
    return safe_norm(masked(correction, seen)).sum(-1)


def _size(x: jax.Array, seen: jax.Array | None, squared: bool) -> jax.Array:
    """Sum of squares over joints and coordinates, or its root."""
    x = masked(x, seen)
    return jnp.sum(x**2, axis=(-2, -1)) if squared else safe_norm(x.reshape(*x.shape[:-2], -1))


def mean_over(values: jax.Array, where: jax.Array, axis_name: str | None = None) -> jax.Array:
    """Mean of a loss over the poses that count, `[N]` and `[N]` bool `-> ()`; 0 if none does.

    With `axis_name` a device's part of it: over the devices these average to the mean over all that count anywhere.
    """
    count = where.sum().astype(values.dtype)
    count = count if axis_name is None else jax.lax.pmean(count, axis_name)
    return jnp.where(where, values, 0.0).sum() / jnp.where(count > 0, count, 1.0)


class Adversarial(NamedTuple):
    """The two sides of a game on discriminator outputs, one value per pose, and the output that parts real from fake.

    Attributes:
        generator: `fake [...] -> [...]`, what the lifter lowers.
        discriminator: `(real [...], fake [...]) -> [...]`, what the discriminator lowers.
        threshold: outputs above it are judged real.
    """

    generator: Callable[[jax.Array], jax.Array]
    discriminator: Callable[[jax.Array, jax.Array], jax.Array]
    threshold: float


def gradient_penalty(
    verdict: Callable[..., jax.Array], joints: jax.Array, seen: jax.Array | None = None, *, gain: float = 10.0
) -> jax.Array:
    """R1 = |dD / d(gain r)|^2 / 2 at real poses r, `[N, J, 2] -> [N]` (Mescheder et al. 2018; docs/method.md, eq. 19).

    A discriminator that is nowhere steep cannot win the game outright, which is how long games end.

    Args:
        verdict: the discriminator, `(joints, seen) -> [N]`.
        joints, seen: real poses.
        gain: units of the gradient: what the network multiplies poses by.
    """
    slope = jax.grad(lambda x: verdict(x, seen).sum())(joints) / gain
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
    """The adversarial losses called `name`: "logistic" (non-saturating; the paper's game) or "least_squares".

    Raises:
        ValueError: if there is no such game.
    """
    if name not in ADVERSARIAL:
        raise ValueError(f"adversarial: found {name!r}, expected one of {sorted(ADVERSARIAL)}")
    return ADVERSARIAL[name]
