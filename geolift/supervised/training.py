"""Training of a lifter with 3D supervision: the mean joint distance after the scale that fits a pose best.

The network, batch, rate, averages and seeds are those of a config; of its losses, views and other networks nothing is
used.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift import metrics
from geolift.data.dataset import Dataset
from geolift.data.normalization import Normalization, fit_normalization, normalize
from geolift.geometry import center, masked
from geolift.losses import lift_pose
from geolift.model import Model
from geolift.networks.mirrored_mlp import mirror_pose
from geolift.objectives.outcome import Outcome
from geolift.skeletons.skeleton import Skeleton
from geolift.training.build.networks import build_networks
from geolift.training.build.state import build_state
from geolift.training.config import Config
from geolift.training.devices import parallel
from geolift.training.run import as_model
from geolift.training.train_state import TrainState


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


def train(
    config: Config, data: Dataset, *, seconds: float = 0.0, every: Callable[[int], None] = lambda step: None
) -> tuple[Model, int, float]:
    """Train a lifter on the 3D of a data set.

    Args:
        config: of the lifter, its batch and rates; `config.data.split` is what it is trained on.
        data: with `points_3d`.
        seconds: train for so long; 0: for `config.steps`.
        every: is called with the step after each dispatch.

    Returns:
        The model, the steps it took, and the seconds they took after the first dispatch, which is compiled for.
    """
    chosen = data.select(config.data.split)
    normalization = fit_normalization(chosen.without_3d(), distance=config.view.distance)
    program = parallel(
        jax.devices(),
        batch_size=config.batch_size,
        steps=config.run.steps_per_dispatch,
        sample=sample,
        objectives=supervised_objectives(config, chosen.skeleton),
    )
    source = program.place(pairs(chosen, normalization, masks=config.data.masks))
    state: TrainState = program.place(build_state(config, chosen.skeleton, len(source.pose)))
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds if seconds else done < config.steps:
        state, _ = program.run(state, source)
        jax.block_until_ready(state)
        began = began if done else time.perf_counter()
        done += config.run.steps_per_dispatch
        every(done)
    return as_model(config, chosen.skeleton, normalization, state), done, time.perf_counter() - began
