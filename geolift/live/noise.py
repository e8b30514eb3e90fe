"""Errors of one person's keypoints in live use: how large, from the last seconds, and smoothed in the window.

The estimate and the smoothing are those of a clip (`lifting.keypoint_noise`, `lifting.local_smoothing`); at the newest
frame, and at the last before a gap, smoothing has one side only.
"""

from collections import deque

import numpy as np

from geolift.lifting.denoise import SLOWEST, SMALLEST, seen_together
from geolift.lifting.keypoint_noise import noise_variances
from geolift.lifting.local_smoothing import smooth_locally
from geolift.lifting.tracks import Tracks

HISTORY = 150  # frames that the errors are estimated from, 5 s at 30 frames per second
EVERY = 6  # frames, between two estimates
FEW = 8  # places at which five frames in a row show a joint; until there are enough, all joints have the median one


class Noise:
    """The errors of one person's keypoints.

    Args:
        joints: J, how many.
    """

    def __init__(self, joints: int):
        self._rows: deque[tuple[int, np.ndarray]] = deque(maxlen=HISTORY)
        self._since = 0
        self._variance = np.full(joints, np.nan)

    def add(self, number: int, path: np.ndarray, fps: float) -> None:
        """A new frame: its number, its keypoints `[J, 2]`, NaN where not seen."""
        self._rows.append((number, path))
        self._since += 1
        if self._since < EVERY or fps < SLOWEST:
            return
        self._since = 0
        numbers, paths = (np.array(column) for column in zip(*self._rows, strict=True))
        follows = np.diff(numbers, prepend=numbers[0] - 2) == 1
        found = noise_variances(paths, follows, fps)
        if not np.isfinite(found).any():
            found = noise_variances(paths, follows, fps, fewest=FEW)
            found = np.full_like(found, np.nanmedian(found) if np.isfinite(found).any() else np.nan)
        found = np.where(found < SMALLEST**2, 0.0, found)
        self._variance = np.where(np.isfinite(found), found, self._variance)

    def smooth(self, tracks: Tracks, fps: float) -> Tracks:
        """Smooth the keypoints of a window, one person in frames without a gap."""
        if fps < SLOWEST or not (self._variance > 0).any():
            return tracks
        keypoints, left = np.array(tracks.keypoints, np.float64), np.full(tracks.filled.shape, np.nan)
        seen = tracks.available & ~tracks.filled
        for joints in seen_together(seen, self._variance > 0):
            given = keypoints[:, joints], seen[:, joints[0]], self._variance[joints], fps
            smooth, left[:, joints] = smooth_locally(*given)
            keypoints[:, joints] = np.where(tracks.available[:, joints, None], smooth, keypoints[:, joints])
        left = np.where(np.isfinite(left), left, self._variance)
        known = left[seen & np.isfinite(self._variance)]
        jitter = np.sqrt(max(float(known.mean()), 0.0)) if len(known) else 0.0
        return tracks._replace(keypoints=keypoints, jitter=np.array([jitter]))
