"""SIGTERM and SIGINT: finish the step, save, stop; a second one stops at once."""

import contextlib
import os
import signal
import sys
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(Exception):
    """A run that was asked to stop and did; its state is saved, and the same start goes on from there."""


class Signals:
    """Whether a signal has asked this program to stop: `signals()`; a context manager, for the main thread.

    The first signal is kept until it is asked for. A second one ends the process at once, with 128 plus its number, as
    it would have without all this.
    """

    def __init__(self):
        self._caught: signal.Signals | None = None
        self._leave: int | None = None

    def __enter__(self) -> "Signals":
        self._before = {number: signal.signal(number, self._catch) for number in SIGNALS}
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self) -> bool:
        return self._caught is not None

    def leave_at_once(self, code: int) -> None:
        """From now on, as nothing is lost by it, the first signal ends the process with this exit code."""
        self._leave = code

    def _catch(self, number: int, frame: FrameType | None) -> None:
        if self._caught or self._leave is not None:
            os._exit(128 + number if self._caught else self._leave)
        self._caught = signal.Signals(number)
        # Not by print: the signal may have come in the middle of one. Ctrl-C may have ended who reads it, too.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.write(sys.stderr.fileno(), f"\ngeolift: {self._caught.name}: stopping after these steps\n".encode())
