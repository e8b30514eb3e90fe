"""Train a lifter: `python -m launch.train --config=configs/cmu_cpu.py --config.data.path=cmu.npz --workdir=runs/cmu`.

Without flags it trains the quickstart on the embedded procedural human. A second start with the same workdir resumes.
"""

import sys
from pathlib import Path

from absl import app, flags, logging
from ml_collections import config_flags

from geolift.errors import DatasetError
from geolift.report import report
from geolift.sources import open_dataset
from geolift.train import train
from geolift.workdir import ConfigError

QUICKSTART = Path(__file__).parents[1] / "configs" / "quickstart.py"
CONFIG = config_flags.DEFINE_config_file("config", str(QUICKSTART), "Config file; entries change by --config.NAME=...")
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run. Default: runs/NAME for a config NAME.py.")


def main(argv: list[str]) -> None:
    logging.set_verbosity(logging.WARNING)  # jax and orbax narrate what they try
    if argv[1:]:
        raise app.UsageError(f"found the argument {argv[1]!r}, expected flags only")
    config = CONFIG.value
    workdir = WORKDIR.value or f"runs/{Path(config_flags.get_config_filename(flags.FLAGS['config'])).stem}"
    try:
        train(config, workdir)
        data = open_dataset(config.data.path) if config.evaluation.split else None
        if data is not None and data.points_3d is not None:
            report(workdir, data, source=config.data.path, split=config.evaluation.split)
        else:
            print(f"trained in {workdir}; next: python -m launch.evaluate --workdir={workdir} --data=FILE.npz")
    except (DatasetError, ConfigError, OSError, FloatingPointError) as error:
        sys.exit(f"geolift: {error}")


if __name__ == "__main__":
    app.run(main)
