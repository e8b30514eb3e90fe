"""The training loop: dispatch steps, log metrics, validate, save, until the last step, a signal or a divergence."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import jax
import numpy as np
from jax import numpy as jnp

from geolift.data.sampling import Pools
from geolift.training import distributed, divergence
from geolift.training.checkpoint_writer import CheckpointWriter, SaveError
from geolift.training.clock import Clock
from geolift.training.config import Config
from geolift.training.devices import unstack
from geolift.training.divergence import Diverged
from geolift.training.health import Watch
from geolift.training.logger import Logger
from geolift.training.programs import Programs
from geolift.training.signals import Stopped
from geolift.training.step import IN_A_ROW, SKIPPED
from geolift.training.train_state import TrainState


class Journal(NamedTuple):
    """What is written of one seed's run.

    Attributes:
        folder: the run's folder.
        writer: of its checkpoints.
        logger: of its metrics and messages.
        watch: signs of failure in its metrics.
    """

    folder: Path
    writer: CheckpointWriter
    logger: Logger
    watch: Watch


class Loop(NamedTuple):
    """What stays the same during a run.

    Attributes:
        config: the run's config; of several seeds, that of any.
        clock: counts the time by kind of work.
        programs: of the phases.
        pools: from the number of steps done to the poses that the next dispatch samples (`data_stream.stream`).
        journals: one for each seed in the first process; none in the others.
        validate: from a state to its metrics on held-out poses.
        stop: whether this process was asked to stop.
    """

    config: Config
    clock: Clock
    programs: Programs
    pools: Callable[[int], Pools]
    journals: Sequence[Journal]
    validate: Callable[[TrainState], dict[str, jax.Array]]
    stop: Callable[[], bool]


class Dispatch(NamedTuple):
    """Steps that the device was given in one call.

    Attributes:
        done: the last of them.
        metrics: of these steps, `[]` or `[seeds]` each.
        stop: whether a process was asked to stop.
        logged: whether the metrics were read and logged.
    """

    done: int
    metrics: dict[str, jax.Array | np.ndarray]
    stop: bool | jax.Array
    logged: bool = False


def run(loop: Loop, state: TrainState, *, first: int) -> TrainState:
    """Train from `state`, after step `first`, to the last step. A state is saved only after its metrics were checked.

    Raises:
        Stopped, SaveError, Diverged: as `train.train`.
    """
    if bool(distributed.any_process(loop.stop())):
        raise Stopped(f"stopped at step {first}, before the first")
    settings, last = loop.config.run, loop.programs.last
    pending, over, program = None, False, None
    for done in range(first + settings.steps_per_dispatch, last + 1, settings.steps_per_dispatch):
        with loop.clock("data"):
            pools = loop.pools(done - settings.steps_per_dispatch)
        with loop.clock("compile"):
            before, program = program, loop.programs.at(done, state, pools)
        with loop.clock("step" if program is before else "compile"):
            state, metrics = program.run(state, pools)
            asked = distributed.any_process(loop.stop())
        over = asked is True  # one process knows now; several have agreed by the next dispatch
        if pending:  # while the device computes these steps, the host reads the metrics of the previous ones
            over |= _check(loop, pending, state)
        if done % settings.validate_every == 0:
            metrics |= _validation(loop, state)
        pending = Dispatch(done, metrics, asked)
        if done % settings.checkpoint_every == 0 or done == last or over:
            over |= _check(loop, pending, state)
            pending = None
            _save(loop, state, finish=over or done == last)
        elif any(journal.writer.retry_due() for journal in loop.journals):  # in the first process, if in any
            pending = _log(loop, pending)
            if not np.any(pending.metrics[IN_A_ROW]):
                _save(loop, state, only_retries=True)
        if over and done < last:
            raise Stopped(f"stopped after step {done}, which is saved")
    return state


def per_seed(state: TrainState, seeds: int) -> list[TrainState]:
    """The state of each seed that is trained side by side."""
    return [state] if seeds == 1 else [unstack(state, i) for i in range(seeds)]


def _validation(loop: Loop, state: TrainState) -> dict[str, jax.Array]:
    with loop.clock("validation"):
        errors = [loop.validate(one) for one in per_seed(state, len(loop.journals))] if loop.journals else [{}]
        return {name: jnp.stack([e[name] for e in errors]) for name in errors[0]}


def _save(loop: Loop, state: TrainState, *, finish: bool = False, only_retries: bool = False) -> None:
    """Save the state of every seed, or only of those whose last save failed; with `finish`, wait for the disk."""

    def save() -> None:
        failed = []
        for journal, one in zip(loop.journals, per_seed(state, len(loop.journals)), strict=True):
            if only_retries and not journal.writer.retry_due():
                continue
            try:
                (journal.writer.finish if finish else journal.writer.save)(one)
            except SaveError as error:
                failed.append(error)  # the other seeds are still saved
        if failed:
            raise failed[0]

    with loop.clock("checkpoint"):
        if finish:
            distributed.broadcast_from_first(save)
        elif loop.journals:
            save()


def _check(loop: Loop, dispatch: Dispatch, state: TrainState) -> bool:
    """Log a dispatch; returns whether a process was asked to stop during it, the same in all processes.

    Raises:
        Diverged: if a run had `run.patience` bad steps in a row; `state`, of that dispatch or the next, has not
            changed since.
    """
    over = _log(loop, dispatch).metrics[IN_A_ROW] >= loop.config.run.patience
    if over.any():
        _end_diverged(loop, state, int(np.argmax(over)), len(over))
    return bool(dispatch.stop)


def _log(loop: Loop, dispatch: Dispatch) -> Dispatch:
    """Read the metrics of a dispatch and log them where they are due; the dispatch with its metrics as `[seeds]`."""
    if dispatch.logged:
        return dispatch
    with loop.clock("step"):
        metrics = {name: np.reshape(value, -1) for name, value in jax.device_get(dispatch.metrics).items()}
    settings, last = loop.config.run, dispatch.done == loop.programs.last
    for i, journal in enumerate(loop.journals):
        values = {name: float(value[i]) for name, value in sorted(metrics.items()) if name != IN_A_ROW}
        if values[SKIPPED]:
            steps = f"{values[SKIPPED]:.0f} of the {settings.steps_per_dispatch} steps up to {dispatch.done}"
            journal.logger.info(f"{steps} skipped: a loss or gradient was not finite")
        if dispatch.done % settings.log_every == 0 or last or "validation/flip_rate" in values:
            journal.logger.write(dispatch.done, values)
            for message in journal.watch.check(dispatch.done, values):
                journal.logger.info(message)
    return dispatch._replace(metrics=metrics, logged=True)


def _end_diverged(loop: Loop, state: TrainState, seed: int, seeds: int) -> NoReturn:
    """Dump the state of a seed that diverged, and end the run."""
    state = per_seed(state, seeds)[seed]
    first, last = int(state.step) - int(state.bad) + 1, int(state.step)
    message = f"not finite in the steps {first} to {last}, in a row; the run ends here"
    if loop.journals:
        folder = loop.journals[seed].folder
        try:
            where = f"the state before them: {divergence.dump(folder, state)}; inspect it with python -m launch.replay"
        except Exception as error:  # orbax and the file system raise many classes
            where = f"the state before them could not be written: {error}"
        message = f"{folder}: {message}; {where} --workdir={folder}"
        loop.journals[seed].logger.info(message)
    raise Diverged(message)
