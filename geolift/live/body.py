"""The proportions of a person in live use, as those of a clip (`lifting.proportions`), from what was lifted so far."""

from collections import deque

import numpy as np

from geolift.lifting.lifted import Lifted, with_proportions
from geolift.lifting.proportions import FEWEST, bone_proportions, trusted
from geolift.model import Model
from geolift.skeletons.skeleton import is_human

HISTORY = 300  # frames that they are estimated from, 10 s at 30 frames per second
EVERY = 15  # frames, between two estimates
FOLLOWS = 0.1  # share of the way to a new estimate in each frame, so that nothing jumps: a third of a second
SAME = 1e-3  # of logarithms of ratios; smaller ones are none


class Body:
    """The bones of one person over those of the training set; of animals they are not used, as in files.

    Args:
        model: the lifter.
    """

    def __init__(self, model: Model):
        self._model = model
        self._points: deque[np.ndarray] = deque(maxlen=HISTORY)
        self._log, self._wanted = np.zeros(len(model.skeleton.bones)), np.zeros(len(model.skeleton.bones))
        self._since = 0
        self.differs = False  # from the training set's: windows are then lifted again

    def lift(self, lifted: Lifted, at: int, fps: float) -> Lifted:
        """A window lifted again with the person's proportions; its row `at` is added to what they are known from.

        Where `differs`, only the depths of this row need to be lifted before (`lift_tracks`).
        """
        if not is_human(self._model.skeleton):
            return lifted
        shown = lifted.tracks.measured[at][:, None]
        self._points.append(np.where(shown, lifted.points[at], np.nan))
        self._since += 1
        if self._since >= EVERY and len(self._points) >= FEWEST:
            self._since, points = 0, np.array(self._points)
            ratio = bone_proportions(points, np.isfinite(points).all(axis=-1), self._model, fps)
            self._wanted = np.log(trusted(ratio))
        self._log += FOLLOWS * (self._wanted - self._log)
        again, self.differs = self.differs, np.abs(self._log).max() >= SAME
        if not again:
            return lifted
        return with_proportions(self._model, lifted, np.tile(np.exp(self._log), (len(lifted.points), 1)))
