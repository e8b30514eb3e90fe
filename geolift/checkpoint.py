"""A run on disk: `workdir/checkpoints/STEP` by orbax, the whole state in one tree."""

from pathlib import Path

import jax
import orbax.checkpoint as ocp

from geolift.step import TrainState

FOLDER = "checkpoints"


class Checkpoints:
    """The checkpoints of one working directory; a context manager.

    Args:
        workdir: the run's folder.
        keep: how many of the newest to keep; None to read only, which makes no folder.
    """

    def __init__(self, workdir: Path, *, keep: int | None = None):
        # Synchronous: the state is donated to the next step, and a save is small beside the steps between two saves.
        options = ocp.CheckpointManagerOptions(
            max_to_keep=keep, create=keep is not None, enable_async_checkpointing=False
        )
        if not options.create and not (Path(workdir) / FOLDER).is_dir():
            raise FileNotFoundError(f"{Path(workdir) / FOLDER}: no checkpoint")
        self._manager = ocp.CheckpointManager((Path(workdir) / FOLDER).resolve(), options=options)

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(self, *_) -> None:
        self._manager.close()

    def save(self, state: TrainState) -> None:
        """Save the whole state under its own step number."""
        self._manager.save(int(state.step), args=ocp.args.StandardSave(state))

    def steps(self) -> list[int]:
        """The saved steps, rising."""
        return sorted(self._manager.all_steps())

    def restore(self, like: TrainState, step: int | None = None) -> TrainState:
        """A saved state, the newest if `step` is None, with the structure, types and placement of `like`.

        Raises:
            FileNotFoundError: if nothing was saved, or not that step.
            ValueError: if what was saved has another structure.
        """
        saved = self.steps()
        if not saved:
            raise FileNotFoundError(f"{self._manager.directory}: no checkpoint")
        if step is not None and step not in saved:
            raise FileNotFoundError(f"{self._manager.directory}: no checkpoint of step {step}, found {saved}")
        template = jax.tree.map(ocp.utils.to_shape_dtype_struct, like)
        return self._manager.restore(saved[-1] if step is None else step, args=ocp.args.StandardRestore(template))


def saved_steps(workdir: Path) -> list[int]:
    """The steps of a run's checkpoints, rising.

    Raises:
        FileNotFoundError: if there is none.
    """
    with Checkpoints(workdir) as checkpoints:
        steps = checkpoints.steps()
    if not steps:
        raise FileNotFoundError(f"{Path(workdir) / FOLDER}: no checkpoint")
    return steps
