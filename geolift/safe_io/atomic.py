"""Atomic writes: after a crash a file holds either what it held before or all of the new content."""

import contextlib
import os
from pathlib import Path


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
