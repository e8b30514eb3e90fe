"""Write lifted poses to the file whose suffix says how, and read back those that keep everything."""

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.output import csv_table, npz_json
from geolift.output.mocap import bvh, c3d, trc
from geolift.output.result import ASSUMED_FPS, Result, check
from geolift.safe_io import bounded_file

LONGEST_NAME = 64  # characters of a person's name in a file's name
ROWS = ("points", "position", "keypoints", "confidence", "filled", "frame")  # what a result has for each row


class Writer(NamedTuple):
    """How a format is written.

    Attributes:
        write: `(result, path) -> notes`; raises DatasetError that does not name the path.
        timed: whether the format has a time line, which single images do not.
        alone: whether a file holds one person only.
    """

    write: Callable[[Result, Path], list[str]]
    timed: bool
    alone: bool


class Written(NamedTuple):
    """What `write` did.

    Attributes:
        paths: the files, for formats of one person a file in the order of people.
        notes: what the format left out, changed or took for granted, a line each.
    """

    paths: tuple[Path, ...]
    notes: tuple[str, ...]


WRITERS = {
    ".npz": Writer(npz_json.write_npz, timed=False, alone=False),
    ".json": Writer(npz_json.write_json, timed=False, alone=False),
    ".csv": Writer(csv_table.write, timed=False, alone=False),
    ".bvh": Writer(bvh.write, timed=True, alone=True),
    ".c3d": Writer(c3d.write, timed=True, alone=False),
    ".trc": Writer(trc.write, timed=True, alone=True),
}
LOADERS = {".npz": npz_json.load_npz, ".json": npz_json.load_json}


def write(result: Result, path: str | os.PathLike) -> Written:
    """Check `result` and write it as the suffix of `path` says: .npz, .json, .csv, .bvh, .c3d or .trc.

    Files appear whole or not at all, in place of what was there. Formats of one person a file (.bvh, .trc) become, with
    several people, files like out_NAME.bvh, or out_0.bvh, out_1.bvh where a name is none for a file.

    Raises:
        DatasetError: if the suffix is another, the result is not as documented, or the format cannot hold it.
        FileNotFoundError: if there is no such folder.
    """
    path = Path(path)
    writer = _by_suffix(WRITERS, path)
    check(result, str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path.parent}: no such folder")
    if path.is_dir():
        raise DatasetError(f"{path}: found a folder, expected a file")
    notes = []
    if writer.timed and not result.video:
        still = " or ".join(suffix for suffix, other in WRITERS.items() if not other.timed)
        raise DatasetError(f"{path}: found single images, expected a video: {path.suffix} has a time line; use {still}")
    if writer.timed and not result.fps:
        result = result._replace(fps=ASSUMED_FPS)
        notes.append(f"the frame rate is unknown: {ASSUMED_FPS:g} frames per second were written")
    results = {path: result}
    if writer.alone and len(result.people) > 1:
        results, left_out = _apart(result, path)
        notes += left_out
    with tempfile.TemporaryDirectory(prefix=f".{path.name[:50]}.", dir=path.parent) as folder:
        for whole, part in results.items():
            try:
                said = writer.write(part, Path(folder) / whole.name)
            except DatasetError as error:
                raise DatasetError(f"{whole}: {error}") from error
            notes += said if len(results) == 1 else [f"{whole.name}: {note}" for note in said]
        for whole in results:
            (Path(folder) / whole.name).replace(whole)
    return Written(tuple(results), tuple(notes))


def load(path: str | os.PathLike) -> Result:
    """Read and check a .npz or .json that `write` wrote; nothing was lost.

    Raises:
        DatasetError: naming the file, the entry, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    path = Path(path)
    loader = _by_suffix(LOADERS, path)
    if not bounded_file.exists(path):
        raise FileNotFoundError(f"{path}: no such file")
    if path.is_dir():
        raise DatasetError(f"{path}: found a folder, expected a file")
    return loader(path)


def _by_suffix(formats: dict, path: Path):
    if path.suffix.lower() not in formats:
        raise DatasetError(f"{path}: found the suffix {path.suffix!r}, expected one of {', '.join(formats)}")
    return formats[path.suffix.lower()]


def _apart(result: Result, path: Path) -> tuple[dict[Path, Result], list[str]]:
    """Every person's own result by the file that it goes to, and notes on whose name the file does not have."""
    names = [re.sub(r'[\s\\/:*?"<>|\x00-\x1f]', "_", name) for name in result.people]
    if len({name.lower() for name in names}) < len(names) or max(map(len, names)) > LONGEST_NAME:
        names = [str(i) for i in range(len(names))]
    parts, notes = {}, []
    for i, (person, name) in enumerate(zip(result.people, names, strict=True)):
        rows = result.person == i
        if not np.isfinite(result.points[rows]).any():
            notes.append(f"no file for {person!r}, of whom nothing was lifted")
            continue
        part = {key: getattr(result, key)[rows] for key in ROWS}
        file = path.with_name(f"{path.stem}_{name}{path.suffix}")
        parts[file] = result._replace(**part, person=np.zeros(rows.sum(), np.int64), people=(person,))
        if name != person:
            notes.append(f"{file.name} is {person!r}")
    if not parts:
        raise DatasetError(f"{path}: found no lifted point, expected at least one")
    return parts, notes
