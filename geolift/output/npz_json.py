"""Lifted poses as .npz or JSON, both without loss and with the same entries (docs/result-files.md).

Every field of `Result` under its own name, the skeleton as `joint_names`, `parents`, `left`, `right`, `head`, and with
them `format`, `version` and `axes`. A field that is None is left out. In JSON NaN is null.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np

from geolift.errors import DatasetError
from geolift.output.decimals import number_words, text_of, words_of
from geolift.output.result import AXES, OPTIONAL, Result, check_result
from geolift.output.trust import trust_note, untrusted
from geolift.safe_io import bounded_file, json_file
from geolift.safe_io.npz import read_arrays
from geolift.skeletons.skeleton import Skeleton

FORMAT, VERSION = "geolift poses", 1
LARGEST = 2**30  # bytes of JSON
ROWS = 256  # poses that are text in memory at a time
SEPARATOR = 2  # words of the longest text between two numbers, "]]], [[["
MOST_LETTERS = 2**26  # of a list of texts, all as wide as the widest
ARRAYS = {  # name: type and number of axes
    "points": (np.float32, 3), "position": (np.float32, 2), "keypoints": (np.float32, 3), "confidence": (np.float32, 2),
    "filled": (np.bool_, 2), "frame": (np.int64, 1), "person": (np.int64, 1), "image_size": (np.float32, 2),
    "up": (np.float32, 2), "up_spread": (np.float32, 1), "world_points": (np.float32, 3), "to_world": (np.float32, 3),
    "floor": (np.float32, 1), "contact": (np.bool_, 2), "focal": (np.float32, 1), "uncertainty": (np.float32, 2),
    "depth_uncertainty": (np.float32, 2), "alternatives": (np.float32, 4),
}  # fmt: skip
PLAIN = {
    "format": (np.str_, 0), "version": (np.int64, 0), "axes": (np.str_, 0), "units": (np.str_, 0),
    "video": (np.bool_, 0), "fps": (np.float64, 0), "scale": (np.str_, 0), "model": (np.str_, 0),
    "source": (np.str_, 0), "notes": (np.str_, 1), "people": (np.str_, 1), "frames": (np.str_, 1),
    "joint_names": (np.str_, 1), "parents": (np.int64, 1), "left": (np.int64, 1), "right": (np.int64, 1),
    "head": (np.int64, 0),
}  # fmt: skip
ENTRIES = PLAIN | ARRAYS
COMPRESSION = 1  # of 9; NumPy's 6 takes 1.5 times as long, and makes a long clip's file 1 % smaller


def write_npz(result: Result, path: Path, *, trust: float | None = None) -> list[str]:
    """Write a .npz without pickles; nothing is left out or changed, but joints above `trust` metres are counted."""
    notes = _notes(result, trust)
    with path.open("wb") as file, ZipFile(file, "w", ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
        for name, array in _entries(result).items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)
    return notes


def write_json(result: Result, path: Path, *, trust: float | None = None) -> list[str]:
    """Write strict JSON, one entry a line; a number has no more digits than its float32 needs. Else as `write_npz`."""
    notes = _notes(result, trust)
    with path.open("w", encoding="ascii", newline="\n") as file:
        for i, (key, value) in enumerate(_entries(result).items()):
            file.write((",\n" if i else "{\n") + f'"{key}": ')
            file.writelines(_json(value))
        file.write("\n}\n")
    return notes


def load_npz(path: Path) -> Result:
    """Read what `write_npz` wrote; raises DatasetError and FileNotFoundError naming the file."""
    return _result(read_arrays(path), str(path))


def load_json(path: Path) -> Result:
    """Read what `write_json` wrote; raises DatasetError and FileNotFoundError naming the file."""
    try:
        text = bounded_file.content(path, LARGEST, "poses in JSON").decode("utf-8-sig")
        entries = json_file.parse_json(text, strict=True)
    except DatasetError:
        raise
    except ValueError as error:
        raise DatasetError(f"{path}: found no JSON: {error}") from error
    if not isinstance(entries, dict):
        raise DatasetError(f"{path}: found JSON without names, expected poses written by geolift")
    arrays = {}
    for key, value in entries.items():
        kind = ENTRIES.get(key, (None, 0))[0]
        try:
            if kind in (np.float32, np.float64):
                with np.errstate(over="ignore"):  # beyond float32 is infinite, which `check_result` refuses
                    arrays[key] = np.array(value, np.float64).astype(kind)  # null becomes NaN
            else:
                _expect_small(value)
                arrays[key] = np.array(value, kind if value == [] else None)
        except (ValueError, TypeError, OverflowError) as error:
            raise DatasetError(f"{path}: {key}: {error}") from error
    return _result(arrays, str(path))


def _notes(result: Result, trust: float | None) -> list[str]:
    if trust is None:
        return []
    return [trust_note(untrusted(result, trust), result, trust, "all are written, with their uncertainty")]


def _entries(result: Result) -> dict[str, np.ndarray]:
    values = {"format": FORMAT, "version": VERSION, "axes": AXES} | result._asdict()
    names, *rest = values.pop("skeleton")
    values |= {"joint_names": names} | dict(zip(Skeleton._fields[1:], rest, strict=True))
    return {key: np.array(values[key], kind) for key, (kind, _) in ENTRIES.items() if values[key] is not None}


def _json(value: np.ndarray) -> Iterator[str]:
    """An entry as JSON, a piece of its rows at a time."""
    if not value.ndim or not value.size:
        yield json.dumps(value.tolist(), allow_nan=False)
        return
    for first in range(0, len(value), ROWS):
        yield f"{', ' if first else '['}{_listed(value[first : first + ROWS])}"
    yield "]"


def _listed(rows: np.ndarray) -> str:
    """Rows as JSON, with null for NaN; a number of float32 has the digits that it needs."""
    if rows.dtype != np.float32:
        return json.dumps(rows.tolist(), allow_nan=False)[1:-1]
    inner = rows.ndim - 1
    ends = np.arange(1, rows[0].size + 1)[:, None] % np.cumprod(rows.shape[:0:-1], dtype=int) == 0
    between = np.stack([words_of(f"{']' * n}, {'[' * n}", SEPARATOR) for n in range(inner + 1)])[ends.sum(axis=1)]
    numbers = number_words(rows.reshape(len(rows), -1), "null")
    separators = np.broadcast_to(between, (*numbers.shape[:2], SEPARATOR))
    text = text_of(np.concatenate([numbers, separators], axis=-1))
    return "[" * inner + text[: -inner - len(", ")]


def _expect_small(value: object) -> None:
    """Raise ValueError for a list of texts of which one is so long that an array, as wide as that, is far larger."""
    lengths = [len(text) for text in value if isinstance(text, str)] if isinstance(value, list) else []
    if len(lengths) * max(lengths, default=0) > MOST_LETTERS:
        raise ValueError(f"found a text of {max(lengths)} letters among {len(lengths)}, expected shorter ones")


def _result(arrays: dict[str, np.ndarray], origin: str) -> Result:
    if missing := sorted(set(ENTRIES) - set(arrays) - set(OPTIONAL)):
        raise DatasetError(f"{origin}: no poses written by geolift: {missing} missing, found {sorted(arrays)}")
    if extra := sorted(set(arrays) - set(ENTRIES)):
        raise DatasetError(f"{origin}: found {extra}, expected only {sorted(ENTRIES)}")
    for key, array in arrays.items():
        kind, axes = np.dtype(ENTRIES[key][0]), ENTRIES[key][1]
        if array.dtype.kind != kind.kind or array.ndim != axes:
            raise DatasetError(
                f"{origin}: {key}: found {array.dtype} {list(array.shape)}, expected {kind.name} with {axes} axes"
            )
    plain = {key: arrays[key].tolist() for key in PLAIN}
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()}
    for key, known in {"format": FORMAT, "version": VERSION, "axes": AXES}.items():
        if plain.pop(key) != known:
            raise DatasetError(f"{origin}: {key}: found {arrays[key].item()!r}, expected {known!r}")
    skeleton = Skeleton(plain.pop("joint_names"), *(plain.pop(key) for key in Skeleton._fields[1:]))
    fields = {key: arrays.get(key) for key in ARRAYS}
    return check_result(Result(skeleton=skeleton, **fields, **plain), origin)
