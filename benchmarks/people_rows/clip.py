"""`geolift lift` of one long video of one person, the whole command: imports, reading, lifting, refining, writing."""

import os
import subprocess
import sys

import numpy as np

from benchmarks.people_rows import Files, Stage, inputs, measure

TABLE = "clip.csv"
HEAD = "| stage | CPU s | wall s | per CPU s | most memory, MiB |\n| --- | --- | --- | --- | --- |"


def make(files: Files) -> None:
    """A CSV of the video."""
    inputs.write_table(inputs.poses(files)[inputs.VIDEO], files.folder / TABLE, range(files.frames))


def stages(files: Files) -> dict[str, Stage]:
    """The command with its defaults, and without refinement."""
    lift = [sys.executable, "-m", "geolift.cli", "lift", str(files.folder / TABLE), "--fps", str(inputs.FPS), "--force"]
    lift += ["-o", str(files.folder / "clip.npz")]
    return {
        "CSV to .npz": Stage(lambda: _run(lift), files.frames),
        "CSV to .npz, --no-refine": Stage(lambda: _run([*lift, "--no-refine"]), files.frames),
    }


def line(stage: str, rounds: measure.Rounds, count: int) -> str:
    """A line of the table, with the most memory that the command had at once."""
    memory = [np.median([one["memory"] for one in took[1:]]) for took in rounds.values()]
    return f"{measure.line(stage, rounds, count)} {' -> '.join(f'{most:,.0f}' for most in memory)} |"


def _run(command: list[str]) -> dict[str, float]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return {"memory": used.ru_maxrss / 1024}  # Linux counts KiB, and at least those of the program that starts it
