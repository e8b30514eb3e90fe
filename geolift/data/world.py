"""Motion in the world, before any camera: metres, z up, right-handed. numpy only."""

from typing import NamedTuple

import numpy as np


class WorldClip(NamedTuple):
    """One person's continuous motion in the world.

    Attributes:
        points: `[T, J, 3]` joint positions in world metres, z up.
        fps: frames per second.
        name: of the clip.
        subject: who moves.
        action: what the person does.
        split: "train", "test", ...
        number: its cameras are drawn from this number and the seed; None: its index in the list that is filmed.
        seen: `[T, J]` bool; joints that were not seen have any place in `points`. None: all were seen.
    """

    points: np.ndarray
    fps: float
    name: str
    subject: str
    action: str
    split: str
    number: int | None = None
    seen: np.ndarray | None = None


def ground_of(points: np.ndarray) -> float:
    """Height of the ground under a clip `[T, J, 3]`: the 5th percentile over frames of the lowest joint, metres."""
    return np.percentile(points[..., 2].min(axis=1), 5)
