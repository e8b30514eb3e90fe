"""Joints that jump away and back while somebody is filmed: they count as missing, as in a file.

The last frames are looked through as a file is (`keypoints.joint_jumps`), while a joint's speed has changed by as much
as in a jump. A jump in the newest frame is known only if it is far; with frames ahead also a smaller one that ended.
"""

from collections import deque
from typing import NamedTuple

import numpy as np

from geolift.keypoints.joint_jumps import AROUND, LONGEST, UNUSUAL, find_jumps, least_jump
from geolift.keypoints.recording import Recording

HISTORY = 60  # frames, beside those that are looked ahead: 2 s at 30 frames per second, by which steps are usual
MEMORY = 30  # frames whose mean change of speed is a joint's usual one, by which it is decided whether to look
NEARLY = 0.5  # of the change that a jump needs, so that none is overlooked: a file has the median


class Seen(NamedTuple):
    """A frame: its number, `[K, 2]` points, `[K]` confidences, and which joints are found to jump."""

    number: int
    points: np.ndarray
    trust: np.ndarray
    jumps: np.ndarray

    @property
    def steady(self) -> np.ndarray:
        """`[K]` confidences, 0 of those that jump."""
        return np.where(self.jumps, 0.0, self.trust)


class Jumps:
    """The joints of one person.

    Args:
        blank: a recording of the same joints.
        ahead: frames that are looked ahead.
    """

    def __init__(self, blank: Recording, ahead: int):
        self._blank = blank
        self._rows: deque[Seen] = deque(maxlen=HISTORY + ahead)
        self._usual, self._count = np.zeros(len(blank.joints)), np.zeros(len(blank.joints), int)
        self._until = -1.0

    def add(self, number: int, points: np.ndarray, trust: np.ndarray, fps: float) -> tuple[list[Seen], list[str]]:
        """The next frame; it, those before it that now jump in other joints, and names of those that begin to.

        Args:
            number: of the frame.
            points, trust: `[K, 2]` pixels and `[K]` confidences, 0 where missing.
            fps: frames per second.
        """
        self._rows.append(Seen(number, points, trust, np.zeros(len(trust), bool)))
        if self._sudden(fps):
            self._until = number + LONGEST * fps
        if number > self._until or number - self._rows[0].number < AROUND * fps:
            return [self._rows[-1]], []
        rows = list(self._rows)
        found = self._jumping(rows, fps)
        before = np.array([row.jumps for row in rows])
        changed = (found != before).any(axis=1)
        changed[-1] = True
        new = (found & ~before & ~np.roll(found, 1, axis=0)).any(axis=0)  # not where it is still away
        rows = [row._replace(jumps=jumps) for row, jumps in zip(rows, found, strict=True)]
        self._rows = deque(rows, maxlen=self._rows.maxlen)
        return [row for row, one in zip(rows, changed, strict=True) if one], [
            self._blank.joints[i] for i in new.nonzero()[0]
        ]

    def _sudden(self, fps: float) -> bool:
        """Whether a joint's speed changes in the last step but one by as much as a jump needs, or nearly."""
        if len(self._rows) < 3:
            return False
        a, b, c = list(self._rows)[-3:]
        seen = (a.trust > 0) & (b.trust > 0) & (c.trust > 0)
        if not seen.any():
            return False
        speeds = (c.points - b.points) / (c.number - b.number) - (b.points - a.points) / (b.number - a.number)
        change = np.where(seen, np.hypot(*speeds.T), 0.0)
        least = least_jump(fps) * np.hypot(*np.ptp(b.points[b.trust > 0], axis=0))
        sudden = (change > np.maximum(least, NEARLY * UNUSUAL * self._usual)).any()
        self._count += seen
        self._usual += np.where(seen, (change - self._usual) / np.clip(self._count, 1, MEMORY), 0.0)
        return bool(sudden)

    def _jumping(self, rows: list[Seen], fps: float) -> np.ndarray:
        numbers, points, trust, _ = (np.array(column) for column in zip(*rows, strict=True))
        nobody = np.zeros(len(rows), int)
        about = {"frame": numbers - numbers[0], "person": nobody, "people": ("",), "fps": fps, "video": True}
        return find_jumps(self._blank._replace(keypoints=points, confidence=trust, **about))
