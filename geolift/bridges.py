"""Bridges from other joint sets to Human3.6M-17, as data: which of a source's named joints each joint is the mean of.

What a source lacks is masked, never made up: confidence 0, coordinates 0. The table with reasons is docs/bridges.md.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from geolift.skeleton import H36M17

OTHER_SIDE = {"left_": "right_", "right_": "left_", "l_": "r_", "r_": "l_"}  # by what a joint's name begins with


class Bridge(NamedTuple):
    """How keypoints of K named joints become those of Human3.6M-17.

    Attributes:
        source: the K joint names, in the order of the source's arrays; sides begin with left_, right_ or l_, r_.
        rules: for every joint of `H36M17`, by name, the source joints whose mean it is; none: the joint is masked.
    """

    source: tuple[str, ...]
    rules: Mapping[str, tuple[str, ...]]


def check(bridge: Bridge) -> Bridge:
    """Return `bridge` if its rules name every joint, only known ones, and keep the sides; else raise ValueError."""
    if len(set(bridge.source)) != len(bridge.source):
        raise ValueError(f"bridge: source joint names must differ, found {list(bridge.source)}")
    if bridge.rules.keys() != set(H36M17.names):
        missing, extra = sorted(set(H36M17.names) - set(bridge.rules)), sorted(set(bridge.rules) - set(H36M17.names))
        raise ValueError(f"bridge: rules for {missing} missing, found {extra} beyond the joints of Human3.6M-17")
    for joint, sources in bridge.rules.items():
        unknown = sorted(set(sources) - set(bridge.source))
        if unknown:
            raise ValueError(f"bridge: {joint}: found {unknown}, expected joints of the source: {list(bridge.source)}")
        partner = bridge.rules[_mirrored(joint)]
        if sorted(partner) != sorted(_mirrored(source) for source in sources):
            raise ValueError(
                f"bridge: {joint} is made of {list(sources)}, its mirror image {_mirrored(joint)} of {list(partner)}, "
                "expected the same with sides exchanged"
            )
        strange = [s for s in sources if _side(joint) and _side(s) and _side(s) != _side(joint)]
        if strange:
            raise ValueError(f"bridge: {joint} is made of {strange}, expected joints of its own side")
    return bridge


def apply(bridge: Bridge, keypoints: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints `[..., K, 2]` and confidence `[..., K]` of the source as those of Human3.6M-17, float32.

    A joint is the mean of its source joints and as sure as the least sure of them. Where one was not seen (confidence
    not above 0), and where the bridge has none, confidence and coordinates are 0, whatever the source holds there.

    Returns:
        Keypoints `[..., 17, 2]` and confidence `[..., 17]`.

    Raises:
        ValueError: if the shapes are not those of the bridge's source joints.
    """
    joints = len(bridge.source)
    if keypoints.shape[-2:] != (joints, 2) or confidence.shape != keypoints.shape[:-1]:
        raise ValueError(
            f"keypoints, confidence: found shapes {list(keypoints.shape)}, {list(confidence.shape)}, "
            f"expected [..., {joints}, 2], [..., {joints}]"
        )
    confidence = np.where(confidence > 0, confidence, 0)
    keypoints = np.where(confidence[..., None] > 0, keypoints, 0)
    moved = np.zeros((*keypoints.shape[:-2], len(H36M17.names), 2), np.float32)
    trust = np.zeros(moved.shape[:-1], np.float32)
    for target, name in enumerate(H36M17.names):
        sources = [bridge.source.index(joint) for joint in bridge.rules[name]]
        if sources:
            trust[..., target] = confidence[..., sources].min(axis=-1)
            moved[..., target, :] = keypoints[..., sources, :].mean(axis=-2)
    return np.where(trust[..., None] > 0, moved, 0), trust


def _side(joint: str) -> str:
    """Left, "l", or right, "r", or "" for a joint in the middle."""
    return next((begin[0] for begin in OTHER_SIDE if joint.startswith(begin)), "")


def _mirrored(joint: str) -> str:
    """The name of the joint on the other side; a joint in the middle is its own."""
    return next((other + joint[len(begin) :] for begin, other in OTHER_SIDE.items() if joint.startswith(begin)), joint)


# The twelve joints that have sides, from sources that call them as `H36M17` does.
LIMBS = {joint: (joint,) for joint in H36M17.names if _side(joint)}

# MPII's pelvis and thorax lie between its hips and shoulders. It has no spine, and nothing at the height of the nose:
# its upper neck is the neck's lower end, so Human3.6M's neck/nose is taken halfway from there to the top of the head.
MPII16 = check(
    Bridge(
        source=(
            "r_ankle", "r_knee", "r_hip", "l_hip", "l_knee", "l_ankle", "pelvis", "thorax", "upper_neck", "head_top",
            "r_wrist", "r_elbow", "r_shoulder", "l_shoulder", "l_elbow", "l_wrist",
        ),
        rules={
            "pelvis": ("pelvis",),
            "right_hip": ("r_hip",), "right_knee": ("r_knee",), "right_ankle": ("r_ankle",),
            "left_hip": ("l_hip",), "left_knee": ("l_knee",), "left_ankle": ("l_ankle",),
            "spine": ("pelvis", "thorax"),
            "thorax": ("thorax",),
            "neck": ("upper_neck", "head_top"),
            "head": ("head_top",),
            "left_shoulder": ("l_shoulder",), "left_elbow": ("l_elbow",), "left_wrist": ("l_wrist",),
            "right_shoulder": ("r_shoulder",), "right_elbow": ("r_elbow",), "right_wrist": ("r_wrist",),
        },
    )
)  # fmt: skip

# COCO has no trunk: pelvis and thorax lie between hips and shoulders, the spine between those. Its highest joints are
# the eyes, well under the top of the head, which is therefore masked.
COCO17 = check(
    Bridge(
        source=(
            "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
            "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee",
            "left_ankle", "right_ankle",
        ),
        rules={
            **LIMBS,
            "pelvis": ("left_hip", "right_hip"),
            "spine": ("left_hip", "right_hip", "left_shoulder", "right_shoulder"),
            "thorax": ("left_shoulder", "right_shoulder"),
            "neck": ("nose",),
            "head": (),
        },
    )
)  # fmt: skip
