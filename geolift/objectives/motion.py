"""Motion terms: a second discriminator learns to distinguish real motion from that of two lifted frames of a clip."""

import jax.numpy as jnp

from geolift.data.sampling import Poses
from geolift.geometry import project
from geolift.losses import displacement, rotate_about_root
from geolift.networks.mlp import Discriminator
from geolift.objectives.adversarial import discriminator_against_lifter
from geolift.objectives.terms import LiftedBatch, Part, TermGroup, blank, select


def motion_terms(
    discriminator: Discriminator,
    *,
    gain: float = 10.0,
    with_pose: bool = False,
    adversarial_loss: str = "logistic",
    gradient_penalty: float = 0.0,
) -> TermGroup:
    """Synthetic motion against real motion: "temporal", and the loss of the network "motion_discriminator".

    For batches with `later` and `real_later`. Both frames are rotated into the same random view. Corrected poses of a
    source domain have no later frame and are left out.

    Args:
        discriminator: takes displacements `[N, J, 2]`, or `[N, 2 J, 2]` with the pose.
        gain, with_pose: as in `losses.displacement` (paper: displacements alone).
        adversarial_loss, gradient_penalty: as in `adversarial_terms`.

    Returns:
        Terms for `lifting_objectives`, means over the batch; and as health how often the discriminator is right.

    Raises:
        ValueError: if there is no such adversarial loss.

    Source:
        Chen et al. 2019 (docs/method.md, eq. 11).

    Example:
        >>> from geolift.networks import Discriminator
        >>> motion_terms(Discriminator(width=8, blocks=1)).names
        ('temporal',)
    """
    part = discriminator_against_lifter(
        "motion_discriminator",
        discriminator,
        term="temporal",
        adversarial_loss=adversarial_loss,
        gradient_penalty=gradient_penalty,
        suffix="_motion",
    )

    def motion(now: Poses, later: Poses) -> Poses:
        """What the discriminator sees of two frames: displacements, and of which joints."""
        seen = now.seen if now.seen is None else now.seen & later.seen
        if with_pose and seen is not None:
            seen = jnp.concatenate([seen, now.seen], axis=-1)
        return Poses(displacement(now.joints, later.joints, gain=gain, with_pose=with_pose), seen)

    def compute(lifted: LiftedBatch) -> Part:
        batch, view, target = lifted.batch, lifted.view, lifted.target
        later = blank(select(batch.later, target))
        points = lifted.lift(later, target)
        points = rotate_about_root(points, lifted.rotation[target], distance=view.distance, root=view.root)
        novel_later = later._replace(joints=project(points, min_depth=view.min_depth))
        real = motion(select(batch.real, target), select(batch.real_later, target))
        return part(lifted.params, real, motion(select(lifted.novel, target), novel_later))

    return TermGroup(("temporal",), compute)
