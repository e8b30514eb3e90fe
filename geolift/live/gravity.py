"""The direction up in live use: the median of what the poses of the last seconds showed, or what was given."""

from collections import deque

import numpy as np

from geolift.lifting.up import median_directions
from geolift.world.axes import world_axes

RECENT = 300  # estimates: 10 s of one person; a camera that is turned is followed
EVERY = 8  # estimates, between two medians


class Gravity:
    """The direction `up` in camera axes, and `to_world`.

    That is `[3, 3]` from camera axes to x away from the camera, y to its left, z up. Both are NaN while up is unknown.

    Args:
        given: `[3]` unit vector, which then stays; None: it is estimated.
    """

    def __init__(self, given: np.ndarray | None):
        self._given = given is not None
        self._turn(np.full(3, np.nan) if given is None else given)
        self._estimates: deque[tuple[np.ndarray, float]] = deque(maxlen=RECENT)
        self._count = 0

    def add(self, up: np.ndarray, weight: float) -> None:
        """One pose's estimate `[3]`, NaN where it has none; `weight` as in `up.locate_up`."""
        if self._given or not np.isfinite(up).all() or not weight > 0:
            return
        self._estimates.append((up, weight))
        self._count += 1
        if self._count <= EVERY or self._count % EVERY == 0:
            directions, weights = (np.array(column) for column in zip(*self._estimates, strict=True))
            self._turn(median_directions(directions, weights, np.zeros(len(weights), int), 1)[0][0])

    def _turn(self, up: np.ndarray) -> None:
        self.up, self.to_world = up, np.full((3, 3), np.nan)
        if np.isfinite(up).all():
            self.to_world = world_axes(up, np.array([0.0, 0.0, 1.0]))
