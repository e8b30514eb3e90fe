"""Packed files (.zip, .tar, .gz) unpacked into a temporary folder: bounded, inside the folder, plain files only."""

import gzip
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from geolift.errors import DatasetError
from geolift.safe_io import bounded_file

ZIP, GZIP, TAR, TAR_AT = (b"PK\x03\x04", b"PK\x05\x06"), b"\x1f\x8b", b"ustar", 257
MOST_FILES = 10**6
LARGEST = 2**33  # bytes of all unpacked files
LARGEST_RATIO = 200  # of unpacked to packed bytes, unless all files together take less than SMALL
SMALL = 2**28
LONGEST_PATH = 1000  # characters of a name in a container
PIECE = 2**20  # bytes that are copied at a time
OFFICE = "[Content_Types].xml"  # in .xlsx and .docx
# What operating systems put beside users' files.
SYSTEM_FILES = {".ds_store", "thumbs.db", "desktop.ini", ".localized", "icon\r"}
SYSTEM_FOLDERS = {"__macosx", ".spotlight-v100", ".trashes", ".fseventsd", "system volume information"}
SYSTEM = SYSTEM_FILES | SYSTEM_FOLDERS


def is_system_file(name: str) -> bool:
    """Whether macOS or Windows puts files of this name beside users' files: `._a.json`, `.DS_Store`, `Thumbs.db`."""
    return name.startswith("._") or name.lower() in SYSTEM


def kind_of(path: Path) -> str | None:
    """How a file is packed, by its content: "zip", "tar" or "gzip"; None: it is not, or it is a .npz.

    Raises:
        DatasetError: if it cannot be opened.
        FileNotFoundError: if there is no such file.
    """
    bounded_file.size(path)
    with path.open("rb") as file:
        begin = file.read(TAR_AT + len(TAR))
    if begin.startswith(GZIP):
        return "gzip"
    if begin[TAR_AT:] == TAR:
        return "tar"
    if not begin.startswith(ZIP):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
    except Exception:  # a damaged archive can raise nearly anything; .npz files have their own errors
        return None
    return "zip" if names and not all(name.endswith(".npy") for name in names) else None


@contextmanager
def unpacked(path: Path, kind: str) -> Iterator[Path]:
    """The folder of the unpacked files, or the one unpacked file of a .gz; it is removed at the end.

    Files of the operating system are left out. Errors that name the temporary folder name the container instead.

    Args:
        path: the packed file.
        kind: of it, as `kind_of` gives it.

    Raises:
        DatasetError: if it is damaged, encrypted, too large unpacked, or holds a name that leads out of it.
    """
    with tempfile.TemporaryDirectory(prefix="geolift-") as folder:
        inside = Path(folder, path.name)  # readers name things after the file
        try:
            inside = _unpack(path, kind, Path(folder))
        except DatasetError:
            raise
        except Exception as error:  # a damaged archive can raise nearly anything
            why = " ".join(str(error).split())[:200] or type(error).__name__
            raise DatasetError(f"{path}: the packed file cannot be read: {why}") from error
        try:
            yield inside
        except (DatasetError, FileNotFoundError) as error:
            raise type(error)(str(error).replace(str(inside), str(path))) from error


def _unpack(path: Path, kind: str, folder: Path) -> Path:
    budget = _Budget(path)
    if kind == "gzip":
        return _unpack_gzip(path, folder, budget)
    inside = folder / path.stem
    inside.mkdir()
    if kind == "tar":
        with tarfile.open(path) as archive:
            _unpack_tar(archive, inside, budget)
    else:
        with zipfile.ZipFile(path) as archive:
            _unpack_zip(archive, inside, budget)
    return inside


class _Budget:
    """What may still be unpacked of a container."""

    def __init__(self, path: Path):
        size = path.stat().st_size
        self.path, self.files = path, 0
        self.most = self.left = max(size, min(LARGEST, max(SMALL, LARGEST_RATIO * size)))

    def copy(self, source: BinaryIO, target: Path) -> None:
        """Copy a file, counting it. Raises DatasetError if it is too large, or there are too many."""
        self.files += 1
        if self.files > MOST_FILES:
            raise DatasetError(f"{self.path}: found more than {MOST_FILES} files, expected fewer")
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            while piece := source.read(min(PIECE, self.left + 1)):
                self.left -= len(piece)
                if self.left < 0:
                    raise DatasetError(f"{self.path}: a bomb? found more than {self.most} bytes unpacked")
                file.write(piece)

    def place(self, name: str, folder: Path) -> Path | None:
        """Where a file of this name belongs in a folder; None: it is of the operating system."""
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts or parts[0].startswith("/") or ".." in parts or ":" in parts[0] or len(name) > LONGEST_PATH:
            raise DatasetError(f"{self.path}: found a file named {name[:80]!r}, expected names inside the container")
        return None if any(map(is_system_file, parts)) else folder.joinpath(*parts)


def _unpack_zip(archive: zipfile.ZipFile, folder: Path, budget: _Budget) -> None:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if any(member.filename == OFFICE for member in members):
        raise DatasetError(f"{budget.path}: found an Office document, expected keypoints: save the table as CSV")
    for member in members:
        if member.flag_bits & 1:
            raise DatasetError(f"{budget.path}: found an encrypted file, {member.filename[:80]!r}, expected plain ones")
        if (target := budget.place(member.filename, folder)) is not None:
            with archive.open(member) as source:
                budget.copy(source, target)


def _unpack_tar(archive: tarfile.TarFile, folder: Path, budget: _Budget) -> None:
    """Links and devices are left out."""
    for member in archive:
        if member.isfile() and (target := budget.place(member.name, folder)) is not None:
            budget.copy(archive.extractfile(member), target)


def _unpack_gzip(path: Path, folder: Path, budget: _Budget) -> Path:
    """The one file, or the folder of a .tar.gz."""
    name = path.name.removesuffix(".gz")
    single = folder / (name.removesuffix(".tgz") or "file")
    try:
        with gzip.open(path) as source:
            budget.copy(source, single)
    except zlib.error as error:
        raise DatasetError(f"{path}: the packed file is damaged: {error}") from error
    with single.open("rb") as file:
        if file.read(TAR_AT + len(TAR))[TAR_AT:] != TAR:
            return single
    inside = folder / "unpacked" / single.stem
    inside.mkdir(parents=True)
    with tarfile.open(single) as archive:
        _unpack_tar(archive, inside, _Budget(path))
    single.unlink()
    return inside
