"""When a training ends: its score by 2D alone no longer improves, its time is over, or it is asked to stop."""

import time
from collections.abc import Callable
from pathlib import Path

from geolift.data.dataset import Dataset
from geolift.errors import ConfigError
from geolift.new_lifter.judgement import score_of
from geolift.objectives.views import View
from geolift.training.checkpoint import FOLDER, steps
from geolift.training.config import Config
from geolift.training.run import load

EVERY = 2000  # steps between two scores, which take seconds
PATIENCE = 3  # scores in a row without a better one
BETTER = 0.99  # a better score is under this share of the best


class Settled:
    """Whether a training can end; asked after every dispatch, it scores new checkpoints of the run.

    Attributes:
        scores: of the checkpoints that were scored, by their steps.
        why: why it can end; "" while it cannot.
    """

    def __init__(self, folder: Path, held_out: Dataset, *, seconds: float | None, stop: Callable[[], bool]) -> None:
        self.scores: dict[int, float] = {}
        self.why = ""
        self._folder, self._held_out, self._stop = folder, held_out, stop
        self._end = None if seconds is None else time.monotonic() + seconds

    def __call__(self) -> bool:
        if self._stop():
            self.why = "stopped"
        elif self._end is not None and time.monotonic() > self._end:
            self.why = "the time is over"
        elif self._new_scores() and has_settled(list(self.scores.values())):
            self.why = "the score by 2D has settled"
        return bool(self.why)

    def _new_scores(self) -> bool:
        new = [step for step in steps(self._folder / FOLDER) if step % EVERY == 0 and step not in self.scores]
        for step in new:
            try:
                model, config, _ = load(self._folder, step=step)
            except (ConfigError, FileNotFoundError):
                continue  # it is being written, or was removed as an old one
            self.scores[step] = score_of(model, self._held_out, view_of(config))
        return bool(new)


def has_settled(scores: list[float]) -> bool:
    """Whether none of the last `PATIENCE` scores is better than the best before them.

    Example:
        >>> has_settled([0.6, 0.5, 0.4, 0.41, 0.4, 0.399]), has_settled([0.6, 0.5, 0.4, 0.41, 0.38, 0.39])
        (True, False)
    """
    before, last = scores[:-PATIENCE], scores[-PATIENCE:]
    return bool(before) and min(last) > BETTER * min(before)


def view_of(config: Config) -> View:
    """The views of a run's training, with the learnt pitch that `run.load` gives."""
    view = config.view
    return View(view.azimuth, view.elevation, view.pitch, view.distance, view.min_depth)
