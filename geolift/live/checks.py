"""The sanity checks of a file (`keypoints.sanity_checks`) on the last seconds of one person in live use."""

from collections import deque

import numpy as np

from geolift.keypoints.recording import Recording
from geolift.keypoints.sanity_checks import failed_checks

FIRST, EVERY = 60, 300  # frames of a person, after which they are looked at, again and again


class Checks:
    """Of one person.

    Args:
        blank: a recording of the same joints.
        image_size: width and height in pixels, or None.
    """

    def __init__(self, blank: Recording, image_size: tuple[float, float] | None):
        self._blank, self._size = blank, image_size
        self._rows: deque[tuple[int, np.ndarray, np.ndarray]] = deque(maxlen=EVERY)
        self._count = 0

    def add(self, frame: int, points: np.ndarray, trust: np.ndarray, fps: float) -> dict[str, str]:
        """The next push that shows the person; sentences on what looks wrong by then, by the name of the check.

        Args:
            frame: of the push.
            points, trust: `[K, 2]` pixels and `[K]` confidences, sides changed back.
            fps: frames per second.
        """
        self._rows.append((frame, points, trust))
        self._count += 1
        if self._count != FIRST and self._count % EVERY:
            return {}
        frame, points, trust = (np.array(column) for column in zip(*self._rows, strict=True))
        names = tuple(map(str, range(frame[0], frame[-1] + 1)))
        size = None if self._size is None else np.broadcast_to(np.asarray(self._size, np.float32), (len(names), 2))
        about = {"frame": frame - frame[0], "frames": names, "person": np.zeros(len(frame), int), "people": ("",)}
        given = {"keypoints": points, "confidence": trust, "fps": fps, "video": True, "image_size": size}
        return failed_checks(self._blank._replace(**given, **about))
