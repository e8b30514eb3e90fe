"""Joint mappings: how keypoints of one joint set become keypoints of a skeleton, each joint the mean of source joints.

What a source lacks is masked, never made up: confidence 0, coordinates 0. The one exception is optional: the top
of the head of a joint set that has ears, `map_joints(..., head="extrapolate")`. The joint sets themselves are in
`joint_sets`; the table with reasons is docs/joint-mapping.md.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.skeletons.skeleton import H36M17, Skeleton

OTHER_SIDE = {"left_": "right_", "right_": "left_", "l_": "r_", "r_": "l_"}  # by what a joint's name begins with
HEAD_CHOICES = ("mask", "extrapolate")  # how a head top that the source lacks is handled
ABOVE_EARS = 0.62  # head top above the ears, in distances from thorax to ears; the rule for BlazePose's joints
TRUST_IN_EXTRAPOLATED = 0.5  # factor on the confidence of a joint that was not seen


class JointMapping(NamedTuple):
    """How keypoints of K named joints become keypoints of a skeleton.

    Attributes:
        source: the K joint names, in the order of the source's arrays. A name states a side if it begins with left_,
            right_ or l_, r_.
        mean_of: for every joint of `target`, by name, the source joints whose mean it is (one named twice counts
            twice); an empty tuple: the joint is masked.
        target: the skeleton.
        ears: the source joints beside the head from which its masked top may be extrapolated; empty: it may not.

    Example:
        >>> from geolift.skeletons import COCO17
        >>> COCO17.mean_of["pelvis"]
        ('left_hip', 'right_hip')
    """

    source: tuple[str, ...]
    mean_of: Mapping[str, tuple[str, ...]]
    target: Skeleton = H36M17
    ears: tuple[str, ...] = ()


def check_mapping(mapping: JointMapping) -> JointMapping:
    """Return `mapping` if it names every target joint, only known source joints, and keeps the sides.

    The skeleton states the side of a target joint; its name states the side of a source joint. Where names state none,
    as in animals with joints of other names, sides are not checked.

    Args:
        mapping: from K source joints to J target joints.

    Returns:
        `mapping`, unchanged.

    Raises:
        ValueError: naming the joint, what was found and what was expected.

    Example:
        >>> from geolift.skeletons import COCO17
        >>> check_mapping(COCO17) is COCO17
        True
    """
    names, source = mapping.target.names, mapping.source
    if len(set(source)) != len(source):
        raise ValueError(f"mapping: source joint names must differ, found {list(source)}")
    if mapping.mean_of.keys() != set(names):
        missing, extra = sorted(set(names) - set(mapping.mean_of)), sorted(set(mapping.mean_of) - set(names))
        raise ValueError(f"mapping: joints {missing} missing, found {extra} beyond the joints of the skeleton")
    for i, joint in enumerate(names):
        sources, mirror = mapping.mean_of[joint], names[mapping.target.mirrored[i]]
        unknown = sorted(set(sources) - set(source))
        if unknown:
            raise ValueError(f"mapping: {joint}: found {unknown}, expected joints of the source: {list(source)}")
        partner = mapping.mean_of[mirror]
        sided = [s for s in (*sources, *partner) if _side(s)]
        sides_known = bool(sided) and all(_mirrored(s) in source for s in sided)
        if sides_known and sorted(partner) != sorted(_mirrored(s) for s in sources):
            raise ValueError(
                f"mapping: {joint} is made of {list(sources)}, its mirror image {mirror} of {list(partner)}, "
                "expected the same with sides swapped"
            )
        side = "l" if i in mapping.target.left else "r" if i in mapping.target.right else ""
        other_side = [s for s in sources if side and _side(s) and _side(s) != side]
        if other_side:
            raise ValueError(f"mapping: {joint} is made of {other_side}, expected joints of its own side")
    if mapping.ears:
        unknown = sorted(set(mapping.ears) - set(source))
        if unknown:
            raise ValueError(f"mapping: ears: found {unknown}, expected joints of the source: {list(source)}")
        if "thorax" not in names or mapping.mean_of[names[mapping.target.head]]:
            raise ValueError("mapping: ears: expected a target with a thorax, and its head masked")
    return mapping


def check_head(head: str) -> None:
    """Raise DatasetError unless `head` is one of `HEAD_CHOICES`."""
    if head not in HEAD_CHOICES:
        raise DatasetError(f"head: found {head!r}, expected one of {list(HEAD_CHOICES)}")


def map_joints(
    mapping: JointMapping, keypoints: np.ndarray, confidence: np.ndarray, *, head: str = "mask"
) -> tuple[np.ndarray, np.ndarray]:
    """Map keypoints of the source joints to the joints of the mapping's target.

    A joint is the mean of its source joints; its confidence is the smallest of theirs. Where one of them was not seen
    (confidence not above 0), and where the mapping has none, confidence and coordinates are 0, whatever values the
    source holds there.

    Args:
        mapping: from K source joints to J target joints.
        keypoints: `[..., K, 2]` of the source, in any unit.
        confidence: `[..., K]` of the source.
        head: for a head top that is masked although the mapping has `ears`: "mask" leaves it masked, "extrapolate"
            puts it at E + 0.62 (E - thorax), E the mean of the ears, with half the smallest confidence of its sources.
            For mappings without `ears` both are the same.

    Returns:
        Keypoints `[..., J, 2]` and confidence `[..., J]`, float32.

    Raises:
        ValueError: if the shapes do not fit the mapping's source joints.
        DatasetError: if `head` is neither choice.

    Source:
        Ours (docs/joint-mapping.md).

    Example:
        >>> from geolift.skeletons import COCO17, H36M17
        >>> keypoints, confidence = map_joints(COCO17, np.ones((5, 17, 2)), np.ones((5, 17)))
        >>> keypoints.shape, [H36M17.names[i] for i in np.flatnonzero(confidence[0] == 0)]
        ((5, 17, 2), ['head'])
    """
    joints, names = len(mapping.source), mapping.target.names
    if keypoints.shape[-2:] != (joints, 2) or confidence.shape != keypoints.shape[:-1]:
        raise ValueError(
            f"keypoints, confidence: found shapes {list(keypoints.shape)}, {list(confidence.shape)}, "
            f"expected [..., {joints}, 2], [..., {joints}]"
        )
    check_head(head)
    confidence = np.where(confidence > 0, confidence, 0)
    keypoints = np.where(confidence[..., None] > 0, keypoints, 0)
    mapped = np.zeros((*keypoints.shape[:-2], len(names), 2), np.float32)
    trust = np.zeros(mapped.shape[:-1], np.float32)
    for target, name in enumerate(names):
        if mapping.mean_of[name]:
            mapped[..., target, :], trust[..., target] = _mean(mapping, mapping.mean_of[name], keypoints, confidence)
    if head == "extrapolate" and mapping.ears:
        thorax, top = names.index("thorax"), mapping.target.head
        ears, trust_in_ears = _mean(mapping, mapping.ears, keypoints, confidence)
        mapped[..., top, :] = ears + ABOVE_EARS * (ears - mapped[..., thorax, :])
        trust[..., top] = np.minimum(trust_in_ears, trust[..., thorax]) * TRUST_IN_EXTRAPOLATED
    return np.where(trust[..., None] > 0, mapped, 0), trust


def _mean(
    mapping: JointMapping, joints: tuple[str, ...], keypoints: np.ndarray, confidence: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The mean of some source joints, `[..., 2]`, and the smallest of their confidences, `[...]`."""
    sources = [mapping.source.index(joint) for joint in joints]
    return keypoints[..., sources, :].mean(axis=-2), confidence[..., sources].min(axis=-1)


def _side(joint: str) -> str:
    """Left, "l", or right, "r", or "" for a joint whose name states no side."""
    return next((begin[0] for begin in OTHER_SIDE if joint.startswith(begin)), "")


def _mirrored(joint: str) -> str:
    """The name of the joint on the other side; the same name for a joint without a side."""
    return next((other + joint[len(begin) :] for begin, other in OTHER_SIDE.items() if joint.startswith(begin)), joint)


def source_indices(mapping: JointMapping) -> list[int]:
    """`[J]` index of each target joint in the source arrays, for mappings that only pick joints.

    Args:
        mapping: every target joint is exactly one source joint.

    Returns:
        J indices: `points[..., source_indices(mapping), :]` are the target's joints.

    Raises:
        ValueError: if a target joint is masked or the mean of several joints.

    Example:
        >>> from geolift.skeletons.joint_sets import HUMAN36M32
        >>> source_indices(HUMAN36M32)[:4]
        [0, 1, 2, 3]
    """
    return [mapping.source.index(source) for name in mapping.target.names for (source,) in (mapping.mean_of[name],)]
