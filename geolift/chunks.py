"""Large arrays through a compiled function, piece by piece, so that one program serves any number of frames."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

SIZE = 4096


def map_chunks(function: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """`function(*arrays)` along the first axis, SIZE rows at a time; the last piece is padded with ones.

    Args:
        function: from arrays `[SIZE, ...]` to a pytree of arrays `[SIZE, ...]`, row by row.
        arrays: `[N, ...]` each, N of at least 1.

    Returns:
        The pytree of numpy arrays `[N, ...]`.
    """

    def padded(piece: np.ndarray) -> np.ndarray:
        return np.concatenate([piece, np.ones((SIZE - len(piece), *piece.shape[1:]), piece.dtype)])

    rows = len(arrays[0])
    results = [function(*(padded(a[i : i + SIZE]) for a in arrays)) for i in range(0, rows, SIZE)]
    return jax.tree.map(lambda *parts: np.concatenate([np.asarray(part) for part in parts])[:rows], *results)
