"""Reading a variable of an untrusted CDF file (NASA's format): its structure is checked before cdflib reads it.

cdflib follows every count, length and offset in a file: one number can make it run for hours, or fill the memory.
"""

import math
from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.safe_io import bounded_file, npz

LARGEST = 2**30  # bytes of a file
MOST = 1000  # variables, and attributes
MOST_AXES = 10  # CDF's own limit
WIDTHS = {b"\xcd\xf3\x00\x01": 8, b"\xcd\xf2\x60\x02": 4}  # bytes of offsets and lengths, by the file's first bytes
NAMES = {8: 256, 4: 64}  # bytes of a variable's name, by those of offsets
PLAIN, COMPRESSED = b"\x00\x00\xff\xff", b"\xcc\xcc\x00\x01"  # the next bytes
GZIP = 5  # kind of compression
INDEX, VALUES, COMPRESSED_VALUES = 6, 7, 13  # kinds of records


def variable(path: Path, name: str) -> np.ndarray:
    """The values of a variable.

    Args:
        path: the file.
        name: of the variable.

    Raises:
        DatasetError: naming the file; also if cdflib is missing.
        FileNotFoundError: if there is no such file.
    """
    try:
        import cdflib
    except ImportError as error:
        raise DatasetError(f"{path}: CDF files need cdflib: pip install 'geolift[files]'") from error
    content = bounded_file.content(path, LARGEST, "a CDF file")
    try:
        _Walk(content).check()
        return np.asarray(cdflib.CDF(path).varget(name))
    except Exception as error:  # a damaged file can raise nearly anything
        what = " ".join(str(error).split()) or type(error).__name__
        raise DatasetError(f"{path}: not readable as CDF with the variable {name}: {what}") from error


class _Walk:
    """Visits all records that lead to values, each once, and bounds the size that they unpack to."""

    def __init__(self, content: bytes):
        self.left = npz.limit(len(content))  # bytes that may still be unpacked
        if content[:4] not in WIDTHS or content[4:8] not in (PLAIN, COMPRESSED):
            raise ValueError(f"found {content[:8]!r}, expected CDF 2.6 or 3")
        self.width = WIDTHS[content[:4]]
        self.content = content if content[4:8] == PLAIN else content[:8] + self._whole(content)
        self.visited: set[int] = set()

    def check(self) -> None:
        """Raise ValueError if a count, length or offset does not fit the file."""
        width = self.width
        start = self._number(12 + width, width) + width + 4
        heads = [self._number(start + i * width, width) for i in (0, 1)]
        # Variables of two kinds: r, whose axes are shared, and z, with separate axes.
        shared, attributes, _, axes, separate = (self._number(start + 4 * width + 4 * i, 4) for i in range(5))
        if not all(0 <= count <= MOST for count in (shared, attributes, separate)) or not 0 <= axes <= MOST_AXES:
            raise ValueError(f"found {shared} + {separate} variables, {attributes} attributes, {axes} axes")
        sizes = [self._number(start + 5 * width + 32 + 4 * i, 4) for i in range(axes)]
        for at, count, known in zip(heads, (shared, separate), (sizes, None), strict=True):
            for _ in range(count):
                at = self._variable(at, known)

    def _variable(self, at: int, sizes: list[int] | None) -> int:
        """Check a variable's record, with these `sizes` or those in the record; returns the offset of the next one."""
        width = self.width
        begin = at + width
        last, elements = self._number(begin + 8 + width, 4), self._number(begin + 32 + 3 * width, 4)
        if sizes is None:
            axes = begin + 44 + 4 * width + NAMES[width]
            count = self._number(axes, 4)
            if not 0 <= count <= MOST_AXES:
                raise ValueError(f"found a variable of {count} axes")
            sizes = [self._number(axes + 4 + 4 * i, 4) for i in range(count)]
        if last < -1 or elements < 0 or min(sizes, default=0) < 0:
            raise ValueError(f"found a variable of shape {[last + 1, *sizes, elements]}")
        self._spend(8 * (last + 1) * elements * math.prod(sizes))
        index = self._number(begin + 12 + width, width)
        if index > 0:
            self._index(index)
        return self._number(begin + 4, width)

    def _index(self, at: int) -> None:
        """Check an index of blocks of values, and the blocks and indices that it lists."""
        waiting, width = [at], self.width
        while waiting:
            at = waiting.pop()
            if at in self.visited:
                raise ValueError(f"found the record at {at} twice")
            self.visited.add(at)
            following, room, used = at + width + 4, at + 2 * width + 4, at + 2 * width + 8
            count = self._number(room, 4)
            if not 0 <= self._number(used, 4) <= count <= len(self.content) // width:
                raise ValueError(f"found an index of {count} entries")
            for i in range(self._number(used, 4)):
                block = self._number(used + 4 + 8 * count + i * width, width)
                if self._number(block + width, 4) == INDEX:
                    waiting.append(block)
                else:
                    self._values(block)
            if self._number(following, width) > 0:
                waiting.append(self._number(following, width))

    def _values(self, at: int) -> None:
        size, kind = self._number(at, self.width), self._number(at + self.width, 4)
        if kind not in (VALUES, COMPRESSED_VALUES) or not 0 < size <= len(self.content) - at:
            raise ValueError(f"found a block of {size} bytes at {at}")
        if kind == VALUES:
            self._spend(size)
        else:
            self._inflate(self.content[at + 2 * self.width + 8 : at + size])

    def _whole(self, content: bytes) -> bytes:
        """Unpack a file that is compressed as a whole."""
        self.content = content
        parameters = self._number(12 + self.width, self.width)
        if self._number(parameters + self.width + 4, 4) != GZIP:
            raise ValueError("found a compression other than gzip")
        return self._inflate(content[16 + 3 * self.width :])

    def _inflate(self, data: bytes) -> bytes:
        unpacked = bounded_file.unpacked(data, self.left)
        self._spend(len(unpacked))
        return unpacked

    def _spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise ValueError(f"found values of {-self.left} bytes more than a file of this size may hold")

    def _number(self, at: int, width: int) -> int:
        if not 0 <= at <= len(self.content) - width:
            raise ValueError(f"found an offset of {at}, expected one within the file")
        return int.from_bytes(self.content[at : at + width], "big", signed=True)
