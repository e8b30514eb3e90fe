"""The rows of one person of a video, frame after frame: where they are missing, so are their numbers."""

from typing import NamedTuple

import numpy as np

from geolift.output.mocap.axes import TRC_AXES, place
from geolift.output.result import Result
from geolift.plurals import counted


class Person(NamedTuple):
    """One person in the n frames from their first to their last; axes as in `TRC_AXES`, y up.

    Attributes:
        index: into `Result.people`.
        begin: the first frame.
        body: `[n, J, 3]` joints from the root; NaN where missing.
        place: `[n, 3]` where the root is; 0 if it is never known.
        sight: `[n, 3, 3]`, rows: two directions across the line of sight, and the direction along it.
        sigma: `[n, J, 3]` uncertainty of joints in these directions; None: not known.
        contact: `[n, 2]` bool, or None.
    """

    index: int
    begin: int
    body: np.ndarray
    place: np.ndarray
    sight: np.ndarray
    sigma: np.ndarray | None
    contact: np.ndarray | None


def people_over_time(result: Result) -> tuple[list[Person], list[str]]:
    """Each person of whom something was lifted, and notes."""
    placed = place(result, TRC_AXES, "left out of gait")
    columns = {
        "body": (placed.points, np.nan), "place": (placed.position, np.nan), "sight": (_sight(result), np.nan),
    }  # fmt: skip
    if result.uncertainty is not None:
        columns["sigma"] = (_sigma(result), np.nan)
    if result.contact is not None:
        columns["contact"] = (result.contact, False)
    people = [_person(result, index, columns) for index in range(len(result.people))]
    lifted = [one for one in people if np.isfinite(one.body).any()]
    notes = [*placed.notes]
    if lost := len(people) - len(lifted):
        notes.append(f"{counted(lost, 'person', 'people')} of whom nothing was lifted: left out of the report")
    return lifted, notes


def _person(result: Result, index: int, columns: dict[str, tuple[np.ndarray, float | bool]]) -> Person:
    rows = np.flatnonzero(result.person == index)
    frames = result.frame[rows]
    values = {"sigma": None, "contact": None}
    for name, (column, missing) in columns.items():
        values[name] = np.full((frames[-1] - frames[0] + 1, *column.shape[1:]), missing)
        values[name][frames - frames[0]] = column[rows]
    return Person(index=index, begin=int(frames[0]), **values)


def _sight(result: Result) -> np.ndarray:
    """`[N, 3, 3]`: rows are two directions across the line from the camera to the root, and that line, or the axis."""
    ahead = np.where(np.isfinite(result.position), result.position, [0, 0, 1]).astype(np.float64)
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    right = np.cross([0.0, 1, 0], ahead)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    rows = np.stack([right, np.cross(ahead, right), ahead], axis=1)
    if result.world_points is None:
        return rows @ TRC_AXES.camera.T
    return rows @ (TRC_AXES.world @ result.to_world[result.frame, :, :3].astype(np.float64)).swapaxes(1, 2)


def _sigma(result: Result) -> np.ndarray:
    """`[N, J, 3]` uncertainty in the two directions across the line of sight, each, and along it."""
    whole, along = (values.astype(np.float64) for values in (result.uncertainty, result.depth_uncertainty))
    across = np.sqrt(np.maximum(whole**2 - along**2, 0) / 2)
    return np.stack([across, across, along], axis=-1)
