"""What a run tells: metrics as JSON lines (and TensorBoard where installed), its history, a line of progress.

None of it stops a run: what a disk does not take waits in memory until it does.
"""

import itertools
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geolift.safe_io.atomic import replace_file
from geolift.training.append_file import GrowingFile, end_line
from geolift.training.clock import Clock
from geolift.training.progress import Progress, totals
from geolift.training.tensorboard import open_board

FILE, HISTORY = "metrics.jsonl", "history.jsonl"


class Logger:
    """Writes the metrics and the history of one working directory, and tells how far it is; a context manager.

    A disk that is full, read-only or gone raises nothing. The lines wait in memory and are written in order when it
    is back; that it fails, that it works again, and how many lines are lost at the end is told.

    Args:
        workdir: the run's folder.
        first: the step this start begins at. Lines of later steps, left by a start that was cut off before its next
            checkpoint, are removed: those steps are done again.
        last: the step the run ends at, for the line of progress.
        clock: counts the run's time by kind of work.
    """

    def __init__(self, workdir: Path, *, first: int, last: int, clock: Clock):
        self._lock = threading.RLock()
        folder, self._clock, self._step = Path(workdir), clock, first
        self._progress = Progress(last, clock)
        self._history = GrowingFile(folder / HISTORY, self.tell, end_line)
        self._metrics = GrowingFile(folder / FILE, self.tell, lambda path: self._cut_back(path, first))
        self._board = open_board(folder / "tensorboard", first, self.tell)
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
            self.tell(totals(seconds), step=self._step, seconds=seconds)
            for file in filter(None, (self._board, self._metrics, self._history)):
                file.close()

    def write(self, step: int, metrics: dict[str, float]) -> None:
        """Write one line of metrics and renew the line of progress; what is not finite is written as null."""
        with self._lock:
            self._step = step
            self._metrics.append(_line({"step": step, **metrics}))
            if self._board:
                self._board.write(step, metrics)
            self._progress.step(step, metrics)

    def tell(self, message: str, **facts) -> None:
        """Print a message at once and add it to the history; from any thread, but not from a signal handler.

        Args:
            message: one line.
            facts: what the history says besides; what JSON cannot hold, as its text.
        """
        with self._lock:
            self._progress.interrupt(f"geolift: {message}")
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._history.append(_line({"time": now, "message": message, **facts}, other=str))

    def _cut_back(self, path: Path, first: int) -> None:
        """Remove later steps, a torn last line, and, telling it, what cannot be read; all at once or not at all."""
        if not path.exists():
            return
        found = path.read_bytes()
        kept, damaged = _up_to(found, first)
        beside = _keep(found, path) if damaged else None
        if kept != found:
            replace_file(path, kept)
        if beside:
            what = f"{path}: lines that cannot be read or are out of order: {damaged}"
            self.tell(f"{what}; the file as it was is kept as {beside.name}", lines=damaged, kept=beside.name)


def _line(content: dict[str, Any], other: Callable[[Any], Any] | None = None) -> bytes:
    """One line of JSON as every parser reads it, without NaN and infinities; `other` turns what JSON has no form of."""
    finite = json.loads(json.dumps(content, default=other), parse_constant=lambda _: None)
    return json.dumps(finite).encode() + b"\n"


def _up_to(data: bytes, first: int) -> tuple[bytes, int]:
    """The lines of steps up to `first`, and how many others are not just later steps or torn off at the end."""
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


def _keep(data: bytes, path: Path) -> Path:
    """A file beside `path` that holds `data`: one that does already, or a new one."""
    for number in itertools.count(1):
        beside = path.with_name(f"{path.name}.damaged" + (f".{number}" if number > 1 else ""))
        if not beside.exists():
            replace_file(beside, data)
            return beside
        if beside.read_bytes() == data:
            return beside
