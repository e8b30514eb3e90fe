"""Values from unpickled object arrays (.npz), each checked to be of the expected type; errors name the place.

`where` is the beginning of an error: the file and the place in it, e.g. "data.npz: positions_2d: S1".
"""

from typing import Any

import numpy as np

from geolift.data.dataset import LARGEST_PIXEL
from geolift.errors import DatasetError


def dictionary(value: Any, where: str) -> dict:
    """A dictionary, also one in a 0-dimensional array, as NumPy saves it.

    Raises:
        DatasetError: if it is something else.
    """
    value = value.item() if isinstance(value, np.ndarray) and not value.shape else value
    if not isinstance(value, dict):
        raise DatasetError(f"{where}: found {type(value).__name__}, expected a dictionary")
    return value


def listing(value: Any, where: str, expected: str) -> list | tuple | np.ndarray:
    """A list, a tuple or an array that can be iterated. It is not converted: it may be ragged, or huge.

    Raises:
        DatasetError: if it is something else.
    """
    if not isinstance(value, list | tuple) and not (isinstance(value, np.ndarray) and value.ndim > 0):
        raise DatasetError(f"{where}: found {type(value).__name__}, expected {expected}")
    return value


def numbers(array: np.ndarray, where: str) -> np.ndarray:
    """An array of numbers as float64.

    Raises:
        DatasetError: if its type is something else.
    """
    if array.dtype.kind not in "fiu":
        raise DatasetError(f"{where}: found type {array.dtype}, expected numbers")
    return array.astype(np.float64)


def image_size(metadata: Any, where: str) -> tuple[float, float] | None:
    """Width and height in pixels under "w" and "h", or None if they are absent.

    Raises:
        DatasetError: if they are not pixels.
    """
    if not isinstance(metadata, dict) or not {"w", "h"} <= metadata.keys():
        return None
    size = metadata["w"], metadata["h"]
    if not all(isinstance(length, int | float | np.number) and 1 <= length <= LARGEST_PIXEL for length in size):
        found = [str(length) if isinstance(length, int | float) else type(length).__name__ for length in size]
        raise DatasetError(f"{where}: w, h: found {found}, expected pixels from 1 to {LARGEST_PIXEL:g}")
    return float(size[0]), float(size[1])


def shape(value: Any) -> str:
    """The shape of an array, or the type of anything else, for errors."""
    return str(list(value.shape)) if isinstance(value, np.ndarray) else type(value).__name__
