"""AlphaPose's `alphapose-results.json`: a list with an entry for each person in each frame, in any order.

`image_id` is the frame's name ("12.jpg"; a number with `--eval`). Names that differ only in a number are frames of a
video, ordered by the number; absent ones in between are frames without people (`frame_names`). `keypoints` are x, y,
confidence for 17 joints (COCO), 26 (Halpe), 136 (Halpe with face and hands) or 133 (COCO-WholeBody), of which the body
is taken. `idx` is the person's track number; without tracking it is 0 for all people, or absent.

With `--format open` (`cmu`) the file is an object with the people of each image, in the joints of OpenPose's COCO. For
models with more joints than COCO's, AlphaPose puts a wrong joint in place of the neck; the neck becomes the middle of
the shoulders, as AlphaPose defines it.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import distinct, order_frames
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording
from geolift.keypoints.track_ids import people_by_id

MODELS = {17: "coco17", 26: "halpe26", 16: "mpii16", 18: "coco18"}
LISTS = {"people": "pose_keypoints_2d", "bodies": "joints"}  # --format open, --format cmu
UNTRACKED = 0  # idx of all people without tracking
NECK_TOLERANCE = 0.02  # of a person's size: distance of the neck from the middle of the shoulders


def recognize(content: Any) -> str | None:
    """Why a JSON file is AlphaPose's, or None."""
    if isinstance(content, dict) and content:
        first = next(iter(content.values()))
        if isinstance(first, dict) and any(isinstance(first.get(key), list) for key in LISTS):
            return "an object with the people of each image (--format open)"
    if not isinstance(content, list) or not content or not isinstance(content[0], dict):
        return None
    first = content[0]
    if "image_id" not in first or "keypoints" not in first:
        return None
    if isinstance(first["image_id"], str):
        return "a list of people with image_id, the name of an image, and keypoints"
    return "a list of people with image_id, keypoints and box" if "box" in first or "idx" in first else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read AlphaPose's results.

    Raises:
        DatasetError: naming the entry and what is wrong with it; if people have different numbers of joints, or a
            number that no known joint set has.
    """
    by_image = isinstance(content, dict)
    entries = _entries_by_image(content, path) if by_image else _entries_of_list(content, path)
    if not entries:
        raise DatasetError(f"{path}: found no person, expected at least one")
    count = len(entries[0].row)
    for entry in entries:
        if len(entry.row) != count:
            raise DatasetError(f"{entry.where}: found {len(entry.row)} joints, expected {count} as in the first")
    rows = np.stack([entry.row for entry in entries])
    joints = joints_by_count(rows, str(path), options.joints, MODELS)
    notes = joints.notes
    if by_image and joints.joint_set == "coco18":
        rows, corrected = _correct_necks(rows, joints.joints)
        notes += corrected
    names, which = distinct([entry.image for entry in entries])
    frames = order_frames(names, str(path), options)
    frame = frames.index[which]
    person, people, tracks = people_by_id([entry.track for entry in entries], frame, untracked=UNTRACKED)
    notes = (*notes, *frames.notes, *tracks)
    score = np.array([entry.score for entry in entries])
    return make_recording(
        rows, frame, frames, joints, path, options, person=person, people=people, score=score, notes=notes
    )


def merge(contents: list[Any], names: list[str]) -> Any:
    """The contents of several files: those with one image each by the names of the files, others by their own names."""
    if any(isinstance(content, dict) for content in contents):
        return {image: people for content in contents if content for image, people in content.items()}
    images = [{str(entry.get("image_id")) for entry in content if isinstance(entry, dict)} for content in contents]
    single = all(len(found) <= 1 for found in images)
    return [
        entry | {"image_id": name} if single and isinstance(entry, dict) else entry
        for content, name in zip(contents, names, strict=True)
        for entry in content
    ]


FORMAT = Format("alphapose", "AlphaPose, alphapose-results.json", "json", recognize, read, merge)


class _Entry(NamedTuple):
    """A person: the place in the file, `[K, 3]` x, y, confidence, the image's name, the track number, the score."""

    where: str
    row: np.ndarray
    image: str
    track: int | None
    score: float = float("nan")


def _entries_of_list(content: Any, path: Path) -> list[_Entry]:
    entries = []
    for i, entry in enumerate(values.listing(content, str(path))):
        where = f"{path}: [{i}]"
        image = values.member(entry, "image_id", where)
        name = image if isinstance(image, str) else str(values.whole(image, f"{where}: image_id", least=0))
        track = entry.get("idx")
        for _ in range(2):  # lists of one, once or twice
            track = track[0] if isinstance(track, list) and track else track
        track = None if track is None or track == [] else values.whole(track, f"{where}: idx")
        row = _triples(values.member(entry, "keypoints", where), f"{where}: keypoints")
        entries.append(_Entry(where, row, name, track, values.optional_number(entry.get("score"))))
    return entries


def _entries_by_image(content: dict[str, Any], path: Path) -> list[_Entry]:
    entries = []
    for name, image in content.items():
        where = f"{path}: {values.describe(name)}"
        key = next((key for key in LISTS if key in values.mapping(image, where)), "people")
        for i, person in enumerate(values.listing(values.member(image, key, where), f"{where}: {key}")):
            place = f"{where}: {key}[{i}]"
            entries.append(_Entry(place, _triples(values.member(person, LISTS[key], place), place), name, None))
    return entries


def _triples(value: Any, where: str) -> np.ndarray:
    """`[K, 3]` x, y, confidence."""
    flat = values.numbers(value, where)
    if not len(flat) or len(flat) % 3:
        raise DatasetError(f"{where}: found {len(flat)} numbers, expected x, y, confidence for each joint")
    return flat.reshape(-1, 3)


def _correct_necks(rows: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    """People `[N, 18, 3]` with the neck between the shoulders, and a note if some necks were elsewhere."""
    middle = rows[:, [names.index("left_shoulder"), names.index("right_shoulder")]].mean(axis=1)
    neck = names.index("neck")
    size = np.ptp(rows[..., :2], axis=1).max(axis=1)
    wrong = ~(np.abs(rows[:, neck, :2] - middle[:, :2]).max(axis=1) <= NECK_TOLERANCE * size)
    if not wrong.any():
        return rows, ()
    corrected = rows.copy()
    corrected[:, neck] = middle
    note = f"the neck of {int(wrong.sum())} people was another joint: all necks were put between the shoulders"
    return corrected, (note,)
