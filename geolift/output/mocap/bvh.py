"""Lifted motion of one person as .bvh: a skeleton of rigid bones fitted to the person, and its rotations.

The format has no points: it has bones of constant length, here the median over all frames, and angles. At rest, without
rotations, the joints of Human3.6M-17 stand in a T-pose, and in other skeletons each bone points where it points in the
first frame that shows it.

A joint with one child turns, from its parent's orientation, by the smallest rotation that aims the child's bone: points
do not tell how far a bone is twisted about itself, so it is not. A joint with several children takes the orientation
that fits all their bones best; each of them hangs from a joint of no length, PARENT_to_CHILD, that turns by what is
left. So every bone points as it was lifted, and only bone lengths differ from the lifted points.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.output.mocap.axes import Y_UP, absence, placed, spread, tokens, unscaled
from geolift.output.result import Result
from geolift.skeletons.skeleton import Skeleton

CENTIMETRES = 100.0  # in a metre; the format has no units, and programs take lengths for centimetres
SHORTEST = 1e-9  # a bone shorter than this points nowhere
STIFFNESS = 1e-3  # pull towards the parent's orientation, which decides what several bones in one line leave open

# Where bones point in the T-pose of a person who faces +z; y up, the person's left at +x.
UP, DOWN, LEFT, RIGHT = (0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0)
T_POSE = {
    "right_hip": RIGHT, "right_knee": DOWN, "right_ankle": DOWN, "left_hip": LEFT, "left_knee": DOWN,
    "left_ankle": DOWN, "spine": UP, "thorax": UP, "neck": UP, "head": UP, "left_shoulder": LEFT, "left_elbow": LEFT,
    "left_wrist": LEFT, "right_shoulder": RIGHT, "right_elbow": RIGHT, "right_wrist": RIGHT,
}  # fmt: skip


class Joint(NamedTuple):
    """A joint of the file.

    Attributes:
        name: what it is called.
        joint: the skeleton's joint that it is; for PARENT_to_CHILD, the parent.
        between: whether it is a PARENT_to_CHILD.
        parent: its parent's place in the list of the file's joints, which is before its own; -1: none.
        aims: the skeleton's joints whose bones it turns.
    """

    name: str
    joint: int
    between: bool
    parent: int
    aims: tuple[int, ...]


class Fit(NamedTuple):
    """Rigid bones fitted to F frames; B joints of the file.

    Attributes:
        offset: `[B, 3]` from the parent, at rest.
        rotation: `[F, B, 3, 3]` of a joint in its parent.
        points: `[F, B, 3]` where that puts the joints, the root at the origin.
    """

    offset: np.ndarray
    rotation: np.ndarray
    points: np.ndarray


def write(result: Result, path: Path) -> list[str]:
    """Write the only person's motion: centimetres, x right, y up, z towards the camera; degrees in the order Z, X, Y.

    Where something is missing, the last rotation and position are held; before the first, the first. A joint that no
    frame shows is left out, and its children hang from its parent.

    Returns:
        Notes; one says how far the file's joints are from the lifted ones.

    Raises:
        DatasetError: if no frame has the root, or joint names cannot be told apart.
    """
    skeleton, scale = result.skeleton, CENTIMETRES if result.units == "m" else 1.0
    moved, notes = placed(result, "the last one is held")
    points = scale * spread(result, result.points, Y_UP)[0]
    position = scale * spread(result, moved[:, skeleton.root], Y_UP)[0]
    if not np.isfinite(position).any():
        raise DatasetError(f"{skeleton.names[skeleton.root]}: found it in no frame, expected it at least once")
    names, shown = tokens(skeleton.names), np.isfinite(points[..., 0])
    joints = tree(names, skeleton, shown.any(axis=0))
    if len({joint.name for joint in joints}) < len(joints):
        raise DatasetError(f"joint names: found {names}, expected none called PARENT_to_CHILD")

    fitted = fit(points, joints, rest_pose(skeleton))
    own = [i for i, joint in enumerate(joints) if not joint.between]
    away = np.linalg.norm(fitted.points[:, own] - points[:, [joints[i].joint for i in own]], axis=-1)
    away = np.nanmean(away) / scale
    away = f"{1000 * away:.1f} mm" if result.units == "m" else f"{away:.3g} (normalised)"
    notes = [*unscaled(result, "as they are, not in centimetres"), *notes, *absence(result, "the last pose is held")]
    if never := [name for name, once in zip(names, shown.any(axis=0), strict=True) if not once]:
        notes.append(f"left out, as no frame shows them: {', '.join(never)}")
    if missing := int((~shown[result.frame][:, shown.any(axis=0)]).sum()):
        notes.append(f"{missing} missing joints: the last rotation is held")
    notes.append(f"bones have one length each; mean distance from the lifted joints {away}")

    angles = euler(fitted.rotation).reshape(len(points), -1)
    motion = np.concatenate([_held(position), angles], axis=1)
    row = " ".join(["%.6f"] * motion.shape[1])
    lines = [
        "HIERARCHY",
        *_hierarchy(joints, fitted.offset, 0, ""),
        "MOTION",
        f"Frames: {len(points)}",
        f"Frame Time: {1 / result.fps:.10g}",
        *(row % tuple(values) for values in (motion.round(6) + 0.0).tolist()),  # 0.0 makes -0 a 0
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")
    return notes


def rest_pose(skeleton: Skeleton) -> dict[int, np.ndarray]:
    """Directions of bones, by the joint at their end: the T-pose, or none for skeletons with other joints."""
    ends = {joint: name for joint, name in enumerate(skeleton.names) if joint != skeleton.root}
    if not T_POSE.keys() >= set(ends.values()):
        return {}
    return {joint: np.array(T_POSE[name], np.float64) for joint, name in ends.items()}


def tree(names: list[str], skeleton: Skeleton, shown: np.ndarray) -> list[Joint]:
    """The joints of the file, in its order, for those of the skeleton that are `shown` `[J]`; the root must be."""
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
    """Fit rigid bones to `points` `[F, J, 3]`, NaN where missing; `rest`: directions by joint, where they are given."""
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
    rotation, turned = np.empty((2, frames, len(joints), 3, 3))
    fitted = np.zeros((frames, len(joints), 3))
    for i, joint in enumerate(joints):
        above = turned[:, joint.parent] if i else np.broadcast_to(np.eye(3), (frames, 3, 3))
        if i and not joint.between:
            offset[i] = rest[joint.joint] * length[joint.joint]
        fitted[:, i] = fitted[:, joint.parent] + above @ offset[i]  # the root's: zeros
        aims = [np.einsum("fji,fj->fi", above, direction[child]) for child in joint.aims]
        if not aims:
            rotation[:, i] = np.eye(3)
        elif len(aims) == 1:
            rotation[:, i] = _held(_smallest_rotation(rest[joint.aims[0]], aims[0]))
        else:
            rotation[:, i] = _held(_best_rotation(np.stack([rest[child] for child in joint.aims]), np.stack(aims, 1)))
        turned[:, i] = above @ rotation[:, i]
    return Fit(offset, rotation, fitted)


def euler(rotation: np.ndarray) -> np.ndarray:
    """Angles `[F, ..., 3]` in degrees about z, x, y of `[F, ..., 3, 3]` = Rz Rx Ry, without jumps from frame to frame.

    Of the two ways to write a rotation, (z, x, y) and (z + 180, 180 - x, y + 180), each frame takes the one nearer to
    the frame before it; so x may run past 90 degrees, and all angles past 180.
    """
    r = rotation
    level = np.hypot(r[..., 0, 1], r[..., 1, 1])
    y = np.arctan2(-r[..., 2, 0], r[..., 2, 2])
    z = np.arctan2(-r[..., 0, 1], r[..., 1, 1])
    locked = level < 1e-7  # x is 90 degrees up or down: z and y turn about one axis, so y stays and z does it all
    last = np.arange(len(r)).reshape(-1, *[1] * (locked.ndim - 1))
    y = np.take_along_axis(y, np.maximum.accumulate(np.where(locked, 0, last)), axis=0)
    z = np.where(locked, np.arctan2(r[..., 1, 0], r[..., 0, 0]) - np.sign(r[..., 2, 1]) * y, z)
    one = np.degrees(np.stack([z, np.arctan2(r[..., 2, 1], level), y], axis=-1))
    other = one * (1, -1, 1) + 180
    step = [np.abs((to[1:] - one[:-1] + 180) % 360 - 180).sum(axis=-1, keepdims=True) for to in (one, other)]
    changes = np.cumsum(step[1] < step[0], axis=0) % 2 == 1  # stays with one, or goes over, as seen from either
    chosen = np.concatenate([one[:1], np.where(changes, other[1:], one[1:])])
    return np.unwrap(chosen, axis=0, period=360)


def _smallest_rotation(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The rotations `[F, 3, 3]` that turn the unit vector `start` `[3]` to `end` `[F, 3]` without twist; NaN stays NaN.

    Two half turns: one about `start`, one about the middle between both. Opposite vectors have no smallest one: the
    middle is then any vector square to them.
    """
    middle = start + end
    length = np.linalg.norm(middle, axis=-1, keepdims=True)
    square = np.cross(start, np.eye(3)[np.abs(start).argmin()])
    middle = np.where(length < SHORTEST, square / np.linalg.norm(square), middle / np.maximum(length, SHORTEST))
    return _half_turn(middle) @ _half_turn(start)


