"""Where a run goes on from: the newest checkpoint that is whole. What is damaged is moved aside, never deleted."""

import errno
from collections.abc import Sequence
from pathlib import Path

from geolift.errors import ConfigError
from geolift.safe_io import json_file
from geolift.training import checkpoint
from geolift.training.checkpoint import FOLDER, SAVED, Damaged
from geolift.training.run import CARD

QUARANTINE = "quarantine"


def newest(runs: Sequence[Path]) -> tuple[int | None, list[str]]:
    """The newest step of which every one of these runs has a whole checkpoint, and what there is to tell.

    Runs side by side are saved one after the other, so a start that was cut off may leave some of them a step ahead.
    Checkpoints beyond the step, damaged and orphaned ones, are moved to the run's `quarantine/`.

    Args:
        runs: folders of runs.

    Returns:
        The step, None before the first checkpoint; and a message for each thing that was not as it should be.

    Raises:
        ConfigError: if there are checkpoints, or were, but no step that all runs have whole. Nothing is moved then.
        OSError: if they cannot be read or moved.
    """
    for run in runs:
        checkpoint.clean(run / FOLDER)
    steps = {run: checkpoint.steps(run / FOLDER) for run in runs}
    damage: dict[Path, str] = {}
    for step in sorted(set.intersection(*map(set, steps.values())), reverse=True):
        found = {path: fault for run in runs if (fault := _fault(path := run / FOLDER / str(step)))}
        if not found:
            return step, [line for run in runs for line in _go_back(run, steps[run], step, damage)]
        damage |= found
    begun = [run for run in runs if steps[run] or (run / SAVED).exists()]
    new = [run for run in runs if not (run / CARD).exists()]  # it is there from a run's first start on
    if damage or len(begun) == len(runs) or any(new or len(steps[run]) > 1 for run in begun):
        why = "; ".join(damage.values()) or "; ".join(f"{run / FOLDER}: found {steps[run] or 'none'}" for run in runs)
        what = "no whole checkpoint" if len(runs) == 1 else "no step of which all runs have a whole checkpoint"
        raise ConfigError(
            f"{begun[0]}: was trained in before, but there is {what} ({why}); it is not begun anew: bring a checkpoint "
            "back, or use another workdir"
        )
    return None, [line for run in runs for line in _go_back(run, steps[run], 0, damage)]


def _fault(path: Path) -> str | None:
    try:
        checkpoint.verify(path)
    except Damaged as error:
        return str(error)
    except OSError as error:
        if error.errno != errno.EIO:  # the disk cannot read it; other errors may pass
            raise
        return f"{path}: {error}"


def _go_back(run: Path, steps: Sequence[int], step: int, damage: dict[Path, str]) -> list[str]:
    """Move checkpoints beyond `step` aside; what was done."""
    lines, last = [], _last_saved(run, steps)
    for later in [later for later in steps if later > step]:
        path, aside = run / FOLDER / str(later), run / QUARANTINE / str(later)
        count = 1
        while aside.exists():
            count += 1
            aside = run / QUARANTINE / f"{later}.{count}"
        aside.parent.mkdir(exist_ok=True)
        path.rename(aside)
        why = damage.get(path, f"{path}: a run beside this one has no whole checkpoint of this step")
        lines.append(f"{why}; moved to {aside}, going on from step {step}")
    if last not in (*steps, step):
        lines.append(f"{run / FOLDER}: the checkpoint of step {last} is gone; going on from step {step}")
    if not step:
        (run / SAVED).unlink(missing_ok=True)
    elif last != step:
        json_file.write_json(run / SAVED, {"step": step})
    return lines


def _last_saved(run: Path, steps: Sequence[int]) -> int:
    """The step in the run's mark; without a mark that can be read, that of its newest checkpoint."""
    try:
        return int(json_file.read_json(run / SAVED)["step"])
    except (ConfigError, FileNotFoundError, KeyError, TypeError, ValueError):
        return max(steps, default=0)
