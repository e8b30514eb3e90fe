"""Values from a parsed JSON file, each checked to be of the expected type; errors name the place.

`where` is the beginning of such an error: the file and the place in it, e.g. "poses.json: people[3]".
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.safe_io import bounded_file, json_file

LARGEST_WHOLE = 10**15  # of a frame, an image or a track
LARGEST = 1e100  # of any number; programs write junk below it in place of pixels that are missing


def load(path: Path, *, largest: int) -> Any:
    """Parse a JSON file of at most `largest` bytes.

    Raises:
        DatasetError: if it is larger, not readable, or not JSON.
        FileNotFoundError: if there is no such file.
    """
    try:
        return json_file.parse_json(bounded_file.content(path, largest).decode("utf-8-sig"))
    except DatasetError:
        raise
    except ValueError as error:  # not JSON, not UTF-8
        raise DatasetError(f"{path}: not readable as JSON: {error}") from error


def describe(value: Any) -> str:
    """What a value is, in a few words on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:40] + "...")
    if isinstance(value, int):
        return str(value) if abs(value) < LARGEST_WHOLE else "a huge number"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        keys = ", ".join(describe(key) for key in list(value)[:5])
        return f"an object with {keys or 'nothing'}{', ...' if len(value) > 5 else ''}"
    return str(value)


def mapping(value: Any, where: str) -> dict[str, Any]:
    """An object."""
    return _expect(value, dict, "an object", where)


def listing(value: Any, where: str) -> list[Any]:
    """A list."""
    return _expect(value, list, "a list", where)


def text(value: Any, where: str) -> str:
    """Text."""
    return _expect(value, str, "text", where)


def member(value: Any, key: str, where: str) -> Any:
    """The value of a key of an object."""
    if not isinstance(value, dict) or key not in value:
        raise DatasetError(f"{where}: found {describe(value)}, expected an object with {key!r}")
    return value[key]


def whole(value: Any, where: str, *, least: int = -LARGEST_WHOLE) -> int:
    """A whole number, at least `least`, also one written as 3.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= LARGEST_WHOLE:
        expected = "a whole number" if least < 0 else f"a whole number from {least} on"
        raise DatasetError(f"{where}: found {describe(value)}, expected {expected}")
    return value


def number(value: Any, where: str) -> float:
    """A finite number."""
    found = optional_number(value)
    if np.isnan(found):
        numbers([value], where)  # raises for what is no number at all
        raise DatasetError(f"{where}: found {describe(value)}, expected a finite number")
    return found


def numbers(value: Any, where: str) -> np.ndarray:
    """A list of n numbers, `[n]` float64; null and infinity are NaN."""
    listing(value, where)
    kinds = set(map(type, value)) - {int, float, type(None)}
    if kinds:
        wrong = next(i for i, item in enumerate(value) if type(item) in kinds)
        raise DatasetError(f"{where}: found {describe(value[wrong])} at [{wrong}], expected a number")
    try:
        found = np.array(value, np.float64)
    except OverflowError:
        found = np.array([LARGEST * 10])
    if not (np.abs(found) <= LARGEST).all():
        found[~np.isfinite(found)] = np.nan
        if (np.abs(found) > LARGEST).any():
            raise DatasetError(f"{where}: found a huge number, expected pixels")
    return found


def optional_number(value: Any) -> float:
    """A finite number; NaN for anything else, such as a score that is absent."""
    plain = type(value) in (int, float) and abs(value) <= LARGEST
    return float(value) if plain else float("nan")


def rows(value: Any, where: str) -> np.ndarray:
    """A list of n lists of m numbers, `[n, m]` float64; null and infinity are NaN. An empty list: `[0, 0]`."""
    listing(value, where)
    if not value:
        return np.zeros((0, 0))
    widths = {len(row) if isinstance(row, list) else -1 for row in value}
    if -1 in widths or len(widths) > 1:
        wrong = next(row for row in value if not isinstance(row, list) or len(row) != len(value[0]))
        raise DatasetError(f"{where}: found {describe(wrong)}, expected lists of as many numbers each")
    return numbers([item for row in value for item in row], where).reshape(len(value), widths.pop())


def triples(value: Any, where: str, names: Sequence[str] = ("x", "y", "v")) -> np.ndarray:
    """K joints, `[K, 3]` float64 x, y and a flag or score: x, y, v, x, ... in one list, or a list or object for each.

    An object has the keys `names`.
    """
    listing(value, where)
    if value and isinstance(value[0], dict):
        joints = [[member(joint, name, f"{where}: [{i}]") for name in names] for i, joint in enumerate(value)]
        return rows(joints, where)
    if value and isinstance(value[0], list):
        found = rows(value, where)
        if found.shape[1] != 3:
            raise DatasetError(f"{where}: found lists of {found.shape[1]} numbers, expected x, y, flag")
        return found
    flat = numbers(value, where)
    if not len(flat) or len(flat) % 3:
        raise DatasetError(f"{where}: found {len(flat)} numbers, expected x, y, flag for each joint")
    return flat.reshape(-1, 3)


def alike(ids: Sequence[int | str | None]) -> list[Any]:
    """Track ids as numbers, or all as text if some are; None where a detection has none."""
    if len({type(track) for track in ids if track is not None}) < 2:
        return list(ids)
    return [None if track is None else str(track) for track in ids]


def _expect(value: Any, kind: type, words: str, where: str) -> Any:
    if not isinstance(value, kind):
        raise DatasetError(f"{where}: found {describe(value)}, expected {words}")
    return value
