"""Lifted poses as a table, .csv: a row is one person in one frame, every column has a name (docs/result-files.md)."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geolift.output.result import AXES, Result
from geolift.output.trust import trust_note, untrusted

ROWS = 256  # poses that are text in memory at a time


def write_csv(result: Result, path: Path, *, trust: float | None = None) -> list[str]:
    """Write a result as CSV with one line of column names; a cell is empty where something is missing or unknown.

    Columns: person, frame (from 0), frame_name, seconds, units, axes, root_x, root_y, root_z (the position), then
    for every joint J_x, J_y, J_z (from the root), J_u, J_v (pixels), J_confidence, J_filled (1 or 0). Then what is
    estimated of: the direction up, up_x, up_y, up_z, up_spread (degrees); floor; left_contact, right_contact (1 or 0);
    for every joint J_world_x, J_world_y, J_world_z (metres), J_uncertainty, J_depth_uncertainty. If
    `trust` (metres) is given, at last J_trusted: 0 for joints with more uncertainty.
    """
    unsure = None if trust is None else untrusted(result, trust)
    columns = ["person", "frame", "frame_name", "seconds", "units", "axes", "root_x", "root_y", "root_z"]
    for name in result.skeleton.names:
        columns += [f"{name}_{part}" for part in ("x", "y", "z", "u", "v", "confidence", "filled")]
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*columns, *_more(result, slice(0, 0), unsure)])
        for first in range(0, len(result.frame), ROWS):
            table.writerows(_rows(result, slice(first, first + ROWS), unsure))
    notes = [] if unsure is None else [trust_note(unsure, result, trust, "flagged")]
    if result.alternatives is not None:
        notes.append("alternatives: the first body of each pose is written; .npz and .json hold the others")
    return notes


def _rows(result: Result, part: slice, unsure: np.ndarray | None) -> Iterator[list]:
    """The lines of some poses."""
    timed, frames = result.video and result.fps > 0, result.frame[part]
    joints = [_cells(result.points[part]), _cells(result.keypoints[part]), _cells(result.confidence[part, :, None])]
    joints = np.concatenate([*joints, np.where(result.filled[part], "1", "0")[..., None]], axis=2)
    more = [column[:, None] for column in _more(result, part, unsure).values()]
    numbers = np.concatenate([_cells(result.position[part]), joints.reshape(len(joints), -1), *more], axis=1).tolist()
    for person, frame, cells in zip(result.person[part].tolist(), frames.tolist(), numbers, strict=True):
        seconds = f"{frame / result.fps:.6f}" if timed else ""
        yield [result.people[person], frame, result.frames[frame], seconds, result.units, AXES, *cells]


def _more(result: Result, part: slice, unsure: np.ndarray | None) -> dict[str, np.ndarray]:
    """The columns of the fields that may be None, by their names: cells `[n]` of some poses."""
    frames, columns = result.frame[part], {}
    if result.up is not None:
        columns |= dict(zip(("up_x", "up_y", "up_z"), _cells(result.up[frames]).T, strict=True))
        columns["up_spread"] = _cells(result.up_spread[frames])
    if result.floor is not None:
        columns["floor"] = _cells(result.floor[frames])
    if result.contact is not None:
        stands = np.where(result.contact[part], "1", "0")
        columns |= {"left_contact": stands[:, 0], "right_contact": stands[:, 1]}
    joints = {}
    if result.world_points is not None:
        joints |= {f"world_{axis}": result.world_points[part, :, i] for i, axis in enumerate("xyz")}
    if result.uncertainty is not None:
        joints |= {"uncertainty": result.uncertainty[part], "depth_uncertainty": result.depth_uncertainty[part]}
    for joint, name in enumerate(result.skeleton.names):
        columns |= {f"{name}_{key}": _cells(values[:, joint]) for key, values in joints.items()}
        if unsure is not None:
            columns[f"{name}_trusted"] = np.where(unsure[part, joint], "0", "1")
    return columns


def _cells(values: np.ndarray) -> np.ndarray:
    """Float32 as text, with the digits it needs; empty for NaN."""
    return np.where(np.isnan(values), "", values.astype(np.str_))
