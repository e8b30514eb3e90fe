"""Bone terms: priors on bone lengths without 3D.

Left is as long as right, bodies have similar proportions, and rigid bones keep their lengths more than soft ones.

Everything is in ratios, each bone's length over the mean of its pose's bones, as one view has no scale. Losses give one
value per pose, `[...]`; callers average, over whole poses only: a ratio is to the mean of all bones.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from geolift.losses import mean_over
from geolift.objectives.terms import LiftedBatch, Part, TermGroup
from geolift.skeletons.bones import bone_ratios, has_partners, partners, sides
from geolift.skeletons.skeleton import Skeleton

NAMES = ("symmetry", "spread", "proportions")  # those that take left and right together
RIGID = 0.03  # variation of a bone that counts as rigid: that of keypoints alone. Softer bones pull less
SHORTEST = 0.01  # mean ratio of a bone, at least: shorter ones are points in the flat start


def bone_terms(skeleton: Skeleton, expected: Sequence[float] | None = None) -> TermGroup:
    """Bone lengths of lifted poses: "rigidity", and if the root has no side "symmetry", "spread" and "proportions".

    Args:
        skeleton: of the poses.
        expected: `[B]` expected ratios of the bones; None: not known, there are no "proportions".

    Returns:
        Terms for `lifting_objectives`, means over the batch's whole poses; a pose that misses a joint does not count.

    Source:
        Symmetry, spread, rigidity: ours; proportions: ElePose, Wandt et al. 2022 (docs/method.md, eq. 15 to 17, 39).

    Example:
        >>> from geolift import H36M17
        >>> bone_terms(H36M17).names
        ('rigidity', 'symmetry', 'spread')
    """
    paired = has_partners(skeleton)
    names = ("rigidity", *(NAMES if expected is not None else NAMES[:2])) if paired else ("rigidity",)

    def compute(lifted: LiftedBatch) -> Part:
        ratios, whole = bone_ratios(lifted.cycle.lifted, skeleton), lifted.pose.whole
        losses = {"rigidity": rigidity(ratios, whole, lifted.axis_name)}
        if paired:
            losses["symmetry"] = symmetry(ratios, skeleton)
            losses["spread"] = spread(ratios, skeleton, whole, lifted.axis_name)
        if "proportions" in names:
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
    mean = _batch_mean(ratios, _counts(ratios, whole), axis_name)
    # No gradient is lost: a sum of squares about its mean does not change, to first order, with the mean.
    return proportions(ratios, jax.lax.stop_gradient((mean + mean[partners(skeleton)]) / 2))


def rigidity(ratios: jax.Array, whole: jax.Array | None = None, axis_name: str | None = None) -> jax.Array:
    """L_rigid = sum_b d_b^2 / (v_b + RIGID^2), how far each of N poses is from the batch's bones, `[N, B] -> [N]`.

    d_b = r_b / (the batch's mean of r_b) - 1; v_b is the batch's mean of d_b^2: how soft a bone is. A soft one (a
    spine, a tail) pulls less than a rigid one, and no softness is assumed (docs/method.md, eq. 39). Left and right are
    not taken together. Of one individual these are its bones; what differs between several counts as softness.

    Args:
        ratios: of all poses of a batch, or of this device's share of it.
        whole: `[N]` bool, the poses that means are over; None: all.
        axis_name: mapped axis over whose devices the means go, too.

    Source:
        Ours.

    Example:
        >>> rigidity(jnp.array([[0.5, 1.5], [0.5, 1.5]])).tolist()
        [0.0, 0.0]
    """
    counts = _counts(ratios, whole)
    mean = jax.lax.stop_gradient(_batch_mean(ratios, counts, axis_name))[None]
    squares = (ratios / jnp.maximum(mean, SHORTEST) - 1.0) ** 2
    softness = jax.lax.stop_gradient(_batch_mean(squares, counts, axis_name))
    return jnp.sum(squares / (softness + RIGID**2)[None], axis=-1)


def proportions(ratios: jax.Array, expected: jax.Array) -> jax.Array:
    """L_bone = sum_b (r_b - expected_b)^2, `[..., B]` and `[B] -> [...]` (ElePose, Wandt et al. 2022; eq. 17)."""
    return jnp.sum((ratios - jnp.broadcast_to(expected, ratios.shape)) ** 2, axis=-1)


def _counts(ratios: jax.Array, whole: jax.Array | None) -> jax.Array:
    """`[N]` 1 for poses that means are over, 0 for the others."""
    return jnp.ones(len(ratios), ratios.dtype) if whole is None else whole.astype(ratios.dtype)


def _batch_mean(values: jax.Array, counts: jax.Array, axis_name: str | None) -> jax.Array:
    """The mean of `[N, B]` over the poses that count, on all devices, `[B]`."""
    total, count = jnp.sum(values * counts[:, None], axis=0), counts.sum()
    if axis_name is not None:
        total, count = jax.lax.psum((total, count), axis_name)
    return total / jnp.maximum(count, 1.0)
