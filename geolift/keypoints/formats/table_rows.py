"""Rows of a table of text as a recording: the steps that tables of people, of joints and of bare numbers share."""

from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import csv_rows
from geolift.keypoints.formats.column_names import PARTS, ROW_NUMBER, Columns, plain_name
from geolift.keypoints.formats.csv_rows import TextTable
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.formats.table_joints import table_joints
from geolift.keypoints.frame_names import Frames, distinct, order_frames, single_images
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording
from geolift.keypoints.track_ids import people_by_id
from geolift.plurals import counted

PART = {part: i for i, part in enumerate(PARTS)}
CHANGED = 0.12  # change of shape from a row to the next above which rows are no video; CMU's clips at 10 fps: <= 0.104
BEHIND = 0.2  # share of coordinates below 0 beside a depth, from which on they are 3D
SHOWN = 6  # names in a note


def frame_labels(table: TextTable, columns: Columns) -> list[str] | None:
    """The frame of each row: its number, time or image, or the row's name if all differ; None without such a column."""
    for column in (columns.frame, columns.time):
        if column is not None and any(labels := table.column(column)):
            return labels
    if columns.frame is not None:
        return [""] * len(table.rows)
    if columns.person is not None and _names_rows(table, columns.person):
        return table.column(columns.person)
    return None


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
    if labels is None:
        if people is not None and len(set(people)) > 1:
            raise DatasetError(f"{path}: found people but no column for frames, expected a column frame or time")
        labels = [str(i) for i in range(len(rows))]
        frame, frames = np.arange(len(rows)), _frames_of_rows(rows, labels, path, options)
    else:
        frame, frames = csv_rows.frames_of_labels(labels, str(path), options)
    person, who, on_people = None, (), ()
    if people is not None:
        person, who, on_people = _people(people, frame)
    elif frames.video and len(np.unique(frame)) == len(frame):
        person, who = np.zeros(len(frame), int), ("0",)
    left_out = columns.left_out + _unused(table, columns, labels, people)
    if left_out:
        listed = ", ".join(left_out[:SHOWN]) + (", ..." if len(left_out) > SHOWN else "")
        on_values += (f"{counted(len(left_out), 'column was', 'columns were')} left out: {listed}",)
    return make_recording(
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


def _frames_of_rows(rows: np.ndarray, labels: list[str], path: Path, options: Options) -> Frames:
    """The frames of a table that does not name them: of a video, or images if each row has another pose."""
    why = "no column for frames or times"
    if options.fps is None and len(rows) > 1 and _change_of_shape(rows) > CHANGED:
        frames = single_images(labels, str(path), options)
        note = f"{why}, and each row has another pose: read as single images (--fps makes a video of them)"
        return frames._replace(notes=(*frames.notes, note))
    frames = order_frames(labels, str(path), options)
    return frames._replace(notes=(*frames.notes, f"{why}: the rows were read as the frames of a video"))


def _change_of_shape(rows: np.ndarray) -> float:
    """How far joints move within the body from a row to the next, in sizes of the body; the median over rows."""
    seen = np.isfinite(rows).all(axis=-1) & (np.nan_to_num(rows[..., 2]) > 0)
    some = seen.sum(axis=1) > 1
    if some.sum() < 2:
        return 0.0
    points = np.where(seen[..., None], rows[..., :2], np.nan)[some]
    size = np.linalg.norm(np.nanmax(points, axis=1) - np.nanmin(points, axis=1), axis=-1)
    step = np.linalg.norm(np.diff(points - np.nanmean(points, axis=1, keepdims=True), axis=0), axis=-1)
    both = np.isfinite(step).any(axis=1) & (size[:-1] > 0)
    return float(np.median(np.nanmedian(step[both], axis=1) / size[:-1][both])) if both.any() else 0.0


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


def _names_rows(table: TextTable, column: int) -> bool:
    """Whether a column of people names rows: all differ, as numbers of rows or names of images do."""
    cells = table.column(column)
    return plain_name(table.header[column]) in ROW_NUMBER and len(cells) > 1 and len(set(cells)) == len(cells)


def _people_column(table: TextTable, columns: Columns, labels: list[str] | None) -> list[str] | None:
    """The person of each row, "" where there is none; None without people."""
    if columns.person is None or (labels is not None and _names_rows(table, columns.person)):
        return None
    cells = table.column(columns.person)
    return cells if any(cells) else None


def _people(names: list[str], frame: np.ndarray) -> tuple[np.ndarray | None, tuple[str, ...], tuple[str, ...]]:
    """The person of each row, the people's names, and notes."""
    if not all(names):
        return people_by_id([name or None for name in names], frame)
    people, person = distinct(names)
    return person, tuple(people), ()


def _unused(table: TextTable, columns: Columns, labels: list[str] | None, people: list[str] | None) -> tuple[str, ...]:
    """Columns with a name that were not used after all: times beside frames, people that are none."""
    used_time = columns.time is not None and columns.frame is None
    unused = [columns.time] if columns.time is not None and not used_time else []
    if columns.person is not None and people is None and labels != table.column(columns.person):
        unused.append(columns.person)
    return tuple(table.header[i] for i in unused)


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
