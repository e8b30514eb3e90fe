"""Confidences of joints as programs write them, made probabilities by the evidence of all detections together.

Programs write probabilities, per cent, 0 to 255, and scores of heat maps without an upper end. Where a heat map has the
sum 1 (Detectron2), 0.06 is a hip that was well found, and a sharp peak has thousands. Some programs write 0 or -1
everywhere: these are no confidences.
"""

import numpy as np

from geolift.data.dataset import LARGEST_PIXEL
from geolift.keypoints import proportions
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.mapping import map_joints
from geolift.skeletons.skeleton import H36M17

MOST_SAMPLES = 2000  # detections, evenly spaced, whose anatomy is judged
HIGH = 95  # percentile that stands for a joint that was well found
PROBABLE = 1.5  # up to which such a joint's confidence is a probability; heat maps give a little more than 1
PERCENT, LEAST_PERCENT = 100.0, 30.0
BYTE = 255.0
WIDE = 10.0  # times the median that a high confidence has at most, on a scale with an end
SUM_OF_ONE = 2.0  # factor: Detectron2 draws joints from 0.05 on, where others have 0.1
LOWEST, MISSED = 0.03, 0.1  # confidence of hips that were found on that scale, but would be missing on another
SHARE = 0.25  # of the people who must have such hips
LEGS = ("left_knee", "right_knee", "left_ankle", "right_ankle")
HIPS = ("left_hip", "right_hip")
SHOULDERS = ("left_shoulder", "right_shoulder")


def to_probabilities(
    keypoints: np.ndarray, confidence: np.ndarray, joint_set: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Confidences as probabilities, and a note where they were something else.

    Args:
        keypoints: `[N, K, 2]` in any unit; a joint at 0, 0, or without finite coordinates, is missing.
        confidence: `[N, K]` as the file has them; NaN where a joint has none.
        joint_set: the joints in `JOINT_SETS`; "" for others, of which the anatomy is not known.

    Returns:
        `[N, K]`: those of the file where they are probabilities already.
    """
    x, y = keypoints[..., 0], keypoints[..., 1]
    with np.errstate(invalid="ignore"):
        there = (np.abs(x) <= LARGEST_PIXEL) & (np.abs(y) <= LARGEST_PIXEL) & ((x != 0) | (y != 0))
    positive = confidence[there]
    positive = positive[np.isfinite(positive) & (positive > 0)]
    if not len(positive):
        return _without_confidences(keypoints, confidence, there)
    high = float(np.percentile(positive, HIGH))
    if high > PROBABLE and (scale := _scale(positive, high)) is not None:
        divisor, what = scale
        return confidence / divisor, (f"confidences {what}: divided by {divisor:.3g}",)
    some = np.unique(np.linspace(0, len(confidence) - 1, min(MOST_SAMPLES, len(confidence))).astype(int))
    sure = np.where(there[some] & (confidence[some] > 0), confidence[some], 0)
    if _sums_to_one(keypoints[some], sure, joint_set):
        low = "confidences are low where joints are placed like a person's (Detectron2's heat maps have the sum 1)"
        note = f"{low}: multiplied by {SUM_OF_ONE:g}"
        return confidence * SUM_OF_ONE, (note,)
    return confidence, ()


def _without_confidences(
    keypoints: np.ndarray, confidence: np.ndarray, there: np.ndarray
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Where no confidence is above 0: joints that are `there` count as seen if all have the same value."""
    found = confidence[there]
    same = len(found) > 0 and (np.isnan(found).all() or (found == found[0]).all())
    if not same or (np.abs(keypoints[np.isfinite(keypoints)]) > LARGEST_PIXEL).any():
        return confidence, ()
    what = "are absent" if np.isnan(found[0]) else f"are all {found[0]:g}"
    note = f"confidences {what}, so they say nothing: every joint with coordinates counts as seen"
    return np.where(there, 1.0, 0.0), (note,)


def _scale(positive: np.ndarray, high: float) -> tuple[float, str] | None:
    """What confidences above 1 are divided by, and why: per cent, a byte, or what a joint has that was well found.

    None: they go over many orders of magnitude, as Detectron2's do where a heat map has a sharp peak. Those above 1 say
    no more than 1, and the others are what they are.
    """
    most = positive.max()
    if high >= LEAST_PERCENT and most <= PERCENT:
        return PERCENT, "are per cent"
    if high > PERCENT and most <= BYTE and (positive == np.round(positive)).all():
        return BYTE, "go from 0 to 255"
    if high > WIDE * np.median(positive):
        return None
    return high, f"are no probabilities, {high:.3g} is that of a joint that was well found"


def _sums_to_one(keypoints: np.ndarray, confidence: np.ndarray, joint_set: str) -> bool:
    """Whether hips would be missing by their confidence, though shoulders and legs are there and all fits people.

    Nobody hides the hips alone, but a hip is the joint whose place is seen least exactly: where a score falls with the
    spread of the heat map it has the lowest.
    """
    if joint_set not in JOINT_SETS or JOINT_SETS[joint_set].target != H36M17:
        return False
    points, sure = map_joints(JOINT_SETS[joint_set], keypoints, confidence)
    hips, shoulders, legs = (
        sure[:, [H36M17.names.index(joint) for joint in joints]] for joints in (HIPS, SHOULDERS, LEGS)
    )
    low = (hips.min(axis=1) >= LOWEST) & (hips.min(axis=1) < MISSED)
    low &= (shoulders.max(axis=1) >= MISSED) & (legs.max(axis=1) >= MISSED) & (legs.min(axis=1) >= LOWEST)
    if low.sum() < SHARE * max(1, (sure > 0).any(axis=1).sum()):
        return False
    off = proportions.deviations(points[low], sure[low])
    return bool(np.nanmedian(off) < proportions.PERSON) if np.isfinite(off).any() else False
