"""What objectives return for a batch: losses, metrics, batch statistics."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax


class Outcome(NamedTuple):
    """What objectives return for a batch.

    Attributes:
        losses: one scalar per network that learns, by the network's name in `params`; the others rest.
        metrics: scalars for the log.
        batch_stats: the lifter's new batch statistics.
    """

    losses: Mapping[str, jax.Array]
    metrics: Mapping[str, jax.Array]
    batch_stats: Any
