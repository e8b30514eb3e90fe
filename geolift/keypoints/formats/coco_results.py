"""Results of the COCO evaluation: a list of {"image_id", "category_id", "keypoints": [x, y, score, ...], "score"}.

Joints have no names: 17 are COCO's, of 133 (COCO-WholeBody) the first 17 are taken. Image numbers are single images,
unless the user gives a frame rate: then they are a video in the order of the numbers, absent ones being frames without
people. In a folder with a file for each image the names of the files count instead.
"""

from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.coco_people import track_of
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import distinct, order_frames, single_images
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording
from geolift.keypoints.track_ids import people_by_id

MODELS = {17: "coco17", 26: "halpe26"}


def recognize(content: Any) -> str | None:
    """Why a JSON file holds COCO results, or None."""
    if not isinstance(content, list) or not content or not isinstance(content[0], dict):
        return None
    first = content[0]
    found = "keypoints" in first and isinstance(first.get("image_id"), int) and not {"box", "idx"} & set(first)
    return "a list of people with image_id, a number, and keypoints" if found else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read results.

    Raises:
        DatasetError: naming the entry and what is wrong with it.
    """
    entries = [(entry, f"{path}: [{i}]") for i, entry in enumerate(values.listing(content, str(path)))]
    rows, images = [], []
    for entry, where in entries:
        row = values.triples(values.member(entry, "keypoints", where), f"{where}: keypoints")
        if rows and len(row) != len(rows[0]):
            raise DatasetError(f"{where}: keypoints: found {len(row)} joints, expected {len(rows[0])} as in the first")
        rows.append(row)
        image = values.member(entry, "image_id", where)
        named = isinstance(image, str)
        images.append(image if named else str(values.whole(image, f"{where}: image_id", least=0)))
    if not rows:
        raise DatasetError(f"{path}: found no person, expected at least one")
    rows = np.stack(rows)
    joints = joints_by_count(rows, str(path), options.joints, MODELS)
    names, which = distinct(images)
    tracks = [track_of(entry, where) for entry, where in entries]
    video = options.fps is not None or named or any(track is not None for track in tracks)
    frames = (order_frames if video else single_images)(names, str(path), options)
    frame = frames.index[which]
    person, people, tracked = people_by_id(values.alike(tracks), frame)
    return make_recording(
        rows,
        frame,
        frames,
        joints,
        path,
        options,
        person=person,
        people=people,
        score=np.array([values.optional_number(entry.get("score")) for entry, _ in entries]),
        notes=(*joints.notes, *frames.notes, *tracked),
    )


def merge(contents: list[Any], names: list[str]) -> list[Any]:
    """Results of single images, each of which has the name of its file in place of its number."""
    return [
        entry | {"image_id": name} if isinstance(entry, dict) else entry
        for content, name in zip(contents, names, strict=True)
        for entry in content
    ]


FORMAT = Format("coco-results", "COCO keypoint results", "json", recognize, read, merge)
