"""Whether files that are said to film the same moments do: two views of one body at one time fit each other."""

import numpy as np

from geolift.errors import DatasetError

LEAST = 30  # joints at moments that two cameras both see, with which they can be compared
QUANTILE = 0.75  # of the misfits: of a body that is fixed, most joints hardly move; of detectors, few are far off
LARGEST = 0.4  # misfit over that of mixed moments; found: 0.01 to 0.34 with much noise, 0.42 to 0.72 of a shift by 3 s


def expect_synchronised(observed: np.ndarray, known: np.ndarray, names: tuple[str, ...]) -> None:
    """Refuse cameras whose 2D fits that of most others hardly better than that of other moments does.

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
    shares = [_share(observed, known, camera) for camera in range(len(names))]
    if max(shares) > LARGEST:
        raise DatasetError(
            f"synchronized: {names[int(np.argmax(shares))]} fits the other cameras hardly better than it does at other "
            f"moments ({max(shares):.0%} of the misfit), expected under {LARGEST:.0%}; do all files film one body, "
            "frame by frame, by cameras that do not move?"
        )


def _share(observed: np.ndarray, known: np.ndarray, camera: int) -> float:
    """The misfit of a camera to another over that at mixed moments, the median over the others; 0: cannot be told."""
    ratios = []
    for other in set(range(observed.shape[1])) - {camera}:
        pair, both = observed[:, [camera, other]], known[:, [camera, other]]
        later = np.roll(np.arange(len(pair)), len(pair) // 3)
        mixed, also = pair.copy(), both.copy()
        mixed[:, 0], also[:, 0] = pair[later, 0], both[later, 0]
        now, then = misfit(pair, both), misfit(mixed, also)
        if now >= 0 and then > 0:  # false for NaN as well
            ratios.append(now / then)
    return float(np.median(ratios)) if ratios else 0.0


def misfit(pair: np.ndarray, both: np.ndarray) -> float:
    """How far two views `[M, 2, J, 2]` are from rank 3, where both `[M, 2, J]` see a joint; NaN if too rarely."""
    columns = pair.transpose(1, 3, 0, 2)[:, :, both.all(axis=1)].reshape(4, -1)
    if columns.shape[1] < LEAST:
        return np.nan
    least = np.linalg.eigh(columns @ columns.T)[1][:, 0]
    return float(np.quantile(np.abs(least @ columns), QUANTILE))
