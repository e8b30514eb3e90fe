"""Whether files that are said to film the same moments do: two views of one body at one time fit each other."""

from collections.abc import Sequence

import numpy as np

from geolift.errors import DatasetError

LEAST = 30  # joints at moments that two cameras both see, with which they can be compared
QUANTILE = 0.75  # of the misfits: of a body that is fixed, most joints hardly move; of detectors, few are far off
LARGEST = (
    0.4  # misfit over that of mixed moments, up to which nothing is doubted: 0.01 to 0.34 of exact 2D, but 0.51 of
)
# a rat's camera before which a detector errs, and 0.42 to 0.72 of a shift by 3 s
NOTHING = 0.9  # the same, from which a camera fits no moment; found with noise of 15 % of the body: up to 0.7
BETTER = (
    0.95  # misfit with the camera shifted in time, at best, over that without; found: 0.99 and more of right cameras
)
# with any noise, 0.2 to 0.94 of cameras that are late by 1 to 10 s
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
