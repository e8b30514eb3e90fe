"""Large arrays through a compiled function, piece by piece, so that a few programs serve any number of rows."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

SIZES = (1, 64, 512, 4096)  # rows that a function is compiled for, and no others


def map_chunks(function: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """`function(*arrays)` along the first axis, a piece at a time, padded with ones.

    A piece has the least of SIZES that holds all rows, so that a single row is answered soon; more rows than the
    largest come in pieces of that size.

    Args:
        function: from arrays `[S, ...]` to a pytree of arrays `[S, ...]`, row by row, S one of SIZES.
        arrays: `[N, ...]` each, N of at least 1.

    Returns:
        The pytree of numpy arrays `[N, ...]`.
    """
    rows = len(arrays[0])
    size = next((size for size in SIZES if rows <= size), SIZES[-1])

    def padded(piece: np.ndarray) -> np.ndarray:
        if len(piece) == size:
            return piece
        return np.concatenate([piece, np.ones((size - len(piece), *piece.shape[1:]), piece.dtype)])

    results = [function(*(padded(a[i : i + size]) for a in arrays)) for i in range(0, rows, size)]
    return jax.tree.map(lambda *parts: np.concatenate([np.asarray(part) for part in parts])[:rows], *results)
