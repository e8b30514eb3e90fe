"""Training from a config: build, resume, train, save; one seed or several side by side, in one process or many.

The parts, in the order in which they are used: `build` (networks, objectives, poses), `workdir` (the run's folder),
`loop` (dispatches, log, checkpoints), `step` (one update).
"""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax

from geolift.data.dataset import Dataset
from geolift.data.normalization import Normalization, fit_normalization
from geolift.data.sampling import Pools, sample_batch
from geolift.data.sources import open_dataset
from geolift.errors import ConfigError
from geolift.model import Model
from geolift.training import checkpoint, distributed, environment
from geolift.training.build.phases import Phase, build_phases
from geolift.training.build.pools import build_pools
from geolift.training.build.state import build_state, fit_flow
from geolift.training.checkpoint_writer import CheckpointWriter
from geolift.training.clock import Clock
from geolift.training.config import Config, load
from geolift.training.config_checks import check
from geolift.training.data_checks import expect_enough, fit_to_data
from geolift.training.data_stream import stream
from geolift.training.devices import Parallel, parallel, stack
from geolift.training.health import Watch
from geolift.training.logger import Logger
from geolift.training.loop import Journal, Loop, per_seed, run
from geolift.training.programs import Programs
from geolift.training.run import as_model, card
from geolift.training.train_state import TrainState
from geolift.training.validation import validator
from geolift.training.workdir import open_workdirs


def train(config: Config, workdir: str | os.PathLike[str], *, stop: Callable[[], bool] = lambda: False) -> Model:
    """Train a lifter on the 2D poses of a data set; its 3D points are never used for training.

    Writes `config.json`, `model.json`, `metrics.jsonl`, `history.jsonl` and `checkpoints/` into `workdir`. A second
    call with the same workdir resumes from the newest whole checkpoint; the result is equal to the bit.

    Args:
        config: as `config.load` returns it; every entry is explained in geolift/training/config.py.
        workdir: the run's folder; made if missing. Several processes (`distributed.start`) share one.
        stop: called after every dispatch; True saves and ends the run (`signals.Signals`).

    Returns:
        The trained model.

    Raises:
        DatasetError, FileNotFoundError: if the data cannot be used.
        ConfigError: if the config contradicts itself or the settings that the workdir was started with; if another
            program trains there; or if none of its checkpoints is whole.
        ValueError: if the batch does not fit the devices.
        Stopped: if `stop` ended it.
        SaveError: if the last state could not be saved.
        Diverged: after `config.run.patience` steps in a row that were not finite.
    """
    return _train([config], [Path(workdir)], stop)[0]


def train_seeds(
    config: Config,
    workdir: str | os.PathLike[str],
    seeds: Sequence[int],
    *,
    stop: Callable[[], bool] = lambda: False,
) -> list[Model]:
    """Train several seeds side by side in one program, each as `train` does alone, in `workdir/seed_N`.

    Args:
        config: of all seeds; its `seed` is not used.
        workdir: the folder that the runs' folders are in.
        seeds: the seeds, all different.
        stop: as in `train`.

    Returns:
        The trained models, in the order of `seeds`.

    Raises:
        ConfigError: if there is no seed or one is given twice; otherwise as `train`.
    """
    if len(set(seeds)) != len(seeds) or not seeds:
        raise ConfigError(f"seeds: found {list(seeds)}, expected at least one, all different")
    configs = [Config(config.to_dict() | {"seed": seed}) for seed in seeds]
    return _train(configs, [Path(workdir) / f"seed_{seed}" for seed in seeds], stop)


class _Data(NamedTuple):
    """What a run reads before it is built.

    Attributes:
        seen: the training poses, without 3D.
        normalization: of these poses.
        pools: the poses that training samples.
        card: their description in `model.json`.
        notes: what to know about them, a sentence each.
        validate: from a model to its metrics on held-out poses.
    """

    seen: Dataset
    normalization: Normalization
    pools: Pools
    card: dict[str, Any]
    notes: tuple[str, ...]
    validate: Callable[[Model], dict[str, jax.Array]]


