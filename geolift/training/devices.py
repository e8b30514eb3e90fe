"""Training steps on all local devices, many in one dispatch, for one seed or several side by side."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift.objectives.outcome import Outcome
from geolift.training.step import IN_A_ROW, SKIPPED, train_step
from geolift.training.train_state import TrainState

AXIS = "devices"


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
        >>> import optax
        >>> from geolift.training import create_state
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
        compile: compiles `run` for a state and a source, of which `shapes` are enough; `run` then starts at once.

    Example:
        A program for one device that does nothing (for a real one: `parallel`):

        >>> idle = Parallel(lambda state, source: (state, {}), jax.device_put, lambda state, source: None)
        >>> idle.run(idle.place(jnp.ones(2)), None)[0].tolist()
        [1.0, 1.0]
    """

    run: Callable[[TrainState, Any], tuple[TrainState, dict[str, jax.Array]]]
    place: Callable[[Any], Any]
    compile: Callable[[Any, Any], None]


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
        >>> import optax
        >>> from geolift.training import create_state
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
    return Parallel(
        run=lambda state, source: run(state, source, examples),
        place=lambda x: jax.device_put(x, replicated),
        compile=lambda state, source: run.lower(state, source, examples).compile() and None,
    )


def shapes(arrays: Any) -> Any:
    """Shapes, types and places of the arrays of a pytree, without their values: what a program is compiled for.

    Example:
        >>> shapes({"a": jnp.ones((2, 3))})["a"].shape
        (2, 3)
    """
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding), arrays)


def stack(states: Sequence[TrainState]) -> TrainState:
    """States of several seeds as one, for `parallel(replicas=True)`.

    Args:
        states: S states of the same structure.

    Returns:
        A state whose arrays are `[S, ...]`.

    Example:
        >>> import optax
        >>> from geolift.training import create_state
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
        >>> import optax
        >>> from geolift.training import create_state
        >>> state = create_state(
        ...     jax.random.key(0), apply_fn=None, params={"lifter": jnp.ones(2)}, batch_stats={},
        ...     optimizers={"lifter": optax.identity()}, ema_decay=0.9,
        ... )
        >>> unstack(stack([state, state.replace(step=jnp.int32(7))]), 1).step.item()
        7
    """
    return jax.tree.map(lambda x: x[index], state)
