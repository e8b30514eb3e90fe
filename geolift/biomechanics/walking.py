"""Cadence, speed, steps and stance of a walk, from its events; and why there are none where nobody walks."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from geolift.biomechanics.segments import joint_at
from geolift.biomechanics.strikes import UPRIGHT, GaitEvents, facing_ahead, leg_length, trunk_upright
from geolift.plurals import counted
from geolift.rotations import unit
from geolift.skeletons.skeleton import Skeleton

LEAST_STEPS = 3  # in a row, of alternating feet
MOST_OTHERS = 0.5  # of all strikes that are in no such row: dances have a few steps ahead, too
STEP_TIMES = (0.25, 1.3)  # seconds of a step, from a run's to a slow patient's
SLOWEST = 0.15  # m/s, of the pelvis over the ground; slower is on the spot
AHEAD = 0.7  # cosine of the angle between going and facing; less is sideways or backward
SHORTEST = 0.12  # of the leg's length; a step that is shorter is none: dancers bring their feet together
RUN = 0.5  # stance share under which both feet are off the floor at times
FASTEST = 0.6  # speed^2 / (leg's length x gravity); people run from 0.5 on
GRAVITY = 9.81  # m/s^2


class Sides(NamedTuple):
    """A measure of the right and of the left side; NaN where there is none."""

    right: float
    left: float


class GaitMeasures(NamedTuple):
    """Measures of the longest row of steps of a walk; means.

    Attributes:
        start: seconds, the first strike.
        stop: seconds, the last strike.
        steps: how many.
        cadence: steps a minute.
        speed: m/s over the ground.
        step_length: metres by which this foot is ahead of the other one when it strikes.
        step_time: seconds from the other foot's strike to this one's.
        stride_time: seconds between strikes of this foot.
        stance_share: of a stride that this foot is on the floor, from strike to toe off.

    Example:
        >>> both = Sides(0.6, 0.6)
        >>> GaitMeasures(0.0, 1.8, 3, 100.0, 1.0, both, both, both, both).step_length.left
        0.6
    """

    start: float
    stop: float
    steps: int
    cadence: float
    speed: float
    step_length: Sides
    step_time: Sides
    stride_time: Sides
    stance_share: Sides


class Gait(NamedTuple):
    """What `gait_measures` returns.

    Attributes:
        measures: of a walk; None: there is none.
        why_not: why there are no measures, in words; "" where there are.

    Example:
        >>> Gait(None, "found 0 steps in a row, expected at least 3").measures is None
        True
    """

    measures: GaitMeasures | None
    why_not: str


def gait_measures(points: np.ndarray, skeleton: Skeleton, events: GaitEvents, *, fps: float) -> Gait:
    """Measures of the longest row of alternating steps, where it is a walk.

    Args:
        points: `[F, J, 3]` metres, x ahead, y up, z right; NaN where missing.
        skeleton: whose joints are named as in `H36M17`.
        events: from `gait_events`.
        fps: frames per second.

    Returns:
        The measures, or why this is no walk.

    Source:
        Perry and Burnfield 2010 (the definitions).

    Example:
        >>> from geolift.biomechanics.strikes import gait_events
        >>> from geolift.skeletons import H36M17
        >>> points = np.zeros((60, 17, 3))
        >>> gait_measures(points, H36M17, gait_events(points, H36M17, fps=30.0), fps=30.0)
        Gait(measures=None, why_not='found 0 steps in a row, expected at least 3')
    """
    trunk = trunk_upright(points, skeleton)
    if np.isfinite(trunk).any() and not np.nanmedian(trunk) >= UPRIGHT:
        return Gait(None, "found a trunk that is not upright, expected a walk")
    times, left = _strikes(events)
    facing = _at(facing_ahead(points, skeleton, fps), (times[1:] + times[:-1]) / 2, fps)
    apart, path = _steps(points, skeleton, times, left, fps)
    leg = leg_length(points, skeleton)
    rows = _rows(times, left, _long(apart, path, facing, SHORTEST * leg, SLOWEST * np.diff(times)))
    row = max(rows, key=len, default=np.zeros(0, int))
    steps = max(0, len(row) - 1)
    if steps < LEAST_STEPS:
        return Gait(None, _few(steps, events.unconfirmed))
    others = sum(len(row) for row in rows if len(row) <= LEAST_STEPS) / len(times)
    if others > MOST_OTHERS:
        return Gait(None, f"found {100 * others:.0f} % of footsteps outside rows of {LEAST_STEPS} steps")
    apart, path, facing, times, left = apart[row[:-1]], path[row[:-1]], facing[row[:-1]], times[row], left[row]
    speed = float(np.linalg.norm(path, axis=-1).sum() / (times[-1] - times[0]))
    ahead = (unit(path) * facing).sum(axis=-1)
    stance = Sides(*(_stance(events, side, times) for side in ("right", "left")))
    why_not = _no_walk(speed, ahead, stance, speed**2 / (leg * GRAVITY))
    if why_not:
        return Gait(None, why_not)
    step_times, is_left, lengths = np.diff(times), left[1:], (apart * unit(path)).sum(axis=-1)
    measures = GaitMeasures(
        start=float(times[0]),
        stop=float(times[-1]),
        steps=steps,
        cadence=60 / float(step_times.mean()),
        speed=speed,
        step_length=Sides(_mean(lengths[~is_left]), _mean(lengths[is_left])),
        step_time=Sides(_mean(step_times[~is_left]), _mean(step_times[is_left])),
        stride_time=Sides(*(_mean(np.diff(times[left == side])) for side in (0, 1))),
        stance_share=stance,
    )
    return Gait(measures, "")


def _few(steps: int, unconfirmed: int) -> str:
    """Why too few steps are no walk."""
    found = f"found {counted(steps, 'step', 'steps')} in a row, expected at least {LEAST_STEPS}"
    if unconfirmed < 2 * LEAST_STEPS:
        return found
    return f"{found}; {unconfirmed} heel strikes and toe offs do not count, as no foot stands still then (a treadmill?)"


def _strikes(events: GaitEvents) -> tuple[np.ndarray, np.ndarray]:
    """Seconds `[S]` of the strikes of both feet, rising, and `[S]` bool, whether each is the left one's."""
    times = np.concatenate([events.right_strikes, events.left_strikes])
    left = np.arange(len(times)) >= len(events.right_strikes)
    order = np.argsort(times, kind="stable")
    return times[order], left[order]


