"""Joints: from those of a recording to those of the model, and what is noted about missing ones."""

import os

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.recording import Recording, select_rows
from geolift.lifting.tracks import Tracks, make_tracks
from geolift.plurals import counted
from geolift.skeletons import skeleton_file
from geolift.skeletons.mapping import JointMapping, map_joints
from geolift.skeletons.skeleton import H36M17, Skeleton, expect_skeleton


def mapping_to(
    skeleton: Skeleton, recording: Recording, path: str | os.PathLike[str] | None, source: str
) -> JointMapping:
    """The mapping from a recording's joints to those of the model.

    Args:
        skeleton: the model's.
        recording: whose joints are mapped.
        path: a skeleton file that maps them, or None: they are mapped by their names.
        source: where the recording is from; errors begin with it.

    Raises:
        DatasetError: if it is not known what the joints are, or they are mapped to another skeleton than the model's.
    """
    by_name = not recording.joint_set or skeleton != H36M17
    if path is None and by_name and set(recording.joints) >= set(skeleton.names):
        return JointMapping(recording.joints, {name: (name,) for name in skeleton.names}, skeleton)
    if path is None and skeleton != H36M17:
        lacking = [name for name in skeleton.names if name not in recording.joints]
        raise DatasetError(
            f"{source}: joints: found {', '.join(recording.joints)[:300]}, without {', '.join(lacking)[:300]}; "
            f"expected those of the model: {', '.join(skeleton.names)}, or a skeleton file that maps them (--skeleton; "
            "geolift skeleton MODEL -o FILE.toml writes that of the model, and a table [mapping] in it names yours)"
        )
    mapping = skeleton_file.resolve_mapping(recording.joints, recording.joint_set, path, source)
    try:
        expect_skeleton(mapping.target, skeleton)
    except DatasetError as error:
        raise DatasetError(f"{source}: expected the model's skeleton: {error}") from error
    return mapping


def with_joints_of(mapping: JointMapping, recording: Recording) -> Recording:
    """The detections that have at least one of the joints that a mapping makes; the others are counted.

    Raises:
        DatasetError: if nothing is left.
    """
    seen = dict(zip(recording.joints, recording.seen.T, strict=True))
    made = [np.all([seen[joint] for joint in sources], axis=0) for sources in mapping.mean_of.values() if sources]
    return select_rows(recording, np.any(made, axis=0), "none of their joints is one of the model's")


def to_tracks(recording: Recording, mapping: JointMapping, *, head: str, source: str) -> Tracks:
    """The people of a recording in the joints of the model; a top of the head that is extrapolated counts as filled in.

    Args:
        recording: N detections.
        mapping: from its joints to the model's.
        head: "mask" or "extrapolate", as in `map_joints`.
        source: where the recording is from.
    """
    keypoints, confidence = map_joints(mapping, recording.keypoints, recording.confidence, head=head)
    tracks = make_tracks(
        keypoints,
        confidence,
        recording.frame,
        recording.person,
        skeleton=mapping.target,
        frames=recording.frames,
        people=recording.people,
        video=recording.video,
        fps=recording.fps,
        image_size=recording.image_size,
        source=source,
        notes=recording.notes,
        shots=recording.shots,
    )
    top = mapping.target.head
    if head == "mask" or mapping.mean_of[mapping.target.names[top]]:
        return tracks
    extrapolated = np.zeros_like(tracks.filled)
    extrapolated[:, top] = tracks.confidence[:, top] > 0
    tracks = tracks._replace(filled=extrapolated, confidence=np.where(extrapolated, 0, tracks.confidence))
    return tracks.noted(f"the top of the head was extrapolated in {counted(int(extrapolated.sum()), 'pose', 'poses')}")


def missing_joints(tracks: Tracks) -> list[str]:
    """Notes on the joints that are missing: those that no pose has, and how often the others are."""
    counts, poses = (~tracks.available).sum(axis=0), len(tracks.frame)
    names = tracks.skeleton.names
    never = [name for name, n in zip(names, counts, strict=True) if n == poses]
    if tracks.skeleton == H36M17:
        never = ["head (its top)" if name == "head" else name for name in never]
    some = [f"{name} {n}" for name, n in zip(names, counts, strict=True) if 0 < n < poses]
    notes = [f"no pose has {', '.join(never)}"] if never else []
    return [*notes, f"missing, in poses of {poses}: {', '.join(some)}"] if some else notes
