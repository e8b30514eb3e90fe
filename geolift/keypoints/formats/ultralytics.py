"""Results of ultralytics' pose models (YOLO): JSON of `Results.to_json()`, and folders of labels by `save_txt=True`.

The JSON of an image is a list of people: `name`, `confidence`, `box`, `keypoints` {x, y, visible}, with tracking
`track_id`. Users gather the images of a video in a list of such lists (also of their texts), or in an object by frame.
Results that are no pose (other objects, boxes alone) are left out. Joints at 0, 0 are missing.

A folder of labels has a file for each image with people, `VIDEO_1.txt` for frame 1, and a line for each person: class,
box (4 numbers), x, y and, unless the model has none, visibility of each joint, then the person's confidence (with
`save_conf`) and the track number (with tracking). Coordinates are fractions of the image. Labels for training look
alike, with 0, 1, 2 (not labelled, hidden, visible) for the visibility. 17 joints are COCO's.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import order_frames, single_images
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options, sets_of
from geolift.keypoints.recording import Recording
from geolift.keypoints.track_ids import people_by_id
from geolift.plurals import counted
from geolift.safe_io import bounded_file, json_file

MODELS = {17: "coco17"}
FIRST = 100  # entries in which a person is looked for: others may come before, or images without people
BOX = 5  # numbers of a line before the joints: class, x, y, width, height
MOST_AFTER = 2  # numbers of a line after the joints: confidence, track
LARGEST_LABELS = 2**24  # bytes of a file of labels
FLAGS = (0.0, 0.5, 1.0)  # confidence of joints that are not labelled, hidden, visible
PARTS = ("x", "y", "visible")


class _Person(NamedTuple):
    """A person: `[K, 3]` x, y, confidence, the index of the image, the score, the track number."""

    row: np.ndarray
    image: int
    score: float
    track: int | None


def recognize_results(content: Any) -> str | None:
    """Why a JSON file holds results, or None."""
    if _is_result(content):
        return "the result of one person, with box, confidence and keypoints x, y"
    entries = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    for entry in islice(entries, FIRST):
        if _is_result(entry):
            return "a list of results with name, confidence, box and keypoints x, y"
        entry = _parsed(entry)
        if isinstance(entry, list) and entry and isinstance(entry[0], dict):
            return "results of images, with name, confidence, box, keypoints x, y" if _is_result(entry[0]) else None
    return None


def read_results(content: Any, path: Path, options: Options) -> Recording:
    """Read results of an image, or of several.

    Raises:
        DatasetError: naming the entry and what is wrong with it.
    """
    images, single = _images(content, path)
    people, others = [], 0
    for i, (listed, where) in enumerate(images.values()):
        for j, entry in enumerate(values.listing(listed, where)):
            if "keypoints" not in values.mapping(entry, f"{where}[{j}]"):
                others += 1
                continue
            people.append(_person_of(entry, i, f"{where}[{j}]"))
    note = f"{counted(others, 'result', 'results')} without keypoints: left out"
    return _recording(people, list(images), path, options, single=single, notes=(note,) if others else ())


def merge(contents: list[Any], names: list[str]) -> dict[str, Any]:
    """Results of single images by the names of their files."""
    return {name: [content] if _is_result(content) else content for name, content in zip(names, contents, strict=True)}


def recognize_labels(files: Sequence[Path]) -> str | None:
    """Why the files of a folder are labels with keypoints, or None."""
    texts = [file for file in files if file.suffix.lower() == ".txt"]
    for file in texts:
        try:
            lines = bounded_file.content(file, LARGEST_LABELS).decode().split("\n")
        except (DatasetError, UnicodeDecodeError, FileNotFoundError):
            return None
        if any(line.strip() for line in lines) and file.stem != "classes":
            return _looks_like_labels(lines) and f"{len(texts)} files *.txt; {file.name}: {_looks_like_labels(lines)}"
    return None


def read_labels(files: Sequence[Path], path: Path, options: Options) -> Recording:
    """Read a folder of labels.

    Raises:
        DatasetError: naming the file, the line and what is wrong with it; if the size of the images is not given.
    """
    texts = [file for file in files if file.suffix.lower() == ".txt" and file.stem != "classes"]
    found = [(file, _numbers(bounded_file.content(file, LARGEST_LABELS), file)) for file in texts]
    return _of_lines(found, path, options, single=False)


def recognize_lines(lines: list[str]) -> str | None:
    """Why a text file holds the labels of one image, or None."""
    return _looks_like_labels(lines)


def read_lines(lines: list[str], path: Path, options: Options) -> Recording:
    """Read the labels of one image.

    Raises:
        DatasetError: as `read_labels`.
    """
    return _of_lines([(path, _numbers("\n".join(lines).encode(), path))], path, options, single=True)


_WHAT = "ultralytics (YOLO), labels of save_txt=True"
FORMATS = (
    Format("ultralytics", "ultralytics (YOLO), JSON of results", "json", recognize_results, read_results, merge),
    Format("ultralytics", f"{_WHAT}: a folder with a file for each image", "folder", recognize_labels, read_labels),
    Format("ultralytics", f"{_WHAT}: the file of one image", "csv", recognize_lines, read_lines),
)


def _is_result(entry: Any) -> bool:
    if not isinstance(entry, dict) or not {"box", "keypoints"} <= entry.keys():
        return False
    return isinstance(entry["keypoints"], dict) and {"x", "y"} <= entry["keypoints"].keys()


def _parsed(entry: Any) -> Any:
    """What text of JSON says; anything else as it is."""
    if not isinstance(entry, str) or not entry.startswith(("[", "{")):
        return entry
    try:
        return json_file.parse_json(entry)
    except ValueError:
        return entry


def _images(content: Any, path: Path) -> tuple[dict[str, tuple[Any, str]], bool]:
    """The list of results of each image and its place in the file, by the image's name, and whether it is one image."""
    if _is_result(content) or (isinstance(content, list) and any(isinstance(entry, dict) for entry in content)):
        return {path.stem: (content if isinstance(content, list) else [content], str(path))}, True
    if isinstance(content, dict):
        return {name: (_parsed(entry), f"{path}: {values.describe(name)}") for name, entry in content.items()}, False
    entries = values.listing(content, str(path))
    return {str(i): (_parsed(entry), f"{path}: [{i}]") for i, entry in enumerate(entries)}, False


