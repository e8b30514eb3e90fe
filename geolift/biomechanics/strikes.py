"""When feet are set down and lifted in walking: extremes of the feet ahead of the pelvis, confirmed by contact.

A foot is the farthest ahead of the pelvis when its heel strikes, and the farthest behind it when its toe lifts (Zeni et
al. 2008). Contact says on which of these extremes the foot stood afterwards, or before.
"""

from typing import NamedTuple

import numpy as np

from geolift.biomechanics.segments import joint_at
from geolift.rotations import unit
from geolift.skeletons.skeleton import Skeleton

LEAST_SWING = 0.1  # of the leg's length; a foot that moves less from behind to ahead of the pelvis makes no step
UPRIGHT = 0.5  # cosine of the angle between trunk and up; less is a crawl, or a cartwheel
SHORTEST_STRIDE = 0.5  # seconds between two strikes of one foot; sprinters have more
FACING = 1.0  # seconds, standard deviation of the filter for the direction in which a person faces
# Seconds after an event within which contact begins (strikes) or ends (offs). The contact of a foot is that of its
# ankle, which slows down 0.08 s after the strike and rises 0.15 s before the toe lifts (walks of `train`).
BEGINS = (-0.1, 0.3)
ENDS = (-0.4, 0.1)


class GaitEvents(NamedTuple):
    """Events in seconds from frame 0, rising.

    Attributes:
        right_strikes: `[E]` heels set down.
        right_offs: `[E]` toes lifted.
        left_strikes: `[E]` heels set down.
        left_offs: `[E]` toes lifted.
        unconfirmed: events that were left out, as contact does not begin or end near them.

    Example:
        >>> none = np.zeros(0)
        >>> GaitEvents(np.array([0.5]), none, none, none, unconfirmed=0).right_strikes.tolist()
        [0.5]
    """

    right_strikes: np.ndarray
    right_offs: np.ndarray
    left_strikes: np.ndarray
    left_offs: np.ndarray
    unconfirmed: int


def gait_events(points: np.ndarray, skeleton: Skeleton, *, fps: float, contact: np.ndarray | None = None) -> GaitEvents:
    """Heel strikes and toe offs of both feet, while the trunk is upright.

    Args:
        points: `[F, J, 3]`, x ahead, y up, z right; NaN where missing.
        skeleton: whose joints are named as in `H36M17`; heels and toes count where it has them, else ankles.
        fps: frames per second.
        contact: `[F, 2]` bool, whether the left and the right foot stand; None: not known.

    Returns:
        The events, in fractions of frames.

    Source:
        Zeni et al. 2008.

    Example:
        Feet that swing by 0.3 m once a second, one against the other:

        >>> from geolift.skeletons import H36M17
        >>> points = np.zeros((90, 17, 3))
        >>> for name, side in (("left", -1), ("right", 1)):
        ...     points[:, H36M17.names.index(f"{name}_hip")] = 0, 0.9, 0.1 * side
        ...     points[:, H36M17.names.index(f"{name}_shoulder")] = 0, 1.4, 0.2 * side
        ...     points[:, H36M17.names.index(f"{name}_knee")] = 0, 0.5, 0.1 * side
        ...     points[:, H36M17.names.index(f"{name}_ankle")] = 0, 0.1, 0.1 * side
        ...     points[:, H36M17.names.index(f"{name}_ankle"), 0] = 0.3 * side * np.sin(2 * np.pi * np.arange(90) / 30)
        >>> gait_events(points, H36M17, fps=30.0).right_strikes.round(2).tolist()
        [0.25, 1.25, 2.25]
    """
    found, left_out = {}, 0
    upright = ~(trunk_upright(points, skeleton) < UPRIGHT)  # also where it is not known
    for column, side in enumerate(("left", "right")):
        for key, joint, sign in (("strikes", "heel", 1), ("offs", "toe", -1)):
            ahead = ahead_of_pelvis(points, skeleton, f"{side}_{joint}", fps)
            if not np.isfinite(ahead).any():
                ahead = ahead_of_pelvis(points, skeleton, f"{side}_ankle", fps)
            times = _peaks(sign * ahead, LEAST_SWING * leg_length(points, skeleton), fps)
            if contact is not None:
                near = _changes_near(times, contact[:, column], sign, fps)
                left_out += int((~near).sum())
                times = times[near]
            times = times[upright[np.rint(times * fps).astype(int)]]
            found[f"{side}_{key}"] = times
    return GaitEvents(**found, unconfirmed=left_out)


