"""The state of a run: parameters, optimizers, averages and random key of all networks, one pytree."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct
from flax.core import FrozenDict
from flax.training import train_state


class TrainState(train_state.TrainState):
    """The whole state of a run, one pytree to save.

    Attributes:
        step: number of updates done.
        params: parameters by network, `{"lifter": ..., "discriminator": ..., ...}`.
        tx, opt_state: optimiser and its state by network.
        batch_stats: the lifter's batch statistics; empty without batch norm.
        ema: exponential moving averages by network, `{"lifter": {"params": ..., "batch_stats": ...}, ...}`. The
            lifter's is evaluated and shipped; any other network is used with its average while it is frozen.
        averaged: `{network: ()}` int32, the updates that each average is over.
        key: base PRNG key; it never changes, a step folds in its number.
        bad: scalar int32, steps in a row, up to now, that were skipped because something in them was not finite.
        ema_decay: decay of the averages.

    Example:
        >>> state = create_state(
        ...     jax.random.key(0), apply_fn=None, params={"lifter": jnp.ones(2)}, batch_stats={},
        ...     optimizers={"lifter": optax.sgd(0.5)}, ema_decay=0.9,
        ... )
        >>> state.apply_gradients(grads={"lifter": jnp.ones(2)}).params["lifter"].tolist()
        [0.5, 0.5]
    """

    batch_stats: Any
    ema: Any
    averaged: Any
    key: jax.Array
    bad: jax.Array
    ema_decay: float = struct.field(pytree_node=False)

    def apply_gradients(self, *, grads: Mapping[str, Any], **changes: Any) -> "TrainState":
        """One update of every network in `grads`; the others are frozen, and their optimisers too."""
        params, opt_state = dict(self.params), dict(self.opt_state)
        for name, grad in grads.items():
            updates, opt_state[name] = self.tx[name].update(grad, opt_state[name], params[name])
            params[name] = optax.apply_updates(params[name], updates)
        return self.replace(step=self.step + 1, params=params, opt_state=opt_state, **changes)


def create_state(
    key: jax.Array,
    *,
    apply_fn: Callable,
    params: Mapping[str, Any],
    batch_stats: Any,
    optimizers: Mapping[str, optax.GradientTransformation],
    ema_decay: float,
    averages: Sequence[str] = ("lifter",),
) -> TrainState:
    """The state before the first step.

    Args:
        key: base PRNG key of the run.
        apply_fn: the lifter's `apply`.
        params: parameters by network; "lifter" among them.
        batch_stats: the lifter's batch statistics.
        optimizers: one optimiser for each network in `params`.
        ema_decay: decay of the moving averages.
        averages: networks with a moving average; "lifter" among them.

    Returns:
        A state of step 0 whose averages are the weights.

    Raises:
        ValueError: if params and optimizers name different networks.

    Example:
        >>> state = create_state(
        ...     jax.random.key(0), apply_fn=None, params={"lifter": {"w": jnp.ones(3)}}, batch_stats={},
        ...     optimizers={"lifter": optax.sgd(0.1)}, ema_decay=0.9,
        ... )
        >>> int(state.step), sorted(state.ema["lifter"])
        (0, ['batch_stats', 'params'])
    """
    if set(params) != set(optimizers):
        raise ValueError(f"optimizers: found {sorted(optimizers)}, expected those of params, {sorted(params)}")
    # A Python number for `step` would be weakly typed, and the step compiled again when its own output comes back in.
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        apply_fn=apply_fn,
        params=dict(params),
        tx=FrozenDict(optimizers),
        opt_state={name: optimizer.init(params[name]) for name, optimizer in optimizers.items()},
        batch_stats=batch_stats,
        ema=jax.tree.map(jnp.copy, {name: network_variables(name, params, batch_stats) for name in averages}),
        averaged={name: jnp.zeros((), jnp.int32) for name in averages},
        key=key,
        bad=jnp.zeros((), jnp.int32),
        ema_decay=ema_decay,
    )


def network_variables(name: str, params: Mapping[str, Any], batch_stats: Any) -> dict[str, Any]:
    """What a network is applied with: its parameters, and the lifter's batch statistics."""
    return {"params": params[name]} | ({"batch_stats": batch_stats} if name == "lifter" else {})
