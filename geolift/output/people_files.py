"""A result of several people as files of one person each, for formats that hold no more."""

import re
from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.output.result import Result

LONGEST_NAME = 64  # characters of a person's name in a file's name


def split_people(result: Result, path: Path, ending: str) -> tuple[dict[Path, Result], list[str]]:
    """Each person's result by the file that it goes to, and notes on people whose name the file does not have.

    Args:
        result: of several people.
        path: the file that was asked for; those of people are out_NAME.bvh beside it, or out_0.bvh, out_1.bvh where a
            name does not suit a file.
        ending: of the path, by which its format is known.

    Raises:
        DatasetError: naming the path, if nothing was lifted of anybody.
    """
    names = [re.sub(r'[\s\\/:*?"<>|\x00-\x1f]', "_", name) for name in result.people]
    if len({name.lower() for name in names}) < len(names) or max(map(len, names)) > LONGEST_NAME:
        names = [str(i) for i in range(len(names))]
    parts, notes = {}, []
    for i, (person, name) in enumerate(zip(result.people, names, strict=True)):
        part = result.select_rows(result.person == i)
        if not np.isfinite(part.points).any():
            notes.append(f"no file for {person!r}, of whom nothing was lifted")
            continue
        file = path.with_name(f"{path.name[: -len(ending)]}_{name}{path.name[-len(ending) :]}")
        parts[file] = part._replace(person=np.zeros_like(part.person), people=(person,))
        if name != person:
            notes.append(f"{file.name} is {person!r}")
    if not parts:
        raise DatasetError(f"{path}: found no lifted point, expected at least one")
    return parts, notes
