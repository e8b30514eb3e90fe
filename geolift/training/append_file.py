"""A file that only grows, on a disk that may fail."""

import math
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

PATIENCE = 10  # a disk that fails is left alone this many times as long as it took to fail


class GrowingFile:
    """Lines that are added to a file in order; what its disk does not take waits in memory.

    The file is opened for every line, which shows at once that a store has gone, and made by the first one only: an
    empty folder where the store was is not taken for the store.

    Args:
        path: the file.
        tell: is told when writing begins to fail, when it works again, and what is lost.
        prepare: makes the file ready for its first line; tried until it does not raise OSError.
    """

    def __init__(self, path: Path, tell: Callable[[str], None], prepare: Callable[[Path], None]):
        self._path, self._tell, self._prepare = path, tell, prepare
        self._waiting: deque[bytes] = deque()
        self._ready, self._may_make, self._failing = False, True, False
        self._again = -math.inf  # when to try again
        self._whole: int | None = None  # size of the file without a line that may be torn

    def append(self, line: bytes) -> None:
        """Write the lines that wait, and this one."""
        self._waiting.append(line)
        self.flush()

    def flush(self) -> None:
        """Write the lines that wait, unless the disk has just taken its time to fail."""
        waited, began = len(self._waiting), time.perf_counter()
        if began < self._again:
            return
        try:
            if not self._ready:
                self._prepare(self._path)
                self._put(b"")
                self._ready, self._may_make = True, False
            while self._waiting:
                self._put(self._waiting[0])
                self._waiting.popleft()
        except OSError as error:
            now = time.perf_counter()
            self._again = now + PATIENCE * (now - began)
            if not self._failing:
                self._failing = True
                why = error.strerror or error
                self._tell(f"{self._path}: cannot be written ({why}); the run goes on, its lines wait in memory")
        else:
            if self._failing:
                self._failing = False
                self._tell(f"{self._path}: can be written again; lines that had waited: {waited}")

    def close(self) -> None:
        """Try once more; tell how many lines are lost."""
        self._may_make, self._again = True, -math.inf
        self.flush()
        if self._waiting:
            self._tell(f"{self._path}: could not be written at the end either; lines lost: {len(self._waiting)}")

    def _put(self, line: bytes) -> None:
        with open(self._path, "ab", buffering=0, opener=None if self._may_make else _existing) as file:
            size = os.fstat(file.fileno()).st_size
            if self._whole is not None and size > self._whole:
                size = file.truncate(self._whole)
            self._whole = size
            rest = memoryview(line)
            while rest:
                rest = rest[file.write(rest) :]
        self._whole = None


def end_line(path: Path) -> None:
    """End a last line that was torn off."""
    if path.exists() and path.stat().st_size:
        with path.open("r+b", buffering=0) as file:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")


def _existing(path: str, flags: int) -> int:
    return os.open(path, flags & ~os.O_CREAT)
