"""`geolift lift` of one long video of one person, the whole command: imports, reading, lifting, refining, writing."""

import subprocess
import sys

from benchmarks.people_rows import Files, Stage, inputs

TABLE = "clip.csv"


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


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
