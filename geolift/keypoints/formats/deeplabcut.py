"""DeepLabCut's predictions and labels, as CSV and as HDF5, and LightningPose's, which have the same columns.

A column belongs to a scorer, in files of several animals to an individual, to a body part and a coordinate: x, y,
likelihood. HDF5 files are as pandas writes them. They are read without pandas, which would unpickle anything.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import csv_rows, row_labels
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.joint_names import joints_by_name
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording
from geolift.safe_io import hdf5, pickles

LEVELS = (("scorer", "bodyparts", "coords"), ("scorer", "individuals", "bodyparts", "coords"))
COORDINATES = ("x", "y", "likelihood")
MOST_MISSING = 10  # columns if all individuals had all body parts, over the columns that there are
ONLY_INDIVIDUAL = "0"  # the name of the animal in files without individuals


class Table(NamedTuple):
    """F rows of columns.

    Attributes:
        columns: scorer, individual, body part and coordinate of each.
        values: `[F, columns]` float64, NaN where empty.
        labels: F names of rows: numbers of frames, or paths of images.
    """

    columns: list[tuple[str, str, str, str]]
    values: np.ndarray
    labels: list[str]


def recognize(lines: list[str]) -> str | None:
    """Why the lines are DeepLabCut's, or None: by their header rows."""
    separator = csv_rows.find_separator(lines)
    levels = tuple(line.partition(separator)[0].strip() for line in lines[:4])
    for known in LEVELS:
        if levels[: len(known)] == known:
            return f"the header rows are {', '.join(known)}"
    return None


def read(lines: list[str], path: Path, options: Options) -> Recording:
    """Read a CSV of three header rows, or four with individuals.

    Raises:
        DatasetError: naming the line or column and what is wrong with it.
    """
    table = csv_rows.whole_table(lines, str(path))
    levels = [row[0].strip() for row in table.rows[:4]]
    header = next((known for known in LEVELS if tuple(levels[: len(known)]) == known), None)
    if header is None:
        found = [level[:40] for level in levels]
        raise DatasetError(f"{path}: found header rows {found}, expected scorer, bodyparts, coords or with individuals")
    names = [tuple(cell.strip() for cell in column) for column in zip(*table.rows[: len(header)], strict=True)]
    table = table._replace(
        header=[" ".join(name[1:]) for name in names], rows=table.rows[len(header) :], lines=table.lines[len(header) :]
    )
    # Labels of images have the parts of a path in the first columns, whose header is empty.
    index = next((i for i, name in enumerate(names) if i and all(name)), len(names))
    labels = ["/".join(cell.strip() for cell in row[:index]) for row in table.rows]
    columns = list(range(index, len(names)))
    kept = [i for i in columns if names[i][-1] in (*COORDINATES, "z")]
    values = csv_rows.numbers(table, kept, str(path))
    return _recording(Table([_column(names[i]) for i in kept], values, labels), len(columns) - len(kept), path, options)


def recognize_hdf5(path: Path) -> str | None:
    """Why the file is DeepLabCut's, or None: it holds a data frame of pandas with such columns."""
    with hdf5.opened(path) as file:
        frames = _frames(file)
        return f"it holds a table of pandas with these columns under {frames[0]!r}" if frames else None


def read_hdf5(path: Path, _: Path, options: Options) -> Recording:
    """Read the one data frame that an HDF5 file holds, under any key, in either of pandas' two layouts.

    Raises:
        DatasetError: naming the data set or column and what is wrong with it.
    """
    with hdf5.opened(path) as file:
        frames = _frames(file)
        if len(frames) != 1:
            raise DatasetError(f"{path}: found tables of DeepLabCut under {frames}, expected one")
        group = file[frames[0]]
        if hdf5.text(group.attrs["pandas_type"]) == "frame_table":
            columns, values, labels = _appendable(group, path)
        else:
            columns, values, labels = _fixed(group, path)
    if len(labels) != len(values):
        raise DatasetError(f"{path}: found {len(values)} rows of values, expected one for each of {len(labels)} names")
    kept = [i for i, column in enumerate(columns) if column[-1] in (*COORDINATES, "z")]
    table = Table([_column(columns[i]) for i in kept], values[:, kept].astype(np.float64), labels)
    return _recording(table, len(columns) - len(kept), path, options)


