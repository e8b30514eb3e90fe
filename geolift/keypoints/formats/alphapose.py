"""AlphaPose's `alphapose-results.json`: a list with an entry for each person in each frame, in any order.

`image_id` is the frame's name ("12.jpg"; a number with `--eval`). Names with nothing but a number that differs are
frames of a video, ordered by the number; absent ones in between are frames without people (`frame_names`). `keypoints`
are x, y, confidence for 17 joints (COCO), 26 (Halpe), 136 (Halpe with face and hands) or 133 (COCO-WholeBody), of which
the body is taken. `idx` is the person's track number; without tracking everybody's is 0, or there is none.

With `--format open` (`cmu`) the file is an object with the people of each image, in the joints of OpenPose's COCO. For
models with more joints than COCO's, AlphaPose puts the wrong joint where the neck belongs; there it becomes the middle
of the shoulders, which is what AlphaPose means by it.
"""

from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints import track_ids
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.frame_names import frames, rate
from geolift.keypoints.joint_names import body_joints, joints_by_count
from geolift.keypoints.options import Options, resolve_image_size
from geolift.keypoints.recording import Recording, record

MODELS = {17: "coco17", 26: "halpe26", 16: "mpii16", 18: "coco18"}
LISTS = {"people": "pose_keypoints_2d", "bodies": "joints"}  # --format open, --format cmu
UNTRACKED = 0  # everybody's idx without tracking
NECK = 0.02  # of a person's size by which the neck may differ from the middle of the shoulders


def recognise(content: Any) -> str | None:
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
    """Read what AlphaPose found.

    Raises:
        DatasetError: naming the entry and what is wrong with it; if people have different numbers of joints, or a
            number that tells no joint set.
    """
    opened = isinstance(content, dict)
    entries = _open(content, path) if opened else _list(content, path)
    if not entries:
        raise DatasetError(f"{path}: found no person, expected at least one")
    count = len(entries[0][1])
    for where, row, _, _ in entries:
        if len(row) != count:
            raise DatasetError(f"{where}: found {len(row)} joints, expected {count} as in the first")
    kept, notes = body_joints(count, options.joints)
    resolved = joints_by_count(kept, str(path), options.joints, MODELS)
    stacked = np.stack([row for _, row, _, _ in entries])[:, :kept]
    if opened and resolved.joint_set == "coco18":
        stacked, corrected = _necks(stacked, resolved.joints)
        notes += corrected
    names = list(dict.fromkeys(name for _, _, name, _ in entries))
    found = frames(names, str(path), options)
    place = dict(zip(names, found.index.tolist(), strict=True))
    frame = np.array([place[name] for _, _, name, _ in entries])
    person, people, told = track_ids.people([number for _, _, _, number in entries], frame, none=UNTRACKED)
    fps, rated = rate(found, options, str(path))
    return record(
        stacked[..., :2],
        stacked[..., 2],
        frame=frame,
        joints=resolved.joints,
        joint_set=resolved.joint_set,
        frames=found.names,
        video=found.video,
        origin=str(path),
        person=person,
        people=people,
        fps=fps,
        image_size=resolve_image_size(None, options.image_size, len(found.names), str(path)),
        notes=(*notes, *found.notes, *rated, *told),
    )


FORMAT = Format("alphapose", "AlphaPose, alphapose-results.json", "json", recognise, read)

Entry = tuple[str, np.ndarray, str, int | None]  # where it is, [K, 3] x, y, confidence, frame's name, track number


def _list(content: Any, path: Path) -> list[Entry]:
    entries = []
    for i, entry in enumerate(values.listing(content, str(path))):
        where = f"{path}: [{i}]"
        image = values.member(entry, "image_id", where)
        name = image if isinstance(image, str) else str(values.whole(image, f"{where}: image_id", least=0))
        number = entry.get("idx")
        for _ in range(2):  # lists of one, once or twice
            number = number[0] if isinstance(number, list) and number else number
        number = None if number is None or number == [] else values.whole(number, f"{where}: idx")
        entries.append((where, _triples(values.member(entry, "keypoints", where), f"{where}: keypoints"), name, number))
    return entries


def _open(content: dict[str, Any], path: Path) -> list[Entry]:
    entries = []
    for name, image in content.items():
        where = f"{path}: {values.told(name)}"
        key = next((key for key in LISTS if key in values.mapping(image, where)), "people")
        for i, person in enumerate(values.listing(values.member(image, key, where), f"{where}: {key}")):
            place = f"{where}: {key}[{i}]"
            entries.append((place, _triples(values.member(person, LISTS[key], place), place), name, None))
    return entries


def _triples(value: Any, where: str) -> np.ndarray:
    """`[K, 3]` x, y, confidence."""
    flat = values.numbers(value, where)
    if not len(flat) or len(flat) % 3:
        raise DatasetError(f"{where}: found {len(flat)} numbers, expected x, y, confidence for each joint")
    return flat.reshape(-1, 3)


def _necks(stacked: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    """People `[N, 18, 3]` with their necks between their shoulders, and a note if some were elsewhere."""
    middle = stacked[:, [names.index("left_shoulder"), names.index("right_shoulder")]].mean(axis=1)
    neck = names.index("neck")
    size = np.ptp(stacked[..., :2], axis=1).max(axis=1)
    wrong = ~(np.abs(stacked[:, neck, :2] - middle[:, :2]).max(axis=1) <= NECK * size)
    if not wrong.any():
        return stacked, ()
    corrected = stacked.copy()
    corrected[:, neck] = middle
    return corrected, (f"the neck of {int(wrong.sum())} people was no neck: all were put between the shoulders",)
