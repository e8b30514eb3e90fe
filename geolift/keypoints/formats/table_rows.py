"""Rows of a table of text as a recording: the steps that tables of people, of joints and of bare numbers share."""

from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import csv_rows, table_frames
from geolift.keypoints.formats.column_names import PARTS, Columns
from geolift.keypoints.formats.csv_rows import TextTable
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.formats.table_heights import stated_heights
from geolift.keypoints.formats.table_joints import table_joints
from geolift.keypoints.frame_names import distinct
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording
from geolift.keypoints.track_ids import people_by_id
from geolift.plurals import counted

PART = {part: i for i, part in enumerate(PARTS)}
BEHIND = 0.2  # share of coordinates below 0 beside a depth, from which on they are 3D
SHOWN = 6  # names in a note


def recording_of(
    values: np.ndarray,
    names: list[str],
    labels: list[str] | None,
    table: TextTable,
    columns: Columns,
    path: Path,
    options: Options,
    *,
    notes: tuple[str, ...] = (),
) -> Recording:
    """A recording of N people in rows.

    Args:
        values: `[N, K, len(PARTS)]` what the columns hold of each joint, NaN where nothing.
        names: K names of joints.
        labels: N frames; None: each row is the next frame.
        table, columns: the rows of the people, with the columns that are not of joints.
        path: the file, named in errors.
        options: what the user states.
        notes: on reading.

    Raises:
        DatasetError: naming the line or the column and what is wrong with it.
    """
    rows, on_values = _rows(values, path)
    joints, rows = table_joints(names, rows, str(path), options.joints)
    people = _people_column(table, columns, labels)
    if labels is None and people is not None and len(set(people)) > 1:
        raise DatasetError(f"{path}: found people but no column for frames, expected a column frame or time")
    frame, frames = table_frames.frames_of(labels, rows, table, columns, str(path), options)
    alone = frames.video and len(np.unique(frame)) == len(frame)
    person, who, on_people = _people(people, frame, alone)
    heights = stated_heights(table, columns, person, who, str(path))
    if heights:
        listed = [f"{name} {height:g} m" for name, height in heights[:SHOWN]] + ["..."] * (len(heights) > SHOWN)
        on_values += (f"heights of people in the column {table.header[columns.stature]}: {', '.join(listed)}",)
    timed = options.fps is None and frames.fps > 0
    on_values += _left_out(table, columns, labels, people, timed=timed, heights=bool(heights))
    made = make_recording(
        rows,
        frame,
        frames,
        joints,
        path,
        options,
        person=person,
        people=who,
        image_size=_image_size(table, columns, frame, len(frames.names), path),
        score=_scores(table, columns, path),
        notes=(*notes, *joints.notes, *frames.notes, *on_values, *on_people),
    )
    return made._replace(heights=heights)


def _rows(values: np.ndarray, path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """`[N, K, 3]` x, y, confidence, and notes; confidence is 1 where the table has none."""
    rows = values[..., [PART["x"], PART["y"], PART["confidence"]]].copy()
    depth, third, notes = values[..., PART["z"]], values[..., PART["third"]], ()
    if np.isfinite(values[..., PART["triangulation"]]).any() and np.isfinite(depth).any():
        raise DatasetError(f"{path}: found points in 3D (z with error or ncams), expected keypoints of one camera")
    if np.isfinite(third).any():
        sure = np.isfinite(rows[..., 2]).any() or np.nanmin(third) < 0 or np.nanmax(third) > 1
        if sure:
            depth = third
        else:
            rows[..., 2] = third
            notes += ("the third number of each joint, from 0 to 1, was read as its confidence",)
    if np.isfinite(depth).any():
        places = rows[..., :2][np.isfinite(rows[..., :2])]
        if len(places) and (places < 0).mean() > BEHIND:
            share = f"{100 * (places < 0).mean():.0f} % of x and y are below 0"
            raise DatasetError(f"{path}: found x, y and z, {share}: 3D already, expected places in the image")
        notes += ("z was left out",)
    unsure = np.isfinite(rows[..., :2]).all(axis=-1).any(axis=0) & ~np.isfinite(rows[..., 2]).any(axis=0)
    if unsure.any():  # joints without any confidence
        rows[:, unsure, 2] = 1
        whose = "some joints have" if np.isfinite(rows[..., 2]).any(axis=0)[~unsure].any() else "the table has"
        notes += (f"{whose} no confidence: it counts as 1 where there are coordinates",)
    return rows, notes


def _people_column(table: TextTable, columns: Columns, labels: list[str] | None) -> list[str] | None:
    """The person of each row, "" where there is none; None without people."""
    if columns.person is None or (labels is not None and table_frames.names_rows(table, columns.person)):
        return None
    cells = table.column(columns.person)
    return cells if any(cells) else None


def _people(
    names: list[str] | None, frame: np.ndarray, alone: bool
) -> tuple[np.ndarray | None, tuple[str, ...], tuple[str, ...]]:
    """The person of each row, the people's names, and notes; `alone`: a video with at most one row in each frame."""
    if names is None:
        return (np.zeros(len(frame), int), ("0",), ()) if alone else (None, (), ())
    if not all(names):
        return people_by_id([name or None for name in names], frame)
    people, person = distinct(names)
    return person, tuple(people), ()


def _left_out(
    table: TextTable,
    columns: Columns,
    labels: list[str] | None,
    people: list[str] | None,
    *,
    timed: bool,
    heights: bool,
) -> tuple[str, ...]:
    """A note on the columns that were not used, such as times beside frames that gave no rate, people that are none."""
    unused = [columns.time] if columns.time is not None and columns.frame is not None and not timed else []
    if columns.clip is not None and not table_frames.clip_names(table, columns):
        unused.append(columns.clip)
    if columns.person is not None and people is None and labels != table.column(columns.person):
        unused.append(columns.person)
    if columns.stature is not None and not heights:
        unused.append(columns.stature)
    names = sorted([*columns.left_out, *(table.header[i] for i in unused)], key=table.header.index)
    if not names:
        return ()
    listed = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return (f"{counted(len(names), 'column was', 'columns were')} left out: {listed}",)


def _image_size(table: TextTable, columns: Columns, frame: np.ndarray, count: int, path: Path) -> np.ndarray | None:
    """`[F, 2]` width and height of the frames; None if the table does not state them for all rows."""
    if columns.size is None:
        return None
    sizes = csv_rows.numbers(table, columns.size, str(path))
    if not np.isfinite(sizes).all():
        return None
    stated = np.tile(sizes[0], (count, 1))
    stated[frame] = sizes
    return stated


def _scores(table: TextTable, columns: Columns, path: Path) -> np.ndarray | None:
    """`[N]` how sure the program is of each person, or None."""
    return None if columns.score is None else csv_rows.numbers(table, [columns.score], str(path))[:, 0]
