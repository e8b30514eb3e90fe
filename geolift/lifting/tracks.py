"""People through time: gaps filled in, jitter smoothed away. Rows are detections, each one person in one frame."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

BLOCK = 4096  # rows whose windows are in memory at once
SMOOTHING_ORDER = 2  # of the polynomials (Savitzky, Golay 1964): keeps velocity and acceleration


class Timeline(NamedTuple):
    """N rows, person by person, frame by frame.

    Attributes:
        keypoints: `[N, J, 2]` pixels; 0 where missing.
        confidence: `[N, J]`; 0 where missing or filled in.
        filled: `[N, J]` bool: not in the file, filled in.
        frame, person: `[N]` int.
    """

    keypoints: np.ndarray
    confidence: np.ndarray
    filled: np.ndarray
    frame: np.ndarray
    person: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """`[N, J]` bool: seen or filled in."""
        return self.filled | (self.confidence > 0)


def timeline(keypoints: np.ndarray, confidence: np.ndarray, frame: np.ndarray, person: np.ndarray) -> Timeline:
    """Sort rows `[N, J, 2]`, `[N, J]`, `[N]`, `[N]` by person, then by frame; nothing is filled in."""
    order = np.lexsort((frame, person))
    filled = np.zeros(confidence.shape, bool)
    return Timeline(keypoints[order], confidence[order], filled, frame[order], person[order])


def fill(rows: Timeline, longest: int) -> Timeline:
    """Fill in joints missed for at most `longest` frames, on the straight line between where they were seen.

    Frames that miss the whole person are filled in, too. What was filled in before stays, and counts as seen. Before a
    joint is first seen and after it is last seen there is nothing to go by: it stays missing.
    """
    parts = []
    for start, stop in _each_stretch(rows, longest):
        frame = rows.frame[start:stop]
        grid = np.arange(frame[0], frame[-1] + 1)
        at = frame - frame[0]
        joints = rows.confidence.shape[1]
        keypoints = np.zeros((len(grid), joints, 2), rows.keypoints.dtype)
        confidence = np.zeros((len(grid), joints), rows.confidence.dtype)
        keypoints[at], confidence[at] = rows.keypoints[start:stop], rows.confidence[start:stop]
        filled = np.zeros((len(grid), joints), bool)
        filled[at] = rows.filled[start:stop]
        for joint in range(joints):
            known = filled[:, joint] | (confidence[:, joint] > 0)
            seen = np.flatnonzero(known)
            if len(seen) < 2:
                continue
            following = np.searchsorted(seen, np.arange(len(grid)))
            inside = (following > 0) & (following < len(seen))
            gap = seen[following.clip(1, len(seen) - 1)] - seen[following.clip(1, len(seen) - 1) - 1] - 1
            missing = inside & ~known & (gap <= longest)
            for axis in range(2):
                keypoints[missing, joint, axis] = np.interp(grid[missing] - grid[0], seen, keypoints[seen, joint, axis])
            filled[missing, joint] = True
        kept = (filled | (confidence > 0)).any(axis=1)
        person = np.full(kept.sum(), rows.person[start])
        parts.append(Timeline(keypoints[kept], confidence[kept], filled[kept], grid[kept], person))
    return Timeline(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def smooth(values: np.ndarray, rows: Timeline, frames: int) -> np.ndarray:
    """Smooth `[N, ...]` values of `rows` along time by Savitzky and Golay's filter, in windows of `frames`.

    Stretches without a gap are smoothed each by itself; those shorter than the window, and all if the window has three
    frames or less, are left as they are. NaN stays.
    """
    from scipy.signal import savgol_filter  # takes a second to import

    smoothed = values.copy()
    flat, result = values.reshape(len(values), -1), smoothed.reshape(len(values), -1)
    length = frames | 1  # an odd number
    if length <= SMOOTHING_ORDER + 1:
        return smoothed
    for start, stop in each_person(rows):
        new = np.append(True, np.diff(rows.frame[start:stop]) != 1)
        for column in range(flat.shape[1]):
            known = np.isfinite(flat[start:stop, column])
            first = np.flatnonzero(known & (new | ~np.append(False, known[:-1]))) + start
            last = np.flatnonzero(known & np.append(new[1:] | ~known[1:], True)) + start + 1
            for a, b in zip(first, last, strict=True):
                if b - a >= length:
                    result[a:b, column] = savgol_filter(flat[a:b, column], length, SMOOTHING_ORDER)
    return smoothed


def running_median(values: np.ndarray, rows: Timeline, frames: int) -> np.ndarray:
    """`[N]`: the median of each person's values `[N]` in the `frames` around each row, NaN left out.

    A person without any value keeps NaN; one without a value near a row has the median of all of theirs there.
    """
    result = np.full(len(values), np.nan)
    for start, stop in each_person(rows):
        own, frame = values[start:stop], rows.frame[start:stop]
        known = np.isfinite(own)
        if not known.any():
            continue
        half = int(min(frames // 2, frame[-1] - frame[0]))
        frame = np.append(0, np.cumsum(np.minimum(np.diff(frame), half + 1)))  # longer gaps are all the same
        grid = np.full(frame[-1] - frame[0] + 1 + 2 * half, np.nan)
        grid[frame[known] - frame[0] + half] = own[known]
        windows = np.lib.stride_tricks.sliding_window_view(grid, 2 * half + 1)
        medians = np.full(len(own), np.median(own[known]))
        for first in range(0, len(own), BLOCK):
            block = windows[frame[first : first + BLOCK] - frame[0]]
            near = np.isfinite(block).any(axis=1)
            medians[first : first + BLOCK][near] = np.nanmedian(block[near], axis=1)
        result[start:stop] = medians
    return result


def _each_stretch(rows: Timeline, longest: int) -> Iterator[tuple[int, int]]:
    """Where the stretches of each person's rows start and stop that are more than `longest` frames apart."""
    apart = (np.diff(rows.person) != 0) | (np.diff(rows.frame) - 1 > longest)
    start = np.flatnonzero(np.append(True, apart))
    return zip(start.tolist(), np.append(start[1:], len(rows.person)).tolist(), strict=True)


def each_person(rows: Timeline) -> Iterator[tuple[int, int]]:
    """Where each person's rows start and stop."""
    start = np.flatnonzero(np.append(True, np.diff(rows.person) != 0))
    return zip(start.tolist(), np.append(start[1:], len(rows.person)).tolist(), strict=True)