def _half_turn(axis: np.ndarray) -> np.ndarray:
    return 2 * axis[..., :, None] * axis[..., None, :] - np.eye(3)


def _best_rotation(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The rotations `[F, 3, 3]` that bring `start` `[C, 3]` nearest to `end` `[F, C, 3]` (Kabsch); NaN if any is."""
    whole = np.isfinite(end).all(axis=(1, 2))
    u, _, vt = np.linalg.svd(np.einsum("fci,cj->fij", end[whole], start) + STIFFNESS * np.eye(3))
    u[..., 2] *= np.linalg.det(u @ vt)[:, None]
    best = np.full((len(end), 3, 3), np.nan)
    best[whole] = u @ vt
    return best


def _held(values: np.ndarray) -> np.ndarray:
    """`values` `[F, ...]` with the last known one in place of NaN, or the first; rotations nobody knows are none."""
    known = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if not known.any():
        return np.broadcast_to(np.eye(3), values.shape)
    return values[np.maximum.accumulate(np.where(known, np.arange(len(values)), known.argmax()))]


def _hierarchy(joints: list[Joint], offset: np.ndarray, place: int, indent: str) -> list[str]:
    """The lines of a joint and of all below it; a leaf ends where it is."""
    at, inner = "{}OFFSET {:.6f} {:.6f} {:.6f}", indent + "\t"
    root = joints[place].parent < 0
    channels = "6 Xposition Yposition Zposition" if root else "3"
    lines = [f"{indent}{'ROOT' if root else 'JOINT'} {joints[place].name}", indent + "{"]
    lines += [at.format(inner, *offset[place]), f"{inner}CHANNELS {channels} Zrotation Xrotation Yrotation"]
    below = [i for i, joint in enumerate(joints) if joint.parent == place]
    for child in below:
        lines += _hierarchy(joints, offset, child, inner)
    if not below:
        lines += [inner + "End Site", inner + "{", at.format(inner + "\t", 0, 0, 0), inner + "}"]
    return [*lines, indent + "}"]
