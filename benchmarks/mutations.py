"""Damaged copies of good files, and how readers handle them: read, refused with one clear error, or failed.

Files are damaged as bytes and, where their structure is known (JSON, tables, .npz, HDF5), by their content. Reading
happens in a separate process with limits on time and memory (`guarded`). Mutation i of a seed is always the same.
"""

import contextlib
import copy
import functools
import io
import json
import shutil
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import guarded
from geolift.convert.registry import CONVERTERS
from geolift.errors import DatasetError
from geolift.lifting.inspection import inspect_file
from geolift.lifting.inspection_text import describe_inspection
from geolift.output.npz_json import FORMAT as POSES

Rng = np.random.Generator
FAILURES = {"raised": "failed", "slow": "slow", "died": "died"}  # names of `guarded` and of `Outcome`
TOKENS = (
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"-1",
    b"9" * 40,
    b"null",
    b'""',
    b"[]",
    b"{}",
    b"\xff\xfe",
    b"\0",
    b",",
    b'"',
)
VALUES = (
    None, True, False, -1, 0, 3, 10**18, 10**400, 1e308, float("nan"), float("inf"), "", "x", "12", "../x", "1" * 5000,
    [], {}, [[]], [None], [[1, 2], [3]], {"x": 1}, [0] * 51, ["nose"] * 17,
)  # fmt: skip


class Case(NamedTuple):
    """A good file or folder, and the readers that accept it: "auto", "as FORMAT" or "convert KIND"."""

    path: Path
    readers: tuple[str, ...]


class Outcome(NamedTuple):
    """The result of mutation `number`: "read", "refused", or a failure with its message."""

    number: int
    case: str
    reader: str
    result: str
    message: str = ""


def find_cases(corpus: Path) -> list[Case]:
    """The good files and folders in `corpus`, by name.

    Raises:
        DatasetError: if no reader accepts one of them, with the first reader's message.
    """
    return [Case(path, _readers(path)) for path in sorted(corpus.iterdir())]


def run(cases: Sequence[Case], numbers: Sequence[int], seed: int, folder: Path) -> Iterator[Outcome]:
    """Make the mutations in `folder` and read them; those on which a reader fails are kept there, by their number."""
    calls = [functools.partial(_mutate_and_read, cases, number, seed, folder) for number in numbers]
    for number, outcome in zip(numbers, guarded.run(calls), strict=True):
        case, reader, _ = _draw(cases, number, seed)
        yield Outcome(number, case.path.name, reader, FAILURES.get(outcome.failure) or outcome.value, outcome.message)


def read(path: Path, reader: str) -> str:
    """Read and describe by a reader: "read", or "refused" with one line that begins with the path; else raise.

    Of a folder, a file that is missing may also be refused with a FileNotFoundError.
    """
    try:
        if reader.startswith("convert "):
            CONVERTERS[reader.removeprefix("convert ")].convert(path)
        else:
            describe_inspection(inspect_file(path, format=None if reader == "auto" else reader.removeprefix("as ")))
    except (DatasetError, FileNotFoundError) as error:
        if "\n" in str(error) or not str(error).startswith(str(path)):
            raise AssertionError(f"the error is not one line that begins with the path: {error}") from error
        return "refused"
    return "read"


def mutate(good: Path, bad: Path, rng: Rng) -> None:
    """Write a damaged copy of a file or folder to `bad`."""
    if good.is_dir():
        shutil.copytree(good, bad)
        files = sorted(path for path in bad.rglob("*") if path.is_file())
        chosen = files[rng.integers(len(files))]
        how = rng.integers(8)
        if how == 0:
            chosen.unlink()
        elif how == 1:
            chosen.rename(chosen.with_name(str(rng.choice(["x.json", "99999999999999999999.json", "notes.txt"]))))
        else:
            chosen.write_bytes(_damaged(chosen, rng))
    else:
        bad.write_bytes(_damaged(good, rng))


def _mutate_and_read(cases: Sequence[Case], number: int, seed: int, folder: Path) -> str:
    """Make a mutation and read it; it is kept only where reading fails."""
    case, reader, rng = _draw(cases, number, seed)
    bad = folder / f"{number}{case.path.suffix}"
    mutate(case.path, bad, rng)
    result = read(bad, reader)
    shutil.rmtree(bad) if bad.is_dir() else bad.unlink()
    return result


