"""JSON that somebody else wrote: parsed, or refused with one line; an entry given twice is refused, too."""

import json
from pathlib import Path
from typing import Any

from geolift.errors import ConfigError, DatasetError, one_line
from geolift.safe_io import bounded_file
from geolift.safe_io.atomic import replace


def parse(text: str, *, strict: bool = False) -> Any:
    """What JSON text says.

    Args:
        text: the whole of it.
        strict: whether NaN and Infinity, which are no JSON but common in it, are refused.

    Raises:
        ValueError: saying what is wrong and where: no JSON, nested too deeply, too large for the memory, a number of
            thousands of digits, an object with two entries of the same name.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number if strict else None)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError("nested too deeply or too large") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in entries if names.count(name) > 1)
        raise ValueError(f"found the entry {twice[:40]!r} twice in an object, expected names that differ")
    return entries


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


LARGEST = 16 << 20  # bytes of a JSON file of ours


def read(path: Path) -> dict[str, Any]:
    """The content of a JSON file of a run.

    Raises:
        FileNotFoundError: if there is no such file.
        ConfigError: if it cannot be read, or holds no JSON object.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; has this folder been trained in?")
    try:
        content = parse(bounded_file.content(path, LARGEST, "a small JSON file").decode())
    except DatasetError as error:
        raise ConfigError(str(error)) from error
    except ValueError as error:
        raise ConfigError(f"{path}: not readable as JSON ({one_line(str(error)[:200])})") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: found {type(content).__name__}, expected a JSON object")
    return content


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    replace(path, (json.dumps(content, indent=2) + "\n").encode())
