"""A proposed skeleton file for keypoint files whose joints are of no known set: animals, parts of bodies."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.convert.skeleton_of_motion import is_motion, propose_of_motion
from geolift.errors import DatasetError
from geolift.keypoints.deeplabcut_project import stated_beside
from geolift.keypoints.options import Options
from geolift.keypoints.recognition import read_keypoints
from geolift.keypoints.recording import Recording, without_unsure_joints
from geolift.skeletons.mapping import map_joints
from geolift.skeletons.proposal import NOTHING, propose_skeleton
from geolift.skeletons.skeleton_file import SkeletonFile, joint_mapping
from geolift.skeletons.stated_bones import join_stated

UNSURE = 0.1  # confidence under which a joint counts as missing, as in lifting and training


class ProposedFile(NamedTuple):
    """A proposed skeleton file.

    Attributes:
        file: the skeleton, and its mapping.
        reasons: how it was found, a sentence each.
        pose: `[J, 2]` pixels, one pose that shows it well; NaN where missing.
    """

    file: SkeletonFile
    reasons: tuple[str, ...]
    pose: np.ndarray


def propose_for(paths: Sequence[str | os.PathLike[str]], *, format: str | None = None, **reading: Any) -> ProposedFile:
    """Propose the skeleton of the joints of keypoint files, or of motion capture.

    Args:
        paths: at least one file or folder, all of the same joints; or BVH, C3D or TRC files.
        format: of the files; None: it is recognized.
        reading: options of reading, as in `Options`.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    motion = [is_motion(path) for path in paths]
    if format is None and any(motion):
        if not all(motion):
            keypoints, other = paths[motion.index(False)], paths[motion.index(True)]
            raise DatasetError(f"{keypoints}: found keypoints beside motion, {other}, expected files of one kind")
        proposal, pictures, notes = propose_of_motion(paths)
        return ProposedFile(
            SkeletonFile(proposal.skeleton, proposal.mapping),
            (*proposal.reasons, *notes),
            _clearest(np.nan_to_num(pictures), np.isfinite(pictures).all(axis=-1)),
        )
    read = [read_keypoints(Path(path), format=format, options=Options(**reading)).recording for path in paths]
    return propose_of(read, paths)


def propose_of(read: Sequence[Recording], paths: Sequence[str | os.PathLike[str]]) -> ProposedFile:
    """Propose the skeleton of the joints of recordings, which were read from files.

    Args:
        read: at least one, all of the same joints.
        paths: the file of each, for errors.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
    """
    recordings = [without_unsure_joints(one, UNSURE, str(path)) for one, path in zip(read, paths, strict=True)]
    joints = recordings[0].joints
    for path, one in zip(paths, recordings, strict=True):
        if set(one.joints) != set(joints):
            differing = ", ".join(sorted(set(one.joints) ^ set(joints)))[:300]
            raise DatasetError(f"{path}: joints: found others than in {paths[0]} ({differing}), expected the same")
    order = [[one.joints.index(joint) for joint in joints] for one in recordings]
    keypoints = np.concatenate([one.keypoints[:, o] for one, o in zip(recordings, order, strict=True)])
    confidence = np.concatenate([one.confidence[:, o] for one, o in zip(recordings, order, strict=True)])
    beside = [stated_beside(Path(path), joints) for path in paths]
    stated, notes = join_stated([one.stated or other for one, other in zip(recordings, beside, strict=True)], joints)
    try:
        found = propose_skeleton(joints, keypoints, confidence > 0, stated=stated or NOTHING)
    except DatasetError as error:
        raise DatasetError(f"{paths[0]}: {error}") from error
    file = SkeletonFile(found.skeleton, found.mapping)
    mapped = map_joints(joint_mapping(file, joints), keypoints, confidence)
    return ProposedFile(file, (*found.reasons, *notes), _clearest(*mapped))


def _clearest(keypoints: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Of the poses with the most joints, the one whose joints are farthest from each other for its size."""
    seen = confidence > 0
    most = np.flatnonzero(seen.sum(axis=1) == seen.sum(axis=1).max())
    most = most[:: max(1, len(most) // 500)]
    poses = np.where(seen[most, :, None], keypoints[most], np.nan)
    away = np.linalg.norm(poses[:, :, None] - poses[:, None], axis=-1)
    away[:, np.arange(away.shape[1]), np.arange(away.shape[1])] = np.nan
    # Joints that are missing, and the joint itself, are near none and far from none.
    nearest = np.where(np.isnan(away), np.inf, away).min(axis=2)
    nearest[np.isinf(nearest)] = np.nan
    widest = np.where(np.isnan(away), 0.0, away).max(axis=(1, 2))
    clear = np.divide(np.nanmedian(nearest, axis=1), widest, out=np.zeros(len(poses)), where=widest > 0)
    return poses[int(clear.argmax())]
