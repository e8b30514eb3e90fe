"""C3D motion capture: the markers of a file of any processor, read by its documented layout.

ezc3d, which writes our C3D, does not read it here: some damaged files (2 of 60 with changed bytes) end the process.
"""

import math
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.convert.mocap.clips import LARGEST
from geolift.convert.mocap.markers import LARGEST_BINARY, Markers, film_markers
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.safe_io import bounded_file

BLOCK, KEY = 512, 80  # bytes; the second byte of every file
PROCESSORS = {84: "<", 85: "vax", 86: ">"}  # little-endian, DEC's VAX, big-endian
KINDS = {-1: ("S1", 1), 1: ("i1", 1), 2: ("i2", 2), 4: ("f4", 4)}  # of parameters: numpy's name, bytes
MOST_PARAMETERS = 10_000


class Numbers(NamedTuple):
    """How a processor writes numbers: "<", ">" or "vax"."""

    order: str

    def integers(self, content: bytes, kind: str = "i2") -> np.ndarray:
        """Integers of two bytes, or of one."""
        return np.frombuffer(content, np.dtype(kind).newbyteorder(">" if self.order == ">" else "<"))

    @np.errstate(invalid="ignore")  # bytes that are no number become NaN
    def floats(self, content: bytes) -> np.ndarray:
        """Floats of four bytes; VAX's have their halves swapped and are four times as large."""
        if self.order == "vax":
            words = np.frombuffer(content, "<u2").reshape(-1, 2)[:, ::-1].copy()
            return words.view("<f4")[:, 0].astype(np.float64) / 4
        return np.frombuffer(content, np.dtype("f4").newbyteorder(self.order)).astype(np.float64)