def leg_length(points: np.ndarray, skeleton: Skeleton) -> float:
    """Metres: thigh and shank, the median of both sides and all frames; NaN if not known."""
    at = {name: joint_at(points, skeleton, name) for name in skeleton.names}
    lengths = [
        np.linalg.norm(at[f"{side}_{a}"] - at[f"{side}_{b}"], axis=-1)
        for side in ("left", "right")
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    ]
    legs = np.concatenate([lengths[0] + lengths[1], lengths[2] + lengths[3]])
    return float(np.nanmedian(legs)) if np.isfinite(legs).any() else np.nan


def trunk_upright(points: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """`[F]` cosines of the angle between the trunk and up; NaN where unknown."""
    return unit(joint_at(points, skeleton, "thorax") - joint_at(points, skeleton, "pelvis"))[:, 1]


def facing_ahead(points: np.ndarray, skeleton: Skeleton, fps: float) -> np.ndarray:
    """`[F, 3]` unit vectors over the ground: where the person faces, as hips and shoulders show it, without sway."""
    from scipy.ndimage import gaussian_filter1d  # takes a while to import

    hips, shoulders = (
        joint_at(points, skeleton, f"right_{joint}") - joint_at(points, skeleton, f"left_{joint}")
        for joint in ("hip", "shoulder")
    )
    across = hips + shoulders
    known = np.isfinite(across[:, 0])
    if not known.any():
        return np.full((len(points), 3), np.nan)
    sums = gaussian_filter1d(np.where(known[:, None], across, 0.0), FACING * fps, axis=0, mode="nearest")
    return unit(np.cross([0.0, 1.0, 0.0], sums))


def ahead_of_pelvis(points: np.ndarray, skeleton: Skeleton, joint: str, fps: float) -> np.ndarray:
    """`[F]` metres by which a joint is ahead of the pelvis; NaN where unknown."""
    hips = (joint_at(points, skeleton, "right_hip") + joint_at(points, skeleton, "left_hip")) / 2
    return ((joint_at(points, skeleton, joint) - hips) * facing_ahead(points, skeleton, fps)).sum(axis=-1)


def _peaks(values: np.ndarray, least: float, fps: float) -> np.ndarray:
    """Seconds of the peaks of `[F]` that rise by `least` from both sides, between frames by a parabola."""
    from scipy.signal import find_peaks  # takes a while to import

    known = np.isfinite(values)
    if known.sum() < 3 or not least > 0:
        return np.zeros(0)
    frames = np.arange(len(values))
    filled = np.interp(frames, frames[known], values[known])
    found, _ = find_peaks(filled, prominence=least, distance=max(1, SHORTEST_STRIDE * fps))
    found = found[known[found]]
    before, at, after = (filled[found + step] for step in (-1, 0, 1))
    bow = before - 2 * at + after
    shift = np.where(bow < 0, (before - after) / np.where(bow < 0, 2 * bow, 1), 0.0)
    return (found + np.clip(shift, -0.5, 0.5)) / fps


def _changes_near(times: np.ndarray, contact: np.ndarray, sign: int, fps: float) -> np.ndarray:
    """`[E]` bool: whether contact `[F]` begins (`sign` 1) or ends (-1) near each time."""
    changes = np.flatnonzero(np.diff(contact.astype(int)) == sign) + 0.5
    after = changes[None] / fps - times[:, None]
    first, last = BEGINS if sign > 0 else ENDS
    return ((after >= first) & (after <= last)).any(axis=1)