def _person_of(entry: dict[str, Any], image: int, where: str) -> _Person:
    keypoints, inner = values.mapping(entry["keypoints"], f"{where}: keypoints"), f"{where}: keypoints"
    axes = [values.numbers(values.member(keypoints, axis, inner), f"{inner}: {axis}") for axis in PARTS[:2]]
    visible = keypoints.get("visible")
    axes.append(np.ones(len(axes[0])) if visible is None else values.numbers(visible, f"{inner}: visible"))
    if len({len(axis) for axis in axes}) > 1 or not len(axes[0]):
        raise DatasetError(f"{inner}: found {[len(axis) for axis in axes]} numbers in x, y, visible, expected as many")
    track = entry.get("track_id")
    track = None if track is None else values.whole(track, f"{where}: track_id")
    return _Person(np.column_stack(axes), image, values.optional_number(entry.get("confidence")), track)


def _looks_like_labels(lines: Sequence[str]) -> str | None:
    """Why lines are labels with keypoints, or None: a class and a box in fractions, then pairs or triples."""
    first = next((line.split() for line in lines if line.strip()), [])
    try:
        numbers = [float(number) for number in first]
    except ValueError:
        return None
    if len(numbers) < BOX + 2 * 3 or not first[0].isdecimal() or not all(0 <= number <= 1 for number in numbers[1:BOX]):
        return None
    return f"{len(numbers)} numbers a line: class, box and joints in fractions"


def _numbers(content: bytes, file: Path) -> list[list[float]]:
    """The numbers of each line that is not empty."""
    found = []
    for i, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
        try:
            numbers = [float(number) for number in line.split()]
        except ValueError:
            raise DatasetError(f"{file}: line {i}: found {line[:40]!r}, expected numbers") from None
        if numbers:
            found.append(numbers)
    return found


