"""Sides of arms and legs against each other: nobody's shoulders and hips point to opposite sides.

A detector that exchanges left and right of the whole body often does so in one frame, and back limb by limb, over
several frames, where the person is hard to see. Then one limb's run of swapped sides has an end and the other's has
none; to change one limb back alone would twist the body, which is worse than a mirrored one.
"""

import numpy as np

from geolift.keypoints.side_exchanges import APART, LONGEST, NEARER, STEP, Exchanges, Person

# Sizes of the person: hips, and shoulders, narrower than this in the image show no side (twists, noise).
WIDE = (0.05, 0.08)
SURE = 3  # detections on each side of an exchange that show whether hips and shoulders agree
OPEN = 0.5  # seconds in which it is not seen when hips and shoulders agree again
MAJORITY = 0.5  # of the detections of a run that show it


def agreement(person: Person, hips: tuple[int, int], shoulders: tuple[int, int]) -> np.ndarray:
    """`[T]`: 1 where hips and shoulders point to the same side, -1 to opposite ones, 0 where that is not seen."""
    across = [person.points[:, left] - person.points[:, right] for left, right in (hips, shoulders)]
    wide = [np.linalg.norm(each, axis=-1) > least * person.size for each, least in zip(across, WIDE, strict=True)]
    seen = person.seen[:, [*hips, *shoulders]].all(axis=1) & wide[0] & wide[1]
    return np.where(seen, np.sign((across[0] * across[1]).sum(axis=-1)), 0).astype(int)


def untwisted_run(agrees: np.ndarray, at: int, found: Exchanges, frame: np.ndarray, rate: float) -> slice | None:
    """Rows that begin or end at an exchange without another, in which this limb's sides oppose the other's.

    Args:
        agrees: `[T]` of `agreement`, after what is known to be swapped.
        at: the row of the exchange.
        found: of the limb.
        frame: `[T]`.
        rate: frames per second.

    Returns:
        The rows; None if it is not seen that the body is twisted on one side of the exchange, and not on the other.
    """
    near = max(SURE, round(STEP * rate))
    before, after = (part[part != 0] for part in (agrees[max(0, at - near) : at][::-1], agrees[at : at + near]))
    if min(len(before), len(after)) < SURE:
        return None
    gain = np.nansum(found.same - found.other, axis=1)
    if (before[:SURE] > 0).all() and (after[:SURE] < 0).all():
        start, stop = at, _end(agrees, gain, at, OPEN * rate)
    elif (before[:SURE] < 0).all() and (after[:SURE] > 0).all():  # the same in the reversed video
        start, stop = len(agrees) - _end(agrees[::-1], np.roll(gain[::-1], 1), len(agrees) - at, OPEN * rate), at
    else:
        return None
    return slice(start, stop) if start < stop and frame[stop - 1] - frame[start] <= LONGEST * rate else None


def _end(agrees: np.ndarray, gain: np.ndarray, at: int, longest: float) -> int:
    """The row at which sides that oppose the other limb's from `at` on are back; `at` if that is not seen.

    Between the last row that opposes and the first that agrees it is the one with the greatest gain: by how many
    pixels a limb is nearer to where the other sides were. They must not be further apart than `longest`.
    """
    again = np.flatnonzero(agrees[at:] > 0)
    stop = at + int(again[0]) if len(again) else len(agrees)
    first = at + int(np.flatnonzero(agrees[at:stop] < 0)[-1]) + 1
    if stop - first > longest:
        return at
    return first + int(gain[first : stop + 1].argmax()) if stop < len(agrees) else stop


def twisted_runs(agrees: np.ndarray, alone: np.ndarray) -> list[slice]:
    """Runs of rows in which one limb alone is to be changed back though the body is not twisted.

    Args:
        agrees: `[T]` of `agreement`, of the points as they are.
        alone: `[T]` bool, rows in which hips, or shoulders, alone are to be changed back.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], alone, [False]])))
    found = []
    for start, stop in edges.reshape(-1, 2).tolist():
        shown = agrees[start:stop][agrees[start:stop] != 0]
        if len(shown) and (shown > 0).mean() > MAJORITY:
            found.append(slice(start, stop))
    return found


def contradicted(found: Exchanges, run: slice, swapped: np.ndarray, size: np.ndarray) -> bool:
    """Whether a limb's steps show that its sides are not swapped in a run.

    Args:
        found: of this limb.
        run: rows.
        swapped: `[T]` bool, rows in which the limb is to be changed back; none of the run.
        size: `[T]` of the person.
    """
    for row, outside in ((run.start, run.start - 1), (run.stop, run.stop)):
        if 0 < row < len(swapped):
            known = np.isfinite(found.same[row])
            same, other = found.same[row][known].sum(), found.other[row][known].sum()
            there, instead = (same, other) if swapped[outside] else (other, same)
            if there > APART * size[row] * max(known.sum(), 1) and instead < NEARER * there:
                return True
    return False
