"""Bounded reading of untrusted .npz files, and writing of .npz files: no free unpickling, no size without its bytes.

Large arrays that are stored uncompressed can stay in the file and be mapped into memory.
"""

import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from geolift.errors import DatasetError
from geolift.safe_io import bounded_file, pickles

LARGEST = 16 * 2**30  # bytes that the arrays of a file may take together
LARGEST_RATIO = 200  # of the arrays' bytes to the file's, unless the arrays take less than SMALL
SMALL = 2**30
MAPPED = 2**26  # bytes; larger arrays can stay in their file
PIECE = 2**24  # bytes of a mapped array that are checked at a time
LOCAL_HEADER, ZIP64 = 30, 20  # bytes of zip's headers
ALIGNED = 64  # bytes; stored arrays begin at a multiple of it


class Archive:
    """A .npz file: the names of its arrays are read at once, each array on demand.

    Attributes:
        path: the file.
        names: of its arrays, in the order of the file.

    Raises:
        DatasetError: naming the file and what is wrong with it (empty, truncated, not a .npz, far too large unpacked).
        FileNotFoundError: if there is no such file.
    """

    def __init__(self, path: str | os.PathLike[str]):
        path = Path(path)
        size = bounded_file.size(path, "a .npz file")
        if size == 0:
            raise DatasetError(f"{path}: the file is empty, expected a .npz")
        if not zipfile.is_zipfile(path):
            with path.open("rb") as file:
                begin = file.read(8)
            found = "the beginning of one whose end is missing (truncated?)" if begin[:4] == b"PK\x03\x04" else begin
            raise DatasetError(f"{path}: not a .npz file: found {found}, expected a zip archive of arrays")
        try:
            with zipfile.ZipFile(path) as file:
                members = file.infolist()
        except Exception as error:  # a damaged archive can raise nearly anything
            raise DatasetError(f"{path}: not a .npz file: the zip archive cannot be read: {error}") from error
        packed, unpacked = (sum(getattr(m, name) for m in members) for name in ("compress_size", "file_size"))
        if packed > size:
            raise DatasetError(f"{path}: a zip bomb? found {packed} bytes of packed arrays in {size} bytes")
        if unpacked > limit(size):
            raise DatasetError(
                f"{path}: a zip bomb? found {unpacked} bytes of arrays in {size} bytes, expected up to {limit(size)}"
            )
        self.path = path
        self.names = tuple(member.filename.removesuffix(".npy") for member in members)
        self._members = dict(zip(self.names, members, strict=True))
        if len(self._members) < len(self.names):
            raise DatasetError(f"{path}: found an array twice in {sorted(self.names)}, expected names that differ")

    def array(self, name: str, *, mapped: bool = False) -> np.ndarray:
        """One array of numbers or text.

        With `mapped` a large uncompressed array stays in the file, read-only; the file must not be changed then, only
        replaced.

        Raises:
            DatasetError: if it is damaged or holds objects.
        """
        return self._read(name, objects=False, mapped=mapped)

    def objects(self, name: str) -> np.ndarray:
        """One array of objects that `load_pickle` allows. Raises DatasetError if it is damaged."""
        return self._read(name, objects=True, mapped=False)

    def _read(self, name: str, *, objects: bool, mapped: bool) -> np.ndarray:
        where, member = f"{self.path}: array {name!r}", self._members[name]
        try:
            with zipfile.ZipFile(self.path) as archive:
                with archive.open(member) as file:
                    shape, fortran, dtype = _header(file)
                    if dtype.hasobject:
                        if not objects or dtype != np.dtype(object):
                            raise ValueError("it holds pickled objects, which are never read")
                        return _objects(file, shape, where)
                    _check_size(file, member.file_size, shape, dtype)
                    begin = file.tell()
                if mapped and member.compress_type == zipfile.ZIP_STORED and member.file_size >= MAPPED:
                    content = _map(archive.fp, member)
                    return content[begin:].view(dtype).reshape(shape, order="F" if fortran else "C")
                with archive.open(member) as file:
                    return np.lib.format.read_array(file, allow_pickle=False)
        except DatasetError:
            raise
        except (Exception, MemoryError) as error:  # a damaged archive can raise nearly anything
            why = " ".join(str(error).split())[:200] or type(error).__name__
            raise DatasetError(f"{where} cannot be read: {why}") from error


def limit(size: int) -> int:
    """The most bytes that the arrays of a file of `size` bytes may take."""
    return max(size, min(LARGEST, max(SMALL, LARGEST_RATIO * size)))


