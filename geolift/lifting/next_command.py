"""The command to run on a file that was inspected, quoted for a shell."""

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from geolift.output.overwriting import is_lifted

FLAGS = {"format": "--from"}  # of options that are called otherwise


def lift_command(path: Path, given: dict) -> str:
    """The command that lifts a file with the options that were given, into files that are not there yet."""
    words = ["geolift", "lift", _argument(path)]
    for name, value in given.items():
        if value is None:
            continue
        if name == "image_size":
            value = "x".join(f"{side:g}" for side in value)
        elif not isinstance(value, str | os.PathLike) and isinstance(value, Sequence):
            value = ",".join(value)
        words += [FLAGS.get(name, f"--{name.replace('_', '-')}"), str(value)]
    outputs = [word for output in _free(path, "_3d", (".npz", ".html")) for word in ("-o", output)]
    return shlex.join([*words, *outputs])


def train_command(path: Path) -> str:
    """The command that trains on a data set of other bodies than people's."""
    words = ["python", "-m", "launch.train", "--config=configs/cmu_cpu.py", f"--config.data.path={path}"]
    return shlex.join([*words, f"--workdir=runs/{_stem(path)}"])


def view_command(path: Path) -> str:
    """The command that shows lifted poses."""
    return shlex.join(["geolift", "view", _argument(path), "-o", _free(path, "", (".html",))[0]])


def _argument(path: Path) -> str:
    """A path as an argument that is no option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def _stem(path: Path) -> str:
    return re.sub(r"[^\w-]+", "_", path.resolve().name.partition(".")[0]).lstrip("-") or "poses"


def _free(path: Path, ending: str, suffixes: Sequence[str]) -> list[str]:
    """Names of outputs in the working folder, made from that of the input, that replace nothing but earlier outputs."""
    for number in range(1, 1000):
        again = f"_{number}" if number > 1 else ""
        names = [f"{_stem(path)}{ending}{again}{suffix}" for suffix in suffixes]
        if all(is_lifted(Path(name)) for name in names if os.path.lexists(name)):
            return names
    return names
