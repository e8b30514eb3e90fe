"""Stretches of consecutive frames in which something was seen."""

import numpy as np

SHORTEST = 0.5  # seconds of a stretch that is kept


def stretches(whole: np.ndarray, shortest: int) -> list[tuple[int, int]]:
    """Starts and stops of consecutive frames `[T]` bool; the longest, and all that are not short."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], whole, [False]]).astype(int))).reshape(-1, 2)
    longest = max(edges, key=lambda edge: edge[1] - edge[0])
    return [(int(a), int(b)) for a, b in edges if b - a >= max(shortest, 1) or (a, b) == tuple(longest)]
