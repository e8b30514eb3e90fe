"""What live use gives: one person in one frame."""

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np


class LivePose(NamedTuple):
    """One person in one frame, J joints.

    Attributes:
        points: `[J, 3]` float32, the root at the origin, camera axes (x right, y down, z forward), metres; model units
            where the size of the body is not known (`Live.units`). NaN where a joint is missing.
        position: `[3]` float32, where the root is in the camera frame, metres, an estimate as in `Result`; NaN without
            an image size. `points + position` puts all people into one coordinate frame.
        uncertainty: `[J]` float32, units of `points`: 68 of 100 true joints are no farther from where it is, relative
            to the root (docs/uncertainty.md). NaN where missing.
        filled: `[J]` bool: joints that this frame does not show, put where frames around it or rules have them.
        up: `[3]` float32 unit vector, the direction up in camera axes as known by now; NaN where it is not known.
        to_world: `[3, 3]` float32, the rotation from camera axes to world axes: x horizontally away from the camera, y
            to its left, z up. NaN where `up` is not known.
        person: the track id that was pushed with the keypoints; 0 where none was.
        frame: the number of the push that brought the keypoints, from 0.
        time: its time stamp, seconds; by the frame rate where none was given.
        restarted: whether nothing before this frame counts: the person is new, or was lost for longer than `gap`.
        latency: seconds from the time stamp to the result: the frames that were waited for, and the computation.
        notes: sentences on what was found wrong when this frame came: sides that are changed back, joints that jump and
            count as missing, what the checks of a file say of the last seconds, odd time stamps.

    Example:
        >>> blank = np.zeros((17, 3), np.float32)
        >>> level = np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], np.float32)
        >>> about = {"person": 0, "frame": 4, "time": 0.13, "restarted": False, "latency": 0.07}
        >>> pose = LivePose(blank, blank[0], blank[:, 0], blank[:, 0] > 1, -level[2], level, **about)
        >>> pose.world_points.shape, pose.frame
        ((17, 3), 4)
    """

    points: np.ndarray
    position: np.ndarray
    uncertainty: np.ndarray
    filled: np.ndarray
    up: np.ndarray
    to_world: np.ndarray
    person: Hashable
    frame: int
    time: float
    restarted: bool
    latency: float
    notes: tuple[str, ...] = ()

    @property
    def world_points(self) -> np.ndarray:
        """`[J, 3]` in world axes: from the camera where the position is known, else from the root."""
        return (self.points + np.nan_to_num(self.position)) @ self.to_world.T
