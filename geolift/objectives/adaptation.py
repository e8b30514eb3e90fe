"""The domain adapter's game: poses of another domain, corrected until they pass for poses of the training set.

Chen et al. 2019, section 3.4 (docs/method.md, equations 12 and 13).
"""

from collections.abc import Callable
from typing import Any

import jax

from geolift.data.sampling import Batch, Poses
from geolift.geometry import center
from geolift.losses import adversarial, correction_size
from geolift.networks.mlp import Adapter, Discriminator
from geolift.objectives.outcome import Outcome


def adapt(adapter: Adapter, params: Any, source: Poses, *, root: int) -> tuple[Poses, jax.Array]:
    """Correct poses of another domain: x + C(x), root-centred; and the correction `[..., J, 2]`."""
    correction = center(adapter.apply({"params": params}, source.joints, source.seen), root)
    return source._replace(joints=source.joints + correction), correction


def adaptation_objectives(
    adapter: Adapter,
    domain_discriminator: Discriminator,
    *,
    weight: float,
    squared: bool,
    adversarial_loss: str,
    root: int,
) -> Callable[..., Outcome]:
    """Build the objectives of adapter and domain discriminator, which play against each other and nobody else.

    Args:
        adapter, domain_discriminator: the networks; their parameters come with every call.
        weight: factor of the correction's size in the adapter's loss (paper: unknown).
        squared: how that size is measured, as in `losses.correction_size` (paper: squared).
        adversarial_loss: "logistic" or "least_squares".
        root: index of the root joint.

    Returns:
        `objectives(params, batch_stats, batch, *, axis_name=None) -> Outcome`, for batches with `source`.

    Raises:
        ValueError: if there is no such adversarial loss.
    """
    adversary = adversarial(adversarial_loss)

    def objectives(params: Any, batch_stats: Any, batch: Batch, *, axis_name: str | None = None) -> Outcome:
        def judge(poses: Poses) -> jax.Array:
            return domain_discriminator.apply({"params": params["domain_discriminator"]}, poses.joints, both)

        # Domains differ in which joints they miss. Both sides are shown the joints that both have, so that the
        # discriminator judges where joints are and not which are there.
        both = None if batch.source.seen is None else batch.source.seen & batch.real.seen
        adapted, correction = adapt(adapter, params["adapter"], batch.source, root=root)
        target, corrected = judge(batch.real), judge(adapted)
        size = correction_size(correction, batch.source.seen, squared=squared)
        losses = {
            "adapter": (adversary.generator(corrected) + weight * size).mean(),
            "domain_discriminator": adversary.discriminator(target, corrected).mean(),
        }
        metrics = {
            **{f"loss/{name}": value for name, value in losses.items()},
            "term/correction_size": size.mean(),
            "health/target_judged_target": (target > adversary.threshold).mean(),
            "health/corrected_judged_source": (corrected <= adversary.threshold).mean(),
        }
        return Outcome(losses, metrics, batch_stats)

    return objectives


def combine(*games: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """Several games on the same batch in one step; the batch statistics are the first one's."""

    def objectives(params: Any, batch_stats: Any, batch: Batch, *, axis_name: str | None = None) -> Outcome:
        outcomes = [game(params, batch_stats, batch, axis_name=axis_name) for game in games]
        losses = {name: value for outcome in outcomes for name, value in outcome.losses.items()}
        metrics = {name: value for outcome in outcomes for name, value in outcome.metrics.items()}
        return Outcome(losses, metrics, outcomes[0].batch_stats)

    return objectives
