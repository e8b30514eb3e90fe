"""Folders with a JSON file for each image, of any format that can `merge` such files (`formats.base.Format`).

All files are read as one: joints, people, coordinates and scores are judged by all images together. Frames are named
after the files.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording
from geolift.plurals import counted

ENDINGS = (".json", ".predictions")  # of the files, which are no part of the images' names
LARGEST_FOLDER = 2**29  # bytes of all files; Python's objects take up to about twenty times as much
MOST_EMPTY = 1000  # files without people that are opened to find the first with people


def recognize(files: Sequence[Path], formats: Sequence[Format]) -> list[tuple[Format, str]]:
    """The formats, as formats of a folder, whose files these are, and why.

    Args:
        files: those in the folder.
        formats: all that are known.

    Raises:
        DatasetError: if the first JSON file is damaged.
    """
    first = _first_with_people(_json_files(files))
    if first is None:
        return []
    file, content = first
    merging = [known for known in formats if known.merge and known.recognize(content)]
    count = counted(len(_json_files(files)), "JSON file", "JSON files")
    return [(of_folder(known), f"{count}; {file.name} is {known.recognize(content)}") for known in merging]


def of_folder(known: Format) -> Format:
    """The format of a folder with a file for each image."""

    def recognize_files(files: Sequence[Path]) -> str | None:
        return next((why for _, why in recognize(files, [known])), None)

    def read_files(files: Sequence[Path], path: Path, options: Options) -> Recording:
        return _read(files, path, options, known)

    return Format(known.name, f"{known.what}: a file for each image", "folder", recognize_files, read_files)


def _json_files(files: Sequence[Path]) -> list[Path]:
    return [file for file in files if file.suffix.lower() == ".json"]


def _first_with_people(files: Sequence[Path]) -> tuple[Path, Any] | None:
    """The first file that is not empty, and its content."""
    for file in files[:MOST_EMPTY]:
        content = values.load(file, largest=LARGEST_FOLDER)
        if not _is_empty(content):
            return file, content
    return None


def _is_empty(content: Any) -> bool:
    """Whether a file says that there is nobody: it holds nothing but empty lists."""
    parts = content.values() if isinstance(content, dict) else [content]
    return all(part is None or part == [] for part in parts)


def _read(files: Sequence[Path], path: Path, options: Options, known: Format) -> Recording:
    """Read all files of the format; files of other content are left out, which is noted.

    Raises:
        DatasetError: if a file is damaged, they are too large together, or most of them are something else.
    """
    chosen = _json_files(files)
    size = sum(file.stat().st_size for file in chosen)
    if size > LARGEST_FOLDER:
        raise DatasetError(f"{path}: found {size} bytes of JSON, expected up to {LARGEST_FOLDER} in a folder")
    contents, names, others = [], [], []
    for file in tqdm(chosen, desc=str(path), unit="frame", disable=None, leave=False):
        content = values.load(file, largest=LARGEST_FOLDER)
        if not _is_empty(content) and not known.recognize(content):
            others.append(file.name)
            continue
        contents.append([] if _is_empty(content) else content)
        names.append(_name(file))
    if len(others) > len(contents):
        found = f"found {len(others)} of {len(chosen)} JSON files that are something else ({others[0]})"
        raise DatasetError(f"{path}: {found}, expected files of {known.name}")
    recording = known.read(known.merge(contents, names), path, options)
    what = f"{counted(len(others), 'JSON file', 'JSON files')} of something else: left out ({', '.join(others[:5])})"
    return recording._replace(notes=(*recording.notes, *([what] if others else [])))


def _name(file: Path) -> str:
    name = file.name
    for ending in ENDINGS:
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    return name
