"""Rows of benchmarks/people.py: what people wait for, a file for each subject, listed in `ROWS`.

A row is a module with two functions:

* `make(files)` makes the files that its stages read, in `files.folder`, once for all programs;
* `stages(files)` gives its stages by name. It is called in the program that runs them, where what they need but do not
  measure is made, too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

ROWS = ("reading",)


class Files(NamedTuple):
    """The input files of a run.

    Attributes:
        folder: where they are.
        frames: of a video of one person.
        stills: single images, each of one person.
        data: the motion: a geolift data set, or "procedural".
    """

    folder: Path
    frames: int
    stills: int
    data: str


class Stage(NamedTuple):
    """What people wait for.

    Attributes:
        run: does it once.
        count: how many frames, poses or commands that is.
    """

    run: Callable[[], Any]
    count: int
