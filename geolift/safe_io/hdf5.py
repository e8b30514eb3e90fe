"""Bounded reading of untrusted HDF5 files: no link out of the file is followed, no size is allocated unchecked."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.safe_io import bounded_file, npz

MOST_TEXTS = 2**16  # texts of variable length in a data set; they are read one by one
LONGEST_TEXT = 2**12  # characters of a name


@contextmanager
def opened(path: Path, what: str = "HDF5") -> Iterator[Any]:
    """The h5py.File of `path`, a file of kind `what`; errors of h5py become a DatasetError.

    Raises:
        DatasetError: if h5py is missing or the file is damaged.
        FileNotFoundError: if there is no such file.
    """
    try:
        import h5py
    except ImportError as error:
        raise DatasetError(f"{path}: {what} files need h5py: pip install 'geolift[files]'") from error
    bounded_file.size(path, f"a file of {what}")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except DatasetError:
        raise
    except (OSError, RuntimeError, LookupError, TypeError, ValueError, MemoryError) as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise DatasetError(f"{path}: the {what} file cannot be read: {why}") from error


def holds(group: Any, name: str) -> bool:
    """Whether a group has a member of this name, "a/b" for b in its group a."""
    return _find(group, name) is not None


def expect(group: Any, names: Sequence[str], path: Path) -> None:
    """Raise DatasetError unless a group holds all of these names."""
    missing = sorted(name for name in names if not holds(group, name))
    if missing:
        raise DatasetError(f"{path}: {missing} missing, found {sorted(group)[:20]}")


def members(group: Any, name: str, path: Path) -> list[str]:
    """The names in a group's member group. Raises DatasetError if the member is not a group."""
    import h5py

    found = _find(group, name)
    if not isinstance(found, h5py.Group):
        raise DatasetError(f"{path}: {name}: found {type(found).__name__}, expected a group")
    return list(found)


def attributes(group: Any, name: str) -> Mapping[str, Any]:
    """The attributes of a group's member; empty if it is not in this file."""
    return getattr(_find(group, name), "attrs", {})


def array(group: Any, name: str, path: Path) -> np.ndarray:
    """A data set of a group, "a/b" for b in its group a, that lies in this file and is not larger than `npz.limit`.

    Raises:
        DatasetError: naming the data set.
    """
    import h5py

    found = _find(group, name)
    if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
        raise DatasetError(f"{path}: {name}: found {type(found).__name__} or data elsewhere, expected a data set here")
    size, limit = found.size * found.dtype.itemsize, npz.limit(path.stat().st_size)
    if size > limit:
        raise DatasetError(f"{path}: {name}: found {size} bytes, expected up to {limit} in a file of this size")
    return _texts(found, f"{path}: {name}") if found.dtype.hasobject else np.asarray(found[()])


def numbers(group: Any, name: str, path: Path) -> np.ndarray:
    """A data set of numbers as float64. Raises DatasetError naming the data set."""
    found = array(group, name, path)
    if found.dtype.kind not in "fiub":
        raise DatasetError(f"{path}: {name}: found {found.dtype}, expected numbers")
    return found.astype(np.float64)


def texts(values: Any, origin: str) -> tuple[str, ...]:
    """A list of texts, which HDF5 may hold as bytes.

    Raises:
        DatasetError: if it is not one.
    """
    values = np.asarray(values)
    if values.ndim != 1 or values.dtype.kind not in "OSU":
        found = f"{values.dtype} of shape {list(values.shape)}"
        raise DatasetError(f"{origin}: found {found}, expected a list of text")
    return tuple(text(value) for value in values.tolist())


def text(value: Any) -> str:
    """A text, which HDF5 may hold as bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _find(group: Any, name: str) -> Any:
    """A group's member, or None; a link that may lead out of the file is returned, not followed."""
    import h5py

    found = group
    for part in name.split("/"):
        link = found.get(part, getlink=True) if isinstance(found, h5py.Group) else None
        if not isinstance(link, h5py.HardLink):
            return link
        found = found[part]
    return found


def _texts(found: Any, origin: str) -> np.ndarray:
    """`[N]` objects: texts of variable length, counted here because the file may store one text for many entries."""
    if found.dtype.kind != "O" or found.ndim != 1 or len(found) > MOST_TEXTS:
        what = f"{found.dtype} of shape {list(found.shape)}"
        raise DatasetError(f"{origin}: found {what}, expected a list of up to {MOST_TEXTS} texts")
    values = np.empty(len(found), object)
    for i in range(len(found)):
        values[i] = found[i]
        if not isinstance(values[i], bytes | str) or len(values[i]) > LONGEST_TEXT:
            raise DatasetError(f"{origin}: [{i}]: expected text of up to {LONGEST_TEXT} characters")
    return values
