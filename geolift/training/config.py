"""Configs: values laid over the defaults of the schema (`geolift.training.schema`), and wrong ones refused by name."""

import difflib
import functools
from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict as Config

from geolift.errors import ConfigError
from geolift.training.schema import ENTRIES, Entry

RENAMED = {  # in configs of older runs
    "detector.noise": "augmentation.noise", "detector.hidden": "augmentation.hidden", "mirror": "mirror_equivariant",
    "lifter.flat": "lifter.flat_start", "view.learned": "view.tilt", "view.learned_pitch": "view.tilt",
}  # fmt: skip
RENAMED_VALUES = {"view.tilt": {"": "fixed", "pose": "elepose"}}  # of entries by an older name
OPPOSITE = {"loss.unsquared": "loss.squared"}  # likewise, with the opposite value
GUESSES = {"lr": "optimizer.lifter", "learning_rate": "optimizer.lifter"}  # names that other projects use


def load(values: Mapping[str, Any] | Config | None = None) -> Config:
    """A whole config: `values` laid over the defaults, every entry checked by itself.

    Args:
        values: by entry, nested (`{"lifter": {"width": 256}}`) or with dotted names (`{"lifter.width": 256}`). None:
            the defaults, which are the paper's.

    Returns:
        A config with every entry. What is changed in it later is checked when training starts.

    Raises:
        ConfigError: naming the entry: if there is no such entry (with the nearest real name), its value is of another
            kind, out of range or not among the choices, or it is given twice.

    Example:
        >>> config = load({"lifter": {"width": 256}, "loss.weights.likelihood": 0.05})
        >>> config.lifter.width, config.lifter.blocks, config.flow.components
        (256, 4, 26)
    """
    found = {} if values is None else flatten(values)
    checked = {name: _entry(name).checked(value) for name, value in found.items() if not _is_empty_block(name, value)}
    tree = {}
    for name, entry in ENTRIES.items():
        *blocks, last = name.split(".")
        block = functools.reduce(lambda block, name: block.setdefault(name, {}), blocks, tree)
        block[last] = checked.get(name, entry.default)
    return Config(tree, type_safe=False)


def load_older(values: Mapping[str, Any]) -> Config:
    """As `load`, for the `config.json` of a run that an earlier version may have written.

    Entries that were renamed keep their value; entries that did not exist yet get their default, which leaves training
    as it was.

    Raises:
        ConfigError: as `load`.

    Example:
        >>> load_older({"mirror": True, "loss": {"unsquared": True}}).loss.squared
        False
    """
    found = {}
    for name, value in flatten(values).items():
        if name in OPPOSITE and type(value) is not bool:
            raise ConfigError(f"{name}: found {value!r}, expected True or False")
        new, value = (OPPOSITE[name], not value) if name in OPPOSITE else (RENAMED.get(name, name), value)
        if name in RENAMED and isinstance(value, str):
            value = RENAMED_VALUES.get(new, {}).get(value, value)
        if new in found:
            raise ConfigError(f"{name}: found with {new}, its new name, expected one of the two")
        found[new] = value
    return load(found)


def flatten(values: Mapping[str, Any] | Config) -> dict[str, Any]:
    """The entries of nested mappings by their dotted names, in order.

    Raises:
        ConfigError: if `values` is no mapping, a name is no text, or an entry is given twice.

    Example:
        >>> flatten({"view": {"pitch": 0.1}, "steps": 5})
        {'view.pitch': 0.1, 'steps': 5}
    """
    if not isinstance(values, Mapping | Config):
        raise ConfigError(f"config: found {type(values).__name__}, expected a ConfigDict or a dict of entries")
    flat = {}
    for name, value in values.items():
        if not isinstance(name, str):
            raise ConfigError(f"config: found the name {name!r}, expected text")
        nested = isinstance(value, Mapping | Config) and len(value)
        new = {f"{name}.{key}": v for key, v in flatten(value).items()} if nested else {name: value}
        for twice in flat.keys() & new.keys():
            raise ConfigError(f"{twice}: found twice, nested and with a dotted name, expected once")
        flat |= new
    return flat


def unknown(name: str) -> str:
    """The fault of a name that no entry has, with the nearest real name.

    Example:
        >>> unknown("lifter.widht")
        'found no such entry, expected one of docs/config.md; did you mean lifter.width?'
        >>> unknown("lifter")
        'found no such entry, expected lifter.width, lifter.blocks, lifter.norm, lifter.flat_start'
    """
    block = [entry for entry in ENTRIES if entry.startswith(f"{name}.")]
    if block:
        return f"found no such entry, expected {', '.join(block)}"
    near = f"{OPPOSITE[name]}, with the opposite value" if name in OPPOSITE else _nearest(name)
    return f"found no such entry, expected one of docs/config.md; did you mean {near}?"


def _nearest(name: str) -> str:
    """By the whole name, else by its last part, else the most similar name of all."""
    if name in RENAMED or name in GUESSES:
        return RENAMED.get(name) or GUESSES[name]
    by_last = {entry.rpartition(".")[2]: entry for entry in reversed(ENTRIES)}
    near = difflib.get_close_matches(name, ENTRIES, n=1)
    near = near or [by_last[last] for last in difflib.get_close_matches(name.rpartition(".")[2], by_last, n=1)]
    return (near or difflib.get_close_matches(name, ENTRIES, n=1, cutoff=0.0))[0]


def _is_empty_block(name: str, value: Any) -> bool:
    return isinstance(value, Mapping | Config) and any(entry.startswith(f"{name}.") for entry in ENTRIES)


def _entry(name: str) -> Entry:
    if name not in ENTRIES:
        raise ConfigError(f"{name}: {unknown(name)}")
    return ENTRIES[name]
