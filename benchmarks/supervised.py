"""Accuracy of the same lifter with 3D supervision: `python -m benchmarks.supervised --config.data.path=cmu.npz`.

An upper bound for training without 3D (geolift/supervised). Prints one line of JSON: figures of `test`
and the seconds that training took, with compiling.
"""

import contextlib
import json
import tempfile
import time
from pathlib import Path

from absl import app, flags

from geolift.data.sources import open_dataset
from geolift.evaluation.report import lift_and_evaluate
from geolift.supervised.training import train, trained
from geolift.training.signals import Stopped
from launch.config_flags import ConfigFlags

CONFIG = ConfigFlags("configs/best_cpu.py", "Network, batch, rates, steps, seed.")
SECONDS = flags.DEFINE_float("seconds", 0.0, "Train for so long and not for config.steps; 0: for these.")
SPLIT = flags.DEFINE_string("split", "test", "What is measured.")


def main(_) -> None:
    config = CONFIG.value
    data = open_dataset(config.data.path)
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        with contextlib.suppress(Stopped):
            train(config, data, Path(folder), stop=lambda: 0 < SECONDS.value < time.monotonic() - began)
        seconds = time.monotonic() - began
        model, steps = trained(config, data, Path(folder))
    result = lift_and_evaluate(model, data.select(SPLIT.value))[1]
    figures = {key: result[key] for key in ("p_mpjpe", "n_mpjpe", "mpjve", "flip_rate")}
    print(json.dumps({"seed": config.seed, "steps": steps, "seconds": round(seconds, 1), **figures}))


if __name__ == "__main__":
    app.run(main)
