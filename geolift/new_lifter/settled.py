"""When a training ends: its score no longer improves, it cannot become right, its time is over, or it is asked to."""

import time
from collections.abc import Callable
from pathlib import Path

from geolift.data.dataset import Dataset
from geolift.data.found_cameras import FoundCameras
from geolift.errors import ConfigError
from geolift.new_lifter.cameras import STEEP
from geolift.new_lifter.judgement import score_of
from geolift.training.build.view import build_view
from geolift.training.checkpoint import FOLDER, steps
from geolift.training.run import load

EVERY = 2000  # steps between two scores, which take seconds
PATIENCE = 3  # scores in a row without a better one
BETTER = 0.99  # a better score is under this share of the best
JUDGING = 5.0  # seconds that a judgement takes, before one was measured
STEEP_TWICE = 2  # scores in a row whose learnt pitch is too steep: the first may be passing


class Settled:
    """Whether a training can end; asked after every dispatch, it scores new checkpoints of the run.

    Args:
        folder: of the run.
        held_out: poses that it is not trained on.
        end: of its time by `time.monotonic`, with the judgement that follows; None: no end.
        stop: True asks it to stop.
        even_steep: cameras that look straight down or up, by the learnt pitch, do not end it.
        cameras: synchronised ones, whose agreement is the score then.

    Attributes:
        scores: of the checkpoints that were scored, by their steps.
        pitches: of their cameras, radians, as learnt.
        why: why it can end; "" while it cannot.
    """

    def __init__(
        self,
        folder: Path,
        held_out: Dataset,
        *,
        end: float | None,
        stop: Callable[[], bool],
        even_steep: bool = False,
        cameras: FoundCameras | None = None,
    ) -> None:
        self.scores: dict[int, float] = {}
        self.pitches: dict[int, float] = {}
        self.why = ""
        self._folder, self._held_out, self._stop, self._end = folder, held_out, stop, end
        self._even_steep, self._judging = even_steep, JUDGING
        self._cameras = cameras

    def __call__(self) -> bool:
        if self._stop():
            self.why = "stopped"
        elif self._end is not None and time.monotonic() + self._judging > self._end:
            self.why = "the time is over"
        elif self._new_scores():
            if has_settled(list(self.scores.values())):
                self.why = "the score by 2D has settled"
            elif not self._even_steep and is_steep(list(self.pitches.values())):
                self.why = "cameras look straight down or up"
        return bool(self.why)

    def _new_scores(self) -> bool:
        new = [step for step in steps(self._folder / FOLDER) if step % EVERY == 0 and step not in self.scores]
        for step in new:
            start = time.monotonic()
            try:
                model, config, _ = load(self._folder, step=step)
            except (ConfigError, FileNotFoundError):
                continue  # it is being written, or was removed as an old one
            view = build_view(config, model.skeleton)
            self.pitches[step] = view.pitch
            self.scores[step] = score_of(model, self._held_out, view, self._cameras)
            self._judging = time.monotonic() - start  # the judgement takes as long
        return bool(new)


def is_steep(pitches: list[float]) -> bool:
    """Whether the last learnt pitches, radians, are those of cameras that look straight down or up.

    Example:
        >>> is_steep([0.5, 1.3]), is_steep([0.5, 1.3, 1.3])
        (False, True)
    """
    last = pitches[-STEEP_TWICE:]
    return len(last) == STEEP_TWICE and all(abs(pitch) > STEEP for pitch in last)


def has_settled(scores: list[float]) -> bool:
    """Whether none of the last `PATIENCE` scores is better than the best before them.

    Example:
        >>> has_settled([0.6, 0.5, 0.4, 0.41, 0.4, 0.399]), has_settled([0.6, 0.5, 0.4, 0.41, 0.38, 0.39])
        (True, False)
    """
    before, last = scores[:-PATIENCE], scores[-PATIENCE:]
    return bool(before) and min(last) > BETTER * min(before)
