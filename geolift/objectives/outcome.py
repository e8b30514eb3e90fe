"""What objectives return for a batch: losses, metrics, batch statistics."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax

from geolift.data.sampling import Batch


class Outcome(NamedTuple):
    """What objectives return for a batch.

    Attributes:
        losses: `{network: ()}`, one scalar for each network that is trained, by its name in `params`; the others are
            frozen.
        metrics: `{name: ()}`, scalars for the log.
        batch_stats: the lifter's new batch statistics.

    Example:
        >>> import jax.numpy as jnp
        >>> loss = jnp.float32(0.5)
        >>> Outcome({"lifter": loss}, {"loss/lifter": loss}, batch_stats={}).losses["lifter"].item()
        0.5
    """

    losses: Mapping[str, jax.Array]
    metrics: Mapping[str, jax.Array]
    batch_stats: Any


def combine(*several: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """Several objectives as one, on the same batch in one step.

    Args:
        several: `objectives(params, batch_stats, batch, *, axis_name=None) -> Outcome`, with losses of different
            networks.

    Returns:
        Objectives with the losses and metrics of all, and the batch statistics of the first.

    Source:
        Ours.

    Example:
        >>> import jax.numpy as jnp
        >>> def train(name):
        ...     return lambda params, stats, batch, *, axis_name=None: Outcome({name: params[name]}, {}, stats)
        >>> both = combine(train("lifter"), train("adapter"))
        >>> sorted(both({"lifter": jnp.zeros(()), "adapter": jnp.zeros(())}, {}, None).losses)
        ['adapter', 'lifter']
    """

    def objectives(params: Any, batch_stats: Any, batch: Batch, *, axis_name: str | None = None) -> Outcome:
        outcomes = [one(params, batch_stats, batch, axis_name=axis_name) for one in several]
        losses = {name: value for outcome in outcomes for name, value in outcome.losses.items()}
        metrics = {name: value for outcome in outcomes for name, value in outcome.metrics.items()}
        return Outcome(losses, metrics, outcomes[0].batch_stats)

    return objectives
