"""Left and right that a detector exchanges while somebody is filmed: changed back until they change places again.

The exchange itself is found as in a file (`keypoints.side_exchanges`), but for one whose frame shows sides half-way. A
file is changed back where a second exchange bounds the frames. Here nobody knows when it will come: sides stay changed
back for a quarter of the time that they were right before, as at the end of a file, and two seconds at most. No body is
left twisted: where one limb is changed back, and hips and shoulders then point to opposite sides, it counts as given.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.keypoints.body_sides import SURE, agreement
from geolift.keypoints.pose_distance import box_diagonals
from geolift.keypoints.side_checks import SLOWEST
from geolift.keypoints.side_exchanges import END_SURROUNDED, LONGEST, STEP, Person, exchanges
from geolift.keypoints.side_swaps import LIMBS, limb_pairs, trunk_pairs

ROWS = 4  # frames by which an exchange is known: this one, and what shows the speed before


class Exchanged(NamedTuple):
    """A limb whose sides are changed back: from which frame on, until when at most, which pairs of joints `[P, 2]`."""

    since: int
    until: float
    pairs: np.ndarray


class Sides:
    """The sides of one person's limbs.

    Args:
        joints: K names.
    """

    def __init__(self, joints: Sequence[str]):
        pairs = limb_pairs(joints)
        self._trunk = trunk_pairs(joints, pairs)
        self._limbs = {limb: np.array(of_limb) for limb, of_limb in pairs.items()}
        of_limbs = {joint for pairs in self._limbs.values() for joint in pairs.ravel().tolist()}
        other = [name.replace("left_", "right_", 1) for name in joints]
        self._head = np.array(
            [
                (left, list(joints).index(other[left]))
                for left, name in enumerate(joints)
                if name.startswith("left_") and other[left] in joints and left not in of_limbs
            ],
            int,
        ).reshape(-1, 2)
        self._rows: deque[tuple[np.ndarray, np.ndarray, int]] = deque(maxlen=ROWS)  # as changed back
        self._begin = 0
        self._exchanged: dict[str, Exchanged] = {}

    def mend(
        self, number: int, points: np.ndarray, trust: np.ndarray, fps: float
    ) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """The keypoints of the next frame with sides changed back, and sentences on what was found in it.

        Args:
            number: of the frame.
            points, trust: `[K, 2]` pixels and `[K]` confidences, 0 where missing.
            fps: frames per second.
        """
        if not self._limbs or fps < SLOWEST:
            return points, trust, []
        if not self._rows or number - self._rows[-1][2] > max(1, round(STEP * fps)):
            self._rows.clear()
            self._exchanged.clear()
            self._begin = number
        notes = self._given_up(number) or self._untwisted(number)
        mended = self._changed(points, trust)
        self._rows.append((*mended, number))
        for limb in self._limbs:
            found = self._exchange(limb, fps)
            if found is not None:
                notes += self._toggle(limb, found, number, fps)
        mended = self._changed(points, trust)
        self._rows[-1] = (*mended, number)
        return *mended, notes

    def _given_up(self, number: int) -> list[str]:
        """Limbs that did not change back in time count as they are found from here on."""
        over = [limb for limb, one in self._exchanged.items() if number > one.until]
        self._take_as_given(over, number)
        return [
            f"left and right {limb} changed places and do not change back: from here on they are as given, and which "
            "are right is not known"
            for limb in over
        ]

    def _untwisted(self, number: int) -> list[str]:
        """A limb counts as it is found from here on if it alone is changed back, and the last frames are twisted."""
        if len(self._exchanged) != 1 or not self._trunk or len(self._rows) < SURE:
            return []
        person = self._person(list(self._rows)[-SURE:])
        if (agreement(person, *self._trunk) >= 0).any():
            return []
        limb = next(iter(self._exchanged))
        self._take_as_given([limb], number)
        return [f"left and right {limb}, changed back, twist the body: from here on they are as given"]

    def _take_as_given(self, limbs: Sequence[str], number: int) -> None:
        for limb in limbs:
            del self._exchanged[limb]
        if limbs:
            self._rows.clear()
            self._begin = number

    @staticmethod
    def _person(rows: Sequence[tuple[np.ndarray, np.ndarray, int]]) -> Person:
        points, trust, frame = (np.array(column) for column in zip(*rows, strict=True))
        return Person(points, trust > 0, frame, box_diagonals(points, trust > 0))

    def _changed(self, points: np.ndarray, trust: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pairs = [one.pairs for one in self._exchanged.values()]
        if not pairs:
            return points, trust
        if len(pairs) == len(LIMBS):
            pairs.append(self._head)
        left, right = np.concatenate(pairs).T
        order = np.arange(len(trust))
        order[left], order[right] = right, left
        return points[order], trust[order]

    def _exchange(self, limb: str, fps: float) -> np.ndarray | None:
        """The pairs `[P, 2]` of a limb that change places at the newest frame; None if it does not."""
        if len(self._rows) < 2:
            return None
        pairs = self._limbs[limb]
        (before, seen, _), (now, sees, _) = self._rows[-2], self._rows[-1]
        both = ((seen > 0) & (sees > 0))[pairs].all(axis=1)
        same, other = (np.abs(now[pairs] - before[chosen]).sum(axis=(1, 2)) for chosen in (pairs, pairs[:, ::-1]))
        if not (other[both] < same[both]).any():
            return None
        step = max(1, round(STEP * fps))
        found = exchanges(self._person(self._rows), [tuple(pair) for pair in pairs], step=step, blend=0)
        return pairs[~found.stays[-1]] if len(self._rows) - 1 in found.rows else None

    def _toggle(self, limb: str, pairs: np.ndarray, number: int, fps: float) -> list[str]:
        if self._exchanged.pop(limb, None) is not None:
            return []
        longest = min(LONGEST * fps, (number - self._begin) / END_SURROUNDED)
        if longest < 1:
            self._begin = number
            while len(self._rows) > 1:
                self._rows.popleft()
            return [f"left and right {limb} change places; which are right is not known"]
        self._exchanged[limb] = Exchanged(number, number + longest, pairs)
        return [f"left and right {limb} change places: changed back until they do so again"]