def _train(configs: Sequence[Config], folders: Sequence[Path], stop: Callable[[], bool]) -> list[Model]:
    """Train configs that differ in their seed alone, each in its folder."""
    clock, configs = Clock(), [load(config) for config in configs]
    config = configs[0]
    with ExitStack() as opened:
        with clock("start"):
            check(config)
            configs, opened_data, notes = fit_to_data(configs, open_dataset(config.data.path))
            config = configs[0]
            check(config)
            data = _read_data(config, opened_data, notes)
            del opened_data
            distributed.expect_same("config and data", [[c.to_dict() for c in configs], data.card])
            model = partial(as_model, config, data.seen.skeleton, data.normalization)
            phases = build_phases(config, data.seen.skeleton, data.normalization)
            programs = [(phase.last, _program(config, phase, replicas=len(configs) > 1)) for phase in phases]
            last, place = phases[-1].last, programs[0][1].place
            states = [place(_first_state(c, data)) for c in configs]
            pools = stream(config, data.pools, place, last=last)
            about, validate, notes = data.card, data.validate, data.notes
            del data  # host memory

            step, messages = distributed.broadcast_from_first(
                lambda: open_workdirs(opened, configs, folders, about, last)
            )
            distributed.expect_shared(folders[0])
            if step:
                paths = [folder / checkpoint.FOLDER / str(step) for folder in folders]
                states = [checkpoint.read(path, state) for path, state in zip(paths, states, strict=True)]
        journals = []
        if distributed.is_first():
            journals = [open_journal(opened, folder, folders, config, step, last, clock) for folder in folders]
        for journal in journals:
            for message in (*notes, *messages):
                journal.logger.info(message)
        loop = Loop(config, clock, Programs(programs), pools, journals, lambda state: validate(model(state)), stop)
        state = states[0] if len(states) == 1 else place(stack(states))
        del states  # device memory
        state = run(loop, state, first=step)
    return [model(state) for state in per_seed(state, len(configs))]


def _read_data(config: Config, data: Dataset, notes: Sequence[str]) -> _Data:
    for split in filter(None, (config.data.validation_split, config.evaluation.split)):
        data.select(split)  # raises for a wrong name before the training, not after it
    seen = data.without_3d().select(config.data.split)
    notes = (*notes, *expect_enough(seen, config))
    normalization = fit_normalization(seen, distance=config.view.distance)
    pools = build_pools(config, seen, normalization)
    return _Data(
        seen, normalization, pools, card(seen, normalization, pools), notes, validator(config, data, normalization)
    )


def _first_state(config: Config, data: _Data) -> TrainState:
    state = build_state(config, data.seen.skeleton, data.card["training_poses"])
    return fit_flow(state, config, data.seen.skeleton, data.pools)


def _program(config: Config, phase: Phase, *, replicas: bool) -> Parallel:
    return parallel(
        jax.devices(),
        batch_size=config.batch_size,
        steps=config.run.steps_per_dispatch,
        sample=sample_batch,
        objectives=phase.objectives,
        patience=config.run.patience,
        replicas=replicas,
    )


def open_journal(
    opened: ExitStack, folder: Path, folders: Sequence[Path], config: Config, first: int, last: int, clock: Clock
) -> Journal:
    """What is written of the run in `folder`, one of `folders`, from step `first` to `last`; `opened` closes it."""
    logger = opened.enter_context(Logger(folder, first=first, last=last, clock=clock))
    logger.info(f"{'resuming from' if first else 'starting at'} step {first} on {environment.machine()}")
    writer = CheckpointWriter(folder, keep=config.run.keep, notify=logger.info, beside=folders)
    return Journal(folder, opened.enter_context(writer), logger, Watch())
