"""The progress line of a run, and a summary of where its time went."""

import contextlib
import math
import os
import shutil
import sys
import time
from collections import deque

from geolift.training.clock import Clock

WINDOW = 60.0  # seconds over which the speed is measured
PAUSE = 10.0  # seconds between two progress lines where there is no terminal
HEALTH = {
    "real judged real": "health/real_judged_real",
    "fake judged fake": "health/fake_judged_fake",
    "target judged target": "health/target_judged_target",
    "corrected judged source": "health/corrected_judged_source",
}


class Progress:
    """The progress line: on a terminal one line that is overwritten, elsewhere a new line every `PAUSE` seconds."""

    def __init__(self, last: int, clock: Clock):
        self._last, self._clock, self._live = last, clock, sys.stderr.isatty()
        self._seen: deque[tuple[float, int]] = deque()  # when each of the last steps was written
        self._paused = False
        self._line, self._printed = "", -math.inf  # on a terminal: the shown line; else: one not printed yet

    def step(self, step: int, metrics: dict[str, float]) -> None:
        """Show how far the run is."""
        now = time.perf_counter()
        line = " | ".join([f"step {step}/{self._last}", *self._speed(now, step), *_health(metrics), *self._shares()])
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
        """Keep the last line on the terminal, or print it."""
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
        """Steps per second over the last minute, and the remaining time at this speed.

        More than a minute without a line, after lines that were closer, is a pause: the measurement starts again. Where
        lines are always more than a minute apart, the speed is that between the last two.
        """
        paused = bool(self._seen) and now - self._seen[-1][0] > WINDOW
        if paused and not self._paused:
            self._seen.clear()
        self._paused = paused
        self._seen.append((now, step))
        while len(self._seen) > 2 and self._seen[0][0] < now - WINDOW:
            self._seen.popleft()
        started, start = self._seen[0]
        if now <= started or step <= start:
            return []
        rate = (step - start) / (now - started)
        speed = f"{rate:.1f}" if rate >= 1 else f"{rate:.2g}"
        return [f"{speed} steps/s", f"{_duration((self._last - step) / rate)} left"]

    def _shares(self) -> list[str]:
        return [f"{kind} {_percent(share)}" for kind, share in _largest(self._clock.shares()) if share >= 0.01]


def totals(seconds: dict[str, float]) -> str:
    """The total time of a run and that of each kind of work, the largest first."""
    total = sum(seconds.values())
    kinds = [f"{kind} {_duration(s)} ({_percent(s / max(total, 1e-9))})" for kind, s in _largest(seconds)]
    return f"{_duration(total)} in all: {' | '.join(kinds)}"


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
    with contextlib.suppress(OSError, ValueError):  # stderr is a file on a full disk, a broken pipe, or closed
        print(text, end="", file=sys.stderr, flush=True)
