"""Lifted motion of one person as .bvh: a tree of rigid bones and its rotations (docs/formats.md).

The format has no points, but bones of constant length and angles: they are fitted to the points (`rigid_bones`).
"""

from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.output.mocap.axes import BVH_AXES, absence_notes, on_time_line, place, plain_names, units_notes
from geolift.output.mocap.rigid_bones import Fit, Joint, euler, fit, keep_last, rest_pose, tree
from geolift.output.result import Result

CENTIMETRES = 100.0  # in a metre; the format has no units, and programs take lengths for centimetres


def write_bvh(result: Result, path: Path) -> list[str]:
    """Write the motion of the only person: centimetres, degrees about Z, X, Y.

    World axes, if the result has them: x to the left, y up, z as the first person walks or faces. Else the camera's: x
    right, y up, z towards the camera.

    Where something is missing, the last rotation and position are kept; before the first, the first. A joint that no
    frame shows is left out, and its children hang from its parent.

    Args:
        result: of one person.
        path: the file.

    Returns:
        Notes; one says how far the file's joints are from the lifted ones.

    Raises:
        DatasetError: if no frame has the root, or joint names do not differ.

    Source:
        Biovision Hierarchy, a format without a specification (docs/formats.md).

    Example:
        >>> import tempfile
        >>> import geolift
        >>> poses = np.random.default_rng(0).uniform(100, 900, (4, 17, 2))
        >>> result = geolift.lift(geolift.record(poses, np.ones((4, 17)), joints=geolift.H36M17.names, fps=30.0))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     notes = write_bvh(result._replace(people=("0",)), Path(folder) / "motion.bvh")
        ...     (Path(folder) / "motion.bvh").read_text().split()[:3]
        ['HIERARCHY', 'ROOT', 'pelvis']
    """
    skeleton, scale = result.skeleton, CENTIMETRES if result.units == "m" else 1.0
    placed = place(result, BVH_AXES, "the last one is kept")
    points = scale * on_time_line(result, placed.points)[0]
    position = scale * on_time_line(result, placed.points[:, skeleton.root] + placed.position)[0]
    if not np.isfinite(position).any():
        raise DatasetError(f"{skeleton.names[skeleton.root]}: found it in no frame, expected it at least once")
    names, shown = plain_names(skeleton.names), np.isfinite(points[..., 0])
    joints = tree(names, skeleton, shown.any(axis=0))
    if len({joint.name for joint in joints}) < len(joints):
        raise DatasetError(f"joint names: found {names}, expected none called PARENT_to_CHILD")
    fitted = fit(points, joints, rest_pose(skeleton))
    _write_text(path, joints, fitted, keep_last(position), result.fps)
    return [
        *units_notes(result, "as they are, not in centimetres"),
        *_scale_notes(result),
        *placed.notes,
        *absence_notes(result, "the last pose is kept"),
        *_missing_notes(names, shown, result.frame),
        f"bones have one length each; mean distance from the lifted joints {_distance(result, points, joints, fitted)}",
    ]


def _scale_notes(result: Result) -> list[str]:
    """A note on what programs have to be set to, as the format has no units."""
    if result.units != "m":
        return []
    return [f"centimetres: for metres, import at scale 0.01; {result.fps:.6g} frames per second"]


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
        return f"{1000 / CENTIMETRES * np.nanmean(distance):.1f} mm"
    return f"{np.nanmean(distance):.3g} (normalised)"


def _write_text(path: Path, joints: list[Joint], fitted: Fit, position: np.ndarray, fps: float) -> None:
    angles = euler(fitted.rotation).reshape(len(position), -1)
    motion = np.concatenate([position, angles], axis=1)
    row = " ".join(["%.6f"] * motion.shape[1])
    lines = [
        "HIERARCHY",
        *_hierarchy(joints, fitted.offset, 0, ""),
        "MOTION",
        f"Frames: {len(position)}",
        f"Frame Time: {1 / fps:.10g}",
        *(row % tuple(values) for values in (motion.round(6) + 0.0).tolist()),  # 0.0 makes -0 a 0
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")


def _hierarchy(joints: list[Joint], offset: np.ndarray, place: int, indent: str) -> list[str]:
    """The lines of a joint and of all below it; a leaf has an end of length 0."""
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
