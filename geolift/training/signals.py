"""SIGTERM and SIGINT: the first finishes the current steps, saves and stops; a second one ends the process at once."""

import contextlib
import os
import signal
import sys
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(Exception):
    """A run was stopped by request; its state is saved, and the same command resumes it."""


class Signals:
    """Catches SIGTERM and SIGINT; `signals()` is whether one came. A context manager, for the main thread.

    The first signal is only recorded. A second one ends the process at once, with the exit code 128 plus its number, as
    without this class.
    """

    def __init__(self):
        self._caught: signal.Signals | None = None
        self._exit_code: int | None = None

    def __enter__(self) -> "Signals":
        self._before = {number: signal.signal(number, self._catch) for number in SIGNALS}
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self) -> bool:
        return self._caught is not None

    def exit_at_once(self, code: int) -> None:
        """From now on the first signal ends the process with this exit code, as nothing is lost by it."""
        self._exit_code = code

    def _catch(self, number: int, frame: FrameType | None) -> None:
        if self._caught or self._exit_code is not None:
            os._exit(128 + number if self._caught else self._exit_code)
        self._caught = signal.Signals(number)
        # Not by print: the signal may interrupt a print. Ctrl-C may have ended the reader of stderr, too.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.write(
                sys.stderr.fileno(), f"\ngeolift: {self._caught.name}: stopping after the current steps\n".encode()
            )
