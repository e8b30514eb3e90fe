"""The game of lifter and discriminators: every network's loss from everybody's parameters, for one batch."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift import losses
from geolift.data.sampling import Batch, Poses
from geolift.geometry import masked, project
from geolift.losses import Adversarial, adversarial, displacement, lift_pose, lift_reproject_lift, rotate_about_root
from geolift.networks.flow import PoseFlow
from geolift.networks.mlp import Adapter, Discriminator, Lifter
from geolift.networks.pitch import MeanPitch, PosePitch
from geolift.objectives import bones
from geolift.objectives.adaptation import adapt
from geolift.objectives.augmentation import Augmentation, augment
from geolift.objectives.outcome import Outcome
from geolift.objectives.views import View, random_views
from geolift.skeletons.skeleton import Skeleton

TERMS = (
    "adversarial", "likelihood", "consistency_2d", "consistency_3d", "deformation", "symmetry", "spread",
    "proportions", "temporal",
)  # fmt: skip


class BonePriors(NamedTuple):
    """What lifted bodies are held to (`geolift.objectives.bones`).

    Attributes:
        skeleton: of the poses.
        proportions: `[B]` expected ratios of the bones; None: not known.
    """

    skeleton: Skeleton
    proportions: Sequence[float] | None = None


class Temporal(NamedTuple):
    """The motion discriminator's part.

    Attributes:
        discriminator: the network.
        gain, with_pose: as in `losses.displacement` (paper: displacements alone).
    """

    discriminator: Discriminator
    gain: float
    with_pose: bool


class SourceDomain(NamedTuple):
    """The adapter's part in the lifter's training; what the adapter itself learns from is `adaptation_objectives`.

    Attributes:
        adapter: the network.
        every: one pose in so many is a corrected one of the source domain, among the lifted and among the real.
    """

    adapter: Adapter
    every: int


def lifting_objectives(
    lifter: Lifter,
    discriminator: Discriminator | None,
    *,
    weights: Mapping[str, float],
    adversarial_loss: str = "logistic",
    gradient_penalty: float = 0.0,
    squared: bool = True,
    view: View,
    camera: MeanPitch | PosePitch | None = None,
    flow: PoseFlow | None = None,
    bone_priors: BonePriors | None = None,
    temporal: Temporal | None = None,
    source_domain: SourceDomain | None = None,
    augmentation: Augmentation | None = None,
) -> Callable[..., Outcome]:
    """Build the objectives of Chen et al. 2019 (docs/method.md, eq. 14), with what came after as parts to choose from.

    Args:
        lifter: the network that lifts; parameters of all networks come with every call, by name.
        discriminator: the judge of synthetic poses that learns; None: there is none.
        weights: factor of each of `TERMS` in the lifter's loss; of those not named 0 (paper: adversarial 1,
            consistency_2d 10, consistency_3d 0.001, temporal 1). At weight 0 all are logged but the deformation.
        adversarial_loss: "logistic" or "least_squares".
        gradient_penalty: factor of `losses.gradient_penalty` in the discriminator's loss.
        squared: how the two consistencies are measured (paper: squared; ElePose: not).
        view: the random views.
        camera: learns the pitch that they are about; None: it is the view's.
        flow: the judge of synthetic poses that rests: their "likelihood", of whole ones of the target domain.
        bone_priors: what is known of bodies: "symmetry", "spread", and "proportions" if these are given.
        temporal: the motion discriminator's part, for batches with `later` and `real_later`: "temporal".
        source_domain: the adapter's part, for batches with `source`.
        augmentation: spoils the poses that the lifter is shown, each by one draw: the same joints are hidden, the same
            moves made in both lifts and in both frames of a pair. None: poses are shown as they are.

    Returns:
        `objectives(params, batch_stats, batch, *, axis_name=None) -> Outcome`, as `step.train_step` wants it.

    Raises:
        ValueError: if the weights name no such term, or one whose part is not there; or if there is no such
            adversarial loss.
    """
    measured = {"consistency_2d", "consistency_3d", "deformation"}
    measured |= {"adversarial"} if discriminator else set()
    measured |= {"likelihood"} if flow else set()
    measured |= {"symmetry", "spread"} if bone_priors else set()
    measured |= {"proportions"} if bone_priors and bone_priors.proportions is not None else set()
    measured |= {"temporal"} if temporal else set()
    lacking = sorted(name for name, weight in weights.items() if name not in (measured if weight else TERMS))
    if lacking:
        raise ValueError(f"weights: found {', '.join(lacking)}, expected terms of the parts given: {sorted(measured)}")
    weights = dict.fromkeys(measured, 0.0) | dict(weights)
    adversary = adversarial(adversarial_loss)
    scene = {"distance": view.distance, "min_depth": view.min_depth, "root": view.root}
    views = random_views(view, camera)

    def objectives(params: Any, batch_stats: Any, batch: Batch, *, axis_name: str | None = None) -> Outcome:
        variables = {"params": params["lifter"], "batch_stats": batch_stats}

        def apply_lifter(joints: jax.Array, seen: jax.Array | None) -> tuple[jax.Array, Any]:
            return lifter.apply(variables, joints, seen, train=True, axis_name=axis_name, mutable=["batch_stats"])

        def as_shown(joints: jax.Array, seen: jax.Array | None, keys: jax.Array) -> Poses:
            return augment(keys, Poses(joints, seen), augmentation) if augmentation else Poses(joints, seen)

        statistics = []  # of the batch, after each lift

        def depths(seen: jax.Array | None, keys: jax.Array) -> Callable[[jax.Array], jax.Array]:
            def lift(joints: jax.Array) -> jax.Array:
                offsets, updated = apply_lifter(*as_shown(joints, seen, keys))
                statistics.append(updated.get("batch_stats", {}))
                return offsets

            return lift

        def judge(name: str, network: Discriminator, real: Poses, fake: Poses, what: str = "") -> AdversarialTerms:
            verdict = partial(network.apply, {"params": params[name]})
            duel = _adversarial_terms(adversary, verdict(*real), verdict(*fake), what)
            if not gradient_penalty:
                return duel
            penalty = gradient_penalty * losses.gradient_penalty(verdict, *real, gain=network.gain).mean()
            return duel._replace(discriminator=duel.discriminator + penalty)

        pose, real = batch.pose, batch.real
        own = np.arange(len(batch.key))  # the examples of the target domain
        if source_domain:
            corrected, _ = adapt(source_domain.adapter, params["adapter"], batch.source, root=view.root)
            pose, real, own = _join(pose, real, corrected, source_domain.every)
        pose = _blank(pose)

        rotation, looking = views(params.get("camera"), pose, batch.key, axis_name)
        keys = jax.vmap(jax.random.fold_in, (0, None))(batch.key, 1)  # of what the augmentation does
        cycle = lift_reproject_lift(depths(pose.seen, keys), pose.joints, rotation, **scene)
        # Those of the first lift, of the given poses, are kept: such poses are lifted once training is over.
        new_stats = statistics[0]

        novel = pose._replace(joints=cycle.novel)
        terms = {
            "consistency_2d": losses.consistency_2d(cycle, pose.joints, pose.seen, squared=squared).mean(),
            "consistency_3d": losses.consistency_3d(cycle, pose.seen, squared=squared).mean(),
        }
        if weights["deformation"]:
            terms["deformation"] = losses.deformation(cycle, pose.seen).mean()
        of_networks, health = {}, {"depth_spread": jnp.std(cycle.lifted[..., 2], axis=-1).mean()} | looking
        if discriminator:
            poses = judge("discriminator", discriminator, real, novel)
            terms["adversarial"] = poses.generator
            of_networks["discriminator"] = poses.discriminator
            health |= poses.health
        if flow:
            # Of the target domain's own alone: those of the other are no likely poses, corrected or not.
            unlikely = -flow.apply({"params": params["flow"]}, cycle.novel[own])
            terms["likelihood"] = losses.mean_over(unlikely, pose.whole[own], axis_name)
        if bone_priors:
            expected = None if bone_priors.proportions is None else jnp.array(bone_priors.proportions)
            terms |= bones.bone_terms(
                cycle.lifted, bone_priors.skeleton, pose.whole, expected=expected, axis_name=axis_name
            )

        if temporal:
            later = _blank(_take(batch.later, own))
            points = lift_pose(depths(later.seen, keys[own]), later.joints, **scene)
            points = rotate_about_root(
                points, rotation[own], distance=view.distance, root=view.root
            )  # the view of the pose itself
            fake = (
                _take(pose, own)._replace(joints=cycle.novel[own]),
                later._replace(joints=project(points, min_depth=view.min_depth)),
            )
            shown = (_take(batch.real, own), _take(batch.real_later, own))
            moving = (_moves(*shown, temporal), _moves(*fake, temporal))
            moves = judge("motion_discriminator", temporal.discriminator, *moving, "_motion")
            terms["temporal"] = moves.generator
            of_networks["motion_discriminator"] = moves.discriminator
            health |= moves.health

        of_networks["lifter"] = sum(weights[name] * value for name, value in terms.items())
        if camera:
            of_networks["camera"] = of_networks["lifter"]
        metrics = {
            **{f"loss/{name}": value for name, value in of_networks.items()},
            **{f"term/{name}": value for name, value in terms.items()},
            **{f"health/{name}": value for name, value in health.items()},
        }
        return Outcome(of_networks, metrics, new_stats)

    return objectives


class AdversarialTerms(NamedTuple):
    """A discriminator's verdicts as both sides' losses, and for the log how often it is right."""

    generator: jax.Array
    discriminator: jax.Array
    health: dict[str, jax.Array]


def _adversarial_terms(adversary: Adversarial, real: jax.Array, fake: jax.Array, what: str = "") -> AdversarialTerms:
    return AdversarialTerms(
        adversary.generator(fake).mean(),
        adversary.discriminator(real, fake).mean(),
        {
            f"real{what}_judged_real": (real > adversary.threshold).mean(),
            f"fake{what}_judged_fake": (fake <= adversary.threshold).mean(),
        },
    )


def _join(pose: Poses, real: Poses, corrected: Poses, every: int) -> tuple[Poses, Poses, np.ndarray]:
    """Put corrected poses in every so-manieth place, others among the real ones; the places that are left, too.

    By place and not by chance, so that every device has the same number of each.
    """
    places = np.arange(len(pose.joints))
    if len(places) % every:
        raise ValueError(f"every: found {every}, expected a divisor of a device's share of the batch, {len(places)}")
    lifted, shown = places[every - 1 :: every], places[::every]

    def put(at: np.ndarray, old: Poses) -> Poses:
        return jax.tree.map(lambda x, new: x.at[at].set(new[at]), old, corrected)

    return put(lifted, pose), put(shown, real), np.setdiff1d(places, lifted)


def _take(poses: Poses, places: np.ndarray) -> Poses:
    return jax.tree.map(lambda x: x[places], poses)


def _blank(poses: Poses) -> Poses:
    """The same poses with nothing at the joints that were not seen."""
    return poses._replace(joints=masked(poses.joints, poses.seen))


def _moves(now: Poses, later: Poses, temporal: Temporal) -> Poses:
    """What the motion discriminator sees of two frames: the motion, and of which joints."""
    seen = now.seen if now.seen is None else now.seen & later.seen
    if temporal.with_pose and seen is not None:
        seen = jnp.concatenate([seen, now.seen], axis=-1)
    return Poses(displacement(now.joints, later.joints, gain=temporal.gain, with_pose=temporal.with_pose), seen)
