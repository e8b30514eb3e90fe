"""How a run lives: train from a config, log, save, resume; one seed or several side by side, on one host or many."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import jax
from ml_collections import ConfigDict

from geolift.data.normalization import fit_normalization
from geolift.data.sampling import sample_batch
from geolift.data.sources import open_dataset
from geolift.errors import ConfigError
from geolift.model import Model
from geolift.safe_io.json_file import write_json
from geolift.training import checkpoint, distributed, environment, recovery
from geolift.training.build import Phase, build_phases, build_pools, build_state, fit_flow
from geolift.training.checkpoint import FOLDER
from geolift.training.checkpoint_writer import SaveError, Saver
from geolift.training.clock import Clock
from geolift.training.config import load
from geolift.training.config_checks import check
from geolift.training.data_stream import stream
from geolift.training.health import Watch
from geolift.training.lock import Lock
from geolift.training.logger import Logger
from geolift.training.loop import Journal, Loop, each, run
from geolift.training.run import CARD, CONFIG, as_model, card, read_config
from geolift.training.run_settings import expect
from geolift.training.step import Parallel, parallel, stack
from geolift.training.validation import validator

FREE = ("steps", "run.", "data.path", "adapter.data", "evaluation.")  # entries that a resumed run may change


def train(config: ConfigDict, workdir: str | os.PathLike, *, stop: Callable[[], bool] = lambda: False) -> Model:
    """Train a lifter on the 2D poses of a data set; no array that training computes with comes from its 3D points.

    Writes `config.json`, `model.json`, `metrics.jsonl`, `history.jsonl` and `checkpoints/` into `workdir`. A second
    call with the same workdir goes on from the newest whole checkpoint, to the bit as if it had not stopped.

    Args:
        config: see configs/paper.py, where every entry is explained.
        workdir: the run's folder; made if missing. Several processes (`hosts.start`) share one.
        stop: asked after every dispatch; True saves and ends the run (`stopping.Signals`).

    Returns:
        The trained model.

    Raises:
        DatasetError, FileNotFoundError: if the data cannot be used.
        ConfigError: if the config does not fit itself, or what the workdir was begun with; if another program trains
            there; or if none of its checkpoints is whole.
        ValueError: if the batch does not fit the devices.
        Stopped: if it was asked to stop, and did.
        SaveError: if the last state could not be saved.
        Diverged: after `config.run.patience` steps in a row that were not finite.
    """
    return _train([config], [Path(workdir)], stop)[0]


def train_seeds(
    config: ConfigDict,
    workdir: str | os.PathLike,
    seeds: Sequence[int],
    *,
    stop: Callable[[], bool] = lambda: False,
) -> list[Model]:
    """Train several seeds side by side in one program; each as `train` would alone, in `workdir/seed_N`.

    Args:
        config: of all of them; its own seed does not matter.
        workdir: the folder of the runs' folders.
        seeds: the seeds, all different.
        stop: as in `train`.

    Returns:
        The trained models, in the order of `seeds`.

    Raises:
        ConfigError: also if a seed is there twice. Otherwise as `train`.
    """
    if len(set(seeds)) != len(seeds) or not seeds:
        raise ConfigError(f"seeds: found {list(seeds)}, expected at least one, all different")
    configs = [ConfigDict(config.to_dict() | {"seed": seed}) for seed in seeds]
    return _train(configs, [Path(workdir) / f"seed_{seed}" for seed in seeds], stop)


def _train(configs: Sequence[ConfigDict], folders: Sequence[Path], stop: Callable[[], bool]) -> list[Model]:
    """Train configs that differ in their seed alone, each in its folder."""
    clock, configs = Clock(), [load(config) for config in configs]
    config = configs[0]
    with ExitStack() as held:
        with clock("start"):
            check(config)
            data = open_dataset(config.data.path)
            for split in filter(None, (config.data.validation_split, config.evaluation.split)):
                data.select(split)  # a wrong name is better found now than after the training
            seen = data.without_3d().select(config.data.split)
            scaling = fit_normalization(seen, distance=config.view.distance)
            pools = build_pools(config, seen, scaling)
            about = card(seen, scaling, pools)
            distributed.expect_same("config and data", [[c.to_dict() for c in configs], about])
            skeleton = seen.skeleton
            model = partial(as_model, config, skeleton, scaling)
            validate = validator(config, data, scaling)
            del data

            phases = build_phases(config, skeleton, scaling)
            programs = [(phase.last, _program(config, phase, replicas=len(configs) > 1)) for phase in phases]
            last, place = phases[-1].last, programs[0][1].place
            states = [build_state(c, skeleton, about["training_poses"]) for c in configs]
            states = [place(fit_flow(state, config, skeleton, pools)) for state in states]
            draw_from = stream(config, pools, place, last=last)
            del seen, pools

            step, told = distributed.broadcast_from_first(lambda: _open(held, configs, folders, about, last))
            distributed.expect_shared(folders[0])
            if step:
                states = [checkpoint.read(f / FOLDER / str(step), s) for f, s in zip(folders, states, strict=True)]
        journals = (
            [_journal(held, f, folders, config, step, last, clock) for f in folders] if distributed.is_first() else []
        )
        for line in told:
            for journal in journals:
                journal.logger.tell(line)
        loop = Loop(config, clock, programs, draw_from, journals, lambda s: validate(model(s)), stop)
        state = states[0] if len(states) == 1 else place(stack(states))
        del states
        state = run(loop, state, first=step)
    return [model(s) for s in each(state, len(configs))]


def _program(config: ConfigDict, phase: Phase, *, replicas: bool) -> Parallel:
    return parallel(
        jax.devices(),
        batch_size=config.batch_size,
        steps=config.run.steps_per_dispatch,
        sample=sample_batch,
        objectives=phase.objectives,
        patience=config.run.patience,
        replicas=replicas,
    )


def _open(
    held: ExitStack, configs: Sequence[ConfigDict], folders: Sequence[Path], about: dict[str, Any], last: int
) -> tuple[int, list[str]]:
    """Take the runs' folders for this program; the step that they go on from, and what there is to tell about that.

    Raises:
        ConfigError: if the folders cannot go on with these configs and data; they are as they were, then.
        SaveError: if they cannot be written.
    """
    told = []
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            if not held.enter_context(Lock(folder)).held:
                told.append(f"{folder}: this store has no locks; see to it that no other program trains here")
        for config, folder in zip(configs, folders, strict=True):
            expect(folder / CONFIG, config.to_dict(), free=FREE, read=lambda path: read_config(path).to_dict())
            expect(folder / CARD, about)
        step, found = recovery.newest(folders)
        _expect_fitting(step or 0, configs[0], last, folders[0])
        for config, folder in zip(configs, folders, strict=True):
            write_json(folder / CONFIG, config.to_dict())
            write_json(folder / CARD, about)
            told += environment.changes(folder)
    except OSError as error:
        raise SaveError(f"{folder}: cannot be written: {error}") from error
    return step or 0, [*told, *found]


def _expect_fitting(step: int, config: ConfigDict, last: int, folder: Path) -> None:
    """Refuse a config that cannot go on from a step."""
    if step > last:
        raise ConfigError(f"steps: found {last} in all, but {folder} has been trained for {step} already")
    if step % config.run.steps_per_dispatch:
        found = config.run.steps_per_dispatch
        raise ConfigError(f"run.steps_per_dispatch: found {found}, expected a divisor of the {step} steps done")


def _journal(
    held: ExitStack, folder: Path, folders: Sequence[Path], config: ConfigDict, first: int, last: int, clock: Clock
) -> Journal:
    logger = held.enter_context(Logger(folder, first=first, last=last, clock=clock))
    logger.tell(f"{'going on from' if first else 'beginning at'} step {first} on {environment.machine()}")
    saver = held.enter_context(Saver(folder, keep=config.run.keep, tell=logger.tell, beside=folders))
    return Journal(folder, saver, logger, Watch())
