"""Whether files that are said to film the same moments do: two views of one body at one time fit each other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.plurals import counted

LEAST = 30  # joints at moments that two cameras both see, with which they can be compared
QUANTILE = 0.75  # of the misfits: of a body that is fixed, most joints hardly move; of detectors, few are far off
# Misfit over that of mixed moments, up to which nothing is doubted: 0.01 to 0.34 of exact 2D, but 0.51 of a rat's
# camera before which a detector errs, and 0.42 to 0.72 of a shift by 3 s.
LARGEST = 0.4
NOTHING = 0.9  # the same, from which a camera fits no moment; found with noise of 15 % of the body: up to 0.7
# Misfit with the camera shifted in time, at best, over that without; found: 0.99 and more of right cameras with any
# noise, 0.2 to 0.94 of cameras that are late by 1 to 10 s.
BETTER = 0.95
# A camera that is late by few moments fits all the same, but fits nearly all other cameras better if shifted by one
# number of moments. Under noise right cameras fit some others better, too, by numbers that differ from pair to pair.
FEW = 12  # moments, to both sides; more is found by `expect_synchronised`
AGREE = 0.75  # of the other cameras, with which a camera must be late by the same number, give or take 1
CERTAIN = 0.5  # misfit over that without a shift (mean squares), from which a camera is late
# The same, where the camera then fits the others as well as these fit each other. Before a camera whose detector errs
# for long, of a rat, it was 0.89 at a shift by 7 frames, and the misfit stayed larger than that of others.
CLEARLY = 0.97
AS_WELL = 1.5  # times the misfit of the others
SEVERAL = 3  # cameras at least, for that
COMPARED = 1500  # moments, evenly spread
EXACT = 1e-8  # misfit over the mean square of the 2D, as of exact 2D and of bodies that do not move
SHIFTS = (1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90)  # moments that are tried, to both sides


def expect_synchronised(observed: np.ndarray, known: np.ndarray, names: tuple[str, ...]) -> None:
    """Refuse cameras whose 2D fits that of most others hardly better than that of other moments does.

    Errors of detectors raise the misfit, too; but then no other moment fits better, as one does where a camera is late.

    Args:
        observed: `[M, C, J, 2]` root-centred 2D of M moments in C cameras.
        known: `[M, C, J]` bool.
        names: of the cameras.

    Raises:
        DatasetError: naming the camera.

    Source:
        Ours: the 2D of two views has rank 3 (docs/method.md, eq. 40), that of two moments has not.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> one, two, known = *rng.normal(size=(2, 50, 1, 17, 2)), np.ones((50, 2, 17), bool)
        >>> expect_synchronised(np.concatenate([one, one], axis=1), known, ("a", "b"))
        >>> expect_synchronised(np.concatenate([one, two], axis=1), known, ("a", "b"))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        geolift.errors.DatasetError: synchronized: b fits the other cameras hardly better than it does at other ...
    """
    far = (len(observed) // 3,)
    shares = [_share(observed, known, camera, far) for camera in range(len(names))]
    for camera in np.argsort(shares)[::-1]:
        share = shares[camera]
        if share <= LARGEST:
            return
        better = 1 / (_share(observed, known, camera, [sign * shift for shift in SHIFTS for sign in (1, -1)]) or 1)
        if share > NOTHING or better < BETTER:
            raise DatasetError(
                f"synchronized: {names[camera]} fits the other cameras hardly better than it does at other moments "
                f"({share:.0%} of the misfit), expected under {LARGEST:.0%}"
                f"{f', and fits better when it is shifted in time ({better:.0%})' if better < BETTER else ''}; do all "
                "files film one body, frame by frame, by cameras that do not move?"
            )


def expect_in_time(poses: np.ndarray, known: np.ndarray, frame: np.ndarray, names: tuple[str, ...]) -> None:
    """Refuse a camera that is late, or early, by a few moments.

    Args:
        poses: `[F, J, 2]` root-centred 2D of all frames.
        known: `[F, J]` bool.
        frame: `[M, C]` int, the frame of each moment in each camera; -1 where there is none (`moments.Moments`).
        names: of the C cameras.

    Raises:
        DatasetError: naming the camera, and by how much it is late.

    Source:
        Ours: the 2D of two views has rank 3 (docs/method.md, eq. 40) at the shift at which they show the same moments.

    Example:
        >>> steps = np.random.default_rng(0).normal(size=(400, 8, 3)).cumsum(axis=0)
        >>> views = np.concatenate([steps[:, :, [0, 1]], steps[:, :, [0, 2]], steps[:, :, [1, 2]] + steps[:, :, :1]])
        >>> frame = np.arange(1200).reshape(3, 400).T
        >>> expect_in_time(views, np.ones((1200, 8), bool), frame, ("a", "b", "c"))
        >>> frame[2:, 1] -= 2
        >>> expect_in_time(views, np.ones((1200, 8), bool), frame[2:], ("a", "b", "c"))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        geolift.errors.DatasetError: synchronized: b is late by 2 frames, as 2 of 2 other cameras show, expected ...
    """
    count = len(names)
    found = {(a, b): _lag(poses, known, frame[:, [a, b]]) for a in range(count) for b in range(a + 1, count)}
    for camera in range(count):
        lags = [found[pair].seen_from(first) for pair, first in _pairs_of(camera, count) if found[pair]]
        others = [lag.at_once for pair, lag in found.items() if lag and camera not in pair]
        late, agree = _is_late(lags, others)
        if late:
            way = "late" if late > 0 else "early"
            raise DatasetError(
                f"synchronized: {names[camera]} is {way} by {counted(abs(late), 'frame', 'frames')}, as {agree} of "
                f"{len(lags)} other cameras show, expected the same moments in the same rows of all files"
            )


class Lag(NamedTuple):
    """By how many moments one of two cameras is late, the mean square of the misfit then, and that without a shift."""

    late: int
    shifted: float
    at_once: float

    def seen_from(self, first: bool) -> "Lag":
        """The same of the first or of the second of both."""
        return self if first else self._replace(late=-self.late)


def _is_late(lags: list[Lag], others: list[float]) -> tuple[int, int]:
    """By how many moments a camera is late by its lags to others, and how many agree; 0 if it is not certain.

    Args:
        lags: of the camera, to each other one.
        others: misfits of the other cameras to each other.
    """
    late = round(float(np.median([lag.late for lag in lags]))) if lags else 0
    agree = [lag for lag in lags if abs(lag.late - late) <= 1 and lag.late * late > 0]
    if not late or len(agree) < AGREE * len(lags):
        return 0, 0
    share = np.median([lag.shifted / lag.at_once for lag in agree])
    as_well = len(agree) + 1 >= SEVERAL and np.median([lag.shifted for lag in agree]) <= AS_WELL * np.median(others)
    return (late, len(agree)) if share < CERTAIN or (share < CLEARLY and as_well) else (0, 0)


def _pairs_of(camera: int, count: int) -> list[tuple[tuple[int, int], bool]]:
    """The pairs of a camera with the others, and whether it is the first of both."""
    others = [other for other in range(count) if other != camera]
    return [((min(camera, other), max(camera, other)), camera < other) for other in others]


def _lag(poses: np.ndarray, known: np.ndarray, frame: np.ndarray) -> Lag | None:
    """By how many moments the first of two cameras `frame` `[M, 2]` is late; None where they cannot be compared."""
    misfits = {}
    rows = np.arange(FEW, len(frame) - FEW)
    rows = rows[:: -(-len(rows) // COMPARED)] if len(rows) else rows
    for shift in range(-FEW, FEW + 1):
        one, other = frame[rows + shift, 0], frame[rows, 1]
        same = (one >= 0) & (other >= 0) & (frame[rows, 0] >= 0) & (one - frame[rows, 0] == shift)  # no other recording
        both = known[one] & known[other] & same[:, None]
        if both.sum() < LEAST:
            return None
        columns = np.concatenate([poses[one], poses[other]], axis=-1)[both].astype(np.float64)
        misfits[shift] = float(np.linalg.eigvalsh(columns.T @ columns / len(columns))[0])
    at_once = max(misfits[0], EXACT * float(np.square(columns).mean()))
    best = min(misfits, key=misfits.get) if at_once == misfits[0] else 0
    return None if abs(best) == FEW else Lag(best, max(misfits[best], 0.0), max(at_once, np.finfo(float).tiny))


def _share(observed: np.ndarray, known: np.ndarray, camera: int, shifts: Sequence[int]) -> float:
    """The misfit of a camera to another over the least one with the camera shifted by so many moments.

    The median over the other cameras; 0: it cannot be known.
    """
    ratios = []
    for other in set(range(observed.shape[1])) - {camera}:
        pair, both = observed[:, [camera, other]], known[:, [camera, other]]
        now, least = misfit(pair, both), np.inf
        for shift in shifts:
            mixed, also = pair.copy(), both.copy()
            mixed[:, 0], also[:, 0] = np.roll(pair[:, 0], shift, axis=0), np.roll(both[:, 0], shift, axis=0)
            least = np.fmin(least, misfit(mixed, also))
        if now >= 0 and 0 < least < np.inf:  # false for NaN as well
            ratios.append(now / least)
    return float(np.median(ratios)) if ratios else 0.0


def misfit(pair: np.ndarray, both: np.ndarray) -> float:
    """How far two views `[M, 2, J, 2]` are from rank 3, where both `[M, 2, J]` see a joint; NaN if too rarely."""
    columns = pair.transpose(1, 3, 0, 2)[:, :, both.all(axis=1)].reshape(4, -1)
    if columns.shape[1] < LEAST:
        return np.nan
    least = np.linalg.eigh(columns @ columns.T)[1][:, 0]
    return float(np.quantile(np.abs(least @ columns), QUANTILE))
