"""Tables of people, the format for keypoints of any program: a row is one person in one frame.

    frame,person,left_hip_x,left_hip_y,left_hip_confidence,right_hip_x,right_hip_y,right_hip_confidence
    0,anna,412.5,300.2,0.93,388.1,301.7,0.90
    0,ben,101.0,290.4,0.88,,,
    1,anna,413.0,300.9,0.95,388.9,302.3,0.91

* `frame`: the number of a video's frame (numbers without a line are frames without people), a time, or the name of an
  image. Without it, rows are the frames of a video.
* `person`: optional; the person's name or track, the same in every frame. Without it, a video with one line in each
  frame is of one person, and any other table is untracked.
* `JOINT_x`, `JOINT_y`: x right, y down; empty where the joint was not seen.
* `JOINT_confidence`: optional, 0..1; for joints without it, 1 where there are coordinates. A depth is left out.

Other names of these columns are read as well (`column_names`), and other signs between cells (`csv_rows`): tables of
MediaPipe's landmarks, SLEAP's analysis CSV and those of many scripts are of this kind. Joints stand in any order. If
their names are those of a joint set (docs/joint-mapping.md), the joints are that set; otherwise a skeleton file
explains them (`skeleton_file`).
"""

from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import column_names, csv_rows, table_frames, table_rows
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.column_names import Columns
from geolift.keypoints.formats.csv_rows import TextTable
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording

FEWEST = 3  # joints of a table that has neither frames nor times


def recognize(lines: list[str]) -> str | None:
    """Why the lines are a table of people: its header names joints, each with x and y."""
    header = csv_rows.beginning(lines).header
    try:
        columns = column_names.wide_columns(header, "table")
    except DatasetError as error:
        return str(error)
    joints = [name for name, parts in columns.joints.items() if {"x", "y"} <= parts.keys()]
    if not joints or (columns.frame is None and columns.time is None and len(joints) < FEWEST):
        return None
    parts = columns.joints[joints[0]]
    return f"the header names joints with x and y: {header[parts['x']]}, {header[parts['y']]}"


def read(lines: list[str], path: Path, options: Options) -> Recording:
    """Read a table of people.

    Raises:
        DatasetError: naming the line or the column and what is wrong with it.
    """
    table = csv_rows.read_table(lines, str(path))
    if table.header[: len(column_names.LIFTED)] == column_names.LIFTED:
        raise DatasetError(f"{path}: found 3D poses that geolift lifted, expected 2D keypoints")
    return people_of(table, column_names.wide_columns(table.header, str(path)), path, options)


def people_of(table: TextTable, columns: Columns, path: Path, options: Options) -> Recording:
    """The recording of a table whose rows are people.

    Raises:
        DatasetError: as `read`.
    """
    if not columns.has_joints:
        raise DatasetError(f"{path}: header: found {table.header[:8]}, expected JOINT_x, JOINT_y, JOINT_confidence")
    if not table.rows:
        raise DatasetError(f"{path}: found a header only, expected a line for each person in each frame")
    for joint, parts in columns.joints.items():
        if not {"x", "y"} <= parts.keys():
            found = " and ".join(table.header[i] for i in parts.values())
            raise DatasetError(f"{path}: header: found {found} only, expected x and y of {joint}")
    columns = table_frames.settled(table, columns)
    values = np.full((len(table.rows), len(columns.joints), len(column_names.PARTS)), np.nan)
    places = [(k, table_rows.PART[part]) for k, parts in enumerate(columns.joints.values()) for part in parts]
    joint, part = np.array(places).T
    used = [i for parts in columns.joints.values() for i in parts.values()]
    values[:, joint, part] = csv_rows.numbers(table, used, str(path))
    labels = table_frames.frame_labels(table, columns)
    return table_rows.recording_of(values, list(columns.joints), labels, table, columns, path, options)


FORMAT = Format("table", "a table of people: frame, person, JOINT_x, JOINT_y", "csv", recognize, read)
