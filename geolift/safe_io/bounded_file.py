"""Files that somebody else wrote, before they are opened: regular ones that may be read, up to a number of bytes.

A pipe makes whoever opens it wait, and a device may never end: neither is opened.
"""

import os
import stat
import zlib
from pathlib import Path

from geolift.errors import DatasetError

KINDS = {
    stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}  # fmt: skip
PIECE = 2**24  # bytes that are unpacked at a time, to count them
EITHER = 47  # for zlib: its own header or gzip's


def size(path: str | os.PathLike, expected: str = "a file") -> int:
    """How many bytes a regular file has.

    Args:
        path: the file, or a link to it.
        expected: what it should be, for the error.

    Raises:
        DatasetError: if it is no regular file, or cannot be opened for reading.
        FileNotFoundError: if there is nothing.
    """
    path = Path(path)
    try:
        found = path.stat()
        if stat.S_ISREG(found.st_mode):
            path.open("rb").close()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise DatasetError(f"{path}: cannot be opened: {getattr(error, 'strerror', error)}") from error
    if not stat.S_ISREG(found.st_mode):
        kind = KINDS.get(stat.S_IFMT(found.st_mode), "no file")
        raise DatasetError(f"{path}: found {kind}, expected {expected}")
    return found.st_size


def content(path: str | os.PathLike, largest: int, expected: str = "a file") -> bytes:
    """The bytes of a regular file of at most `largest`.

    Raises:
        DatasetError: as `size`; if it is larger, or reading fails.
        FileNotFoundError: if there is nothing.
    """
    found = size(path, expected)
    if found > largest:
        raise DatasetError(f"{path}: found {found} bytes, expected {expected} of up to {largest}")
    try:
        with Path(path).open("rb") as file:
            return file.read(found)
    except (OSError, MemoryError) as error:
        raise DatasetError(
            f"{path}: cannot be read: {getattr(error, 'strerror', 'too large for the memory')}"
        ) from error


def unpacked(data: bytes, limit: int) -> bytes:
    """What zlib or gzip packed, counted before it is kept; what comes after its end is left out.

    Raises:
        ValueError: if it is more than `limit` bytes.
        zlib.error: if it is damaged.
    """
    packer, count, rest = zlib.decompressobj(EITHER), 0, data
    while rest and not packer.eof:
        count += len(packer.decompress(rest, PIECE))
        rest = packer.unconsumed_tail
        if count > limit:
            raise ValueError(f"a zip bomb? found more than {limit} bytes in {len(data)}")
    return zlib.decompressobj(EITHER).decompress(data)
