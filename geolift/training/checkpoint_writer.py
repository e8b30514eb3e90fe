"""Checkpoints written in the background while training continues, on stores that may be full, read-only or slow."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from geolift.safe_io import json_file
from geolift.training import checkpoint
from geolift.training.checkpoint import FOLDER, SAVED
from geolift.training.train_state import TrainState

SLOW = 30.0  # seconds that training waits for the previous checkpoint
PAUSES = (1.0, 5.0, 20.0, 60.0, 300.0)  # seconds from a failed save to the next attempt during training
LAST_PAUSES = (1.0, 2.0, 4.0, 8.0)  # the same at the end of the run, before it gives up


class SaveError(OSError):
    """The last state of a run could not be saved."""


class CheckpointWriter:
    """Writes the checkpoints of one run in the background; a context manager.

    Args:
        folder: the run's folder.
        keep: how many of the newest to keep.
        notify: called with messages, from another thread.
        beside: folders of all runs that are trained side by side, this one among them. The newest step that all of
            them have is kept, too: they resume from it.
    """

    def __init__(self, folder: Path, *, keep: int, notify: Callable[[str], None], beside: Sequence[Path] = ()):
        self._folder, self._keep, self._notify = Path(folder), keep, notify
        self._beside = beside or (self._folder,)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="checkpoints")
        self._writing: Future | None = None
        self._failures, self._failed_at = 0, 0.0
        self._error: Exception | None = None

    def __enter__(self) -> "CheckpointWriter":
        return self

    def __exit__(self, *_) -> None:
        self._pool.shutdown()

    def save(self, state: TrainState) -> None:
        """Start to write a state under its step; returns when it is copied to the host's memory.

        A save that fails gives a message, and `retry_due` then asks for another. If the previous save is not done,
        training waits for it at most `SLOW` seconds, and this checkpoint is then skipped.
        """
        if self._writing and wait([self._writing], timeout=SLOW).not_done:
            self._notify(f"checkpoint {int(state.step)} skipped: the store is still busy with the previous one")
            return
        self._writing = self._pool.submit(self._write, int(state.step), checkpoint.snapshot(state))

    def retry_due(self) -> bool:
        """Whether the last save failed and it is time to try again, with the present state."""
        if not self._error or not self._writing.done():
            return False
        return time.monotonic() - self._failed_at >= PAUSES[min(self._failures, len(PAUSES)) - 1]

    def finish(self, state: TrainState) -> None:
        """Write the last state of a run and wait until it is on disk.

        Raises:
            SaveError: if all attempts fail.
        """
        step, arrays = int(state.step), checkpoint.snapshot(state)
        for pause in (*LAST_PAUSES, None):
            self._pool.submit(self._write, step, arrays).result()
            if not self._error:
                return
            if pause:
                time.sleep(pause)
        folder = self._folder / FOLDER
        raise SaveError(f"{folder}: the state of step {step} could not be saved: {_first_line(self._error)}")

    def _write(self, step: int, arrays: dict[str, Any]) -> None:
        folder = self._folder / FOLDER
        try:
            if step not in checkpoint.steps(folder):
                checkpoint.write(folder, step, arrays)
            json_file.write_json(self._folder / SAVED, {"step": step})
        except Exception as error:  # orbax, tensorstore and the file system raise many classes
            self._error, self._failures, self._failed_at = error, self._failures + 1, time.monotonic()
            self._notify(f"checkpoint {step} not saved, training continues and tries again: {_first_line(error)}")
            return
        if self._error:
            self._notify(f"checkpoint {step} saved, after {self._failures} failures")
        self._error, self._failures = None, 0
        try:
            common = set.intersection(*(set(checkpoint.steps(run / FOLDER)) for run in self._beside))
            checkpoint.prune(folder, self._keep, spare=max(common, default=None))
        except OSError as error:
            self._notify(f"old checkpoints not removed: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:300] or type(error).__name__
