"""Signals: the first is kept until the run asks, the second ends the process; nothing of it outlives its context."""

import os
import signal
import subprocess
import sys

import pytest

from geolift.training.recovery import resume_step
from geolift.training.signals import SIGNALS, Signals, Stopped
from geolift.training.train import train
from tests.helpers.paths import ROOT
from tests.training.test_train import assert_bit_equal, lines, state_of, tiny


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_recorded_until_it_is_asked_for(number, capfd):
    before = [signal.getsignal(n) for n in SIGNALS]
    with Signals() as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop() and stop()
    assert [signal.getsignal(n) for n in SIGNALS] == before
    assert f"{signal.Signals(number).name}: stopping after the current steps" in capfd.readouterr().err


TWICE = """
import os, signal, time
from geolift.training.signals import Signals
with Signals() as stop:
    os.kill(os.getpid(), signal.{first})
    assert stop()
    os.kill(os.getpid(), signal.{second})
    time.sleep(60)
"""


@pytest.mark.parametrize(("first", "second", "code"), [("SIGTERM", "SIGTERM", 143), ("SIGTERM", "SIGINT", 130)])
def test_the_second_signal_ends_the_process_at_once(first, second, code):
    done = subprocess.run([sys.executable, "-c", TWICE.format(first=first, second=second)], timeout=50)
    assert done.returncode == code


DEAD = """
import os, signal, sys
from geolift.training.signals import Signals, Stopped
from launch import program

def main():
    with Signals() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        if stop():
            raise Stopped("saved")

{how}
program.run(main)
"""


@pytest.mark.parametrize("how", ["os.close(2)", "r, w = os.pipe(); os.dup2(w, 2); os.close(r); os.close(w)", ""])
def test_a_reader_that_is_gone_changes_nothing(how):
    """Ctrl-C ends `tee`, too: messages without a reader must not end the training, nor change its exit code."""
    done = subprocess.run([sys.executable, "-c", DEAD.format(how=how)], cwd=ROOT, timeout=50)
    assert done.returncode == 75


LEAVE = """
import os, signal
from geolift.training.signals import Signals
with Signals() as stop:
    stop.exit_at_once(75)
    os.kill(os.getpid(), signal.SIGTERM)
    print("still here")
"""


def test_once_nothing_can_be_lost_a_signal_ends_the_process():
    done = subprocess.run([sys.executable, "-c", LEAVE], timeout=50, capture_output=True)
    assert (done.returncode, done.stdout) == (75, b"")


def test_a_run_stopped_before_its_first_step_can_start(people_file, tmp_path):
    with pytest.raises(Stopped, match="stopped at step 0, before the first"):
        train(tiny(people_file), tmp_path, stop=lambda: True)
    assert resume_step([tmp_path]) == (None, [])


def test_stopped_after_every_dispatch_is_the_same_run(people_file, people, tmp_path):
    """A run that is stopped again and again as soon as it may be, and one that never is."""
    config = tiny(people_file, steps=8)
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    train(config, straight)
    starts = 0
    while True:
        asked = iter([False])
        try:
            train(config, stopped, stop=lambda asked=asked: next(asked, True))
            break
        except Stopped:
            starts += 1
    assert starts == 3
    assert_bit_equal(state_of(stopped, config, people), state_of(straight, config, people))
    assert lines(stopped) == lines(straight)
