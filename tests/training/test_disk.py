"""Training on disks that are full, read-only or limited: it continues and reports it, as does the exit code."""

import json
import subprocess
import sys
import time

import pytest

from geolift.training import checkpoint, checkpoint_writer
from geolift.training.checkpoint import saved_steps
from geolift.training.checkpoint_writer import SaveError
from geolift.training.recovery import resume_step
from geolift.training.train import train
from tests.helpers.paths import ROOT
from tests.launch.test_programs import SMALL
from tests.training.test_append_file import fill
from tests.training.test_train import assert_bit_equal, lines, state_of, tiny

CONFIG = {"run.checkpoint_every": 2, "run.validate_every": 100}


def messages(workdir):
    return [line["message"] for line in lines_of(workdir / "history.jsonl")]


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def at(dispatch, action):
    """A `stop` that never stops, and calls `action` once, after `dispatch` dispatches."""
    calls = iter(range(1000))

    def stop():
        if next(calls) == dispatch:
            action()
        return False

    return stop


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # what orbax leaves after an error
@pytest.mark.parametrize("midway", [False, True])
def test_a_disk_that_is_full_for_a_while_costs_nothing(small_disk, people, people_file, tmp_path, monkeypatch, midway):
    """Full after the first dispatch, with room again four dispatches later: the run and its log are whole.

    Found before a checkpoint is written, or, were that check to fail, in the middle of it.
    """
    disk = small_disk("4m")
    monkeypatch.setattr(checkpoint_writer, "PAUSES", (0.0,))
    if midway:
        monkeypatch.setattr(checkpoint, "_expect_room", lambda *_: None)
    config = tiny(people_file, steps=16, **CONFIG)
    train(config, tmp_path / "straight")
    filling = at(1, lambda: fill(disk, leave=40_000)), at(5, lambda: (disk / "filler").unlink())
    train(config, disk / "run", stop=lambda: any([step() for step in filling]))
    found, full = messages(disk / "run"), "RESOURCE_EXHAUSTED" if midway else "No space left"
    assert any("not saved, training continues" in message and full in message for message in found), found
    assert any("saved, after" in message for message in found), found
    assert lines(disk / "run") == lines(tmp_path / "straight")
    assert_bit_equal(state_of(disk / "run", config, people), state_of(tmp_path / "straight", config, people))
    assert resume_step([disk / "run"]) == (16, []) and not list((disk / "run" / checkpoint.FOLDER).glob(".*"))


@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_disk_that_fails_to_the_end(small_disk, people, people_file, tmp_path, monkeypatch, how):
    """The run goes to its end and reports that it is not saved; what was saved before is whole, and is resumed."""
    disk = small_disk("4m")
    monkeypatch.setattr(checkpoint_writer, "PAUSES", (0.0,))
    monkeypatch.setattr(checkpoint_writer, "LAST_PAUSES", (0.0,))
    config, saved = tiny(people_file, steps=8, **CONFIG), str(disk / "run" / checkpoint.FOLDER)

    def fail():
        while not checkpoint.steps(disk / "run" / checkpoint.FOLDER):
            time.sleep(0.01)
        if how == "full":
            fill(disk)
        else:
            subprocess.run(["mount", "--bind", saved, saved], check=True)
            subprocess.run(["mount", "-o", "remount,bind,ro", saved], check=True)

    with pytest.raises(SaveError, match=r"checkpoints: the state of step 8 could not be saved: .*(No space|Read-only)"):
        train(config, disk / "run", stop=at(2, fail))
    if how == "full":
        (disk / "filler").unlink()
    else:
        subprocess.run(["umount", saved], check=True)
    assert resume_step([disk / "run"])[0] in (2, 4)
    train(config, disk / "run")
    train(config, tmp_path / "straight")
    assert lines(disk / "run") == lines(tmp_path / "straight")
    assert_bit_equal(state_of(disk / "run", config, people), state_of(tmp_path / "straight", config, people))


def test_the_exit_code_shows_that_the_last_save_failed(people_file, tmp_path):
    """No file may grow beyond 8 kB, which needs no right to mount: enough for the log, too little for a state."""
    flags = [f"--config.data.path={people_file}", f"--workdir={tmp_path}", *SMALL]
    done = subprocess.run(
        ["prlimit", "--fsize=8000", sys.executable, "-m", "launch.train", *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 74, done.stdout + done.stderr
    assert "could not be saved" in done.stderr and "Traceback" not in done.stderr
    with pytest.raises(FileNotFoundError):
        saved_steps(tmp_path)


def test_a_start_on_a_read_only_disk_is_no_crash(small_disk, people_file):
    disk = small_disk("4m")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(SaveError, match=r"run: cannot be written: .*Read-only"):
        train(tiny(people_file), disk / "run")
