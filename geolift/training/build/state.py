"""The state of a run before its first step."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from geolift.data.sampling import Pools
from geolift.errors import ConfigError
from geolift.networks.flow import fit_whitening
from geolift.skeletons.skeleton import Skeleton
from geolift.training.build.networks import build_networks
from geolift.training.config import Config
from geolift.training.train_state import TrainState, create_state

SPLIT_KEYS = (
    "lifter",
    "discriminator",
    "motion_discriminator",
    "adapter",
    "domain_discriminator",
)  # share one key split
FOLDED_KEYS = ("camera", "flow")  # added later: separate keys, so that the weights of the first ones stayed the same
LEARN_AS = {"camera": "lifter", "flow": "lifter"}  # networks with the learning rate of another
FLOW_POSES = 1 << 17  # training poses, evenly spread, that the flow's principal axes are fitted to, at most


def build_state(config: Config, skeleton: Skeleton, frames: int) -> TrainState:
    """The state before the first step: drawn weights, and Adam for every network.

    Args:
        config: a whole config.
        skeleton: of the poses.
        frames: size of the training set, which makes an epoch; learning rates decay by epochs.
    """
    networks = build_networks(config, skeleton)
    base, *keys = jax.random.split(jax.random.key(config.seed), 1 + len(SPLIT_KEYS))
    keys = dict(zip(SPLIT_KEYS, keys, strict=True))
    keys |= {name: jax.random.fold_in(base, i) for i, name in enumerate(FOLDED_KEYS, start=1 << 31)}
    joints = len(skeleton.names)
    inputs = dict.fromkeys(networks, np.zeros((1, joints, 2), np.float32))
    if config.motion.with_pose:
        inputs["motion_discriminator"] = np.zeros((1, 2 * joints, 2), np.float32)
    variables = {name: jax.jit(networks[name].init)(keys[name], inputs[name]) for name in networks}
    epoch = max(1, frames // config.batch_size)

    def adam(name: str) -> optax.GradientTransformation:
        return optax.adam(_learning_rate(config, name, epoch), b1=config.optimizer.b1)

    averaged = ("lifter", "adapter", "flow", *(("camera",) if config.view.tilt in ("pose", "given") else ()))
    return create_state(
        base,
        apply_fn=networks["lifter"].apply,
        params={name: v["params"] for name, v in variables.items()},
        batch_stats=variables["lifter"].get("batch_stats", {}),
        optimizers={name: adam(name) for name in networks},
        ema_decay=config.ema_decay,
        averages=[name for name in averaged if name in networks],
    )


def _learning_rate(config: Config, name: str, epoch: int) -> optax.Schedule:
    """The learning rate of a network by the number of its updates."""
    optimizer = config.optimizer
    falling = optax.exponential_decay(
        optimizer[LEARN_AS.get(name, name)], optimizer.decay_every or epoch, optimizer.decay, staircase=True
    )
    if not optimizer.warmup and not optimizer.cooldown:
        return falling
    updates = _updates(config, name)

    def schedule(count: jax.Array) -> jax.Array:
        risen = (count + 1) / max(1, optimizer.warmup)
        left = (updates - count) / max(1.0, optimizer.cooldown * updates)
        return falling(count) * jnp.clip(jnp.minimum(risen, left), 0.0, 1.0)

    return schedule


def _updates(config: Config, name: str) -> int:
    """The number of updates of a network in a run."""
    if name == "flow":
        return config.flow.steps
    if name in ("adapter", "domain_discriminator") and config.adapter.first_steps:
        return config.adapter.first_steps
    return config.steps


def fit_flow(state: TrainState, config: Config, skeleton: Skeleton, pools: Pools) -> TrainState:
    """The state with the flow's principal axes, which are fitted to the training poses before the first step.

    Raises:
        ConfigError: if no training pose is whole, or they vary in fewer directions than the flow has components.
    """
    if "flow" not in state.params:
        return state
    flow, poses = build_networks(config, skeleton)["flow"], pools.target.poses
    whole = np.flatnonzero(poses.whole)
    if not len(whole):
        raise ConfigError("loss.weights.likelihood: found above 0 with poses that all miss joints, expected whole ones")
    try:
        params = fit_whitening(flow, state.params["flow"], poses.joints[whole[:: -(-len(whole) // FLOW_POSES)]])
    except ValueError as error:
        raise ConfigError(f"flow.{error}") from error
    ema = state.ema | {"flow": {"params": jax.tree.map(jnp.copy, params)}}
    return state.replace(params=state.params | {"flow": params}, ema=ema)
