"""Train a lifter: `python -m launch.train --config=configs/cmu_cpu.py --config.data.path=cmu.npz --workdir=runs/cmu`.

Without flags it trains the quickstart on the embedded procedural human. A second start with the same workdir resumes.
"""

import sys
from pathlib import Path

from absl import app, flags, logging
from ml_collections import config_flags

from geolift.dataset import DatasetError
from geolift.report import report
from geolift.train import train

QUICKSTART = Path(__file__).parents[1] / "configs" / "quickstart.py"
CONFIG = config_flags.DEFINE_config_file("config", str(QUICKSTART), "Config file; entries change by --config.NAME=...")
WORKDIR = flags.DEFINE_string("workdir", "runs/quickstart", "Folder of the run: config, metrics, checkpoints, results.")


def main(argv: list[str]) -> None:
    logging.set_verbosity(logging.WARNING)  # jax and orbax narrate what they try
    if argv[1:]:
        raise app.UsageError(f"found the argument {argv[1]!r}, expected flags only")
    config = CONFIG.value
    try:
        train(config, WORKDIR.value)
        if config.evaluation.split:
            report(WORKDIR.value, config.data.path, config.evaluation.split)
    except (DatasetError, FileNotFoundError) as error:
        sys.exit(f"geolift: {error}")
    if not config.evaluation.split:
        print(f"trained in {WORKDIR.value}; next: python -m launch.evaluate --workdir={WORKDIR.value} --data=FILE.npz")


if __name__ == "__main__":
    app.run(main)
