"""Poses per second of `geolift lift`, end to end and of the network alone: `python -m benchmarks.lifting --model=cmu`.

Procedural people are written as OpenPose folder and CSV, and lifted from there; the network alone runs on
the same poses. In the same run its matrix products alone are computed: the machine's limit, with which every other
speed is compared. Medians over alternating rounds; times depend on the machine, ratios hardly do. Last, poses are
lifted one at a time, as in live use.
"""

import functools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags

import geolift
from benchmarks.people_rows import inputs
from benchmarks.turns import take_turns
from geolift import batching
from geolift.data.cameras import film
from geolift.data.synthetic.motions import procedural_clips
from geolift.skeletons.skeleton import H36M17

MODEL = flags.DEFINE_string("model", "human", "A name, a .safetensors file or a run's folder.")
FRAMES = flags.DEFINE_integer("frames", 20_000, "Frames with one person each.")
ROUNDS = flags.DEFINE_integer("rounds", 5, "Turns.")
SINGLES = 1000


def timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - began


def main(_: list[str]) -> None:
    model = geolift.load(MODEL.value)
    people = film(procedural_clips(people=8, seconds=20.0, fps=30.0), H36M17)
    frames = np.resize(np.arange(people.frames), FRAMES.value)
    keypoints, count = people.keypoints[frames], FRAMES.value
    kernels = [leaf for leaf in jax.tree.leaves(model.variables["params"]) if leaf.ndim == 2]
    flops = 2 * sum(kernel.size for kernel in kernels)
    poses = 0.1 * np.random.default_rng(0).normal(size=(count, 17, 2)).astype(np.float32)
    seen = np.ones((count, 17), bool) if model.lifter.masks else None

    product = jax.jit(lambda x: functools.reduce(jnp.matmul, kernels, x))
    ones = jnp.ones((batching.SIZES[-1], kernels[0].shape[0]))
    with tempfile.TemporaryDirectory() as folder:
        openpose = inputs.write_openpose(keypoints, Path(folder, "openpose"), inputs.image_names(inputs.VIDEO, count))
        table = inputs.write_table(keypoints, Path(folder, "table.csv"), range(count))
        runs = {
            "matrix products alone": (lambda: product(ones), batching.SIZES[-1]),
            "network alone": (lambda: geolift.lift_poses(model, poses, seen), count),
            "geolift.lift, CSV": (lambda: geolift.lift(table, model=model, fps=30).points, count),
            "geolift.lift, OpenPose folder": (lambda: geolift.lift(openpose, model=model, fps=30).points, count),
        }
        for run, _ in runs.values():
            run()
        times = take_turns({name: functools.partial(timed, run) for name, (run, _) in runs.items()}, ROUNDS.value)
    single, one = [], seen[:1] if seen is not None else None
    for i in range(-10, SINGLES):  # the first are to warm up
        at = i % count
        single.append(timed(lambda at=at: geolift.lift_poses(model, poses[at : at + 1], one)))
    middle, worst = 1000 * np.percentile(single[10:], (50, 99))
    rate = {name: poses / np.median(times[name]) for name, (_, poses) in runs.items()}
    limit = rate["matrix products alone"]
    print(f"{model.id}, {count} frames, {flops / 1e6:.2f} MFLOP per pose, {jax.devices()[0].device_kind}")
    for name, value in rate.items():
        print(f"{name:32s} {value:12,.0f} poses/s  {value / limit:7.1%} of the products' rate")
    print(f"a single pose: {middle:.2f} ms (median), {worst:.2f} ms (99th percentile) of {SINGLES}")


if __name__ == "__main__":
    app.run(main)
