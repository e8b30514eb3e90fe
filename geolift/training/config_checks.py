"""How the entries of a config must fit each other and the devices: small checks by name.

Each check yields its faults as (entry, found, expected). What an entry must be by itself is in
`geolift.training.config`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jax

from geolift.errors import ConfigError
from geolift.training.config import Config

Fault = tuple[str, Any, str]  # entry, what was found, what was expected


def check(config: Config) -> None:
    """Refuse a config whose entries do not fit each other.

    Args:
        config: a whole one, from `config.load`.

    Raises:
        ConfigError: naming the entry, what was found and what was expected.

    Example:
        >>> from geolift.training.config import load
        >>> check(load({"data.path": "procedural", "steps": 75}))
        Traceback (most recent call last):
        geolift.errors.ConfigError: steps: found 75, expected a positive multiple of run.steps_per_dispatch, 50
    """
    for fits in CHECKS:
        for name, found, expected in fits(config):
            raise ConfigError(f"{name}: found {found}, expected {expected}")


def data_is_named(config: Config) -> Iterator[Fault]:
    if not config.data.path:
        yield "data.path", "none", "a geolift data set, or 'procedural' (set --config.data.path)"


def steps_are_whole_dispatches(config: Config) -> Iterator[Fault]:
    """Steps run in compiled programs of `run.steps_per_dispatch`."""
    steps = {
        "steps": config.steps,
        "run.log_every": config.run.log_every,
        "run.checkpoint_every": config.run.checkpoint_every,
        "run.validate_every": config.run.validate_every,
    }
    if config.loss.weights.likelihood:
        steps["flow.steps"] = config.flow.steps
    if config.adapter.data:
        steps["adapter.first_steps"] = config.adapter.first_steps
    each = config.run.steps_per_dispatch
    for name, found in steps.items():
        if found % each:
            least = "0 or" if name == "adapter.first_steps" else "a positive"
            multiple = "a multiple" if name == "adapter.first_steps" else "multiple"
            yield name, found, f"{least} {multiple} of run.steps_per_dispatch, {each}"


def shards_are_whole_dispatches(config: Config) -> Iterator[Fault]:
    dispatch = config.batch_size * config.run.steps_per_dispatch
    if config.data.shard % dispatch:
        yield (
            "data.shard",
            config.data.shard,
            f"0 or a multiple of batch_size x run.steps_per_dispatch, {dispatch}",
        )


def moments_are_in_one_pool(config: Config) -> Iterator[Fault]:
    """Poses of other cameras are found by their places among all poses, which shards do not keep."""
    if (config.loss.weights.cameras or config.view.cameras) and config.data.shard:
        yield "data.shard", config.data.shard, "0 with loss.weights.cameras or view.cameras"


def views_towards_cameras_are_of_the_target(config: Config) -> Iterator[Fault]:
    """Corrected poses of another domain are no longer those that cameras filmed."""
    if config.view.cameras and config.adapter.data:
        yield "view.cameras", config.view.cameras, "0 with adapter.data"


def hidden_joints_are_masked(config: Config) -> Iterator[Fault]:
    for name in ("hidden", "coco_trunk"):
        if config.augmentation[name] and not config.data.masks:
            found = config.augmentation[name]
            yield f"augmentation.{name}", found, "0, or data.masks=True, so that networks get the mask"


def penalty_has_a_discriminator(config: Config) -> Iterator[Fault]:
    penalty, weights = config.loss.gradient_penalty, config.loss.weights
    if penalty and not (weights.adversarial or weights.temporal):
        yield "loss.gradient_penalty", penalty, "0 where no discriminator is trained"


def pitch_is_fixed_or_learnt(config: Config) -> Iterator[Fault]:
    view = config.view
    if view.tilt == "fixed":
        return
    if view.pitch:
        yield "view.pitch", view.pitch, f"0 with view.tilt={view.tilt}, where it is not fixed"
    if view.tilt == "anywhere":
        return
    if not view.pitch_low < view.pitch_start < view.pitch_high:
        found = f"{view.pitch_low}, {view.pitch_start}, {view.pitch_high}"
        yield "view.pitch_low, view.pitch_start, view.pitch_high", found, "pitch_low < pitch_start < pitch_high"
    elif not view.pitch_start and view.tilt != "given":
        yield "view.pitch_start", view.pitch_start, "another number than 0: its sign decides between the two twins"


def mirrored_networks_are_even(config: Config) -> Iterator[Fault]:
    """Equivariant networks split their units in halves, and have no normalization layers."""
    if not config.mirror_equivariant:
        return
    if config.lifter.norm != "none":
        yield "lifter.norm", repr(config.lifter.norm), "'none' with mirror_equivariant"
    for name in ("lifter", "camera", "discriminator", "motion_discriminator", "domain_discriminator"):
        if config[name].width % 2:
            yield f"{name}.width", config[name].width, "an even number with mirror_equivariant"


def batch_fits_the_devices(config: Config) -> Iterator[Fault]:
    """Every device gets the same number of poses, of pairs, and of poses of the source domain."""
    devices, size = jax.device_count(), config.batch_size
    if config.loss.weights.deformation and size % (2 * devices):
        yield (
            "batch_size",
            size,
            f"a multiple of {2 * devices} (2 x {devices} devices) with loss.weights.deformation, which is of pairs",
        )
    every = config.adapter.every if config.adapter.data else 1
    if size % (devices * every):
        times = f" x adapter.every, {every}" if config.adapter.data else ""
        yield "batch_size", size, f"a multiple of {devices * every} ({devices} devices{times})"


def camera_is_outside(config: Config) -> Iterator[Fault]:
    if config.view.min_depth >= config.view.distance:
        found = f"{config.view.min_depth}, {config.view.distance}"
        yield "view.min_depth, view.distance", found, "min_depth < distance"


CHECKS: tuple[Callable[[Config], Iterator[Fault]], ...] = (
    data_is_named,
    steps_are_whole_dispatches,
    shards_are_whole_dispatches,
    moments_are_in_one_pool,
    views_towards_cameras_are_of_the_target,
    hidden_joints_are_masked,
    penalty_has_a_discriminator,
    pitch_is_fixed_or_learnt,
    mirrored_networks_are_even,
    batch_fits_the_devices,
    camera_is_outside,
)
