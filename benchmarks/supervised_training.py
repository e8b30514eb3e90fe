"""Training of a lifter with 3D supervision, for benchmarks: no file of the package can.

The network, batch, rate, averages and seeds are those of a config; of its losses, views and other networks nothing is
used. The loss is the mean joint distance after the scale that fits a pose best.
"""

import time
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift import metrics
from geolift.data.dataset import Dataset
from geolift.data.normalization import Normalization, fit_normalization, normalize
from geolift.geometry import center
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
    """Poses `[N, J, 2]`, normalised, and their points `[N, J, 3]`, metres, root-centred."""

    pose: jax.Array
    points: jax.Array


def pairs(seen: Dataset, normalization: Normalization) -> Pairs:
    whole, root = seen.whole, seen.skeleton.root
    points = np.asarray(seen.points_3d)[whole]
    return Pairs(normalize(seen, normalization)[whole], points - points[:, root : root + 1])


def sample(source: Pairs, key: jax.Array, examples: jax.Array) -> Pairs:
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, examples)
    chosen = jax.vmap(lambda k: jax.random.randint(k, (), 0, len(source.pose)))(keys)
    return jax.tree.map(lambda x: jnp.asarray(x)[chosen], source)


def supervised_objectives(config: Config, skeleton: Skeleton):
    """Objectives of the lifter alone, which sees every other example in a mirror unless it is one that mirrors."""
    lifter = build_networks(config, skeleton)["lifter"]
    mirrored, root = skeleton.mirrored, skeleton.root

    def objectives(params: Any, batch_stats: Any, batch: Pairs, *, axis_name: str | None = None) -> Outcome:
        variables, updated = {"params": params["lifter"], "batch_stats": batch_stats}, []
        pose, points = batch
        if not config.mirror_equivariant:
            pose = pose.at[::2].set(mirror_pose(pose[::2], mirrored))
            points = points.at[::2].set(points[::2, np.array(mirrored)].at[..., 0].multiply(-1.0))

        def depths(x: jax.Array) -> jax.Array:
            offsets, new = lifter.apply(variables, x, train=True, axis_name=axis_name, mutable=["batch_stats"])
            updated.append(new.get("batch_stats", {}))
            return offsets

        view = {"distance": config.view.distance, "min_depth": config.view.min_depth, "root": root}
        lifted = center(lift_pose(depths, pose, **view), root)
        loss = metrics.n_mpjpe(lifted, points, root=root).mean()
        return Outcome({"lifter": loss}, {"loss/lifter": loss}, updated[0])

    return objectives


def train(config: Config, data: Dataset, *, seconds: float = 0.0) -> tuple[Model, int, float]:
    """The trained model, the steps it took, and the seconds they took after the first dispatch.

    With `seconds` it is trained for so long, else for `config.steps`.
    """
    seen = data.select(config.data.split)
    normalization = fit_normalization(seen.without_3d(), distance=config.view.distance)
    program = parallel(
        jax.devices(),
        batch_size=config.batch_size,
        steps=config.run.steps_per_dispatch,
        sample=sample,
        objectives=supervised_objectives(config, seen.skeleton),
    )
    source = program.place(pairs(seen, normalization))
    state: TrainState = program.place(build_state(config, seen.skeleton, len(source.pose)))
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds if seconds else done < config.steps:
        state, _ = program.run(state, source)
        jax.block_until_ready(state)
        began = began if done else time.perf_counter()  # the first dispatch was compiled for
        done += config.run.steps_per_dispatch
    return as_model(config, seen.skeleton, normalization, state), done, time.perf_counter() - began
