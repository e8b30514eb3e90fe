"""From a config to the parts of a run: networks, state, games, training poses. Entries: configs/paper.py."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
import optax
from flax import linen as nn
from ml_collections import ConfigDict

from geolift import normalization
from geolift.adaptation import adaptation_game, together
from geolift.augmentation import Detector
from geolift.dataset import Dataset
from geolift.errors import ConfigError, DatasetError
from geolift.game import Foreign, Temporal, View, lifting_game
from geolift.losses import ADVERSARIAL
from geolift.model import expect_skeleton
from geolift.networks import NORMALISATIONS, Adapter, Discriminator, Lifter
from geolift.normalization import Normalization
from geolift.sampler import BY, Pool, Pools, make_pool, merge
from geolift.skeleton import Skeleton
from geolift.sources import open_dataset
from geolift.step import Outcome, TrainState, create_state

SIZES = {"width": (1, 1 << 15), "blocks": (0, 256)}  # of networks
LARGEST = 1e30  # of rates and weights, so that what they multiply is finite in float32


class Phase(NamedTuple):
    """A stretch of a run in which the same networks learn: up to and with step `last`."""

    last: int
    objectives: Callable[..., Outcome]


def build_networks(config: ConfigDict) -> dict[str, nn.Module]:
    """The networks of a config that play, by name."""
    common = {"masks": config.data.masks, "bfloat16": config.get("bfloat16", False)}  # runs from before it lack it
    networks = {
        "lifter": Lifter(**config.lifter, **common),
        "discriminator": Discriminator(**config.discriminator, **common),
    }
    if config.loss.weights.temporal:
        networks["motion_discriminator"] = Discriminator(**config.motion_discriminator, **common)
    if config.adapter.data:
        networks["adapter"] = Adapter(**config.adapter.network, **common)
        networks["domain_discriminator"] = Discriminator(**config.domain_discriminator, **common)
    return networks


def build_state(config: ConfigDict, skeleton: Skeleton, frames: int) -> TrainState:
    """The state before the first step; `frames` is the size of the training set, which an epoch goes by."""
    networks = build_networks(config)
    order = ("lifter", "discriminator", "motion_discriminator", "adapter", "domain_discriminator")
    base, *keys = jax.random.split(jax.random.key(config.seed), 1 + len(order))
    joints = len(skeleton.names)
    pose = np.zeros((1, joints, 2), np.float32)
    inputs = dict.fromkeys(order, pose)
    if config.motion.with_pose:
        inputs["motion_discriminator"] = np.zeros((1, 2 * joints, 2), np.float32)
    variables = {
        name: jax.jit(networks[name].init)(key, inputs[name])
        for name, key in zip(order, keys, strict=True)
        if name in networks
    }
    epoch = max(1, frames // config.batch_size)

    def adam(rate: float) -> optax.GradientTransformation:
        schedule = optax.exponential_decay(rate, epoch, config.optimizer.decay, staircase=True)
        return optax.adam(schedule, b1=config.optimizer.b1)

    return create_state(
        base,
        apply_fn=networks["lifter"].apply,
        params={name: v["params"] for name, v in variables.items()},
        batch_stats=variables["lifter"].get("batch_stats", {}),
        optimizers={name: adam(config.optimizer[name]) for name in networks},
        ema_decay=config.ema_decay,
        averages=[name for name in ("lifter", "adapter") if name in networks],
    )


def build_phases(config: ConfigDict, skeleton: Skeleton) -> list[Phase]:
    """The games of a config, in the order in which they are played."""
    networks = build_networks(config)
    adversarial_loss = config.loss.adversarial
    temporal = foreign = detector = None
    if config.loss.weights.temporal:
        motion = config.motion
        temporal = Temporal(networks["motion_discriminator"], gain=motion.gain, with_pose=motion.with_pose)
    if config.adapter.data:
        foreign = Foreign(networks["adapter"], every=config.adapter.every)
    if config.detector.noise or config.detector.hidden:
        detector = Detector(**config.detector, skeleton=skeleton)
    lifting = lifting_game(
        networks["lifter"],
        networks["discriminator"],
        weights=config.loss.weights,
        adversarial_loss=adversarial_loss,
        view=View(**config.view, root=skeleton.root),
        temporal=temporal,
        foreign=foreign,
        detector=detector,
    )
    if not foreign:
        return [Phase(config.steps, lifting)]
    adapting = adaptation_game(
        networks["adapter"],
        networks["domain_discriminator"],
        weight=config.adapter.penalty,
        squared=config.adapter.squared,
        adversarial_loss=adversarial_loss,
        root=skeleton.root,
    )
    first = config.adapter.first_steps
    if first:
        return [Phase(first, adapting), Phase(first + config.steps, lifting)]
    return [Phase(config.steps, together(lifting, adapting))]


def build_pools(config: ConfigDict, seen: Dataset, scaling: Normalization) -> Pools:
    """The poses that training draws from: those of `seen`, and of the source domain if an adapter plays.

    Raises:
        DatasetError, FileNotFoundError: if a data set cannot be used.
    """
    pool = functools.partial(make_pool, masks=config.data.masks)
    target = pool(
        normalization.normalize(seen, scaling),
        seen,
        by=config.data.sampling,
        gap=config.motion.gap if config.loss.weights.temporal else None,
    )
    if not config.adapter.data:
        return Pools(target)
    return Pools(target, merge([_source(path, config, seen, scaling, pool) for path in config.adapter.data.split(",")]))


def _source(path: str, config: ConfigDict, seen: Dataset, scaling: Normalization, pool: Callable[..., Pool]) -> Pool:
    """Poses of another domain at the size of the training set's.

    Where both know their cameras' intrinsics one factor serves both; otherwise every person has one of their own.
    """
    source = open_dataset(path)
    try:
        source = source.select(config.adapter.split).blind()
        expect_skeleton(source.skeleton, seen.skeleton)
        same = scaling.plane == "camera" and source.intrinsics is not None
        scale = normalization.normalize if same else normalization.normalize_persons
        return pool(scale(source, scaling), source)
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from error


def check(config: ConfigDict) -> None:
    """Refuse a config that does not fit itself.

    Raises:
        ConfigError: naming the entry, what was found and what was expected.
    """
    if not config.data.path:
        raise ConfigError("data.path is empty; set --config.data.path to a geolift data set, or to 'procedural'")
    check_sizes(config)
    numbers = ("steps", "batch_size", "run.steps_per_dispatch", "run.keep", "run.patience", "motion.gap")
    for name in numbers:
        value = _entry(config, name)
        if value < 1:
            raise ConfigError(f"{name}: found {value}, expected at least 1")
    chunk = config.run.steps_per_dispatch
    for name in ("steps", "run.log_every", "run.checkpoint_every", "run.validate_every"):
        value = _entry(config, name)
        if value < 1 or value % chunk:
            raise ConfigError(f"{name}: found {value}, expected a positive multiple of run.steps_per_dispatch, {chunk}")
    if config.adapter.data:
        first = config.adapter.first_steps
        if first < 0 or first % chunk:
            raise ConfigError(
                f"adapter.first_steps: found {first}, expected 0 or a multiple of run.steps_per_dispatch, {chunk}"
            )
        if config.adapter.every < 2:
            raise ConfigError(f"adapter.every: found {config.adapter.every}, expected at least 2")
    choices = {
        "loss.adversarial": tuple(ADVERSARIAL),
        "data.sampling": BY,
        "lifter.norm": NORMALISATIONS,
    }
    for name, expected in choices.items():
        if _entry(config, name) not in expected:
            raise ConfigError(f"{name}: found {_entry(config, name)!r}, expected one of {expected}")
    shard, dispatch = config.data.get("shard", 0), config.batch_size * chunk
    if shard < 0 or shard % dispatch:
        raise ConfigError(
            f"data.shard: found {shard}, expected 0 or a multiple of batch_size x run.steps_per_dispatch, {dispatch}"
        )
    if config.detector.noise < 0:
        raise ConfigError(f"detector.noise: found {config.detector.noise}, expected 0 or more")
    if not 0 <= config.detector.hidden < 1:
        raise ConfigError(f"detector.hidden: found {config.detector.hidden}, expected a chance from 0 to under 1")
    if config.detector.hidden and not config.data.masks:
        raise ConfigError("detector.hidden: found above 0, expected data.masks, which tells networks what is hidden")
    for name in ("adapter.penalty", "motion.gain"):
        if not _entry(config, name) > 0:
            raise ConfigError(f"{name}: found {_entry(config, name)}, expected a number above 0")
    if not all(0 <= weight < LARGEST for weight in config.loss.weights.values()):
        raise ConfigError(f"loss.weights: found {dict(config.loss.weights)}, expected numbers from 0 to {LARGEST:g}")
    rates = {name: config.optimizer[name] for name in config.optimizer if name not in ("b1", "decay")}
    if not all(0 <= rate < LARGEST for rate in rates.values()):
        raise ConfigError(f"optimizer: found {rates}, expected rates from 0 to {LARGEST:g}")
    devices = jax.device_count()
    every = config.adapter.every if config.adapter.data else 1
    if config.batch_size % (devices * every):
        times = f" times adapter.every, {every}" if config.adapter.data else ""
        raise ConfigError(f"batch_size: found {config.batch_size}, expected a multiple of the {devices} devices{times}")
    if not 0 <= config.ema_decay < 1:
        raise ConfigError(f"ema_decay: found {config.ema_decay}, expected a number from 0 to under 1")
    if not 0 < config.view.min_depth < config.view.distance:
        found = f"{config.view.min_depth}, {config.view.distance}"
        raise ConfigError(f"view.min_depth, view.distance: found {found}, expected 0 < min_depth < distance")


def check_sizes(config: ConfigDict) -> None:
    """Refuse networks that nobody means, before memory is taken for them.

    Raises:
        ConfigError: naming the entry.
    """
    for network in ("lifter", "discriminator", "motion_discriminator", "adapter.network", "domain_discriminator"):
        for name, (low, high) in SIZES.items():
            value = _entry(config, f"{network}.{name}")
            if type(value) is not int or not low <= value <= high:
                raise ConfigError(f"{network}.{name}: found {value!r}, expected a number from {low} to {high}")


def _entry(config: ConfigDict, name: str) -> Any:
    return functools.reduce(getattr, name.split("."), config)
