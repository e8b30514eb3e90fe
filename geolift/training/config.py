"""The entries of a config and what is asked of them."""

import functools
from typing import Any

import jax
from ml_collections import ConfigDict

from geolift.data.sampling import BY
from geolift.errors import ConfigError
from geolift.losses import ADVERSARIAL
from geolift.networks.mlp import NORMALISATIONS

SIZES = {"width": (1, 1 << 15), "blocks": (0, 256)}  # of networks


LEARNED = ("", "mean", "pose")  # pitches


OFF = {
    "bfloat16": False, "data.shard": 0, "mirror": False, "view.learned": "", "loss.gradient_penalty": 0.0,
    "loss.unsquared": False, "loss.weights.symmetry": 0.0, "loss.weights.spread": 0.0, "loss.weights.proportions": 0.0,
    "loss.weights.deformation": 0.0, "loss.weights.likelihood": 0.0,
}  # what configs lack that are older than these entries  # fmt: skip


FLOW_SIZES = {"components": (2, 1 << 11), "layers": (1, 256), "width": (1, 1 << 15)}


LARGEST = 1e30  # of rates and weights, so that what they multiply is finite in float32


def check(config: ConfigDict) -> None:
    """Refuse a config that does not fit itself.

    Raises:
        ConfigError: naming the entry, what was found and what was expected.
    """
    if not config.data.path:
        raise ConfigError("data.path is empty; set --config.data.path to a geolift data set, or to 'procedural'")
    if entry(config, "loss.weights.likelihood"):
        _check_flow(config)
    check_sizes(config)
    numbers = ("steps", "batch_size", "run.steps_per_dispatch", "run.keep", "run.patience", "motion.gap")
    for name in numbers:
        value = entry(config, name)
        if value < 1:
            raise ConfigError(f"{name}: found {value}, expected at least 1")
    chunk = config.run.steps_per_dispatch
    for name in ("steps", "run.log_every", "run.checkpoint_every", "run.validate_every"):
        value = entry(config, name)
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
        "view.learned": LEARNED,
    }
    for name, expected in choices.items():
        if entry(config, name) not in expected:
            raise ConfigError(f"{name}: found {entry(config, name)!r}, expected one of {expected}")
    shard, dispatch = entry(config, "data.shard"), config.batch_size * chunk
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
        if not entry(config, name) > 0:
            raise ConfigError(f"{name}: found {entry(config, name)}, expected a number above 0")
    if not all(0 <= weight < LARGEST for weight in config.loss.weights.values()):
        raise ConfigError(f"loss.weights: found {dict(config.loss.weights)}, expected numbers from 0 to {LARGEST:g}")
    rates = {name: config.optimizer[name] for name in config.optimizer if name not in ("b1", "decay")}
    if not all(0 <= rate < LARGEST for rate in rates.values()):
        raise ConfigError(f"optimizer: found {rates}, expected rates from 0 to {LARGEST:g}")
    penalty, weights = entry(config, "loss.gradient_penalty"), config.loss.weights
    if not 0 <= penalty < LARGEST:
        raise ConfigError(f"loss.gradient_penalty: found {penalty}, expected a number from 0 to {LARGEST:g}")
    if penalty and not (weights.adversarial or weights.temporal):
        raise ConfigError(f"loss.gradient_penalty: found {penalty}, expected 0 where no discriminator plays")
    if entry(config, "view.learned") and config.view.pitch:
        raise ConfigError(f"view.pitch: found {config.view.pitch}, expected 0 with view.learned, which finds its own")
    if entry(config, "mirror"):
        if config.lifter.norm != "none":
            raise ConfigError(f"lifter.norm: found {config.lifter.norm!r}, expected 'none' with mirror")
        for name in ("lifter", "discriminator", "motion_discriminator", "domain_discriminator"):
            if config[name].width % 2:
                raise ConfigError(f"{name}.width: found {config[name].width}, expected an even number with mirror")
    devices = jax.device_count()
    every = config.adapter.every if config.adapter.data else 1
    if entry(config, "loss.weights.deformation") and config.batch_size % (2 * devices):
        found = f"found {config.batch_size}, expected a multiple of twice the {devices} devices"
        raise ConfigError(f"batch_size: {found} with loss.weights.deformation, which is of pairs")
    if config.batch_size % (devices * every):
        times = f" times adapter.every, {every}" if config.adapter.data else ""
        raise ConfigError(f"batch_size: found {config.batch_size}, expected a multiple of the {devices} devices{times}")
    if not 0 <= config.ema_decay < 1:
        raise ConfigError(f"ema_decay: found {config.ema_decay}, expected a number from 0 to under 1")
    if not 0 < config.view.min_depth < config.view.distance:
        found = f"{config.view.min_depth}, {config.view.distance}"
        raise ConfigError(f"view.min_depth, view.distance: found {found}, expected 0 < min_depth < distance")


def _check_flow(config: ConfigDict) -> None:
    if set(config.flow) != {"parts", "steps", "components", "layers", "width"}:
        raise ConfigError(
            f"flow: found {sorted(config.flow)}, expected parts, steps, components, layers, width, as in "
            "configs/elepose.py, for loss.weights.likelihood"
        )
    chunk = config.run.steps_per_dispatch
    if type(config.flow.steps) is not int or config.flow.steps < 1 or config.flow.steps % chunk:
        raise ConfigError(
            f"flow.steps: found {config.flow.steps}, expected a positive multiple of run.steps_per_dispatch, {chunk}"
        )


def check_sizes(config: ConfigDict) -> None:
    """Refuse networks that nobody means, before memory is taken for them.

    Raises:
        ConfigError: naming the entry.
    """
    for network in ("lifter", "discriminator", "motion_discriminator", "adapter.network", "domain_discriminator"):
        for name, (low, high) in SIZES.items():
            value = entry(config, f"{network}.{name}")
            _expect_size(f"{network}.{name}", value, low, high)
    if entry(config, "loss.weights.likelihood"):
        for name, (low, high) in FLOW_SIZES.items():
            _expect_size(f"flow.{name}", entry(config, f"flow.{name}"), low, high)


def _expect_size(name: str, value: Any, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise ConfigError(f"{name}: found {value!r}, expected a number from {low} to {high}")


def entry(config: ConfigDict, name: str) -> Any:
    """An entry by its dotted name; off where the config is older than the entry."""
    *path, last = name.split(".")
    block = functools.reduce(getattr, path, config)
    return getattr(block, last) if last in block or name not in OFF else OFF[name]
