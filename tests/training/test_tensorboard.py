"""TensorBoard's events are what the metrics are, in its own format, also after a disk was full."""

import struct

import pytest

from geolift.training.clock import Clock
from geolift.training.logger import Logger
from geolift.training.tensorboard import open_event_file
from tests.training.test_append_file import fill

pytest.importorskip("tensorboardX")

from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import masked_crc32c


def events(folder):
    """`(step, {name: value})` of each event of all files, its framing and checksums checked."""
    found = []
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        while data:
            size, size_check = struct.unpack_from("<QI", data)
            content, (check,) = data[12 : 12 + size], struct.unpack_from("<I", data, 12 + size)
            assert (masked_crc32c(data[:8]), masked_crc32c(content)) == (size_check, check)
            event = Event.FromString(content)
            found.append((event.step, {value.tag: value.simple_value for value in event.summary.value}))
            data = data[16 + size :]
    return found


def test_tensorboard_has_the_same_metrics(tmp_path):
    with Logger(tmp_path, first=4, last=100, clock=Clock()) as log:
        log.write(6, {"a": 1.0, "b": 0.5})
        log.write(8, {"a": float("nan")})
    header, start, *written = events(tmp_path / "tensorboard")
    assert (header, start) == ((0, {}), (5, {})) and written[0] == (6, {"a": 1.0, "b": 0.5})
    assert written[1][0] == 8 and written[1][1]["a"] != written[1][1]["a"]


def test_a_full_disk_neither_hangs_nor_loses(small_disk):
    disk, messages = small_disk("64k"), []
    board = open_event_file(disk / "tensorboard", 0, messages.append)
    filler = fill(disk)
    for step in range(1, 200):
        board.write(step, {"loss": 0.5})
    filler.unlink()
    board.write(200, {"loss": 0.5})
    board.close()
    assert events(disk / "tensorboard")[2:] == [(step, {"loss": 0.5}) for step in range(1, 201)]
    assert len(messages) == 2 and ": cannot be written" in messages[0] and ": can be written again" in messages[1]
