"""Rigid bones fitted to the lifted points of one person: constant lengths, and rotations from joint to joint.

Every bone has its median length over all frames. In the rest pose, without rotations, the joints of Human3.6M-17 stand
in a T-pose, and in other skeletons each bone points where it points in the first frame that shows it.

A joint with one child rotates, from its parent's orientation, by the smallest rotation that aims the child's bone:
points do not show how far a bone is twisted about itself, so it is not. A joint with several children takes the
orientation that fits all their bones best; each of them hangs from a joint of length 0, PARENT_to_CHILD, that rotates
by what is left. So every bone points as it was lifted, and only bone lengths differ from the lifted points.
"""

from typing import NamedTuple

import numpy as np

from geolift.rotations import SHORTEST, smallest
from geolift.skeletons.skeleton import Skeleton

STIFFNESS = 1e-3  # pull towards the parent's orientation, which decides what several bones in one line leave open

# Where bones point in the T-pose of a person who faces +z; y up, the person's left at +x.
UP, DOWN, LEFT, RIGHT = (0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0)
T_POSE = {
    "right_hip": RIGHT, "right_knee": DOWN, "right_ankle": DOWN, "left_hip": LEFT, "left_knee": DOWN,
    "left_ankle": DOWN, "spine": UP, "thorax": UP, "neck": UP, "head": UP, "left_shoulder": LEFT, "left_elbow": LEFT,
    "left_wrist": LEFT, "right_shoulder": RIGHT, "right_elbow": RIGHT, "right_wrist": RIGHT,
}  # fmt: skip


class Joint(NamedTuple):
    """A joint of the tree.

    Attributes:
        name: its name, unique in the tree.
        joint: index of its joint in the skeleton; of PARENT_to_CHILD, the parent's.
        between: whether it is a PARENT_to_CHILD.
        parent: index of its parent in the tree, lower than its own; -1: none.
        aims: the skeleton's joints whose bones it rotates.
    """

    name: str
    joint: int
    between: bool
    parent: int
    aims: tuple[int, ...]


class Fit(NamedTuple):
    """Rigid bones fitted to F frames; B joints of the tree.

    Attributes:
        offset: `[B, 3]` from the parent, in the rest pose.
        rotation: `[F, B, 3, 3]` of a joint relative to its parent.
        points: `[F, B, 3]` the joints that follow from these, the root at the origin.
    """

    offset: np.ndarray
    rotation: np.ndarray
    points: np.ndarray


def rest_pose(skeleton: Skeleton) -> dict[int, np.ndarray]:
    """Directions of bones in the rest pose, by the joint at their end: the T-pose; empty for other joints."""
    ends = {joint: name for joint, name in enumerate(skeleton.names) if joint != skeleton.root}
    if not T_POSE.keys() >= set(ends.values()):
        return {}
    return {joint: np.array(T_POSE[name], np.float64) for joint, name in ends.items()}


def tree(names: list[str], skeleton: Skeleton, shown: np.ndarray) -> list[Joint]:
    """The joints of the tree, parents first, for those of the skeleton that are `shown` `[J]`; the root must be.

    Joints that are not shown are left out, and their children hang from their parent.
    """
    children = {joint: [] for joint in range(-1, len(names))}
    for joint in np.flatnonzero(shown).tolist():
        children[next((above for above in skeleton.ancestors(joint) if shown[above]), -1)].append(joint)
    joints = []

    def grow(joint: int, parent: int) -> None:
        below, place = children[joint], len(joints)
        joints.append(Joint(names[joint], joint, False, parent, tuple(below)))
        for child in below:
            parent = place
            if len(below) > 1:
                parent = len(joints)
                joints.append(Joint(f"{names[joint]}_to_{names[child]}", joint, True, place, (child,)))
            grow(child, parent)

    grow(skeleton.root, -1)
    return joints


def fit(points: np.ndarray, joints: list[Joint], rest: dict[int, np.ndarray]) -> Fit:
    """Fit rigid bones to `points` `[F, J, 3]`, NaN where missing.

    Where something is missing, the last rotation is kept; before the first, the first.

    Args:
        points: in any units, y up.
        joints: the tree.
        rest: directions of bones in the rest pose, by the joint at their end; the others are set here.
    """
    frames = len(points)
    rest, direction, length = dict(rest), {}, {}
    for joint in joints:
        for child in joint.aims:
            bone = points[:, child] - points[:, joint.joint]
            long = np.linalg.norm(bone, axis=-1)
            whole = long > SHORTEST  # false for NaN
            length[child] = np.median(long[whole]) if whole.any() else 0.0
            direction[child] = np.where(whole, bone.T / np.where(whole, long, 1), np.nan).T
            rest.setdefault(child, direction[child][whole.argmax()] if whole.any() else np.array(UP, np.float64))

    offset = np.zeros((len(joints), 3))
    rotation, orientation = np.empty((2, frames, len(joints), 3, 3))
    fitted = np.zeros((frames, len(joints), 3))
    for i, joint in enumerate(joints):
        above = orientation[:, joint.parent] if i else np.broadcast_to(np.eye(3), (frames, 3, 3))
        if i and not joint.between:
            offset[i] = rest[joint.joint] * length[joint.joint]
        fitted[:, i] = fitted[:, joint.parent] + above @ offset[i]  # the root's: zeros
        aims = [np.einsum("fji,fj->fi", above, direction[child]) for child in joint.aims]
        if not aims:
            rotation[:, i] = np.eye(3)
        elif len(aims) == 1:
            rotation[:, i] = keep_last(smallest(rest[joint.aims[0]], aims[0]))
        else:
            directions = np.stack([rest[child] for child in joint.aims])
            rotation[:, i] = keep_last(_best_rotation(directions, np.stack(aims, 1)))
        orientation[:, i] = above @ rotation[:, i]
    return Fit(offset, rotation, fitted)


def _best_rotation(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The rotations `[F, 3, 3]` that bring `start` `[C, 3]` nearest to `end` `[F, C, 3]` (Kabsch); NaN if any is."""
    whole = np.isfinite(end).all(axis=(1, 2))
    u, _, vt = np.linalg.svd(np.einsum("fci,cj->fij", end[whole], start) + STIFFNESS * np.eye(3))
    u[..., 2] *= np.linalg.det(u @ vt)[:, None]
    best = np.full((len(end), 3, 3), np.nan)
    best[whole] = u @ vt
    return best


def keep_last(values: np.ndarray) -> np.ndarray:
    """`values` `[F, ...]` with the last known one in place of NaN, before the first the first; all NaN: no rotation."""
    known = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if not known.any():
        return np.broadcast_to(np.eye(3), values.shape)
    return values[np.maximum.accumulate(np.where(known, np.arange(len(values)), known.argmax()))]
