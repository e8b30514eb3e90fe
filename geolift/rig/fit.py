"""A rig fitted to a person's joints: bones of one length for the whole clip, and their rotations in every frame."""

from typing import NamedTuple

import numpy as np

from geolift.rig.body import SIDES, Body, measure
from geolift.rig.feet import ankle_height, on_floor, raised
from geolift.rig.first_pose import first_pose
from geolift.rig.hands import hands_above_floor
from geolift.rig.humanoid import HUMANOID
from geolift.rig.inverse_kinematics import forward, relative, solve
from geolift.skeletons.skeleton import Skeleton, is_human

GAP = 0.02  # how much the place of a joint counts that is missing and was filled from the frames before and after
STANDING = 3.0  # how much the ankle of a foot that stands counts: feet slide less


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
        weight: `[F, J]` how much each joint counts against the others, 0 or more; None: all alike.
        contact: `[F, 2]` bool, whether the left and the right foot stand; None: not known.
        floor: whether y = 0 is the floor.

    Returns:
        The motion. Where joints are missing it passes through from the frames before to those after; at both ends it
        rests.

    Raises:
        ValueError: if the skeleton is another, or no frame shows the root.

    Source:
        docs/method.md, eq. 37 and 38 (ours).

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
    weight /= weight[known].mean() or 1.0  # against each other, and not against what draws bones to rest
    body, filled = measure(points, skeleton, weight), fill(points, skeleton)
    standing = contact if floor and contact is not None else np.zeros((len(points), 2), bool)
    ankles = [skeleton.names.index(f"{side}_ankle") for side in SIDES]
    if standing.any():
        height = ankle_height(points[:, ankles, 1], standing, body.stature)
        body = measure(points, skeleton, weight, height)
        filled[:, ankles, 1] = raised(filled[:, ankles, 1], standing, height * body.stature, fps)
    first = relative(first_pose(filled, skeleton, body, fps))
    sure = np.where(known, weight, np.where(np.isfinite(filled[..., 0]), GAP, 0.0))
    sure[:, ankles] *= np.where(standing, STANDING, 1.0)
    shown = {side: bool(known[:, _foot(skeleton, side)].any()) for side in SIDES}
    shown["head"], shown["nose"] = bool(known[:, skeleton.head].any()), body.nose
    rotation, root = solve(filled, sure, body, first, shown)
    axes, joints = forward(rotation, root, body.offset)
    if floor:
        stands = {side: standing[:, i] for i, side in enumerate(SIDES) if not shown[side]}
        rotation = on_floor(rotation, axes, joints, body, stands, fps)
        rotation = hands_above_floor(rotation, axes, joints, body, fps)
        axes, joints = forward(rotation, root, body.offset)
    return RigMotion(
        HUMANOID.names, HUMANOID.parents, body.offset, body.end, rotation, root, joints,
        _error(points, axes, joints, body),
    )  # fmt: skip


def _foot(skeleton: Skeleton, side: str) -> list[int]:
    """The joints of a foot below its ankle."""
    names = (f"{side}_heel", f"{side}_toe")
    return [skeleton.names.index(name) for name in names if name in skeleton.names]


def fill(points: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """`points` `[F, J, 3]` without gaps: bones pass evenly from the frame before to the one after, and rest at ends.

    A bone leads from the next joint above that any frame shows. Joints that no frame shows stay NaN.
    """
    filled, ever = np.full(points.shape, np.nan), np.isfinite(points[..., 0]).any(axis=0)
    for joint in (skeleton.root, *skeleton.outwards):
        parent = next((above for above in skeleton.ancestors(joint) if ever[above]), None)
        start = 0 if parent is None else filled[:, parent]
        guess = start + passed(points[:, joint] - start)
        filled[:, joint] = np.where(np.isfinite(points[:, joint]), points[:, joint], guess)
    return filled


def passed(values: np.ndarray) -> np.ndarray:
    """`[F, D]` without NaN: evenly from the frame before to the one after, at both ends the nearest; all NaN stays."""
    times, known = np.arange(len(values)), np.isfinite(values[:, 0])
    if not known.any():
        return values
    return np.stack([np.interp(times, times[known], column[known]) for column in values.T], axis=-1)


def _error(points: np.ndarray, axes: np.ndarray, joints: np.ndarray, body: Body) -> np.ndarray:
    """`[F]` mean distance of the body's joints from `points`; NaN where none is known."""
    bones = [marker.bone for marker in body.markers]
    offsets = np.array([marker.offset for marker in body.markers])
    found = joints[:, bones] + np.einsum("fbij,bj->fbi", axes[:, bones], offsets)
    away = np.linalg.norm(found - points[:, [marker.joint for marker in body.markers]], axis=-1)
    count = np.isfinite(away).sum(axis=1)
    return np.divide(np.nansum(away, axis=1), count, out=np.full(len(points), np.nan), where=count > 0)
