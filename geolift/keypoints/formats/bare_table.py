"""Tables of numbers without names of columns, as scripts write MediaPipe's landmarks and COCO's keypoints.

A row is a person: x, y of each joint, or x, y and a depth or confidence, or x, y, z, visibility; joint after joint, or
all x, then all y, where that is a body and joint after joint is none. A label, or the number of the frame, may come
first or last. A row may also be one of MediaPipe's 33 landmarks. The number of columns and the values must leave one
reading; otherwise an error says which there are.
"""

import contextlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import csv_rows, csv_table, joint_table
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.column_names import Columns, wide_columns
from geolift.keypoints.formats.csv_rows import TextTable
from geolift.keypoints.options import Options
from geolift.keypoints.readings import SURE as FITS
from geolift.keypoints.readings import anatomy_fit
from geolift.keypoints.recording import Recording
from geolift.skeletons.joint_sets import SOURCES

JOINTS = (33, 17, 18, 25, 26)  # MediaPipe; COCO, Human3.6M; OpenPose; Halpe
LAYOUTS = (("x", "y"), ("x", "y", "third"), ("x", "y", "z", "visibility"))
HOLISTIC = (501, 543)  # MediaPipe's with face and hands, x, y, z, visibility each
LANDMARKS = 33
SURE = 1.001  # the largest confidence


class Reading(NamedTuple):
    """A way to read the columns: in words, with names for them, and which column counts frames or labels.

    `blocks` are their names if all x come first, then all y, and so on.
    """

    what: str
    header: list[str]
    blocks: list[str]
    count: int
    frame: int | None = None
    label: int | None = None


def recognize(lines: list[str]) -> str | None:
    """Why the lines are a table of bare numbers: no names of columns, and as many numbers as joints have."""
    table = csv_rows.beginning(lines)
    found = _readings(table)
    if found:
        return f"no header, {len(table.header)} columns: {' or '.join(reading.what for reading in found)}"
    if _one_landmark_a_row(table, sum(map(bool, map(str.strip, lines)))):
        return f"no header, and {LANDMARKS} rows of {len(table.header)} numbers for each frame"
    return None


def read(lines: list[str], path: Path, options: Options) -> Recording:
    """Read a table of bare numbers.

    Raises:
        DatasetError: naming the line or the column and what is wrong with it; if there is more than one reading.
    """
    table = csv_rows.read_table(lines, str(path))
    if _one_landmark_a_row(table, len(table.rows)):
        header = ["x", "y", "z", "visibility"][: len(table.header)]
        parts = {part: i for i, part in enumerate(("x", "y", "z", "confidence")[: len(header)])}
        return joint_table.people_of(table._replace(header=header), Columns({"": parts}), path, options)
    found = [reading for reading in _readings(table) if _plausible(reading, table, path)]
    if options.joints in SOURCES:
        found = [reading for reading in found if reading.count == len(SOURCES[options.joints])]
    if len(found) != 1:
        what = " or ".join(reading.what for reading in found) or "a number of columns that no joints have"
        raise DatasetError(
            f"{path}: found {len(table.header)} columns without names, which are {what}, expected a line with the "
            "names of the columns (frame, nose_x, nose_y, ...)"
        )
    return _people_of(table, found[0], path, options)


def _people_of(table: TextTable, reading: Reading, path: Path, options: Options) -> Recording:
    """People whose columns are joint after joint; or all x, then all y, if only that is a body."""
    people, error = None, None
    try:
        people = _people(table, reading.header, path, options)
        if not anatomy_fit(people) < FITS:
            return people
    except DatasetError as found:
        error = found
    with contextlib.suppress(DatasetError):
        blocks = _people(table, reading.blocks, path, options)
        if anatomy_fit(blocks) >= FITS:
            return blocks._replace(notes=(*blocks.notes, "columns are all x, then all y: so they are a body"))
    if error:
        raise error
    return people


