"""Batching: a compiled function applied to large arrays in chunks, so that a few programs serve any number of rows."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

SIZES = (1, 4, 16, 64, 256, 1024, 4096)  # rows that a function is compiled for, and no others


def map_chunks(function: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """`function(*arrays)` along the first axis, a chunk at a time, the last one padded with ones.

    All chunks have the same size, `chunk_size`, so that one program serves a call.

    Args:
        function: from arrays `[S, ...]` to a pytree of arrays `[S, ...]`, row by row, S one of SIZES.
        arrays: `[N, ...]` each, N of at least 1.

    Returns:
        The pytree of numpy arrays `[N, ...]`.
    """
    rows = len(arrays[0])
    size = chunk_size(rows)

    def padded(chunk: np.ndarray) -> np.ndarray:
        if len(chunk) == size:
            return chunk
        return np.concatenate([chunk, np.ones((size - len(chunk), *chunk.shape[1:]), chunk.dtype)])

    results = [function(*(padded(a[i : i + size]) for a in arrays)) for i in range(0, rows, size)]
    return jax.tree.map(lambda *parts: np.concatenate([np.asarray(part) for part in parts])[:rows], *results)


def chunk_size(rows: int) -> int:
    """The largest of SIZES with which less than half of the computed rows are padding."""
    return max(size for size in SIZES if -(-rows // size) * size < 2 * rows)
