"""A run whose losses or gradients stopped being finite: what it leaves, and how its bad steps are looked at again."""

import os
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from geolift.data.sampling import Pools, sample_batch
from geolift.data.sources import open_dataset
from geolift.training import checkpoint
from geolift.training.build import build_phases, build_pools
from geolift.training.data_stream import stream
from geolift.training.run import CARD, Run, card, open_run
from geolift.training.run_settings import expect
from geolift.training.step import TrainState, gradients

FOLDER = "diverged"


class Diverged(FloatingPointError):
    """Too many steps in a row were not finite; the message names the folder that holds the state before them."""


def dump(folder: Path, state: TrainState) -> Path:
    """Write the state of a run that `step.train_step` gave up, to `diverged/STEP`; its parameters and optimisers are
    those before the first of its `state.bad` last steps, all of which were skipped.

    Raises:
        OSError: if it cannot be written.
    """
    path = folder / FOLDER / str(int(state.step))
    if not path.exists():
        checkpoint.write(path.parent, int(state.step), checkpoint.snapshot(state))
    return path


class BadStep(NamedTuple):
    """One step of a dump, computed again.

    Attributes:
        step: its number; with the seed it gives the batch and the views.
        metrics: of the batch.
        gradients: norm of each network's gradient.
        first: the first array of each network's gradient that is not finite, by path; networks without one are left
            out.
        largest: largest coordinate of the poses drawn.
    """

    step: int
    metrics: dict[str, float]
    gradients: dict[str, float]
    first: dict[str, str]
    largest: float


def replay(workdir: str | os.PathLike) -> list[BadStep]:
    """The bad steps of a run's newest dump, computed again from the state before them, the seed and their numbers.

    On one device, so that numbers agree with the run's within rounding.

    Raises:
        FileNotFoundError: if there is no run or no dump.
        ConfigError, DatasetError: if the run, the dump or its data cannot be read.
    """
    run = open_run(workdir)
    dumps = checkpoint.steps(run.folder / FOLDER)
    if not dumps:
        raise FileNotFoundError(f"{run.folder / FOLDER}: no dump of a run that diverged")
    state = checkpoint.read(run.folder / FOLDER / str(dumps[-1]), run.start())
    seen = open_dataset(run.config.data.path).select(run.config.data.split).without_3d()
    pools = build_pools(run.config, seen, run.normalization)
    expect(run.folder / CARD, card(seen, run.normalization, pools))
    last = int(state.step)
    draw_from = stream(run.config, pools, jax.device_put, last=last)
    return [_again(run, state, draw_from(step), step) for step in range(last - int(state.bad), last)]


def _again(run: Run, state: TrainState, pools: Pools, step: int) -> BadStep:
    batch = sample_batch(pools, jax.random.fold_in(state.key, step), jnp.arange(run.config.batch_size))
    phase = next(phase for phase in build_phases(run.config, run.skeleton, run.normalization) if step < phase.last)
    resting = {name: average["params"] for name, average in state.ema.items()}
    grads, outcome = gradients(phase.objectives, state.params, state.batch_stats, batch, resting=resting)
    first = {}
    for name, tree in grads.items():
        bad = [path for path, leaf in jax.tree.leaves_with_path(tree) if not jnp.isfinite(leaf).all()]
        if bad:
            first[name] = jax.tree_util.keystr(bad[0], simple=True, separator="/")
    return BadStep(
        step=step,
        metrics={name: float(value) for name, value in outcome.metrics.items()},
        gradients={name: float(optax.tree.norm(tree)) for name, tree in grads.items()},
        first=first,
        largest=float(jnp.abs(batch.pose.joints).max()),
    )
