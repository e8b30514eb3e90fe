"""Ranges of the numbers that users give `geolift.lift` and `geolift.Live`."""

from collections.abc import Hashable, Mapping

from geolift.errors import DatasetError

TALLEST = 20.0  # metres, of any animal
LARGEST = 1e6  # frames per second, metres, pixels
LONGEST = 3600.0  # seconds, of a gap or a smoothing window


def expect_up_to(most: float, **options: float) -> None:
    """Raise DatasetError for the first option that is not from 0 to `most`.

    Example:
        >>> expect_up_to(1.0, min_confidence=1.5)
        Traceback (most recent call last):
            ...
        geolift.errors.DatasetError: min_confidence: found 1.5, expected a number from 0 to 1
    """
    for name, value in options.items():
        if not 0 <= value <= most:
            raise DatasetError(f"{name}: found {value}, expected a number from 0 to {most:g}")


def expect_positive(**options: float | None) -> None:
    """Raise DatasetError for the first option, where it is given, that is not above 0 and under `LARGEST`."""
    for name, value in options.items():
        if value is not None and not 0 < value < LARGEST:
            raise DatasetError(f"{name}: found {value}, expected a number above 0, under {LARGEST:g}")


def expect_metres(height: float | Mapping[Hashable, float] | None) -> None:
    """Raise DatasetError for heights, one or one for each person, that are not of a body in metres."""
    for value in height.values() if isinstance(height, Mapping) else (height,):
        expect_positive(height=value)
        if value is not None and value > TALLEST:
            raise DatasetError(
                f"height: found {value:g} m, expected metres, up to {TALLEST:g} (are these centimetres?)"
            )
