"""Lifted motion of all people as .glb: a mannequin for each, moved by its rig (docs/motion-files.md)."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.output.mocap.axes import BVH_AXES, place, units_notes
from geolift.output.mocap.gltf import EVERYONE, Figure, glb_bytes
from geolift.output.mocap.lofts import Mesh
from geolift.output.mocap.mannequin import mannequin
from geolift.output.mocap.rig_motion import rig_motions
from geolift.output.mocap.sticks import sticks
from geolift.output.mocap.tree_motion import tree_motion
from geolift.output.result import Result
from geolift.plurals import counted
from geolift.rig.names import bone_names
from geolift.skeletons.skeleton import is_human

BRIDGED = 0.5  # seconds: as long as the gaps of joints that lifting fills in


def write_glb(result: Result, path: Path, *, names: str | None = None) -> list[str]:
    """Write the motion of all people: metres, seconds, y up; each has a tree of bones, a mesh and an animation.

    World axes, if the result has them: x to the left, y up, z as the first person walks or faces. Else the camera's: x
    right, y up, z towards the camera. At rest all stand in a T-pose at the origin, on the floor, and face +z.

    An animation has keys in the frames that show its person. It passes evenly through absences of up to `BRIDGED`
    seconds; in longer ones the figure is scaled to 0, by which viewers hide it.
    Other skeletons than people's become stick figures; a bone points at rest where the first frame shows it.

    Args:
        result: of a video with a frame rate.
        path: the file.
        names: of the bones of people, for the program that takes the file: mixamo, unreal or rokoko. None: Hips, Spine,
            ..., LeftUpLeg, ..., as in `geolift.rig.HUMANOID`.

    Returns:
        Notes, those on one of several people with their name; one of each says how far the file's joints are from the
            lifted ones.

    Raises:
        DatasetError: if pygltflib is missing, no frame has the root of any person, joint names do not differ, or
            there are no such names.

    Source:
        glTF 2.0 Specification (Khronos Group).

    Example:
        >>> import tempfile
        >>> import geolift
        >>> poses = np.random.default_rng(0).uniform(100, 900, (4, 17, 2))
        >>> result = geolift.lift(geolift.record(poses, np.ones((4, 17)), joints=geolift.H36M17.names, fps=30.0))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     notes = write_glb(result, Path(folder) / "motion.glb")
        ...     (Path(folder) / "motion.glb").read_bytes()[:4]
        b'glTF'
    """
    result, notes = _with_roots(result)
    figures, found = zip(*_figures(result, names), strict=True)
    shared = [note for note in found[0] if all(note in others for others in found)]
    notes += shared
    for figure, own in zip(figures, found, strict=True):
        notes += [f"{figure.name}: {note}" for note in own if note not in shared]
    if len(figures) > 1 and not np.isfinite(result.position).any():
        figures, found = _beside(figures)
        notes += found
    if len(figures) > 1:
        notes.append(f"{len(figures) + 1} animations: {EVERYONE!r}, then one of each person")
    notes = [
        *units_notes(result, "as metres"),
        f"times are seconds: for whole frames, set {result.fps:.6g} frames per second in Blender before importing",
        *notes,
    ]
    path.write_bytes(glb_bytes(figures, _extras(result, notes)))
    return notes


def _with_roots(result: Result) -> tuple[Result, list[str]]:
    """The result without people whose root is nowhere, and notes on them."""
    placed = place(result, BVH_AXES, "")
    shown = np.isfinite((placed.points[:, result.skeleton.root] + placed.position)[:, 0])
    kept = [i for i in range(len(result.people)) if shown[result.person == i].any()]
    if not kept:
        name = result.skeleton.names[result.skeleton.root]
        raise DatasetError(f"{name}: found it in no frame, expected it at least once")
    left_out = [person for i, person in enumerate(result.people) if i not in kept]
    notes = [f"left out {person!r}, whose root has a place in no frame" for person in left_out]
    part = result.select_rows(np.isin(result.person, kept))
    people = tuple(result.people[i] for i in kept)
    return part._replace(person=np.searchsorted(kept, part.person), people=people), notes


def _figures(result: Result, preset: str | None) -> Iterator[tuple[Figure, list[str]]]:
    """Each person's figure and notes."""
    human = is_human(result.skeleton)
    if preset is not None and not human:
        raise DatasetError(f"names: found {preset!r} for a skeleton that is not a person's, expected no such names")
    motions = rig_motions(result) if human else None
    for i, person in enumerate(result.people):
        if human:
            motion, notes = motions[i]
            names, mesh = bone_names(preset), mannequin(motion.names, motion.parents, motion.offset, motion.end)
        else:
            motion, notes = tree_motion(result, i)
            names, mesh = motion.names, sticks(motion.joints, motion.offset, result.skeleton)
        keys = result.frame[(result.person == i) & np.isfinite(result.points).any(axis=(1, 2))]
        shown, absent = _shown(keys, len(result.frames), result.fps)
        mesh, offset = _on_floor(mesh, motion.offset)
        yield (
            Figure(
                person, names, motion.parents, offset, mesh, keys / result.fps, motion.rotation[keys],
                motion.root[keys], shown,
            ),
            [*notes, *absent],
        )  # fmt: skip


