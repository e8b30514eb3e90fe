"""Bounded reading of untrusted files: only regular files of at most N bytes are opened.

Opening a pipe can wait for ever, and a device may never end: neither is opened.
"""

import os
import stat
import zlib
from pathlib import Path
from typing import BinaryIO

from geolift.errors import DatasetError

KINDS = {
    stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}  # fmt: skip
PIECE = 2**24  # bytes that are unpacked at a time, to count them
ZLIB_OR_GZIP = 47  # for zlib: accept both headers


def exists(path: str | os.PathLike[str]) -> bool:
    """Whether a file or folder of this name exists; on every Python version a circle of links is an error.

    Args:
        path: the file or folder, or a link to it.

    Raises:
        DatasetError: if that cannot be found out: links lead in a circle, or a folder may not be searched.
    """
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise DatasetError(f"{path}: cannot be opened: {getattr(error, 'strerror', error)}") from error
    return True


def size(path: str | os.PathLike[str], expected: str = "a file") -> int:
    """The number of bytes of a regular file that may be read.

    Args:
        path: the file, or a link to it.
        expected: what it should be, for the error.

    Raises:
        DatasetError: if it is not a regular file, or cannot be opened for reading.
        FileNotFoundError: if there is no such file.
    """
    with _opened(path, expected) as file:
        return os.fstat(file.fileno()).st_size


def content(path: str | os.PathLike[str], largest: int, expected: str = "a file") -> bytes:
    """The bytes of a regular file of at most `largest` bytes.

    Args:
        path: the file, or a link to it.
        largest: bytes.
        expected: what it should be, for the error.

    Raises:
        DatasetError: as `size`; if it is larger, or reading fails.
        FileNotFoundError: if there is no such file.
    """
    with _opened(path, expected) as file:
        found = os.fstat(file.fileno()).st_size
        if found > largest:
            raise DatasetError(f"{path}: found {found} bytes, expected {expected} of up to {largest}")
        try:
            return file.read(found)
        except (OSError, MemoryError) as error:
            why = getattr(error, "strerror", "too large for the memory")
            raise DatasetError(f"{path}: cannot be read: {why}") from error


def _opened(path: str | os.PathLike[str], expected: str) -> BinaryIO:
    """A regular file; the errors are those of `size`. It is looked at before it is opened, and opened once."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            return open(path, "rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise DatasetError(f"{path}: cannot be opened: {getattr(error, 'strerror', error)}") from error
    raise DatasetError(f"{path}: found {KINDS.get(stat.S_IFMT(mode), 'not a file')}, expected {expected}")


def unpacked(data: bytes, limit: int) -> bytes:
    """Unpack zlib or gzip data, whose size is counted first; bytes after its end are left out.

    Args:
        data: the packed bytes.
        limit: the most bytes that they may unpack to.

    Raises:
        ValueError: if they unpack to more than `limit` bytes.
        zlib.error: if they are damaged.
    """
    unpacker, count, rest = zlib.decompressobj(ZLIB_OR_GZIP), 0, data
    while rest and not unpacker.eof:
        count += len(unpacker.decompress(rest, PIECE))
        rest = unpacker.unconsumed_tail
        if count > limit:
            raise ValueError(f"a zip bomb? found more than {limit} bytes in {len(data)}")
    return zlib.decompressobj(ZLIB_OR_GZIP).decompress(data)
