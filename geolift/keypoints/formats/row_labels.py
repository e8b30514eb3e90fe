"""Labels of the rows of a table as text, and the frames that they stand for."""

import re
from collections.abc import Sequence

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.frame_names import Frames, distinct, order_frames
from geolift.keypoints.options import Options

WHOLE = re.compile(r"[+-]?\d{1,15}[.,]\d{0,20}([eE][+-]?\d{1,2})?")  # perhaps a frame's number in a table of floats


def frames_of_labels(
    labels: Sequence[str], origin: str, options: Options, *, unit: float | None = None
) -> tuple[np.ndarray, Frames]:
    """The frames of N rows by their labels: numbers, also written as 3.0, times in a `unit`, or names of images.

    Returns:
        `[N]` int, the frame of each row, and the frames.

    Raises:
        DatasetError: if a label is empty, or as `order_frames`.
    """
    plain = [plain_label(label) for label in labels]
    if not all(label.isdigit() for label in plain):
        plain = [label.strip() for label in labels]
    if not all(plain):
        raise DatasetError(f"{origin}: found a row without a frame, expected its number or name")
    names, which = distinct(plain)
    frames = order_frames(names, origin, options, unit=unit)
    return frames.index[which], frames


def plain_label(label: str) -> str:
    """A label without spaces; whole numbers without a point: "3" for "3.0", "3,0" and "3.000e+00"."""
    label = label.strip()
    if WHOLE.fullmatch(label):
        value = float(label.replace(",", "."))
        if value.is_integer():
            return str(int(value))
    return label