def _beside(figures: Sequence[Figure]) -> tuple[list[Figure], list[str]]:
    """Figures whose positions are not known, so far from each other that they do not overlap at rest, and a note."""
    apart = max(float(np.ptp(figure.mesh.points[:, 0])) for figure in figures)
    moved = [figure._replace(root=figure.root + np.array([i * apart, 0, 0])) for i, figure in enumerate(figures)]
    return moved, [f"each person is {apart:.2f} to the right of the one before, so that they do not overlap"]


def _on_floor(mesh: Mesh, offset: np.ndarray) -> tuple[Mesh, np.ndarray]:
    """The mesh at rest with its lowest point at the height 0, and offsets of which the first is where its root is."""
    up = np.array([0.0, -mesh.points[:, 1].min(), 0])
    offset = offset.copy()
    offset[0] = up
    return mesh._replace(points=mesh.points + up.astype(np.float32)), offset


def _shown(keys: np.ndarray, frames: int, fps: float) -> tuple[dict[float, bool], list[str]]:
    """When a person appears (True) and vanishes (False), in seconds, and notes on absences.

    Args:
        keys: the frames that show them, ascending.
        frames: of the clip.
        fps: frames per second.
    """
    gap = np.diff(keys) - 1
    breaks = np.flatnonzero(gap > BRIDGED * fps)
    starts, ends = keys[[0, *(breaks + 1)]], keys[[*breaks, -1]]
    notes, bridged = [], int(gap[gap <= BRIDGED * fps].sum())
    if bridged:
        absent = counted(bridged, "frame", "frames")
        notes.append(f"absent in {absent}, up to {BRIDGED:g} s each time: passed through evenly")
    hidden = frames - len(keys) - bridged
    if not hidden:
        return {}, notes
    notes.append(f"absent in {counted(hidden, 'frame', 'frames')}: not shown there (scaled to 0)")
    changes = {0: False}
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        changes |= {start: True, end + 1: False}
    changes.setdefault(frames - 1, keys[-1] == frames - 1)  # the animation lasts as long as the clip
    return {frame / fps: shown for frame, shown in sorted(changes.items()) if frame < frames}, notes


def _extras(result: Result, notes: list[str]) -> dict[str, str | list[str]]:
    """What the file says about itself."""
    world = result.to_world is not None
    return {
        "lifted_from": result.source,
        "model": result.model,
        "units": "metres, seconds, radians" if result.units == "m" else "normalised lengths, seconds, radians",
        "size": result.scale,
        "axes": f"world: {BVH_AXES.world_names}" if world else f"camera: {BVH_AXES.camera_names}",
        "frames_per_second": f"{result.fps:.6g}",
        "notes": [*result.notes, *notes],
    }
