"""A file that lines are only appended to, on a disk that may fail: what cannot be written waits in memory."""

import math
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

PATIENCE = 10  # pause after a failed write, as a multiple of the time that it took


class AppendFile:
    """Appends lines to a file in order; lines that the disk does not take wait in memory.

    The file is opened for every line, so that a store that has gone is noticed at once. Only the first line creates the
    file: an empty folder in the place of the store is not taken for the store.

    Args:
        path: the file.
        notify: called with a message when writing begins to fail, when it works again, and when lines are lost.
        prepare: makes the file ready for its first line; repeated until it does not raise OSError.
    """

    def __init__(self, path: Path, notify: Callable[[str], None], prepare: Callable[[Path], None]):
        self._path, self._notify, self._prepare = path, notify, prepare
        self._waiting: deque[bytes] = deque()
        self._ready, self._may_create, self._failing = False, True, False
        self._retry_at = -math.inf
        self._whole: int | None = None  # size of the file without a line that may be incomplete

    def append(self, line: bytes) -> None:
        """Write the waiting lines, and this one."""
        self._waiting.append(line)
        self.flush()

    def flush(self) -> None:
        """Write the waiting lines, unless the disk has just failed slowly."""
        waited, started = len(self._waiting), time.perf_counter()
        if started < self._retry_at:
            return
        try:
            if not self._ready:
                self._prepare(self._path)
                self._put(b"")
                self._ready, self._may_create = True, False
            while self._waiting:
                self._put(self._waiting[0])
                self._waiting.popleft()
        except OSError as error:
            now = time.perf_counter()
            self._retry_at = now + PATIENCE * (now - started)
            if not self._failing:
                self._failing = True
                why = error.strerror or error
                self._notify(f"{self._path}: cannot be written ({why}); training continues, its lines wait in memory")
        else:
            if self._failing:
                self._failing = False
                self._notify(f"{self._path}: can be written again; waiting lines: {waited}")

    def close(self) -> None:
        """Try once more; report how many lines are lost."""
        self._may_create, self._retry_at = True, -math.inf
        self.flush()
        if self._waiting:
            self._notify(f"{self._path}: still cannot be written at the end; lines lost: {len(self._waiting)}")

    def _put(self, line: bytes) -> None:
        with open(self._path, "ab", buffering=0, opener=None if self._may_create else _existing) as file:
            size = os.fstat(file.fileno()).st_size
            if self._whole is not None and size > self._whole:
                size = file.truncate(self._whole)
            self._whole = size
            rest = memoryview(line)
            while rest:
                rest = rest[file.write(rest) :]
        self._whole = None


def end_line(path: Path) -> None:
    """Add a newline to a last line that is incomplete."""
    if path.exists() and path.stat().st_size:
        with path.open("r+b", buffering=0) as file:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")


def _existing(path: str, flags: int) -> int:
    return os.open(path, flags & ~os.O_CREAT)
