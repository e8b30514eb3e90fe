"""HDF5 files, read without following them out of the file and without allocating more than they can hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from geolift import npz
from geolift.errors import DatasetError


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The h5py.File of `path`; whatever h5py raises becomes a DatasetError.

    Raises:
        DatasetError: if h5py is missing or the file is damaged.
    """
    try:
        import h5py
    except ImportError as error:
        raise DatasetError(f"{path}: HDF5 files need h5py: pip install 'geolift[files]'") from error
    try:
        with h5py.File(path, "r") as file:
            yield file
    except DatasetError:
        raise
    except (OSError, RuntimeError, LookupError, TypeError, ValueError, MemoryError) as error:
        what = " ".join(str(error).split())[:200] or type(error).__name__
        raise DatasetError(f"{path}: the HDF5 file cannot be read: {what}") from error


def array(group: Any, name: str, path: Path) -> np.ndarray:
    """A data set of a group, which must be in this file and no larger than `npz.limit` allows.

    Raises:
        DatasetError: naming it.
    """
    import h5py

    link = group.get(name, getlink=True)
    found = group[name] if isinstance(link, h5py.HardLink) else link
    if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
        raise DatasetError(f"{path}: {name}: found {type(found).__name__} or data elsewhere, expected a data set here")
    size, limit = found.size * found.dtype.itemsize, npz.limit(path.stat().st_size)
    if size > limit:
        raise DatasetError(f"{path}: {name}: found {size} bytes, expected up to {limit} in a file of this size")
    return np.asarray(found[()])


def texts(values: Any, origin: str) -> tuple[str, ...]:
    """A list of texts, which HDF5 may hold as bytes.

    Raises:
        DatasetError: if it is none.
    """
    values = np.asarray(values)
    if values.ndim != 1 or values.dtype.kind not in "OSU":
        found = f"{values.dtype} of shape {list(values.shape)}"
        raise DatasetError(f"{origin}: found {found}, expected a list of text")
    return tuple(text(value) for value in values.tolist())


def text(value: Any) -> str:
    """A text, which HDF5 may hold as bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
