"""How right a lifted clip stands in the world: vertical, distance, acceleration of the root, sliding feet, floor."""

from typing import NamedTuple

import numpy as np

import geolift
from benchmarks.pose_errors import pose_errors
from benchmarks.up_errors import degrees_between
from benchmarks.world_rows.takes import ANKLES, Take, stances
from geolift.model import Model
from geolift.output.result import Result
from geolift.skeletons.skeleton import H36M17

LEAST = 10  # frames with a planted ankle, from which on a clip counts for planted ankles


class Measured(NamedTuple):
    """Figures of one take; NaN where there is nothing to measure.

    Attributes:
        vertical: degrees between the estimated and the true direction up.
        vertical_spread: the result's estimate of this error, degrees.
        distance: how many times as far away as in truth the root is, the median of frames that show it.
        acceleration: m/s^2, the mean of the root.
        true_acceleration: the same of the truth.
        slide: mm a stance: how far the positions of a planted ankle lie apart over the ground, the mean over stances.
        true_slide: the same of the truth.
        plane: mm, root mean square, planted ankles from one plane at a right angle to up.
        true_plane: the same of the truth.
        error: P-MPJPE, mm.
        contact: share of frames and feet whose contact is right.
        contact_rate: share of frames and feet in contact.
        focal: whether the true focal length is in the interval of the result.
    """

    vertical: float
    vertical_spread: float
    distance: float
    acceleration: float
    true_acceleration: float
    slide: float
    true_slide: float
    plane: float
    true_plane: float
    error: float
    contact: float
    contact_rate: float
    focal: float


def measure(model: Model, take: Take, *, refine: bool = True) -> Measured:
    """Lift a take and measure the result."""
    return compare(geolift.lift(take.recording, model=model, refine=refine, people="largest"), take)


def compare(result: Result, take: Take) -> Measured:
    """Figures of the result of a take."""
    frames, fps = result.frame, result.fps
    truth, planted = take.truth[frames], take.planted[frames]
    placed = result.points.astype(np.float64) + result.position[:, None]
    known = result.up is not None and np.isfinite(result.up[frames[0]]).all()
    up = result.up[frames[0]].astype(np.float64) if known else take.up
    contact = getattr(result, "contact", None)
    focal = getattr(result, "focal", None)
    return Measured(
        vertical=float(degrees_between(up, take.up)) if known else np.nan,
        vertical_spread=float(result.up_spread[frames[0]]) if known else np.nan,
        distance=float(np.nanmedian(np.linalg.norm(placed[:, 0], axis=-1) / np.linalg.norm(truth[:, 0], axis=-1))),
        acceleration=acceleration(placed[:, 0], fps),
        true_acceleration=acceleration(truth[:, 0], fps),
        slide=slide(placed[:, ANKLES], planted, up, fps),
        true_slide=slide(truth[:, ANKLES], planted, take.up, fps),
        plane=off_plane(placed[:, ANKLES], planted, up),
        true_plane=off_plane(truth[:, ANKLES], planted, take.up),
        error=float(np.nanmean(pose_errors(result.points, truth, H36M17).joints)),
        contact=np.nan if contact is None else float((contact == planted).mean()),
        contact_rate=np.nan if contact is None else float(contact.mean()),
        focal=np.nan if focal is None else float(focal[1] <= take.focal <= focal[2]),
    )


def acceleration(root: np.ndarray, fps: float) -> float:
    """m/s^2: the mean size of the acceleration of `[T, 3]` metres."""
    return float(np.nanmean(np.linalg.norm(np.diff(root, 2, axis=0), axis=-1)) * fps**2)


def slide(ankles: np.ndarray, planted: np.ndarray, up: np.ndarray, fps: float) -> float:
    """mm: the largest extent over the ground of planted ankles `[T, 2, 3]`, the mean over stances."""
    level = ankles - (ankles @ up)[..., None] * up
    apart = []
    for side in range(2):
        for stance in stances(planted[:, side], fps):
            there = level[stance, side]
            apart.append(np.linalg.norm(there[:, None] - there[None], axis=-1).max())
    return 1000 * float(np.mean(apart)) if apart else np.nan


def off_plane(ankles: np.ndarray, planted: np.ndarray, up: np.ndarray) -> float:
    """mm: how far planted ankles `[T, 2, 3]` are from their mean height, root mean square."""
    heights = (ankles @ up)[planted]
    return 1000 * float(np.std(heights)) if len(heights) >= LEAST else np.nan
