"""What a run tells: metrics as JSON lines (and TensorBoard where installed), its history, a line of progress.

None of it stops a run: what a disk does not take waits in memory until it does.
"""

import contextlib
import itertools
import json
import math
import os
import shutil
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geolift.clock import Clock

FILE, HISTORY = "metrics.jsonl", "history.jsonl"
WINDOW = 60.0  # seconds that the speed is taken over
PATIENCE = 10  # a disk that fails is left alone this many times as long as it took to fail
PAUSE = 10.0  # seconds between two lines of progress where there is no terminal
HEALTH = {
    "real judged real": "health/real_judged_real",
    "fake judged fake": "health/fake_judged_fake",
    "target judged target": "health/target_judged_target",
    "corrected judged source": "health/corrected_judged_source",
}


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
        self._progress = _Progress(last, clock)
        self._history = _Record(folder / HISTORY, self.tell, _end_line)
        self._metrics = _Record(folder / FILE, self.tell, lambda path: self._cut_back(path, first))
        self._board = _board(folder / "tensorboard", first, self.tell)
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
            total = sum(seconds.values())
            kinds = [f"{kind} {_duration(s)} ({_percent(s / max(total, 1e-9))})" for kind, s in _largest(seconds)]
            self.tell(f"{_duration(total)} in all: {' | '.join(kinds)}", step=self._step, seconds=seconds)
            for record in filter(None, (self._board, self._metrics, self._history)):
                record.close()

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
            _replace(path, kept)
        if beside:
            what = f"{path}: lines that cannot be read or are out of order: {damaged}"
            self.tell(f"{what}; the file as it was is kept as {beside.name}", lines=damaged, kept=beside.name)


class _Record:
    """A file that only grows, on a disk that may fail: what it does not take waits in memory, in order.

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


class _Board(_Record):
    """TensorBoard's file of events, in tensorboardX's encoding.

    Its SummaryWriter is not used: the thread behind it dies of a full disk, and then its queue blocks the run forever.
    """

    def __init__(self, folder: Path, first: int, tell: Callable[[str], None]):
        from tensorboardX.proto import event_pb2, summary_pb2
        from tensorboardX.record_writer import masked_crc32c

        self._event, self._summary, self._crc = event_pb2.Event, summary_pb2.Summary, masked_crc32c
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}"
        super().__init__(folder / name, tell, lambda path: path.parent.mkdir(exist_ok=True))
        self._add(file_version="brain.Event:2")
        start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        self._add(step=first + 1, session_log=start)  # hides the events of later steps in earlier files

    def write(self, step: int, metrics: dict[str, float]) -> None:
        values = [self._summary.Value(tag=name, simple_value=value) for name, value in metrics.items()]
        self._add(step=step, summary=self._summary(value=values))

    def _add(self, **content) -> None:
        data = self._event(wall_time=time.time(), **content).SerializeToString()
        size = struct.pack("<Q", len(data))
        self.append(size + struct.pack("<I", self._crc(size)) + data + struct.pack("<I", self._crc(data)))


class _Progress:
    """The line of progress: one that is renewed on a terminal, one now and then elsewhere."""

    def __init__(self, last: int, clock: Clock):
        self._last, self._clock, self._live = last, clock, sys.stderr.isatty()
        self._seen: deque[tuple[float, int]] = deque()  # when each of the last steps was written
        self._paused = False
        self._line, self._printed = "", -math.inf  # of a terminal: what stands there; else: what is not printed yet

    def step(self, step: int, metrics: dict[str, float]) -> None:
        """Show how far the run is."""
        now = time.perf_counter()
        line = " | ".join([f"step {step}/{self._last}", *self._speed(now, step), *self._shares(), *_health(metrics)])
        if self._live or now - self._printed >= PAUSE:
            self._printed = now
            self.show(line)
        else:
            self._line = line

    def show(self, line: str) -> None:
        """Show a line now."""
        if self._live:
            self._line = line
            _print(f"\r\x1b[2K{self._cut()}")
        else:
            self._line = ""
            _print(f"{line}\n")

    def interrupt(self, message: str) -> None:
        """Print a message above the line."""
        _print(f"\r\x1b[2K{message}\n{self._cut()}" if self._live else f"{message}\n")

    def close(self) -> None:
        """Leave the last line where it is, or print it."""
        if self._line:
            _print("\n" if self._live else f"{self._line}\n")
        self._line = ""

    def _cut(self) -> str:
        try:
            columns = os.get_terminal_size(sys.stderr.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        return self._line[: (columns or shutil.get_terminal_size().columns) - 1]

    def _speed(self, now: float, step: int) -> list[str]:
        """Steps per second over the last minute, and the time that the rest takes at that.

        A time without a line that is longer than that, after lines that were closer, is a pause: all begins anew. Where
        lines are always that far apart, the last two tell the speed.
        """
        paused = bool(self._seen) and now - self._seen[-1][0] > WINDOW
        if paused and not self._paused:
            self._seen.clear()
        self._paused = paused
        self._seen.append((now, step))
        while len(self._seen) > 2 and self._seen[0][0] < now - WINDOW:
            self._seen.popleft()
        began, start = self._seen[0]
        if now <= began or step <= start:
            return []
        rate = (step - start) / (now - began)
        speed = f"{rate:.1f}" if rate >= 1 else f"{rate:.2g}"
        return [f"{speed} steps/s", f"{_duration((self._last - step) / rate)} left"]

    def _shares(self) -> list[str]:
        return [f"{kind} {_percent(share)}" for kind, share in _largest(self._clock.shares()) if share >= 0.01]


def _health(metrics: dict[str, float]) -> list[str]:
    shown = [f"{what} {_percent(metrics[name])}" for what, name in HEALTH.items() if name in metrics]
    if "validation/flip_rate" in metrics:
        shown.append(f"flipped {metrics['validation/flip_rate']:.0f} %")
    return shown


def _largest(kinds: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(kinds.items(), key=lambda item: -item[1])


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _duration(seconds: float) -> str:
    """`m:ss`, from an hour on `h:mm h`, from a day on `d d h:mm h`."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes}:{seconds:02d}"
    days, hours = divmod(hours, 24)
    return (f"{days} d " if days else "") + f"{hours}:{minutes:02d} h"


def _print(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # its disk is full, its reader gone, or it is closed
        print(text, end="", file=sys.stderr, flush=True)


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
            _replace(beside, data)
            return beside
        if beside.read_bytes() == data:
            return beside


def _replace(path: Path, data: bytes) -> None:
    """Write `data` to `path`, all of it or nothing."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def _existing(path: str, flags: int) -> int:
    return os.open(path, flags & ~os.O_CREAT)


def _end_line(path: Path) -> None:
    """End a last line that was torn off."""
    if path.exists() and path.stat().st_size:
        with path.open("r+b", buffering=0) as file:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")


def _board(folder: Path, first: int, tell: Callable[[str], None]) -> _Board | None:
    try:
        return _Board(folder, first, tell)
    except ImportError:
        return None
