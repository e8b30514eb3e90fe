"""How a run lives: build it from a config, train, log, save, resume. The only module that reads a config."""

import functools
import json
import math
import os
from pathlib import Path
from typing import Any

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
from geolift.sampler import make_sampler, sample
from geolift.skeleton import Skeleton
from geolift.sources import open_dataset
from geolift.step import TrainState, create_state, parallel

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
    """Train a lifter on the 2D poses of a data set; 3D points in it are dropped before anything is computed.

    Writes `config.json`, `model.json`, `metrics.jsonl` and `checkpoints/` into `workdir`. A second call with the same
    workdir goes on from the newest checkpoint, to the bit as if it had not stopped.

    Args:
        config: see configs/paper.py, where every entry is explained.
        workdir: the run's folder; made if missing.

    Returns:
        The trained model.

    Raises:
        DatasetError, FileNotFoundError: if the data cannot be used.
        ValueError: if the config does not fit itself, the devices, or what the workdir was begun with.
        FloatingPointError: if a loss is no longer finite; the message names the steps.
    """
    _check_steps(config)
    if not config.data.path:
        raise ValueError("data.path is empty; set --config.data.path to a geolift data set, or to 'procedural'")
    workdir = Path(workdir)
    data = open_dataset(config.data.path)
    seen = data.select(config.data.split).blind()
    skeleton = seen.skeleton
    scaling = normalization.fit(seen, distance=config.view.distance)
    sampler = make_sampler(normalization.normalize(seen, scaling), seen, by=config.data.sampling)
    validation = _validation(config, data, scaling)
    del data

    workdir.mkdir(parents=True, exist_ok=True)
    _remember(workdir / "config.json", config.to_dict(), free=("steps", "run.", "data.path", "evaluation."))
    card = {"skeleton": skeleton._asdict(), "normalization": scaling._asdict(), "training_frames": seen.frames}
    _remember(workdir / "model.json", card)

    program = parallel(
        jax.local_devices(),
        batch_size=config.batch_size,
        steps=config.run.steps_per_dispatch,
        sample=sample,
        objectives=build_objectives(config, skeleton),
    )
    state = program.place(build_state(config, skeleton, seen.frames))
    sampler = program.place(sampler)

    with Checkpoints(workdir, keep=config.run.keep) as checkpoints:
        if checkpoints.latest() is not None:
            state = checkpoints.restore(state)
        first = int(state.step)
        if first > config.steps:
            raise ValueError(f"steps: found {config.steps}, but {workdir} has been trained for {first} already")
        with Logger(workdir, first=first, last=config.steps) as logger:
            chunk, pending = config.run.steps_per_dispatch, None
            for done in range(first + chunk, config.steps + 1, chunk):
                state, metrics = program.run(state, sampler)
                if validation and done % config.run.validate_every == 0:
                    poses, points = validation
                    lifted = lift_on_device(_model(config, skeleton, scaling, state), poses)
                    metrics |= _validate(lifted, points, skeleton.root)
                if pending:  # the device is busy with the next steps while the host waits for the last ones' metrics
                    _log(logger, *pending)
                pending = (done, metrics) if done % config.run.log_every == 0 or done == config.steps else None
                if done % config.run.checkpoint_every == 0 or done == config.steps:
                    checkpoints.save(state)
            if pending:
                _log(logger, *pending)
    return _model(config, skeleton, scaling, state)


def load(workdir: str | os.PathLike, *, trained: bool = True) -> tuple[Model, ConfigDict, int]:
    """The model of a working directory, its config, and its step.

    Args:
        workdir: where `train` wrote.
        trained: False gives the same network as it was before the first step.

    Raises:
        FileNotFoundError: if there is no run or no checkpoint.
    """
    workdir = Path(workdir)
    for name in ("config.json", "model.json"):
        if not (workdir / name).exists():
            raise FileNotFoundError(f"{workdir / name}: no such file; has this folder been trained in?")
    config = ConfigDict(json.loads((workdir / "config.json").read_text()))
    card = json.loads((workdir / "model.json").read_text())
    skeleton = Skeleton(**{k: tuple(v) if isinstance(v, list) else v for k, v in card["skeleton"].items()})
    state = build_state(config, skeleton, card["training_frames"])
    if trained:
        with Checkpoints(workdir) as checkpoints:
            state = checkpoints.restore(state)
    return _model(config, skeleton, Normalization(**card["normalization"]), state), config, int(state.step)


def _model(config: ConfigDict, skeleton: Skeleton, scaling: Normalization, state: TrainState) -> Model:
    return Model(
        lifter=build_networks(config)[0],
        variables={"params": state.ema, "batch_stats": state.batch_stats},
        skeleton=skeleton,
        normalization=scaling,
        distance=config.view.distance,
        min_depth=config.view.min_depth,
    )


def _check_steps(config: ConfigDict) -> None:
    chunk = config.run.steps_per_dispatch
    entries = {f"run.{key}": config.run[key] for key in ("log_every", "checkpoint_every", "validate_every")}
    for name, value in {"steps": config.steps, **entries}.items():
        if value <= 0 or value % chunk:
            raise ValueError(f"{name}: found {value}, expected a positive multiple of run.steps_per_dispatch, {chunk}")


def _validation(config: ConfigDict, data: Dataset, scaling: Normalization) -> tuple[np.ndarray, np.ndarray] | None:
    """Poses and true points, spread over the validation split, for figures in the log; None without 3D.

    They are looked at by people only: nothing in training or in the choice of a checkpoint depends on them.
    """
    if not config.data.validation_split or data.points_3d is None:
        return None
    split = data.select(config.data.validation_split)
    chosen = np.linspace(0, split.frames - 1, min(VALIDATION_FRAMES, split.frames)).astype(int)
    return normalization.normalize(split, scaling)[chosen], split.points_3d[chosen]


@functools.partial(jax.jit, static_argnames="root")
def _validate(lifted: jax.Array, points: jax.Array, root: int) -> dict[str, jax.Array]:
    return {
        "validation/flip_rate": 100 * measures.flipped(lifted, points, root=root).mean(),
        "validation/p_mpjpe": 1000 * measures.p_mpjpe(lifted, points).mean(),
    }


def _log(logger: Logger, step: int, metrics: dict[str, jax.Array]) -> None:
    values = {name: float(value) for name, value in sorted(jax.device_get(metrics).items())}
    bad = [name for name, value in values.items() if not math.isfinite(value)]
    if bad:
        raise FloatingPointError(f"{', '.join(bad)} not finite in the steps up to {step}; the run stops here")
    logger.write(step, values)


def _remember(path: Path, content: dict[str, Any], *, free: tuple[str, ...] = ()) -> None:
    """Write `content` to `path`, unless a different run began there: refuse to go on with other settings.

    Entries that begin with one of `free` may change from one start to the next.
    """
    content = json.loads(json.dumps(content))
    if path.exists():
        before, now = _flat(json.loads(path.read_text())), _flat(content)
        changed = [k for k in sorted(before | now) if before.get(k) != now.get(k) and not k.startswith(free or "\0")]
        if changed:
            rows = [f"  {key}: begun with {before.get(key)!r}, now {now.get(key)!r}" for key in changed]
            raise ValueError("\n".join([f"{path} was begun with other settings; use another workdir:", *rows]))
    path.write_text(json.dumps(content, indent=2) + "\n")


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat
