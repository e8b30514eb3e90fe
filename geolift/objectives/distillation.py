"""Distillation: one lifter learns the mean of several, its teachers, from 2D poses alone.

The mean of lifters that differ in their seed alone is better than each of them, but costs as much as all. The teachers
lift the training poses, also with bones of other lengths, and the new views of what they lifted; the student learns
their depths from poses with noise and hidden joints.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from geolift.data.sampling import Batch, Poses
from geolift.geometry import project
from geolift.losses import lift_pose, rotate_about_root
from geolift.objectives.augmentation import augment, draw_bone_factors
from geolift.objectives.keys import ExampleKeys, split_keys
from geolift.objectives.lifting import LiftingSetup
from geolift.objectives.outcome import Outcome
from geolift.objectives.terms import blank
from geolift.objectives.views import random_views
from geolift.skeletons.bones import scale_bones


def distillation_objectives(setup: LiftingSetup, teacher: Callable[[Poses], jax.Array]) -> Callable[..., Outcome]:
    """Build the objectives of a lifter that learns the depths of its teachers, and of a tilt network by given gravity.

    Args:
        setup: the student, how its views are drawn and its input is augmented; no source domain.
        teacher: the teachers' mean depth offsets `[N, J]` of poses.

    Returns:
        `objectives(params, batch_stats, batch, *, axis_name=None) -> Outcome`. The lifter's loss is the sum over joints
        of squared differences of depth offsets, mean over the given and the new poses of the batch.

    Source:
        Hinton et al. 2015, "Distilling the Knowledge in a Neural Network"; for lifters ours (docs/method.md, eq. 27).

    Example:
        >>> from geolift.networks import Lifter
        >>> from geolift.objectives import View
        >>> lifter, poses = Lifter(width=8, blocks=1, norm="none", flat_start=True), Poses(jnp.zeros((4, 17, 2)))
        >>> params = {"lifter": lifter.init(jax.random.key(0), poses.joints)["params"]}
        >>> objectives = distillation_objectives(LiftingSetup(lifter, View()), lambda poses: 0 * poses.joints[..., 0])
        >>> outcome = objectives(params, {}, Batch(poses, poses, jax.random.split(jax.random.key(1), 4)))
        >>> float(outcome.losses["lifter"])  # a flat student of a flat teacher
        0.0
    """

    def objectives(params: Any, batch_stats: Any, batch: Batch, *, axis_name: str | None = None) -> Outcome:
        keys = split_keys(batch.key)
        pose = _other_bodies(setup, blank(batch.pose), keys)
        shown = _corrupted(setup, pose, keys)
        views = random_views(setup.view, setup.camera)(params.get("camera"), shown, blank(batch.real), keys, axis_name)
        given, new = _targets(setup, teacher, pose, views.rotation)
        loss, new_stats = 0.0, batch_stats
        for poses, target in (given, new):
            found, new_stats = _lift(setup, params, batch_stats, _corrupted(setup, poses, keys), axis_name)
            error = jnp.where(True if poses.seen is None else poses.seen, found - target, 0.0)
            loss = loss + jnp.sum(error**2, axis=-1).mean() / 2
        losses = {"lifter": loss} | views.losses
        health = {"depth_spread": jnp.std(given[1], axis=-1).mean()} | views.health
        metrics = {f"loss/{name}": value for name, value in losses.items()}
        return Outcome(losses, metrics | {f"health/{name}": value for name, value in health.items()}, new_stats)

    return objectives


def _other_bodies(setup: LiftingSetup, poses: Poses, keys: ExampleKeys) -> Poses:
    """The poses with bones of other lengths: what the teachers lift is right for them, so nothing is scaled back."""
    augmentation = setup.augmentation
    if not (augmentation and augmentation.proportions):
        return poses
    factors = draw_bone_factors(keys.proportions, augmentation)
    return blank(poses._replace(joints=scale_bones(poses.joints, factors, augmentation.skeleton, poses.seen)))


def _corrupted(setup: LiftingSetup, poses: Poses, keys: ExampleKeys) -> Poses:
    return augment(keys.augmentation, poses, setup.augmentation) if setup.augmentation else poses


def _targets(
    setup: LiftingSetup, teacher: Callable[[Poses], jax.Array], pose: Poses, rotation: jax.Array
) -> tuple[tuple[Poses, jax.Array], tuple[Poses, jax.Array]]:
    """The given poses with the teachers' depth offsets, and new views of what the teachers lifted with theirs."""
    view = setup.view
    offsets = jax.lax.stop_gradient(teacher(pose))
    scene = {"distance": view.distance, "root": view.root}
    lifted = lift_pose(lambda _: offsets, pose.joints, min_depth=view.min_depth, **scene)
    novel = project(rotate_about_root(lifted, rotation, **scene), min_depth=view.min_depth)
    new = blank(pose._replace(joints=jax.lax.stop_gradient(novel)))
    return (pose, offsets), (new, jax.lax.stop_gradient(teacher(new)))


def _lift(
    setup: LiftingSetup, params: Mapping[str, Any], batch_stats: Any, poses: Poses, axis_name: str | None
) -> tuple[jax.Array, Any]:
    """The student's depth offsets `[N, J]`, the root's 0, and its new batch statistics."""
    variables = {"params": params["lifter"], "batch_stats": batch_stats}
    offsets, updated = setup.lifter.apply(
        variables, poses.joints, poses.seen, train=True, axis_name=axis_name, mutable=["batch_stats"]
    )
    return offsets.at[..., setup.view.root].set(0.0), updated.get("batch_stats", {})
