"""Where a run resumes: the newest whole checkpoint. Damaged checkpoints are moved aside, never deleted."""

import errno
from collections.abc import Sequence
from pathlib import Path

from geolift.errors import ConfigError
from geolift.safe_io import json_file
from geolift.training import checkpoint
from geolift.training.checkpoint import FOLDER, SAVED, DamagedCheckpoint
from geolift.training.run import CARD

QUARANTINE = "quarantine"


def resume_step(runs: Sequence[Path]) -> tuple[int | None, list[str]]:
    """Find the newest step of which all given runs have a whole checkpoint.

    Runs that are trained side by side are saved one after the other: a start that was killed may leave some of them a
    checkpoint ahead. Checkpoints of later steps, damaged or not, are moved to the run's `quarantine/`.

    Args:
        runs: folders of runs.

    Returns:
        The step, None before the first checkpoint; and a message for each fault that was found.

    Raises:
        ConfigError: if there are or were checkpoints, but no step that all runs have whole. Nothing is moved then.
        OSError: if they cannot be read or moved.
    """
    for run in runs:
        checkpoint.clean(run / FOLDER)
    steps = {run: checkpoint.steps(run / FOLDER) for run in runs}
    damage: dict[Path, str] = {}
    for step in sorted(set.intersection(*map(set, steps.values())), reverse=True):
        found = {path: fault for run in runs if (fault := _fault(path := run / FOLDER / str(step)))}
        if not found:
            return step, [line for run in runs for line in _set_aside(run, steps[run], step, damage)]
        damage |= found
    started = [run for run in runs if steps[run] or (run / SAVED).exists()]
    new = [run for run in runs if not (run / CARD).exists()]  # every start writes it
    if damage or len(started) == len(runs) or any(new or len(steps[run]) > 1 for run in started):
        why = "; ".join(damage.values()) or "; ".join(f"{run / FOLDER}: found {steps[run] or 'none'}" for run in runs)
        what = "no whole checkpoint" if len(runs) == 1 else "no step of which all runs have a whole checkpoint"
        raise ConfigError(
            f"{started[0]}: has been trained before, but there is {what} ({why}); it is not started again from step 0: "
            "restore a checkpoint, or use another workdir"
        )
    return None, [line for run in runs for line in _set_aside(run, steps[run], 0, damage)]


def _fault(path: Path) -> str | None:
    try:
        checkpoint.verify(path)
    except DamagedCheckpoint as error:
        return str(error)
    except OSError as error:
        if error.errno != errno.EIO:  # the disk cannot read it; other errors may be temporary
            raise
        return f"{path}: {error}"


def _set_aside(run: Path, steps: Sequence[int], step: int, damage: dict[Path, str]) -> list[str]:
    """Move checkpoints of steps after `step` to the quarantine; a message for each."""
    lines, last = [], _last_saved(run, steps)
    for later in [later for later in steps if later > step]:
        path, aside = run / FOLDER / str(later), run / QUARANTINE / str(later)
        count = 1
        while aside.exists():
            count += 1
            aside = run / QUARANTINE / f"{later}.{count}"
        aside.parent.mkdir(exist_ok=True)
        path.rename(aside)
        why = damage.get(path, f"{path}: another run has no whole checkpoint of this step")
        lines.append(f"{why}; moved to {aside}, resuming from step {step}")
    if last not in (*steps, step):
        lines.append(f"{run / FOLDER}: the checkpoint of step {last} is gone; resuming from step {step}")
    if not step:
        (run / SAVED).unlink(missing_ok=True)
    elif last != step:
        json_file.write_json(run / SAVED, {"step": step})
    return lines


def _last_saved(run: Path, steps: Sequence[int]) -> int:
    """The step in `saved.json`; if that cannot be read, the step of the newest checkpoint."""
    try:
        return int(json_file.read_json(run / SAVED)["step"])
    except (ConfigError, FileNotFoundError, KeyError, TypeError, ValueError):
        return max(steps, default=0)
