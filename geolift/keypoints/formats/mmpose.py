"""mmpose's JSON: predictions of its inferencer and of its demo scripts.

The inferencer writes a list of people for an image and [{"frame_id", "instances": people}, ...], counted from 0, for a
video. The demos write {"meta_info": ..., "instance_info": the same}, counted from 1, with the joints' names in
`meta_info`. Users also save what the inferencer returns for each frame, [{"predictions": [people]}, ...]. In a folder
with a file for each image the names of the files count. A person has `keypoints` (K pairs), `keypoint_scores` (K) and
more. The inferencer names no joints: they are known by their number, or by anatomy where several sets have it.

Frames with an id are a video, absent ids are frames without people (`frame_names`). Predictions of its 3D models, which
have three coordinates and scores, are refused.
"""

from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats import openpifpaf
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import order_frames, single_images
from geolift.keypoints.joint_names import joints_by_count, joints_by_name
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording

MODELS = {17: "coco17", 26: "halpe26", 16: "mpii16"}
NAMES = "keypoint_id2name"


def recognize(content: Any) -> str | None:
    """Why a JSON file is mmpose's, or None."""
    if isinstance(content, dict):
        found = isinstance(content.get("instance_info"), list)
        return "an object with meta_info and instance_info (demo scripts)" if found else None
    if not isinstance(content, list) or not content or not isinstance(content[0], dict):
        return None
    first = content[0]
    if isinstance(first.get("predictions"), list) and not {"frame", "keypoints", "data"} & set(first):
        return "a list of what the inferencer returns, with predictions" if _nested(first) is not None else None
    if "frame_id" in first and "instances" in first:
        return "a list of frames with frame_id and instances (inferencer, video)"
    return "a list of people with keypoints and keypoint_scores (inferencer, image)" if _is_person(first) else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read predictions in 2D.

    Raises:
        DatasetError: naming the entry and what is wrong with it; if they are in 3D; if the joints are unknown.
    """
    names, listed, where = None, content, str(path)
    if isinstance(content, list) and content and isinstance(content[0], dict) and "predictions" in content[0]:
        listed = [{"frame_id": i, "instances": _nested(entry)} for i, entry in enumerate(content)]
    if isinstance(content, dict):
        names = _names(content, path)
        listed, where = values.member(content, "instance_info", str(path)), f"{path}: instance_info"
    entries = values.listing(listed, where)
    of_video = bool(entries) and not _is_person(entries[0])
    labels = _frame_ids(entries, where) if of_video else [path.stem]
    rows, entry_of_row, score = _people(entries, of_video, where)
    if not rows:
        raise DatasetError(f"{path}: found no person in {len(entries)} frames, expected at least one")
    count = len(rows[0])
    if names is not None and len(names) != count:
        raise DatasetError(f"{path}: {NAMES}: found {len(names)} names, expected {count} as a person has joints")
    rows = np.stack(rows)
    if names is None:
        joints = joints_by_count(rows, str(path), options.joints, MODELS)
    else:
        label = str(content["meta_info"].get("dataset_name", ""))
        joints = joints_by_name(names, str(path), options.joints, (label,))
    frames = (order_frames if of_video else single_images)(labels, str(path), options)
    notes = (*joints.notes, *frames.notes)
    frame = frames.index[entry_of_row]
    return make_recording(rows, frame, frames, joints, path, options, score=score, notes=notes)


def merge(contents: list[Any], names: list[str]) -> dict[str, Any]:
    """The contents of files of one image each as those of a video whose frames have the images' names."""
    frames = []
    for content, name in zip(contents, names, strict=True):
        listed = content.get("instance_info", []) if isinstance(content, dict) else content
        if listed and not _is_person(listed[0]):  # [{"frame_id", "instances"}]
            listed = listed[0].get("instances") if len(listed) == 1 else None
        frames.append({"frame_id": name, "instances": listed})
    meta = next((content["meta_info"] for content in contents if "meta_info" in content), {})
    return {"meta_info": meta, "instance_info": frames}


FORMAT = Format("mmpose", "mmpose, predictions of the inferencer or the demo scripts", "json", recognize, read, merge)


def _nested(entry: Any) -> list[Any] | None:
    """The people in what the inferencer returns for a frame: `predictions` of a batch of one; None if it is not."""
    found = entry.get("predictions") if isinstance(entry, dict) else None
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    plain = isinstance(found, list) and all(_is_person(person) for person in found)
    return found if plain else None


def _frame_ids(entries: list[Any], where: str) -> list[str]:
    numbers = [values.member(entry, "frame_id", f"{where}[{i}]") for i, entry in enumerate(entries)]
    labels = [
        number if isinstance(number, str) else str(values.whole(number, f"{where}[{i}]: frame_id", least=0))
        for i, number in enumerate(numbers)
    ]
    if len(set(labels)) < len(labels):
        raise DatasetError(f"{where}: frame_id: found {len(labels)}, {len(set(labels))} different, expected no two")
    return labels


def _people(entries: list[Any], of_video: bool, where: str) -> tuple[list[np.ndarray], list[int], np.ndarray]:
    """`[K, 3]` x, y, score of each person, the index of the frame's label, and `[N]` scores of the boxes."""
    rows, entry_of_row, scores = [], [], []
    for i, entry in enumerate(entries):
        place = f"{where}[{i}]"
        instances = values.listing(values.member(entry, "instances", place), place) if of_video else [entry]
        for j, instance in enumerate(instances):
            inner = f"{place}: instances[{j}]" if of_video else place
            row = _person(instance, inner)
            if rows and len(row) != len(rows[0]):
                found = f"found {len(row)} joints, expected {len(rows[0])} as in the first"
                raise DatasetError(f"{inner}: keypoints: {found}")
            rows.append(row)
            entry_of_row.append(i if of_video else 0)
            scores.append(values.optional_number(instance.get("bbox_score")))
    return rows, entry_of_row, np.array(scores)


def _is_person(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("keypoints"), list) or "image_id" in entry:
        return False
    joints = entry["keypoints"]  # of TensorFlow.js objects, of openpifpaf numbers
    return bool(joints) and not isinstance(joints[0], dict) and not openpifpaf.is_person(entry)


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
