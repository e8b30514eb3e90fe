"""Lifted poses as a table, .csv: a row is one person in one frame, every column has a name (docs/result-files.md)."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from geolift.output.decimals import WORDS, number_words, text_of, words_of
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
        csv.writer(file, lineterminator="\n").writerow([*columns, *_more(result, slice(0, 0), unsure)])
        for first in range(0, len(result.frame), ROWS):
            part = slice(first, first + ROWS)
            heads = csv_lines(_heads(result, part))
            file.writelines(map(",".join, zip(heads, _numbers(result, part, unsure), strict=True)))
    notes = [] if unsure is None else [trust_note(unsure, result, trust, "flagged")]
    if result.alternatives is not None:
        notes.append("alternatives: the first body of each pose is written; .npz and .json hold the others")
    return notes


class _Lines(list):
    """What is written, in pieces: a file for `csv.writer`, which writes a line at a time."""

    write = list.append


def csv_lines(rows: Iterable[Iterable]) -> list[str]:
    """Lines of CSV without their ends."""
    lines = _Lines()
    csv.writer(lines, lineterminator="\n").writerows(rows)  # it quotes this end in names
    return [line.removesuffix("\n") for line in lines]


def _heads(result: Result, part: slice) -> Iterator[list]:
    """What is before the numbers in the lines of some poses."""
    timed = result.video and result.fps > 0
    for person, frame in zip(result.person[part].tolist(), result.frame[part].tolist(), strict=True):
        seconds = f"{frame / result.fps:.6f}" if timed else ""
        yield [result.people[person], frame, result.frames[frame], seconds, result.units, AXES]


def _numbers(result: Result, part: slice, unsure: np.ndarray | None) -> list[str]:
    """The rest of these lines, with their ends."""
    joints = [_cells(result.points[part]), _cells(result.keypoints[part]), _cells(result.confidence[part, :, None])]
    joints = np.concatenate([*joints, _flags(result.filled[part, :, None])], axis=2)
    joints = joints.reshape(len(joints), -1, joints.shape[-1])
    more = [column[:, None] for column in _more(result, part, unsure).values()]
    cells = np.concatenate([_cells(result.position[part]), joints, *more], axis=1)
    cells[:, -1, -1] = words_of("\n", 1)
    return text_of(cells).splitlines(keepends=True)


def _more(result: Result, part: slice, unsure: np.ndarray | None) -> dict[str, np.ndarray]:
    """The columns of the fields that may be None, by their names: cells `[n, W]` of some poses."""
    frames, columns = result.frame[part], {}
    if result.up is not None:
        columns |= dict(zip(("up_x", "up_y", "up_z"), _cells(result.up[frames]).swapaxes(0, 1), strict=True))
        columns["up_spread"] = _cells(result.up_spread[frames])
    if result.floor is not None:
        columns["floor"] = _cells(result.floor[frames])
    if result.contact is not None:
        stands = _flags(result.contact[part])
        columns |= {"left_contact": stands[:, 0], "right_contact": stands[:, 1]}
    joints = {}
    if result.world_points is not None:
        joints |= {f"world_{axis}": result.world_points[part, :, i] for i, axis in enumerate("xyz")}
    if result.uncertainty is not None:
        joints |= {"uncertainty": result.uncertainty[part], "depth_uncertainty": result.depth_uncertainty[part]}
    for joint, name in enumerate(result.skeleton.names):
        columns |= {f"{name}_{key}": _cells(values[:, joint]) for key, values in joints.items()}
        if unsure is not None:
            columns[f"{name}_trusted"] = _flags(~unsure[part, joint])
    return columns


def _cells(values: np.ndarray) -> np.ndarray:
    """Float32 `[...]` as words of text `[..., W]`, with the digits they need and a comma; none for NaN."""
    return _ended(number_words(values, ""))


def _flags(flags: np.ndarray) -> np.ndarray:
    """Bools `[...]` as such words, 1 or 0."""
    words = np.zeros((*flags.shape, WORDS), np.uint32)
    words[..., 0] = np.where(flags, words_of("1", 1), words_of("0", 1))
    return _ended(words)


def _ended(words: np.ndarray) -> np.ndarray:
    comma = np.broadcast_to(words_of(",", 1), (*words.shape[:-1], 1))
    return np.concatenate([words, comma], axis=-1)
