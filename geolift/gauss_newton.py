"""Levenberg-Marquardt steps for many clips at once: unknowns of each frame, and some that a clip's frames share.

A frame's n unknowns meet those of the two frames before and after it, and all meet the shared ones of their clip: an
arrow. Frames are laid end to end, so that the matrix of all clips is one band, which LAPACK factors in a time linear in
the frames; shared unknowns are eliminated by the Schur complement of each clip (Triggs et al. 2000, "Bundle adjustment
- a modern synthesis", section 6).
"""

import itertools
from typing import NamedTuple

import numpy as np

AHEAD = 2  # frames before and after that a frame's unknowns meet
RIDGE = 1e-6  # added to the diagonal, for unknowns that nothing determines


class Normal(NamedTuple):
    """The normal equations of F frames of n unknowns in C clips of B shared unknowns.

    Attributes:
        bands: `[F, n, W]` the symmetric matrix of the frames' unknowns: for each, what is 0, 1, ... W - 1 below the
            diagonal in its column, as LAPACK wants it; W up to (AHEAD + 1) n.
        border: `[B, F, n]` what stands between shared and frames' unknowns.
        corner: `[C, B, B]` matrices of the shared unknowns.
        gradient, shared: `[F, n]`, `[C, B]` half the derivatives of the loss.
        begins: `[C + 1]` the first frame of each clip, and F.
    """

    bands: np.ndarray
    border: np.ndarray
    corner: np.ndarray
    gradient: np.ndarray
    shared: np.ndarray
    begins: np.ndarray


class Step(NamedTuple):
    """What `step` returns.

    Attributes:
        frames: `[F, n]` changes of the frames' unknowns.
        shared: `[C, B]` changes of the shared unknowns.
        information: `[C, B, B]` of the shared unknowns, whatever the frames' are; its inverse is their covariance.
    """

    frames: np.ndarray
    shared: np.ndarray
    information: np.ndarray


def step(normal: Normal, damping: np.ndarray) -> Step:
    """The change of the unknowns that the damped normal equations give.

    Args:
        normal: `bands` are overwritten.
        damping: `[F]` share of the diagonal that is added to it.

    Raises:
        numpy.linalg.LinAlgError: if the matrix is not positive definite.

    Source:
        Marquardt 1963; Schur complement: Triggs et al. 2000, section 6.

    Example:
        Two frames of one unknown each, x0 = 1 + s and x1 = 3 + s, with s about 0: least squares leave s at 0.

        >>> bands = np.array([[[1.0, 0.0, 0.0]], [[1.0, 0.0, 0.0]]])
        >>> border, corner = np.full((1, 2, 1), -1.0), np.array([[[2.0 + 1.0]]])
        >>> gradient, shared = np.array([[-1.0], [-3.0]]), np.array([[4.0]])
        >>> found = step(Normal(bands, border, corner, gradient, shared, np.array([0, 2])), np.zeros(2))
        >>> found.frames.round(3).tolist(), abs(found.shared.round(3)).tolist()
        ([[1.0], [3.0]], [[0.0]])
    """
    from scipy.linalg import lapack

    bands, border, begins = normal.bands, normal.border, normal.begins
    unknowns = normal.gradient.shape[1]
    bands[..., 0] *= 1 + damping[:, None]
    bands[..., 0] += RIDGE
    factor, wrong = lapack.dpbtrf(bands.reshape(-1, bands.shape[-1]).T, lower=1, overwrite_ab=1)
    if wrong:
        raise np.linalg.LinAlgError(f"the matrix is not positive definite at row {wrong}")
    sides = np.concatenate([border, -normal.gradient[None]]).reshape(len(border) + 1, -1)
    half = lapack.dtbtrs(factor, sides.T, uplo="L", overwrite_b=1)[0].T  # divided by the factor once
    edges, alone = half[:-1], half[-1]
    pieces = [slice(unknowns * a, unknowns * b) for a, b in itertools.pairwise(begins)]
    schur = normal.corner - np.array([edges[:, piece] @ edges[:, piece].T for piece in pieces])
    driven = np.array([edges[:, piece] @ alone[piece] for piece in pieces])
    shared = np.linalg.solve(schur + RIDGE * np.eye(len(border)), (-normal.shared - driven)[..., None])[..., 0]
    for piece, of_clip in zip(pieces, shared, strict=True):
        alone[piece] -= of_clip @ edges[:, piece]
    change = lapack.dtbtrs(factor, alone[:, None], uplo="L", trans="T")[0]
    return Step(change.reshape(normal.gradient.shape), shared, schur)
