"""How a run lives: train from a config, log, save, resume, load; one seed or several side by side."""

import functools
import hashlib
import math
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jax import numpy as jnp
from ml_collections import ConfigDict

from geolift import metrics as measures
from geolift import normalization
from geolift.build import Phase, build_networks, build_phases, build_pools, build_state, check
from geolift.checkpoint import Checkpoints
from geolift.dataset import Dataset
from geolift.logger import Logger
from geolift.model import Model, identify, lift_on_device
from geolift.normalization import Normalization
from geolift.sampler import Pools, sample
from geolift.skeleton import Skeleton
from geolift.sources import open_dataset
from geolift.step import Parallel, TrainState, parallel, stack, unstack
from geolift.workdir import ConfigError, read, remember

VALIDATION_FRAMES = 1024
FREE = ("steps", "run.", "data.path", "adapter.data", "evaluation.")  # entries that a resumed run may change


class Run(NamedTuple):
    """One seed's folder, opened."""

    folder: Path
    checkpoints: Checkpoints
    logger: Logger


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
    return _train([config], [Path(workdir)])[0]


def train_seeds(config: ConfigDict, workdir: str | os.PathLike, seeds: Sequence[int]) -> list[Model]:
    """Train several seeds side by side in one program; each as `train` would alone, in `workdir/seed_N`.

    Args:
        config: of all of them; its own seed does not matter.
        workdir: the folder of the runs' folders.
        seeds: the seeds, all different.

    Returns:
        The trained models, in the order of `seeds`.

    Raises:
        ConfigError: also if a seed is there twice. Otherwise as `train`.
    """
    if len(set(seeds)) != len(seeds) or not seeds:
        raise ConfigError(f"seeds: found {list(seeds)}, expected at least one, all different")
    configs = [ConfigDict(config.to_dict() | {"seed": seed}) for seed in seeds]
    return _train(configs, [Path(workdir) / f"seed_{seed}" for seed in seeds])


def _train(configs: Sequence[ConfigDict], folders: Sequence[Path]) -> list[Model]:
    """Train configs that differ in their seed alone, each in its folder."""
    config = configs[0]
    check(config)
    data = open_dataset(config.data.path)
    for split in filter(None, (config.data.validation_split, config.evaluation.split)):
        data.select(split)  # a wrong name is better found now than after the training
    seen = data.select(config.data.split).blind()
    skeleton = seen.skeleton
    scaling = normalization.fit(seen, distance=config.view.distance)
    pools = build_pools(config, seen, scaling)
    poses = len(pools.target.poses.joints)
    as_model = functools.partial(_model, config, skeleton, scaling)
    validate = _validator(config, data, scaling)
    del data

    programs = [
        (
            phase,
            parallel(
                jax.local_devices(),
                batch_size=config.batch_size,
                steps=config.run.steps_per_dispatch,
                sample=sample,
                objectives=phase.objectives,
                replicas=len(configs) > 1,
            ),
        )
        for phase in build_phases(config, skeleton)
    ]
    place = programs[0][1].place
    states = [place(build_state(c, skeleton, poses)) for c in configs]
    pools = place(pools)

    card = {
        "skeleton": skeleton._asdict(),
        "normalization": scaling._asdict(),
        "training_poses": poses,
        "keypoints_sha256": hashlib.sha256(seen.keypoints.tobytes()).hexdigest(),
    }
    if pools.source:
        card["source_poses"] = len(pools.source.poses.joints)
        card["source_sha256"] = hashlib.sha256(np.asarray(pools.source.poses.joints).tobytes()).hexdigest()
    for c, folder in zip(configs, folders, strict=True):
        folder.mkdir(parents=True, exist_ok=True)
        remember(folder / "config.json", c.to_dict(), free=FREE)
        remember(folder / "model.json", card)

    with ExitStack() as open_files:
        checkpoints = [open_files.enter_context(Checkpoints(folder, keep=config.run.keep)) for folder in folders]
        states = _restore(states, checkpoints)
        last = programs[-1][0].last
        first = _first_step(states[0], config, last, folders[0])
        runs = [
            Run(folder, c, open_files.enter_context(Logger(folder, first=first, last=last)))
            for folder, c in zip(folders, checkpoints, strict=True)
        ]
        state = states[0] if len(runs) == 1 else place(stack(states))
        del states
        state = _loop(config, first, state, pools, programs, lambda s: validate(as_model(s)), runs)
    return [as_model(s) for s in _each(state, runs)]


