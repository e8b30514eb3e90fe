"""Frames in a message: the first ranges of them, by their names."""

from collections.abc import Iterable, Sequence

import numpy as np

MOST_RANGES = 3


def frame_ranges(frames: Iterable[int], names: Sequence[str]) -> str:
    """The first ranges of frames, such as "frames 3 to 7, 12 (and in 4 other places)".

    Args:
        frames: indices into `names`, in any order.
        names: of all frames.

    Example:
        >>> frame_ranges([5, 3, 4, 8], [f"{i}.jpg" for i in range(10)])
        'frames 3.jpg to 5.jpg, 8.jpg'
        >>> frame_ranges([0], ["beach"])
        'frame beach'
    """
    found = np.unique(np.fromiter(frames, np.int64))
    runs = np.split(found, np.flatnonzero(np.diff(found) > 1) + 1)
    listed = [names[run[0]] if len(run) == 1 else f"{names[run[0]]} to {names[run[-1]]}" for run in runs[:MOST_RANGES]]
    more = len(runs) - MOST_RANGES
    rest = f" (and in {more} other {'place' if more == 1 else 'places'})" if more > 0 else ""
    return f"{'frame' if len(found) == 1 else 'frames'} {', '.join(listed)}{rest}"
