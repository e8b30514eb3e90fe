"""Training objectives: the loss of each network for one batch.

A batch is lifted and closes the cycle once; every group of terms is computed from that (`geolift.objectives.terms`);
the lifter's loss is the weighted sum of all terms.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift.data.sampling import Batch, Poses
from geolift.losses import lift_pose, lift_reproject_lift
from geolift.networks.mlp import Lifter
from geolift.objectives.adaptation import SourceDomain, adapt, mix
from geolift.objectives.augmentation import Augmentation, augment_input, draw_bone_factors
from geolift.objectives.cameras import towards_cameras
from geolift.objectives.keys import ExampleKeys, split_keys
from geolift.objectives.outcome import Outcome
from geolift.objectives.terms import LiftedBatch, TermGroup, blank
from geolift.objectives.views import CameraNetwork, View, Views, random_views
from geolift.skeletons.bones import scale_bones


class LiftingSetup(NamedTuple):
    """How a batch is lifted before any term is computed.

    Attributes:
        lifter: the network that lifts.
        view: the scene and the random views.
        camera: learns the tilt that views are about; None: it is the view's pitch.
        source_domain: corrected poses of another domain among the batch's, for batches with `source`.
        augmentation: corrupts the lifter's input alone. None: it sees the poses as they are.
        towards_cameras: share of the random views that are near another camera, for batches with `partner`.

    Example:
        >>> from geolift.networks import Lifter
        >>> LiftingSetup(Lifter(width=8, blocks=1, norm="none"), View()).augmentation is None
        True
    """

    lifter: Lifter
    view: View
    camera: CameraNetwork | None = None
    source_domain: SourceDomain | None = None
    augmentation: Augmentation | None = None
    towards_cameras: float = 0.0


def lifting_objectives(
    setup: LiftingSetup, groups: Sequence[TermGroup], *, weights: Mapping[str, float]
) -> Callable[..., Outcome]:
    """Build the objectives of the lifter and the networks that are trained with it.

    Args:
        setup: how a batch is lifted; parameters of all networks come with every call, by name.
        groups: the terms.
        weights: factor of each term in the lifter's loss (paper: adversarial 1, consistency_2d 10, consistency_3d
            0.001, temporal 1); a term without a weight is logged only.

    Returns:
        `objectives(params, batch_stats, batch, *, axis_name=None) -> Outcome`, in the form that
        `step.train_step` needs.

    Raises:
        ValueError: if a weight is of no term of the groups.

    Source:
        Chen et al. 2019 (docs/method.md, eq. 14), with terms that came after.

    Example:
        >>> from geolift.data.sampling import Batch, Poses
        >>> from geolift.networks import Lifter
        >>> from geolift.objectives import View, cycle_terms
        >>> lifter, poses = Lifter(width=8, blocks=1, norm="none"), Poses(jnp.zeros((4, 17, 2)))
        >>> objectives = lifting_objectives(
        ...     LiftingSetup(lifter, View()), [cycle_terms()], weights={"consistency_2d": 10.0, "consistency_3d": 1.0}
        ... )
        >>> params = {"lifter": lifter.init(jax.random.key(0), poses.joints)["params"]}
        >>> outcome = objectives(params, {}, Batch(poses, poses, jax.random.split(jax.random.key(1), 4)))
        >>> sorted(outcome.metrics)
        ['health/depth_spread', 'loss/lifter', 'term/consistency_2d', 'term/consistency_3d']
    """
    names = [name for group in groups for name in group.names]
    lacking = sorted(set(weights) - set(names))
    if lacking:
        raise ValueError(f"weights: found {', '.join(lacking)}, expected terms of the groups given: {sorted(names)}")

    def objectives(params: Any, batch_stats: Any, batch: Batch, *, axis_name: str | None = None) -> Outcome:
        lifted, new_stats, views = lift_batch(setup, params, batch_stats, batch, axis_name)
        terms, losses = {}, {}
        health = {"depth_spread": jnp.std(lifted.cycle.lifted[..., 2], axis=-1).mean()} | views.health
        for group in groups:
            part = group.compute(lifted)
            terms, losses, health = terms | dict(part.terms), losses | dict(part.losses), health | dict(part.health)
        losses["lifter"] = sum(weights.get(name, 0.0) * terms[name] for name in names)
        if setup.camera:
            losses["camera"] = losses["lifter"] + views.losses.get("camera", 0.0)
        logged = {"loss": losses, "term": terms, "health": health}
        metrics = {f"{kind}/{name}": value for kind, values in logged.items() for name, value in values.items()}
        return Outcome(losses, metrics, new_stats)

    return objectives


def lift_batch(
    setup: LiftingSetup, params: Mapping[str, Any], batch_stats: Any, batch: Batch, axis_name: str | None = None
) -> tuple[LiftedBatch, Any, Views]:
    """Lift a batch and close its cycle (docs/method.md, eq. 1 to 6).

    Returns:
        What terms are computed from; the lifter's new batch statistics; and the random views.
    """
    view, keys = setup.view, split_keys(batch.key)
    scene = {"distance": view.distance, "min_depth": view.min_depth, "root": view.root}
    pose, real, target = batch.pose, batch.real, np.arange(len(batch.key))
    if setup.source_domain:
        corrected, _ = adapt(setup.source_domain.adapter, params["adapter"], batch.source, root=view.root)
        pose, real, target = mix(pose, real, corrected, setup.source_domain.every)
    pose = blank(pose)
    statistics = []  # after each lift

    def network(poses: Poses) -> jax.Array:
        variables = {"params": params["lifter"], "batch_stats": batch_stats}
        result, updated = setup.lifter.apply(
            variables, poses.joints, poses.seen, train=True, axis_name=axis_name, mutable=["batch_stats"]
        )
        statistics.append(updated.get("batch_stats", {}))
        return result

    def lifter(seen: jax.Array | None, keys: ExampleKeys) -> Callable[[jax.Array], jax.Array]:
        """The lifter in the form that the cycle needs."""
        augmented = augmented_lifter(network, setup.augmentation, keys)
        return lambda joints: augmented(Poses(joints, seen))

    def lift(poses: Poses, examples: np.ndarray) -> jax.Array:
        return lift_pose(lifter(poses.seen, jax.tree.map(lambda key: key[examples], keys)), poses.joints, **scene)

    shown = augment_input(keys, pose, setup.augmentation) if setup.augmentation and setup.camera else pose
    views = random_views(view, setup.camera)(params.get("camera"), shown, blank(real), keys, axis_name)
    rotation = views.rotation
    if setup.towards_cameras:
        rotation = towards_cameras(rotation, batch.partner, keys, setup.towards_cameras)
    cycle = lift_reproject_lift(lifter(pose.seen, keys), pose.joints, rotation, **scene)
    # Statistics of the first lift are kept, that of the given poses: such poses are lifted once training is over.
    new_stats = statistics[0]
    lifted = LiftedBatch(batch, pose, real, target, rotation, cycle, lift, params, view, axis_name)
    return lifted, new_stats, views


def augmented_lifter(
    network: Callable[[Poses], jax.Array], augmentation: Augmentation | None, keys: ExampleKeys
) -> Callable[[Poses], jax.Array]:
    """A lifter whose input is augmented, and whose depths are those of the poses as they were (docs/method.md, eq. 26).

    Noise corrupts the input only: depths are applied to the clean pose. Bones of other lengths are scaled back.

    Args:
        network: `[N, J]` depth offsets from N poses.
        augmentation: None: none.
        keys: of the N poses.
    """
    if augmentation is None:
        return network

    def lifter(poses: Poses) -> jax.Array:
        offsets = network(augment_input(keys, poses, augmentation))
        if not augmentation.proportions:
            return offsets
        skeleton, factors = augmentation.skeleton, draw_bone_factors(keys.proportions, augmentation)
        depths = offsets.at[..., skeleton.root].set(0.0)[..., None]
        return scale_bones(depths, 1 / factors, skeleton, poses.seen)[..., 0]

    return lifter
