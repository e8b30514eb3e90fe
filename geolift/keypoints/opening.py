"""What is read when a user names a file or a folder: packed files unpacked, system files left out, one folder entered.

A folder that holds nothing but one folder, or nothing but one file, stands for that one; texts such as a README.md, and
folders of pictures alone, may lie beside it. Where it holds several folders, the error says which.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from geolift.errors import DatasetError
from geolift.keypoints.detector import pictures
from geolift.plurals import counted
from geolift.safe_io import bounded_file, containers

DEEPEST = 8  # folders in folders, and containers in containers
TEXTS = {".md", ".txt", ".log", ".yaml", ".yml", ".pdf"}  # suffixes of what is not meant beside the one folder or file
MOST_PICTURES = 10_000  # files that are looked at to see whether a folder holds pictures alone
SHOWN = 5  # names in an error


class Opened(NamedTuple):
    """What is read.

    Attributes:
        path: the file or folder; of a packed one, where it lies while it is read.
        notes: what was unpacked, entered and left out, a line each.
    """

    path: Path
    notes: tuple[str, ...] = ()


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """What a user's path stands for, unpacked where it is packed.

    Raises:
        DatasetError: as `containers.unpacked`; if containers or folders are nested too deeply.
        FileNotFoundError: if there is no such file or folder.
    """
    if not bounded_file.exists(path):
        raise FileNotFoundError(f"{path}: no such file or folder")
    notes: list[str] = []
    with ExitStack() as stack:
        inside = path
        for _ in range(DEEPEST):
            if inside.is_file():
                kind = containers.kind_of(inside)
                if kind is None:
                    break
                notes.append(f"{inside.name} was unpacked")
                inside = stack.enter_context(containers.unpacked(inside, kind))
                continue
            further, left = _enter(inside)
            notes += left
            if further is None:
                break
            inside = further
        else:
            raise DatasetError(f"{path}: found more than {DEEPEST} folders or containers in one another")
        yield Opened(inside, tuple(notes))


def files_in(folder: Path) -> list[Path]:
    """What lies in a folder, sorted, without files of the operating system."""
    return [folder / name for name in names_in(folder)]


def names_in(folder: Path) -> list[str]:
    """The names of the same."""
    return [name for name in sorted(os.listdir(folder)) if not containers.is_system_file(name)]


def where_files_are(folder: Path) -> str:
    """The folders in a folder, and in those, that hold files, in words; "" if there are none."""
    inner = [one for one in files_in(folder) if one.is_dir()]
    inner += [deeper for one in inner[:SHOWN] for deeper in files_in(one) if deeper.is_dir()]
    found = []
    for one in inner:
        if files := [file for file in files_in(one) if file.is_file()]:
            name = one.relative_to(folder).as_posix()
            count = counted(len(files), "file", "files")
            found.append(f"{name} ({count}: {files[0].name}{', ...' * (len(files) > 1)})")
    if not found:
        return ""
    return f"Files are in {', '.join(found[:SHOWN])}{', ...' * (len(found) > SHOWN)}: give one of these folders"


def _enter(folder: Path) -> tuple[Path | None, list[str]]:
    """The one folder or file that a folder stands for, or None, and notes."""
    try:
        with os.scandir(folder) as listed:
            entries = {entry.name: entry.is_dir() for entry in listed}
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be read: {error.strerror}") from error
    found = {name: is_dir for name, is_dir in entries.items() if not containers.is_system_file(name)}
    system = len(entries) - len(found)
    notes = [f"{counted(system, 'file', 'files')} of the operating system: left out"] if system else []
    meant = [name for name, is_dir in found.items() if is_dir or os.path.splitext(name)[1].lower() not in TEXTS]
    if len(meant) > 1 and all(found[name] for name in meant):
        meant = [name for name in meant if not _only_pictures(folder / name)]
    if len(meant) != 1:
        return None, notes
    return folder / meant[0], [
        *notes,
        f"{meant[0]} in it was read" + (", the one thing there" if len(found) == 1 else ""),
    ]


def _only_pictures(folder: Path) -> bool:
    """Whether a folder holds images and videos alone, also in its folders; an empty one does not."""
    files = [file for file in islice(folder.rglob("*"), MOST_PICTURES) if not file.is_dir()]
    kept = [file for file in files if not containers.is_system_file(file.name)]
    return bool(kept) and all(file.suffix.lower() in (*pictures.IMAGES, *pictures.VIDEOS) for file in kept)
