"""The training step: one gradient for each network, averaged over devices, and one update of all networks.

Nothing here depends on a network or a loss: both come with `objectives`.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import optax

from geolift.objectives.outcome import Outcome
from geolift.training.train_state import TrainState, network_variables

SKIPPED, IN_A_ROW = "health/skipped", "health/skipped_in_a_row"  # metrics: steps without an update


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
        >>> from geolift.training import create_state
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
        now = network_variables(name, state.params, state.batch_stats)
        ema[name] = optax.incremental_update(now, ema[name], 1.0 - decay)
    return state.replace(ema=ema, averaged=averaged)
