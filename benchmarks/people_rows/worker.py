"""The program that runs the stages of a row on request: `serve`, and `StageWorker`, which starts and asks it.

It may run another checkout's geolift: the benchmarks are always those of this one.
"""

import importlib
import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.people_rows import Files
from benchmarks.turns import Worker

HERE = Path(__file__).parents[2]  # this checkout
PROGRAM = "import sys; sys.path.insert(0, {here!r}); from benchmarks.people_rows import worker; worker.serve()"


class StageWorker(Worker):
    """A program that runs a stage on request, by its name.

    An answer has the seconds of "cpu", children included, and "wall", and the figures of the stage, if any.

    Args:
        row: whose stages it has.
        files: that they read.
        checkout: where it is started, whose geolift it imports.
        python: another Python, which has no geolift; "": this one.

    Attributes:
        counts: how many frames, poses or commands each stage is.
    """

    def __init__(self, row: str, files: Files, checkout: Path = HERE, *, python: str = "") -> None:
        about = json.dumps(files._replace(folder=str(files.folder)))
        program = PROGRAM.format(here=str(HERE))
        super().__init__(
            [python or sys.executable, "-c", program if python else f"import geolift; {program}", row, about],
            checkout=checkout,
        )
        self.counts: dict[str, int] = self.answer()


def serve() -> None:
    """Write the stages of a row, then for each name that is read what running it took."""
    row, about = sys.argv[1:]
    files = Files(*json.loads(about))
    module = importlib.import_module(f"benchmarks.people_rows.{row}")
    stages = module.stages(files._replace(folder=Path(files.folder)))
    print(json.dumps({name: stage.count for name, stage in stages.items()}), flush=True)
    for line in sys.stdin:
        began, before = time.perf_counter(), _cpu_seconds()
        figures = stages[line.rstrip("\n")].run()
        took = {"cpu": _cpu_seconds() - before, "wall": time.perf_counter() - began}
        took |= figures if isinstance(figures, dict) else {}
        print(json.dumps(took), flush=True)


def _cpu_seconds() -> float:
    """CPU seconds of this program, and of those that it ran, so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
