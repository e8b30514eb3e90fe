"""Series of a person over time, and how the page holds them."""

from typing import NamedTuple

import numpy as np

from geolift.output.view.page import quantize

LEFT, RIGHT, MIDDLE = "left", "right", "middle"


class Series(NamedTuple):
    """What a plot shows of one person over F frames.

    Attributes:
        name: of the plot; series of one name share it.
        unit: of the values.
        side: `LEFT`, `RIGHT` or `MIDDLE`.
        values: `[F]`, NaN where unknown.
        band: `[F]`, one standard deviation of the error to be expected; None: not known.
    """

    name: str
    unit: str
    side: str
    values: np.ndarray
    band: np.ndarray | None = None


class Packer:
    """Puts numbers into two arrays of 16-bit integers, `series` and `series_bands`, one after the other."""

    def __init__(self) -> None:
        self.parts: dict[str, list[np.ndarray]] = {"series": [], "series_bands": []}
        self.counts = {"series": 0, "series_bands": 0}

    def add(self, series: Series) -> dict:
        """What the page needs to read `series`, which has a value; what is before the first and after the last goes."""
        known = np.flatnonzero(np.isfinite(series.values))
        begin, end = known[0], known[-1] + 1
        entry = {"name": series.name, "unit": series.unit, "side": series.side, "first": int(begin)}
        entry |= self._pack("series", series.values[begin:end])
        band = None if series.band is None else series.band[begin:end]
        entry["band"] = None if band is None or not np.isfinite(band).any() else self._pack("series_bands", band)
        return entry

    def arrays(self) -> dict[str, np.ndarray]:
        """The two arrays."""
        return {name: np.concatenate([np.empty(0, "<i2"), *parts]) for name, parts in self.parts.items()}

    def _pack(self, name: str, values: np.ndarray) -> dict:
        whole, origin, step = quantize(values[None, :, None].astype(np.float64))
        at = self.counts[name]
        self.parts[name].append(whole.ravel())
        self.counts[name] += len(values)
        return {"at": at, "count": len(values), "origin": float(origin[0, 0]), "step": float(step[0])}
