"""Only one program at a time trains in a folder, on file systems that have locks."""

import errno

import pytest

from geolift.training.lock import Lock


@pytest.mark.parametrize("code", ["ENOLCK", "EOPNOTSUPP", "ENOSYS"])
def test_a_file_system_without_locks_gives_none_and_stops_nothing(tmp_path, monkeypatch, code):
    def no_locks(*_, **__):
        raise OSError(getattr(errno, code), "no locks here")

    monkeypatch.setattr("geolift.training.lock.lock_descriptor", no_locks)
    with Lock(tmp_path) as lock:
        assert not lock.held
