"""Tables of joints: a row is one joint of one person in one frame.

    frame,landmark,x,y,z,visibility
    0,0,0.491,0.093,-0.627,0.999
    0,1,0.496,0.085,-0.619,0.999

The joint is a number or a name. Without a column for frames, a joint that is there already begins the next frame.
Without a column for joints, every frame has the same number of rows, which are its joints in their order.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import column_names, csv_rows, csv_table, row_labels, table_frames, table_rows
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.column_names import Columns
from geolift.keypoints.formats.csv_rows import TextTable
from geolift.keypoints.frame_names import distinct
from geolift.keypoints.options import Options, sets_of
from geolift.keypoints.recording import Recording
from geolift.skeletons.skeleton import MOST_JOINTS

FEWEST = 14  # joints of a frame in a table that does not name them
LANDMARKS = 33  # MediaPipe's
BODY = "pose"  # in the column that says to which of body, face and hands a row belongs


def recognize(lines: list[str]) -> str | None:
    """Why the lines are a table of joints: its header has columns for a joint, x and y."""
    table = csv_rows.beginning(lines)
    columns = column_names.long_columns(table.header)
    if not columns.has_joints or csv_table.recognize(lines):
        return None
    if columns.joint is not None:
        return f"the header has the columns {table.header[columns.joint]}, x, y: a row for each joint"
    if columns.frame is not None and columns.person is None:
        labels = table.column(columns.frame)
        if len(labels) >= FEWEST and len(set(labels[:FEWEST])) == 1:
            return "the header has the columns x, y, and each frame has a row for each joint"
    named = all(table.header[i].lower().startswith("landmark") for i in columns.joints[""].values())
    rows = len(lines) - 1
    if columns.frame is None and columns.time is None and named and rows and rows % LANDMARKS == 0:
        return f"the header has landmarks with x, y, and there are {rows // LANDMARKS} times {LANDMARKS} rows"
    return None


def read(lines: list[str], path: Path, options: Options) -> Recording:
    """Read a table of joints.

    Raises:
        DatasetError: naming the line or the column and what is wrong with it.
    """
    table = csv_rows.read_table(lines, str(path))
    return people_of(table, column_names.long_columns(table.header), path, options)


def people_of(table: TextTable, columns: Columns, path: Path, options: Options) -> Recording:
    """The recording of a table whose rows are joints.

    Raises:
        DatasetError: as `read`.
    """
    if not columns.has_joints:
        raise DatasetError(f"{path}: header: found {table.header[:8]}, expected the columns frame, landmark, x, y")
    if not table.rows:
        raise DatasetError(f"{path}: found a header only, expected a line for each joint in each frame")
    columns = table_frames.settled(table, columns)
    table, notes = _bodies(table, columns)
    names, which = _joints(table, columns, path)
    if columns.joint is None:
        notes += (f"no column for joints: {len(names)} rows were read as the joints of a frame, in their order",)
    if columns.frame is None and columns.time is None:
        notes += ("no column for frames or times: a joint that is there already begins the next frame of a video",)
    detection, first, labels = _detections(table, columns, which, path)
    parts = columns.joints[""]
    values = np.full((len(first), len(names), len(column_names.PARTS)), np.nan)
    places = [table_rows.PART[part] for part in parts]
    values[detection[:, None], which[:, None], places] = csv_rows.numbers(table, list(parts.values()), str(path))
    rows = table._replace(rows=[table.rows[i] for i in first], lines=[table.lines[i] for i in first])
    return table_rows.recording_of(values, names, labels, rows, columns, path, options, notes=notes)


FORMAT = Format("joint-table", "a table of joints: frame, landmark, x, y", "csv", recognize, read)


def _bodies(table: TextTable, columns: Columns) -> tuple[TextTable, tuple[str, ...]]:
    """The rows of bodies, if a column says which are of bodies, faces and hands."""
    if columns.kind is None:
        return table, ()
    kinds = [cell.lower() for cell in table.column(columns.kind)]
    kept = [i for i, kind in enumerate(kinds) if kind in (BODY, "body", "pose_landmarks")]
    if not kept or len(kept) == len(kinds):
        return table, ()
    others = ", ".join(sorted({kind for kind in kinds if kind} - {kinds[i] for i in kept})[:5])
    kept_rows, lines = [table.rows[i] for i in kept], [table.lines[i] for i in kept]
    return table._replace(rows=kept_rows, lines=lines), (f"rows of {others} were left out",)


def _joints(table: TextTable, columns: Columns, path: Path) -> tuple[list[str], np.ndarray]:
    """K names of joints, and which of them each row is."""
    if columns.joint is not None:
        cells = [row_labels.plain_label(cell) for cell in table.column(columns.joint)]
        if not all(cells):
            line = table.lines[cells.index("")]
            raise DatasetError(f"{path}: line {line}: found no joint, expected its name or number")
        names, which = distinct(cells)
        if len(names) > MOST_JOINTS:
            raise DatasetError(f"{path}: found {len(names)} different joints, expected up to {MOST_JOINTS}")
        return names, which
    labels = table.column(columns.frame) if columns.frame is not None else []
    count = len(labels) // len(set(labels)) if labels else LANDMARKS
    if len(table.rows) % count or not sets_of(count):
        found = f"{len(table.rows)} rows and no column for joints"
        raise DatasetError(f"{path}: found {found}, expected as many in each frame as a joint set has joints")
    return [str(i) for i in range(count)], np.arange(len(table.rows)) % count


def _detections(
    table: TextTable, columns: Columns, which: np.ndarray, path: Path
) -> tuple[np.ndarray, list[int], list[str] | None]:
    """The person in a frame that each row is of, the first row of each, and their frames, None if they are not named.

    Raises:
        DatasetError: if a person has a joint twice.
    """
    people = table.column(columns.person) if columns.person is not None else [""] * len(which)
    labels = table_frames.frame_labels(table, columns)
    if columns.frame is None and columns.time is None:
        clips = table_frames.clip_names(table, columns) or [""] * len(which)
        labels = _counted_frames(which, people, clips)
    keys, detection = distinct(list(zip(labels, people, strict=True)))
    first = np.full(len(keys), len(which))
    np.minimum.at(first, detection, np.arange(len(which)))
    pairs, counts = np.unique(np.stack([detection, which]), axis=1, return_counts=True)
    if (counts > 1).any():
        twice = pairs[0, counts.argmax()]
        label, person = keys[twice]
        of = f" of person {person!r}" if person else ""
        listed = ", ".join(columns.left_out[: table_rows.SHOWN])
        others = f" (several videos in one table? it also has {listed})" if listed else ""
        raise DatasetError(f"{path}: frame {label!r}{of}: found a joint twice, expected once{others}")
    return detection, first.tolist(), [label for label, _ in keys]


def _counted_frames(which: np.ndarray, people: list[str], clips: list[str]) -> list[str]:
    """Frames of rows without a name of one: a joint that a person of the clip has already begins the next."""
    labels, current, seen = [], defaultdict(int), defaultdict(set)
    for joint, person, clip in zip(which.tolist(), people, clips, strict=True):
        if (joint, person) in seen[clip]:
            current[clip] += 1
            seen[clip].clear()
        seen[clip].add((joint, person))
        labels.append(f"{clip} {current[clip]}" if clip else str(current[clip]))
    return labels
