"""mmpose's JSON: predictions of its inferencer and of its demo scripts.

The inferencer writes a list of people for an image and [{"frame_id", "instances": people}, ...], counted from 0, for a
video. The demos write {"meta_info": ..., "instance_info": the same}, counted from 1, with the joints' names in
`meta_info`. A person has `keypoints` (K pairs), `keypoint_scores` (K) and more. The inferencer names no joints: 26 are
Halpe's, of 133 (COCO-WholeBody) the first 17 are taken; 17 may be COCO's or Human3.6M's, which the bodies' proportions
tell, or the user.

Frames with an id are a video, absent ids are frames without people (`frame_names`). Predictions of its 3D models, which
have three coordinates and scores, are refused.
"""

from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints import proportions
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.frame_names import frames, rate, stills
from geolift.keypoints.joint_names import body_joints, joints_by_count, joints_by_name
from geolift.keypoints.options import Options, ResolvedJoints, resolve_image_size
from geolift.keypoints.recording import Recording, record
from geolift.skeletons.joint_sets import JOINT_SETS

MODELS = {26: "halpe26", 16: "mpii16"}
OF_17 = ("coco17", "h36m17")
NAMES = "keypoint_id2name"


def recognise(content: Any) -> str | None:
    """Why a JSON file is mmpose's, or None."""
    if isinstance(content, dict):
        told = isinstance(content.get("instance_info"), list)
        return "an object with meta_info and instance_info (demo scripts)" if told else None
    if not isinstance(content, list) or not content or not isinstance(content[0], dict):
        return None
    first = content[0]
    if "frame_id" in first and "instances" in first:
        return "a list of frames with frame_id and instances (inferencer, video)"
    return "a list of people with keypoints and keypoint_scores (inferencer, image)" if _is_person(first) else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read predictions in 2D.

    Raises:
        DatasetError: naming the entry and what is wrong with it; if they are in 3D; if nothing tells the joints.
    """
    names, listed, place = None, content, str(path)
    if isinstance(content, dict):
        names = _names(content, path)
        listed, place = values.member(content, "instance_info", str(path)), f"{path}: instance_info"
    entries = values.listing(listed, place)
    numbered = bool(entries) and not _is_person(entries[0])
    people, labels, count = [], [path.stem], 0
    if numbered:
        numbers = [values.member(entry, "frame_id", f"{place}[{i}]") for i, entry in enumerate(entries)]
        labels = [str(values.whole(n, f"{place}[{i}]: frame_id", least=0)) for i, n in enumerate(numbers)]
        if len(set(labels)) < len(labels):
            raise DatasetError(f"{place}: frame_id: found {len(labels)}, {len(set(labels))} different, expected no two")
    for i, entry in enumerate(entries):
        where = f"{place}[{i}]"
        instances = values.listing(values.member(entry, "instances", where), where) if numbered else [entry]
        for j, instance in enumerate(instances):
            inner = f"{where}: instances[{j}]" if numbered else where
            row = _person(instance, inner)
            count = count or len(row)
            if len(row) != count:
                raise DatasetError(f"{inner}: keypoints: found {len(row)} joints, expected {count} as in the first")
            people.append((i if numbered else 0, row))
    if not people:
        raise DatasetError(f"{path}: found no person in {len(entries)} frames, expected at least one")
    if names is not None and len(names) != count:
        raise DatasetError(f"{path}: {NAMES}: found {len(names)} names, expected {count} as a person has joints")
    kept, notes = body_joints(count, options.joints, names)
    stacked = np.stack([row for _, row in people])[:, :kept]
    arranged = _joints(stacked, None if names is None else names[:kept], path, options)
    stacked = stacked[:, arranged.order]
    found = frames(labels, str(path), options) if numbered else stills(labels)
    fps, rated = rate(found, options, str(path))
    return record(
        stacked[..., :2],
        stacked[..., 2],
        frame=found.index[[i for i, _ in people]],
        joints=arranged.joints,
        joint_set=arranged.joint_set,
        frames=found.names,
        video=found.video,
        origin=str(path),
        fps=fps,
        image_size=resolve_image_size(None, options.image_size, len(found.names), str(path)),
        notes=(*notes, *arranged.notes, *found.notes, *rated),
    )


FORMAT = Format("mmpose", "mmpose, predictions of the inferencer or the demo scripts", "json", recognise, read)


def _is_person(entry: Any) -> bool:
    return isinstance(entry, dict) and "keypoints" in entry and "image_id" not in entry


def _person(instance: Any, where: str) -> np.ndarray:
    """`[K, 3]` x, y, score."""
    points = values.rows(values.member(instance, "keypoints", where), f"{where}: keypoints")
    scores = instance.get("keypoint_scores")
    width = points.shape[1]
    if width == 3 and scores is None:  # mmpose before version 1
        return points
    if width != 2:
        what = "3D predictions, expected those of a 2D model" if width == 3 else "expected x and y"
        raise DatasetError(f"{where}: keypoints: found {width} numbers for each joint: {what}")
    scores = values.numbers(values.member(instance, "keypoint_scores", where), f"{where}: keypoint_scores")
    if len(scores) != len(points):
        raise DatasetError(f"{where}: keypoint_scores: found {len(scores)}, expected one for each of {len(points)}")
    return np.column_stack([points, scores])


def _names(content: dict[str, Any], path: Path) -> tuple[str, ...] | None:
    """The joints' names in the order of their numbers, or None if the file has none."""
    where = f"{path}: meta_info: {NAMES}"
    named = values.mapping(content.get("meta_info", {}), f"{path}: meta_info").get(NAMES)
    if named is None:
        return None
    values.mapping(named, where)
    ordered = [named.get(str(i)) for i in range(len(named))]
    return tuple(values.text(name, f"{where}: {i}") for i, name in enumerate(ordered))


def _joints(stacked: np.ndarray, names: tuple[str, ...] | None, path: Path, options: Options) -> ResolvedJoints:
    """The joints of people `[N, K, 3]`: by their names, the user's word, their number, or their proportions."""
    if names is not None:
        return joints_by_name(names, str(path), options.joints)
    count = stacked.shape[1]
    if options.joints is not None or count != 17:
        return joints_by_count(count, str(path), options.joints, MODELS)
    finite = np.isfinite(stacked).all(axis=-1)
    clean = np.where(finite[..., None], stacked, 0)
    likely, decided, why = proportions.likely_joint_sets(clean[..., :2], clean[..., 2], OF_17)
    if not decided:
        raise DatasetError(f"{path}: found 17 joints without names ({why}), expected --joints {' or '.join(OF_17)}")
    note = f"the joints were taken for {likely[0]}: {why}"
    return ResolvedJoints(np.arange(count), JOINT_SETS[likely[0]].source, likely[0], (note,))
