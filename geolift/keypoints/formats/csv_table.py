"""Plain tables: comma-separated values, the format for keypoints of any program.

One header line, then one line for each person in each frame:

    frame,person,left_hip_x,left_hip_y,left_hip_confidence,right_hip_x,right_hip_y,right_hip_confidence
    0,anna,412.5,300.2,0.93,388.1,301.7,0.90
    0,ben,101.0,290.4,0.88,,,
    1,anna,413.0,300.9,0.95,388.9,302.3,0.91

* `frame`: the number of a video's frame (numbers without a line are frames without people), or the name of an image.
* `person`: optional; the person's name, the same in every frame. Without it, a video with one line in each frame is of
  one person, and any other table is untracked.
* `JOINT_x`, `JOINT_y`: pixels, x right, y down; empty where the joint was not seen.
* `JOINT_confidence`: optional, 0..1; for joints without it, 1 where there are coordinates.

Joints may have any names and stand in any order. If the names are exactly those of a joint set (docs/joint-mapping.md),
the joints are that set; otherwise a skeleton file explains them (`skeleton_file`).
"""

from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import csv_rows
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import distinct
from geolift.keypoints.joint_names import joints_by_name
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording

LAST = ("x", "y", "confidence")  # of a column's name


def recognize(lines: list[str]) -> str | None:
    """Why the lines are a table: its header begins with `frame` and has a joint."""
    header = _header(lines)
    if header[:1] == ["frame"] and any(f"{name[:-2]}_y" in header for name in header if name.endswith("_x")):
        return "the header begins with frame and names joints as NAME_x, NAME_y"
    return None


def read(lines: list[str], path: Path, options: Options) -> Recording:
    """Read a table.

    Raises:
        DatasetError: naming the line and what is wrong with it.
    """
    header, *cells = csv_rows.cells(lines, str(path)) or [[]]
    header = [cell.strip() for cell in header]
    has_people = header[1:2] == ["person"]
    columns = _columns(header, 2 if has_people else 1, path)
    if not cells:
        raise DatasetError(f"{path}: found a header only, expected a line for each person in each frame")
    joints = joints_by_name(tuple(columns), str(path), options.joints)
    rows = np.stack([_numbers(row, list(columns.values()), f"{path}: frame {row[0]!r}") for row in cells])
    frame, frames = csv_rows.frames_of_labels([row[0] for row in cells], str(path), options)
    person, people = None, ()
    if has_people:
        names = [row[1].strip() for row in cells]
        if not all(names):
            raise DatasetError(f"{path}: found a line without a person, expected a name on every line or no column")
        people, person = distinct(names)
    elif frames.video and len(np.unique(frame)) == len(frame):
        person, people = np.zeros(len(frame), int), ("0",)
    notes = (*joints.notes, *frames.notes)
    return make_recording(rows, frame, frames, joints, path, options, person=person, people=tuple(people), notes=notes)


def _header(lines: list[str]) -> list[str]:
    """The cells of the first line, [] if it is not one line of comma-separated values."""
    try:
        cells = csv_rows.cells(lines[:1], "header")
    except DatasetError:
        return []
    return [cell.strip() for cell in cells[0]] if cells else []


def _columns(header: list[str], first: int, path: Path) -> dict[str, dict[str, int]]:
    """The columns of each joint, {"x": 2, "y": 3, "confidence": 4}; they begin with column `first`."""
    columns = {}
    for i, cell in enumerate(header[first:], first):
        joint, _, last = cell.rpartition("_")
        if not joint or last not in LAST:
            raise DatasetError(f"{path}: header: found {cell!r}, expected JOINT_x, JOINT_y or JOINT_confidence")
        if last in columns.setdefault(joint, {}):
            raise DatasetError(f"{path}: header: found {cell!r} twice")
        columns[joint][last] = i
    for joint, parts in columns.items():
        if not {"x", "y"} <= parts.keys():
            found = f"{joint}_{' and '.join(parts)}"
            raise DatasetError(f"{path}: header: found {found} only, expected {joint}_x, {joint}_y")
    return columns


def _numbers(row: list[str], columns: list[dict[str, int]], origin: str) -> np.ndarray:
    """`[K, 3]`: x, y and confidence of every joint."""
    numbers = np.ones((len(columns), 3))
    for i, parts in enumerate(columns):
        numbers[i, [LAST.index(last) for last in parts]] = csv_rows.numbers(row, list(parts.values()), origin)
    return numbers


FORMAT = Format("table", "a table of comma-separated values: frame, person, JOINT_x, JOINT_y", "csv", recognize, read)
