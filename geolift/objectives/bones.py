"""What bones say without 3D: left is as long as right, and people have much the same proportions.

Everything is in ratios, each bone's length over the mean of its pose's bones, as one view has no scale. Losses give one
value per pose, `[...]`; callers average, over whole poses alone: a ratio is to a mean of all bones.
"""

import functools

import jax
import jax.numpy as jnp

from geolift.losses import mean_over
from geolift.skeletons.bones import bone_ratios, partners, sides
from geolift.skeletons.skeleton import Skeleton


def bone_terms(
    points: jax.Array,
    skeleton: Skeleton,
    whole: jax.Array,
    *,
    expected: jax.Array | None = None,
    axis_name: str | None = None,
) -> dict[str, jax.Array]:
    """The terms below as means over the whole ones of N poses `[N, J, 3]`: "symmetry", "spread", "proportions".

    Args:
        points: lifted poses of a batch, or of this device's share of it.
        skeleton: of the poses.
        whole: `[N]` bool; a pose that misses a joint counts for nothing.
        expected: `[B]` ratios; None leaves "proportions" out.
        axis_name: mapped axis over whose devices the batch is shared.
    """
    ratios = bone_ratios(points, skeleton)
    mean = functools.partial(mean_over, where=whole, axis_name=axis_name)
    terms = {
        "symmetry": mean(symmetry(ratios, skeleton)),
        "spread": mean(spread(ratios, skeleton, whole, axis_name)),
    }
    return terms if expected is None else terms | {"proportions": mean(proportions(ratios, expected))}


def symmetry(ratios: jax.Array, skeleton: Skeleton) -> jax.Array:
    """L_sym = sum over pairs of (left - right)^2, `[..., B] -> [...]` (docs/method.md, eq. 15)."""
    left, right = sides(skeleton)
    return jnp.sum((ratios[..., left] - ratios[..., right]) ** 2, axis=-1)


def spread(
    ratios: jax.Array, skeleton: Skeleton, whole: jax.Array | None = None, axis_name: str | None = None
) -> jax.Array:
    """L_spread = sum_b (r_b - mean_b)^2, how far each of N poses is from the batch's proportions, `[N, B] -> [N]`.

    The mean is the batch's own, left and right taken together, so nothing is assumed of what people look like, but that
    they look alike (docs/method.md, eq. 16).

    Args:
        ratios: of all poses of a batch, or of this device's share of it.
        skeleton: whose bones they are.
        whole: `[N]` bool, the poses that the mean is over; None: all.
        axis_name: mapped axis over whose devices the mean goes, too.
    """
    weight = jnp.ones_like(ratios[:, :1]) if whole is None else whole.astype(ratios.dtype)[:, None]
    total, count = jnp.sum(ratios * weight, axis=0), weight.sum()
    if axis_name is not None:
        total, count = jax.lax.psum((total, count), axis_name)
    mean = total / jnp.maximum(count, 1.0)
    # Held fixed: about its mean, a sum of squares does not change with where the mean is.
    return proportions(ratios, jax.lax.stop_gradient((mean + mean[partners(skeleton)]) / 2))


def proportions(ratios: jax.Array, expected: jax.Array) -> jax.Array:
    """L_bone = sum_b (r_b - expected_b)^2, `[..., B]` and `[B] -> [...]` (ElePose, Wandt et al. 2022; eq. 17)."""
    return jnp.sum((ratios - jnp.broadcast_to(expected, ratios.shape)) ** 2, axis=-1)
