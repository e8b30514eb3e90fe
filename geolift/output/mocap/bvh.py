"""Lifted motion of one person or animal as .bvh: a tree of rigid bones and its rotations (docs/motion-files.md).

The format has no points, but bones of constant length and angles. People get the rig of `geolift.rig`; other skeletons
a tree of their own joints (`tree_motion`).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.output.mocap.axes import absence_notes, units_notes
from geolift.output.mocap.rig_motion import BETWEEN, rig_motions
from geolift.output.mocap.tree_motion import tree_motion
from geolift.output.result import Result
from geolift.rig.humanoid import HUMANOID
from geolift.rig.names import bone_names
from geolift.rotations import ORDERS, calm_order, euler
from geolift.skeletons.skeleton import is_human

CENTIMETRES = 100.0  # in a metre; the format has no units, and programs take lengths for centimetres


class Bones(NamedTuple):
    """What a file holds: B bones in F frames.

    Attributes:
        names: `[B]`.
        parents: `[B]` index of each bone's parent, lower than its own; -1 for the first.
        offset: `[B, 3]` where a bone begins, from where its parent does.
        end: `[B, 3]` where a bone without children ends, from where it begins.
        rotation: `[F, B, 3, 3]` relative to the parent.
        root: `[F, 3]` where the first bone begins.
        orders: `[B]` the order of the three angles.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offset: np.ndarray
    end: np.ndarray
    rotation: np.ndarray
    root: np.ndarray
    orders: tuple[str, ...]


def write_bvh(result: Result, path: Path, *, names: str | None = None) -> list[str]:
    """Write the motion of the only person or animal: centimetres and degrees.

    World axes, if the result has them: x to the left, y up, z as the first person walks or faces. Else the camera's: x
    right, y up, z towards the camera.

    Args:
        result: of one person or animal.
        path: the file.
        names: of the bones of people, for the program that takes the file: mixamo, unreal or rokoko. None: Hips, Spine,
            ..., LeftUpLeg, ..., as in `geolift.rig.HUMANOID`.

    Returns:
        Notes; one says how far the file's joints are from the lifted ones, one what programs have to be set to.

    Raises:
        DatasetError: if no frame has the root, joint names do not differ, or there are no such names.

    Source:
        Biovision Hierarchy, a format without a specification (docs/motion-files.md).

    Example:
        >>> import tempfile
        >>> import geolift
        >>> poses = np.random.default_rng(0).uniform(100, 900, (4, 17, 2))
        >>> result = geolift.lift(geolift.record(poses, np.ones((4, 17)), joints=geolift.H36M17.names, fps=30.0))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     notes = write_bvh(result._replace(people=("0",)), Path(folder) / "motion.bvh")
        ...     (Path(folder) / "motion.bvh").read_text().split()[:3]
        ['HIERARCHY', 'ROOT', 'Hips']
    """
    bones, notes = _rig(result, names) if is_human(result.skeleton) else _tree(result, names)
    _write_text(path, bones, result.fps)
    return [*units_notes(result, "as they are, not in centimetres"), *_scale_notes(result), *notes]


def _rig(result: Result, preset: str | None) -> tuple[Bones, list[str]]:
    """The rig of a person, and notes."""
    names = bone_names(preset)
    motion, notes = rig_motions(result)[0]
    scale = _scale(result)
    pairs = enumerate(HUMANOID.mirrored)  # left and right have one order
    orders = tuple(calm_order(motion.rotation[:, sorted({bone, other})]) for bone, other in pairs)
    bones = Bones(
        names, motion.parents, scale * motion.offset, scale * motion.end, motion.rotation, scale * motion.root, orders
    )  # fmt: skip
    return bones, [*absence_notes(result, BETWEEN), *notes]


def _tree(result: Result, preset: str | None) -> tuple[Bones, list[str]]:
    """A tree of the joints of any skeleton, and notes."""
    if preset is not None:
        raise DatasetError(f"names: found {preset!r} for a skeleton that is not a person's, expected no such names")
    motion, notes = tree_motion(result, 0)
    scale, still = _scale(result), np.zeros_like(motion.offset)
    bones = Bones(
        motion.names, motion.parents, scale * motion.offset, still, motion.rotation, scale * motion.root,
        (ORDERS[0],) * len(motion.joints),
    )  # fmt: skip
    return bones, [*absence_notes(result, "the last pose is kept"), *notes]


def _scale(result: Result) -> float:
    return CENTIMETRES if result.units == "m" else 1.0


def _scale_notes(result: Result) -> list[str]:
    """A note on what programs have to be set to, as the format has no units."""
    rate = f"tick 'Update Scene FPS' ({result.fps:.6g} frames per second)"
    if result.units != "m":
        return [f"in Blender, {rate}"]
    return [f"centimetres: in Blender, import at scale 0.01 and {rate}"]


def _write_text(path: Path, bones: Bones, fps: float) -> None:
    angles = [euler(bones.rotation[:, bone], order) for bone, order in enumerate(bones.orders)]
    motion = np.concatenate([bones.root, *angles], axis=1)
    row = " ".join(["%.6f"] * motion.shape[1])
    lines = [
        "HIERARCHY",
        *_hierarchy(bones, 0, ""),
        "MOTION",
        f"Frames: {len(motion)}",
        f"Frame Time: {1 / fps:.10g}",
        *(row % tuple(values) for values in (motion.round(6) + 0.0).tolist()),  # 0.0 makes -0 a 0
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")


def _hierarchy(bones: Bones, bone: int, indent: str) -> list[str]:
    """The lines of a bone and of all below it."""
    at, inner, first = "{}OFFSET {:.6f} {:.6f} {:.6f}", indent + "\t", bones.parents[bone] < 0
    channels = "6 Xposition Yposition Zposition" if first else "3"
    angles = " ".join(f"{axis.upper()}rotation" for axis in bones.orders[bone])
    lines = [f"{indent}{'ROOT' if first else 'JOINT'} {bones.names[bone]}", indent + "{"]
    lines += [at.format(inner, *bones.offset[bone]), f"{inner}CHANNELS {channels} {angles}"]
    below = [child for child, parent in enumerate(bones.parents) if parent == bone]
    for child in below:
        lines += _hierarchy(bones, child, inner)
    if not below:
        lines += [inner + "End Site", inner + "{", at.format(inner + "\t", *bones.end[bone]), inner + "}"]
    return [*lines, indent + "}"]
