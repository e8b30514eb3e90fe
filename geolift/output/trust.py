"""Joints that are not to be trusted: those whose uncertainty is above a limit."""

import numpy as np

from geolift.errors import DatasetError
from geolift.output.result import Result


def untrusted(result: Result, trust: float) -> np.ndarray:
    """`[N, J]` bool, lifted joints whose uncertainty is above `trust` metres, or not known; never the root.

    Raises:
        DatasetError: if the limit is not above 0, or the result has no uncertainty or no metres.
    """
    if not 0 < trust < np.inf:
        raise DatasetError(f"trust: found {trust}, expected metres above 0")
    if result.uncertainty is None or result.units != "m":
        found = "no uncertainty" if result.uncertainty is None else f"units {result.units!r}"
        raise DatasetError(f"trust: found a result with {found}, expected the uncertainty of joints in metres")
    unsure = np.isfinite(result.points[..., 0]) & ~(result.uncertainty <= trust)
    unsure[:, result.skeleton.root] = False  # the others are relative to it
    return unsure


def trust_note(unsure: np.ndarray, result: Result, trust: float, instead: str) -> str:
    """A line on how many joints are not trusted, and what becomes of them."""
    joints = int(np.isfinite(result.points[..., 0]).sum())
    return f"{int(unsure.sum())} of {joints} joints are less sure than {1000 * trust:g} mm: {instead}"


def without_joints(result: Result, gone: np.ndarray) -> Result:
    """The result with the points of joints `gone` `[N, J]` missing; its 2D stays."""
    values = {key: getattr(result, key) for key in ("points", "world_points", "uncertainty", "depth_uncertainty")}
    return result._replace(**{key: _blank(value, gone) for key, value in values.items() if value is not None})


def _blank(values: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """`values` `[N, J, ...]` with NaN where `gone` `[N, J]`."""
    return np.where(gone.reshape(*gone.shape, *[1] * (values.ndim - 2)), np.float32(np.nan), values)
