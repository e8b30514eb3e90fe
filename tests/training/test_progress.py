"""The line of progress: how often it is printed, what it says, and how it stands on a terminal."""

import contextlib
import fcntl
import itertools
import json
import os
import pty
import re
import struct
import sys
import termios
import threading

import pytest

from geolift.training.clock import Clock
from geolift.training.logger import Logger
from geolift.training.progress import Progress, totals


def shown(text):
    """The lines of progress, as (step, steps per second or None, what is left or None)."""
    found = []
    for row in text.splitlines():
        if match := re.match(r"step (\d+)/\d+ (?:\| (\S+) steps/s \| (.+?) left)?", row + " "):
            step, rate, left = match.groups()
            found.append((int(step), rate and float(rate), left))
    return found


def test_a_log_file_gets_a_line_every_ten_seconds_and_the_first_and_the_last(time, capsys):
    progress, times = Progress(2000, Clock()), []
    for step in range(1, 1001):
        time.now += 0.25
        progress.step(step, {})
        times += [time.now] * len(shown(capsys.readouterr().err))
    assert times[0] == 1000.25 and len(times) == 25
    assert {b - a for a, b in itertools.pairwise(times)} == {10.0}
    progress.close()
    assert [step for step, *_ in shown(capsys.readouterr().err)] == [1000]


def test_speed_and_time_left_are_those_of_the_last_minute(time, capsys):
    """Not of compiling, of the steps before a resumption, or of a pause."""
    progress = Progress(200_000, Clock())

    def run(step, count, seconds):
        for _ in range(count):
            step, time.now = step + 10, time.now + seconds
            progress.step(step, {})
        return step, shown(capsys.readouterr().err)

    time.now += 300
    step, speeds = run(100_000, 1, 0)
    assert speeds == [(100_010, None, None)], "nothing is known yet"
    step, speeds = run(step, 100, 2)
    assert {rate for _, rate, _ in speeds} == {5.0} and speeds[-1][2] == "5:29 h"
    time.now += 7200
    step, speeds = run(step, 20, 2)
    assert [rate for _, rate, _ in speeds] == [None, *[5.0] * 3], "a pause says nothing of the speed"
    step, speeds = run(step, 200, 0.5)
    assert speeds[-1][1] == 20.0
    step, speeds = run(step, 4, 5000)
    assert [rate for _, rate, _ in speeds] == [None, *[0.002] * 3], "lines that are further apart than a minute"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3600, "1:00 h"), (86399, "23:59 h"), (190_000, "2 d 4:46 h")],
)
def test_durations(seconds, text):
    assert totals({"step": seconds}).startswith(f"{text} in all: step {text} (")


def test_shares_health_and_the_totals_at_the_end(tmp_path, time, capsys):
    clock = Clock()
    with Logger(tmp_path, first=0, last=10, clock=clock) as log:
        for kind, seconds in (("start", 1), ("step", 3620), ("checkpoint", 160), ("validation", 120)):
            with clock(kind):
                time.now += seconds
        log.write(10, {"health/real_judged_real": 0.61, "validation/flip_rate": 3.2, "health/fake_judged_fake": 0.5})
        row = capsys.readouterr().err.splitlines()[-1]
        assert row == (
            "step 10/10 | real judged real 61 % | fake judged fake 50 % | flipped 3 % | "
            "step 93 % | checkpoint 4 % | validation 3 %"
        )
        time.now += 39
    assert capsys.readouterr().err == (
        "geolift: 1:05 h in all: step 1:00 h (92 %) | checkpoint 2:40 (4 %) | validation 2:00 (3 %) | "
        "other 0:39 (1 %) | start 0:01 (0 %)\n"
    )
    assert json.loads((tmp_path / "history.jsonl").read_text().splitlines()[-1])["seconds"]["checkpoint"] == 160


class Screen:
    """A terminal of some columns that shows what is written to `stream`."""

    def __init__(self, columns):
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._columns, self._data, self.stream = columns, b"", os.fdopen(slave, "w")
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        with contextlib.suppress(OSError):  # the other end is closed
            while data := os.read(self._master, 4096):
                self._data += data

    def rows(self):
        """What stands there at the end, and how often a line was renewed."""
        self.stream.close()
        self._reader.join()
        os.close(self._master)
        rows, column = [""], 0
        for part in re.findall(r"\r|\n|\x1b\[2K|[^\r\n\x1b]", self._data.decode()):
            if part == "\n":
                rows.append("")
            elif part == "\r":
                column = 0
            elif part == "\x1b[2K":
                rows[-1] = ""
            else:
                if column == self._columns:
                    rows.append("")
                    column = 0
                rows[-1] = rows[-1][:column].ljust(column) + part + rows[-1][column + 1 :]
                column += 1
        return rows, self._data.count(b"\x1b[2K")


@pytest.mark.parametrize("columns", [20, 200])
def test_a_terminal_has_one_line_that_is_renewed_below_the_messages(tmp_path, monkeypatch, columns):
    screen = Screen(columns)
    monkeypatch.setattr(sys, "stderr", screen.stream)
    with Logger(tmp_path, first=0, last=100, clock=Clock()) as log:
        for step in range(1, 51):
            log.write(step, {"health/real_judged_real": 0.61})
            if step in (20, 40):
                log.info(f"at {step}")
    monkeypatch.undo()
    rows, renewed = screen.rows()
    assert rows[:2] == ["geolift: at 20", "geolift: at 40"] and renewed > 50
    assert rows[2].startswith("step 50/100 | ") and len(rows[2]) < columns
    assert columns == 20 or rows[2].endswith("real judged real 61 % | other 100 %")
    assert "".join(rows[3:]).startswith("geolift: 0:00 in all: other 0:00 (100 %)"), rows
