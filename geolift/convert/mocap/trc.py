"""TRC, the text table of markers that OpenSim, Pose2Sim, OpenCap and geolift write."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from geolift.convert.mocap.clips import LARGEST, numbers, text
from geolift.convert.mocap.markers import Markers, film_markers
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError

HEAD = 5  # lines before the frames
MOST_MARKERS = 1000
TIME = 2  # columns before the markers: frame and time


def convert(path: str | os.PathLike[str], *, skeleton: str | os.PathLike[str] | None = None, **filming: Any) -> Dataset:
    """A .trc, or all in a folder, in Human3.6M-17 joints (`markers`), filmed by the CMU protocol.

    Args:
        path: the file or folder.
        skeleton: a skeleton file, in whose joints any body is read (`any_body`), as animals are.
        filming: `seed`, `cameras`, `views`, `bodies` of `film`; by default the CMU protocol.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    return film_markers(path, ".trc", read, skeleton, filming)


def read(path: Path) -> Markers:
    """The markers in a file. Raises as `convert`."""
    lines = text(path).splitlines()
    if len(lines) < HEAD or not lines[0].startswith("PathFileType"):
        raise DatasetError(f"{path}: found {(lines or [''])[0][:40]!r}, expected TRC: PathFileType 4 (X/Y/Z) ...")
    stated = dict(zip(lines[1].split(), lines[2].split(), strict=False))
    unit = stated.get("Units", "")
    (rate,) = numbers([stated.get("DataRate", "").replace(",", ".")], f"{path}: DataRate")
    if not 0.1 <= rate <= 1e4:
        raise DatasetError(f"{path}: DataRate: found {rate:g}, expected 0.1 to 10000 frames per second")
    names = [name.strip() for name in lines[3].split("\t")[TIME:] if name.strip()]
    if not 0 < len(names) <= MOST_MARKERS:
        raise DatasetError(f"{path}: line 4: found {len(names)} markers, expected 1 to {MOST_MARKERS} between tabs")
    rows = [
        _row(line, len(names), f"{path}: line {i}") for i, line in enumerate(lines[HEAD:], HEAD + 1) if line.strip()
    ]
    if not rows:
        raise DatasetError(f"{path}: found no frame, expected one or more")
    return Markers(tuple(names), np.array(rows).reshape(len(rows), len(names), 3), rate, unit)


def _row(line: str, markers: int, where: str) -> list[float]:
    """The coordinates of a line, NaN where a marker was not seen, with decimal points or commas."""
    cells = [cell.strip() for cell in line.split("\t")][TIME : TIME + 3 * markers]
    if len(cells) < 3 * markers and any(cells[len(cells) // 3 * 3 :]):
        raise DatasetError(f"{where}: found {len(cells)} coordinates, expected {3 * markers} (cut off?)")
    if not any("." in cell for cell in cells):
        cells = [cell.replace(",", ".") for cell in cells]
    cells += [""] * (3 * markers - len(cells))
    try:
        values = [float(cell) if cell else np.nan for cell in cells]
    except ValueError as error:
        raise DatasetError(f"{where}: found {line[:60]!r}, expected numbers between tabs") from error
    if any(abs(value) > LARGEST for value in values):
        raise DatasetError(f"{where}: found coordinates beyond {LARGEST:g}, expected finite ones")
    return values
