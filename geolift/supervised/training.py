"""Training of a lifter with 3D supervision: the mean joint distance after the scale that fits a pose best.

The network, batch, rate, averages and seeds are those of a config; of its losses, views and other networks nothing is
used.
"""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift import metrics
from geolift.data.dataset import Dataset
from geolift.data.normalization import Normalization, fit_normalization, normalize
from geolift.errors import DatasetError
from geolift.geometry import center, masked
from geolift.losses import lift_pose
from geolift.model import Model
from geolift.networks.mirrored_mlp import mirror_pose
from geolift.objectives.outcome import Outcome
from geolift.skeletons.skeleton import Skeleton
from geolift.training import checkpoint
from geolift.training.build.networks import build_networks
from geolift.training.build.state import build_state
from geolift.training.clock import Clock
from geolift.training.config import Config
from geolift.training.devices import parallel
from geolift.training.loop import Loop, run
from geolift.training.programs import Programs
from geolift.training.run import as_model
from geolift.training.train import open_journal
from geolift.training.train_state import TrainState
from geolift.training.workdir import open_workdirs


class Pairs(NamedTuple):
    """Poses `[N, J, 2]`, normalised, their points `[N, J, 3]`, root-centred, and `[N, J]` which joints were seen."""

    pose: jax.Array
    points: jax.Array
    seen: jax.Array


def pairs(data: Dataset, normalization: Normalization, *, masks: bool) -> Pairs:
    """The frames with all joints, or with `masks` those with the root."""
    usable, root = data.seen[:, data.skeleton.root] if masks else data.whole, data.skeleton.root
    points = np.asarray(data.points_3d)[usable]
    return Pairs(normalize(data, normalization)[usable], points - points[:, root : root + 1], data.seen[usable])


def sample(source: Pairs, key: jax.Array, examples: jax.Array) -> Pairs:
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, examples)
    chosen = jax.vmap(lambda k: jax.random.randint(k, (), 0, len(source.pose)))(keys)
    return jax.tree.map(lambda x: jnp.asarray(x)[chosen], source)


def supervised_objectives(config: Config, skeleton: Skeleton) -> Callable[..., Outcome]:
    """Objectives of the lifter alone, which sees every other example in a mirror unless it is one that mirrors."""
    lifter = build_networks(config, skeleton)["lifter"]
    mirrored, root = np.array(skeleton.mirrored), skeleton.root

    def objectives(params: Any, batch_stats: Any, batch: Pairs, *, axis_name: str | None = None) -> Outcome:
        variables, updated = {"params": params["lifter"], "batch_stats": batch_stats}, []
        pose, points, seen = batch
        if not config.mirror_equivariant:
            pose = pose.at[::2].set(mirror_pose(pose[::2], skeleton.mirrored))
            points = points.at[::2].set(points[::2, mirrored].at[..., 0].multiply(-1.0))
            seen = seen.at[::2].set(seen[::2, mirrored])
        there = seen if config.data.masks else None

        def depths(x: jax.Array) -> jax.Array:
            offsets, new = lifter.apply(variables, x, there, train=True, axis_name=axis_name, mutable=["batch_stats"])
            updated.append(new.get("batch_stats", {}))
            return offsets

        view = {"distance": config.view.distance, "min_depth": config.view.min_depth, "root": root}
        lifted = center(lift_pose(depths, masked(pose, there), **view), root)
        loss = metrics.n_mpjpe(lifted, points, root=root, seen=there).mean()
        return Outcome({"lifter": loss}, {"loss/lifter": loss}, updated[0])

    return objectives


def train(config: Config, data: Dataset, folder: Path, *, stop: Callable[[], bool] = lambda: False) -> None:
    """Train a lifter on the 3D of a data set, in a folder in which the same call resumes.

    Args:
        config: of the lifter, its batch, rates and steps; `config.data.split` is what it is trained on.
        data: with `points_3d`.
        folder: of the run, as that of any training: checkpoints, log, config.
        stop: True ends the training after the current steps.

    Raises:
        Stopped: if `stop` did; the steps until then are saved.
        ConfigError: if the folder holds another run.
        SaveError, Diverged: as `training.train.train`.
    """
    chosen, clock, last = data.select(config.data.split), Clock(), config.steps
    source, state, card = _start(config, chosen)
    program = parallel(
        jax.devices(),
        batch_size=config.batch_size,
        steps=config.run.steps_per_dispatch,
        sample=sample,
        objectives=supervised_objectives(config, chosen.skeleton),
        patience=config.run.patience,
    )
    with ExitStack() as opened:
        step, messages = open_workdirs(opened, [config], [folder], card, last)
        if step:
            state = checkpoint.read(folder / checkpoint.FOLDER / str(step), state)
        journal = open_journal(opened, folder, [folder], config, step, last, clock)
        for message in messages:
            journal.logger.info(message)
        placed = program.place(source)
        loop = Loop(config, clock, Programs([(last, program)]), lambda _: placed, [journal], lambda _: {}, stop)
        run(loop, program.place(state), first=step)


def trained(config: Config, data: Dataset, folder: Path) -> tuple[Model, int]:
    """The model of the newest checkpoint of such a run, and its step; DatasetError if there is none."""
    chosen = data.select(config.data.split)
    step = max(checkpoint.steps(folder / checkpoint.FOLDER), default=0)
    if not step:
        raise DatasetError("minutes: found too few, expected more: the training ended before its first step")
    state = checkpoint.read(folder / checkpoint.FOLDER / str(step), _start(config, chosen)[1])
    return as_model(config, chosen.skeleton, _normalization(config, chosen), state), step


def _normalization(config: Config, chosen: Dataset) -> Normalization:
    return fit_normalization(chosen.without_3d(), distance=config.view.distance)


def _start(config: Config, chosen: Dataset) -> tuple[Pairs, TrainState, dict[str, Any]]:
    """Poses, the state before the first step, and fingerprints that other data do not have."""
    normalization = _normalization(config, chosen)
    source = pairs(chosen, normalization, masks=config.data.masks)
    card = {
        "skeleton": chosen.skeleton._asdict(),
        "normalization": normalization._asdict(),
        "training_poses": len(source.pose),
        "keypoints_sha256": hashlib.sha256(np.ascontiguousarray(chosen.keypoints)).hexdigest(),
        "points_sha256": hashlib.sha256(np.ascontiguousarray(chosen.points_3d)).hexdigest(),
    }
    return source, build_state(config, chosen.skeleton, len(source.pose)), card
