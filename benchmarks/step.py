"""geolift's side of `python -m benchmarks.run`: a program that computes steps, lifts and products on request.

A worker: every line on standard input is one of the words below and a number of times; the answer is a line of JSON,
the seconds that it took, the first time including compilation, and the peak memory so far.

    step: the plain training step (self-consistency and discriminator), many in one dispatch, as `train` does it.
    lift: the batch from numpy to numpy, as `geolift.lift_poses` does it.
    product: the product of a hidden layer, one after the other: the machine's limit for the two above.
"""

import argparse
import functools
import json
import resource
import sys
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import operations
from configs import cmu_cpu
from geolift.data.dataset import Dataset
from geolift.data.normalization import Normalization, fit_normalization
from geolift.data.sampling import sample_batch
from geolift.data.sources import PROCEDURAL, open_dataset
from geolift.model import lift_poses
from geolift.training.build.phases import build_phases
from geolift.training.build.pools import build_pools
from geolift.training.build.state import build_state
from geolift.training.config import Config
from geolift.training.devices import parallel
from geolift.training.environment import machine
from geolift.training.run import as_model

# Operations in a dispatch of steps, about two seconds of a CPU, and the fewest steps: a program asks the system for
# memory when it starts, which on a CPU can take as long as half a step, and training has 50 steps in one.
DISPATCH, FEWEST = 2e11, 4
CHAIN = 32  # products in a turn of the loop that measures the limit: on a GPU the turn itself takes as long as a few


def setting(width: int, batch: int, precision: str) -> Config:
    config = cmu_cpu.get_config()
    config.data.path, config.batch_size = PROCEDURAL, batch
    if precision == "bfloat16":
        config.bfloat16 = True
    config.lifter.width = config.discriminator.width = width
    config.view.pitch = 0.0  # as in the paper, and in torch_step.py
    return config


def stepper(config: Config, seen: Dataset, normalization: Normalization) -> Callable[[int], float]:
    """`run(steps) -> seconds`, rounded up to whole dispatches and scaled back."""
    needed = config.batch_size * operations.step(config.lifter.width)
    dispatch = int(np.clip(DISPATCH / needed, FEWEST, config.run.steps_per_dispatch))
    if jax.default_backend() != "cpu":
        dispatch = config.run.steps_per_dispatch
    objectives = build_phases(config, seen.skeleton, normalization)[-1].objectives
    program = parallel(
        jax.local_devices(), batch_size=config.batch_size, steps=dispatch, sample=sample_batch, objectives=objectives
    )
    pools = program.place(build_pools(config, seen, normalization))
    state = program.place(build_state(config, seen.skeleton, seen.frames))

    def run(steps: int) -> float:
        nonlocal state
        times = -(-steps // dispatch)
        began = time.perf_counter()
        for _ in range(times):
            state, _ = program.run(state, pools)
        jax.block_until_ready(state)
        return (time.perf_counter() - began) * steps / (times * dispatch)

    return run


def lifter(config: Config, seen: Dataset, normalization: Normalization) -> Callable[[int], float]:
    model = as_model(config, seen.skeleton, normalization, build_state(config, seen.skeleton, seen.frames))
    model = model._replace(lifter=model.lifter.clone(bfloat16=config.bfloat16))
    poses = 0.1 * np.random.default_rng(0).normal(size=(config.batch_size, operations.JOINTS, 2)).astype(np.float32)

    def run(times: int) -> float:
        began = time.perf_counter()
        for _ in range(times):
            lift_poses(model, poses)
        return time.perf_counter() - began

    return run


def multiplier(config: Config) -> Callable[[int], float]:
    width, kind = config.lifter.width, jnp.bfloat16 if config.bfloat16 else jnp.float32
    x = jax.random.normal(jax.random.key(0), (config.batch_size, width)).astype(kind)
    kernel = (jax.random.normal(jax.random.key(1), (width, width)) / np.sqrt(width)).astype(kind)

    sums = jnp.float32 if jax.default_backend() == "cpu" else kind  # as the networks' products

    @functools.partial(jax.jit, donate_argnums=0)
    def chain(x: jax.Array, kernel: jax.Array, turns: jax.Array) -> jax.Array:
        def products(_, x):
            for _ in range(CHAIN):
                x = jax.lax.dot(x, kernel, preferred_element_type=sums).astype(kind)
            return x

        return jax.lax.fori_loop(0, turns, products, x)

    def run(times: int) -> float:
        turns = -(-times // CHAIN)
        began = time.perf_counter()
        chain(jnp.copy(x), kernel, turns).block_until_ready()
        return (time.perf_counter() - began) * times / (turns * CHAIN)

    return run


def memory() -> int:
    """Bytes: the most that the device has held, or where it does not tell, the process."""
    held = jax.devices()[0].memory_stats() or {}
    return held.get("peak_bytes_in_use", 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), required=True)
    arguments = parser.parse_args()
    config = setting(arguments.width, arguments.batch, arguments.precision)
    seen = open_dataset(PROCEDURAL).select("train").without_3d()
    normalization = fit_normalization(seen)
    makers = {
        "step": lambda: stepper(config, seen, normalization),
        "lift": lambda: lifter(config, seen, normalization),
        "product": lambda: multiplier(config),
    }
    runs: dict[str, Callable[[int], float]] = {}
    print(json.dumps({"machine": machine(), "jax": jax.__version__}), flush=True)
    for line in sys.stdin:
        what, times = line.split()
        if what in runs:
            seconds = runs[what](int(times))
        else:
            began = time.perf_counter()
            runs[what] = makers[what]()
            runs[what](int(times))
            seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "memory": memory()}), flush=True)


if __name__ == "__main__":
    main()
