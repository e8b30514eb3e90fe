"""OpenPose's JSON: a folder with a file for every frame, or one such file for one image.

`NAME_000000000012_keypoints.json` holds {"people": [{"pose_keypoints_2d": [x, y, c, ...], "person_id": [-1]}]}, in old
versions under the key "pose_keypoints". How many numbers a person has tells the model. Missing joints are 0, 0, 0.
Frames are ordered by the last number in their names; with one name but for that number, two frames and more are a
video, and numbers without a file in between are frames without people (`frame_names`). Files of Pose2Sim, which have
another ending and other models, are read, too.

With `--keypoint_scale 3` or `4` coordinates are fractions, 0 to 1 or -1 to 1 over the image. Coordinates none of which
is larger than 2 are taken for such and need the images' size.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from geolift.errors import DatasetError
from geolift.keypoints import track_ids
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.frame_names import Frames, frames, rate, stills
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options, resolve_image_size
from geolift.keypoints.recording import Recording, record

ENDING = "_keypoints"
KEYS = ("pose_keypoints_2d", "pose_keypoints")
MODELS = {25: "body25", 18: "coco18", 15: "mpi15", 26: "halpe26", 17: "coco17"}  # the last two: Pose2Sim
LARGEST_FILE = 64 * 2**20  # bytes of a frame's file
NOBODY = -1  # person_id of people that were not followed
FRACTION = 2.0  # coordinates up to this are no pixels: nobody is that small

Person = tuple[np.ndarray, int | None]  # [K, 3] x, y, confidence; person_id


def recognise_folder(files: list[Path]) -> str | None:
    """Why a folder's files are OpenPose's, or None."""
    chosen = _chosen(files)
    if not chosen:
        return None
    ending = f"{ENDING}.json" if chosen[0].stem.endswith(ENDING) else ".json"
    return f"{len(chosen)} files *{ending} with people"


def recognise_file(content: Any) -> str | None:
    """Why a JSON file is OpenPose's, or None."""
    people = content.get("people") if isinstance(content, dict) else None
    if not isinstance(people, list):
        return None
    told = not people or (isinstance(people[0], dict) and any(key in people[0] for key in KEYS))
    return f"an object with people, {len(people)} of them, with {KEYS[0]}" if told else None


def read_folder(files: list[Path], path: Path, options: Options) -> Recording:
    """Read a folder, one file after the other.

    Raises:
        DatasetError: naming the file and what is wrong with it; if people have different numbers of joints; if
            coordinates are fractions and `options` has no image size.
    """
    chosen = _chosen(files)
    if not chosen:
        raise DatasetError(f"{path}: found no files *{ENDING}.json among {len(files)}, expected one for every frame")
    names = [file.stem.removesuffix(ENDING) for file in chosen]
    found = frames(names, str(path), options, gapless=True)
    absent = len(found.names) - len(names)
    notes = (f"{absent} frames in between have no file: taken as frames without people",) if absent else ()
    people = (
        (file, _people(values.load(file, largest=LARGEST_FILE), str(file)))
        for file in tqdm(chosen, desc=str(path), unit="frame", disable=None, leave=False)
    )
    return _record(people, found, path, options, (*found.notes, *notes))


def read_file(content: Any, path: Path, options: Options) -> Recording:
    """Read the people of one image."""
    found = stills([path.stem.removesuffix(ENDING)])
    return _record([(path, _people(content, str(path)))], found, path, options, ())


FORMATS = (
    Format("openpose", "OpenPose, a folder with a JSON file for each frame", "folder", recognise_folder, read_folder),
    Format("openpose", "OpenPose, the JSON file of one image", "json", recognise_file, read_file),
)


def _chosen(files: list[Path]) -> list[Path]:
    """The files with OpenPose's ending; in a folder without such, all JSON files if the first looks like OpenPose's."""
    found = [file for file in files if file.suffix == ".json"]
    ending = [file for file in found if file.stem.endswith(ENDING)]
    if ending or not found:
        return ending
    try:
        return found if recognise_file(values.load(found[0], largest=LARGEST_FILE)) else []
    except (DatasetError, FileNotFoundError):
        return []


def _people(content: Any, where: str) -> list[Person]:
    """The people of a frame; those without a body, of whom only hands or face were found, have `[0, 3]`."""
    people = []
    for i, person in enumerate(values.listing(values.member(content, "people", where), f"{where}: people")):
        place = f"{where}: people[{i}]"
        key = next((key for key in KEYS if key in values.mapping(person, place)), KEYS[0])
        flat = values.numbers(values.member(person, key, place), f"{place}: {key}")
        if len(flat) % 3:
            raise DatasetError(f"{place}: {key}: found {len(flat)} numbers, expected x, y, confidence for each joint")
        number = person.get("person_id", NOBODY)
        number = number[0] if isinstance(number, list) and number else number
        number = NOBODY if number == [] else values.whole(number, f"{place}: person_id")
        people.append((flat.reshape(-1, 3), None if number == NOBODY else number))
    return people


def _record(
    people: Iterable[tuple[Path, list[Person]]], found: Frames, path: Path, options: Options, notes: tuple[str, ...]
) -> Recording:
    """A recording of the people of each file, `found.index` saying which frame a file is."""
    resolved, rows, frame, ids, bodiless = None, [], [], [], 0
    for at, (file, persons) in zip(found.index, people, strict=True):
        for row, number in persons:
            if not len(row):
                bodiless += 1
                continue
            if resolved is None:
                resolved = joints_by_count(len(row), str(file), options.joints, MODELS)
            if len(row) != len(resolved.joints):
                raise DatasetError(f"{file}: found {len(row)} joints, expected {len(resolved.joints)} as before")
            rows.append(row)
            frame.append(at)
            ids.append(number)
    if not rows:
        raise DatasetError(f"{path}: found no person in {len(found.names)} frames, expected at least one")
    if bodiless:
        notes += (f"{bodiless} people without a body (only face or hands) were left out",)
    stacked = np.stack(rows)
    keypoints, scaled = _pixels(stacked[..., :2], stacked[..., 2], path, options)
    person, names, told = track_ids.people(ids, np.array(frame))
    fps, rated = rate(found, options, str(path))
    return record(
        keypoints,
        stacked[..., 2],
        frame=np.array(frame),
        joints=resolved.joints,
        joint_set=resolved.joint_set,
        frames=found.names,
        video=found.video,
        origin=str(path),
        person=person,
        people=names,
        fps=fps,
        image_size=resolve_image_size(None, options.image_size, len(found.names), str(path)),
        notes=(*notes, *rated, *scaled, *told),
    )


def _pixels(
    keypoints: np.ndarray, confidence: np.ndarray, path: Path, options: Options
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Keypoints `[N, K, 2]` in pixels, and a note if they were fractions of the image."""
    keypoints = np.where((confidence > 0)[..., None], keypoints, 0)
    if not np.nanmax(np.abs(keypoints), initial=0) <= FRACTION or not keypoints.any():
        return keypoints, ()
    signed = bool((keypoints < 0).any())
    what = f"fractions of the image (--keypoint_scale {4 if signed else 3})"
    if options.image_size is None:
        raise DatasetError(f"{path}: found {what}, expected pixels, or --image-size WIDTHxHEIGHT to get them")
    size = np.array(options.image_size)
    pixels = (keypoints + 1) / 2 * size if signed else keypoints * size
    return pixels, (f"coordinates are {what}: made pixels by --image-size",)
