"""Skeletons as data: joint names, parents, left/right pairs, root, head; Human3.6M's 17 joints, and 21 with feet.

Only here do joints have numbers; all other code finds them by name or by their relations.
"""

import functools
from typing import NamedTuple

from geolift.errors import DatasetError

MOST_JOINTS = 1000
LONGEST_NAME = 1000  # characters


class Skeleton(NamedTuple):
    """A kinematic tree of J named joints.

    Attributes:
        names: `[J]` joint names, in the order of every array's joint axis.
        parents: `[J]` index of each joint's parent, which may stand anywhere in the list; -1 for the root.
        left: indices of the joints on the person's own left side.
        right: indices of their partners on the right, in the same order as `left`.
        head: index of the joint whose mean distance from the root sets the scale of a data set (paper: head top).

    Example:
        >>> skeleton = Skeleton(("hip", "left_hand", "right_hand", "nose"), (-1, 0, 0, 0), (1,), (2,), head=3)
        >>> skeleton.root, skeleton.bones, skeleton.mirrored
        (0, ((0, 1), (0, 2), (0, 3)), (0, 2, 1, 3))
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    head: int

    @property
    def root(self) -> int:
        """Index of the joint without a parent."""
        return self.parents.index(-1)

    @property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """The J - 1 bones as (parent, child) pairs."""
        return _bones(self.parents)

    def ancestors(self, joint: int) -> tuple[int, ...]:
        """The joints from the parent of `joint` up to the root; none for the root itself."""
        found = []
        while (joint := self.parents[joint]) >= 0:
            found.append(joint)
        return tuple(found)

    @property
    def outwards(self) -> tuple[int, ...]:
        """All joints but the root, every joint after its parent."""
        return tuple(sorted((child for _, child in self.bones), key=lambda joint: len(self.ancestors(joint))))

    @property
    def mirrored(self) -> tuple[int, ...]:
        """The joint order that swaps left and right: `pose[..., mirrored, :]` relabels a mirrored person."""
        partner = list(range(len(self.names)))
        for left, right in zip(self.left, self.right, strict=True):
            partner[left], partner[right] = right, left
        return tuple(partner)


@functools.lru_cache(maxsize=256)
def _bones(parents: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((parent, child) for child, parent in enumerate(parents) if parent >= 0)


def check_skeleton(skeleton: Skeleton) -> Skeleton:
    """Return `skeleton` if it is one tree whose left and right joints pair up.

    Args:
        skeleton: of J joints.

    Returns:
        `skeleton`, unchanged.

    Raises:
        ValueError: naming what was found and what was expected.

    Example:
        >>> check_skeleton(H36M17) is H36M17
        True
    """
    joints = len(skeleton.names)
    if joints > MOST_JOINTS or max(map(len, skeleton.names), default=0) > LONGEST_NAME:
        raise ValueError(f"skeleton: found {joints} joints, expected up to {MOST_JOINTS}, of {LONGEST_NAME} letters")
    if len(set(skeleton.names)) != joints:
        twice = sorted({name for name in skeleton.names if skeleton.names.count(name) > 1})
        raise ValueError(f"skeleton: joint names must differ, found {twice} more than once")
    if not all(skeleton.names):
        raise ValueError("skeleton: found a joint without a name")
    if len(skeleton.parents) != joints:
        raise ValueError(f"skeleton: {joints} joint names but {len(skeleton.parents)} parents")
    if skeleton.parents.count(-1) != 1:
        raise ValueError(f"skeleton: exactly one joint (the root) has parent -1, found {skeleton.parents.count(-1)}")
    for joint, parent in enumerate(skeleton.parents):
        above = joint
        for _ in range(joints):
            if above == -1:
                break
            if not -1 <= above < joints:
                raise ValueError(f"skeleton: parent {parent} of {skeleton.names[joint]} is not in -1..{joints - 1}")
            above = skeleton.parents[above]
        else:
            if above != -1:
                raise ValueError(f"skeleton: the parents of {skeleton.names[joint]} run in a circle")
    sides = skeleton.left + skeleton.right
    if len(skeleton.left) != len(skeleton.right) or len(set(sides)) != len(sides):
        raise ValueError(f"skeleton: left {skeleton.left} and right {skeleton.right} must pair different joints")
    if not all(0 <= joint < joints for joint in (*sides, skeleton.head)):
        raise ValueError(f"skeleton: left, right and head must be joint indices in 0..{joints - 1}")
    if skeleton.head == skeleton.root:
        raise ValueError(
            f"skeleton: head and root are both {skeleton.names[skeleton.head]}; their distance is the scale"
        )
    return skeleton


# The 17 joints of Human3.6M that the field trains on, in VideoPose3D's order. The joint named "neck" is the field's
# "neck/nose" (32-joint index 14), "head" is the top of the head.
H36M17 = Skeleton(
    names=(
        "pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "spine", "thorax",
        "neck", "head", "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
    ),
    parents=(-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15),
    left=(4, 5, 6, 11, 12, 13),
    right=(1, 2, 3, 14, 15, 16),
    head=10,
)  # fmt: skip

# The same with toes and heels, which join the ankles: what is lifted of people whose keypoints have feet. A toe is at
# the ball or the tip of the foot, whichever the keypoints mean, halfway between big and small toe where they have both.
H36M21 = Skeleton(
    names=(*H36M17.names, "left_toe", "left_heel", "right_toe", "right_heel"),
    parents=(*H36M17.parents, 6, 6, 3, 3),
    left=(*H36M17.left, 17, 18),
    right=(*H36M17.right, 19, 20),
    head=H36M17.head,
)
FEET = H36M21.names[len(H36M17.names) :]


def is_human(skeleton: Skeleton) -> bool:
    """Whether a skeleton is that of a person, with toes and heels or without: `H36M17` or `H36M21`.

    Args:
        skeleton: of J joints.

    Returns:
        True for these two alone.

    Example:
        >>> is_human(H36M21), H36M21.names[:17] == H36M17.names
        (True, True)
    """
    return skeleton in (H36M17, H36M21)


def body_words(skeleton: Skeleton) -> tuple[str, str]:
    """What one body of a skeleton is called in messages, and several: people, or individuals, as DeepLabCut has them.

    Args:
        skeleton: of J joints.

    Returns:
        The noun in the singular and in the plural.

    Example:
        >>> body_words(H36M17), body_words(Skeleton(("tail", "nose"), (-1, 0), (), (), head=1))
        (('person', 'people'), ('individual', 'individuals'))
    """
    return ("person", "people") if is_human(skeleton) else ("individual", "individuals")


def expect_skeleton(found: Skeleton, expected: Skeleton) -> None:
    """Refuse a skeleton with other joints, another order or other sides.

    Raises:
        DatasetError: naming what differs.
    """
    if found.names != expected.names:
        pairs = enumerate(zip(found.names, expected.names, strict=False))
        differ = [f"{i}: {a} for {b}" for i, (a, b) in pairs if a != b]
        raise DatasetError(
            f"joint_names: found {len(found.names)} joints, expected the model's {len(expected.names)} in its order; "
            f"they differ at {', '.join(differ) or 'the end'}"
        )
    for key in Skeleton._fields:
        if getattr(found, key) != getattr(expected, key):
            raise DatasetError(f"{key}: found {getattr(found, key)}, expected the model's {getattr(expected, key)}")
