"""Bone terms: priors on bone lengths without 3D.

Left is as long as right, people have similar proportions, and bones of one individual keep their lengths.

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

NAMES = ("symmetry", "spread", "proportions")  # those that take left and right together
RIGID = 0.03  # variation of a bone that counts as rigid: that of keypoints alone. Softer bones pull less
SHORTEST = 0.01  # mean ratio of a bone of an individual, at least: shorter ones are points in the flat start


def bone_terms(skeleton: Skeleton, expected: Sequence[float] | None = None, *, subjects: bool = False) -> TermGroup:
    """Bone lengths of lifted poses: "symmetry", "spread", "proportions" if they are expected, "individual" by subjects.

    Args:
        skeleton: of the poses.
        expected: `[B]` expected ratios of the bones; None: not known.
        subjects: whether poses state whose they are.

    Returns:
        Terms for `lifting_objectives`, means over the batch's whole poses; a pose that misses a joint does not count.

    Source:
        Symmetry, spread, individual: ours; proportions: ElePose, Wandt et al. 2022 (docs/method.md, eq. 15 to 17, 39).

    Example:
        >>> from geolift import H36M17
        >>> bone_terms(H36M17).names
        ('symmetry', 'spread')
    """
    names = (NAMES[:2] if expected is None else NAMES) + (("individual",) if subjects else ())

    def compute(lifted: LiftedBatch) -> Part:
        ratios, whole = bone_ratios(lifted.cycle.lifted, skeleton), lifted.pose.whole
        losses = {
            "symmetry": symmetry(ratios, skeleton),
            "spread": spread(ratios, skeleton, whole, lifted.axis_name),
        }
        if expected is not None:
            losses["proportions"] = proportions(ratios, jnp.array(expected))
        if subjects:
            losses["individual"] = individual(ratios, lifted.pose.subject, whole, lifted.axis_name)
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


def individual(
    ratios: jax.Array, subject: jax.Array, whole: jax.Array | None = None, axis_name: str | None = None
) -> jax.Array:
    """L_ind = sum_b d_b^2 / (v_b + RIGID^2), how far each of N poses is from its individual's bones, `[N, B] -> [N]`.

    d_b = r_b / (mean of this individual's r_b) - 1; v_b is the batch's mean of d_b^2: how soft a bone is. A soft one (a
    spine, a tail) pulls less than a rigid one, and no softness is assumed (docs/method.md, eq. 39). Left and right are
    not taken together. An individual with one pose in the batch has no loss.

    Args:
        ratios: of all poses of a batch, or of this device's share of it.
        subject: `[N]` int, whose they are.
        whole: `[N]` bool, the poses that means are over; None: all.
        axis_name: mapped axis over whose devices the means go, too.

    Source:
        Ours.

    Example:
        >>> ratios = jnp.array([[0.5, 1.5], [0.5, 1.5], [0.8, 1.2], [0.8, 1.2]])
        >>> individual(ratios, jnp.array([0, 0, 1, 1])).tolist()
        [0.0, 0.0, 0.0, 0.0]
        >>> bool((individual(ratios, jnp.array([0, 1, 0, 1])) > 0).all())
        True
    """
    counts = _counts(ratios, whole)
    everyone = (ratios, subject, counts)
    if axis_name is not None:  # poses of one individual are on all devices
        everyone = jax.lax.all_gather(everyone, axis_name, tiled=True)
    all_ratios, all_subjects, all_counts = jax.lax.stop_gradient(everyone)
    same = (subject[:, None] == all_subjects[None]) * all_counts[None]
    mean = jnp.matmul(same, all_ratios, precision="highest") / jnp.maximum(same.sum(axis=1, keepdims=True), 1.0)
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
