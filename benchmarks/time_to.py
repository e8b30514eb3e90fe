"""Seconds from a training command to an accuracy: `python -m benchmarks.time_to --data=cmu.npz --error=40`.

`launch.train` is run as a user runs it, from a cold start: with an empty cache of compiled programs, so that imports,
reading, compiling, training and saving all count. Its checkpoints are evaluated when it has ended, which costs it
nothing; the time of a checkpoint is when its last file was written. `--warm` runs it once more with the programs of the
first run. Error: rigid P-MPJPE in mm, the mean over the split's frames.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from absl import app, flags, logging

from geolift import metrics
from geolift.data.sources import open_dataset
from geolift.model import lift_poses, normalized_poses
from geolift.training import run
from geolift.training.checkpoint import FOLDER, saved_steps
from geolift.training.environment import machine

DATA = flags.DEFINE_string("data", None, "Data set with 3D that is trained on (its 2D) and evaluated.", required=True)
CONFIG = flags.DEFINE_string("config", "configs/fast_cpu.py", "What is trained.")
SPLIT = flags.DEFINE_string("split", "test", "Split that is evaluated.")
ERROR = flags.DEFINE_float("error", 40.0, "The accuracy, mm.")
SEEDS = flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds, one run each.")
EVERY = flags.DEFINE_integer("every", 500, "Steps between checkpoints; saving them is part of the time.")
WARM = flags.DEFINE_bool("warm", False, "Also with programs that were compiled before.")
OUT = flags.DEFINE_string("out", "benchmarks/results/time_to.json", "Where everything is written.")


def times(folder: Path, seed: str, cache: Path) -> tuple[float, dict[int, float]]:
    """Train in a process; seconds from its start to its end, and until each checkpoint was written."""
    command = [sys.executable, "-m", "launch.train", f"--config={CONFIG.value}", f"--config.data.path={DATA.value}"]
    command += [f"--workdir={folder}", f"--config.seed={seed}", f"--config.run.checkpoint_every={EVERY.value}"]
    command += ["--config.run.keep=1000"]
    env = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    began = time.time()
    subprocess.run(command, env=env | {"XDG_CACHE_HOME": str(cache)}, check=True, stdout=subprocess.DEVNULL)
    took = time.time() - began
    files = {step: (folder / FOLDER / str(step)).rglob("*") for step in saved_steps(folder)}
    return took, {step: max(file.stat().st_mtime for file in of_step) - began for step, of_step in files.items()}


def errors(folder: Path) -> dict[int, float]:
    """Error of every checkpoint, mm."""
    data = open_dataset(DATA.value).select(SPLIT.value)
    found = {}
    for step in saved_steps(folder):
        model, _, _ = run.load(folder, step=step)
        points = lift_poses(model, normalized_poses(model, data))[data.whole]
        found[step] = 1000 * float(np.mean(metrics.p_mpjpe(points, data.points_3d[data.whole])))
    return found


def report(kind: str, seed: str, took: float, seconds: dict[int, float], found: dict[int, float]) -> None:
    print(f"{kind}, seed {seed}: the command took {took:.1f} s")
    for step, error in found.items():
        print(f"  step {step:6d}  {seconds[step]:6.1f} s  {error:6.2f} mm")
    reached = [seconds[step] for step, error in found.items() if error <= ERROR.value]
    print(f"  {ERROR.value:g} mm: {f'{reached[0]:.1f} s' if reached else 'not reached'}")


def main(_: list[str]) -> None:
    logging.set_verbosity(logging.WARNING)  # orbax reports every file that it reads
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for seed in SEEDS.value:
            for kind in ("cold", "warm")[: 1 + WARM.value]:
                folder = Path(name, f"{kind}_{seed}")
                took, seconds = times(folder, seed, Path(name, f"cache_{seed}"))
                found = errors(folder)
                report(kind, seed, took, seconds, found)
                rows.append({"start": kind, "seed": int(seed), "took": took, "seconds": seconds, "error": found})
    about = {"machine": machine(), "config": CONFIG.value, "data": Path(DATA.value).name, "split": SPLIT.value}
    out = Path(OUT.value)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({**about, "mm": ERROR.value, "runs": rows}, indent=1) + "\n")


if __name__ == "__main__":
    app.run(main)
