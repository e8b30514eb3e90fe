"""Flags of a training config: `--config=FILE` for the recipe, and a flag for every entry, `--config.lifter.width=256`.

Flags come from the schema (`geolift.training.schema`), so `--helpfull` explains every entry.
"""

import difflib
import importlib.util
from pathlib import Path
from typing import Any

from absl import flags

from geolift.errors import ConfigError, one_line
from geolift.training.config import Config, load
from geolift.training.schema import SCHEMA, Entry

FOLDER = Path(__file__).parents[1] / "configs"


class ConfigFlags:
    """The flags of a program's config; `value` is the config once flags are parsed."""

    def __init__(self, default: str, about: str) -> None:
        about = f"{about} FILE.py, or FILE.py:ARGUMENT for a recipe that takes an argument."
        flags.DEFINE_string("config", default, about)
        flags.declare_key_flag("config")  # shown by --help
        for entry in SCHEMA:
            name, what = _flag(entry), f"{entry.about} ({entry.expected})"
            if type(entry.default) is bool:
                flags.DEFINE_bool(name, None, what)
                flags.FLAGS[name].parser = _BooleanParser()
            else:
                flags.DEFINE(_Parser(entry), name, None, what)
        self._recipe: dict[str, Config] = {}

    @property
    def file(self) -> str:
        """The recipe's file as given."""
        return flags.FLAGS.config

    @property
    def value(self) -> Config:
        """The recipe with the entries that flags change.

        Raises:
            ConfigError: if the file is missing or cannot be run, or has a wrong entry.
        """
        if self.file not in self._recipe:
            self._recipe[self.file] = load(recipe(self.file))
        given = {entry.name: flags.FLAGS[_flag(entry)] for entry in SCHEMA}
        config = load(self._recipe[self.file])
        config.update_from_flattened_dict({name: flag.value for name, flag in given.items() if flag.present})
        return config


def recipe(file: str) -> Any:
    """What `get_config` of a recipe's file returns; `FILE.py:ARGUMENT` gives it an argument.

    Raises:
        ConfigError: if there is no such file (with the nearest one of configs/), or it cannot be run.
    """
    name, separator, argument = file.partition(".py:")
    path = Path(f"{name}.py" if separator else file)
    if path.suffix != ".py" or not path.is_file():
        found = f"the file {str(path)!r}" if path.is_file() else f"no file {str(path)!r}"
        raise ConfigError(f"--config: found {found}, expected a recipe, FILE.py; did you mean {_nearest(str(path))}?")
    try:
        spec = importlib.util.spec_from_file_location(f"recipe_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        values = module.get_config(argument) if argument else module.get_config()
    except ConfigError:
        raise
    except Exception as error:  # the file is a program: anything can go wrong in it
        raise ConfigError(f"--config: {file}: cannot be run: {type(error).__name__}: {one_line(str(error))}") from error
    if values is None:
        raise ConfigError(f"--config: {file}: get_config: found no return value, expected a config or a dict")
    return values


def _nearest(name: str) -> str:
    recipes = [path for path in sorted(FOLDER.rglob("[!_]*.py")) if "def get_config" in path.read_text()]
    known = [f"configs/{path.relative_to(FOLDER).as_posix()}" for path in recipes]
    return difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]


def _flag(entry: Entry) -> str:
    return f"config.{entry.name}"


class _BooleanParser(flags.BooleanParser):
    """As absl's, with a plain message."""

    def parse(self, argument: Any) -> bool:
        try:
            return super().parse(argument)
        except (TypeError, ValueError) as error:
            raise ValueError("expected True or False") from error


class _Parser(flags.ArgumentParser):
    """Reads the text of a flag as its entry wants it; what does not fit raises ValueError with what is expected."""

    def __init__(self, entry: Entry) -> None:
        self.entry, self.kind = entry, type(entry.default)

    def parse(self, argument: Any) -> Any:
        try:
            return self.entry.checked(self.kind(argument))
        except ValueError as error:
            raise ValueError(f"expected {self.entry.expected}") from error

    def flag_type(self) -> str:
        return self.kind.__name__
