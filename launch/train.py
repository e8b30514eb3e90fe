"""Train a lifter: `python -m launch.train --config=configs/cmu_cpu.py --config.data.path=cmu.npz --workdir=runs/cmu`.

Without flags it trains the quickstart on the embedded procedural human. A second start with the same workdir resumes.
SIGTERM or SIGINT saves and stops. Exit codes: launch/program.py; clusters: docs/launching.md.
"""

from pathlib import Path

from absl import flags
from ml_collections import ConfigDict, config_flags

from geolift.compile_cache import keep_programs
from geolift.data.open_dataset import open_dataset
from geolift.evaluation.report import report
from geolift.training import distributed
from geolift.training.signals import Signals, Stopped
from geolift.training.train import train
from launch import processes, program

QUICKSTART = Path(__file__).parents[1] / "configs" / "quickstart.py"
CONFIG = config_flags.DEFINE_config_file("config", str(QUICKSTART), "Config file; entries change by --config.NAME=...")
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run. Default: runs/NAME for a config NAME.py.")


def main() -> None:
    processes.join()
    if not distributed.several():
        keep_programs()
    config = CONFIG.value
    workdir = WORKDIR.value or f"runs/{Path(config_flags.get_config_filename(flags.FLAGS['config'])).stem}"
    with Signals() as stop:
        train(config, workdir, stop=stop)
        if bool(distributed.any_of(stop())):
            raise Stopped(f"{workdir}: trained and saved; stopped before the evaluation")
        stop.leave_at_once(program.STOPPED)
        if distributed.first():
            evaluate(config, workdir)
        distributed.wait("evaluated")


def evaluate(config: ConfigDict, workdir: str) -> None:
    """The table of the trained model, if the config asks for one and the data have 3D."""
    data = open_dataset(config.data.path) if config.evaluation.split else None
    if data is not None and data.points_3d is not None:
        report(workdir, data, source=config.data.path, split=config.evaluation.split)
    else:
        print(f"trained in {workdir}; next: python -m launch.evaluate --workdir={workdir} --data=FILE.npz")


if __name__ == "__main__":
    program.run(main)
