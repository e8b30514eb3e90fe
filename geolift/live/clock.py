"""The numbers of frames on an even grid, by their time stamps: cameras drop frames, and change their rate.

Smoothing counts in even steps of time. A step is the interval of most of the last frames; a frame that comes after two
steps gets a number two higher, and what lies between is filled in like any other gap.
"""

from collections import deque

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.frame_times import FASTEST, SLOWEST

RECENT = 64  # intervals that the step is known from
FEWEST = 5  # of them, before which the stated rate counts
# The quantile of the intervals that is a step: dropped frames make intervals longer, so it is below the median; it is
# not the shortest, as time stamps of cameras are some milliseconds early or late.
SHORT = 0.25
STATED = 0.25  # share by which the rate by time stamps may differ from the stated one and nothing is said
STEADY = 0.1  # share by which the step may differ from the one in use, which then stays
ANOTHER_UNIT = 30.0  # times the stated rate, or as small a share: no camera, but milliseconds, or minutes


class Clock:
    """Gives each frame its number.

    Args:
        fps: frames per second, where time stamps do not show it.
        stated: whether the user said so.
    """

    def __init__(self, fps: float, *, stated: bool):
        self.fps, self._stated = fps, fps if stated else None
        self.number = -1
        self.time = 0.0
        self._stamped: bool | None = None
        self._intervals: deque[float] = deque(maxlen=RECENT)

    def tick(self, frame: int, time: float | None) -> dict[str, str]:
        """Go on to the next frame, and set its `number`, its `time` in seconds, and `fps`.

        Returns sentences on odd rates, by their kind.

        Args:
            frame: of the push, for errors.
            time: its time stamp in seconds; None: it comes one step after the frame before.

        Raises:
            DatasetError: if time stamps do not rise, some frames have none, or they are not in seconds by the stated
                rate. The frame then does not count.
        """
        self._check(frame, time)
        first, self._stamped = self._stamped is None, time is not None
        if time is None:
            self.number += 1
            self.time = self.number / self.fps
        elif first:
            self.number, self.time = 0, float(time)
        else:
            interval, self.time = time - self.time, float(time)
            self._intervals.append(interval)
            if len(self._intervals) >= FEWEST:
                rate = 1 / float(np.quantile(self._intervals, SHORT))
                self.fps = rate if abs(rate / self.fps - 1) > STEADY else self.fps
            self.number += max(1, round(interval * self.fps))
        return self._doubts()

    def _doubts(self) -> dict[str, str]:
        if len(self._intervals) < FEWEST:
            return {}
        if not SLOWEST <= self.fps <= FASTEST:
            apart = f"time stamps are {1 / self.fps:.3g} apart, {self.fps:.3g} frames per second if they are seconds"
            return {"unit": f"{apart}: every frame is lifted alone; are they in another unit?"}
        if self._stated and abs(self.fps / self._stated - 1) > STATED:
            return {"rate": f"fps: {self._stated:g} was given, time stamps show {self.fps:.3g}, which count"}
        return {}

    def _check(self, frame: int, time: float | None) -> None:
        if self._stamped is not None and self._stamped != (time is not None):
            found = "none" if time is None else f"{time:g}"
            raise DatasetError(f"time: found {found} in frame {frame}, expected one in every frame or in none")
        if time is None:
            return
        if not np.isfinite(time) or (self._stamped and time <= self.time):
            after = f" above {self.time:g}, that of the frame before" if self._stamped else ""
            again = "; `finish` begins a new stream" if self._stamped and np.isfinite(time) else ""
            raise DatasetError(f"time: found {time:g} in frame {frame}, expected seconds{after}{again}")
        if self._stamped and self._stated and len(self._intervals) >= FEWEST - 1:
            step = float(np.quantile([*self._intervals, time - self.time], SHORT))
            if not 1 / ANOTHER_UNIT < step * self._stated < ANOTHER_UNIT:
                raise DatasetError(
                    f"time: found steps of {step:.3g} up to frame {frame}, expected seconds: {1 / self._stated:.3g} at "
                    f"{self._stated:g} frames per second (milliseconds are 1000 times as many)"
                )
