"""The training step against the machine's limit and against PyTorch: `python -m benchmarks.step`.

For every width, batch and precision, in turns inside one run: the plain step (self-consistency and discriminator) as it
is trained with, the matrix product of its hidden layers alone, and the same step in PyTorch, eager and compiled, in
processes of their own (benchmarks/torch_step.py; needs torch, and a C++ compiler for the second). Prints a table and
writes all rounds to a JSON file; times depend on the machine, ratios hardly do. Operations are those that the step
needs, counted by hand (as in tests/test_cost.py), the same for all.
"""

import functools
import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags
from ml_collections import ConfigDict

from configs import cmu_cpu
from geolift import normalization
from geolift.build import build_phases, build_pools, build_state
from geolift.sampler import sample
from geolift.sources import PROCEDURAL, open_dataset
from geolift.step import parallel
from geolift.training.environment import machine

WIDTHS = flags.DEFINE_multi_integer("widths", [256, 512, 1024], "Of hidden layers.")
BATCHES = flags.DEFINE_multi_integer("batches", [256, 1024, 8192], "Poses per step.")
PRECISIONS = flags.DEFINE_multi_enum("precisions", ["float32", "bfloat16"], ["float32", "bfloat16"], "Of products.")
ROUNDS = flags.DEFINE_integer("rounds", 5, "Turns.")
SECONDS = flags.DEFINE_float("seconds", 2.0, "Of work a turn, about.")
TORCH = flags.DEFINE_string("torch", sys.executable, "Python with torch; '' leaves PyTorch out.")
OUT = flags.DEFINE_string("out", "benchmarks/results/step.json", "Where all rounds are written.")


def operations(width: int) -> int:
    """Floating-point operations per pose that the plain step needs; 17 joints, 4 and 3 blocks."""
    first, hidden = 34 * width, 2 * width**2
    lifter, judge = first + 4 * hidden + 17 * width, first + 3 * hidden + width
    return 2 * (6 * lifter - first + 7 * judge - 2 * first)


def setting(width: int, batch: int, precision: str) -> ConfigDict:
    config = cmu_cpu.get_config()
    config.data.path, config.batch_size, config.bfloat16 = PROCEDURAL, batch, precision == "bfloat16"
    config.lifter.width = config.discriminator.width = width
    return config


class Ours:
    """geolift's step: `run(steps) -> seconds`, `steps` a multiple of those in a program."""

    def __init__(self, config: ConfigDict, steps: int) -> None:
        seen = open_dataset(PROCEDURAL).select("train").blind()
        pools = build_pools(config, seen, normalization.fit(seen))
        objectives = build_phases(config, seen.skeleton)[-1].objectives
        self.steps = steps
        self.step = parallel(
            jax.local_devices(), batch_size=config.batch_size, steps=steps, sample=sample, objectives=objectives
        )
        self.state = self.step.place(build_state(config, seen.skeleton, 10_000))
        self.pools = self.step.place(pools)
        self.compile_seconds = self.run(steps)

    def run(self, steps: int) -> float:
        began = time.perf_counter()
        for _ in range(steps // self.steps):
            self.state, _ = self.step.run(self.state, self.pools)
        jax.block_until_ready(self.state)
        return time.perf_counter() - began


class Torch:
    """PyTorch's step: `run(steps) -> seconds`."""

    def __init__(self, width: int, batch: int, precision: str, *, compiled: bool) -> None:
        sizes = [f"--width={width}", f"--batch={batch}", f"--precision={precision}", f"--threads={os.cpu_count()}"]
        command = [TORCH.value, str(Path(__file__).with_name("torch_step.py")), *sizes, *["--compile"] * compiled]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.compile_seconds = self.run(1)

    def run(self, steps: int) -> float:
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"PyTorch's step ended with {self.process.wait()}; its error stands above (--torch)")
        return float(answer)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def product(width: int, batch: int, precision: str):
    """`run(products) -> seconds`: a hidden layer's product, each of the one before."""
    kind = jnp.bfloat16 if precision == "bfloat16" else jnp.float32
    x = jax.random.normal(jax.random.key(0), (batch, width)).astype(kind)
    kernel = (jax.random.normal(jax.random.key(1), (width, width)) / np.sqrt(width)).astype(kind)

    @functools.partial(jax.jit, static_argnums=2)
    def chain(x, kernel, count):
        def one(_, x):
            return jax.lax.dot(x, kernel, preferred_element_type=jnp.float32).astype(kind)

        return jax.lax.fori_loop(0, count, one, x)

    def run(count: int) -> float:
        began = time.perf_counter()
        chain(x, kernel, count).block_until_ready()
        return time.perf_counter() - began

    return run


def measure(width: int, batch: int, precision: str) -> dict:
    """All rounds of one setting, seconds per step; operations per second for the product."""
    dispatch = int(np.clip(5e10 / (batch * operations(width)), 1, 50))  # steps in a program, half a second on a CPU
    runs = {"geolift": Ours(setting(width, batch, precision), dispatch)}
    if TORCH.value:
        runs |= {"torch": Torch(width, batch, precision, compiled=False)}
        runs |= {"torch compiled": Torch(width, batch, precision, compiled=True)}
    one = runs["geolift"].run(dispatch) / dispatch
    steps = dispatch * max(1, round(SECONDS.value / one / dispatch))
    work = 2 * batch * width**2
    products = max(1, round(steps * batch * operations(width) / work / 4))
    alone = product(width, batch, precision)
    alone(products)
    seconds = {name: [] for name in (*runs, "rate")}
    for _ in range(ROUNDS.value):
        for name, run in runs.items():
            seconds[name].append(run.run(steps) / steps)
        seconds["rate"].append(work * products / alone(products))
    for run in runs.values():
        if isinstance(run, Torch):
            run.close()
    return {
        "width": width,
        "batch": batch,
        "precision": precision,
        "steps": steps,
        "operations_per_pose": operations(width),
        "compile_seconds": {name: run.compile_seconds for name, run in runs.items()},
        "rounds": seconds,
    }


def row(result: dict) -> str:
    """A line of the table: medians, and for ratios the quartiles of the rounds."""
    rounds = {name: np.array(values) for name, values in result["rounds"].items()}
    rate = result["operations_per_pose"] * result["batch"] / rounds["geolift"]
    share = np.median(rate / rounds["rate"])
    cells = [
        *(str(result[name]) for name in ("width", "batch", "precision")),
        f"{result['batch'] / np.median(rounds['geolift']):,.0f}",
        f"{np.median(rate) / 1e9:.0f}",
        f"{share:.0%}",
    ]
    for name in ("torch", "torch compiled"):
        if name in rounds:
            low, middle, high = np.percentile(rounds[name] / rounds["geolift"], (25, 50, 75))
            cells.append(f"{middle:.2f} ({low:.2f} to {high:.2f})")
    return f"| {' | '.join(cells)} |"


def main(_: list[str]) -> None:
    print(f"{machine()}; speed-up: PyTorch's seconds over geolift's")
    names = ["width", "batch", "precision", "poses/s", "GFLOP/s", "of the products' rate"]
    names += ["over eager", "over compiled"] if TORCH.value else []
    print(f"| {' | '.join(names)} |\n|{' --- |' * len(names)}")
    results = []
    for sizes in itertools.product(WIDTHS.value, BATCHES.value, PRECISIONS.value):
        results.append(measure(*sizes))
        print(row(results[-1]), flush=True)
    out = Path(OUT.value)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"machine": machine(), "results": results}, indent=1))


if __name__ == "__main__":
    app.run(main)
