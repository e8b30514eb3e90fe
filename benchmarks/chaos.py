"""Chaos test: kill a training many times, resume it each time, and compare its result with that of a run without kills.

`python -m benchmarks.chaos --kills=100`. Kills come at random times of the start, the steps, the saves and the
evaluation; most are SIGKILL, some SIGTERM, SIGINT, or SIGTERM twice. Weights, optimisers, log and evaluation must be
equal to those of the run without kills, to the bit, and no checkpoint may be damaged.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from absl import app, flags

from geolift.data.cameras import film
from geolift.data.dataset import save_dataset
from geolift.data.synthetic.motions import procedural_clips
from geolift.skeletons.skeleton import H36M17
from geolift.training import checkpoint
from geolift.training.checkpoint import FOLDER
from geolift.training.recovery import QUARANTINE

KILLS = flags.DEFINE_integer("kills", 100, "Number of kills.", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "Seed of the times of the kills.")
DEVICES = flags.DEFINE_integer("devices", 1, "Simulated CPU devices.")
ROOT = Path(__file__).parents[1]
SHARE = {"start": 0.2, "step": 0.35, "save": 0.35, "evaluation": 0.1}  # of the kills
SAVES = 20  # steps from one save to the next
STEPS = 60  # a kill, so that the training outlasts them
SIGNALS = [signal.SIGKILL] * 7 + [signal.SIGTERM, signal.SIGINT, (signal.SIGTERM, signal.SIGTERM)]
DONE, STOPPED = 0, 75


class Training:
    """One workdir, started as often as it takes."""

    def __init__(self, folder: Path, name: str, steps: int):
        self.workdir, self.steps = folder / name, steps
        changes = {
            "data.path": folder / "people.npz", "steps": steps, "batch_size": 32, "lifter.width": 16,
            "discriminator.width": 16, "lifter.norm": "batch", "run.steps_per_dispatch": 10, "run.log_every": 10,
            "run.checkpoint_every": SAVES, "run.validate_every": 50, "run.keep": 2,
        }  # fmt: skip
        self._command = [
            *(sys.executable, "-m", "launch.train", "--config=configs/quickstart.py", f"--workdir={self.workdir}"),
            *(f"--config.{key}={value}" for key, value in changes.items()),
        ]
        # Compiled once for all starts; the kills then fall on the program more than on the compiler.
        self._environment = {
            **os.environ, "JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": str(DEVICES.value),
            "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        }  # fmt: skip

    def start(self) -> subprocess.Popen:
        log = (self.workdir.parent / f"{self.workdir.name}.log").open("a")
        return subprocess.Popen(self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    def lines(self) -> int:
        path = self.workdir / "metrics.jsonl"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def writing(self) -> bool:
        return any((self.workdir / FOLDER).glob(".writing-*"))

    def saved(self) -> int:
        """The newest step saved."""
        return max(checkpoint.steps(self.workdir / FOLDER), default=0)

    def trained(self) -> bool:
        return (self.workdir / FOLDER / str(self.steps)).exists()

    def result(self) -> dict[str, str | bytes]:
        """What must not depend on kills."""
        path = self.workdir / FOLDER / str(self.steps)
        evaluation = (self.workdir / "evaluation.json").read_text()
        return {
            "state": checkpoint.verify(path)["state_sha256"],
            "metrics.jsonl": (self.workdir / "metrics.jsonl").read_bytes(),
            "evaluation.json": evaluation,
        }


def until(process: subprocess.Popen, happened, pause: float = 0.0005) -> bool:
    """Wait for something; False if the process ends before."""
    while process.poll() is None:
        if happened():
            return True
        time.sleep(pause)
    return False


def kill(training: Training, kind: str, rng: np.random.Generator, spans: dict[str, float]) -> dict | None:
    """Start the training and end it at a random instant of one kind; None if it had ended by itself."""
    process = training.start()
    before = training.lines()
    if kind == "step":
        more = int(rng.integers(1, 5))
        until(process, lambda: training.lines() >= before + more)
    elif kind == "save":
        enough = training.saved() + SAVES * int(rng.integers(0, 3))
        until(process, lambda: training.saved() >= enough)
        until(process, training.writing)
    elif kind == "evaluation":
        until(process, training.trained)
    time.sleep(rng.uniform(0, spans[kind]))
    partial = [p.name for p in training.workdir.rglob("*") if p.name.startswith(".") or p.name.endswith(".partial")]
    chosen = SIGNALS[rng.integers(len(SIGNALS))]
    for number in chosen if isinstance(chosen, tuple) else (chosen,):
        process.send_signal(number)
    code = process.wait()
    if code == DONE:
        return None
    names = "+".join(s.name for s in (chosen if isinstance(chosen, tuple) else (chosen,)))
    assert code in (STOPPED, -9, 128 + 15, -15, -2), (code, names)
    return {"kind": kind, "signal": names, "code": code, "half_written": partial, "lines": training.lines()}


def undisturbed(training: Training) -> dict[str, float]:
    """Train without a kill; how long start, two dispatches, a save and the evaluation take."""
    began = time.monotonic()
    process = training.start()
    until(process, lambda: training.lines() > 0)
    first = time.monotonic()
    until(process, training.trained)
    trained = time.monotonic()
    assert process.wait() == DONE, (training.workdir.parent / f"{training.workdir.name}.log").read_text()
    dispatch = (trained - first) / (training.steps / 10)
    return {"start": first - began, "step": 2 * dispatch, "save": 0.1, "evaluation": time.monotonic() - trained}


def torment(training: Training, spans: dict[str, float]) -> list[dict]:
    rng, kills = np.random.default_rng(SEED.value), []
    late = round(KILLS.value * SHARE["evaluation"])
    kinds = [kind for kind in SHARE if kind != "evaluation"]
    odds = np.array([SHARE[kind] for kind in kinds])
    while len(kills) < KILLS.value:
        early = len(kills) < KILLS.value - late and not training.trained()
        kind = str(rng.choice(kinds, p=odds / odds.sum())) if early else "evaluation"
        made = kill(training, kind, rng, spans)
        if made:
            kills.append(made)
            print(json.dumps(made), flush=True)
        else:
            (training.workdir / "evaluation.json").unlink()  # so that there is an evaluation to kill
    return kills


def main(_: list[str]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        people = film(procedural_clips(seed=1, people=3, seconds=2.0, fps=10.0), H36M17, seed=1)
        save_dataset(people, folder / "people.npz")
        steps = STEPS * max(4, KILLS.value) // 10 * 10
        assert Training(folder, "compile", 50).start().wait() == DONE
        straight, killed = Training(folder, "straight", steps), Training(folder, "killed", steps)
        spans = undisturbed(straight)
        print("seconds:", {kind: round(span, 2) for kind, span in spans.items()}, flush=True)
        kills = torment(killed, spans)
        assert killed.start().wait() == DONE, (folder / "killed.log").read_text()
        expected, found = straight.result(), killed.result()
        differ = [key for key in expected if expected[key] != found[key]]
        aside = list((killed.workdir / QUARANTINE).glob("*"))
    by_kind, by_signal = Counter(k["kind"] for k in kills), Counter(k["signal"] for k in kills)
    torn = Counter(name.split("-")[0] for k in kills for name in k["half_written"])
    print(f"{len(kills)} kills: {dict(by_kind)}; {dict(by_signal)}; half-written at the kill: {dict(torn)}")
    print(f"{steps} steps: state, log and evaluation equal to the bit: {not differ}; checkpoints damaged: {len(aside)}")
    if differ or aside:
        sys.exit(f"differ: {differ}, damaged: {aside}")


if __name__ == "__main__":
    app.run(main)
