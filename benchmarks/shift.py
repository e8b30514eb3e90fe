"""Correction of a known domain shift by the adapter: `python -m benchmarks.shift --config.data.path=cmu.npz`.

What two of the four cameras saw of the training split becomes the source domain: the head joint is moved 5 cm up the
neck and the hips are made 10 % wider, in 2D. The adapter, trained first as in `configs/cmu_cpu.py`, never sees a pair
of shifted and true pose. On the shifted poses of `test`, whose people it has not seen either, it should find the true
ones. Errors are in percent of the mean root-head length, over the joints that were moved and over the others.
"""

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags

from geolift.data.dataset import Dataset
from geolift.data.normalization import fit_normalization, normalize
from geolift.data.sampling import Pools, Poses, make_pool, sample_batch
from geolift.data.sources import open_dataset
from geolift.objectives.adaptation import adapt
from geolift.skeletons.skeleton import H36M17
from geolift.training.build.networks import build_networks
from geolift.training.build.phases import build_phases
from geolift.training.build.state import build_state
from geolift.training.devices import parallel
from launch.config_flags import ConfigFlags

CONFIG = ConfigFlags("configs/cmu_cpu.py", "Sizes, rates, penalty, adapter.first_steps.")
SPLIT = flags.DEFINE_string("split", "test", "Split whose shifted poses are corrected.")
HEAD = 0.05 / 0.65 * 0.1  # 5 cm in normalised units: the mean root-head length, 0.65 m, is 0.1
UP, TOP = (H36M17.names.index(name) for name in ("neck", "head"))
HIPS = [H36M17.names.index(name) for name in ("left_hip", "right_hip")]
MOVED = [*HIPS, TOP]


def shift(poses: np.ndarray) -> np.ndarray:
    """The same people with another head joint and other hips, `[F, J, 2]`."""
    shifted = poses.copy()
    neck = poses[:, TOP] - poses[:, UP]
    shifted[:, TOP] += HEAD * neck / np.maximum(np.linalg.norm(neck, axis=-1, keepdims=True), 1e-6)
    shifted[:, HIPS] *= 1.1
    return shifted


def errors(found: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """Percent of the mean root-head length, at the joints that were moved and at the others."""
    distance = 1000 * np.linalg.norm(found - true, axis=-1)
    others = np.setdiff1d(np.arange(distance.shape[1]), [H36M17.root, *MOVED])
    return float(distance[:, MOVED].mean()), float(distance[:, others].mean())


def seen_by(data: Dataset, cameras: tuple[str, ...]) -> Dataset:
    """The frames of some cameras; the others count as not seen."""
    keep = np.isin(data.camera, cameras)[data.clip_of_frame]
    return data._replace(confidence=data.confidence * keep[:, None])


def main(_: list[str]) -> None:
    config = CONFIG.value
    config.adapter.data = "shifted"
    data = open_dataset(config.data.path)
    train, test = data.select("train").without_3d(), data.select(SPLIT.value).without_3d()
    normalization = fit_normalization(train, distance=config.view.distance)
    poses = normalize(train, normalization)
    by = config.data.sampling
    pools = Pools(
        make_pool(poses, seen_by(train, ("camera0", "camera2")), by=by),
        make_pool(shift(poses), seen_by(train, ("camera1", "camera3")), by=by),
    )
    program = parallel(
        jax.local_devices(),
        batch_size=config.batch_size,
        steps=config.run.steps_per_dispatch,
        sample=sample_batch,
        objectives=build_phases(config, H36M17, normalization)[0].objectives,
    )
    state = program.place(build_state(config, H36M17, len(pools.target.poses.joints)))
    pools = program.place(pools)
    true = normalize(test, normalization)[::10]
    shifted, adapter = shift(true), build_networks(config, H36M17)["adapter"]
    print(f"{len(true)} poses of {SPLIT.value!r}; error at moved joints, at others, percent of the root-head length")
    print("shifted          {:6.2f} {:6.2f}".format(*errors(shifted, true)))
    chunk = config.run.steps_per_dispatch
    for done in range(chunk, config.adapter.first_steps + 1, chunk):
        state, metrics = program.run(state, pools)
        if done % (10 * chunk) == 0:
            corrected, _ = adapt(adapter, state.ema["adapter"]["params"], Poses(jnp.asarray(shifted)), root=H36M17.root)
            moved, others = errors(np.asarray(corrected.joints), true)
            judged = float(metrics["health/corrected_judged_source"])
            print(f"after step {done:5d} {moved:6.2f} {others:6.2f}   judged source {judged:.0%}", flush=True)


if __name__ == "__main__":
    app.run(main)