FORMATS = (
    Format("deeplabcut", "DeepLabCut's or LightningPose's CSV", "csv", recognize, read),
    Format("deeplabcut", "DeepLabCut's HDF5", "hdf5", recognize_hdf5, read_hdf5),
)


def _column(names: Sequence[str]) -> tuple[str, str, str, str]:
    return tuple(names) if len(names) == 4 else (names[0], ONLY_INDIVIDUAL, *names[1:])


def _recording(table: Table, left_out: int, path: Path, options: Options) -> Recording:
    """The recording of a table, without `left_out` columns that hold something else."""
    _check_columns(table, path)
    people = tuple(dict.fromkeys(column[1] for column in table.columns))
    names = tuple(dict.fromkeys(column[2] for column in table.columns))
    joints = joints_by_name(names, str(path), options.joints)
    if len(people) * len(names) > MOST_MISSING * len(table.columns):
        found = f"{len(people)} individuals and {len(names)} body parts in {len(table.columns)} columns"
        raise DatasetError(f"{path}: found {found}, expected individuals to share body parts")
    likelihood = any(column[3] == "likelihood" for column in table.columns)
    rows = _rows(table, people, names, likelihood, path)
    frame, frames = row_labels.frames_of_labels(table.labels, str(path), options)
    notes = [*joints.notes, *frames.notes]
    if left_out:
        notes.append(f"{left_out} columns beyond x, y, likelihood were left out")
    if not likelihood:
        notes.append("the file holds no likelihood: it counts as 1 where there are coordinates")
    frame, person = np.repeat(frame, len(people)), np.tile(np.arange(len(people)), len(table.labels))
    rows, notes = rows.reshape(-1, len(names), 3), tuple(notes)
    return make_recording(rows, frame, frames, joints, path, options, person=person, people=people, notes=notes)


def _check_columns(table: Table, path: Path) -> None:
    columns = table.columns
    if any(column[3] == "z" for column in columns):
        raise DatasetError(f"{path}: found coordinates x, y, z: these are 3D already, expected x, y, likelihood")
    if len(set(columns)) < len(columns):
        twice = next(column for column in columns if columns.count(column) > 1)
        raise DatasetError(f"{path}: found the column {', '.join(twice)} twice")
    scorers = sorted({column[0] for column in columns})
    if len(scorers) != 1:
        raise DatasetError(f"{path}: found {len(scorers)} scorers {scorers}, expected one")
    if not table.labels:
        raise DatasetError(f"{path}: found a header only, expected a row for each frame")


def _rows(table: Table, people: tuple[str, ...], names: tuple[str, ...], likelihood: bool, path: Path) -> np.ndarray:
    """`[F, P, K, 3]` x, y, likelihood; NaN where an individual has no such body part, whose columns are absent."""
    place = {column[1:]: i for i, column in enumerate(table.columns)}
    rows = np.full((len(table.labels), len(people), len(names), 3), np.nan)
    for p, person in enumerate(people):
        for k, joint in enumerate(names):
            missing = [part for part in COORDINATES if (person, joint, part) not in place]
            if len(missing) == len(COORDINATES):
                continue
            if missing and (missing != ["likelihood"] or likelihood):
                raise DatasetError(
                    f"{path}: {joint} of {person}: found no column for {missing}, expected x, y, likelihood"
                )
            for i, part in enumerate(COORDINATES[: 3 - len(missing)]):
                rows[:, p, k, i] = table.values[:, place[person, joint, part]]
    if not likelihood:
        rows[..., 2] = 1
    return rows


def _frames(file: Any) -> list[str]:
    """Keys of the data frames whose columns are DeepLabCut's."""
    groups = []
    file.visititems(lambda key, value: groups.append(key) if "pandas_type" in value.attrs else None)
    return [key for key in groups if _levels(file[key]) in LEVELS]