def _of_lines(found: list[tuple[Path, list[list[float]]]], path: Path, options: Options, *, single: bool) -> Recording:
    """A recording of the people in each file."""
    lengths = {len(numbers) for _, lines in found for numbers in lines}
    if not lengths:
        raise DatasetError(f"{path}: found no person in {len(found)} files, expected at least one")
    joints, parts = _layout(lengths, path, options)
    end = BOX + joints * parts
    after = [numbers[end:] for _, lines in found for numbers in lines]
    scored = max(map(len, after)) == MOST_AFTER or not all(n.is_integer() for numbers in after for n in numbers)
    people = []
    for i, (file, lines) in enumerate(found):
        for number, numbers in enumerate(lines, start=1):
            row = np.reshape(numbers[BOX:end], (joints, parts))
            score, track = _after(numbers[end:], scored, f"{file}: line {number}")
            people.append(_Person(_seen(row), i, score, track))
    flags = np.stack([person.row[:, 2] for person in people])
    notes = ()
    if parts == len(PARTS) and np.isin(flags, (0, 1, 2)).all() and (flags == 2).any():
        people = [person._replace(row=_flagged(person.row)) for person in people]
        notes = ("visibilities 0, 1, 2 are those of labels: confidence 0, 0.5, 1",)
    names = [file.stem for file, _ in found]
    return _recording(people, names, path, options, single=single, unit="fraction", notes=notes)


def _layout(lengths: set[int], path: Path, options: Options) -> tuple[int, int]:
    """How many joints a line has, and how many numbers a joint: 2 or 3.

    Between 0 and 2 numbers may follow the joints. The user's joint set decides, else 17 joints, else the lines' length
    if only one joint set of people fits it.
    """
    fitting = {
        (count, parts): names
        for parts in (3, 2)
        for count in range((min(lengths) - BOX) // parts + 1)
        if (names := sets_of(count)) and all(0 <= n - BOX - parts * count <= MOST_AFTER for n in lengths)
    }
    if options.joints is not None:
        fitting = {layout: names for layout, names in fitting.items() if options.joints in names}
    elif any(count == 17 for count, _ in fitting):
        fitting = {layout: names for layout, names in fitting.items() if layout[0] == 17}
    if len(fitting) != 1:
        found = f"{path}: found {sorted(lengths)[:5]} numbers a line"
        which = f"of which the joints are one of {sorted({n for names in fitting.values() for n in names})}"
        raise DatasetError(f"{found}, {which}: say which with --joints")
    return next(iter(fitting))


def _after(numbers: list[float], scored: bool, where: str) -> tuple[float, int | None]:
    """The score and the track number after the joints of a line; NaN and None where they are absent."""
    score = numbers[0] if scored and numbers else float("nan")
    track = numbers[1 if scored else 0 :]
    return score, values.whole(track[0], f"{where}: track") if track else None


def _seen(row: np.ndarray) -> np.ndarray:
    """`[K, 3]` of `[K, 2]` or `[K, 3]`; joints at 0, 0 have confidence 0."""
    row = row if row.shape[1] == len(PARTS) else np.column_stack([row, np.ones(len(row))])
    row[(row[:, :2] == 0).all(axis=1), 2] = 0
    return row


def _flagged(row: np.ndarray) -> np.ndarray:
    return np.column_stack([row[:, :2], np.array(FLAGS)[row[:, 2].astype(int)]])


def _recording(
    people: list[_Person],
    names: list[str],
    path: Path,
    options: Options,
    *,
    single: bool,
    unit: str = "pixel",
    notes: tuple[str, ...] = (),
) -> Recording:
    if not people:
        raise DatasetError(f"{path}: found no person in {len(names)} images, expected at least one")
    count = len(people[0].row)
    other = next((person for person in people if len(person.row) != count), None)
    if other is not None:
        raise DatasetError(f"{path}: {names[other.image]}: found {len(other.row)} joints, expected {count} as before")
    rows = np.stack([person.row for person in people])
    joints = joints_by_count(rows, str(path), options.joints, MODELS)
    frames = (single_images if single else order_frames)(names, str(path), options)
    frame = frames.index[[person.image for person in people]]
    person, tracks, track_notes = people_by_id([person.track for person in people], frame)
    return make_recording(
        rows,
        frame,
        frames,
        joints,
        path,
        options,
        person=person,
        people=tracks,
        score=np.array([person.score for person in people]),
        unit=unit,
        notes=(*notes, *joints.notes, *frames.notes, *track_notes),
    )
