"""Hands, which no joints show: as at rest, or bent at the wrist where their tips would be below the floor."""

import numpy as np

from geolift.rig.body import BALL_HEIGHT, SIDES, Body
from geolift.rig.humanoid import HUMANOID
from geolift.rotations import smallest, unit

BACKWARD = 0.3  # how much the back of a hand says where it points when bent: all, of an arm that hangs straight down
BLEND = 0.05  # seconds, standard deviation, over which a hand comes down or is lifted


def hands_above_floor(rotation: np.ndarray, axes: np.ndarray, joints: np.ndarray, body: Body, fps: float) -> np.ndarray:
    """Rotations relative to the parents `[F, B, 3, 3]`, with the tips of hands not below the floor at y = 0.

    Args:
        rotation: `[F, B, 3, 3]` relative to the parents.
        axes: `[F, B, 3, 3]` of the bones.
        joints: `[F, B, 3]` where they begin.
        body: of the person.
        fps: frames per second.
    """
    from scipy.ndimage import gaussian_filter1d  # takes a while to import

    rotation = rotation.copy()
    for side in SIDES:
        hand = HUMANOID.names.index(f"{side.capitalize()}Hand")
        end, axis = body.end[hand], axes[:, hand]
        long = np.linalg.norm(end)
        points = axis @ (end / long)
        least = np.clip((BALL_HEIGHT * body.stature - joints[:, hand, 1]) / long, -1, 0)  # level at most
        rise = np.maximum(least - points[:, 1], 0)
        rise = np.maximum(rise, gaussian_filter1d(rise, BLEND * fps, mode="nearest"))
        bent = rise > 0
        up = np.clip(points[bent, 1] + rise[bent], -1, 1)[:, None]
        ahead = unit((points[bent] + BACKWARD * axis[bent, :, 1]) * (1, 0, 1))
        ahead = np.where(np.isfinite(ahead), ahead, np.eye(3)[2])
        turn = smallest(points[bent], np.sqrt(1 - up**2) * ahead + up * np.eye(3)[1])
        rotation[bent, hand] = rotation[bent, hand] @ axis[bent].swapaxes(1, 2) @ turn @ axis[bent]
    return rotation