def _draw(cases: Sequence[Case], number: int, seed: int) -> tuple[Case, str, Rng]:
    rng = np.random.default_rng([seed, number])
    case = cases[number % len(cases)]
    return case, case.readers[rng.integers(len(case.readers))], rng


def _readers(path: Path) -> tuple[str, ...]:
    readers, message = [], ""
    try:
        found = inspect_file(path).format
        readers = ["auto"] if found == POSES else ["auto", f"as {found}"]
    except DatasetError as error:
        message = str(error)
    for kind, converter in CONVERTERS.items():
        with contextlib.suppress(DatasetError, FileNotFoundError):
            converter.convert(path)
            readers.append(f"convert {kind}")
    if not readers:
        raise DatasetError(f"{path}: no reader takes this undamaged file: {message}")
    return tuple(readers)


def _damaged(path: Path, rng: Rng) -> bytes:
    data = path.read_bytes()
    if path.suffix in STRUCTURES and rng.random() < 0.8:
        return STRUCTURES[path.suffix](data, rng)
    for _ in range(1 + rng.integers(3)):
        data = BYTES[rng.integers(len(BYTES))](data, rng)
    return data


def _span(data: bytes, rng: Rng) -> tuple[int, int]:
    start = int(rng.integers(len(data) + 1))
    return start, min(len(data), start + int(2 ** rng.uniform(0, 12)))


def _flip(data: bytes, rng: Rng) -> bytes:
    array = np.frombuffer(data, np.uint8).copy()
    if len(array):
        array[rng.integers(len(array), size=1 + rng.integers(8))] ^= np.uint8(1 << rng.integers(8))
    return array.tobytes()


def _truncate(data: bytes, rng: Rng) -> bytes:
    return data[: rng.integers(len(data) + 1)]


def _splice(data: bytes, rng: Rng) -> bytes:
    (a, b), (c, d) = _span(data, rng), _span(data, rng)
    return data[:a] + data[c:d] + data[b:]


def _repeat(data: bytes, rng: Rng) -> bytes:
    a, b = _span(data, rng)
    return data[:b] + data[a:b] * int(rng.integers(1, 50)) + data[b:]


def _zero(data: bytes, rng: Rng) -> bytes:
    a, b = _span(data, rng)
    return data[:a] + bytes(b - a) + data[b:]


def _token(data: bytes, rng: Rng) -> bytes:
    a = int(rng.integers(len(data) + 1))
    return data[:a] + TOKENS[rng.integers(len(TOKENS))] + data[a + int(rng.integers(6)) :]


BYTES: tuple[Callable[[bytes, Rng], bytes], ...] = (_flip, _truncate, _splice, _repeat, _zero, _token)


def _json(data: bytes, rng: Rng) -> bytes:
    """One to three changes anywhere in the tree; sometimes deeply nested lists."""
    if rng.random() < 0.03:
        depth = int(rng.integers(500, 100_000))
        return b'{"people": ' + b"[" * depth + b"]" * depth + b"}"
    lines = data.split(b"\n")
    if len(lines) > 2 and all(line.startswith(b"{") and line.endswith(b"}") for line in lines if line):  # JSON lines
        at = int(rng.integers(len(lines) - 1))
        return b"\n".join([*lines[:at], _json(lines[at], rng), *lines[at + 1 :]])
    tree = json.loads(data)
    for _ in range(1 + rng.integers(3)):
        tree = _change(tree, rng)
    return json.dumps(tree).encode()


def _change(tree: Any, rng: Rng) -> Any:
    """`tree` with one node changed, found by walking down from the root."""
    if not isinstance(tree, dict | list) or not tree or rng.random() < 0.15:
        return _other(tree, rng)
    keys = list(tree) if isinstance(tree, dict) else range(len(tree))
    key = keys[rng.integers(len(keys))]
    how = rng.random()
    if how < 0.08:
        del tree[key]
    elif how < 0.14 and isinstance(tree, list):
        tree.insert(key, copy.deepcopy(tree[rng.integers(len(tree))]))
    elif how < 0.14:
        tree[str(_other(key, rng))] = tree.pop(key)
    elif how < 0.2:
        tree[key] = [tree[key]]
    elif how < 0.24:
        return tree[key]
    else:
        tree[key] = _change(tree[key], rng)
    return tree


