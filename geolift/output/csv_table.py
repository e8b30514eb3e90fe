"""Lifted poses as a table, .csv: a row is one person in one frame, every column has a name (docs/formats.md)."""

import csv
from pathlib import Path

import numpy as np

from geolift.output.result import AXES, Result


def write_csv(result: Result, path: Path) -> list[str]:
    """Write a result as CSV with one line of column names; a cell is empty where something is missing or unknown.

    Columns: person, frame (from 0), frame_name, seconds, units, axes, root_x, root_y, root_z (the position), then
    for every joint J_x, J_y, J_z (from the root), J_u, J_v (pixels), J_confidence, J_filled (1 or 0); if it is
    estimated, at last the direction up, up_x, up_y, up_z, up_spread (degrees).
    """
    columns = ["person", "frame", "frame_name", "seconds", "units", "axes", "root_x", "root_y", "root_z"]
    for name in result.skeleton.names:
        columns += [f"{name}_{part}" for part in ("x", "y", "z", "u", "v", "confidence", "filled")]
    timed = result.video and result.fps > 0
    joints = [_cells(result.points), _cells(result.keypoints), _cells(result.confidence[..., None])]
    joints = np.concatenate([*joints, np.where(result.filled, "1", "0")[..., None]], axis=2)
    numbers = [_cells(result.position), joints.reshape(len(joints), -1)]
    if result.up is not None:
        columns += ["up_x", "up_y", "up_z", "up_spread"]
        numbers += [_cells(result.up[result.frame]), _cells(result.up_spread[result.frame, None])]
    numbers = np.concatenate(numbers, axis=1).tolist()
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        for person, frame, cells in zip(result.person.tolist(), result.frame.tolist(), numbers, strict=True):
            seconds = f"{frame / result.fps:.6f}" if timed else ""
            table.writerow([result.people[person], frame, result.frames[frame], seconds, result.units, AXES, *cells])
    return []


def _cells(values: np.ndarray) -> np.ndarray:
    """Float32 as text, with the digits it needs; empty for NaN."""
    return np.where(np.isnan(values), "", values.astype(np.str_))