def _levels(group: Any) -> tuple[str, ...]:
    """The names of the levels of a data frame's columns; () if it is something else."""
    if hdf5.text(group.attrs["pandas_type"]) == "frame_table":
        info = _unpickled(group.attrs.get("info", b"N."), f"{group.file.filename}: info")
        names = info.get(1, {}).get("names", ()) if isinstance(info, dict) and isinstance(info.get(1), dict) else ()
        return tuple(map(_plain, names)) if isinstance(names, list | tuple) else ()
    count = int(group.attrs.get("axis0_nlevels", 0))
    levels = [hdf5.attributes(group, f"axis0_level{i}") for i in range(min(count, 5))]
    return tuple(hdf5.text(level.get("name", b"")) for level in levels)


def _appendable(group: Any, path: Path) -> tuple[list[tuple[str, ...]], np.ndarray, list[str]]:
    """Columns, values and row names of a data frame that pandas wrote as a table."""
    table = hdf5.array(group, "table", path)
    blocks = [name for name in table.dtype.names or () if name.startswith("values_block_")]
    if not blocks or "index" not in table.dtype.names:
        raise DatasetError(f"{path}: {group.name}: found fields {table.dtype.names}, expected index, values_block_0")
    columns, values = [], []
    for block in blocks:
        names = _unpickled(group["table"].attrs[f"{block}_kind"], f"{path}: {block}_kind")
        if not isinstance(names, list) or not all(isinstance(name, tuple) for name in names):
            raise DatasetError(f"{path}: {block}_kind: found {type(names).__name__}, expected a list of columns")
        columns += [tuple(map(_plain, name)) for name in names]
        values.append(table[block].reshape(len(table), -1))
    return *_checked(columns, values, group, path), [hdf5.text(label) for label in table["index"].tolist()]


def _fixed(group: Any, path: Path) -> tuple[list[tuple[str, ...]], np.ndarray, list[str]]:
    """Columns, values and row names of a data frame that pandas wrote as arrays."""
    columns, values = [], []
    for block in range(int(group.attrs["nblocks"])):
        columns += zip(*_multi_index(group, f"block{block}_items", path), strict=True)
        values.append(hdf5.array(group, f"block{block}_values", path))
    if hdf5.holds(group, "axis1"):
        labels = [hdf5.text(label) for label in hdf5.array(group, "axis1", path).tolist()]
    else:
        labels = ["/".join(parts) for parts in zip(*_multi_index(group, "axis1", path), strict=True)]
    return *_checked(columns, values, group, path), labels


def _multi_index(group: Any, name: str, path: Path) -> list[list[str]]:
    """The names on each level of an index."""
    levels = []
    for i in range(int(group.attrs[f"{name}_nlevels"])):
        level = [hdf5.text(value) for value in hdf5.array(group, f"{name}_level{i}", path).tolist()]
        label = hdf5.array(group, f"{name}_label{i}", path)
        if (
            label.ndim != 1
            or label.dtype.kind not in "iu"
            or (len(label) and not 0 <= label.min() <= label.max() < len(level))
        ):
            raise DatasetError(f"{path}: {name}_label{i}: expected numbers in 0..{len(level) - 1}")
        levels.append([level[j] for j in label])
    return levels


def _checked(
    columns: list[tuple[str, ...]], values: list[np.ndarray], group: Any, path: Path
) -> tuple[list[tuple[str, ...]], np.ndarray]:
    """The columns, and the blocks side by side, NaN where they are not numbers.

    Raises:
        DatasetError: if there are more or fewer names than columns of values, or they have not three or four levels.
    """
    values = [np.zeros(block.shape) + np.nan if block.dtype.kind not in "fiub" else block for block in values]
    values = np.concatenate(values, axis=1)
    if values.shape[1] != len(columns) or not all(3 <= len(column) <= 4 for column in columns):
        raise DatasetError(f"{path}: {group.name}: found {values.shape[1]} columns of values, {len(columns)} of names")
    return columns, values


def _plain(name: Any) -> str:
    """A name as text; "" for anything else."""
    return str(name) if isinstance(name, str | int | float) else ""


def _unpickled(value: Any, origin: str) -> Any:
    """What pandas keeps in attributes as pickles, by the unpickler that runs nothing."""
    return pickles.load_pickle(io.BytesIO(bytes(value)), origin)
