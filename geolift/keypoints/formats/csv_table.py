"""Plain tables: the format for keypoints of any program, in comma-separated values.

One header line, then one line for each person in each frame:

    frame,person,left_hip_x,left_hip_y,left_hip_confidence,right_hip_x,right_hip_y,right_hip_confidence
    0,anna,412.5,300.2,0.93,388.1,301.7,0.90
    0,ben,101.0,290.4,0.88,,,
    1,anna,413.0,300.9,0.95,388.9,302.3,0.91

* `frame`: the number of a video's frame (numbers without a line are frames without people), or the name of an image.
* `person`: optional; whom the line is of, the same name in every frame. Without it, a table of a video with one line a
  frame is of one person, and in any other nobody is followed from frame to frame.
* `JOINT_x`, `JOINT_y`: pixels, x right, y down; empty where the joint was not seen.
* `JOINT_confidence`: optional, 0..1; for joints without it, 1 where there are coordinates.

Joints may be called anything and stand in any order. If their names are exactly those of a joint set
(docs/joint-mapping.md), they are of that set; otherwise a skeleton file says what they are (`skeleton_file`).
"""

from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints import frame_names
from geolift.keypoints.formats import csv_rows
from geolift.keypoints.formats.base import Format
from geolift.keypoints.joint_names import joints_by_name
from geolift.keypoints.options import Options, resolve_image_size
from geolift.keypoints.recording import Recording, record

LAST = ("x", "y", "confidence")


def recognise(lines: list[str]) -> str | None:
    """Why the lines are a table: its header begins with `frame` and has a joint."""
    header = _header(lines)
    if header[:1] == ["frame"] and any(f"{name[:-2]}_y" in header for name in header if name.endswith("_x")):
        return "the header begins with frame and names joints as NAME_x, NAME_y"
    return None


def read(lines: list[str], path: Path, options: Options) -> Recording:
    """Read a table. Raises DatasetError naming the line."""
    cells = csv_rows.cells(lines, str(path))
    header = _header(lines)
    first = 2 if header[1:2] == ["person"] else 1
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
            raise DatasetError(
                f"{path}: header: found {joint}_{' and '.join(parts)} only, expected {joint}_x, {joint}_y"
            )
    if len(cells) < 2:
        raise DatasetError(f"{path}: found a header only, expected a line for each person in each frame")
    arranged = joints_by_name(tuple(columns), str(path), options.joints)
    columns = [list(columns.values())[i] for i in arranged.order]
    table = np.stack([_numbers(row, columns, f"{path}: frame {row[0]!r}") for row in cells[1:]])
    frame, frames = csv_rows.frames([row[0] for row in cells[1:]], str(path), options)
    fps, rated = frame_names.rate(frames, options, str(path))
    if first == 2:
        names = [row[1].strip() for row in cells[1:]]
        if not all(names):
            raise DatasetError(f"{path}: found a line without a person, expected a name on every line or no column")
        people = tuple(dict.fromkeys(names))
        number = {name: i for i, name in enumerate(people)}
        person = np.array([number[name] for name in names])
    elif frames.video and len(np.unique(frame)) == len(frame):
        people, person = ("0",), np.zeros(len(frame), int)
    else:
        people, person = (), None
    return record(
        table[..., :2],
        table[..., 2],
        frame=frame,
        joints=arranged.joints,
        joint_set=arranged.joint_set,
        frames=frames.names,
        video=frames.video,
        origin=str(path),
        person=person,
        people=people,
        fps=fps,
        image_size=resolve_image_size(None, options.image_size, len(frames.names), str(path)),
        notes=(*arranged.notes, *frames.notes, *rated),
    )


def _header(lines: list[str]) -> list[str]:
    return [cell.strip() for cell in csv_rows.cells(lines[:1], "header")[0]] if lines and lines[0].strip() else []


def _numbers(row: list[str], columns: list[dict[str, int]], origin: str) -> np.ndarray:
    """`[K, 3]`: x, y and confidence of every joint."""
    numbers = np.ones((len(columns), 3))
    for i, parts in enumerate(columns):
        numbers[i, [LAST.index(last) for last in parts]] = csv_rows.numbers(row, list(parts.values()), origin)
    return numbers


FORMAT = Format("table", "a table of comma-separated values: frame, person, JOINT_x, JOINT_y", "csv", recognise, read)