def convert(path: str | os.PathLike[str], *, skeleton: str | os.PathLike[str] | None = None, **filming: Any) -> Dataset:
    """A .c3d, or all in a folder, in Human3.6M-17 joints (`markers`), filmed by the CMU protocol.

    Args:
        path: the file or folder.
        skeleton: a skeleton file, in whose joints any body is read (`any_body`), as animals are.
        filming: `seed`, `cameras`, `views`, `bodies` of `film`; by default the CMU protocol.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    return film_markers(path, ".c3d", read, skeleton, filming)


def read(path: Path) -> Markers:
    """The markers in a file. Raises as `convert`."""
    content, where = bounded_file.content(path, LARGEST_BINARY, "a C3D file"), str(path)
    if len(content) < 2 * BLOCK or content[1] != KEY or not 0 < content[0] * BLOCK < len(content):
        raise DatasetError(f"{path}: found {content[:4]!r}, expected C3D: the byte {KEY} after the parameters' place")
    start = (content[0] - 1) * BLOCK
    order = PROCESSORS.get(content[start + 3])
    if order is None:
        raise DatasetError(f"{path}: processor: found {content[start + 3]}, expected one of {list(PROCESSORS)}")
    how = Numbers(order)
    parameters = _parameters(content, start + 4, how, where)
    head = how.integers(content[:24]).astype(np.int64) & 0xFFFF
    (scale, rate), count = how.floats(content[12:16] + content[20:24]), int(head[1])
    frames = _frames(parameters, int(head[4]) - int(head[3]) + 1, where)
    analog, first = int(head[2]), int(head[8])
    points = _points(content, (count, frames, analog, (first - 1) * BLOCK), float(scale), how, where)
    labels = _labels(parameters, count, where)
    rate = float((parameters.get("POINT:RATE") or [rate])[0])
    if not 0.1 <= rate <= 1e4:
        raise DatasetError(f"{path}: POINT:RATE: found {rate:g}, expected 0.1 to 10000 frames per second")
    unit = (parameters.get("POINT:UNITS") or ["mm"])[0].strip()
    return Markers(tuple(labels), points, rate, unit or "mm")


def _frames(parameters: dict[str, list], stated: int, where: str) -> int:
    """How many frames there are: the header has 16 bits for it, later programs use parameters."""
    ends = [parameters.get(f"TRIAL:ACTUAL_{end}_FIELD", []) for end in ("START", "END")]
    if all(len(end) == 2 for end in ends):
        first, last = (int(low) % 65536 + 65536 * (int(high) % 65536) for low, high in ends)
        stated = last - first + 1
    if stated < 1:
        raise DatasetError(f"{where}: found {stated} frames, expected one or more")
    return stated


def _points(content: bytes, shape: tuple[int, int, int, int], scale: float, how: Numbers, where: str) -> np.ndarray:
    """`[T, K, 3]`, NaN where a marker was not seen. `shape`: points, frames, analog values a frame, first byte."""
    count, frames, analog, first = shape
    size = 4 if scale < 0 else 2
    row = (4 * count + analog) * size
    if not count or first < BLOCK or first + frames * row > len(content):
        raise DatasetError(
            f"{where}: found {len(content)} bytes, expected {count} points in {frames} frames from byte {first} on: "
            f"{first + frames * row} (cut off?)"
        )
    block = content[first : first + frames * row]
    values = how.floats(block) if scale < 0 else how.integers(block).astype(np.float64)
    if not abs(scale) < np.inf:
        raise DatasetError(f"{where}: POINT:SCALE: found {scale}, expected a number")
    values = values.reshape(frames, -1)[:, : 4 * count].reshape(frames, count, 4)
    with np.errstate(invalid="ignore", over="ignore"):
        points = values[..., :3] * (1 if scale < 0 else scale)
    unseen = (values[..., 3] < 0) | ~(np.abs(points) <= LARGEST).all(axis=-1)
    return np.where(unseen[..., None], np.nan, points)


def _labels(parameters: dict[str, list], count: int, where: str) -> list[str]:
    """The names of the points, of which LABELS2 and on hold those after the 255th."""
    labels = list(parameters.get("POINT:LABELS", []))
    for i in range(2, 1 + (count + 254) // 255):
        labels += parameters.get(f"POINT:LABELS{i}", [])
    if len(labels) < count:
        raise DatasetError(f"{where}: POINT:LABELS: found {len(labels)} names, expected {count}")
    return [str(label).strip() for label in labels[:count]]


def _parameters(content: bytes, place: int, how: Numbers, where: str) -> dict[str, list]:
    """All parameters by "GROUP:NAME"; a list of texts or of numbers."""
    groups, found = {}, []
    for _ in range(MOST_PARAMETERS):
        length, group = how.integers(content[place : place + 2], "i1") if place + 2 <= len(content) else (0, 0)
        after = place + 2 + abs(int(length))
        name = content[place + 2 : after].decode("latin-1").upper().strip()
        step = how.integers(content[after : after + 2])
        if not length or not group or not len(step):
            break
        if group < 0:
            groups[-int(group)] = name
        else:
            found.append((int(group), name, _values(content, after + 2, how, f"{where}: {name}")))
        if step[0] <= 0:
            break
        place = after + int(step[0])
    return {f"{groups.get(group, '')}:{name}": values for group, name, values in found}


def _values(content: bytes, place: int, how: Numbers, where: str) -> list:
    head = content[place : place + 2]
    kind = KINDS.get(int(how.integers(head[:1], "i1")[0])) if len(head) == 2 else None
    sizes = list(content[place + 2 : place + 2 + head[1]]) if kind else []
    start = place + 2 + len(sizes)
    count = math.prod(sizes)
    if kind is None or len(sizes) != head[1] or count * kind[1] > len(content) - start:
        raise DatasetError(f"{where}: found {head!r}, expected the kind and the size of a parameter (cut off?)")
    block = content[start : start + count * kind[1]]
    if kind[0] == "S1":
        width = sizes[0] if sizes else 1
        return [block[i : i + width].decode("latin-1").strip() for i in range(0, len(block), max(width, 1))]
    return (how.floats(block) if kind[0] == "f4" else how.integers(block, kind[0])).tolist()
