"""Bone terms: priors on bone lengths without 3D. Left is as long as right, and people have similar proportions.

Everything is in ratios, each bone's length over the mean of its pose's bones, as one view has no scale. Losses give one
value per pose, `[...]`; callers average, over whole poses only: a ratio is to the mean of all bones.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from geolift.losses import mean_over
from geolift.objectives.terms import LiftedBatch, Part, TermGroup
from geolift.skeletons.bones import bone_ratios, partners, sides
from geolift.skeletons.skeleton import Skeleton

NAMES = ("symmetry", "spread", "proportions")


def bone_terms(skeleton: Skeleton, expected: Sequence[float] | None = None) -> TermGroup:
    """Bone lengths of lifted poses: "symmetry", "spread" and, if proportions are expected, "proportions".

    Args:
        skeleton: of the poses.
        expected: `[B]` expected ratios of the bones; None: not known.

    Returns:
        Terms for `lifting_objectives`, means over the batch's whole poses; a pose that misses a joint does not count.

    Source:
        Symmetry, spread: ours; proportions: ElePose, Wandt et al. 2022 (docs/method.md, eq. 15 to 17).

    Example:
        >>> from geolift import H36M17
        >>> bone_terms(H36M17).names
        ('symmetry', 'spread')
    """
    names = NAMES[:2] if expected is None else NAMES

    def compute(lifted: LiftedBatch) -> Part:
        ratios, whole = bone_ratios(lifted.cycle.lifted, skeleton), lifted.pose.whole
        losses = {
            "symmetry": symmetry(ratios, skeleton),
            "spread": spread(ratios, skeleton, whole, lifted.axis_name),
        }
        if expected is not None:
            losses["proportions"] = proportions(ratios, jnp.array(expected))
        return Part({name: mean_over(loss, whole, lifted.axis_name) for name, loss in losses.items()})

    return TermGroup(names, compute)


def symmetry(ratios: jax.Array, skeleton: Skeleton) -> jax.Array:
    """L_sym = sum over pairs of (left - right)^2, `[..., B] -> [...]` (docs/method.md, eq. 15)."""
    left, right = sides(skeleton)
    return jnp.sum((ratios[..., left] - ratios[..., right]) ** 2, axis=-1)


def spread(
    ratios: jax.Array, skeleton: Skeleton, whole: jax.Array | None = None, axis_name: str | None = None
) -> jax.Array:
    """L_spread = sum_b (r_b - mean_b)^2, how far each of N poses is from the batch's proportions, `[N, B] -> [N]`.

    The mean is that of the batch, left and right taken together, so no proportions are assumed, only that they are
    similar (docs/method.md, eq. 16).

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
    # No gradient is lost: a sum of squares about its mean does not change, to first order, with the mean.
    return proportions(ratios, jax.lax.stop_gradient((mean + mean[partners(skeleton)]) / 2))


def proportions(ratios: jax.Array, expected: jax.Array) -> jax.Array:
    """L_bone = sum_b (r_b - expected_b)^2, `[..., B]` and `[B] -> [...]` (ElePose, Wandt et al. 2022; eq. 17)."""
    return jnp.sum((ratios - jnp.broadcast_to(expected, ratios.shape)) ** 2, axis=-1)
