"""What a working directory remembers of its run, in JSON, so that another run is not continued in it by mistake."""

import json
from pathlib import Path
from typing import Any


class ConfigError(ValueError):
    """A config or a working directory that cannot be used; the message names the entry or file."""


def read(path: Path) -> dict[str, Any]:
    """The content of a JSON file of a run.

    Raises:
        FileNotFoundError: if there is no such file.
        ConfigError: if it cannot be read.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; has this folder been trained in?")
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise ConfigError(f"{path}: not readable as JSON ({error})") from error


def remember(path: Path, content: dict[str, Any], *, free: tuple[str, ...] = ()) -> None:
    """Write `content` to `path`, unless a different run began there: refuse to go on with other settings.

    Args:
        path: a JSON file.
        content: what JSON can hold, in nested dicts.
        free: entries whose dotted name begins with one of these may change from one start to the next.

    Raises:
        ConfigError: listing the entries that differ.
    """
    content = json.loads(json.dumps(content))
    if path.exists():
        before, now = _dotted(read(path)), _dotted(content)
        changed = [k for k in sorted(before | now) if before.get(k) != now.get(k) and not (free and k.startswith(free))]
        if changed:
            rows = [f"  {key}: begun with {before.get(key)!r}, now {now.get(key)!r}" for key in changed]
            raise ConfigError("\n".join([f"{path} was begun with other settings; use another workdir:", *rows]))
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(content, indent=2) + "\n")
    partial.replace(path)


def _dotted(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat = {}
    for key, value in tree.items():
        flat |= _dotted(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat
