"""Accuracy of the same lifter with 3D supervision: `python -m benchmarks.supervised --config.data.path=cmu.npz`.

An upper bound for training without 3D (geolift/supervised). Prints one line of JSON: figures of `test`
and the seconds that training took without compiling.
"""

import json

from absl import app, flags

from geolift.data.sources import open_dataset
from geolift.evaluation.report import lift_and_evaluate
from geolift.supervised.training import train
from launch.config_flags import ConfigFlags

CONFIG = ConfigFlags("configs/best_cpu.py", "Network, batch, rates, steps, seed.")
SECONDS = flags.DEFINE_float("seconds", 0.0, "Train for so long and not for config.steps; 0: for these.")
SPLIT = flags.DEFINE_string("split", "test", "What is measured.")


def main(_) -> None:
    config = CONFIG.value
    data = open_dataset(config.data.path)
    model, steps, seconds = train(config, data, seconds=SECONDS.value)
    result = lift_and_evaluate(model, data.select(SPLIT.value))[1]
    figures = {key: result[key] for key in ("p_mpjpe", "n_mpjpe", "mpjve", "flip_rate")}
    print(json.dumps({"seed": config.seed, "steps": steps, "seconds": round(seconds, 1), **figures}))


if __name__ == "__main__":
    app.run(main)
