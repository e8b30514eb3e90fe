"""Joints that the newest frames miss, and that no later frame shows yet: kept where they were, beside their parent.

A gap between two frames that show the joint is filled on a straight line (`lifting.gaps`); here there is one side.
"""

import numpy as np

from geolift.lifting.filled_errors import GAP, STILL
from geolift.lifting.tracks import Tracks


def hold(tracks: Tracks, longest: int) -> tuple[Tracks, np.ndarray]:
    """Joints at the end of one person's frames, missed for at most `longest` of them, as they last were.

    A joint keeps its place relative to its parent, the root relative to what else is seen.

    Returns:
        The tracks, and `[T, J]` for how many frames each joint has been held; 0 where it was not.
    """
    available, last = tracks.available, len(tracks.frame) - 1
    held = np.zeros(available.shape, int)
    if available[-1].all():
        return tracks, held
    keypoints, filled, parents = np.array(tracks.keypoints, np.float64), tracks.filled.copy(), tracks.skeleton.parents
    shown = available.copy()
    for joint in (tracks.skeleton.root, *tracks.skeleton.outwards):
        known = np.flatnonzero(available[:, joint])
        if not len(known) or not 0 < last - known[-1] <= longest:
            continue
        before = known[-1]
        for row in range(before + 1, last + 1):
            parent = [parents[joint]] if joint != tracks.skeleton.root else np.flatnonzero(available[before])
            near = [other for other in parent if shown[row, other] and shown[before, other]]
            moved = (keypoints[row, near] - keypoints[before, near]).mean(axis=0) if len(near) else 0.0
            keypoints[row, joint] = keypoints[before, joint] + moved
            held[row, joint], filled[row, joint], shown[row, joint] = row - before, True, True
    confidence = np.where(held > 0, 0.0, tracks.confidence)
    return tracks._replace(keypoints=keypoints, filled=filled, confidence=confidence), held


def held_errors(held: np.ndarray, path: np.ndarray, fps: float) -> np.ndarray:
    """`[J]` how far the 2D of joints held in a frame is off: `filled_errors` of a gap whose other end is far away.

    Args:
        held: `[J]` frames.
        path: `[T, J, 2]` root-centred poses of the frames up to it, model units; the last speed of each joint counts.
        fps: frames per second.
    """
    speed = np.zeros(len(held))
    for joint in np.flatnonzero(held):
        end = len(path) - 1 - held[joint]
        start = max(0, end - max(1, round(fps / 10)))  # a tenth of a second: steps between two frames are noise
        if end > start:
            speed[joint] = np.linalg.norm(path[end, joint] - path[start, joint]) * fps / (end - start)
    return np.where(held > 0, GAP * (speed + STILL) * held / fps, 0.0)
