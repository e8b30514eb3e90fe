"""JSON from untrusted files, strictly parsed, and geolift's own small JSON files, written atomically."""

import json
from pathlib import Path
from typing import Any

from geolift.errors import ConfigError, DatasetError, one_line
from geolift.safe_io import bounded_file
from geolift.safe_io.atomic import replace_file

LARGEST = 16 << 20  # bytes of a JSON file that geolift wrote


def parse_json(text: str, *, strict: bool = False) -> Any:
    """Parse JSON text; an object that has the same entry twice is refused.

    Args:
        text: the whole of it.
        strict: refuse NaN and Infinity, which are not JSON but common in such files.

    Returns:
        dicts, lists, text, numbers, True, False, None.

    Raises:
        ValueError: with what is wrong and where: not JSON, nested too deeply, too large for the memory, a number of
            thousands of digits, an object with two entries of the same name.

    Example:
        >>> parse_json('{"fps": 30}')
        {'fps': 30}
    """
    try:
        return (STRICT if strict else USUAL).decode(text)
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


def _not_a_number(constant: str) -> None:
    raise ValueError(f"{constant} is not a number in JSON")


USUAL = json.JSONDecoder(object_pairs_hook=_once)
STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_not_a_number)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file of a run, of at most 16 MiB.

    Args:
        path: the file.

    Returns:
        The object that the file holds.

    Raises:
        FileNotFoundError: if there is no such file.
        ConfigError: if it cannot be read, or does not hold a JSON object.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_json(Path(folder, "config.json"), {"seed": 1})
        ...     read_json(Path(folder, "config.json"))
        {'seed': 1}
    """
    try:
        if not bounded_file.exists(path):
            raise FileNotFoundError(f"{path}: no such file; has this folder been trained in?")
        content = parse_json(bounded_file.content(path, LARGEST, "a small JSON file").decode())
    except DatasetError as error:
        raise ConfigError(str(error)) from error
    except ValueError as error:
        raise ConfigError(f"{path}: not readable as JSON ({one_line(str(error)[:200])})") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: found {type(content).__name__}, expected a JSON object")
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all.

    Args:
        path: the file to write or replace.
        content: what `json.dumps` accepts.

    Raises:
        OSError: if the disk does not accept it; the file is as it was then.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_json(Path(folder, "saved.json"), {"step": 50})
        ...     Path(folder, "saved.json").read_text()
        '{\\n  "step": 50\\n}\\n'
    """
    replace_file(path, (json.dumps(content, indent=2) + "\n").encode())
