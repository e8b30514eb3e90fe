"""Endings of file names by which formats are known: a suffix, or more of the name, like `.angles.csv`."""

from collections.abc import Iterable
from pathlib import Path


def ending_of(path: Path, endings: Iterable[str]) -> str | None:
    """The longest of `endings` (lower case) that the name of a file has, in capitals or not; None: it has none.

    Example:
        >>> ending_of(Path("out/walk.Angles.csv"), (".csv", ".angles.csv"))
        '.angles.csv'
    """
    return max((ending for ending in endings if path.name.lower().endswith(ending)), key=len, default=None)
