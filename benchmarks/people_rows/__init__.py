"""Rows of benchmarks/people.py: what people wait for, a file for each subject, listed in `ROWS`.

A row is a module with two functions:

* `make(files)` makes the files that its stages read, in `files.folder`, once for all programs;
* `stages(files)` gives its stages by name. It is called in the program that runs them, where what they need but do not
  measure is made, too.

A row that compares with other programs has `peers(files)`, workers by name, which run the same stages in the same
rounds, and may print lines of its own: `HEAD` and `line`, as in benchmarks/people_rows/measure.py.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

ROWS = ("reading", "clip", "outputs", "startup", "video")


class Files(NamedTuple):
    """The input files of a run.

    Attributes:
        folder: where they are.
        frames: of a video of one person.
        stills: single images, each of one person.
        data: the motion: a geolift data set, or "procedural".
        wheels: a folder with the wheels that hold real videos; "" if there is none.
        mediapipe: a Python that has MediaPipe; "" if there is none.
    """

    folder: Path
    frames: int
    stills: int
    data: str
    wheels: str = ""
    mediapipe: str = ""


class Stage(NamedTuple):
    """What people wait for.

    Attributes:
        run: does it once; may return figures by name for the row's lines, such as the poses that it found.
        count: how many frames, poses or commands that is.
    """

    run: Callable[[], Any]
    count: int
