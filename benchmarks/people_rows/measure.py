"""The stages of a row in turn, in one program or, beside it, in others; lines of the table."""

import functools
from collections.abc import Callable

import numpy as np

from benchmarks.people_rows.worker import StageWorker
from benchmarks.turns import take_turns

HEAD = "| stage | CPU s | wall s | per CPU s |\n| --- | --- | --- | --- |"
Rounds = dict[str, list[dict[str, float]]]  # by program: what each round took


def measure(row: str, workers: dict[str, StageWorker], *, stages: str, rounds: int, line: Callable[..., str]) -> None:
    """Run each stage whose name holds the text `stages`, and print its line.

    Args:
        row: its name.
        workers: the programs, by name; the last one has the stages.
        stages: "" for all.
        rounds: after a first one that is not counted.
        line: the line of a stage: of its name, what the programs took, and its count.
    """
    *_, now = workers.values()
    for stage, count in now.counts.items():
        if stages not in stage:
            continue
        programs = {name: worker for name, worker in workers.items() if stage in worker.counts}
        took = take_turns({name: functools.partial(worker.ask, stage) for name, worker in programs.items()}, rounds + 1)
        print(line(f"{row}: {stage}", took, count), flush=True)
    for worker in workers.values():
        worker.close()


def line(stage: str, rounds: Rounds, count: int) -> str:
    """A line of the table: medians without the first round; "before -> now" where there are two programs."""
    middle = {
        name: {what: float(np.median([one[what] for one in took[1:]])) for what in ("cpu", "wall")}
        for name, took in rounds.items()
    }
    cells = [" -> ".join(f"{seconds[what]:.2f}" for seconds in middle.values()) for what in ("cpu", "wall")]
    cells.append(" -> ".join(f"{count / seconds['cpu']:,.0f}" for seconds in middle.values()))
    return f"| {stage} | {' | '.join(cells)} |"
