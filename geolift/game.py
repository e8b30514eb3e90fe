"""The game of lifter and discriminator: every network's loss from everybody's parameters, for one batch."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from geolift.geometry import sample_rotation
from geolift.losses import adversarial, consistency_2d, consistency_3d, lift_reproject_lift
from geolift.networks import Discriminator, Lifter
from geolift.sampler import Batch
from geolift.step import Outcome

TERMS = ("adversarial", "consistency_2d", "consistency_3d")


def lifting_game(
    lifter: Lifter,
    discriminator: Discriminator,
    *,
    weights: Mapping[str, float],
    adversarial_loss: str,
    azimuth: float,
    elevation: float,
    pitch: float,
    distance: float,
    min_depth: float,
    root: int,
) -> Callable[..., Outcome]:
    """Build the objectives of Chen et al. 2019 without its temporal and domain parts (docs/method.md, eq. 10).

    Args:
        lifter, discriminator: the networks; their parameters come with every call.
        weights: factor of each term of the lifter's loss: "adversarial", "consistency_2d", "consistency_3d"
            (paper: 1, 10, 0.001). A term of weight 0 is still measured.
        adversarial_loss: "logistic" or "least_squares".
        azimuth, elevation, pitch: of the random views, radians, as in `geometry.sample_rotation`.
        distance, min_depth, root: as in `losses.lift_reproject_lift`.

    Returns:
        `objectives(params, batch_stats, batch, *, axis_name=None) -> Outcome`, as `step.train_step` wants it.

    Raises:
        ValueError: if the weights name another set of terms, or there is no such adversarial loss.
    """
    if set(weights) != set(TERMS):
        raise ValueError(f"weights: found {sorted(weights)}, expected {sorted(TERMS)}")
    weights = dict(weights)
    adversary = adversarial(adversarial_loss)

    def objectives(params: Any, batch_stats: Any, batch: Batch, *, axis_name: str | None = None) -> Outcome:
        variables = {"params": params["lifter"], "batch_stats": batch_stats}

        def apply_lifter(pose: jax.Array) -> tuple[jax.Array, Any]:
            return lifter.apply(variables, pose, train=True, axis_name=axis_name, mutable=["batch_stats"])

        def judge(pose: jax.Array) -> jax.Array:
            return discriminator.apply({"params": params["discriminator"]}, pose)

        view = partial(sample_rotation, azimuth=azimuth, elevation=elevation, pitch=pitch)
        rotation = jax.vmap(view)(batch.key)
        cycle = lift_reproject_lift(
            lambda pose: apply_lifter(pose)[0],
            batch.pose,
            rotation,
            distance=distance,
            min_depth=min_depth,
            root=root,
        )
        # Batch statistics follow the given poses alone: those are what is lifted once training is over. The forward
        # pass is the cycle's first, and the compiler computes it once.
        new_stats = apply_lifter(batch.pose)[1].get("batch_stats", {})

        real, fake = judge(batch.real), judge(cycle.novel)
        terms = {
            "adversarial": adversary.generator(fake),
            "consistency_2d": consistency_2d(cycle, batch.pose),
            "consistency_3d": consistency_3d(cycle),
        }
        losses = {
            "lifter": sum(weights[name] * value for name, value in terms.items()).mean(),
            "discriminator": adversary.discriminator(real, fake).mean(),
        }
        metrics = {
            **{f"loss/{name}": value for name, value in losses.items()},
            **{f"term/{name}": value.mean() for name, value in terms.items()},
            "health/real_judged_real": (real > adversary.threshold).mean(),
            "health/fake_judged_fake": (fake <= adversary.threshold).mean(),
            "health/depth_spread": jnp.std(cycle.lifted[..., 2], axis=-1).mean(),
        }
        return Outcome(losses, metrics, new_stats)

    return objectives
