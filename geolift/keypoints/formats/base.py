"""`Format`: how a format of keypoint files is recognized and read.

To add a format:

1. Write `formats/NAME.py`. Its docstring describes the files. It has `recognize(content)` and `read(content, path,
   options)`, and `FORMAT = Format(...)` (or `FORMATS`, several) with both.
   `content` depends on the kind of file (`recognition.open_content`): for "json" the parsed values, for "csv" lines.
   `read` checks each value (`json_values`, `archive_values`, `csv_rows`, `safe_io.hdf5`; their errors name the place in
   the file), finds joints (`joint_names`) and frames (`frame_names`), and ends with `detections.make_recording`.
   Where the program also writes a JSON file for each image, `merge` makes one content of many (`json_folder`).
2. Add it to `recognition.FORMATS`.
3. Write a writer of such files in `tests/helpers`, add it to `tests/helpers/corpus.py`, to the tests of formats and
   recognition, and to the table in docs/formats.md.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording

KINDS = ("folder", "json", "npz", "csv", "hdf5", "pickle", "npy", "pose")


class Format(NamedTuple):
    """A format of keypoint files.

    Attributes:
        name: what `--from` takes.
        what: one line that names the program and the file.
        kind: one of `KINDS`: the kind of file, which decides what `content` is.
        recognize: `(content) -> str | None`: the reason why the content is of this format, or None if it is not.
        read: `(content, path, options) -> Recording`; raises DatasetError beginning with the path.
        merge: for JSON formats of which a folder may hold a file for each image: `(contents, names) -> content`, the
            contents of the files (an empty list where nobody is) and their names as one content that `read` takes.
            None: there are no such folders.

    Example:
        >>> from geolift.keypoints.recognition import FORMATS
        >>> [known.name for known in FORMATS if known.kind == "folder"]
        ['openpose', 'ultralytics']
    """

    name: str
    what: str
    kind: str
    recognize: Callable[[Any], str | None]
    read: Callable[[Any, Path, Options], Recording]
    merge: Callable[[list[Any], list[str]], Any] | None = None
