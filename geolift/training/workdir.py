"""The small files of a run's folder: written whole or not at all, and compared, so that no other run goes on in it."""

import contextlib
import fcntl
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

from geolift import inputs
from geolift.errors import ConfigError, DatasetError, one_line
from geolift.json_text import parse

LARGEST = 16 << 20  # bytes of a JSON file of ours
PATIENCE = 20.0  # seconds that a start waits for the program before it to leave the folder


def read(path: Path) -> dict[str, Any]:
    """The content of a JSON file of a run.

    Raises:
        FileNotFoundError: if there is no such file.
        ConfigError: if it cannot be read, or holds no JSON object.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; has this folder been trained in?")
    try:
        content = parse(inputs.content(path, LARGEST, "a small JSON file").decode())
    except DatasetError as error:
        raise ConfigError(str(error)) from error
    except ValueError as error:
        raise ConfigError(f"{path}: not readable as JSON ({one_line(str(error)[:200])})") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: found {type(content).__name__}, expected a JSON object")
    return content


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    replace(path, (json.dumps(content, indent=2) + "\n").encode())


def replace(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all: after a crash it holds either what it held or `data`.

    Raises:
        OSError: if the disk does not take it; the file is as it was then.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def expect(path: Path, content: dict[str, Any], *, free: tuple[str, ...] = ()) -> None:
    """Refuse to go on with other settings than those in `path`, if there are any.

    An entry that only one of the two has is no difference as long as it is off (0, empty, false): that is how geolift
    adds entries, so that runs go on under a newer version.

    Args:
        path: a JSON file.
        content: what JSON can hold, in nested dicts.
        free: entries whose dotted name begins with one of these may change from one start to the next.

    Raises:
        ConfigError: listing the entries that differ.
    """
    if path.exists():
        changed = [row for row in differences(read(path), content) if not (free and row.startswith(free))]
        if changed:
            head = f"{path} was begun with other settings; use another workdir:"
            raise ConfigError("\n".join([head, *(f"  {row}" for row in changed)]))


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What differs between two trees of settings, a line for each entry, "lifter.width: begun with 256, now 512"."""
    before, now = _dotted(before), _dotted(json.loads(json.dumps(now)))
    rows = []
    for key in sorted(before | now):
        both = key in before and key in now
        if before[key] != now[key] if both else before.get(key) or now.get(key):
            old, new = (repr(tree[key]) if key in tree else "nothing" for tree in (before, now))
            rows.append(f"{key}: begun with {old}, now {new}")
    return rows


def _dotted(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat = {}
    for key, value in tree.items():
        flat |= _dotted(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


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
