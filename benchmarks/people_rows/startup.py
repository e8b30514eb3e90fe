"""Short commands, whose time is that of starting: help, looking at a file, lifting one pose."""

import subprocess
import sys

from benchmarks.people_rows import Files, Stage, inputs

ONE = "one.csv"


def make(files: Files) -> None:
    """One person in one frame."""
    inputs.write_table(inputs.poses(files)[inputs.VIDEO][:1], files.folder / ONE, range(1))


def stages(files: Files) -> dict[str, Stage]:
    """The commands; the first round compiles Python's files, which a new installation has to do once."""
    one = str(files.folder / ONE)
    commands = {
        "geolift --help": ["--help"],
        "geolift inspect": ["inspect", one],
        "geolift lift of one pose": ["lift", one, "--force", "-o", str(files.folder / "one.npz")],
    }
    return {name: Stage(lambda command=command: _run(command), 1) for name, command in commands.items()}


def _run(command: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "geolift.cli", *command], check=True, stdout=subprocess.DEVNULL)
