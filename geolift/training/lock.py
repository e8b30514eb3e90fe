"""A lock on a run's folder: only one program at a time trains in it."""

import os
import socket
import time
from pathlib import Path

from filelock import lock_descriptor

from geolift.errors import ConfigError

PATIENCE = 20.0  # seconds that a start waits for the program before it to leave the folder


class Lock:
    """Locks a run's folder for one program; a context manager. The lock of a killed program is freed by the system.

    The file `lock` in the folder names the program that holds the lock: its process and host.

    Args:
        workdir: the run's folder, which must exist.

    Attributes:
        held: whether the folder is locked. False where the file system has no locks, as some network file systems.

    Raises:
        ConfigError: on entering, if another program trains in the folder.
    """

    def __init__(self, workdir: Path):
        self._path, self.held = Path(workdir) / "lock", False

    def __enter__(self) -> "Lock":
        self._file, deadline = self._path.open("a+b", buffering=0), time.monotonic() + PATIENCE
        try:
            while not (locked := lock_descriptor(self._file.fileno(), blocking=False)) and time.monotonic() < deadline:
                time.sleep(0.5)
        except OSError:
            return self
        # Windows locks the first byte against readers, too: the holder's name begins at the second.
        if not locked:
            self._file.seek(1)
            holder = self._file.read(200).decode(errors="replace").strip() or "unknown"
            self._file.close()
            raise ConfigError(f"{self._path.parent}: another program trains in this folder ({holder})")
        self.held = True
        self._file.truncate(0)
        self._file.write(f"\nprocess {os.getpid()} on {socket.gethostname()}\n".encode())
        return self

    def __exit__(self, *_) -> None:
        self._file.close()
