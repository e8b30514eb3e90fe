"""The event file of TensorBoard, written where tensorboardX is installed."""

import os
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

from geolift.training.append_file import AppendFile


class EventFile(AppendFile):
    """An event file in tensorboardX's encoding; it hides events of steps after `first` in earlier files.

    tensorboardX's SummaryWriter is not used: its thread ends when the disk is full, and its queue then blocks the run.
    """

    def __init__(self, folder: Path, first: int, notify: Callable[[str], None]):
        from tensorboardX.proto import event_pb2, summary_pb2
        from tensorboardX.record_writer import masked_crc32c

        self._event, self._summary, self._crc = event_pb2.Event, summary_pb2.Summary, masked_crc32c
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}"
        super().__init__(folder / name, notify, lambda path: path.parent.mkdir(exist_ok=True))
        self._add(file_version="brain.Event:2")
        self._add(step=first + 1, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START))

    def write(self, step: int, metrics: dict[str, float]) -> None:
        """Add the metrics of one step."""
        values = [self._summary.Value(tag=name, simple_value=value) for name, value in metrics.items()]
        self._add(step=step, summary=self._summary(value=values))

    def _add(self, **content) -> None:
        data = self._event(wall_time=time.time(), **content).SerializeToString()
        size = struct.pack("<Q", len(data))
        self.append(size + struct.pack("<I", self._crc(size)) + data + struct.pack("<I", self._crc(data)))


def open_event_file(folder: Path, first: int, notify: Callable[[str], None]) -> EventFile | None:
    """Open an `EventFile`; None where tensorboardX is not installed."""
    try:
        return EventFile(folder, first, notify)
    except ImportError:
        return None
