"""How far joints that were filled in are from where they would have been seen, from what 2D alone shows.

A joint on the straight line over a gap is farther off the longer the gap lasts and the faster the joint moves; a trunk
that was placed is as far off as its rule is. The constants are those of joints that were seen, and hidden to try it.
docs/method.md, eq. 28.
"""

import numpy as np

from geolift.lifting.tracks import Tracks, each_person
from geolift.lifting.trunk import HIPS, PELVIS

# Model units (half a metre of a person), within which 68 of 100 hidden joints of eight people of `train` were.
GAP, STILL = 1.2, 0.03  # times seconds to both ends, and model units a second that a joint moves at least
BELOW, BESIDE = 0.18, 0.04  # the pelvis placed below the shoulders, and beside the only hip; between both it is right
PLACED = 0.12  # thorax and spine, mostly as their definitions differ; the top of the head, whose rule was not tried


def filled_errors(tracks: Tracks, unit: np.ndarray) -> np.ndarray:
    """How far the 2D of filled joints is off, relative to the root: 68 of 100 are no farther.

    Args:
        tracks: N rows, filled in.
        unit: `[N]` pixels of a model unit at the person's depth.

    Returns:
        `[N, J]` model units; 0 for joints that were seen, if the root was, too.
    """
    errors = np.zeros(tracks.filled.shape)
    if not tracks.filled.any():
        return errors
    estimated = np.zeros_like(tracks.filled) if tracks.estimated is None else tracks.estimated
    for start, stop in each_person(tracks) if tracks.video else ():
        rows = slice(start, stop)
        errors[rows] = _over_gaps(tracks, rows, unit[rows])
    alone = tracks.filled & (estimated | np.isnan(errors))
    errors = np.where(alone, PLACED, np.nan_to_num(errors))
    if not estimated.any():
        return errors
    hips = (tracks.available & ~estimated)[:, HIPS].sum(axis=1)
    root = np.where(estimated[:, PELVIS], np.choose(hips, (BELOW, BESIDE, 0.0)), 0.0)
    errors = np.hypot(errors, root[:, None])
    errors[:, PELVIS] = 0.0
    return errors


def _over_gaps(tracks: Tracks, rows: slice, unit: np.ndarray) -> np.ndarray:
    """`[T, J]` of one person: joints between two frames that show them; NaN where there are not two."""
    filled, root = tracks.filled[rows], tracks.skeleton.root
    available, seconds = tracks.available[rows], tracks.frame[rows] / tracks.assumed_fps
    seen, keypoints = available & ~filled & available[:, [root]], tracks.keypoints[rows]
    path = (keypoints - keypoints[:, [root]]) / unit[:, None, None]
    errors = np.where(filled, np.nan, 0.0)
    for joint in np.flatnonzero(filled.any(axis=0)):
        known, gone = np.flatnonzero(seen[:, joint]), np.flatnonzero(filled[:, joint])
        after = np.searchsorted(known, gone)
        inside = (after > 0) & (after < len(known))
        gone, after = gone[inside], after[inside]
        first, last = known[after - 1], known[after]
        before, behind = seconds[gone] - seconds[first], seconds[last] - seconds[gone]
        speed = np.linalg.norm(path[last, joint] - path[first, joint], axis=-1) / (before + behind)
        errors[gone, joint] = GAP * (speed + STILL) * before * behind / (before + behind)
    return errors
