"""Runs whose losses or gradients are no longer finite: the dump of their state, and the replay of their bad steps."""

import os
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from geolift.data.sampling import Pools, sample_batch
from geolift.data.sources import open_dataset
from geolift.training import checkpoint
from geolift.training.build.phases import build_phases
from geolift.training.build.pools import build_pools
from geolift.training.data_stream import stream
from geolift.training.run import CARD, Run, card, open_run
from geolift.training.run_settings import expect
from geolift.training.step import gradients
from geolift.training.train_state import TrainState

FOLDER = "diverged"


class Diverged(FloatingPointError):
    """Too many steps in a row were not finite; the message names the folder that holds the state before them."""


def dump(folder: Path, state: TrainState) -> Path:
    """Write the state of a run that diverged to `diverged/STEP`; its parameters and optimisers are those before the
    first of its last `state.bad` steps, all of which were skipped.

    Raises:
        OSError: if it cannot be written.
    """
    path = folder / FOLDER / str(int(state.step))
    if not path.exists():
        checkpoint.write(path.parent, int(state.step), checkpoint.snapshot(state))
    return path


class BadStep(NamedTuple):
    """One bad step of a dump, computed again.

    Attributes:
        step: its number, which with the seed determines the batch and the views.
        metrics: of the batch.
        gradients: norm of each network's gradient.
        first: path of the first array that is not finite in each network's gradient; other networks are left out.
        largest: largest coordinate of the sampled poses.
    """

    step: int
    metrics: dict[str, float]
    gradients: dict[str, float]
    first: dict[str, str]
    largest: float


def replay(workdir: str | os.PathLike[str]) -> list[BadStep]:
    """Compute the bad steps of a run's newest dump again, from the state before them, the seed and their numbers.

    One device is used: the numbers agree with those of the run within rounding.

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
    return [_recompute(run, state, draw_from(step), step) for step in range(last - int(state.bad), last)]


def _recompute(run: Run, state: TrainState, pools: Pools, step: int) -> BadStep:
    batch = sample_batch(pools, jax.random.fold_in(state.key, step), jnp.arange(run.config.batch_size))
    phase = next(phase for phase in build_phases(run.config, run.skeleton, run.normalization) if step < phase.last)
    averages = {name: average["params"] for name, average in state.ema.items()}
    grads, outcome = gradients(phase.objectives, state.params, state.batch_stats, batch, averages=averages)
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