def _other(value: Any, rng: Rng) -> Any:
    """A similar value, or any other."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and rng.random() < 0.7:
        return (-value, value * 1000, value / 1000, value + 1, float(value), str(value), 0)[rng.integers(7)]
    if isinstance(value, str) and rng.random() < 0.7:
        return (value + "1", value[:-1], value[::-1], "1" + value, value.upper())[rng.integers(5)]
    return copy.deepcopy(VALUES[rng.integers(len(VALUES))])


def _table(data: bytes, rng: Rng, separator: str = ",") -> bytes:
    """Changed cells; rows and columns that are missing, doubled or moved."""
    rows = [line.split(separator) for line in data.decode().splitlines()]
    for _ in range(1 + rng.integers(3)):
        row, how = int(rng.integers(len(rows)) if rng.random() < 0.5 else rng.integers(min(5, len(rows)))), rng.random()
        column = int(rng.integers(max(1, len(rows[row]))))
        if how < 0.5 and rows[row]:
            cell = rows[row][column]
            with contextlib.suppress(ValueError):
                cell = float(cell)
            rows[row][column] = str(_other(cell, rng))
        elif how < 0.6 and len(rows) > 1:
            del rows[row]
        elif how < 0.7:
            rows.insert(row, list(rows[rng.integers(len(rows))]))
        elif how < 0.8:
            rows = [cells[:column] + cells[column + 1 :] for cells in rows]
        elif how < 0.9:
            rows = [cells[: column + 1] + cells[column:] for cells in rows]
        else:
            rows[row] = rows[row][:column]
    return "\n".join(separator.join(cells) for cells in rows).encode()


def _npz(data: bytes, rng: Rng) -> bytes:
    """One array changed, removed or renamed; arrays of pickled objects are damaged as bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        members = {name: file.read(name) for name in file.namelist()}
    name = list(members)[rng.integers(len(members))]
    content, how = members.pop(name), rng.random()
    if how < 0.7:
        try:
            with warnings.catch_warnings(action="ignore"):
                changed = io.BytesIO()
                np.save(changed, _array(np.load(io.BytesIO(content), allow_pickle=False), rng), allow_pickle=False)
            content = changed.getvalue()
        except ValueError:  # pickled objects
            content = BYTES[rng.integers(len(BYTES))](content, rng)
    elif how < 0.85:
        content = BYTES[rng.integers(len(BYTES))](content, rng)
    if how < 0.9:
        members[name] = content
    elif how < 0.95:
        members["x" + name] = content
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def _array(array: np.ndarray, rng: Rng) -> np.ndarray:
    """An array with another shape, type or value."""
    how = rng.integers(7)
    if how == 0:
        return array.astype(rng.choice(["U8", "f8", "i2", "?", "c8"]) if array.dtype.kind in "fiub" else "S4")
    if how == 1 and array.size and array.dtype.kind in "fiu":
        array = array.copy()
        values = (-1, 0, 3, 1e30, np.nan, np.inf) if array.dtype.kind == "f" else (0, 1, 100)
        array.flat[rng.integers(array.size)] = values[rng.integers(len(values))]
        return array
    if how == 2:
        return array[None]
    if how == 3 and array.ndim:
        return array[: len(array) // 2]
    if how == 4 and array.ndim:
        return np.concatenate([array, array])
    if how == 5 and array.ndim:
        return array.swapaxes(0, -1)
    return array.ravel()


def _hdf5(data: bytes, rng: Rng) -> bytes:
    """One data set changed or removed."""
    import h5py

    memory = io.BytesIO(data)
    with warnings.catch_warnings(action="ignore"), h5py.File(memory, "r+") as file:
        names = []
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        name = names[rng.integers(len(names))]
        array = file[name][()] if rng.random() < 0.8 else None
        del file[name]
        if isinstance(array, np.ndarray) and array.dtype.kind in "fiu":
            changed = _array(array, rng)
            file[name] = changed.astype("S8") if changed.dtype.kind == "U" else changed
        elif array is not None:
            file[name] = 3
    return memory.getvalue()


WORDS = functools.partial(_table, separator=" ")
STRUCTURES = {
    ".json": _json, ".csv": _table, ".bvh": WORDS, ".asf": WORDS, ".amc": WORDS, ".npz": _npz, ".h5": _hdf5,
}  # fmt: skip
