"""Train a lifter: `python -m launch.train --config=configs/cmu_cpu.py --config.data.path=cmu.npz --workdir=runs/cmu`.

Without flags it trains the quickstart on the embedded procedural human. A second start with the same workdir resumes.
`--print_config` prints the config, with what differs from the paper, and trains nothing.
SIGTERM or SIGINT saves and stops. Exit codes: launch/program.py; clusters: docs/launching.md.
"""

from pathlib import Path

from absl import flags

from geolift.compile_cache import keep_programs
from geolift.data.sources import open_dataset
from geolift.evaluation.report import write_report
from geolift.training import distributed
from geolift.training.config import Config
from geolift.training.config_table import describe
from geolift.training.signals import Signals, Stopped
from geolift.training.train import train
from launch import processes, program
from launch.config_flags import ConfigFlags

QUICKSTART = Path(__file__).parents[1] / "configs" / "quickstart.py"
CONFIG = ConfigFlags(str(QUICKSTART), "The recipe.")
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run. Default: runs/NAME for a recipe NAME.py.")
PRINT = flags.DEFINE_bool("print_config", False, "Print the config, with what differs from the paper; train nothing.")


def main() -> None:
    if PRINT.value:
        print(describe(CONFIG.value))
        return
    processes.join()
    if not distributed.is_distributed():
        keep_programs()
    config = CONFIG.value
    workdir = WORKDIR.value or f"runs/{Path(CONFIG.file.partition(':')[0]).stem}"
    with Signals() as stop:
        train(config, workdir, stop=stop)
        if bool(distributed.any_process(stop())):
            raise Stopped(f"{workdir}: trained and saved; stopped before the evaluation")
        stop.exit_at_once(program.STOPPED)
        if distributed.is_first():
            evaluate(config, workdir)
        distributed.wait_for_all("evaluated")


def evaluate(config: Config, workdir: str) -> None:
    """The table of the trained model, if the config asks for one and the data have 3D."""
    data = open_dataset(config.data.path) if config.evaluation.split else None
    if data is not None and data.points_3d is not None:
        write_report(workdir, data, source=config.data.path, split=config.evaluation.split)
    else:
        print(f"trained in {workdir}; next: python -m launch.evaluate --workdir={workdir} --data=FILE.npz")


if __name__ == "__main__":
    program.run(main)
