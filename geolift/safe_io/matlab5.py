"""Reading cell arrays of numbers of untrusted MATLAB v5 files: their structure is checked before SciPy reads it.

SciPy follows cells in cells until the process dies, allocates the sizes that a file states, and unpacks without limit.
"""

import math
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.safe_io import bounded_file, npz

LARGEST = 2**31  # bytes of a file
MOST_CELLS = 1000
HEADER = 128  # bytes
ARRAY, COMPRESSED = 14, 15  # kinds of elements
CELLS, PLAIN = 1, (4, *range(6, 16))  # classes of arrays: text and numbers
NAME = 512  # first bytes of an element, which hold its name


def load(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """The arrays of these names that the file has.

    Raises:
        DatasetError: naming the file and what is wrong with it; also if scipy is missing.
        FileNotFoundError: if there is no such file.
    """
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise DatasetError(f"{path}: MATLAB v5 files need scipy: pip install 'geolift[files]'") from error
    content = bounded_file.content(path, LARGEST, "a MATLAB v5 file")
    try:
        _check(content, names)
        return loadmat(path, variable_names=list(names))
    except Exception as error:  # a damaged file can raise nearly anything
        what = " ".join(str(error).split()) or type(error).__name__
        raise DatasetError(f"{path}: not readable as MATLAB v5: {what}") from error


def _check(content: bytes, names: Sequence[str]) -> None:
    """Raise ValueError unless the arrays of these names are numbers, or cells of numbers, of bounded size."""
    order = {b"IM": "little", b"MI": "big"}.get(content[126:HEADER])
    if order is None or 0 in content[:4]:
        raise ValueError(f"found {content[:20]!r}, expected MATLAB 5.0 MAT-file")
    left, at = npz.limit(len(content)), HEADER
    while at < len(content):
        kind, begin, end = _element(content, at, order)
        body, at = content[begin:end], end
        if kind == COMPRESSED:
            if _name(zlib.decompressobj().decompress(body, NAME), order) not in names:
                continue
            body = bounded_file.unpacked(body, left)
            left -= len(body)
            kind, begin, end = _element(body, 0, order)
            body = body[begin:end]
        if kind == ARRAY and _array_name(body, order) in names:
            _check_array(body, order, cells=True)


def _check_array(body: bytes, order: str, *, cells: bool) -> None:
    """Raise ValueError unless it is an array of numbers or, with `cells`, cells of such arrays."""
    _, begin, at = _element(body, 0, order)
    kind = int.from_bytes(body[begin : begin + 4], order) & 0xFF
    if kind in PLAIN:
        return
    if kind != CELLS or not cells:
        raise ValueError(f"found an array of class {kind}, expected cells of numbers")
    _, begin, end = _element(body, at, order)
    count = math.prod(np.frombuffer(body[begin:end], f"{'<' if order == 'little' else '>'}i4").tolist())
    if not 0 <= count <= MOST_CELLS:
        raise ValueError(f"found {count} cells, expected up to {MOST_CELLS}")
    at = _next(body, _next(body, at, order), order)
    for _ in range(count):
        kind, begin, end = _element(body, at, order)
        if kind != ARRAY:
            raise ValueError(f"found a cell of kind {kind}, expected an array")
        _check_array(body[begin:end], order, cells=False)
        at = _next(body, at, order)


def _name(element: bytes, order: str) -> str:
    """The name of an array, read from the beginning of its element."""
    kind, begin, _ = _element(element, 0, order, whole=False)
    return _array_name(element[begin:], order) if kind == ARRAY else ""


def _array_name(body: bytes, order: str) -> str:
    """The name of an array, after its flags and its shape."""
    at = _next(body, _next(body, 0, order), order)
    _, begin, end = _element(body, at, order)
    return body[begin:end].decode("latin1")


def _next(body: bytes, at: int, order: str) -> int:
    """The offset of the element after the one at `at`: elements begin at multiples of 8 bytes."""
    end = _element(body, at, order)[2]
    return end + -end % 8


def _element(body: bytes, at: int, order: str, *, whole: bool = True) -> tuple[int, int, int]:
    """The kind of an element, and where its data begins and ends; small elements hold kind and size in one word."""
    if at + 8 > len(body):
        raise ValueError("found an element that is cut off")
    word = int.from_bytes(body[at : at + 4], order)
    if word >> 16:
        kind, size, begin = word & 0xFFFF, word >> 16, at + 4
    else:
        kind, size, begin = word, int.from_bytes(body[at + 4 : at + 8], order), at + 8
    if (whole and begin + size > len(body)) or (begin == at + 4 and size > 4):
        raise ValueError(f"found an element of {size} bytes that is cut off")
    return kind, begin, begin + size
