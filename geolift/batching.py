"""Large arrays through a compiled function, piece by piece, so that a few programs serve any number of rows."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

SIZES = (1, 4, 16, 64, 256, 1024, 4096)  # rows that a function is compiled for, and no others


def map_chunks(function: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """`function(*arrays)` along the first axis, a piece at a time, the last padded with ones.

    All pieces have the same size, so that one program serves a call: `size_of_pieces`.

    Args:
        function: from arrays `[S, ...]` to a pytree of arrays `[S, ...]`, row by row, S one of SIZES.
        arrays: `[N, ...]` each, N of at least 1.

    Returns:
        The pytree of numpy arrays `[N, ...]`.
    """
    rows = len(arrays[0])
    size = size_of_pieces(rows)

    def padded(piece: np.ndarray) -> np.ndarray:
        if len(piece) == size:
            return piece
        return np.concatenate([piece, np.ones((size - len(piece), *piece.shape[1:]), piece.dtype)])

    results = [function(*(padded(a[i : i + size]) for a in arrays)) for i in range(0, rows, size)]
    return jax.tree.map(lambda *parts: np.concatenate([np.asarray(part) for part in parts])[:rows], *results)


def size_of_pieces(rows: int) -> int:
    """The largest of SIZES with which less than half of what is computed for so many rows is padding."""
    return max(size for size in SIZES if -(-rows // size) * size < 2 * rows)