def read_arrays(path: str | os.PathLike[str], *, mapped: bool = False) -> dict[str, np.ndarray]:
    """Read every array of a .npz without unpickling anything.

    Args:
        path: the file.
        mapped: leave large uncompressed arrays in the file, read-only.

    Returns:
        The arrays by name.

    Raises:
        DatasetError: naming the file and what is wrong with it (empty, truncated, not a .npz, pickled objects).
        FileNotFoundError: if there is no such file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(Path(folder, "a.npz"), pose=np.zeros((17, 2)))
        ...     read_arrays(Path(folder, "a.npz"))["pose"].shape
        (17, 2)
    """
    archive = Archive(path)
    return {name: archive.array(name, mapped=mapped) for name in archive.names}


def read_array_file(path: Path) -> np.ndarray:
    """The array of a .npy file, without unpickling anything.

    Args:
        path: the file.

    Raises:
        DatasetError: if it is damaged, holds objects, or its header states another size than the file has.
        FileNotFoundError: if there is no such file.
    """
    size = bounded_file.size(path, "a .npy file")
    try:
        with path.open("rb") as file:
            shape, _, dtype = _header(file)
            if dtype.hasobject:
                raise ValueError("it holds pickled objects, which are never read")
            _check_size(file, size, shape, dtype)
            file.seek(0)
            return np.lib.format.read_array(file, allow_pickle=False)
    except (Exception, MemoryError) as error:  # a damaged file can raise nearly anything
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise DatasetError(f"{path}: the array cannot be read: {why}") from error


def read_object_arrays(path: str | os.PathLike[str], names: Iterable[str]) -> dict[str, np.ndarray]:
    """Read some arrays of a .npz with the objects that `load_pickle` allows: containers, text, numbers, arrays.

    Args:
        path: the file.
        names: of the arrays.

    Returns:
        The arrays by name.

    Raises:
        DatasetError: naming the file and what is wrong with it; also if a name is missing.
        FileNotFoundError: if there is no such file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(Path(folder, "a.npz"), metadata=np.array({"joints": 17}, object))
        ...     read_object_arrays(Path(folder, "a.npz"), ["metadata"])["metadata"].item()
        {'joints': 17}
    """
    archive = Archive(path)
    missing = sorted(set(names) - set(archive.names))
    if missing:
        raise DatasetError(f"{path}: {missing} missing, found {sorted(archive.names)}")
    return {name: archive.objects(name) for name in names}


def write_arrays(file: BinaryIO, arrays: Mapping[str, np.ndarray], *, stored: Iterable[str] = ()) -> None:
    """Write a .npz of arrays without objects: those in `stored` uncompressed, the others compressed.

    A program can map the stored arrays into memory: their numbers begin at a multiple of 64 bytes.

    Args:
        file: a new file, opened for writing in binary mode.
        arrays: by name.
        stored: names of the arrays to store uncompressed.

    Raises:
        ValueError: if an array holds objects.
        OSError: if the disk does not accept it.

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> write_arrays(file, {"pose": np.zeros((17, 2))})
        >>> np.load(io.BytesIO(file.getvalue()))["pose"].shape
        (17, 2)
    """
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")
            if name in stored:
                begin = file.tell() + LOCAL_HEADER + len(member.filename) + ZIP64 + 4
                member.extra = struct.pack("<HH", 0xD935, -begin % ALIGNED) + bytes(-begin % ALIGNED)  # as zipalign
            else:
                member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as content:
                np.lib.format.write_array(content, np.asanyarray(array), allow_pickle=False)


def _map(file: BinaryIO, member: zipfile.ZipInfo) -> np.ndarray:
    """The bytes `[file_size]` of a stored member, mapped; all are read once to compare the checksum."""
    file.seek(member.header_offset)
    name, extra = struct.unpack("<26xHH", file.read(LOCAL_HEADER))
    start = member.header_offset + LOCAL_HEADER + name + extra
    content = np.asarray(np.memmap(file, np.uint8, "r", offset=start, shape=(member.file_size,)))
    crc = 0
    for i in range(0, len(content), PIECE):
        crc = zlib.crc32(content[i : i + PIECE], crc)
    if crc != member.CRC:
        raise ValueError(f"found the checksum {crc:08x}, expected {member.CRC:08x}")
    return content


def _header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        header = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        header = np.lib.format.read_array_header_2_0(file)
    else:
        raise ValueError(f"found version {version} of the .npy format, expected 1.0 or 2.0")
    return header


def _check_size(file: BinaryIO, size: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Raise ValueError unless a member of `size` bytes holds the array of its header; nothing is allocated before."""
    expected, found = math.prod(shape) * dtype.itemsize, size - file.tell()
    if min(shape, default=0) < 0 or expected != found:
        raise ValueError(f"found {found} bytes, expected {expected} for {dtype} of shape {list(shape)}")
    if not found and pickles.hollow(shape):
        raise ValueError(f"found shape {list(shape)} without any bytes")


def _objects(file: BinaryIO, shape: tuple[int, ...], where: str) -> np.ndarray:
    array = pickles.load_pickle(file, where)
    if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != np.dtype(object):
        raise ValueError(f"found no array of objects of shape {list(shape)} in its pickle")
    return array
