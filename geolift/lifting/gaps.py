"""Gaps in a video: joints and people missed for a short time are filled in on straight lines."""

import numpy as np

from geolift.lifting.tracks import Tracks, each_stretch
from geolift.plurals import counted


def fill_gaps(tracks: Tracks, seconds: float) -> Tracks:
    """Fill in joints of a video missed for at most `seconds`, and note how many; single images stay as they are."""
    if not (tracks.video and seconds):
        return tracks
    filled = fill(tracks, tracks.frames_in(seconds))
    more = int(filled.filled.sum() - tracks.filled.sum())
    if not more:
        return filled
    return filled.noted(f"{counted(more, 'joint was', 'joints were')} filled in over gaps of up to {seconds:g} s")


def fill(tracks: Tracks, longest: int) -> Tracks:
    """Fill in joints missed for at most `longest` frames, on the straight line between where they were seen.

    Frames that miss the whole person are filled in, too. What was filled in before stays, and counts as seen. Before a
    joint is first seen and after it is last seen it stays missing.
    """
    parts = [_fill_stretch(tracks, slice(*stretch), longest) for stretch in each_stretch(tracks, longest)]
    keypoints, confidence, filled, frame, person = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return tracks._replace(keypoints=keypoints, confidence=confidence, filled=filled, frame=frame, person=person)


def _fill_stretch(tracks: Tracks, rows: slice, longest: int) -> tuple[np.ndarray, ...]:
    """Keypoints, confidence, filled, frame and person of one stretch, filled in."""
    frame = tracks.frame[rows]
    grid = np.arange(frame[0], frame[-1] + 1)
    keypoints, confidence, filled = (
        np.zeros((len(grid), *values.shape[1:]), values.dtype)
        for values in (tracks.keypoints, tracks.confidence, tracks.filled)
    )
    at = frame - frame[0]
    keypoints[at], confidence[at], filled[at] = tracks.keypoints[rows], tracks.confidence[rows], tracks.filled[rows]
    for joint in range(confidence.shape[1]):
        available = filled[:, joint] | (confidence[:, joint] > 0)
        known = np.flatnonzero(available)
        if len(known) < 2:
            continue
        following = np.searchsorted(known, np.arange(len(grid)))
        inside = (following > 0) & (following < len(known))
        after = following.clip(1, len(known) - 1)
        gap = known[after] - known[after - 1] - 1
        missing = inside & ~available & (gap <= longest)
        for axis in range(2):
            keypoints[missing, joint, axis] = np.interp(np.flatnonzero(missing), known, keypoints[known, joint, axis])
        filled[missing, joint] = True
    kept = (filled | (confidence > 0)).any(axis=1)
    person = np.full(kept.sum(), tracks.person[rows.start])
    return keypoints[kept], confidence[kept], filled[kept], grid[kept], person
