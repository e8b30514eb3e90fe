"""A lock on a run's folder, so that one program at a time trains in it."""

import fcntl
import os
import socket
import time
from pathlib import Path

from geolift.errors import ConfigError

PATIENCE = 20.0  # seconds that a start waits for the program before it to leave the folder


class Lock:
    """Holds a run's folder for one program; a context manager. The lock of a program that was killed is gone with it.

    Stores that know no locks (some network ones) give none, which `held` tells.

    Raises:
        ConfigError: on entering, if another program trains in the folder.
    """

    def __init__(self, workdir: Path):
        self._path, self.held = Path(workdir) / "lock", False

    def __enter__(self) -> "Lock":
        self._file, until = self._path.open("a+"), time.monotonic() + PATIENCE
        while not self.held:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.held = True
            except BlockingIOError as error:
                if time.monotonic() < until:
                    time.sleep(0.5)
                    continue
                self._file.seek(0)
                holder = self._file.read(200).strip() or "unknown"
                self._file.close()
                raise ConfigError(f"{self._path.parent}: another program trains in this folder ({holder})") from error
            except OSError:
                return self
        self._file.truncate(0)
        self._file.write(f"process {os.getpid()} on {socket.gethostname()}")
        self._file.flush()
        return self

    def __exit__(self, *_) -> None:
        self._file.close()
