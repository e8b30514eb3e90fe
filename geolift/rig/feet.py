"""Feet that are not below the floor; of a person whose toes and heels are not known, on it where they stand.

There they are flat, or on their balls. A foot that does not stand is as at rest, at a right angle to the shank, as far
as the floor allows: its toes are lifted where they would be below it, and laid back where the shank is level.
"""

import numpy as np

from geolift.rig.body import ANKLE, BALL_HEIGHT, SIDES, Body
from geolift.rig.humanoid import HUMANOID
from geolift.rotations import about, axes_of, exponential, logarithm

ACROSS = np.array([1.0, 0, 0])  # the axis about which an ankle bends
BLEND = 0.05  # seconds, standard deviation, over which a foot comes down or is lifted
# Cosines of a shank's angle from upright: of who kneels or crawls, and stands on no sole, and of who squats.
UPRIGHT = (0.15, 0.3)
LEVEL = 0.15  # cosine below which a foot is laid back
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
        contact: by side, whether the foot stands, `[F]` bool; feet of other sides are lifted where they are below it,
            and else stay as they are.
        fps: frames per second.
    """
    from scipy.ndimage import gaussian_filter1d  # takes a while to import

    rotation, height = rotation.copy(), BALL_HEIGHT * body.stature
    for side in SIDES:
        leg, foot, toes = (HUMANOID.names.index(f"{side.capitalize()}{part}") for part in ("Leg", "Foot", "ToeBase"))
        shank, ankle, ball = axes[:, leg], joints[:, foot, 1], body.offset[toes]
        if side in contact:
            _stand(rotation, (foot, toes), shank, ankle, ball, height, contact[side], fps)
        back = gaussian_filter1d(np.where(shank[:, 1, 1] < LEVEL, 1.0, -1.0), BLEND * fps, mode="nearest")
        below = _below((shank @ rotation[:, foot] @ ball)[:, 1], ankle, ball, height)
        below = np.maximum(below, gaussian_filter1d(below, BLEND * fps, mode="nearest"))
        rotation[:, foot] = rotation[:, foot] @ about(ACROSS, back * below)
        axis, tip = shank @ rotation[:, foot], body.end[toes]
        below = _below((axis @ rotation[:, toes] @ tip)[:, 1], ankle + (axis @ ball)[:, 1], tip, height / 2)
        rotation[:, toes] = rotation[:, toes] @ about(ACROSS, back * below)
    return rotation


def _stand(
    rotation: np.ndarray, bones: tuple[int, int], shank: np.ndarray, ankle: np.ndarray, ball: np.ndarray,
    height: float, stands: np.ndarray, fps: float,
) -> None:  # fmt: skip
    """Put a foot on the floor in the frames in which it stands.

    Args:
        rotation: `[F, B, 3, 3]` relative to the parents, of which those of foot and toes change.
        bones: the foot and its toes.
        shank: `[F, 3, 3]` axes.
        ankle: `[F]` heights.
        ball: `[3]` from the ankle.
        height: of the ball above the floor.
        stands: `[F]` bool.
        fps: frames per second.
    """
    from scipy.ndimage import gaussian_filter1d  # takes a while to import

    upright = np.interp(shank[:, 1, 1], UPRIGHT, (0, 1))
    share = gaussian_filter1d(stands * upright, BLEND * fps, mode="nearest")
    ahead = (shank[..., 2] + 1e-6 * shank[..., 1]) * (1, 0, 1)  # of a shank that lies: towards the knee
    flat = axes_of(ahead, np.broadcast_to([0.0, 1, 0], ahead.shape), "zy")
    pitch = _pitch(ankle, ball, height)
    foot, toes = bones
    rotation[:, foot] = exponential(share[:, None] * logarithm(shank.swapaxes(1, 2) @ flat @ about(ACROSS, pitch)))
    rotation[:, toes] = about(ACROSS, -share * pitch)


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
