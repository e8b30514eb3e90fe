"""The motion of each person of a result as that of a rig, for the formats that have bones and rotations."""

import hashlib
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.output.mocap.axes import BVH_AXES, on_time_line, place
from geolift.output.mocap.lofts import rest_points
from geolift.output.result import Result
from geolift.rig.body import BALL_HEIGHT
from geolift.rig.fit import RigMotion, fit_rig, passed
from geolift.rig.inverse_kinematics import forward
from geolift.skeletons.skeleton import Skeleton

FILLED = 0.1  # how much a joint that was filled in counts, against one that was seen
UNSURE = 0.05  # metres of uncertainty at which a joint counts half
LOWEST = 5  # percentile of a clip's frames: single ones may be lower
BETWEEN = "bones pass evenly from the frame before to the frame after"

KEPT = 8  # motions of people
_FITTED: dict[bytes, RigMotion] = {}  # by what they were fitted to, the oldest first


class PersonMotion(NamedTuple):
    """A person of a result.

    Attributes:
        motion: of all F frames of the result.
        notes: what was filled, assumed or left out, and how far the rig is from the lifted joints; a line each.
    """

    motion: RigMotion
    notes: list[str]


def rig_motions(result: Result) -> list[PersonMotion]:
    """The motion of each person: x left, y up, z ahead, in the units of the result.

    World axes, if the result has them: then the floor is at y = 0; where none is known, people are raised until they
    stand at 0. Else the camera's, with y up in the image and z towards the camera.

    Args:
        result: of people (`is_human`).

    Returns:
        One for each of `result.people`.

    Raises:
        DatasetError: if no frame has the root of a person, or other joints.
    """
    placed = place(result, BVH_AXES, BETWEEN)
    points = on_time_line(result, placed.points)
    points += np.array([passed(position) for position in on_time_line(result, placed.position)])[:, :, None]
    weight = np.nan_to_num(on_time_line(result, _weight(result)))
    contact = None if result.contact is None else on_time_line(result, result.contact) == 1
    floor = result.world_points is not None and result.floor is not None and bool(np.isfinite(result.floor).any())
    people = []
    for i, person in enumerate(result.people):
        known = np.isfinite(points[i, ..., 0])
        if not known[:, result.skeleton.root].any():
            root = result.skeleton.names[result.skeleton.root]
            raise DatasetError(f"{person}: {root}: found it in no frame, expected it at least once")
        if known.any(axis=0).sum() == 1:
            raise DatasetError(f"{person}: found the root alone, expected other joints (does --trust leave all out?)")
        feet = None if contact is None else contact[i]
        motion = _fitted(points[i], result.skeleton, result.fps or 30.0, weight[i], feet, floor)
        raised = []
        if result.world_points is not None and not floor:
            motion, raised = _raised(motion, result.frame[result.person == i])
        people.append(PersonMotion(motion, [*placed.notes, *raised, *_notes(result, i, known, motion)]))
    return people


def _fitted(
    points: np.ndarray, skeleton: Skeleton, fps: float, weight: np.ndarray, contact: np.ndarray | None, floor: bool
) -> RigMotion:
    """`fit_rig`; a command that writes several files fits the same person once."""
    key = hashlib.sha256(repr((skeleton, fps, floor, points.shape, contact is None)).encode())
    for values in (points, weight, () if contact is None else contact):
        key.update(np.ascontiguousarray(values))
    found = _FITTED.pop(key.digest(), None)
    if found is None:
        found = fit_rig(points, skeleton, fps, weight=weight, contact=contact, floor=floor)
    _FITTED[key.digest()] = found  # the newest last
    while len(_FITTED) > KEPT:
        del _FITTED[next(iter(_FITTED))]
    return found


def _raised(motion: RigMotion, there: np.ndarray) -> tuple[RigMotion, list[str]]:
    """A motion of which the lowest points are at the height 0, and a note, as its heights are from the first root.

    Args:
        motion: in world axes without a floor.
        there: the frames that show the person.
    """
    axes, joints = forward(motion.rotation[there], motion.root[there], motion.offset)
    tips = joints + np.einsum("fbij,bj->fbi", axes, motion.end)
    lowest = np.minimum(joints[..., 1].min(axis=1), tips[..., 1].min(axis=1))
    rest = rest_points(motion.parents, motion.offset)
    sole = BALL_HEIGHT * np.ptp(np.concatenate([rest, rest + motion.end])[:, 1])
    up = np.array([0, sole - np.percentile(lowest, LOWEST), 0])
    note = f"no floor is known: raised by {up[1]:.2f} m, until the lowest points in the clip are at 0"
    return motion._replace(root=motion.root + up, joints=motion.joints + up), [note]


def _weight(result: Result) -> np.ndarray:
    """`[N, J]` how much joints count: less where they were filled in, or are not sure."""
    weight = np.where(result.filled, FILLED, 1.0)
    if result.uncertainty is not None and result.units == "m":
        weight /= 1 + (np.nan_to_num(result.uncertainty.astype(np.float64)) / UNSURE) ** 2
    return weight


def _notes(result: Result, person: int, known: np.ndarray, motion: RigMotion) -> list[str]:
    """Lines on a person whose joints are `known` `[F, J]`."""
    notes, names, seen = [], np.array(result.skeleton.names), known.any(axis=0)
    if not seen.all():
        hang = " (arms hang)" if any(name.endswith("elbow") for name in names[~seen]) else ""
        notes.append(f"in the rest pose{hang}, as no frame shows them: {', '.join(names[~seen])}")
    there = result.frame[result.person == person]
    if missing := int((~known[there][:, seen]).sum()):
        notes.append(f"{missing} missing joints: {BETWEEN}")
    error = np.nanmean(motion.error)
    off = f"{1000 * error:.1f} mm" if result.units == "m" else f"{error:.3g} (normalised)"
    notes.append(f"bones have one length each, left and right alike; mean distance from the lifted joints {off}")
    return notes
