"""Training: configs, the training loop, checkpoints, logs and recovery; one process or many, one seed or several.

`geolift.training.train.train` trains from a config. The names below are the parts of a custom training loop.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geolift.training.checkpoint_writer import SaveError
    from geolift.training.devices import parallel
    from geolift.training.divergence import Diverged
    from geolift.training.signals import Stopped
    from geolift.training.step import train_step
    from geolift.training.train_state import TrainState, create_state

# Imported on first use: orbax and ml_collections take seconds.
_MODULES = {
    "Diverged": "divergence",
    "SaveError": "checkpoint_writer",
    "Stopped": "signals",
    "TrainState": "train_state",
    "create_state": "train_state",
    "parallel": "devices",
    "train_step": "step",
}
__all__ = ["Diverged", "SaveError", "Stopped", "TrainState", "create_state", "parallel", "train_step"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
