"""How several networks learn at once: one state, one gradient per network, one update, on any number of devices.

Nothing here knows a network or a loss: `objectives` brings them.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from flax.core import FrozenDict
from flax.training import train_state

from geolift.objectives.outcome import Outcome

AXIS = "devices"
SKIPPED, IN_A_ROW = "health/skipped", "health/skipped_in_a_row"  # metrics: steps without an update


class TrainState(train_state.TrainState):
    """Everything a run is, one pytree to save.

    Attributes:
        step: number of updates done.
        params: parameters by network, `{"lifter": ..., "discriminator": ..., ...}`.
        tx, opt_state: optimiser and its state by network.
        batch_stats: the lifter's batch statistics; empty without batch norm.
        ema: exponential moving averages by network, `{"lifter": {"params": ..., "batch_stats": ...}, ...}`. The
            lifter's is what is evaluated and shipped; any other network plays by its average while it rests.
        averaged: number of updates of each of these networks, which its average is over.
        key: base PRNG key; it never changes, a step folds in its number.
        bad: number of steps in a row, up to now, that were skipped because something in them was not finite.
    """

    batch_stats: Any
    ema: Any
    averaged: Any
    key: jax.Array
    bad: jax.Array
    ema_decay: float = struct.field(pytree_node=False)

    def apply_gradients(self, *, grads: Mapping[str, Any], **changes: Any) -> "TrainState":
        """One update of every network in `grads`; the others rest, their optimisers too."""
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
        averages: networks of which one is kept; "lifter" among them.

    Raises:
        ValueError: if params and optimizers name different networks.
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
        ema=jax.tree.map(jnp.copy, {name: _variables(name, params, batch_stats) for name in averages}),
        averaged={name: jnp.zeros((), jnp.int32) for name in averages},
        key=key,
        bad=jnp.zeros((), jnp.int32),
        ema_decay=ema_decay,
    )


def _variables(name: str, params: Mapping[str, Any], batch_stats: Any) -> dict[str, Any]:
    return {"params": params[name]} | ({"batch_stats": batch_stats} if name == "lifter" else {})


def gradients(
    objectives: Callable[..., Outcome],
    params: Mapping[str, Any],
    *args: Any,
    resting: Mapping[str, Any] | None = None,
    **kwargs: Any,
):
    """The gradient, for each network that has a loss, of its own loss with all others held fixed; and the outcome.

    So there is no stop_gradient to forget and no order to get wrong. Everything forward is computed once, for all
    networks; each loss is pulled back on its own, and the compiler drops what leads to other networks' parameters.
    `resting` holds what networks play by instead while they have no loss.
    """
    learners = jax.eval_shape(lambda p: objectives(p, *args, **kwargs).losses, params)
    resting = {name: p for name, p in (resting or {}).items() if name not in learners}

    def losses(learning: Mapping[str, Any]) -> tuple[Mapping[str, jax.Array], Outcome]:
        outcome = objectives({**params, **resting, **learning}, *args, **kwargs)
        return outcome.losses, outcome

    values, pull_back, outcome = jax.vjp(losses, {name: params[name] for name in learners}, has_aux=True)
    one_hot = {name: {other: jnp.full_like(values[other], other == name) for other in values} for name in learners}
    return {name: pull_back(one_hot[name])[0][name] for name in learners}, outcome


def train_step(
    state: TrainState,
    batch: Any,
    *,
    objectives: Callable[..., Outcome],
    patience: int = 1,
    axis_name: str | None = None,
) -> tuple[TrainState, dict[str, jax.Array]]:
    """One simultaneous update, on one batch, of all networks that have a loss. Pure.

    A step in which a metric, a loss among them, or a gradient is not finite is skipped: it is counted, and nothing
    else changes.
    After `patience` of them in a row the state stays as it is for good, so that the first of them can be looked at.

    Args:
        state: the state before.
        batch: what `objectives` wants; with `axis_name`, this device's share of it.
        objectives: `(params, batch_stats, batch, *, axis_name) -> Outcome`.
        patience: bad steps in a row that end the training.
        axis_name: mapped axis over which gradients, statistics and metrics are averaged; None on one device.

    Returns:
        The state after, and the metrics of the batch; with SKIPPED (1 or 0) and IN_A_ROW among them.
    """
    resting = {name: average["params"] for name, average in state.ema.items()}
    grads, outcome = gradients(objectives, state.params, state.batch_stats, batch, resting=resting, axis_name=axis_name)
    metrics, batch_stats = dict(outcome.metrics), outcome.batch_stats
    if axis_name is not None:
        grads, metrics, batch_stats = jax.lax.pmean((grads, metrics, batch_stats), axis_name)
    metrics["health/gradient"] = optax.tree.norm(grads)
    good = jnp.isfinite(jnp.stack(list(metrics.values()))).all()
    over = state.bad >= patience
    taken = good & ~over
    after = _if(taken, lambda: _learnt(_update(state, grads, batch_stats)), lambda: _learnt(state))
    bad = jnp.where(over, state.bad, jnp.where(good, 0, state.bad + 1))
    step = jnp.where(over, state.step, state.step + 1)
    return state.replace(**after, step=step, bad=bad), metrics | {SKIPPED: 1.0 - taken, IN_A_ROW: bad}


def _if(condition: jax.Array, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """The pytree `yes()` or `no()`, whichever costs less to choose.

    A CPU branches: it would not update in place what it also has to keep. Elsewhere a branch would make the host wait
    for the condition; there both are computed, and the choice is fused into the update.
    """
    return jax.lax.platform_dependent(
        cpu=lambda: jax.lax.cond(condition, yes, no),
        default=lambda: jax.tree.map(functools.partial(jnp.where, condition), yes(), no()),
    )


def _learnt(state: TrainState) -> dict[str, Any]:
    """What an update changes, but for the counts of steps."""
    return {name: getattr(state, name) for name in ("params", "opt_state", "batch_stats", "ema", "averaged")}


def _update(state: TrainState, grads: Mapping[str, Any], batch_stats: Any) -> TrainState:
    state = state.apply_gradients(grads=grads, batch_stats=batch_stats)
    ema, averaged = dict(state.ema), dict(state.averaged)
    for name in [name for name in ema if name in grads]:
        averaged[name] += 1
        # Early on the average is short, so that it forgets the initial weights: decay (1 + t) / (10 + t), as usual.
        decay = jnp.minimum(state.ema_decay, (1.0 + averaged[name]) / (10.0 + averaged[name]))
        now = _variables(name, state.params, state.batch_stats)
        ema[name] = optax.incremental_update(now, ema[name], 1.0 - decay)
    return state.replace(ema=ema, averaged=averaged)


def many_steps(
    state: TrainState,
    source: Any,
    examples: jax.Array,
    *,
    sample: Callable[[Any, jax.Array, jax.Array], Any],
    objectives: Callable[..., Outcome],
    steps: int,
    patience: int = 1,
    axis_name: str | None = None,
) -> tuple[TrainState, dict[str, jax.Array]]:
    """`steps` updates in one program, each on a batch drawn on the device.

    Args:
        state: the state before.
        source: what `sample` draws from.
        examples: `[N]` numbers of the examples (of the whole batch) that this device takes.
        sample: `(source, key, examples) -> batch`; the key is the state's with the step's number folded in.
        objectives, patience, axis_name: as in `train_step`.
        steps: number of updates.

    Returns:
        The state after, and the metrics: their means over the steps that were taken (NaN if none was), the number of
        those that were SKIPPED, and how many of these were IN_A_ROW at the end.
    """

    def body(state, _):
        batch = sample(source, jax.random.fold_in(state.key, state.step), examples)
        return train_step(state, batch, objectives=objectives, patience=patience, axis_name=axis_name)

    state, metrics = jax.lax.scan(body, state, length=steps)
    skipped, in_a_row = metrics.pop(SKIPPED), metrics.pop(IN_A_ROW)
    taken = steps - skipped.sum()
    means = {name: jnp.where(skipped, 0.0, value).sum() / taken for name, value in metrics.items()}
    return state, means | {SKIPPED: skipped.sum(), IN_A_ROW: in_a_row[-1]}


class Parallel(NamedTuple):
    """`many_steps` on several devices: `run(state, source) -> (state, metrics)`, and `place` to put arguments there."""

    run: Callable[[TrainState, Any], tuple[TrainState, dict[str, jax.Array]]]
    place: Callable[[Any], Any]


def parallel(
    devices: Sequence[jax.Device],
    *,
    batch_size: int,
    steps: int,
    sample: Callable[[Any, jax.Array, jax.Array], Any],
    objectives: Callable[..., Outcome],
    patience: int = 1,
    replicas: bool = False,
) -> Parallel:
    """The one place that knows of several devices: pmap over shares of the batch, everything else replicated.

    The devices may belong to several processes, each of which makes the same calls with the same source; a process
    holds the whole state on each of its own devices.

    The state is donated. Place state and source once before the first call; a state placed otherwise is compiled for
    twice. With `replicas` the state is several (`stack`), of other seeds, that are trained side by side on the same
    source: vmap over their leading axis, which the metrics have, too.

    Raises:
        ValueError: if the batch cannot be shared equally.
    """
    if batch_size % len(devices):
        raise ValueError(f"batch_size: found {batch_size}, expected a multiple of the {len(devices)} devices")
    mine = [i for i, device in enumerate(devices) if device.process_index == jax.process_index()]
    replicated = jax.sharding.NamedSharding(
        jax.sharding.Mesh(np.asarray([devices[i] for i in mine]), (AXIS,)), jax.sharding.PartitionSpec()
    )
    several = functools.partial(
        many_steps,
        sample=sample,
        objectives=objectives,
        steps=steps,
        patience=patience,
        axis_name=AXIS if len(devices) > 1 else None,  # one device has nobody to talk to
    )
    if replicas:
        several = jax.vmap(several, in_axes=(0, None, None))
    run = jax.pmap(
        several,
        axis_name=AXIS,
        in_axes=(None, None, 0),
        out_axes=None,
        devices=devices,
        donate_argnums=0,
    )
    examples = jnp.asarray(np.arange(batch_size).reshape(len(devices), -1)[mine])
    return Parallel(lambda state, source: run(state, source, examples), lambda x: jax.device_put(x, replicated))


def stack(states: Sequence[TrainState]) -> TrainState:
    """States of several seeds as one, every array with a leading axis: what `parallel(replicas=True)` trains."""
    structure = jax.tree.structure(states[0])
    columns = zip(*(jax.tree.leaves(state) for state in states), strict=True)
    return jax.tree.unflatten(structure, [jnp.stack(column) for column in columns])


def unstack(state: TrainState, index: int) -> TrainState:
    """The state of one seed."""
    return jax.tree.map(lambda x: x[index], state)
