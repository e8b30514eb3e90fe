"""How a run lives: build it from a config, train, log, save, resume. The only module that reads a config."""

import functools
import hashlib
import math
import os
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import optax
from ml_collections import ConfigDict

from geolift import metrics as measures
from geolift import normalization
from geolift.checkpoint import Checkpoints
from geolift.dataset import Dataset
from geolift.game import lifting_game
from geolift.logger import Logger
from geolift.model import Model, lift_on_device
from geolift.networks import Discriminator, Lifter
from geolift.normalization import Normalization
from geolift.sampler import make_pool, sample
from geolift.skeleton import Skeleton
from geolift.sources import open_dataset
from geolift.step import TrainState, create_state, parallel
from geolift.workdir import ConfigError, read, remember

VALIDATION_FRAMES = 1024


def build_networks(config: ConfigDict) -> tuple[Lifter, Discriminator]:
    """The networks of a config."""
    return Lifter(**config.lifter), Discriminator(**config.discriminator)


def build_state(config: ConfigDict, skeleton: Skeleton, frames: int) -> TrainState:
    """The state before the first step; `frames` is the size of the training set, which an epoch goes by."""
    lifter, discriminator = build_networks(config)
    base, lifter_key, discriminator_key = jax.random.split(jax.random.key(config.seed), 3)
    pose = np.zeros((1, len(skeleton.names), 2), np.float32)
    variables = jax.jit(lifter.init)(lifter_key, pose)
    epoch = max(1, frames // config.batch_size)

    def adam(rate: float) -> optax.GradientTransformation:
        schedule = optax.exponential_decay(rate, epoch, config.optimizer.decay, staircase=True)
        return optax.adam(schedule, b1=config.optimizer.b1)

    return create_state(
        base,
        apply_fn=lifter.apply,
        params={
            "lifter": variables["params"],
            "discriminator": jax.jit(discriminator.init)(discriminator_key, pose)["params"],
            "adapter": {},
        },
        batch_stats=variables.get("batch_stats", {}),
        optimizers={
            "lifter": adam(config.optimizer.lifter),
            "discriminator": adam(config.optimizer.discriminator),
            "adapter": optax.identity(),
        },
        ema_decay=config.ema_decay,
    )


def build_objectives(config: ConfigDict, skeleton: Skeleton):
    """The game of a config."""
    return lifting_game(
        *build_networks(config),
        weights=config.loss.weights,
        adversarial_loss=config.loss.adversarial,
        azimuth=config.view.azimuth,
        elevation=config.view.elevation,
        pitch=config.view.pitch,
        distance=config.view.distance,
        min_depth=config.view.min_depth,
        root=skeleton.root,
    )


def train(config: ConfigDict, workdir: str | os.PathLike) -> Model:
    """Train a lifter on the 2D poses of a data set; no array that training computes with comes from its 3D points.

    Writes `config.json`, `model.json`, `metrics.jsonl` and `checkpoints/` into `workdir`. A second call with the same
    workdir goes on from the newest checkpoint, to the bit as if it had not stopped.

    Args:
        config: see configs/paper.py, where every entry is explained.
        workdir: the run's folder; made if missing.

    Returns:
        The trained model.

    Raises:
        DatasetError, FileNotFoundError: if the data cannot be used.
        ConfigError: if the config does not fit itself, or what the workdir was begun with.
        ValueError: if the batch does not fit the devices.
        FloatingPointError: if a metric is no longer finite; the message names the steps. Their state is not saved.
    """
    _check(config)
    workdir = Path(workdir)
    data = open_dataset(config.data.path)
    for split in filter(None, (config.data.validation_split, config.evaluation.split)):
        data.select(split)  # a wrong name is better found now than after the training
    seen = data.select(config.data.split).blind()
    skeleton = seen.skeleton
    scaling = normalization.fit(seen, distance=config.view.distance)
    pool = make_pool(normalization.normalize(seen, scaling), seen, by=config.data.sampling)
    validate = _validator(config, data, scaling)
    as_model = functools.partial(_model, config, skeleton, scaling)
    del data

    program = parallel(
        jax.local_devices(),
        batch_size=config.batch_size,
        steps=config.run.steps_per_dispatch,
        sample=sample,
        objectives=build_objectives(config, skeleton),
    )
    state = program.place(build_state(config, skeleton, len(pool.poses)))
    pool = program.place(pool)

    workdir.mkdir(parents=True, exist_ok=True)
    remember(workdir / "config.json", config.to_dict(), free=("steps", "run.", "data.path", "evaluation."))
    card = {
        "skeleton": skeleton._asdict(),
        "normalization": scaling._asdict(),
        "training_poses": len(pool.poses),
        "keypoints_sha256": hashlib.sha256(seen.keypoints.tobytes()).hexdigest(),
    }
    remember(workdir / "model.json", card)

    with Checkpoints(workdir, keep=config.run.keep) as checkpoints:
        if checkpoints.latest() is not None:
            state = checkpoints.restore(state)
        first = int(state.step)
        if first > config.steps:
            raise ConfigError(f"steps: found {config.steps}, but {workdir} has been trained for {first} already")
        if first % config.run.steps_per_dispatch:
            found = config.run.steps_per_dispatch
            raise ConfigError(f"run.steps_per_dispatch: found {found}, expected a divisor of the {first} steps done")
        with Logger(workdir, first=first, last=config.steps) as logger:
            state = _loop(
                config, state, lambda s: program.run(s, pool), lambda s: validate(as_model(s)), checkpoints, logger
            )
    return as_model(state)


def _loop(
    config: ConfigDict,
    state: TrainState,
    run: Callable[[TrainState], tuple[TrainState, dict[str, jax.Array]]],
    validate: Callable[[TrainState], dict[str, jax.Array]],
    checkpoints: Checkpoints,
    logger: Logger,
) -> TrainState:
    """Dispatch after dispatch from `state` to the last step; metrics are checked before a state is saved."""
    chunk, pending = config.run.steps_per_dispatch, None
    for done in range(int(state.step) + chunk, config.steps + 1, chunk):
        state, metrics = run(state)
        if pending:  # the device is busy with these steps while the host reads the metrics of those before
            _note(logger, config, *pending)
        if done % config.run.validate_every == 0:
            metrics |= validate(state)
        pending = (done, metrics)
        if done % config.run.checkpoint_every == 0 or done == config.steps:
            _note(logger, config, *pending)
            pending = None
            checkpoints.save(state)
    return state


def load(workdir: str | os.PathLike, *, trained: bool = True) -> tuple[Model, ConfigDict, int]:
    """The model of a working directory, its config, and its step.

    Args:
        workdir: where `train` wrote.
        trained: False gives the same network as it was before the first step.

    Raises:
        FileNotFoundError: if there is no run or no checkpoint.
        ConfigError: if its files cannot be read.
    """
    workdir = Path(workdir)
    config, card = ConfigDict(read(workdir / "config.json")), read(workdir / "model.json")
    skeleton = Skeleton(**{k: tuple(v) if isinstance(v, list) else v for k, v in card["skeleton"].items()})
    state = build_state(config, skeleton, card["training_poses"])
    if trained:
        with Checkpoints(workdir) as checkpoints:
            state = checkpoints.restore(state)
    return _model(config, skeleton, Normalization(**card["normalization"]), state), config, int(state.step)


def _model(config: ConfigDict, skeleton: Skeleton, scaling: Normalization, state: TrainState) -> Model:
    return Model(
        lifter=build_networks(config)[0],
        variables=state.ema,
        skeleton=skeleton,
        normalization=scaling,
        distance=config.view.distance,
        min_depth=config.view.min_depth,
    )


def _check(config: ConfigDict) -> None:
    if not config.data.path:
        raise ConfigError("data.path is empty; set --config.data.path to a geolift data set, or to 'procedural'")
    for name in ("steps", "batch_size", "run.steps_per_dispatch", "run.keep", "lifter.width", "discriminator.width"):
        value = functools.reduce(getattr, name.split("."), config)
        if value < 1:
            raise ConfigError(f"{name}: found {value}, expected at least 1")
    chunk = config.run.steps_per_dispatch
    every = {f"run.{key}": config.run[key] for key in ("log_every", "checkpoint_every", "validate_every")}
    for name, value in {"steps": config.steps, **every}.items():
        if value < 1 or value % chunk:
            raise ConfigError(f"{name}: found {value}, expected a positive multiple of run.steps_per_dispatch, {chunk}")
    if not 0 <= config.ema_decay < 1:
        raise ConfigError(f"ema_decay: found {config.ema_decay}, expected a number from 0 to under 1")
    if not 0 < config.view.min_depth < config.view.distance:
        found = f"{config.view.min_depth}, {config.view.distance}"
        raise ConfigError(f"view.min_depth, view.distance: found {found}, expected 0 < min_depth < distance")


def _validator(config: ConfigDict, data: Dataset, scaling: Normalization) -> Callable[[Model], dict[str, jax.Array]]:
    """Flip rate and P-MPJPE of a model on poses spread over the validation split; nothing without 3D.

    They are looked at by people only: no update and no choice of a checkpoint depends on them.
    """
    if not config.data.validation_split or data.points_3d is None:
        return lambda model: {}
    split = data.select(config.data.validation_split)
    whole = np.flatnonzero(split.whole)
    if not len(whole):
        return lambda model: {}
    chosen = whole[np.linspace(0, len(whole) - 1, min(VALIDATION_FRAMES, len(whole))).astype(int)]
    poses, points = normalization.normalize(split, scaling)[chosen], split.points_3d[chosen]

    @jax.jit
    def errors(lifted: jax.Array) -> dict[str, jax.Array]:
        return {
            "validation/flip_rate": 100 * measures.flipped(lifted, points, root=data.skeleton.root).mean(),
            "validation/p_mpjpe": 1000 * measures.p_mpjpe(lifted, points).mean(),
        }

    return lambda model: errors(lift_on_device(model, poses))


def _note(logger: Logger, config: ConfigDict, done: int, metrics: dict[str, jax.Array]) -> None:
    """Check the metrics of the steps up to `done`; log them if it is their turn."""
    values = {name: float(value) for name, value in sorted(jax.device_get(metrics).items())}
    bad = [name for name, value in values.items() if not (math.isfinite(value) or name.startswith("validation/"))]
    if bad:
        first = done - config.run.steps_per_dispatch + 1
        raise FloatingPointError(f"{', '.join(bad)} not finite in the steps {first} to {done}; the run stops here")
    if done % config.run.log_every == 0 or done == config.steps or "validation/flip_rate" in values:
        logger.write(done, values)
