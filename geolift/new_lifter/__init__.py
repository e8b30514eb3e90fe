"""A lifter for any body, people or animals, from 2D keypoints alone: `geolift train` (docs/new-lifter.md)."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geolift.new_lifter.from_keypoints import NewLifter, train_lifter
    from geolift.new_lifter.judgement import Judgement

# Imported on first use: orbax and ml_collections take seconds.
_MODULES = {"Judgement": "judgement", "NewLifter": "from_keypoints", "train_lifter": "from_keypoints"}
__all__ = ["Judgement", "NewLifter", "train_lifter"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
