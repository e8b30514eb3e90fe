"""Flags of a training config: `--config=FILE` for the recipe, and a flag for every entry, `--config.lifter.width=256`.

Flags come from the schema (`geolift.training.config`), so `--helpfull` explains every entry.
"""

import difflib
import importlib.util
from pathlib import Path
from typing import Any

from absl import flags
from ml_collections import ConfigDict

from geolift.errors import ConfigError, one_line
from geolift.training.config import SCHEMA, Entry, load

FOLDER = Path(__file__).parents[1] / "configs"


class ConfigFlags:
    """The flags of a program's config; `value` is the config once flags are parsed."""

    def __init__(self, default: str, about: str) -> None:
        flags.DEFINE_string("config", default, f"{about} FILE.py, or FILE.py:ARGUMENT for one that takes an argument.")
        for entry in SCHEMA:
            name, what = _flag(entry), f"{entry.about} ({entry.expected})"
            if type(entry.default) is bool:
                flags.DEFINE_bool(name, None, what)
            else:
                flags.DEFINE(_Parser(entry), name, None, what)

    @property
    def file(self) -> str:
        """The recipe's file as given."""
        return flags.FLAGS.config

    @property
    def value(self) -> ConfigDict:
        """The recipe with the entries that flags change.

        Raises:
            ConfigError: if the file is missing or cannot be run, or has a wrong entry.
        """
        config = load(recipe(self.file))
        given = {entry.name: flags.FLAGS[_flag(entry)] for entry in SCHEMA}
        config.update_from_flattened_dict({name: flag.value for name, flag in given.items() if flag.present})
        return config


def recipe(file: str) -> Any:
    """What `get_config` of a recipe's file returns; `FILE.py:ARGUMENT` gives it an argument.

    Raises:
        ConfigError: if there is no such file (with the nearest one of configs/), or it cannot be run.
    """
    name, _, argument = file.partition(":")
    path = Path(name)
    if not path.is_file():
        known = [f"configs/{found.relative_to(FOLDER)}" for found in sorted(FOLDER.rglob("[!_]*.py"))]
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
        raise ConfigError(f"--config: found no file {name!r}, expected a recipe; did you mean {near}?")
    if path.suffix != ".py":
        raise ConfigError(f"--config: found {name!r}, expected a recipe, FILE.py")
    try:
        spec = importlib.util.spec_from_file_location(f"recipe_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.get_config(argument) if argument else module.get_config()
    except Exception as error:  # the file is a program: anything can go wrong in it
        raise ConfigError(f"--config: {file}: cannot be run: {type(error).__name__}: {one_line(str(error))}") from error


def _flag(entry: Entry) -> str:
    return f"config.{entry.name}"


class _Parser(flags.ArgumentParser):
    """Reads the text of a flag as its entry wants it."""

    def __init__(self, entry: Entry) -> None:
        self.entry, self.kind = entry, type(entry.default)

    def parse(self, argument: Any) -> Any:
        if isinstance(argument, str) and self.kind is not str:
            try:
                argument = self.kind(argument)
            except ValueError as error:
                raise ConfigError(f"{self.entry.name}: found {argument!r}, expected {self.entry.expected}") from error
        return self.entry.checked(argument)

    def flag_type(self) -> str:
        return self.kind.__name__
