"""Bridges from other joint sets to a skeleton: which of a source's named joints each joint is the mean of.

What a source lacks is masked, never made up: confidence 0, coordinates 0. The one exception must be asked for: the top
of the head of a joint set that has ears, `apply(..., head="extrapolate")`. The joint sets themselves are in
`joint_sets`; the table with reasons is docs/joint-mapping.md.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.skeletons.skeleton import H36M17, Skeleton

OTHER_SIDE = {"left_": "right_", "right_": "left_", "l_": "r_", "r_": "l_"}  # by what a joint's name begins with
HEADS = ("mask", "extrapolate")  # what becomes of a head top that the source lacks
ABOVE_EARS = 0.62  # head top above the ears, in distances from thorax to ears; the rule for BlazePose's joints
TRUST_IN_EXTRAPOLATED = 0.5  # factor on the confidence of a joint that nobody saw


class Bridge(NamedTuple):
    """How keypoints of K named joints become those of a skeleton.

    Attributes:
        source: the K joint names, in the order of the source's arrays; sides that are to be known begin with left_,
            right_ or l_, r_.
        rules: for every joint of `target`, by name, the source joints whose mean it is (one named twice counts twice);
            none: the joint is masked.
        target: the skeleton.
        ears: the source joints beside the head from which its masked top may be extrapolated; none: it may not.
    """

    source: tuple[str, ...]
    rules: Mapping[str, tuple[str, ...]]
    target: Skeleton = H36M17
    ears: tuple[str, ...] = ()


def check(bridge: Bridge) -> Bridge:
    """Return `bridge` if its rules name every joint, only known ones, and keep the sides; else raise ValueError.

    Which side a joint of the target is on, its skeleton says; of the source, the joint's name. Where that tells
    nothing, as in animals with joints of other names, sides are not checked.
    """
    names, source = bridge.target.names, bridge.source
    if len(set(source)) != len(source):
        raise ValueError(f"bridge: source joint names must differ, found {list(source)}")
    if bridge.rules.keys() != set(names):
        missing, extra = sorted(set(names) - set(bridge.rules)), sorted(set(bridge.rules) - set(names))
        raise ValueError(f"bridge: rules for {missing} missing, found {extra} beyond the joints of the skeleton")
    for i, joint in enumerate(names):
        sources, mirror = bridge.rules[joint], names[bridge.target.mirrored[i]]
        unknown = sorted(set(sources) - set(source))
        if unknown:
            raise ValueError(f"bridge: {joint}: found {unknown}, expected joints of the source: {list(source)}")
        partner = bridge.rules[mirror]
        sided = [s for s in (*sources, *partner) if _side(s)]
        told = bool(sided) and all(_mirrored(s) in source for s in sided)
        if told and sorted(partner) != sorted(_mirrored(s) for s in sources):
            raise ValueError(
                f"bridge: {joint} is made of {list(sources)}, its mirror image {mirror} of {list(partner)}, "
                "expected the same with sides exchanged"
            )
        side = "l" if i in bridge.target.left else "r" if i in bridge.target.right else ""
        strange = [s for s in sources if side and _side(s) and _side(s) != side]
        if strange:
            raise ValueError(f"bridge: {joint} is made of {strange}, expected joints of its own side")
    if bridge.ears:
        unknown = sorted(set(bridge.ears) - set(source))
        if unknown:
            raise ValueError(f"bridge: ears: found {unknown}, expected joints of the source: {list(source)}")
        if "thorax" not in names or bridge.rules[names[bridge.target.head]]:
            raise ValueError("bridge: ears: expected a target with a thorax, and its head masked")
    return bridge


def check_head(head: str) -> None:
    """Refuse what is none of `HEADS`, by a DatasetError."""
    if head not in HEADS:
        raise DatasetError(f"head: found {head!r}, expected one of {list(HEADS)}")


def apply(
    bridge: Bridge, keypoints: np.ndarray, confidence: np.ndarray, *, head: str = "mask"
) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints `[..., K, 2]` and confidence `[..., K]` of the source as those of the bridge's target, float32.

    A joint is the mean of its source joints and as sure as the least sure of them. Where one was not seen (confidence
    not above 0), and where the bridge has none, confidence and coordinates are 0, whatever the source holds there.

    Args:
        bridge: from the source's joints to the target's J.
        keypoints, confidence: of the source.
        head: what becomes of a head top that is masked although the bridge has `ears`: "mask" leaves it so,
            "extrapolate" puts it at E + 0.62 (E - thorax), E the mean of the ears, half as sure as the least sure of
            its sources. For bridges without `ears` both are the same.

    Returns:
        Keypoints `[..., J, 2]` and confidence `[..., J]`.

    Raises:
        ValueError: if the shapes are not those of the bridge's source joints, or `head` is neither (DatasetError).
    """
    joints, names = len(bridge.source), bridge.target.names
    if keypoints.shape[-2:] != (joints, 2) or confidence.shape != keypoints.shape[:-1]:
        raise ValueError(
            f"keypoints, confidence: found shapes {list(keypoints.shape)}, {list(confidence.shape)}, "
            f"expected [..., {joints}, 2], [..., {joints}]"
        )
    check_head(head)
    confidence = np.where(confidence > 0, confidence, 0)
    keypoints = np.where(confidence[..., None] > 0, keypoints, 0)
    moved = np.zeros((*keypoints.shape[:-2], len(names), 2), np.float32)
    trust = np.zeros(moved.shape[:-1], np.float32)
    for target, name in enumerate(names):
        if bridge.rules[name]:
            moved[..., target, :], trust[..., target] = _mean(bridge, bridge.rules[name], keypoints, confidence)
    if head == "extrapolate" and bridge.ears:
        thorax, top = names.index("thorax"), bridge.target.head
        ears, sure = _mean(bridge, bridge.ears, keypoints, confidence)
        moved[..., top, :] = ears + ABOVE_EARS * (ears - moved[..., thorax, :])
        trust[..., top] = np.minimum(sure, trust[..., thorax]) * TRUST_IN_EXTRAPOLATED
    return np.where(trust[..., None] > 0, moved, 0), trust


def _mean(
    bridge: Bridge, joints: tuple[str, ...], keypoints: np.ndarray, confidence: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where the mean of some source joints is, `[..., 2]`, and how sure the least sure of them, `[...]`."""
    sources = [bridge.source.index(joint) for joint in joints]
    return keypoints[..., sources, :].mean(axis=-2), confidence[..., sources].min(axis=-1)


def _side(joint: str) -> str:
    """Left, "l", or right, "r", or "" for a joint whose name tells no side."""
    return next((begin[0] for begin in OTHER_SIDE if joint.startswith(begin)), "")


def _mirrored(joint: str) -> str:
    """The name of the joint on the other side; a joint without a side is its own."""
    return next((other + joint[len(begin) :] for begin, other in OTHER_SIDE.items() if joint.startswith(begin)), joint)


def order(bridge: Bridge) -> list[int]:
    """Where the joints of a bridge's target stand in its source, for bridges that only pick joints."""
    return [bridge.source.index(source) for name in bridge.target.names for (source,) in (bridge.rules[name],)]
