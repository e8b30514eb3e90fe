"""Tracks made of arrays alone, without a file."""

import numpy as np

from geolift.lifting.tracks import make_tracks
from geolift.skeletons.skeleton import Skeleton


def tracks_of(keypoints, confidence, frame, person, *, fps=30.0):
    """Tracks of a video, of rows in any order; the joints are a star around the first."""
    joints = confidence.shape[1]
    return make_tracks(
        keypoints,
        confidence,
        frame,
        person,
        skeleton=Skeleton(tuple(f"joint{i}" for i in range(joints)), (-1, *[0] * (joints - 1)), (), (), 1),
        frames=tuple(str(i) for i in range(int(np.max(frame)) + 1)),
        people=tuple(str(i) for i in range(int(np.max(person)) + 1)),
        video=True,
        fps=fps,
        image_size=None,
        source="arrays",
    )
