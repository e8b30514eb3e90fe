"""A file that is appended to loses and repeats no line on a disk that fails, and reports that it fails."""

import contextlib

import pytest

from geolift.training import append_file as module
from geolift.training.append_file import AppendFile, end_line

AGAIN = "can be written again; waiting lines:"


@pytest.fixture
def messages():
    return []


@pytest.fixture
def open_file(tmp_path, messages):
    """Opens a file in a folder, by default the test's."""

    def open_file(folder=tmp_path):
        return AppendFile(folder / "lines", messages.append, end_line)

    return open_file


def fill(disk, leave=0):
    """Fill a disk except for `leave` bytes; the file that fills it."""
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
def test_an_incomplete_line_is_ended_and_stays_alone(open_file, tmp_path, found):
    path, before = tmp_path / "lines", found or b""
    if found is not None:
        path.write_bytes(found)
    open_file().append(line(1))
    open_file().append(line(2))
    assert path.read_bytes() == before + (b"" if before[-1:] in (b"", b"\n") else b"\n") + line(1) + line(2)


def test_a_full_disk_costs_nothing_once_it_has_room_again(open_file, small_disk, time, messages):
    disk = small_disk("64k")
    file = open_file(disk)
    file.append(line(1))
    filler = fill(disk)
    for number in range(2, 60):
        file.append(line(number))
    *whole, torn = (disk / "lines").read_bytes().split(b"\n")
    assert torn, "the last line was expected to be incomplete"
    filler.unlink()
    file.append(line(60))
    assert numbers(disk) == list(range(1, 61))
    full = f"{disk}/lines: cannot be written (No space left on device); training continues, its lines wait in memory"
    assert messages == [full, f"{disk}/lines: {AGAIN} {60 - len(whole)}"]


def test_a_disk_that_stays_full_is_reported_with_the_lines_lost(open_file, small_disk, messages):
    disk = small_disk("64k")
    file = open_file(disk)
    file.append(line(0))
    fill(disk)
    for number in range(1, 40):
        file.append(line(number))
    file.close()
    written = (disk / "lines").read_bytes().count(b"\n")
    assert written < 40 and len(messages) == 2
    assert messages[1] == f"{disk}/lines: still cannot be written at the end; lines lost: {40 - written}"


def test_a_disk_that_vanishes_and_comes_back(open_file, tmp_path, time, messages):
    """Its folder is missing, or empty, which must not be taken for the store."""
    store, away = tmp_path / "store", tmp_path / "away"
    store.mkdir()
    file = open_file(store)
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
    assert all(what in message for what, message in zip([gone, again] * 2, messages, strict=True))


def test_a_removed_file_is_created_again_at_the_end(open_file, tmp_path):
    file = open_file()
    file.append(line(1))
    (tmp_path / "lines").unlink()
    file.append(line(2))
    file.append(line(3))
    assert not list(tmp_path.iterdir())
    file.close()
    assert numbers(tmp_path) == [2, 3]


def test_a_disk_that_fails_slowly_hardly_slows_the_run(open_file, tmp_path, time, monkeypatch):
    def slow(path, *_, **__):
        time.now += 60
        raise TimeoutError(110, f"{path} timed out")

    file = open_file()
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
