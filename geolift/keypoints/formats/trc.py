"""Marker files (.trc) in pixels, as Sports2D writes them: one person in the coordinates of the image.

    PathFileType	4	(X/Y/Z)	walk_px_person00.trc
    DataRate	CameraRate	NumFrames	NumMarkers	Units	OrigDataRate	OrigDataStartFrame	OrigNumFrames
    30	30	12	17	px	30	0	12
    Frame#	Time	Nose			LHip		...
            X1	Y1	Z1	X2	Y2	Z2	...
    0	0.0	931.4	258.9	0.0	...

Sports2D states metres even of its files in pixels, which have z = 0 and people of hundreds of units. Other files in
metres or millimetres hold 3D already and are refused.
"""

from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import csv_rows, row_labels
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.csv_rows import TextTable
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.formats.table_joints import table_joints
from geolift.keypoints.frame_names import order_frames
from geolift.keypoints.options import Options, resolve_fps
from geolift.keypoints.recording import Recording

FIRST = "PathFileType"
HEAD = 5  # lines above the first row, some of which may be empty
PIXELS = ("px", "pixel", "pixels")
LARGEST = 20.0  # metres between two markers of a person
UNSURE = "the file holds no confidence: it counts as 1 where there are coordinates"


def recognize(lines: list[str]) -> str | None:
    """Why the lines are a marker file: its first word."""
    return f"it begins with {FIRST}" if lines[0].startswith(FIRST) else None


def read(lines: list[str], path: Path, options: Options) -> Recording:
    """Read a marker file in pixels.

    Raises:
        DatasetError: naming the line or the column and what is wrong with it; if its units are not pixels.
    """
    keys, stated, markers, rows = _parts(lines, path)
    head = dict(zip((key.lower() for key in keys), stated, strict=False))
    names = [name for name in markers[2:] if name]
    if not names or not rows.rows:
        found = f"{len(names)} markers and {len(rows.rows)} rows"
        raise DatasetError(f"{path}: found {found}, expected at least one of each")
    values = csv_rows.numbers(rows, range(2, 2 + 3 * len(names)), str(path)).reshape(-1, len(names), 3)
    notes = _check_units(head.get("units", ""), values, path)
    places = np.concatenate([values[..., :2], np.ones((*values.shape[:2], 1))], axis=-1)
    joints, places = table_joints(names, places, str(path), options.joints)
    frames = order_frames([row_labels.plain_label(label) for label in rows.column(0)], str(path), options)
    if frames.video:
        frames = frames._replace(fps=resolve_fps(_rate(head, path), options.fps, str(path)))
    count = len(places)
    return make_recording(
        places,
        frames.index,
        frames,
        joints,
        path,
        options,
        person=np.zeros(count, int),
        people=("0",),
        notes=(*notes, *joints.notes, *frames.notes, UNSURE),
    )


FORMAT = Format("trc", "markers in pixels (.trc of Sports2D)", "csv", recognize, read)


def _parts(lines: list[str], path: Path) -> tuple[list[str], list[str], list[str], TextTable]:
    """What the head states, its values, the line with the markers' names, and the rows of frames."""
    filled = [(i, line) for i, line in enumerate(lines, 1) if line.strip()]
    if len(filled) < HEAD:
        raise DatasetError(f"{path}: found {len(filled)} lines, expected a head of {HEAD}")
    keys, stated, markers = ([cell.strip() for cell in line.split("\t")] for _, line in filled[1:4])
    numbers = [i for i, _ in filled[HEAD:]]
    rows = [line.rstrip("\t ").split("\t") for _, line in filled[HEAD:]]
    width = 2 + 3 * sum(map(bool, markers[2:]))
    for row, line in zip(rows, numbers, strict=True):
        if len(row) > width:
            raise DatasetError(f"{path}: line {line}: found {len(row)} cells, expected {width}")
        row += [""] * (width - len(row))  # empty cells at the end of a line, where markers are missing
    return keys, stated, markers, TextTable([""] * width, rows, numbers)


def _check_units(units: str, values: np.ndarray, path: Path) -> tuple[str, ...]:
    """A note if `[N, K, 3]` are pixels although the file states another unit.

    Raises:
        DatasetError: if they are not pixels.
    """
    if units.lower() in PIXELS:
        return ()
    seen = values[np.isfinite(values).all(axis=-1).any(axis=1)]
    size = (
        np.ptp(np.nan_to_num(seen[..., :2], nan=np.nanmedian(seen)), axis=1).max(axis=-1) if len(seen) else np.zeros(1)
    )
    if not np.nan_to_num(values[..., 2]).any() and np.median(size) > LARGEST:
        return (f"Units: the file states {units!r}, but people of {np.median(size):.0f}: read as pixels",)
    raise DatasetError(f"{path}: Units: found {units!r}, expected px: markers in 3D need no lifting")


def _rate(head: dict[str, str], path: Path) -> float:
    """The file's frame rate; 0 where it states none."""
    try:
        rate = float(head.get("datarate") or 0)
    except ValueError:
        raise DatasetError(f"{path}: DataRate: found {head['datarate'][:40]!r}, expected a number") from None
    return rate if rate > 0 and np.isfinite(rate) else 0.0
