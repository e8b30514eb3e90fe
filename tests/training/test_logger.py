"""The log of a run survives kills, bad disks and threads, and stays readable."""

import json
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from geolift.training import logger as module
from geolift.training.clock import Clock
from geolift.training.logger import Logger
from tests.helpers.paths import ROOT
from tests.training.test_append_file import fill

ALONE = """
import os, random, resource, signal, sys, time, types
from pathlib import Path
package = types.ModuleType("geolift")
package.__path__ = [sys.argv[1]]
sys.modules["geolift"] = package  # without jax, which does not like to be forked and takes a second to load
from geolift.training import logger as module
from geolift.training.clock import Clock
from geolift.training.logger import Logger
module.open_event_file = lambda *_: None
folder = Path(sys.argv[2])
"""


@pytest.fixture
def begin(tmp_path):
    """Opens the log of a run, by default in the test's folder."""

    def begin(folder=tmp_path, first=0, last=100):
        return Logger(folder, first=first, last=last, clock=Clock())

    return begin


@pytest.fixture
def no_board(monkeypatch):
    monkeypatch.setattr(module, "open_event_file", lambda *_: None)


def strict(text):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def lines(folder, name="metrics.jsonl"):
    text = (folder / name).read_text()
    assert text.endswith("\n") or not text, "torn"
    return [strict(line) for line in text.splitlines()]


def steps(folder):
    return [line["step"] for line in lines(folder)]


def line(step, **metrics):
    return json.dumps({"step": step, "loss": 0.5, **metrics}) + "\n"


