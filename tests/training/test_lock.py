"""Only one program at a time trains in a folder, on file systems that have locks."""

import errno
import signal
import subprocess
import sys

import pytest

from geolift.errors import ConfigError
from geolift.training.lock import Lock


@pytest.mark.parametrize("code", ["ENOLCK", "EOPNOTSUPP", "ENOSYS"])
def test_a_file_system_without_locks_gives_none_and_stops_nothing(tmp_path, monkeypatch, code):
    def no_locks(*_, **__):
        raise OSError(getattr(errno, code), "no locks here")

    monkeypatch.setattr("geolift.training.lock.lock_descriptor", no_locks)
    with Lock(tmp_path) as lock:
        assert not lock.held


HOLD = """
import sys, time
from pathlib import Path
from geolift.training.lock import Lock
with Lock(Path(sys.argv[1])) as lock:
    print(lock.held, flush=True)
    time.sleep(60)
"""


def test_a_folder_is_held_by_one_program_and_free_when_that_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("geolift.training.lock.PATIENCE", 0.0)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "True\n"
    with (
        pytest.raises(ConfigError, match=rf"another program trains in this folder \(process {holder.pid} on "),
        Lock(tmp_path),
    ):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with Lock(tmp_path) as lock:
        assert lock.held
    with Lock(tmp_path) as lock:
        assert lock.held


def test_a_program_on_its_way_out_is_waited_for(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD.replace("60", "1.5"), str(tmp_path)], stdout=subprocess.PIPE)
    holder.stdout.readline()
    with Lock(tmp_path) as lock:
        assert lock.held
    holder.communicate()
