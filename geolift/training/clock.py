"""The wall time of a run by kind of work."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Counts wall time by kind of work, in the thread that made the clock.

    Work of other threads runs in parallel and is not counted.
    """

    def __init__(self):
        self._thread = threading.get_ident()
        self._kinds, self._spent = ["other"], {"other": 0.0}
        self._since = time.perf_counter()

    @contextmanager
    def __call__(self, kind: str) -> Iterator[None]:
        """Count the time inside as this kind of work; nested, the inner kind alone is counted."""
        if threading.get_ident() != self._thread:
            yield
            return
        self._charge()
        self._kinds.append(kind)
        try:
            yield
        finally:
            self._charge()
            self._kinds.pop()

    def seconds(self) -> dict[str, float]:
        """Seconds since the clock was made, by kind; time outside any kind is "other"."""
        return self._until(time.perf_counter())

    def shares(self) -> dict[str, float]:
        """`seconds` as fractions, which sum to 1."""
        seconds = self.seconds()
        total = sum(seconds.values())
        return {kind: spent / total for kind, spent in seconds.items()} if total else {"other": 1.0}

    def _charge(self) -> None:
        now = time.perf_counter()
        self._spent, self._since = self._until(now), now

    def _until(self, now: float) -> dict[str, float]:
        kind = self._kinds[-1]
        return self._spent | {kind: self._spent.get(kind, 0.0) + now - self._since}