def _people(table: TextTable, header: list[str], path: Path, options: Options) -> Recording:
    return csv_table.people_of(table._replace(header=header), wide_columns(header, str(path)), path, options)


FORMAT = Format("bare-table", "a table without a header: x, y, ... of the joints of a person", "csv", recognize, read)


def _readings(table: TextTable) -> list[Reading]:
    """The ways to read the columns, by their number."""
    width = len(table.header)
    if not table.rows or sum(map(bool, table.header)) > 2:
        return []
    text = {i for i, name in enumerate(table.header) if name or not _numeric(table, i)}
    inside = [i for i in range(width) if i not in text]
    if len(text) > 2 or not inside or inside != list(range(inside[0], inside[-1] + 1)):
        return []
    first, count = inside[0], len(inside)
    readings = [_reading(table.header, first, *layout) for layout in _layouts(count)]
    if count > 1:
        for layout in _layouts(count - 1):
            readings.append(_reading(table.header, first + 1, *layout, frame=first))
            readings.append(_reading(table.header, first, *layout, label=first + count - 1))
    return readings


def _numeric(table: TextTable, column: int) -> bool:
    return all(csv_rows.is_number(row[column]) for row in table.rows[: csv_rows.BEGINNING])


def _layouts(count: int) -> list[tuple[int, tuple[str, ...]]]:
    """Joints, and what there is of each, that make up `count` numbers."""
    pairs = [(joints, parts) for parts in LAYOUTS for joints in JOINTS] + [(joints, LAYOUTS[-1]) for joints in HOLISTIC]
    return [(joints, parts) for joints, parts in pairs if joints * len(parts) == count]


def _reading(
    header: list[str],
    first: int,
    joints: int,
    parts: tuple[str, ...],
    *,
    frame: int | None = None,
    label: int | None = None,
) -> Reading:
    names = [name or "label" for name in header]
    if frame is not None:
        names[frame] = "frame"
    before, after = names[:first], names[first + joints * len(parts) :]
    by_joint = [f"{joint}_{part}" for joint in range(joints) for part in parts]
    by_part = [f"{joint}_{part}" for part in parts for joint in range(joints)]
    where = " after the frame" if frame is not None else " before a label" if label is not None else ""
    what = ", ".join("a depth or confidence" if part == "third" else part for part in parts)
    what = f"{what} of {joints} joints{where}"
    return Reading(what, [*before, *by_joint, *after], [*before, *by_part, *after], joints, frame, label)


def _plausible(reading: Reading, table: TextTable, path: Path) -> bool:
    """Whether the values are what a reading takes them for."""
    sure = [i for i, name in enumerate(reading.header) if name.endswith("_visibility")]
    values = csv_rows.numbers(table, sure, str(path))
    if sure and not ((values >= 0) & (values <= SURE) | np.isnan(values)).all():
        return False
    counted = [i for i in (reading.frame, reading.label) if i is not None]
    if not counted:
        return True
    numbers = csv_rows.numbers(table, counted, str(path))[:, 0]
    whole = bool((numbers == np.round(numbers)).all())
    if reading.frame is not None:
        return whole and (len(numbers) < 2 or bool((np.diff(numbers) > 0).all()))
    return whole and bool((numbers >= 0).all()) and len(np.unique(numbers)) <= max(len(numbers) // 4, 1)


def _one_landmark_a_row(table: TextTable, count: int) -> bool:
    """Whether rows are MediaPipe's landmarks: x, y, z, visibility, or the 33 of one image."""
    width = len(table.header)
    if any(table.header) or not table.rows or count % LANDMARKS or not 2 <= width <= 4:
        return False
    if not all(csv_rows.is_number(cell) for row in table.rows[: csv_rows.BEGINNING] for cell in row):
        return False
    last = [row[-1].strip() for row in table.rows[: csv_rows.BEGINNING]]
    return count == LANDMARKS or (width == 4 and all(cell and 0 <= float(cell) <= SURE for cell in last))
