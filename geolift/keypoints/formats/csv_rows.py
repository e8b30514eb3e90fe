"""Comma-separated values: lines to cells, cells to numbers, and the labels of rows to frames."""

import csv
import re
from collections.abc import Iterable, Sequence

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.frame_names import Frames, distinct, order_frames
from geolift.keypoints.options import Options

FLOAT = re.compile(r"\A(\d+)\.0*\Z")  # a number of a frame in a table of floats


def cells(lines: Iterable[str], origin: str) -> list[list[str]]:
    """The cells of every line that is not empty, as many in each as in the first.

    Raises:
        DatasetError: naming the line.
    """
    table = []
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            if not row:
                continue
            if table and len(row) != len(table[0]):
                raise DatasetError(
                    f"{origin}: line {reader.line_num}: found {len(row)} cells, expected {len(table[0])}"
                )
            table.append(row)
    except csv.Error as error:
        raise DatasetError(f"{origin}: line {reader.line_num}: {error}, expected comma-separated values") from error
    return table


def numbers(row: Sequence[str], columns: Sequence[int], origin: str) -> np.ndarray:
    """Some cells of a row as float64, NaN where empty.

    Raises:
        DatasetError: beginning with `origin`, which names the row, if a cell holds text.
    """
    try:
        return np.array([float(row[i]) if row[i].strip() else np.nan for i in columns])
    except ValueError as error:
        raise DatasetError(f"{origin}: found text, expected numbers or nothing: {error}") from error


def frames_of_labels(labels: Sequence[str], origin: str, options: Options) -> tuple[np.ndarray, Frames]:
    """The frames of N rows by their labels: numbers, also written as 3.0, or names of images.

    Returns:
        `[N]` int, the frame of each row, and the frames.

    Raises:
        DatasetError: if a label is empty, or as `order_frames`.
    """
    plain = [FLOAT.sub(r"\1", label.strip()) for label in labels]
    if not all(plain):
        raise DatasetError(f"{origin}: found a row without a frame, expected its number or name")
    names, which = distinct(plain)
    frames = order_frames(names, origin, options)
    return frames.index[which], frames
