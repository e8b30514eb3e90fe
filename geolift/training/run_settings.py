"""The settings that a run was started with, compared with the current ones, so that no other run resumes there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geolift.errors import ConfigError
from geolift.safe_io.json_file import read_json
from geolift.training.config import flatten


def expect(
    path: Path,
    content: dict[str, Any],
    *,
    free: tuple[str, ...] = (),
    read: Callable[[Path], dict[str, Any]] = read_json,
) -> None:
    """Refuse to resume a run with other settings than those in `path`, if the file exists.

    An entry that only one of the two has is ignored if it is off (0, empty, false).

    Args:
        path: a JSON file.
        content: the current settings, nested dicts of JSON values.
        free: entries whose dotted name starts with one of these may change from one start to the next.
        read: reads the file, which an earlier version may have written.

    Raises:
        ConfigError: listing the entries that differ.
    """
    if path.exists():
        changed = [row for row in differences(read(path), content) if not (free and row.startswith(free))]
        if changed:
            raise ConfigError(f"{path}: started with other settings, use another workdir: {'; '.join(changed)}")


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The entries that differ between two trees of settings, a line each, "lifter.width: started with 256, now 512"."""
    before, now = flatten(before), flatten(json.loads(json.dumps(now)))
    rows = []
    for key in sorted(before | now):
        both = key in before and key in now
        if before[key] != now[key] if both else before.get(key) or now.get(key):
            old, new = (repr(tree[key]) if key in tree else "nothing" for tree in (before, now))
            rows.append(f"{key}: started with {old}, now {new}")
    return rows
