"""The idea of the paper as pure functions: lift, turn, project, lift again, turn back, reproject.

Every loss gives one value per pose, `[...]`; callers average. A `lifter` is any function from a pose `[..., J, 2]` to
depth offsets `[..., J]`; nothing here knows a network. Equations: docs/method.md.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from geolift.geometry import center, depth, inverse, project, rotate, unproject


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


def lift(
    lifter: Callable[[jax.Array], jax.Array],
    pose: jax.Array,
    *,
    distance: float = 10.0,
    min_depth: float = 1.0,
    root: int = 0,
) -> jax.Array:
    """Lift a root-centred, normalised pose `[..., J, 2]` to points `[..., J, 3]`, the root at (0, 0, distance)."""
    return unproject(pose, depth(lifter(pose), distance=distance, min_depth=min_depth, root=root))


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
    lifted = lift(lifter, pose, distance=distance, min_depth=min_depth, root=root)
    rotated = rotate(center(lifted, root), rotation).at[..., 2].add(distance)
    novel = project(rotated, min_depth=min_depth)
    relifted = lift(lifter, novel, distance=distance, min_depth=min_depth, root=root)
    restored = rotate(relifted.at[..., 2].add(-distance), inverse(rotation)) + lifted[..., root : root + 1, :]
    reprojected = project(restored, min_depth=min_depth)
    return Cycle(lifted, rotated, novel, relifted, restored, reprojected)


def consistency_3d(cycle: Cycle) -> jax.Array:
    """L_3D = sum_j |Y_j - Y~_j|^2, both in view 2, normalised units squared, `-> [...]` (docs/method.md, eq. 7)."""
    return jnp.sum((cycle.rotated - cycle.relifted) ** 2, axis=(-2, -1))


def consistency_2d(cycle: Cycle, pose: jax.Array) -> jax.Array:
    """L_2D = sum_j |x_j - x~_j|^2, both in view 1, normalised units squared, `-> [...]` (docs/method.md, eq. 8)."""
    if pose.shape != cycle.reprojected.shape:
        raise ValueError(f"pose: found shape {pose.shape}, expected that of the cycle, {cycle.reprojected.shape}")
    return jnp.sum((pose - cycle.reprojected) ** 2, axis=(-2, -1))


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