def _restore(states: Sequence[TrainState], checkpoints: Sequence[Checkpoints]) -> list[TrainState]:
    """Every run at the newest step that all of them have saved; as they are if there is none.

    Runs side by side are saved one after the other, so a start that is cut off may leave some of them a step ahead.
    """
    common = set.intersection(*(set(c.steps()) for c in checkpoints))
    if not common:
        return list(states)
    return [c.restore(state, max(common)) for state, c in zip(states, checkpoints, strict=True)]


def _first_step(state: TrainState, config: ConfigDict, last: int, folder: Path) -> int:
    """The step that a run goes on from."""
    first = int(state.step)
    if first > last:
        raise ConfigError(f"steps: found {last} in all, but {folder} has been trained for {first} already")
    if first % config.run.steps_per_dispatch:
        found = config.run.steps_per_dispatch
        raise ConfigError(f"run.steps_per_dispatch: found {found}, expected a divisor of the {first} steps done")
    return first


def _each(state: TrainState, runs: Sequence[Run]) -> list[TrainState]:
    return [state] if len(runs) == 1 else [unstack(state, i) for i in range(len(runs))]


def _loop(
    config: ConfigDict,
    first: int,
    state: TrainState,
    pools: Pools,
    programs: Sequence[tuple[Phase, Parallel]],
    validate: Callable[[TrainState], dict[str, jax.Array]],
    runs: Sequence[Run],
) -> TrainState:
    """Dispatch after dispatch from `state` to the last step; metrics are checked before a state is saved."""
    chunk, pending = config.run.steps_per_dispatch, None
    last = programs[-1][0].last
    for done in range(first + chunk, last + 1, chunk):
        program = next(program for phase, program in programs if done <= phase.last)
        state, metrics = program.run(state, pools)
        if pending:  # the device is busy with these steps while the host reads the metrics of those before
            _note(runs, config, *pending)
        if done % config.run.validate_every == 0:
            errors = [validate(one) for one in _each(state, runs)]
            metrics |= {name: jnp.stack([e[name] for e in errors]) for name in errors[0]}
        pending = (done, metrics, done == last)
        if done % config.run.checkpoint_every == 0 or done == last:
            _note(runs, config, *pending)
            pending = None
            for run, one in zip(runs, _each(state, runs), strict=True):
                run.checkpoints.save(one)
    return state


def load(workdir: str | os.PathLike, *, trained: bool = True, step: int | None = None) -> tuple[Model, ConfigDict, int]:
    """The model of a working directory, its config, and its step; the model's id is folder, step and digest.

    Args:
        workdir: where `train` wrote.
        trained: False gives the same network as it was before the first step.
        step: which of its checkpoints (`checkpoint.saved_steps`); None takes the newest.

    Raises:
        FileNotFoundError: if there is no run or no such checkpoint.
        ConfigError: if its files cannot be read, or are of another version of geolift.
    """
    workdir = Path(workdir)
    config, card = ConfigDict(read(workdir / "config.json")), read(workdir / "model.json")
    skeleton = Skeleton(**{k: tuple(v) if isinstance(v, list) else v for k, v in card["skeleton"].items()})
    try:
        state = build_state(config, skeleton, card["training_poses"])
        if trained:
            with Checkpoints(workdir) as checkpoints:
                state = checkpoints.restore(state, step)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        why = str(error).partition("\n")[0]  # orbax prints both trees in full
        raise ConfigError(f"{workdir}: not a run of this version of geolift ({why})") from error
    model = _model(config, skeleton, Normalization(**card["normalization"]), state)
    return identify(model, f"{workdir.resolve().name}-{int(state.step)}"), config, int(state.step)


def _model(config: ConfigDict, skeleton: Skeleton, scaling: Normalization, state: TrainState) -> Model:
    return Model(
        lifter=build_networks(config)["lifter"],
        variables=state.ema["lifter"],
        skeleton=skeleton,
        normalization=scaling,
        distance=config.view.distance,
        min_depth=config.view.min_depth,
    )


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


def _note(runs: Sequence[Run], config: ConfigDict, done: int, metrics: dict[str, jax.Array], last: bool) -> None:
    """Check the metrics of the steps up to `done`; log them if it is their turn."""
    metrics = {name: np.reshape(value, -1) for name, value in sorted(jax.device_get(metrics).items())}
    for i, run in enumerate(runs):
        values = {name: float(value[i]) for name, value in metrics.items()}
        bad = [k for k, value in values.items() if not (math.isfinite(value) or k.startswith("validation/"))]
        if bad:
            steps = f"{done - config.run.steps_per_dispatch + 1} to {done}"
            raise FloatingPointError(
                f"{run.folder}: {', '.join(bad)} not finite in the steps {steps}; the run stops here"
            )
        if done % config.run.log_every == 0 or last or "validation/flip_rate" in values:
            run.logger.write(done, values)
