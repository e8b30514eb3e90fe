"""The log of a run: metrics as JSON lines (and for TensorBoard where installed), a history of messages, progress.

A disk that fails does not stop a run: its lines wait in memory until they can be written.
"""

import itertools
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geolift.safe_io.atomic import replace_file
from geolift.training.append_file import AppendFile, end_line
from geolift.training.clock import Clock
from geolift.training.progress import Progress, totals
from geolift.training.tensorboard import open_event_file

FILE, HISTORY = "metrics.jsonl", "history.jsonl"


class Logger:
    """Writes the metrics and the history of one run, and shows its progress; a context manager.

    A disk that is full, read-only or gone raises nothing. Lines wait in memory and are written in order when it is
    back. Messages say that it fails, that it works again, and how many lines are lost at the end.

    Args:
        workdir: the run's folder.
        first: the step that this start resumes from. Lines of later steps, left by a start that was killed before its
            next checkpoint, are removed: those steps are done again.
        last: the last step of the run, for the progress line.
        clock: counts the run's time by kind of work.
    """

    def __init__(self, workdir: Path, *, first: int, last: int, clock: Clock):
        self._lock = threading.RLock()
        folder, self._clock, self._step = Path(workdir), clock, first
        self._progress = Progress(last, clock)
        self._history = AppendFile(folder / HISTORY, self.info, end_line)
        self._metrics = AppendFile(folder / FILE, self.info, lambda path: self._cut_back(path, first))
        self._events = open_event_file(folder / "tensorboard", first, self.info)
        with self._lock:
            self._history.flush()
            self._metrics.flush()
            self._progress.show(f"step {first}/{last} | compiling the step")

    def __enter__(self) -> "Logger":
        return self

    def __exit__(self, *_) -> None:
        with self._lock:
            self._progress.close()
            seconds = self._clock.seconds()
            self.info(totals(seconds), step=self._step, seconds=seconds)
            for file in filter(None, (self._events, self._metrics, self._history)):
                file.close()

    def write(self, step: int, metrics: dict[str, float]) -> None:
        """Write one line of metrics and renew the progress line; values that are not finite are written as null."""
        with self._lock:
            self._step = step
            self._metrics.append(_line({"step": step, **metrics}))
            if self._events:
                self._events.write(step, metrics)
            self._progress.step(step, metrics)

    def info(self, message: str, **facts) -> None:
        """Print a message at once and add it to the history; from any thread, but not from a signal handler.

        Args:
            message: one line.
            facts: further entries of the line in the history; what JSON cannot hold is written as text.
        """
        with self._lock:
            self._progress.interrupt(f"geolift: {message}")
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._history.append(_line({"time": now, "message": message, **facts}, other=str))

    def _cut_back(self, path: Path, first: int) -> None:
        """Remove lines of later steps, an incomplete last line and, with a message, damaged lines; all at once."""
        if not path.exists():
            return
        found = path.read_bytes()
        kept, damaged = _up_to(found, first)
        copy = _keep_copy(found, path) if damaged else None
        if kept != found:
            replace_file(path, kept)
        if copy:
            what = f"{path}: lines that cannot be read or are out of order: {damaged}"
            self.info(f"{what}; the file as it was is kept as {copy.name}", lines=damaged, kept=copy.name)


def _line(content: dict[str, Any], other: Callable[[Any], Any] | None = None) -> bytes:
    """One line of strict JSON: NaN and infinities become null, `other` converts what JSON cannot hold."""
    finite = json.loads(json.dumps(content, default=other), parse_constant=lambda _: None)
    return json.dumps(finite).encode() + b"\n"


def _up_to(data: bytes, first: int) -> tuple[bytes, int]:
    """The lines of steps up to `first`, and the number of damaged lines: neither later steps nor an incomplete end."""
    *lines, tail = data.split(b"\n")
    kept, damaged, later = [], 0, 0
    for i, line in enumerate([*lines, tail]):
        entry = _entry(line)
        if entry is None:
            damaged += i < len(lines)
        elif entry["step"] > first:
            later += 1
        else:
            kept.append(_line(entry) if b"NaN" in line or b"Infinity" in line else line + b"\n")
            damaged, later = damaged + later, 0
    return b"".join(kept), damaged


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) and type(entry.get("step")) is int else None


def _keep_copy(data: bytes, path: Path) -> Path:
    """A file beside `path` that holds `data`: an existing one, or a new one."""
    for number in itertools.count(1):
        copy = path.with_name(f"{path.name}.damaged" + (f".{number}" if number > 1 else ""))
        if not copy.exists():
            replace_file(copy, data)
            return copy
        if copy.read_bytes() == data:
            return copy
