"""Errors of the keypoints of a video: estimated from the keypoints themselves, and smoothed away where that is safe.

How large the errors are: `keypoint_noise`. How much a joint is smoothed at each moment: `local_smoothing`.
"""

import itertools
from typing import NamedTuple

import numpy as np

from geolift.lifting.keypoint_noise import noise_variances
from geolift.lifting.local_smoothing import smooth_locally
from geolift.lifting.tracks import Tracks, each_person

SLOWEST = 15.0  # frames per second; with fewer, fast motion is not slower than a quarter of it, and looks like errors
SMALLEST = 0.25  # pixels; smaller errors are those of rounding, and of motion that is taken for errors
FEWEST = 5  # frames in a row, and of them seen, that a joint is smoothed in


class Denoised(NamedTuple):
    """What `denoise` returns.

    Attributes:
        tracks: with smoothed keypoints; their `jitter` is what is left after smoothing.
        found: `[P]` pixels, standard deviation of the errors before, root mean square over the joints of each person.
    """

    tracks: Tracks
    found: np.ndarray


def denoise(tracks: Tracks) -> Denoised:
    """Smooth each joint of each person of a video, at each moment as much as lowers its errors.

    Nothing is smoothed across frames without the person. Keypoints without errors from frame to frame are not changed.
    Neither are any of single images, or of videos with fewer than `SLOWEST` frames per second, in which motion and
    errors cannot be separated. Errors are estimated from joints that were seen, not from those filled in. Frames that
    are copies of the frame before count once, and stay copies. What is missing stays missing.
    """
    found, left = np.zeros(len(tracks.people)), np.zeros(len(tracks.people))
    if not tracks.video:
        return Denoised(tracks, found)
    keypoints = np.array(tracks.keypoints, np.float64)
    for start, stop in each_person(tracks) if tracks.assumed_fps >= SLOWEST else ():
        person = tracks.person[start]
        found[person], left[person] = _denoise_person(tracks, slice(start, stop), keypoints)
    tracks = tracks._replace(keypoints=keypoints, jitter=left)
    pixels = float(np.sqrt((found[tracks.person] ** 2).mean()))
    if pixels >= SMALLEST:
        tracks = tracks.noted(f"jitter of {pixels:.1f} pixels in the keypoints was smoothed (disable with --no-refine)")
    return Denoised(tracks, found)


def _denoise_person(tracks: Tracks, rows: slice, keypoints: np.ndarray) -> tuple[float, float]:
    """Smooth one person's rows of `keypoints` in place.

    Returns:
        Standard deviation of the errors before and after, pixels, of the joints whose errors can be estimated.
    """
    path, available = keypoints[rows], tracks.available[rows]
    seen, frame = available & ~tracks.filled[rows], tracks.frame[rows]
    new = ~_copies(path, seen, frame)
    kept, of_kept = np.flatnonzero(new), np.cumsum(new) - 1
    fps = tracks.assumed_fps * len(kept) / len(new)
    follows = np.append(False, np.diff(frame) == 1)[kept]
    before = noise_variances(np.where(seen[kept, :, None], path[kept], np.nan), follows, fps)
    before = np.where(before < SMALLEST**2, 0.0, before)
    if not np.isfinite(before).any():
        return 0.0, 0.0
    smooth, left = path[kept].copy(), np.full(seen[kept].shape, np.nan)
    for a, b in itertools.pairwise((*np.flatnonzero(~follows), len(kept))):
        for joints in seen_together(seen[kept[a:b]], before > 0):
            given = path[kept[a:b]][:, joints], seen[kept[a:b], joints[0]]
            smooth[a:b, joints], left[a:b, joints] = smooth_locally(*given, before[joints], fps)
    path[available] = smooth[of_kept][available]
    left = np.where(np.isfinite(left), left, before)  # what was not smoothed is as it was
    after = np.nanmean(np.where(seen[kept], left, np.nan)[:, np.isfinite(before)])
    return float(np.sqrt(np.nanmean(before))), float(np.sqrt(max(after, 0.0)))


def seen_together(seen: np.ndarray, chosen: np.ndarray) -> list[np.ndarray]:
    """The chosen ones `[J]` of joints seen `[T, J]` often enough, those together that are seen in the same frames."""
    alike = {}
    for joint in np.flatnonzero(chosen & (seen.sum(axis=0) >= FEWEST)):
        alike.setdefault(np.packbits(seen[:, joint]).tobytes(), []).append(joint)
    return [np.array(joints) for joints in alike.values()]


def _copies(path: np.ndarray, seen: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """`[T]` bool: frames in which every joint is exactly where it was in the frame before."""
    same = (seen[1:] == seen[:-1]).all(axis=1) & (seen[1:].sum(axis=1) > 1) & (np.diff(frame) == 1)
    return np.append(False, same & ((path[1:] == path[:-1]).all(axis=-1) | ~seen[1:]).all(axis=1))
