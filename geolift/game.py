"""The game of lifter and discriminators: every network's loss from everybody's parameters, for one batch."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift.adaptation import adapt
from geolift.augmentation import Detector, detect
from geolift.geometry import masked, project, sample_rotation
from geolift.losses import (
    Adversarial,
    adversarial,
    consistency_2d,
    consistency_3d,
    lift_pose,
    lift_reproject_lift,
    motion,
    turn,
)
from geolift.networks import Adapter, Discriminator, Lifter
from geolift.sampler import Batch, Poses
from geolift.step import Outcome

TERMS = ("adversarial", "consistency_2d", "consistency_3d", "temporal")


class View(NamedTuple):
    """How poses are seen again.

    Attributes:
        azimuth, elevation, pitch: of the random views, radians, as in `geometry.sample_rotation`.
        distance, min_depth, root: as in `losses.lift_reproject_lift`.
    """

    azimuth: float
    elevation: float
    pitch: float
    distance: float
    min_depth: float
    root: int


class Temporal(NamedTuple):
    """The motion discriminator's part.

    Attributes:
        discriminator: the network.
        gain, with_pose: as in `losses.motion` (paper: displacements alone).
    """

    discriminator: Discriminator
    gain: float
    with_pose: bool


class Foreign(NamedTuple):
    """The adapter's part in the lifter's training; what the adapter itself learns from is `adaptation_game`.

    Attributes:
        adapter: the network.
        every: one pose in so many is a corrected one of the source domain, among the lifted and among the real.
    """

    adapter: Adapter
    every: int


def lifting_game(
    lifter: Lifter,
    discriminator: Discriminator,
    *,
    weights: Mapping[str, float],
    adversarial_loss: str,
    view: View,
    temporal: Temporal | None = None,
    foreign: Foreign | None = None,
    detector: Detector | None = None,
) -> Callable[..., Outcome]:
    """Build the objectives of Chen et al. 2019 (docs/method.md, eq. 14).

    Args:
        lifter, discriminator: the networks; their parameters come with every call.
        weights: factor of each term of the lifter's loss: "adversarial", "consistency_2d", "consistency_3d",
            "temporal" (paper: 1, 10, 0.001, 1). A term of weight 0 is still measured, but for "temporal", which is
            left out without `temporal`.
        adversarial_loss: "logistic" or "least_squares".
        view: the random views.
        temporal: the motion discriminator's part, for batches with `later` and `real_later`.
        foreign: the adapter's part, for batches with `source`.
        detector: spoils the poses that the lifter is shown, each by one draw: the same joints are hidden, the same
            moves made in both lifts and in both frames of a pair. None: poses are shown as they are.

    Returns:
        `objectives(params, batch_stats, batch, *, axis_name=None) -> Outcome`, as `step.train_step` wants it.

    Raises:
        ValueError: if the weights name another set of terms, or there is no such adversarial loss.
    """
    if set(weights) != set(TERMS):
        raise ValueError(f"weights: found {sorted(weights)}, expected {sorted(TERMS)}")
    weights = dict(weights)
    adversary = adversarial(adversarial_loss)
    camera = {"distance": view.distance, "min_depth": view.min_depth, "root": view.root}
    random_view = partial(sample_rotation, azimuth=view.azimuth, elevation=view.elevation, pitch=view.pitch)

    def objectives(params: Any, batch_stats: Any, batch: Batch, *, axis_name: str | None = None) -> Outcome:
        variables = {"params": params["lifter"], "batch_stats": batch_stats}

        def apply_lifter(joints: jax.Array, seen: jax.Array | None) -> tuple[jax.Array, Any]:
            return lifter.apply(variables, joints, seen, train=True, axis_name=axis_name, mutable=["batch_stats"])

        def as_shown(joints: jax.Array, seen: jax.Array | None, keys: jax.Array) -> Poses:
            return detect(keys, Poses(joints, seen), detector) if detector else Poses(joints, seen)

        statistics = []  # of the batch, after each lift

        def depths(seen: jax.Array | None, keys: jax.Array) -> Callable[[jax.Array], jax.Array]:
            def lift(joints: jax.Array) -> jax.Array:
                offsets, updated = apply_lifter(*as_shown(joints, seen, keys))
                statistics.append(updated.get("batch_stats", {}))
                return offsets

            return lift

        def judge(name: str, network: Discriminator, joints: jax.Array, seen: jax.Array | None) -> jax.Array:
            return network.apply({"params": params[name]}, joints, seen)

        pose, real = batch.pose, batch.real
        own = np.arange(len(batch.key))  # the examples of the target domain
        if foreign:
            corrected, _ = adapt(foreign.adapter, params["adapter"], batch.source, root=view.root)
            pose, real, own = _join(pose, real, corrected, foreign.every)
        pose = _blank(pose)

        rotation = jax.vmap(random_view)(batch.key)
        keys = jax.vmap(jax.random.fold_in, (0, None))(batch.key, 1)  # of what the detector does
        cycle = lift_reproject_lift(depths(pose.seen, keys), pose.joints, rotation, **camera)
        # Those of the first lift, of the given poses, are kept: such poses are lifted once training is over.
        new_stats = statistics[0]

        poses = _duel(
            adversary,
            judge("discriminator", discriminator, *real),
            judge("discriminator", discriminator, cycle.novel, pose.seen),
        )
        terms = {
            "adversarial": poses.generator,
            "consistency_2d": consistency_2d(cycle, pose.joints, pose.seen).mean(),
            "consistency_3d": consistency_3d(cycle, pose.seen).mean(),
        }
        losses = {"discriminator": poses.discriminator}
        health = poses.health | {"depth_spread": jnp.std(cycle.lifted[..., 2], axis=-1).mean()}

        if temporal:
            later = _blank(_take(batch.later, own))
            points = lift_pose(depths(later.seen, keys[own]), later.joints, **camera)
            points = turn(points, rotation[own], distance=view.distance, root=view.root)  # the view of the pose itself
            fake = (
                _take(pose, own)._replace(joints=cycle.novel[own]),
                later._replace(joints=project(points, min_depth=view.min_depth)),
            )
            shown = (_take(batch.real, own), _take(batch.real_later, own))
            moves = _duel(
                adversary,
                judge("motion_discriminator", temporal.discriminator, *_moves(*shown, temporal)),
                judge("motion_discriminator", temporal.discriminator, *_moves(*fake, temporal)),
                "_motion",
            )
            terms["temporal"] = moves.generator
            losses["motion_discriminator"] = moves.discriminator
            health |= moves.health

        losses["lifter"] = sum(weights[name] * value for name, value in terms.items())
        metrics = {
            **{f"loss/{name}": value for name, value in losses.items()},
            **{f"term/{name}": value for name, value in terms.items()},
            **{f"health/{name}": value for name, value in health.items()},
        }
        return Outcome(losses, metrics, new_stats)

    return objectives


class Duel(NamedTuple):
    """A discriminator's verdicts as both sides' losses, and for the log how often it is right."""

    generator: jax.Array
    discriminator: jax.Array
    health: dict[str, jax.Array]


def _duel(adversary: Adversarial, real: jax.Array, fake: jax.Array, what: str = "") -> Duel:
    return Duel(
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


def _moves(now: Poses, later: Poses, temporal: Temporal) -> tuple[jax.Array, jax.Array | None]:
    """What the motion discriminator sees of two frames: the motion, and of which joints."""
    seen = now.seen if now.seen is None else now.seen & later.seen
    if temporal.with_pose and seen is not None:
        seen = jnp.concatenate([seen, now.seen], axis=-1)
    return motion(now.joints, later.joints, gain=temporal.gain, with_pose=temporal.with_pose), seen
