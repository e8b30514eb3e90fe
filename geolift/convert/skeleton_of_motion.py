"""A proposed skeleton file for motion capture: of BVH by its hierarchy, of C3D and TRC by names and distances."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geolift.convert.mocap import bvh, c3d, markers, trc
from geolift.convert.mocap.any_body import Take, to_z_up
from geolift.errors import DatasetError
from geolift.skeletons.hierarchy import skeleton_of_hierarchy
from geolift.skeletons.proposal import Proposal, propose_skeleton

ENDINGS = (".bvh", ".c3d", ".trc")
MOST_FRAMES = 2000  # of all files, evenly spread
VIEWS = 12  # around the body, of which the picture is one
LOOKING_DOWN = np.radians(20.0)  # so that legs are seen apart


def is_motion(path: str | os.PathLike[str]) -> bool:
    """Whether a file is motion in 3D, by its ending; a TRC may hold 2D keypoints, and is then none."""
    path = Path(path)
    if path.suffix.lower() != ".trc" or not path.is_file():
        return path.suffix.lower() in ENDINGS
    points = trc.read(path).points
    return not markers.is_flat(points)


def propose_of_motion(paths: Sequence[str | os.PathLike[str]]) -> tuple[Proposal, np.ndarray, tuple[str, ...]]:
    """Propose the skeleton of files of motion, all of the same joints.

    Args:
        paths: at least one BVH, C3D or TRC file.

    Returns:
        The proposal; `[N, K, 2]` pictures of poses of its joints, NaN where not seen; and notes on what was left out.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    read = [_takes(Path(path)) for path in paths]
    takes, notes = [take for several, _ in read for take in several], [note for _, more in read for note in more]
    first = takes[0]
    for take in takes:
        if set(take.names) != set(first.names):
            differing = ", ".join(sorted(set(take.names) ^ set(first.names)))[:300]
            found = f"others than in {first.path} ({differing})"
            raise DatasetError(f"{take.path}: joints: found {found}, expected the same")
        if _bones(take) != _bones(first):
            raise DatasetError(f"{take.path}: found another hierarchy than in {first.path}, expected the same")
    each = max(1, MOST_FRAMES // len(takes))
    parts = []
    for take in takes:
        some = take.points[:: -(-len(take.points) // each)]
        parts.append(some[:, [take.names.index(name) for name in first.names]])
    points = np.concatenate(parts)
    seen = np.isfinite(points).all(axis=-1)
    try:
        if first.parents:
            proposal = skeleton_of_hierarchy(first.names, first.parents, points)
        else:
            proposal = propose_skeleton(first.names, np.nan_to_num(points), seen)
    except DatasetError as error:
        raise DatasetError(f"{first.path}: {error}") from error
    return proposal, _pictures(points, proposal, first), tuple(dict.fromkeys(notes))


def _takes(path: Path) -> tuple[list[Take], list[str]]:
    if path.suffix.lower() == ".bvh":
        take, notes = bvh.take(path)
        return [take], notes
    return markers.takes((c3d if path.suffix.lower() == ".c3d" else trc).read(path), path)


def _bones(take: Take) -> set[tuple[str, str]]:
    return {(take.names[joint], take.names[parent]) for joint, parent in enumerate(take.parents) if parent >= 0}


def _pictures(points: np.ndarray, proposal: Proposal, take: Take) -> np.ndarray:
    """`[N, J, 2]` of some poses of the proposed joints as seen from around."""
    mapping = proposal.mapping or {}
    sources = [[take.names.index(name) for name in mapping.get(joint, (joint,))] for joint in proposal.skeleton.names]
    body = np.stack([points[:, source].mean(axis=1) for source in sources], axis=1)[:: max(1, len(points) // 40)]
    x, away, up = np.moveaxis(body if take.up == 2 else to_z_up(body), -1, 0)[..., None]
    turn = 2 * np.pi * np.arange(VIEWS) / VIEWS
    across, away = np.cos(turn) * x + np.sin(turn) * away, np.cos(turn) * away - np.sin(turn) * x
    high = np.cos(LOOKING_DOWN) * up + np.sin(LOOKING_DOWN) * away
    views = np.stack([across, -high], axis=-1)  # [N, J, VIEWS, 2]
    return 100 * np.moveaxis(views, 2, 1).reshape(-1, body.shape[1], 2)
