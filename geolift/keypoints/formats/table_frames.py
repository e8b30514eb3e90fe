"""The frames of a table's rows: by their numbers, times or images, or, where the table has none, by their order."""

import itertools
import re
from collections import defaultdict

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import row_labels
from geolift.keypoints.formats.column_names import CLIP, ROW_NUMBER, UNIT_OF, Columns, plain_name
from geolift.keypoints.formats.csv_rows import TextTable
from geolift.keypoints.frame_names import Frames, order_frames, single_images
from geolift.keypoints.options import Options

CHANGED = 0.12  # change of shape from a row to the next above which rows are no video; CMU's clips at 10 fps: <= 0.104
VIDEO = re.compile(r"(?i)\.(mp4|avi|mov|mkv|webm|m4v|mpe?g|wmv)\Z")
IN_SECONDS = re.compile(r"[^a-z]s\W*")  # how names such as "time_s", "Time (s)" end


def settled(table: TextTable, columns: Columns) -> Columns:
    """The columns with the names of files taken for clips, where these are videos or have several times each."""
    if columns.frame is None or plain_name(table.header[columns.frame]) not in CLIP:
        return columns
    names = [name for name in table.column(columns.frame) if name]
    times = set() if columns.time is None else set(table.column(columns.time))
    if names and (all(VIDEO.search(name) for name in names) or len(set(names)) < len(times)):
        return columns._replace(frame=None, clip=columns.frame)
    return columns


def frame_labels(table: TextTable, columns: Columns) -> list[str] | None:
    """The frame of each row: its number, time or image, or the row's name if all differ; None without such a column.

    Before it stands the name of the clip, where a column names several.
    """
    labels = _labels(table, columns)
    names = clip_names(table, columns)
    if not names:
        return labels
    if labels is None:
        count = defaultdict(itertools.count)
        labels = [str(next(count[name])) for name in names]
    elif len(set(labels)) == len(labels) and columns.frame is not None and not all(map(str.isdigit, labels)):
        return labels  # names of images, which differ anyway
    return [f"{name} {row_labels.plain_label(label)}" for name, label in zip(names, labels, strict=True)]


def clip_names(table: TextTable, columns: Columns) -> list[str]:
    """The clip of each row; none if the table has one clip only."""
    names = [] if columns.clip is None else table.column(columns.clip)
    return names if all(names) and 1 < len(set(names)) < len(names) else []


def _labels(table: TextTable, columns: Columns) -> list[str] | None:
    for column in (columns.frame, columns.time):
        if column is not None and any(labels := table.column(column)):
            return labels
    if columns.frame is not None:
        return [""] * len(table.rows)
    if columns.person is not None and names_rows(table, columns.person):
        return table.column(columns.person)
    return None


def frames_of(
    labels: list[str] | None, rows: np.ndarray, table: TextTable, columns: Columns, origin: str, options: Options
) -> tuple[np.ndarray, Frames]:
    """The frame of each row, and the frames.

    Args:
        labels: N frames as `frame_labels` gives them.
        rows: `[N, K, 3]` x, y, confidence.
        table, columns: the rows, with the columns that are not of joints.
        origin: the file, named in errors.
        options: what the user states.

    Raises:
        DatasetError: as `order_frames`.
    """
    if labels is None:
        return np.arange(len(rows)), _frames_of_rows(rows, [str(i) for i in range(len(rows))], origin, options)
    if columns.frame is None:
        unit = None if columns.time is None else _unit(table.header[columns.time])
        return row_labels.frames_of_labels(labels, origin, options, unit=unit)
    rate = _rate(labels, table, columns, origin, options)
    frame, frames = row_labels.frames_of_labels(labels, origin, options._replace(fps=options.fps or rate))
    if rate and frames.video:
        note = f"{rate:.4g} frames per second by the column {table.header[columns.time]}"
        frames = frames._replace(notes=(*frames.notes, note))
    return frame, frames


def names_rows(table: TextTable, column: int) -> bool:
    """Whether a column of people names rows: all differ, as numbers of rows or names of images do."""
    cells = table.column(column)
    return plain_name(table.header[column]) in ROW_NUMBER and len(cells) > 1 and len(set(cells)) == len(cells)


def _unit(name: str) -> float:
    """Seconds that 1 stands for in a column of times; 0 where its name does not say."""
    plain = plain_name(name)
    if plain in ("times", "timestamps", "ts"):
        return 1.0 if IN_SECONDS.search(name.lower()) else 0.0
    return UNIT_OF.get(plain, 0.0)


def _rate(labels: list[str], table: TextTable, columns: Columns, origin: str, options: Options) -> float | None:
    """Frames per second of numbered frames that have times as well; None if the user states it, or times are none."""
    if options.fps is not None or columns.time is None or clip_names(table, columns):
        return None
    time_of = dict(zip(map(row_labels.plain_label, labels), table.column(columns.time), strict=True))
    numbers, times = [label for label in time_of if label.isdecimal()], list(time_of.values())
    if len(numbers) < 2 or len(numbers) < len(times) or not all(times) or len(set(times)) < len(times):
        return None
    try:
        timed = order_frames(times, origin, options, unit=_unit(table.header[columns.time]))
    except DatasetError:
        return None
    counted = np.array(numbers, np.float64)
    first, last = counted.argmin(), counted.argmax()
    steps = int(timed.index[last]) - int(timed.index[first])
    if not timed.video or not timed.fps or timed.clips or steps <= 0:
        return None
    return timed.fps * float(counted[last] - counted[first]) / steps


def _frames_of_rows(rows: np.ndarray, labels: list[str], origin: str, options: Options) -> Frames:
    """The frames of a table that does not name them: of a video, or images if each row has another pose."""
    why = "no column for frames or times"
    if options.fps is None and len(rows) > 1 and _change_of_shape(rows) > CHANGED:
        frames = single_images(labels, origin, options)
        note = f"{why}, and each row has another pose: read as single images (--fps makes a video of them)"
        return frames._replace(notes=(*frames.notes, note))
    frames = order_frames(labels, origin, options)
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
