"""A file that grows loses and doubles nothing on a disk that fails, and tells that it fails."""

import contextlib

import pytest

from geolift.training import append_file as module
from geolift.training.append_file import GrowingFile, end_line

AGAIN = "can be written again; lines that had waited:"


@pytest.fixture
def told():
    return []


@pytest.fixture
def begin(tmp_path, told):
    """Begins a file in a folder, the test's own unless another is given."""

    def begin(folder=tmp_path):
        return GrowingFile(folder / "lines", told.append, end_line)

    return begin


def fill(disk, leave=0):
    """Take all room on a disk but `leave` bytes; the file that holds it."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
        file.truncate(max(0, file.tell() - leave))
    return filler


def line(number):
    """A line of some 400 bytes: pages of a disk fill within one."""
    return b"%d %s\n" % (number, b"x" * 400)


def numbers(folder):
    text = (folder / "lines").read_bytes()
    found = [int(row.split()[0]) for row in text.splitlines()]
    assert text == b"".join(map(line, found)), "torn"
    return found


@pytest.mark.parametrize("found", [None, b"", b"whole\n", b"whole\nto"])
def test_a_torn_line_is_ended_and_stays_alone(begin, tmp_path, found):
    path, before = tmp_path / "lines", found or b""
    if found is not None:
        path.write_bytes(found)
    begin().append(line(1))
    begin().append(line(2))
    assert path.read_bytes() == before + (b"" if before[-1:] in (b"", b"\n") else b"\n") + line(1) + line(2)


def test_a_full_disk_costs_nothing_once_it_has_room_again(begin, small_disk, time, told):
    disk = small_disk("64k")
    file = begin(disk)
    file.append(line(1))
    filler = fill(disk)
    for number in range(2, 60):
        file.append(line(number))
    *whole, torn = (disk / "lines").read_bytes().split(b"\n")
    assert torn, "the line that did not fit was meant to be torn"
    filler.unlink()
    file.append(line(60))
    assert numbers(disk) == list(range(1, 61))
    full = f"{disk}/lines: cannot be written (No space left on device); the run goes on, its lines wait in memory"
    assert told == [full, f"{disk}/lines: {AGAIN} {60 - len(whole)}"]


def test_a_full_disk_that_stays_full_is_told_with_what_is_lost(begin, small_disk, told):
    disk = small_disk("64k")
    file = begin(disk)
    file.append(line(0))
    fill(disk)
    for number in range(1, 40):
        file.append(line(number))
    file.close()
    written = (disk / "lines").read_bytes().count(b"\n")
    assert written < 40 and len(told) == 2
    assert told[1] == f"{disk}/lines: could not be written at the end either; lines lost: {40 - written}"


def test_a_disk_that_vanishes_and_comes_back(begin, tmp_path, time, told):
    """Gone with its folder, or with an empty folder in its place, which must not be taken for it."""
    store, away = tmp_path / "store", tmp_path / "away"
    store.mkdir()
    file = begin(store)
    for number in range(0, 8, 4):
        file.append(line(number))
        store.rename(away)
        file.append(line(number + 1))
        store.mkdir()
        file.append(line(number + 2))
        assert not list(store.iterdir())
        store.rmdir()
        away.rename(store)
        file.append(line(number + 3))
        assert numbers(store) == list(range(number + 4))
    gone, again = "lines: cannot be written (No such file or directory)", f"lines: {AGAIN} 3"
    assert all(what in message for what, message in zip([gone, again] * 2, told, strict=True))


def test_a_file_that_was_removed_is_made_again_at_the_end(begin, tmp_path):
    file = begin()
    file.append(line(1))
    (tmp_path / "lines").unlink()
    file.append(line(2))
    file.append(line(3))
    assert not list(tmp_path.iterdir())
    file.close()
    assert numbers(tmp_path) == [2, 3]


def test_a_disk_that_takes_long_to_fail_hardly_slows_the_run(begin, tmp_path, time, monkeypatch):
    def slow(path, *_, **__):
        time.now += 60
        raise TimeoutError(110, f"{path} timed out")

    file = begin()
    file.append(line(0))
    with monkeypatch.context() as patch:
        patch.setattr(module, "open", slow, raising=False)
        began = time.now
        for number in range(1, 10_001):
            file.append(line(number))
            time.now += 1
    assert 600 < time.now - began - 10_000 < 1100
    file.close()
    assert numbers(tmp_path) == list(range(10_001))
