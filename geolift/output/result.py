"""What lifting gives: 3D points with everything needed to understand them; saved as npz or JSON (docs/formats.md)."""

from typing import NamedTuple

import numpy as np

from geolift.skeleton import Skeleton

AXES = "x right, y down, z forward (camera)"


class Result(NamedTuple):
    """N lifted poses of J joints; a row is one person in one frame.

    Attributes:
        points: `[N, J, 3]` float32, the root at the origin, axes as in `AXES`, in `units`; NaN where missing.
        position: `[N, 3]` float32, where the root is in the camera frame, in `units`: an estimate (`scale` says from
            what); NaN where unknown. `points + position[:, None]` puts everybody into one frame.
        keypoints: `[N, J, 2]` float32 pixels, the 2D that was lifted, in the joints of `skeleton`; NaN where missing.
        confidence: `[N, J]` float32 in 0..1, of the 2D; 0 where a joint is missing or was filled in.
        filled: `[N, J]` bool: joints the file did not have in this frame, filled in by the rule in `notes`.
        frame: `[N]` int, index into `frames`; rows stand in the order of persons, then of frames.
        person: `[N]` int, index into `people`.
        skeleton: names and relations of the J joints.
        frames: names of all frames in the order of time, those without people, too.
        people: the persons' names.
        video: whether frames follow each other at a constant rate; False: single images.
        fps: frames per second; 0 where unknown.
        image_size: `[F, 2]` float32 width and height of every frame in pixels, or None.
        units: "m", or "normalised" where nothing tells the size.
        scale: a sentence: what the size in `units` and `position` rest on.
        model: id of the model card: name and digest of the weights.
        source: the file that was lifted, and what it was recognised as.
        notes: what reading and lifting left out, filled in or took for granted, a line each, with counts.
    """

    points: np.ndarray
    position: np.ndarray
    keypoints: np.ndarray
    confidence: np.ndarray
    filled: np.ndarray
    frame: np.ndarray
    person: np.ndarray
    skeleton: Skeleton
    frames: tuple[str, ...]
    people: tuple[str, ...]
    video: bool
    fps: float
    image_size: np.ndarray | None
    units: str
    scale: str
    model: str
    source: str
    notes: tuple[str, ...] = ()
