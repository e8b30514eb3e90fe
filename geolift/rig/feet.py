"""Feet of a person whose toes and heels are not known: flat on the floor, or on their balls, where they stand.

A foot that does not stand is as at rest, at a right angle to the shank, as far as the floor allows: its toes are lifted
where they would be below it, and laid back where the shank is level.
"""

import numpy as np

from geolift.rig.body import ANKLE, BALL_HEIGHT, Body
from geolift.rig.humanoid import HUMANOID
from geolift.rotations import about, axes_of, exponential, logarithm

ACROSS = np.array([1.0, 0, 0])  # the axis about which an ankle bends
BLEND = 0.05  # seconds, standard deviation, over which a foot comes down or is lifted
UPRIGHT = (0.25, 0.6)  # cosines of a shank's angle from upright: who kneels or crawls stands on no sole, and who stands
LEVEL = 0.25  # cosine of a shank's angle from upright, below which the foot is laid back
ANKLES = (0.035, 0.065)  # of stature: heights above the floor that an ankle may have when its foot is flat


def ankle_height(ankles: np.ndarray, contact: np.ndarray, stature: float) -> float:
    """How high the ankles of flat feet are, in shares of stature: the lower quartile where feet stand.

    The heel of a foot that stands may be lifted; it is not for longer than that.

    Args:
        ankles: `[F, 2]` heights above the floor; NaN where not known.
        contact: `[F, 2]` bool.
        stature: of the person.
    """
    heights = ankles[contact & np.isfinite(ankles)]
    return float(np.clip(np.percentile(heights, 25) / stature, *ANKLES)) if len(heights) else ANKLE


def raised(ankles: np.ndarray, contact: np.ndarray, height: float, fps: float) -> np.ndarray:
    """Heights `[F, 2]` of ankles, of which those that stand are not below that of a flat foot."""
    from scipy.ndimage import gaussian_filter1d  # takes a while to import

    share = gaussian_filter1d(contact.astype(np.float64), BLEND * fps, axis=0, mode="nearest")
    return ankles + share * np.maximum(height - ankles, 0)


def on_floor(
    rotation: np.ndarray, axes: np.ndarray, joints: np.ndarray, body: Body, contact: dict[str, np.ndarray], fps: float
) -> np.ndarray:
    """Rotations relative to the parents `[F, B, 3, 3]`, with feet on the floor at y = 0, or above it.

    Args:
        rotation: `[F, B, 3, 3]` relative to the parents.
        axes: `[F, B, 3, 3]` of the bones.
        joints: `[F, B, 3]` where they begin.
        body: of the person.
        contact: by side, whether the foot stands, `[F]` bool; feet of other sides stay as they are.
        fps: frames per second.
    """
    from scipy.ndimage import gaussian_filter1d  # takes a while to import

    rotation, height = rotation.copy(), BALL_HEIGHT * body.stature
    for side, stands in contact.items():
        leg, foot, toes = (HUMANOID.names.index(f"{side.capitalize()}{part}") for part in ("Leg", "Foot", "ToeBase"))
        shank, ankle, ball = axes[:, leg], joints[:, foot, 1], body.offset[toes]
        upright = np.interp(shank[:, 1, 1], UPRIGHT, (0, 1))
        share = gaussian_filter1d(stands * upright, BLEND * fps, mode="nearest")
        ahead = (shank[..., 2] + 1e-6 * shank[..., 1]) * (1, 0, 1)  # of a shank that lies: towards the knee
        flat = axes_of(ahead, np.broadcast_to([0.0, 1, 0], ahead.shape), "zy")
        pitch = _pitch(ankle, ball, height)
        bent = exponential(share[:, None] * logarithm(shank.swapaxes(1, 2) @ flat @ about(ACROSS, pitch)))
        below = _below((shank @ bent @ ball)[:, 1], ankle, ball, height)
        below = np.maximum(below, gaussian_filter1d(below, BLEND * fps, mode="nearest"))
        back = gaussian_filter1d(np.where(shank[:, 1, 1] < LEVEL, 1.0, -1.0), BLEND * fps, mode="nearest")
        rotation[:, foot] = bent @ about(ACROSS, back * below)
        lifted = about(ACROSS, -share * pitch)
        axis = shank @ rotation[:, foot]
        below = _below((axis @ lifted @ body.end[toes])[:, 1], ankle + (axis @ ball)[:, 1], body.end[toes], height / 2)
        rotation[:, toes] = lifted @ about(ACROSS, back * below)
    return rotation


def _below(drop: np.ndarray, begin: np.ndarray, bone: np.ndarray, height: float) -> np.ndarray:
    """Radians `[F]`, 0 or more, by which a bone has to be rotated so that its end is not below a height.

    Args:
        drop: `[F]` how far its end is above where it begins; mostly below 0.
        begin: `[F]` heights of where it begins.
        bone: `[3]` from there to its end.
        height: above the floor.
    """
    long = np.linalg.norm(bone)
    least = np.arcsin(np.clip((height - begin) / long, -1, 1))
    return np.clip(least - np.arcsin(np.clip(drop / long, -1, 1)), 0, np.pi / 2)


def _pitch(ankle: np.ndarray, ball: np.ndarray, height: float) -> np.ndarray:
    """Radians `[F]` by which a foot is rotated, heel up, so that its ball is on the floor.

    Args:
        ankle: `[F]` heights of the ankle.
        ball: `[3]` from the ankle, of a flat foot.
        height: of the ball above the floor.
    """
    long, steep = np.hypot(ball[1], ball[2]), np.arctan2(ball[2], -ball[1])
    return steep - np.arccos(np.clip((ankle - height) / long, np.cos(steep), 1))
