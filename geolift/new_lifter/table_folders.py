"""The tables in a folder of videos, as DeepLabCut and SLEAP leave them there."""

import os
from collections.abc import Sequence
from pathlib import Path

from geolift.keypoints.opening import files_in
from geolift.plurals import counted

TABLES = (".csv", ".h5", ".slp")  # of two files of one name, the first of these
FILTERED = "_filtered"  # at the end of the name of DeepLabCut's smoothed table, beside the one that it is of
FRAMES = (".json", ".txt")  # a folder of these is one recording, a file for each frame or image


def tables_of(paths: Sequence[str | os.PathLike[str]]) -> tuple[list[Path], tuple[str, ...]]:
    """`paths`, with the tables in them in place of folders of tables.

    Args:
        paths: files and folders. A folder that holds a file for each frame is left as it is.

    Returns:
        The paths, and what was taken and left out of each folder, a sentence each.

    Example:
        >>> [path.name for path in tables_of(["mouse.csv"])[0]]
        ['mouse.csv']
    """
    found: list[Path] = []
    notes = []
    for path in map(Path, paths):
        inside = files_in(path) if path.is_dir() else []
        tables = _tables([file for file in inside if file.is_file()])
        found += tables or [path]
        if tables:
            left = [file.name for file in inside if file not in tables]
            names = f"; left out: {', '.join(left[:5])}{', ...' if len(left) > 5 else ''}" if left else ""
            notes.append(f"{path}: {counted(len(tables), 'table', 'tables')}{names}")
    return found, tuple(notes)


def _tables(files: Sequence[Path]) -> list[Path]:
    """One table of each recording."""
    if any(file.suffix.lower() in FRAMES for file in files):
        return []
    chosen: dict[str, Path] = {}
    for file in sorted(files, key=lambda file: (FILTERED not in file.stem, file.name)):
        suffix, name = file.suffix.lower(), file.stem.removesuffix(FILTERED)
        if suffix not in TABLES:
            continue
        other = chosen.setdefault(name, file)
        if other.stem == file.stem and TABLES.index(suffix) < TABLES.index(other.suffix.lower()):
            chosen[name] = file
    return sorted(chosen.values())
