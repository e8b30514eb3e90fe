"""Text tables: lines to cells, cells to numbers, and the names in their first column to frames."""

import csv
import re
from collections.abc import Iterable, Sequence

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints import frame_names
from geolift.keypoints.frame_names import Frames
from geolift.keypoints.options import Options

NUMBER = re.compile(r"\A(\d+)\.0*\Z")  # as a table of floats has it


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
    """Some cells of a row as float64, NaN where empty; errors name `origin`, which says the row."""
    try:
        return np.array([float(row[i]) if row[i].strip() else np.nan for i in columns])
    except ValueError as error:
        raise DatasetError(f"{origin}: found text, expected numbers or nothing: {error}") from error


def frames(labels: Sequence[str], origin: str, options: Options) -> tuple[np.ndarray, Frames]:
    """The frames that the labels of N rows name: numbers, also written as 3.0, or names of images.

    Returns:
        `[N]` int, the frame of each row, and the frames.

    Raises:
        DatasetError: if a label is empty, or numbers are too far apart for a video.
    """
    plain = [NUMBER.sub(r"\1", label.strip()) for label in labels]
    if not all(plain):
        raise DatasetError(f"{origin}: found a row without a frame, expected its number or name")
    place = {label: i for i, label in enumerate(dict.fromkeys(plain))}
    found = frame_names.frames(list(place), origin, options)
    return found.index[[place[label] for label in plain]], found
