"""Filters over time: Savitzky and Golay's, and the running median; nothing reaches across people or gaps."""

import numpy as np

from geolift.lifting.grouped import row_medians
from geolift.lifting.tracks import Tracks, each_person

BLOCK = 4096  # rows whose windows are in memory at once
ORDER = 2  # of the polynomials (Savitzky, Golay 1964): keeps velocity and acceleration


def smooth(values: np.ndarray, tracks: Tracks, frames: int) -> np.ndarray:
    """Smooth `[N, ...]` values of the rows of `tracks` along time by Savitzky and Golay's filter.

    Windows have `frames` frames. Stretches without a gap are smoothed each by itself; those shorter than the window,
    and all if the window has three frames or less, are not changed. NaN stays.
    """
    from scipy.signal import savgol_filter  # takes a second to import

    smoothed = values.copy()
    columns, result = values.reshape(len(values), -1), smoothed.reshape(len(values), -1)
    length = frames | 1  # an odd number
    if length <= ORDER + 1:
        return smoothed
    for start, stop in each_person(tracks):
        new = np.append(True, np.diff(tracks.frame[start:stop]) != 1)
        for column in range(columns.shape[1]):
            finite = np.isfinite(columns[start:stop, column])
            first = np.flatnonzero(finite & (new | ~np.append(False, finite[:-1]))) + start
            last = np.flatnonzero(finite & np.append(new[1:] | ~finite[1:], True)) + start + 1
            for a, b in zip(first, last, strict=True):
                if b - a >= length:
                    result[a:b, column] = savgol_filter(columns[a:b, column], length, ORDER)
    return smoothed


def running_median(values: np.ndarray, tracks: Tracks, frames: int) -> np.ndarray:
    """`[N]`: the median of each person's values `[N]` in the `frames` around each row, NaN left out.

    A person without any value keeps NaN; a row without a value near it has the median of all of the person's values.
    """
    result = np.full(len(values), np.nan)
    for start, stop in each_person(tracks):
        of_person, frame = values[start:stop], tracks.frame[start:stop]
        finite = np.isfinite(of_person)
        if not finite.any():
            continue
        half = int(min(frames // 2, frame[-1] - frame[0]))
        frame = np.append(0, np.cumsum(np.minimum(np.diff(frame), half + 1)))  # longer gaps are all the same
        grid = np.full(frame[-1] - frame[0] + 1 + 2 * half, np.nan)
        grid[frame[finite] - frame[0] + half] = of_person[finite]
        windows = np.lib.stride_tricks.sliding_window_view(grid, 2 * half + 1)
        medians = np.full(len(of_person), np.median(of_person[finite]))
        for first in range(0, len(of_person), BLOCK):
            found = row_medians(windows[frame[first : first + BLOCK] - frame[0]])
            medians[first : first + BLOCK] = np.where(np.isnan(found), medians[first : first + BLOCK], found)
        result[start:stop] = medians
    return result
