"""Lifted poses as a table, .csv: a row is one person in one frame, every column has a name (docs/formats.md)."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geolift.output.result import AXES, Result

ROWS = 256  # poses that are text in memory at a time


def write_csv(result: Result, path: Path) -> list[str]:
    """Write a result as CSV with one line of column names; a cell is empty where something is missing or unknown.

    Columns: person, frame (from 0), frame_name, seconds, units, axes, root_x, root_y, root_z (the position), then
    for every joint J_x, J_y, J_z (from the root), J_u, J_v (pixels), J_confidence, J_filled (1 or 0); if it is
    estimated, at last the direction up, up_x, up_y, up_z, up_spread (degrees).
    """
    columns = ["person", "frame", "frame_name", "seconds", "units", "axes", "root_x", "root_y", "root_z"]
    for name in result.skeleton.names:
        columns += [f"{name}_{part}" for part in ("x", "y", "z", "u", "v", "confidence", "filled")]
    if result.up is not None:
        columns += ["up_x", "up_y", "up_z", "up_spread"]
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        for first in range(0, len(result.frame), ROWS):
            table.writerows(_rows(result, slice(first, first + ROWS)))
    return []


def _rows(result: Result, part: slice) -> Iterator[list]:
    """The lines of some poses."""
    timed, frames = result.video and result.fps > 0, result.frame[part]
    joints = [_cells(result.points[part]), _cells(result.keypoints[part]), _cells(result.confidence[part, :, None])]
    joints = np.concatenate([*joints, np.where(result.filled[part], "1", "0")[..., None]], axis=2)
    numbers = [_cells(result.position[part]), joints.reshape(len(joints), -1)]
    if result.up is not None:
        numbers += [_cells(result.up[frames]), _cells(result.up_spread[frames, None])]
    numbers = np.concatenate(numbers, axis=1).tolist()
    for person, frame, cells in zip(result.person[part].tolist(), frames.tolist(), numbers, strict=True):
        seconds = f"{frame / result.fps:.6f}" if timed else ""
        yield [result.people[person], frame, result.frames[frame], seconds, result.units, AXES, *cells]


def _cells(values: np.ndarray) -> np.ndarray:
    """Float32 as text, with the digits it needs; empty for NaN."""
    return np.where(np.isnan(values), "", values.astype(np.str_))
