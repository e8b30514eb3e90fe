"""Large arrays through a compiled function, piece by piece, so that a few programs serve any number of rows."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

SIZES = (1, 4, 16, 64, 256, 1024, 4096)  # rows that a function is compiled for, and no others


def map_chunks(function: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """`function(*arrays)` along the first axis, a piece at a time, the last padded with ones.

    A piece has the largest of SIZES that is less than twice the rows that are left: so a single row is answered soon,
    and less than half of what is computed is padding.

    Args:
        function: from arrays `[S, ...]` to a pytree of arrays `[S, ...]`, row by row, S one of SIZES.
        arrays: `[N, ...]` each, N of at least 1.

    Returns:
        The pytree of numpy arrays `[N, ...]`.
    """
    rows = len(arrays[0])
    results = [function(*(_piece(a, start, size) for a in arrays)) for start, size in pieces(rows)]
    return jax.tree.map(lambda *parts: np.concatenate([np.asarray(part) for part in parts])[:rows], *results)


def pieces(rows: int) -> Iterator[tuple[int, int]]:
    """Where each piece of so many rows starts, and its size."""
    start = 0
    while start < rows:
        size = max(size for size in SIZES if size < 2 * (rows - start))
        yield start, size
        start += size


def _piece(array: np.ndarray, start: int, size: int) -> np.ndarray:
    piece = array[start : start + size]
    if len(piece) == size:
        return piece
    return np.concatenate([piece, np.ones((size - len(piece), *piece.shape[1:]), piece.dtype)])