def alone(script, folder, **options):
    """Run a script that has the logger and a folder, in a separate program."""
    command = [
        sys.executable,
        "-W",
        "error",
        "-c",
        ALONE + script,
        str(ROOT / "geolift"),
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == 0, done.stderr[-2000:]
    return done


# What is written


def test_metrics_are_strict_json(begin, tmp_path):
    with begin() as log:
        log.write(2, {"a": float("nan"), "b": float("inf"), "c": -float("inf"), "d": 0.1 + 0.2, "e\né": 1.0})
        with pytest.raises(TypeError):
            log.write(4, {"a": tmp_path})
        log.info(
            "found \udc80", worst=float("nan"), among=[1, {"x": float("-inf")}], file=tmp_path, why=OSError(5, "bad")
        )
    assert lines(tmp_path) == [{"step": 2, "a": None, "b": None, "c": None, "d": 0.1 + 0.2, "e\né": 1.0}]
    said = lines(tmp_path, "history.jsonl")[0]
    assert said | {"time": 0} == {
        "time": 0, "message": "found \udc80", "worst": None, "among": [1, {"x": None}], "file": str(tmp_path),
        "why": "[Errno 5] bad",
    }  # fmt: skip
    assert abs(datetime.fromisoformat(said["time"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_history_is_only_appended_to_and_an_incomplete_line_stays_alone(begin, tmp_path, capsys):
    torn = '{"message": "whole"}\n{"message": "to'
    (tmp_path / "history.jsonl").write_text(torn)
    with begin() as log:
        log.info("one")
    with begin() as log:
        log.info("two")
    text = (tmp_path / "history.jsonl").read_text()
    assert text.startswith(torn + "\n")
    said = [strict(line)["message"] for line in text[len(torn) + 1 :].splitlines()]
    assert said[0] == "one" and said[2] == "two" and len(said) == 4
    assert re.findall(r"^geolift: (one|two)$", capsys.readouterr().err, re.MULTILINE) == ["one", "two"]


def test_without_tensorboard(begin, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX.proto", None)
    with begin() as log:
        log.write(1, {})
    assert steps(tmp_path) == [1] and not (tmp_path / "tensorboard").exists()


# What an earlier start left


def test_later_steps_and_an_incomplete_end_are_removed(begin, tmp_path, capsys):
    kept = line(2) + line(4)
    (tmp_path / "metrics.jsonl").write_text(kept + line(6) + line(8)[:11])
    with begin(first=4) as log:
        log.write(6, {"loss": 1.0})
    assert (tmp_path / "metrics.jsonl").read_text() == kept + line(6, loss=1.0)
    assert "damaged" not in capsys.readouterr().err and len(list(tmp_path.glob("metrics*"))) == 1


def test_a_last_line_without_newline_is_kept(begin, tmp_path):
    (tmp_path / "metrics.jsonl").write_text(line(2) + line(4).rstrip())
    with begin(first=4) as log:
        log.write(6, {})
    assert steps(tmp_path) == [2, 4, 6]


def test_a_file_that_is_right_is_not_touched(begin, tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text(line(2) + line(4))
    before = path.stat()
    with begin(first=4):
        pass
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(
    "damage",
    [
        b"\0" * 40, line(4).strip().encode("utf-16"), line(4)[:12].encode(), b"[" * 100_000, b"[4]", b"4", b"{}",
        b'{"step": "4"}', b'{"step": 4.5}', b'{"step": ' + b"9" * 5000 + b"}", line(99)[:-1].encode(),
    ],
    ids=lambda damage: repr(damage[:12]),
)  # fmt: skip
def test_damage_in_the_middle_is_reported_and_kept_beside(begin, tmp_path, capsys, damage):
    path = tmp_path / "metrics.jsonl"
    for number, name in enumerate(["metrics.jsonl.damaged", "metrics.jsonl.damaged.2"]):
        damaged = line(2).encode() + damage + b"\n" + line(6 + number).encode() + line(12).encode()
        path.write_bytes(damaged)
        with begin(first=10):
            pass
        assert steps(tmp_path) == [2, 6 + number]
        assert (tmp_path / name).read_bytes() == damaged
        said = f"lines that cannot be read or are out of order: 1; the file as it was is kept as {name}\n"
        assert said in capsys.readouterr().err
        with begin(first=10):
            pass
        assert "damaged" not in capsys.readouterr().err, "reported again"
    assert len(list(tmp_path.glob("metrics*"))) == 3
    assert [entry["kept"] for entry in lines(tmp_path, "history.jsonl") if "kept" in entry] == [
        "metrics.jsonl.damaged",
        "metrics.jsonl.damaged.2",
    ]


def test_constants_that_are_not_json_become_null(begin, tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 2, "loss": NaN, "other": -Infinity}\n' + line(4))
    with begin(first=4):
        pass
    assert lines(tmp_path) == [{"step": 2, "loss": None, "other": None}, {"step": 4, "loss": 0.5}]


# Kills

CHILD = """
os.fsync = lambda _: None  # what it is for, a power cut, is not tested; it takes most of the time

def child():
    with Logger(folder, first=20, last=100, clock=Clock()) as log:
        log.write(22, {"loss": 0.25})
        log.info("here")

def start(before_start):
    pid = os.fork()
    if pid:
        return pid
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        before_start()
        child()
    finally:
        os._exit(0)

def reset():
    for path in folder.iterdir():
        path.unlink()
    (folder / "metrics.jsonl").write_bytes(found)
    (folder / "history.jsonl").write_bytes(said)

def check():
    "The file is as found, or cut back, perhaps with a line, whole or not, after that; and is right after a start."
    path = folder / "metrics.jsonl"
    now = path.read_bytes()
    assert now == found or new.startswith(now) and len(now) >= len(right), now[-200:]
    assert (folder / "history.jsonl").read_bytes().startswith(said)
    Logger(folder, first=20, last=100, clock=Clock())
    assert path.read_bytes() == right
    assert [p.read_bytes() for p in folder.glob("*.damaged*") if p.suffix != ".partial"] == [found]
    return "found" if now == found else "cut back" if now == right else "added"

def line(step):
    return b'{"step": %d, "loss": %s}\\n' % (step, b"0." + b"1" * 1000 if step < 0 else b"0.5")
"""


def test_a_kill_before_any_line_of_the_logger_s_code_loses_and_repeats_nothing(tmp_path):
    script = """
import pathlib
from geolift.safe_io import atomic, json_file
from geolift.training import append_file, progress

logging = [part.__file__ for part in (module, append_file, progress, atomic, json_file)]
used = [(pathlib.__file__, name) for name in ("open", "write_bytes", "write_text", "replace", "rename", "unlink")]

def trace(frame, event, _):
    global left
    code = frame.f_code
    if code.co_filename not in logging and (code.co_filename, code.co_name) not in used:
        return None
    left -= event == "line"
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return trace

right = line(18) + line(20)
found = line(18) + b"damage\\n" + line(20) + line(22) + line(24)[:9]
said, new = b'{"message": "bef', right + b'{"step": 22, "loss": 0.25}\\n'
seen = []
for kill_at in range(1, 10_000):
    left = kill_at
    reset()
    _, status = os.waitpid(start(lambda: sys.settrace(trace)), 0)
    if not os.WIFSIGNALED(status):
        break
    seen.append(check())
print(len(seen), *(seen.count(what) for what in ("found", "cut back", "added")))
"""
    kills, *kinds = map(int, alone(CHILD + script, tmp_path).stdout.split())
    assert 150 < kills == sum(kinds) and min(kinds) > 20, "expected kills of all kinds"


def test_kills_at_any_time_lose_and_repeat_nothing(tmp_path):
    script = """
right = b"".join(line(step) for step in range(-1000, 0)) + line(20)
found = right.replace(line(20), b"damage\\n" + line(20)) + line(22)
said, new = b"", right + b'{"step": 22, "loss": 0.25}\\n'
seen, after = [], 0.002
for _ in range(32):
    reset()
    pid = start(lambda: None)
    time.sleep(after * random.uniform(0.8, 1.2))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    seen.append(check())
    after *= 1.4 if seen[-1] == "found" else 0.75  # however fast the machine: about when the file is replaced
print(*(seen.count(what) for what in ("found", "cut back", "added")))
"""
    found, *others = map(int, alone(CHILD + script, tmp_path).stdout.split())
    assert found > 2 and sum(others) > 2, "expected kills before and after the file was replaced"


# Disks


def long(step):
    """Metrics whose line is some 400 bytes long: pages of a disk fill within one."""
    return {f"loss/number_{i}": step + 0.123456789 for i in range(12)}


def test_a_full_disk_costs_nothing_once_it_has_room_again(begin, small_disk, no_board, time, capsys):
    disk = small_disk("64k")
    with begin(disk) as log:
        log.write(1, long(1))
        filler = fill(disk)
        for step in range(2, 60):
            log.write(step, long(step))
            log.info("still here", number=step, pad="x" * 200)
        whole = (disk / "metrics.jsonl").read_bytes()
        assert not whole.endswith(b"\n"), "the last line was expected to be incomplete"
        said = capsys.readouterr().err
        filler.unlink()
        log.write(60, long(60))
        log.info("still here", number=60)
        assert steps(disk) == list(range(1, 61))
        again = capsys.readouterr().err
    for name in ("metrics.jsonl", "history.jsonl"):
        assert len(re.findall(rf"{name}\S*: cannot be written \(No space left on device\)", said)) == 1
        assert len(re.findall(rf"{name}\S*: can be written again; waiting lines: \d+", again)) == 1
    assert said.count("still here") == 58, "messages are printed at once"
    history = lines(disk, "history.jsonl")
    assert [entry["number"] for entry in history if "number" in entry] == list(range(2, 61))


def test_a_start_on_a_full_disk_cuts_back_once_there_is_room(begin, small_disk, no_board, time, capsys):
    disk = small_disk("64k")
    (disk / "metrics.jsonl").write_text(line(2) + line(4) + line(6) + line(8)[:9])
    before = (disk / "metrics.jsonl").read_bytes()
    filler = fill(disk)
    with begin(disk, first=4) as log:
        log.write(6, {"loss": 1.0})
        assert (disk / "metrics.jsonl").read_bytes() == before
        assert not list(disk.glob("*.partial"))
        filler.unlink()
        log.write(8, {"loss": 1.0})
        assert (disk / "metrics.jsonl").read_text() == line(2) + line(4) + line(6, loss=1.0) + line(8, loss=1.0)
    assert capsys.readouterr().err.count("metrics.jsonl: cannot be written") == 1


def test_a_read_only_disk(begin, small_disk, time, capsys):
    disk = small_disk("64k")
    with begin(disk) as log:
        log.write(1, {})
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        log.write(2, {})
        log.info("read-only")
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        log.write(3, {})
        assert steps(disk) == [1, 2, 3]
    assert "read-only" in [entry["message"] for entry in lines(disk, "history.jsonl")]
    assert "metrics.jsonl: cannot be written (Read-only file system)" in capsys.readouterr().err


def test_a_folder_that_is_not_there(begin, tmp_path, capsys):
    with begin(tmp_path / "gone" / "far") as log:
        log.write(1, {})
    assert "metrics.jsonl: still cannot be written at the end; lines lost: 1\n" in capsys.readouterr().err and not list(
        tmp_path.iterdir()
    )


def test_a_limit_on_file_sizes(tmp_path):
    """As a full disk, without the rights to make one: the same lines wait, and are written once the limit is gone."""
    script = """
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
with Logger(folder, first=0, last=100, clock=Clock()) as log:
    for step in range(1, 30):
        log.write(step, {f"loss/{i}": 0.123456789 for i in range(10)})
        log.info("x" * 150, number=step)
    assert (folder / "metrics.jsonl").stat().st_size == 3000
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    log.write(30, {})
    log.info("end", number=30)
"""
    said = alone(script, tmp_path).stderr
    assert steps(tmp_path) == list(range(1, 31))
    history = lines(tmp_path, "history.jsonl")
    assert [entry["number"] for entry in history if "number" in entry] == list(range(1, 31))
    for name in ("metrics", "history"):
        assert said.count(f"{name}.jsonl: cannot be written (File too large)") == 1
        assert said.count(f"{name}.jsonl: can be written again") == 1


def test_messages_into_a_file_on_the_full_disk_stop_nothing(small_disk, tmp_path):
    disk = small_disk("64k")
    fill(disk)
    script = """
with Logger(folder, first=0, last=100, clock=Clock()) as log:
    for step in range(1, 30):
        log.write(step, {})
        log.info("x" * 1000)
sys.stderr.close()
log.info("after the end")
"""
    command = [sys.executable, "-c", ALONE + script, str(ROOT / "geolift"), str(tmp_path)]
    with (disk / "messages").open("w") as file:
        assert subprocess.run(command, stderr=file, timeout=60).returncode == 0
    assert steps(tmp_path) == list(range(1, 30))


# Threads


def test_messages_of_several_threads(begin, tmp_path, capsys):
    with begin() as log:

        def write_messages(thread):
            for number in range(100):
                log.info(f"{thread} {number} " + "x" * 50, thread=thread, number=number)

        threads = [threading.Thread(target=write_messages, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        for step in range(1, 101):
            log.write(step, {"loss": 0.5})
        for thread in threads:
            thread.join()
    assert steps(tmp_path) == list(range(1, 101))
    history = [(entry["thread"], entry["number"]) for entry in lines(tmp_path, "history.jsonl") if "thread" in entry]
    printed = [tuple(map(int, p)) for p in re.findall(r"^geolift: (\d+) (\d+) x{50}$", capsys.readouterr().err, re.M)]
    assert printed == history and len(history) == 800
    assert all([n for t, n in history if t == thread] == list(range(100)) for thread in range(8))
