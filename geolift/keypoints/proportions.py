"""Body proportions of 2D keypoints: whether the shape of people is distorted.

A projection shortens limbs but roughly keeps their proportions. Left and right are not distinguished: a person with
swapped sides has the same lengths.
"""

import numpy as np

from geolift.skeletons.skeleton import H36M17

JOINT = H36M17.names.index
# Segments between limb joints, which all joint sets of people have: the length relative to the root mean square of all
# segments, and its spread. From people of MPII, COCO and CMU (medians and quartiles).
LIMBS = {"hip knee": (1.10, 0.2), "knee ankle": (1.12, 0.2), "shoulder elbow": (0.77, 0.15), "elbow wrist": (0.62, 0.2)}
TRUNK = {
    "left_shoulder right_shoulder": (0.83, 0.3), "left_hip right_hip": (0.5, 0.2),
    "left_shoulder left_hip": (1.42, 0.2), "right_shoulder right_hip": (1.42, 0.2),
}  # fmt: skip
SEGMENTS = TRUNK | {
    " ".join(f"{side}_{joint}" for joint in limb.split()): size
    for limb, size in LIMBS.items()
    for side in ("left", "right")
}
ENDS = np.array([[JOINT(joint) for joint in segment.split()] for segment in SEGMENTS])  # [S, 2]
USUAL, SPREAD = np.array(list(SEGMENTS.values())).T
CLIP = 3.0  # the largest deviation of a segment in spreads: one wrong joint does not decide alone
MIN_SEGMENTS = 6  # that must be seen of a person
PERSON = 1.4  # mean deviation up to which keypoints count as people's


def deviations(keypoints: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """The deviation of each detection's proportions from a person's: the mean over its segments, in spreads.

    People seen by a camera have about 0.4 to 1.3, random joints about 1.9.

    Args:
        keypoints: `[N, 17, 2]` of Human3.6M-17, any scale.
        confidence: `[N, 17]`.

    Returns:
        `[N]`; NaN where less than `MIN_SEGMENTS` segments were seen.
    """
    length = np.linalg.norm(keypoints[:, ENDS[:, 0]] - keypoints[:, ENDS[:, 1]], axis=-1)
    seen = (confidence[:, ENDS] > 0).all(axis=-1)
    count = seen.sum(axis=-1, keepdims=True)
    scale = np.sqrt((np.square(length / USUAL) * seen).sum(axis=-1, keepdims=True) / np.maximum(count, 1))
    off = np.minimum(np.abs(length / np.where(scale > 0, scale, 1) - USUAL) / SPREAD, CLIP)
    enough = (count >= MIN_SEGMENTS) & (scale > 0)
    return np.where(enough, (off * seen).sum(axis=-1, keepdims=True) / np.maximum(count, 1), np.nan)[:, 0]
