"""The runs of the benchmark: which there are, and how one is made and kept."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.animal_rows import trainings
from benchmarks.animal_rows.films import thin
from benchmarks.animal_rows.rows import ROWS
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.training.environment import machine

ALONE, SUPERVISED = "2D alone", "with 3D"
HEADLINES = ("mouse45", "fly8")  # of more seeds and fewer frames
BESIDE = (*HEADLINES, "mouse15", "rat20", "walk", "dog", "snake")  # measured with 3D supervision, too
SEEDS = (0, 1, 2)
FRAMES = (500, 2000, 10_000)  # to train on, beside all


class Run(NamedTuple):
    """One training and its measurement; `frames` 0: all."""

    row: str
    frames: int
    seed: int
    how: str

    @property
    def name(self) -> str:
        """By which `--only` chooses it."""
        return f"{self.row}/{self.frames or 'all'}/{self.seed}/{self.how}"


def runs(*, seeds: tuple[int, ...] = SEEDS) -> list[Run]:
    """All runs: every row once, the headlines with all seeds and numbers of frames."""
    first, *others = seeds
    chosen = [Run(row, 0, first, ALONE) for row in ROWS]
    chosen += [Run(row, frames, first, ALONE) for frames in FRAMES for row in HEADLINES]
    chosen += [Run(row, 0, first, SUPERVISED) for row in BESIDE]
    chosen += [Run(row, 0, seed, ALONE) for seed in others for row in HEADLINES]
    return chosen + [Run(row, frames, first, SUPERVISED) for frames in FRAMES for row in HEADLINES]


def make(run: Run, *, minutes: float) -> dict[str, Any]:
    """Train and measure; the result as it is kept.

    Returns:
        The run's entries, `skipped` with the reason, or the figures of `trainings.measure` and what was said.
    """
    row = ROWS[run.row]
    kept = {**run._asdict(), "what": row.what}
    if lacking := row.lacking():
        return kept | {"skipped": lacking}
    case = row.load()
    if run.frames:
        case = case._replace(data=thin(case.data, run.frames))
    if run.how == ALONE:
        with tempfile.TemporaryDirectory(prefix="animals.") as folder:
            try:
                model, facts = trainings.train_alone(case, Path(folder), minutes=minutes, seed=run.seed)
            except DatasetError as error:
                return kept | {"skipped": f"refused, {error}"}
    else:
        model, facts = trainings.train_supervised(case, seed=run.seed)
    trained = {"trained_on": _trained_on(case.data), "minutes": minutes, "machine": machine()}
    return kept | trained | trainings.measure(model, case) | facts


def _trained_on(data: Dataset) -> int:
    return data.select("train").frames


def read_results(path: Path) -> list[dict[str, Any]]:
    """The results that were kept, a line each; a run that was made again counts once, as it was last."""
    found = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        result = json.loads(line)
        found[Run(*(result[key] for key in Run._fields))] = result
    return list(found.values())


def still_to_make(wanted: list[Run], results: list[dict[str, Any]]) -> Iterator[Run]:
    """The runs without a result; those that were skipped are tried again."""
    made = {Run(*(one[key] for key in Run._fields)).name for one in results if "skipped" not in one}
    return (run for run in wanted if run.name not in made)