def _steps(
    points: np.ndarray, skeleton: Skeleton, times: np.ndarray, left: np.ndarray, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Of the steps that end with each strike but the first: `[S - 1, 3]` metres from the other foot to this one, and
    the way of the pelvis `[S - 1, 3]` over the ground."""
    path = np.diff(_at(joint_at(points, skeleton, "pelvis"), times, fps) * [1, 0, 1], axis=0)
    feet = [_at(joint_at(points, skeleton, f"{side}_ankle"), times[1:], fps) for side in ("right", "left")]
    return np.where(left[1:, None], feet[1] - feet[0], feet[0] - feet[1]), path


def _long(apart: np.ndarray, path: np.ndarray, facing: np.ndarray, shortest: float, way: np.ndarray) -> np.ndarray:
    """`[S - 1]` bool: a foot is set down ahead of the other, and along the pelvis's path if that is `way` or more."""
    along = np.abs((apart * unit(path)).sum(axis=-1))
    goes = np.linalg.norm(path, axis=-1) >= way
    return ((apart * facing).sum(axis=-1) >= shortest) & ((along >= shortest) | ~goes)


def _rows(times: np.ndarray, left: np.ndarray, long: np.ndarray) -> list[np.ndarray]:
    """Indices of all strikes, in rows of alternating feet, at the times of steps, that are `long` `[S - 1]` enough."""
    if not len(times):
        return []
    steps = np.diff(times)
    breaks = ~((left[1:] != left[:-1]) & (steps >= STEP_TIMES[0]) & (steps <= STEP_TIMES[1]) & long)
    return np.split(np.arange(len(times)), np.flatnonzero(breaks) + 1)


def _stance(events: GaitEvents, side: str, times: np.ndarray) -> float:
    """The mean share of the strides of one foot, within a row of steps, from strike to toe off."""
    strikes, offs = getattr(events, f"{side}_strikes"), getattr(events, f"{side}_offs")
    strikes = strikes[(strikes >= times[0]) & (strikes <= times[-1])]
    shares = []
    for start, stop in pairwise(strikes):
        within = offs[(offs > start) & (offs < stop)]
        if len(within) == 1 and stop - start <= 2 * STEP_TIMES[1]:
            shares.append((within[0] - start) / (stop - start))
    return _mean(np.array(shares))


def _no_walk(speed: float, ahead: np.ndarray, stance: Sides, froude: float) -> str:
    """Why a row of steps is no walk; "": it is one."""
    if not speed >= SLOWEST:
        return f"found {speed:.2f} m/s over the ground, expected {SLOWEST} (steps on the spot, or a treadmill)"
    if not np.median(ahead) >= AHEAD:
        return "found steps sideways or backward, expected a walk ahead"
    if froude > FASTEST:
        return f"found {speed:.2f} m/s (a run), expected a walk"
    if np.nanmean([*stance, RUN]) < RUN:
        return f"found feet on the floor for {100 * np.nanmean(stance):.0f} % of a stride (a run), expected a walk"
    return ""


def _at(values: np.ndarray, times: np.ndarray, fps: float) -> np.ndarray:
    """`[F, 3]` at some seconds, on straight lines between frames."""
    frames = np.arange(len(values))
    known = np.isfinite(values[:, 0])
    if not known.any():
        return np.full((len(times), 3), np.nan)
    return np.stack([np.interp(times * fps, frames[known], column[known]) for column in values.T], axis=-1)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
