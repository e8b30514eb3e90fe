"""OpenPose's JSON: a folder with a file for every frame, or one such file for one image.

`NAME_000000000012_keypoints.json` holds {"people": [{"pose_keypoints_2d": [x, y, c, ...], "person_id": [-1]}]}, in old
versions under the key "pose_keypoints". The model is known by how many numbers a person has. Missing joints are
0, 0, 0. Files whose names differ only in their last number are a video in the order of the numbers, and numbers without
a file in between are frames without people (`frame_names`). Pose2Sim's files, with another ending and other models, are
read, too.

With `--keypoint_scale 3` or `4` coordinates are fractions of the image, from 0 to 1 or from -1 to 1, which is
recognized (`coordinates`).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import Frames, order_frames, single_images
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording
from geolift.keypoints.track_ids import people_by_id
from geolift.plurals import counted

ENDING = "_keypoints"
KEYS = ("pose_keypoints_2d", "pose_keypoints")
MODELS = {25: "body25", 18: "coco18", 15: "mpi15", 26: "halpe26", 17: "coco17"}  # the last two: Pose2Sim
LARGEST_FILE = 64 * 2**20  # bytes of a frame's file
UNTRACKED = -1  # person_id without tracking

Person = tuple[np.ndarray, int | None]  # [K, 3] x, y, confidence; person_id


def recognize_folder(files: list[Path]) -> str | None:
    """Why the files of a folder are OpenPose's, or None."""
    chosen = _chosen(files)
    if not chosen:
        return None
    ending = f"{ENDING}.json" if chosen[0].stem.endswith(ENDING) else ".json"
    return f"{len(chosen)} files *{ending} with people"


def recognize_file(content: Any) -> str | None:
    """Why a JSON file is OpenPose's, or None."""
    people = content.get("people") if isinstance(content, dict) else None
    if not isinstance(people, list):
        return None
    found = not people or (isinstance(people[0], dict) and any(key in people[0] for key in KEYS))
    return f"an object with people, {len(people)} of them, with {KEYS[0]}" if found else None


def read_folder(files: list[Path], path: Path, options: Options) -> Recording:
    """Read a folder, one file after the other.

    Raises:
        DatasetError: naming the file and what is wrong with it; if people have different numbers of joints; if
            coordinates are fractions and `options` has no image size.
    """
    chosen = _chosen(files)
    if not chosen:
        raise DatasetError(f"{path}: found no files *{ENDING}.json among {len(files)}, expected one for every frame")
    names = [file.name.removesuffix(".json").removesuffix(ENDING) for file in chosen]
    frames = order_frames(names, str(path), options, gapless=True)
    absent = len(frames.names) - len(names)
    note = f"{counted(absent, 'frame in between has', 'frames in between have')} no file: counted as without people"
    notes = (note,) if absent else ()
    people = (
        (file, _people(values.load(file, largest=LARGEST_FILE), str(file)))
        for file in tqdm(chosen, desc=str(path), unit="frame", disable=None, leave=False)
    )
    return _recording(people, frames._replace(notes=(*frames.notes, *notes)), path, options)


def read_file(content: Any, path: Path, options: Options) -> Recording:
    """Read the people of one image.

    Raises:
        DatasetError: as `read_folder`.
    """
    frames = single_images([path.stem.removesuffix(ENDING)], str(path), options)
    return _recording([(path, _people(content, str(path)))], frames, path, options)


FORMATS = (
    Format("openpose", "OpenPose, a folder with a JSON file for each frame", "folder", recognize_folder, read_folder),
    Format("openpose", "OpenPose, the JSON file of one image", "json", recognize_file, read_file),
)


def _chosen(files: list[Path]) -> list[Path]:
    """The files with OpenPose's ending; without such files, all JSON files, if the first is OpenPose's."""
    found = [file for file in files if file.name.endswith(".json")]
    ending = [file for file in found if file.name.endswith(f"{ENDING}.json")]
    if ending or not found:
        return ending
    try:
        return found if recognize_file(values.load(found[0], largest=LARGEST_FILE)) else []
    except (DatasetError, FileNotFoundError):
        return []


def _people(content: Any, where: str) -> list[Person]:
    """The people of a frame; those without a body (only hands or face were found) have `[0, 3]`."""
    people = []
    for i, person in enumerate(values.listing(values.member(content, "people", where), f"{where}: people")):
        place = f"{where}: people[{i}]"
        key = next((key for key in KEYS if key in values.mapping(person, place)), KEYS[0])
        flat = values.numbers(values.member(person, key, place), f"{place}: {key}")
        if len(flat) % 3:
            raise DatasetError(f"{place}: {key}: found {len(flat)} numbers, expected x, y, confidence for each joint")
        number = person.get("person_id", UNTRACKED)
        number = number[0] if isinstance(number, list) and number else number
        number = UNTRACKED if number == [] else values.whole(number, f"{place}: person_id")
        people.append((flat.reshape(-1, 3), None if number == UNTRACKED else number))
    return people


def _recording(people: Iterable[tuple[Path, list[Person]]], frames: Frames, path: Path, options: Options) -> Recording:
    """A recording of the people in each file; file i is frame `frames.index[i]`."""
    rows, frame, ids, bodiless = [], [], [], 0
    for at, (file, persons) in zip(frames.index, people, strict=True):
        for row, number in persons:
            if not len(row):
                bodiless += 1
                continue
            if rows and len(row) != len(rows[0]):
                raise DatasetError(f"{file}: found {len(row)} joints, expected {len(rows[0])} as before")
            rows.append(row)
            frame.append(at)
            ids.append(number)
    if not rows:
        raise DatasetError(f"{path}: found no person in {len(frames.names)} frames, expected at least one")
    note = f"{counted(bodiless, 'person', 'people')} without a body (only face or hands): left out"
    left_out = (note,) if bodiless else ()
    rows, frame = np.stack(rows), np.array(frame)
    joints = joints_by_count(rows, str(path), options.joints, MODELS)
    person, names, tracks = people_by_id(ids, frame)
    about = {"person": person, "people": names, "unit": "signed"}
    notes = (*frames.notes, *left_out, *joints.notes, *tracks)
    return make_recording(rows, frame, frames, joints, path, options, notes=notes, **about)
