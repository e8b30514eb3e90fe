"""The training step: one state, one gradient for each network, one update of all, on any number of devices.

Nothing here depends on a network or a loss: both come with `objectives`.
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
    averages: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> tuple[dict[str, Any], Outcome]:
    """The gradient, for each network that has a loss, of this loss by its parameters; all other networks are fixed.

    So no stop_gradient can be forgotten, and no order of updates matters. The forward pass is computed once, for all
    networks; each loss has its backward pass, of which the compiler drops what leads to other networks' parameters.

    Args:
        objectives: `(params, *args, **kwargs) -> Outcome`.
        params: parameters by network.
        args, kwargs: passed on to `objectives`.
        averages: parameters by network, used in place of `params` for networks without a loss.

    Returns:
        `{network: gradient}`, each of the structure of its parameters; and the outcome.

    Source:
        Ours.

    Example:
        Each network has its own loss, though both losses depend on both:

        >>> def objectives(params):
        ...     a, b = params["a"], params["b"]
        ...     return Outcome({"a": a * b, "b": -a * b}, {}, {})
        >>> grads, _ = gradients(objectives, {"a": jnp.float32(2.0), "b": jnp.float32(3.0)})
        >>> float(grads["a"]), float(grads["b"])
        (3.0, -2.0)
    """
    trained = jax.eval_shape(lambda p: objectives(p, *args, **kwargs).losses, params)
    frozen = {name: p for name, p in (averages or {}).items() if name not in trained}

    def losses(learning: Mapping[str, Any]) -> tuple[Mapping[str, jax.Array], Outcome]:
        outcome = objectives({**params, **frozen, **learning}, *args, **kwargs)
        return outcome.losses, outcome

    values, backward, outcome = jax.vjp(losses, {name: params[name] for name in trained}, has_aux=True)
    one_hot = {name: {other: jnp.full_like(values[other], other == name) for other in values} for name in trained}
    return {name: backward(one_hot[name])[0][name] for name in trained}, outcome


def train_step(
    state: TrainState,
    batch: Any,
    *,
    objectives: Callable[..., Outcome],
    patience: int = 1,
    axis_name: str | None = None,
) -> tuple[TrainState, dict[str, jax.Array]]:
    """One simultaneous update, on one batch, of all networks that have a loss. Pure.

    A step in which a metric (losses are among them) or a gradient is not finite is skipped: it is counted, and nothing
    else changes. After `patience` of them in a row the state never changes again, so that the first of them can be
    examined.

    Args:
        state: the state before.
        batch: what `objectives` takes; with `axis_name`, this device's share of it.
        objectives: `(params, batch_stats, batch, *, axis_name) -> Outcome`.
        patience: bad steps in a row that end the training.
        axis_name: mapped axis over which gradients, statistics and metrics are averaged; None on one device.

    Returns:
        The state after, and the metrics of the batch `{name: ()}`; with SKIPPED (1 or 0) and IN_A_ROW among them.

    Example:
        >>> def objectives(params, batch_stats, batch, *, axis_name):
        ...     loss = ((params["lifter"] - batch) ** 2).sum()
        ...     return Outcome({"lifter": loss}, {"loss/lifter": loss}, batch_stats)
        >>> state = create_state(
        ...     jax.random.key(0), apply_fn=None, params={"lifter": jnp.zeros(2)}, batch_stats={},
        ...     optimizers={"lifter": optax.sgd(0.25)}, ema_decay=0.9,
        ... )
        >>> state, metrics = train_step(state, jnp.ones(2), objectives=objectives)
        >>> state.params["lifter"].tolist(), metrics["loss/lifter"].item()
        ([0.5, 0.5], 2.0)
    """
    averages = {name: average["params"] for name, average in state.ema.items()}
    grads, outcome = gradients(
        objectives, state.params, state.batch_stats, batch, averages=averages, axis_name=axis_name
    )
    metrics, batch_stats = dict(outcome.metrics), outcome.batch_stats
    if axis_name is not None:
        grads, metrics, batch_stats = jax.lax.pmean((grads, metrics, batch_stats), axis_name)
    metrics["health/gradient"] = optax.tree.norm(grads)
    good = jnp.isfinite(jnp.stack(list(metrics.values()))).all()
    over = state.bad >= patience
    taken = good & ~over
    after = _if(taken, lambda: _trained(_update(state, grads, batch_stats)), lambda: _trained(state))
    bad = jnp.where(over, state.bad, jnp.where(good, 0, state.bad + 1))
    step = jnp.where(over, state.step, state.step + 1)
    return state.replace(**after, step=step, bad=bad), metrics | {SKIPPED: 1.0 - taken, IN_A_ROW: bad}


def _if(condition: jax.Array, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """The pytree `yes()` or `no()`, whichever costs less to choose.

    A CPU branches: it could not update in place what it also has to keep. Elsewhere a branch would make the host wait
    for the condition; there both are computed, and the choice is fused into the update.
    """
    return jax.lax.platform_dependent(
        cpu=lambda: jax.lax.cond(condition, yes, no),
        default=lambda: jax.tree.map(functools.partial(jnp.where, condition), yes(), no()),
    )


def _trained(state: TrainState) -> dict[str, Any]:
    """What an update changes, except the counts of steps."""
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
        The state after, and the metrics `{name: ()}`: their means over the steps that were taken (NaN if none was), the
        number of those that were SKIPPED, and how many of these were IN_A_ROW at the end.

    Example:
        >>> def objectives(params, batch_stats, batch, *, axis_name):
        ...     loss = ((params["lifter"] - batch.mean()) ** 2).sum()
        ...     return Outcome({"lifter": loss}, {"loss/lifter": loss}, batch_stats)
        >>> state = create_state(
        ...     jax.random.key(0), apply_fn=None, params={"lifter": jnp.zeros(2)}, batch_stats={},
        ...     optimizers={"lifter": optax.sgd(0.25)}, ema_decay=0.9,
        ... )
        >>> source, sample = jnp.ones(8), lambda source, key, examples: source[examples]
        >>> state, _ = many_steps(state, source, jnp.arange(4), sample=sample, objectives=objectives, steps=2)
        >>> int(state.step), state.params["lifter"].tolist()
        (2, [0.75, 0.75])
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
    """`many_steps` on several devices.

    Attributes:
        run: `(state, source) -> (state, metrics)`; the state is donated.
        place: puts a state or a source on the devices.

    Example:
        A program for one device that does nothing (for a real one: `parallel`):

        >>> idle = Parallel(run=lambda state, source: (state, {}), place=jax.device_put)
        >>> idle.run(idle.place(jnp.ones(2)), None)[0].tolist()
        [1.0, 1.0]
    """

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
    """Compile `many_steps` for several devices: pmap over shares of the batch, everything else replicated.

    The only place that depends on the number of devices. They may belong to several processes, each of which makes the
    same calls with the same source; a process has the whole state on each of its devices.

    The state is donated. Place state and source once before the first call; with a state placed otherwise it is
    compiled twice. With `replicas` the state is several states of different seeds (`stack`), trained side by side on
    the same source: vmap over their leading axis, which the metrics have, too.

    Args:
        devices: of all processes, in one order.
        batch_size: examples per step, over all devices.
        steps, sample, objectives, patience: as in `many_steps`.
        replicas: whether the state is a stack of several.

    Returns:
        The compiled program, and how to place its arguments.

    Raises:
        ValueError: if the batch cannot be shared equally.

    Example:
        >>> def objectives(params, batch_stats, batch, *, axis_name):
        ...     loss = ((params["lifter"] - batch.mean()) ** 2).sum()
        ...     return Outcome({"lifter": loss}, {"loss/lifter": loss}, batch_stats)
        >>> state = create_state(
        ...     jax.random.key(0), apply_fn=None, params={"lifter": jnp.zeros(2)}, batch_stats={},
        ...     optimizers={"lifter": optax.sgd(0.25)}, ema_decay=0.9,
        ... )
        >>> sample = lambda source, key, examples: source[examples]
        >>> program = parallel(jax.devices()[:1], batch_size=4, steps=2, sample=sample, objectives=objectives)
        >>> state, metrics = program.run(program.place(state), program.place(jnp.ones(8)))
        >>> int(state.step), state.params["lifter"].tolist()
        (2, [0.75, 0.75])
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
        axis_name=AXIS if len(devices) > 1 else None,  # one device communicates with no other
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
    """States of several seeds as one, for `parallel(replicas=True)`.

    Args:
        states: S states of the same structure.

    Returns:
        A state whose arrays are `[S, ...]`.

    Example:
        >>> states = [
        ...     create_state(
        ...         jax.random.key(seed), apply_fn=None, params={"lifter": jnp.zeros(2)}, batch_stats={},
        ...         optimizers={"lifter": optax.identity()}, ema_decay=0.9,
        ...     )
        ...     for seed in range(3)
        ... ]
        >>> stacked = stack(states)
        >>> stacked.params["lifter"].shape, unstack(stacked, 1).params["lifter"].shape
        ((3, 2), (2,))
    """
    structure = jax.tree.structure(states[0])
    columns = zip(*(jax.tree.leaves(state) for state in states), strict=True)
    return jax.tree.unflatten(structure, [jnp.stack(column) for column in columns])


def unstack(state: TrainState, index: int) -> TrainState:
    """The state of one seed.

    Args:
        state: of `stack`, its arrays `[S, ...]`.
        index: of the seed.

    Returns:
        Its state, as `stack` took it.

    Example:
        >>> state = create_state(
        ...     jax.random.key(0), apply_fn=None, params={"lifter": jnp.ones(2)}, batch_stats={},
        ...     optimizers={"lifter": optax.identity()}, ema_decay=0.9,
        ... )
        >>> unstack(stack([state, state.replace(step=jnp.int32(7))]), 1).step.item()
        7
    """
    return jax.tree.map(lambda x: x[index], state)
