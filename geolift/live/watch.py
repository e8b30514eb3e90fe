"""What a detector does wrong while somebody is filmed, found from frame to frame: sides, joints that jump, odd data."""

from typing import NamedTuple

import numpy as np

from geolift.keypoints.recording import Recording
from geolift.live.checks import Checks
from geolift.live.jumps import Jumps, Seen
from geolift.live.sides import Sides


class Found(NamedTuple):
    """`rows` of the person to be written or written again; `notes`, sentences by what kind they are of."""

    rows: list[Seen]
    notes: dict[str, str]


class Watch:
    """Of one person.

    Args:
        blank: a recording of the same joints.
        image_size: width and height in pixels, or None.
        ahead: frames that are looked ahead.
    """

    def __init__(self, blank: Recording, image_size: tuple[float, float] | None, ahead: int):
        self._sides, self._jumps = Sides(blank.joints), Jumps(blank, ahead)
        self._checks = Checks(blank, image_size)

    def add(self, number: int, frame: int, points: np.ndarray, trust: np.ndarray, fps: float) -> Found:
        """The next frame of the person.

        Args:
            number: of the frame on the even grid.
            frame: of the push.
            points, trust: `[K, 2]` pixels and `[K]` confidences, 0 where missing.
            fps: frames per second.
        """
        points, trust, of_sides = self._sides.mend(number, points, trust, fps)
        notes = {sentence: sentence for sentence in of_sides} | self._checks.add(frame, points, trust, fps)
        rows, names = self._jumps.add(number, points, trust, fps)
        if names:
            notes["jump"] = f"{', '.join(names)} jumped: counted as missing where they are away"
        return Found(rows, notes)
