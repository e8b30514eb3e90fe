"""JSON that somebody else wrote: parsed, or refused with one line; an entry given twice is refused, too."""

import json
from typing import Any


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
