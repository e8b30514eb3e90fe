"""A rig fitted to a person's joints: bones of one length for the whole clip, and their rotations in every frame."""

from typing import NamedTuple

import numpy as np

from geolift.rig.body import Body, measure
from geolift.rig.first_pose import first_pose
from geolift.rig.humanoid import HUMANOID
from geolift.skeletons.skeleton import Skeleton, is_human


class RigMotion(NamedTuple):
    """F frames of a rig of B bones; axes and units of the points that it was fitted to.

    Attributes:
        names: `[B]`, those of `HUMANOID`.
        parents: `[B]` index of each bone's parent, lower than its own; -1 for the first.
        offset: `[B, 3]` where a bone begins, from where its parent does, at rest.
        end: `[B, 3]` where a bone without children ends, from where it begins, at rest; 0 for the others.
        rotation: `[F, B, 3, 3]` of a bone relative to its parent; the first one's from the axes of the points.
        root: `[F, 3]` where the first bone begins.
        joints: `[F, B, 3]` where the bones begin, by all these.
        error: `[F]` mean distance from the joints that were given; NaN in frames without any.

    Example:
        >>> from geolift.skeletons import H36M17
        >>> motion = fit_rig(np.random.default_rng(0).normal(size=(4, 17, 3)), H36M17, 30.0)
        >>> motion.rotation.shape, motion.joints.shape
        ((4, 21, 3, 3), (4, 21, 3))
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offset: np.ndarray
    end: np.ndarray
    rotation: np.ndarray
    root: np.ndarray
    joints: np.ndarray
    error: np.ndarray


def fit_rig(
    points: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    *,
    weight: np.ndarray | None = None,
    contact: np.ndarray | None = None,
    floor: bool = False,
) -> RigMotion:
    """Fit the rig of a person to joints.

    Args:
        points: `[F, J, 3]` x to the left, y up, z ahead or any horizontal direction; NaN where missing.
        skeleton: `H36M17` or `H36M21`.
        fps: frames per second.
        weight: `[F, J]` how much each joint counts, 0 or more; None: all alike.
        contact: `[F, 2]` bool, whether the left and the right foot stand; None: not known.
        floor: whether y = 0 is the floor.

    Returns:
        The motion. Where joints are missing it passes through from the frames before to those after; at both ends it
        rests.

    Raises:
        ValueError: if the skeleton is another, or no frame shows the root.

    Source:
        Ours: weighted medians of lengths, and axes from directions between joints.

    Example:
        >>> from geolift.skeletons import H36M17
        >>> motion = fit_rig(np.random.default_rng(0).normal(size=(4, 17, 3)), H36M17, 30.0)
        >>> motion.names[:2], motion.error.shape
        (('Hips', 'Spine'), (4,))
    """
    if not is_human(skeleton):
        raise ValueError(f"skeleton: found {skeleton.names}, expected H36M17 or H36M21")
    points = np.asarray(points, np.float64)
    known = np.isfinite(points[..., 0])
    if not known[:, skeleton.root].any():
        raise ValueError(f"points: found {skeleton.names[skeleton.root]} in no frame, expected it at least once")
    weight = np.where(known, 1.0 if weight is None else weight, 0.0)
    body = measure(points, skeleton, weight)
    filled = fill(points, skeleton)
    axes = first_pose(filled, skeleton, body, fps)
    root = filled[:, skeleton.root]
    joints = place(axes, root, body.offset)
    return RigMotion(
        HUMANOID.names, HUMANOID.parents, body.offset, body.end, _relative(axes), root, joints,
        _error(points, axes, joints, body),
    )  # fmt: skip


def fill(points: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """`points` `[F, J, 3]` without gaps: bones pass evenly from the frame before to the one after, and rest at ends.

    Joints that no frame shows stay NaN, and so do those that hang from them.
    """
    times, filled = np.arange(len(points)), np.full(points.shape, np.nan)
    for joint in (skeleton.root, *skeleton.outwards):
        parent = skeleton.parents[joint]
        bone = points[:, joint] - (points[:, parent] if parent >= 0 else 0)
        known = np.isfinite(bone[:, 0])
        if known.any():
            bone = np.stack([np.interp(times, times[known], axis[known]) for axis in bone.T], axis=-1)
        guess = bone + (filled[:, parent] if parent >= 0 else 0)
        filled[:, joint] = np.where(np.isfinite(points[:, joint]), points[:, joint], guess)
    return filled


def place(axes: np.ndarray, root: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Where bones begin `[F, B, 3]`, by their axes `[F, B, 3, 3]`, the first one's place `[F, 3]`, and offsets."""
    joints = np.empty(axes.shape[:-1])
    for bone, parent in enumerate(HUMANOID.parents):
        joints[:, bone] = root if parent < 0 else joints[:, parent] + axes[:, parent] @ offset[bone]
    return joints


def _relative(axes: np.ndarray) -> np.ndarray:
    """Rotations `[F, B, 3, 3]` relative to the parents."""
    above = axes[:, np.maximum(HUMANOID.parents, 0)]
    above[:, 0] = np.eye(3)
    return above.swapaxes(-1, -2) @ axes


def _error(points: np.ndarray, axes: np.ndarray, joints: np.ndarray, body: Body) -> np.ndarray:
    """`[F]` mean distance of the body's joints from `points`; NaN where none is known."""
    bones = [marker.bone for marker in body.markers]
    offsets = np.array([marker.offset for marker in body.markers])
    found = joints[:, bones] + np.einsum("fbij,bj->fbi", axes[:, bones], offsets)
    away = np.linalg.norm(found - points[:, [marker.joint for marker in body.markers]], axis=-1)
    count = np.isfinite(away).sum(axis=1)
    return np.divide(np.nansum(away, axis=1), count, out=np.full(len(points), np.nan), where=count > 0)
