"""The motion of one person or animal of any skeleton as that of a tree of its own joints, with rigid bones."""

from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.output.mocap.axes import BVH_AXES, on_time_line, place, plain_names
from geolift.output.mocap.rigid_bones import Fit, Joint, fit, keep_last, rest_pose, tree
from geolift.output.result import Result

KEPT = "the last one is kept"


class TreeMotion(NamedTuple):
    """F frames of a tree of B joints; axes and units of the result.

    Attributes:
        joints: `[B]`, parents first.
        offset: `[B, 3]` from the parent, at rest.
        rotation: `[F, B, 3, 3]` relative to the parent.
        root: `[F, 3]` where the first joint is.
    """

    joints: list[Joint]
    offset: np.ndarray
    rotation: np.ndarray
    root: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        """`[B]` names of the joints."""
        return tuple(joint.name for joint in self.joints)

    @property
    def parents(self) -> tuple[int, ...]:
        """`[B]` index of each joint's parent, lower than its own; -1 for the first."""
        return tuple(joint.parent for joint in self.joints)


def tree_motion(result: Result, person: int) -> tuple[TreeMotion, list[str]]:
    """The motion of a person, x left, y up, z ahead (camera axes: x right, z towards the camera), and notes.

    Where something is missing, the last rotation and position are kept; before the first, the first. A joint that no
    frame shows is left out, and its children hang from its parent.

    Args:
        result: whose points.
        person: index into its people.

    Raises:
        DatasetError: if no frame has the root, or joint names do not differ.
    """
    skeleton, placed = result.skeleton, place(result, BVH_AXES, KEPT)
    points = on_time_line(result, placed.points)[person]
    root = on_time_line(result, placed.points[:, skeleton.root] + placed.position)[person]
    if not np.isfinite(root).any():
        raise DatasetError(f"{skeleton.names[skeleton.root]}: found it in no frame, expected it at least once")
    names, shown = plain_names(skeleton.names), np.isfinite(points[..., 0])
    joints = tree(names, skeleton, shown.any(axis=0))
    if len({joint.name for joint in joints}) < len(joints):
        raise DatasetError(f"joint names: found {names}, expected none called PARENT_to_CHILD")
    fitted = fit(points, joints, rest_pose(skeleton))
    return TreeMotion(joints, fitted.offset, fitted.rotation, keep_last(root)), [
        *placed.notes,
        *_missing_notes(names, shown, result.frame[result.person == person]),
        f"bones have one length each; mean distance from the lifted joints {_distance(result, points, joints, fitted)}",
    ]


def _missing_notes(names: list[str], shown: np.ndarray, frame: np.ndarray) -> list[str]:
    """Notes on joints that no frame shows, and on those that some lack; `shown` `[F, J]`."""
    ever, notes = shown.any(axis=0), []
    if not ever.all():
        never = ", ".join(name for name, once in zip(names, ever, strict=True) if not once)
        notes.append(f"left out, as no frame shows them: {never}")
    if missing := int((~shown[frame][:, ever]).sum()):
        notes.append(f"{missing} missing joints: the last rotation is kept")
    return notes


def _distance(result: Result, points: np.ndarray, joints: list[Joint], fitted: Fit) -> str:
    """Mean distance of the fitted joints from the lifted ones, with its unit."""
    kept = [i for i, joint in enumerate(joints) if not joint.between]
    distance = np.linalg.norm(fitted.points[:, kept] - points[:, [joints[i].joint for i in kept]], axis=-1)
    if result.units == "m":
        return f"{1000 * np.nanmean(distance):.1f} mm"
    return f"{np.nanmean(distance):.3g} (normalised)"
