"""The fenced exception: a lifter trained with 3D, for those who have it (`geolift train-with-3d`, docs/new-lifter.md).

Nothing else of geolift imports this package but the command line; all other training is blind to 3D.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geolift.supervised.from_dataset import train_with_3d

__all__ = ["train_with_3d"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from geolift.supervised import from_dataset  # ml_collections takes seconds

    return getattr(from_dataset, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
