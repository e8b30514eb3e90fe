"""Opening the folders of runs: locked, compared with the config and the data, and the step to resume from."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from geolift.errors import ConfigError
from geolift.safe_io.json_file import write_json
from geolift.training import environment, recovery
from geolift.training.checkpoint_writer import SaveError
from geolift.training.config import Config
from geolift.training.lock import Lock
from geolift.training.run import CARD, CONFIG, read_config
from geolift.training.run_settings import expect

FREE = ("steps", "run.", "data.path", "adapter.data", "evaluation.")  # entries that a resumed run may change


def open_workdirs(
    locks: ExitStack, configs: Sequence[Config], folders: Sequence[Path], card: dict[str, Any], last: int
) -> tuple[int, list[str]]:
    """Lock the folders of runs that are trained side by side, and write their config, card and environment.

    Args:
        locks: frees the folders when it is closed.
        configs: one for each run; they differ in their seed alone.
        folders: one for each run; made if missing.
        card: of the data (`run.card`).
        last: the last step of the runs.

    Returns:
        The step to resume from, 0 for new runs, and messages about it.

    Raises:
        ConfigError: if the folders hold other runs, or cannot be resumed with these configs and data; nothing in them
            is changed then.
        SaveError: if they cannot be written.
    """
    messages = []
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            if not locks.enter_context(Lock(folder)).held:
                messages.append(f"{folder}: this file system has no locks; make sure that no other program trains here")
        # With a cooldown the learning rates depend on the number of steps.
        free = tuple(entry for entry in FREE if entry != "steps" or not configs[0].optimizer.cooldown)
        for config, folder in zip(configs, folders, strict=True):
            expect(folder / CONFIG, config.to_dict(), free=free, read=lambda path: read_config(path).to_dict())
            expect(folder / CARD, card)
        step, faults = recovery.resume_step(folders)
        _expect_fitting(step or 0, configs[0], last, folders[0])
        for config, folder in zip(configs, folders, strict=True):
            write_json(folder / CONFIG, config.to_dict())
            write_json(folder / CARD, card)
            messages += environment.changes(folder)
    except OSError as error:
        raise SaveError(f"{folder}: cannot be written: {error}") from error
    return step or 0, [*messages, *faults]


def _expect_fitting(step: int, config: Config, last: int, folder: Path) -> None:
    """Refuse a config that cannot resume from a step."""
    if step > last:
        raise ConfigError(f"steps: found {last} in all, but {folder} has been trained for {step} already")
    if step % config.run.steps_per_dispatch:
        found = config.run.steps_per_dispatch
        raise ConfigError(f"run.steps_per_dispatch: found {found}, expected a divisor of the {step} steps done")
