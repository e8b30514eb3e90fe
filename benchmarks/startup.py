"""Time from a command to its first result, with and without compiling: `python -m benchmarks.startup --data=cmu.npz`.

Every round starts with an empty cache of compiled programs (geolift/compile_cache.py): each command is run cold, then
again, warm. Timed are `geolift lift` of one person in one frame, to its end, and `launch.train`, to its first step. Of
the time of a warm start, what importing takes is measured alone. Medians of the rounds.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from absl import app, flags

from benchmarks.people_rows import inputs
from geolift.data.cameras import film
from geolift.data.synthetic.motions import procedural_clips
from geolift.skeletons.skeleton import H36M17
from geolift.training.environment import machine

DATA = flags.DEFINE_string("data", "procedural", "What launch.train reads.")
CONFIG = flags.DEFINE_string("config", "configs/cmu_cpu.py", "What it trains.")
ROUNDS = flags.DEFINE_integer("rounds", 5, "Rounds.")
OUT = flags.DEFINE_string("out", "benchmarks/results/startup.json", "Where all rounds are written.")

GEOLIFT = [sys.executable, "-m", "geolift.cli"]


def frame(folder: Path) -> Path:
    """One person in one frame, as a table."""
    people = film(procedural_clips(people=3, seconds=1.0, fps=10.0), H36M17)
    return inputs.write_table(people.keypoints[:1], folder / "one.csv", range(1))


def to_the_end(command: list[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=env, check=True, capture_output=True)
    return time.perf_counter() - began


def to_the_first_step(folder: Path, env: dict[str, str]) -> float:
    every = ("steps_per_dispatch", "log_every", "validate_every", "checkpoint_every")
    command = [sys.executable, "-m", "launch.train", f"--config={CONFIG.value}", f"--config.data.path={DATA.value}"]
    command += [f"--workdir={folder}", "--config.steps=1", *(f"--config.run.{name}=1" for name in every)]
    began, seconds = time.perf_counter(), None
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("step 1/1"):
                seconds = time.perf_counter() - began
        if process.wait() or seconds is None:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}, expected a line of step 1")
    return seconds


def main(_: list[str]) -> None:
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lift = [*GEOLIFT, "lift", str(frame(folder)), "-o", str(folder / "out.npz")]
        for i in range(ROUNDS.value):
            env = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
            env["XDG_CACHE_HOME"] = str(folder / f"lift{i}")
            other = env | {"XDG_CACHE_HOME": str(folder / f"train{i}")}
            runs = {
                "import numpy": lambda env=env: to_the_end([sys.executable, "-c", "import numpy"], env),
                "import jax": lambda env=env: to_the_end([sys.executable, "-c", "import jax"], env),
                "import geolift": lambda env=env: to_the_end([sys.executable, "-c", "import geolift"], env),
                "geolift --help": lambda env=env: to_the_end([*GEOLIFT, "--help"], env),
                "geolift lift, cold": lambda env=env: to_the_end(lift, env),
                "geolift lift, warm": lambda env=env: to_the_end(lift, env),
                "first step, cold": lambda env=other, i=i: to_the_first_step(folder / f"cold{i}", env),
                "first step, warm": lambda env=other, i=i: to_the_first_step(folder / f"warm{i}", env),
            }
            for what, run in runs.items():
                times.setdefault(what, []).append(run())
    print(f"{machine()}, {CONFIG.value}, {DATA.value}, {ROUNDS.value} rounds")
    for what, seconds in times.items():
        print(f"{what:20s} {np.median(seconds):6.2f} s ({min(seconds):.2f} to {max(seconds):.2f})")
    out = Path(OUT.value)
    out.parent.mkdir(parents=True, exist_ok=True)
    about = {"machine": machine(), "config": CONFIG.value, "data": Path(DATA.value).name}
    out.write_text(json.dumps({**about, "seconds": times}, indent=1) + "\n")


if __name__ == "__main__":
    app.run(main)
