"""Speed of training steps and lifting, compared with the machine's limit and with PyTorch: `python -m benchmarks.run`.

For every width, batch and precision a program for geolift (benchmarks/step.py) and one for PyTorch in each of --modes
(benchmarks/torch_step.py; needs torch and, if compiled, a C++ compiler) run alternately, for several rounds. The
limit is the product of a hidden layer, computed by geolift's program in the same rounds. Times depend on the machine,
ratios of one round hardly do. Writes all rounds to a JSON file and a table to a Markdown file beside it.

Operations are those that a step or a lift must do, counted by hand (benchmarks/operations.py), the same for all.
"""

import datetime
import functools
import itertools
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from absl import app, flags

from benchmarks import operations
from benchmarks.turns import Worker, spread, take_turns

TORCH_MODES = ("eager", "compiled", "graphs", "captured")  # of benchmarks/torch_step.py

WIDTHS = flags.DEFINE_multi_integer("widths", [256, 512, 1024], "Of hidden layers.")
BATCHES = flags.DEFINE_multi_integer("batches", [256, 1024, 8192], "Poses per step.")
PRECISIONS = flags.DEFINE_multi_enum("precisions", ["float32", "bfloat16"], ["float32", "bfloat16"], "Of products.")
ROUNDS = flags.DEFINE_integer("rounds", 5, "Turns.")
SECONDS = flags.DEFINE_float("seconds", 1.0, "Of geolift's work a turn, about, of each kind.")
TORCH = flags.DEFINE_string("torch", sys.executable, "Python with torch; '' leaves PyTorch out.")
MODES = flags.DEFINE_multi_enum("modes", ["eager", "compiled"], TORCH_MODES, "Of PyTorch; the last two are for GPUs.")
AGAINST = flags.DEFINE_string("against", "", "Another checkout of geolift, whose step takes turns, too.")
OUT = flags.DEFINE_string("out", "benchmarks/results/steps.json", "Where all rounds are written, and a table (.md).")


def measure(width: int, batch: int, precision: str) -> dict[str, Any]:
    """All rounds of one setting: seconds of one step, one lift of the batch and one product."""
    shape = [f"--width={width}", f"--batch={batch}"]
    sizes, step = [*shape, f"--precision={precision}"], [sys.executable, "-m", "benchmarks.step"]
    ours = [*step, *sizes]
    env = os.environ | {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}  # several programs share a GPU
    workers = {"geolift": Worker(ours, env=env)}
    about = workers["geolift"].answer()
    if AGAINST.value:
        workers["against"] = Worker(ours, checkout=AGAINST.value, env=env)
        workers["against"].answer()
    if precision != "float32":
        workers["float32"] = Worker([*step, *shape, "--precision=float32"], env=env)
        workers["float32"].answer()
    if TORCH.value:
        torch = [TORCH.value, str(Path(__file__).with_name("torch_step.py")), *sizes, f"--threads={os.cpu_count()}"]
        workers |= {f"torch {mode}": Worker([*torch, f"--mode={mode}"], env=env) for mode in MODES.value}
    work = {
        "step": batch * operations.step(width),
        "lift": batch * operations.lift(width),
        "product": 2 * batch * width**2,
    }
    does = {"geolift": ("step", "lift", "product"), "against": ("step",), "float32": ("step",)}
    jobs = [(name, what) for name in workers for what in does.get(name, ("step", "lift"))]
    first = {
        (name, what): workers[name].ask(f"{what} 1") for name, what in sorted(jobs, key=lambda job: job[1] != "step")
    }
    memory = {name: first[name, "step"]["memory"] for name in workers}
    once = {what: workers["geolift"].ask(f"{what} 3")["seconds"] / 3 for what in work}
    times = {what: max(1, round(SECONDS.value / seconds)) for what, seconds in once.items()}
    took = take_turns(
        {job: functools.partial(_seconds, workers[job[0]], job[1], times[job[1]]) for job in jobs}, ROUNDS.value
    )
    rounds = {name: {what: took[other, what] for other, what in jobs if other == name} for name in workers}
    for worker in workers.values():
        worker.close()
    return {
        **about,
        "width": width,
        "batch": batch,
        "precision": precision,
        "operations": work,
        "first_seconds": {name: {what: first[name, what]["seconds"] for what in rounds[name]} for name in workers},
        "memory_bytes": memory,
        "seconds": rounds,
    }


def _seconds(worker: Worker, what: str, times: int) -> float:
    return worker.ask(f"{what} {times}")["seconds"] / times


def row(result: dict[str, Any]) -> str:
    """A line of the table: medians of the rounds, for ratios with their quartiles."""
    seconds = {n: {what: np.array(s) for what, s in of.items()} for n, of in result["seconds"].items()}
    ours, work = seconds["geolift"], result["operations"]
    limit = work["product"] / ours["product"]

    def cells(what: str) -> list[str]:
        rate = work[what] / ours[what]
        ratios = [spread(seconds[name][what] / ours[what]) if name in seconds else "" for name in others()]
        return [f"{result['batch'] / np.median(ours[what]):,.0f}", f"{np.median(rate / limit):.0%}", *ratios]

    step, lift = cells("step"), cells("lift")
    step.append(spread(seconds["float32"]["step"] / ours["step"]) if "float32" in seconds else "")
    if "against" in seconds:
        step.append(spread(seconds["against"]["step"] / ours["step"]))
    shown = [name for name in ("geolift", *others()) if name in seconds]
    compiled = [result["first_seconds"][name]["step"] for name in shown]
    memory = [result["memory_bytes"][name] / 2**20 for name in shown]
    step.insert(1, f"{np.median(work['step'] / ours['step']) / 1e9:.0f}")
    facts = [" / ".join(f"{s:.1f}" for s in compiled) + " s", " / ".join(f"{m:.0f}" for m in memory) + " MiB"]
    return f"| {' | '.join([*(str(result[n]) for n in ('width', 'batch', 'precision')), *step, *lift, *facts])} |"


def others() -> list[str]:
    """The programs of PyTorch."""
    return [f"torch {mode}" for mode in MODES.value]


def columns() -> str:
    over = " | ".join(f"over {mode}" for mode in MODES.value)
    step = f"step: poses/s | GFLOP/s | of the limit | {over} | over float32"
    other = " | over the other" if AGAINST.value else ""
    return f"width | batch | precision | {step}{other} | lift: poses/s | of the limit | {over} | first step | memory"


def main(_: list[str]) -> None:
    out, results = Path(OUT.value), []
    out.parent.mkdir(parents=True, exist_ok=True)
    head = f"| {columns()} |\n|{' --- |' * len(columns().split('|'))}"
    for sizes in itertools.product(WIDTHS.value, BATCHES.value, PRECISIONS.value):
        began = time.perf_counter()
        results.append(measure(*sizes))
        print(row(results[-1]), f"{time.perf_counter() - began:.0f} s", flush=True)
        about = {"machine": results[0]["machine"], "jax": results[0]["jax"], "date": f"{datetime.date.today()}"}
        out.write_text(json.dumps({**about, "results": results}, indent=1) + "\n")
        out.with_suffix(".md").write_text("\n".join([head, *map(row, results)]) + "\n")


if __name__ == "__main__":
    app.run(main)
