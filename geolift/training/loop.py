"""Dispatch after dispatch: run, look, log, save, until the last step, a signal, or a run that fails."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jax import numpy as jnp
from ml_collections import ConfigDict

from geolift.data.sampling import Pools
from geolift.training import distributed, divergence
from geolift.training.checkpoint_writer import SaveError, Saver
from geolift.training.clock import Clock
from geolift.training.divergence import Diverged
from geolift.training.health import Watch
from geolift.training.logger import Logger
from geolift.training.signals import Stopped
from geolift.training.step import IN_A_ROW, SKIPPED, Parallel, TrainState, unstack


class Journal(NamedTuple):
    """Where one seed's run is written down."""

    folder: Path
    saver: Saver
    logger: Logger
    watch: Watch


class Loop(NamedTuple):
    """What does not change while a run goes on.

    Attributes:
        config: the run's, for several seeds any of theirs.
        clock: counts the time.
        programs: the last step of each phase, and its program.
        pools: what a dispatch draws from, by the number of steps done before it (`stream.stream`).
        journals: one for each seed in the first process; none in others.
        validate: flip rate and P-MPJPE of a state.
        stop: whether this process was asked to stop.
    """

    config: ConfigDict
    clock: Clock
    programs: Sequence[tuple[int, Parallel]]
    pools: Callable[[int], Pools]
    journals: Sequence[Journal]
    validate: Callable[[TrainState], dict[str, jax.Array]]
    stop: Callable[[], bool]


class Dispatch(NamedTuple):
    """Steps that were handed to the device: the last of them, their metrics, whether a process was asked to stop, and
    whether the metrics were read and logged."""

    done: int
    metrics: dict[str, jax.Array | np.ndarray]
    stop: bool | jax.Array
    noted: bool = False


def run(loop: Loop, state: TrainState, *, first: int) -> TrainState:
    """From `state`, after step `first`, to the last step; metrics are looked at before a state is saved.

    Raises:
        Stopped, SaveError, Diverged: as `train.train`.
    """
    if bool(distributed.any_process(loop.stop())):
        raise Stopped(f"stopped at step {first}, before the first")
    settings, last = loop.config.run, loop.programs[-1][0]
    pending, over, work = None, False, "compile"
    for done in range(first + settings.steps_per_dispatch, last + 1, settings.steps_per_dispatch):
        program = next(program for end, program in loop.programs if done <= end)
        with loop.clock("data"):
            pools = loop.pools(done - settings.steps_per_dispatch)
        with loop.clock(work):
            state, metrics = program.run(state, pools)
            asked = distributed.any_process(loop.stop())
        work, over = "step", asked is True  # one process knows now, several will have agreed by the next dispatch
        if pending:  # the device is busy with these steps while the host reads the metrics of those before
            over |= _look(loop, pending, state)
        if done % settings.validate_every == 0:
            metrics |= _validation(loop, state)
        pending = Dispatch(done, metrics, asked)
        if done % settings.checkpoint_every == 0 or done == last or over:
            over |= _look(loop, pending, state)
            pending = None
            _save(loop, state, finish=over or done == last)
        elif any(journal.saver.due() for journal in loop.journals):  # in the first process, if in any
            pending = _note(loop, pending)
            if not np.any(pending.metrics[IN_A_ROW]):
                _save(loop, state, only_due=True)
        if over and done < last:
            raise Stopped(f"stopped after step {done}, which is saved")
    return state


def each(state: TrainState, seeds: int) -> list[TrainState]:
    """The states of seeds that are trained side by side."""
    return [state] if seeds == 1 else [unstack(state, i) for i in range(seeds)]


def _validation(loop: Loop, state: TrainState) -> dict[str, jax.Array]:
    with loop.clock("validation"):
        errors = [loop.validate(one) for one in each(state, len(loop.journals))] if loop.journals else [{}]
        return {name: jnp.stack([e[name] for e in errors]) for name in errors[0]}


def _save(loop: Loop, state: TrainState, *, finish: bool = False, only_due: bool = False) -> None:
    """Save every run's state, or only of those whose last save failed; with `finish`, until it is on disk."""

    def save() -> None:
        failed = []
        for journal, one in zip(loop.journals, each(state, len(loop.journals)), strict=True):
            if only_due and not journal.saver.due():
                continue
            try:
                (journal.saver.finish if finish else journal.saver.save)(one)
            except SaveError as error:
                failed.append(error)  # the other seeds are saved all the same
        if failed:
            raise failed[0]

    with loop.clock("checkpoint"):
        if finish:
            distributed.broadcast_from_first(save)
        elif loop.journals:
            save()


def _look(loop: Loop, dispatch: Dispatch, state: TrainState) -> bool:
    """Log a dispatch; whether a process was asked to stop during it. The same in all processes.

    Raises:
        Diverged: if a run has used up its patience; `state`, of that dispatch or the next, has not changed since.
    """
    over = _note(loop, dispatch).metrics[IN_A_ROW] >= loop.config.run.patience
    if over.any():
        _give_up(loop, state, int(np.argmax(over)), len(over))
    return bool(dispatch.stop)


def _note(loop: Loop, dispatch: Dispatch) -> Dispatch:
    """Read the metrics of a dispatch, log them if it is their turn; the dispatch with `[seeds]` arrays of numbers."""
    if dispatch.noted:
        return dispatch
    with loop.clock("step"):
        metrics = {name: np.reshape(value, -1) for name, value in jax.device_get(dispatch.metrics).items()}
    settings, last = loop.config.run, dispatch.done == loop.programs[-1][0]
    for i, journal in enumerate(loop.journals):
        values = {name: float(value[i]) for name, value in sorted(metrics.items()) if name != IN_A_ROW}
        if values[SKIPPED]:
            steps = f"{values[SKIPPED]:.0f} of the {settings.steps_per_dispatch} steps up to {dispatch.done}"
            journal.logger.tell(f"{steps} skipped: a loss or gradient was not finite")
        if dispatch.done % settings.log_every == 0 or last or "validation/flip_rate" in values:
            journal.logger.write(dispatch.done, values)
            for sign in journal.watch.look(dispatch.done, values):
                journal.logger.tell(sign)
    return dispatch._replace(metrics=metrics, noted=True)


def _give_up(loop: Loop, state: TrainState, seed: int, seeds: int) -> None:
    state = each(state, seeds)[seed]
    first, last = int(state.step) - int(state.bad) + 1, int(state.step)
    message = f"not finite in the steps {first} to {last}, one after the other; the run stops here"
    if loop.journals:
        folder = loop.journals[seed].folder
        try:
            where = f"the state before them: {divergence.dump(folder, state)}; look with python -m launch.replay"
        except Exception as error:  # orbax and the file system raise what they like
            where = f"the state before them could not be written: {error}"
        message = f"{folder}: {message}; {where} --workdir={folder}"
        loop.journals[seed].logger.tell(message)
    raise Diverged(message)
