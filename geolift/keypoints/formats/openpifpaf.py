"""openpifpaf's predictions: `video.mp4.openpifpaf.json` of a video, and `image.jpg.predictions.json` of an image.

Of a video it writes JSON lines, {"frame": 1, "predictions": people} for each frame; some users gather them in a list.
Of an image it writes the list of people. A person has `keypoints` (x, y, confidence, joint after joint), `score`, and
with tracking `id_`. 17 joints are COCO's; of 133 (COCO-WholeBody) the first 17 are taken.
"""

from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import Frames, distinct, order_frames, single_images
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording
from geolift.keypoints.track_ids import people_by_id

MODELS = {17: "coco17"}
ENDING = ".predictions"

Predicted = tuple[dict[str, Any], str]  # a person and the place in the file


def recognize(content: Any) -> str | None:
    """Why a JSON file is openpifpaf's, or None."""
    if isinstance(content, dict) and _is_frame(content):
        return "one line of a video, with frame and predictions"
    if not isinstance(content, list) or not content or not isinstance(content[0], dict):
        return None
    if _is_frame(content[0]):
        return "lines or a list of frames, with frame and predictions"
    return "a list of people with keypoints, bbox, score and category_id" if is_person(content[0]) else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read predictions.

    Raises:
        DatasetError: naming the entry and what is wrong with it.
    """
    listed = values.listing([content] if isinstance(content, dict) else content, str(path))
    if listed and not is_person(listed[0]):
        frames, people, frame = _video(listed, path, options)
    else:
        frames = single_images([path.stem.removesuffix(ENDING)], str(path), options)
        people = [(entry, f"{path}: [{i}]") for i, entry in enumerate(listed)]
        frame = np.zeros(len(people), int)
    rows = []
    for person, where in people:
        row = values.triples(values.member(person, "keypoints", where), f"{where}: keypoints")
        if rows and len(row) != len(rows[0]):
            raise DatasetError(f"{where}: keypoints: found {len(row)} joints, expected {len(rows[0])} as in the first")
        rows.append(row)
    if not rows:
        raise DatasetError(f"{path}: found no person in {len(frames.names)} frames, expected at least one")
    rows = np.stack(rows)
    joints = joints_by_count(rows, str(path), options.joints, MODELS)
    person, names, tracks = people_by_id([_track(entry, where) for entry, where in people], frame)
    return make_recording(
        rows,
        frame,
        frames,
        joints,
        path,
        options,
        person=person,
        people=names,
        score=np.array([values.optional_number(entry.get("score")) for entry, _ in people]),
        notes=(*joints.notes, *frames.notes, *tracks),
    )


def merge(contents: list[Any], names: list[str]) -> list[Any]:
    """The predictions of single images as frames that have the names of the files."""
    return [{"frame": name, "predictions": content} for content, name in zip(contents, names, strict=True)]


FORMAT = Format("openpifpaf", "openpifpaf, predictions of a video or an image", "json", recognize, read, merge)


def is_person(entry: Any) -> bool:
    """Whether an entry is a person as openpifpaf writes it: its box is flat, its image is not named."""
    if not isinstance(entry, dict) or not {"keypoints", "bbox", "score"} <= set(entry) or "image_id" in entry:
        return False
    flat = entry["keypoints"]
    return isinstance(flat, list) and bool(flat) and not isinstance(flat[0], list | dict)


def _is_frame(entry: dict[str, Any]) -> bool:
    return "frame" in entry and isinstance(entry.get("predictions"), list)


def _video(listed: list[Any], path: Path, options: Options) -> tuple[Frames, list[Predicted], np.ndarray]:
    """The frames of a video, the people, and the frame of each."""
    people, numbers = [], []
    for i, entry in enumerate(listed):
        where = f"{path}: [{i}]"
        number = values.member(entry, "frame", where)
        number = number if isinstance(number, str) else values.whole(number, f"{where}: frame", least=0)
        found = values.listing(values.member(entry, "predictions", where), f"{where}: predictions")
        numbers.append(str(number))
        people.append([(person, f"{where}: predictions[{j}]") for j, person in enumerate(found)])
    names, which = distinct(numbers)
    frames = order_frames(names, str(path), options, gapless=True)
    frame = np.repeat(frames.index[which], [len(found) for found in people])
    return frames, [person for found in people for person in found], frame


def _track(person: dict[str, Any], where: str) -> int | None:
    number = values.mapping(person, where).get("id_")
    return None if number is None else values.whole(number, f"{where}: id_")
