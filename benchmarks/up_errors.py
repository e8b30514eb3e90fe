"""How far a model's estimate of `up` (against gravity, camera axes) is from the truth, in degrees."""

from typing import NamedTuple

import numpy as np

IMAGE_UP = np.array([0.0, -1.0, 0.0])


class UpErrors(NamedTuple):
    """Degrees.

    Attributes:
        frame: of single frames, the mean.
        clip: of the mean over each clip's frames, the mean over clips.
        worst_clip: the largest of these.
        image: of the image's own up, as if every camera were level, the mean over frames.
    """

    frame: float
    clip: float
    worst_clip: float
    image: float


def up_errors(up: np.ndarray, truth: np.ndarray, clip: np.ndarray) -> UpErrors | None:
    """Errors of `up` `[N, 3]`; None where none was estimated.

    Args:
        up: `[N, 3]` unit vectors, NaN where not estimated; such frames do not count.
        truth: `[N, 3]` unit vectors.
        clip: `[N]`, the same number for all frames of a clip by one camera.
    """
    known = np.isfinite(up).all(axis=-1)
    if not known.any():
        return None
    up, truth, clip = up[known], truth[known], np.unique(clip[known], return_inverse=True)[1]
    means = np.zeros((2, clip.max() + 1, 3))
    for mean, vectors in zip(means, (up, truth), strict=True):
        np.add.at(mean, clip, vectors)
    of_clips = degrees_between(*means)
    return UpErrors(
        frame=float(degrees_between(up, truth).mean()),
        clip=float(of_clips.mean()),
        worst_clip=float(of_clips.max()),
        image=float(degrees_between(np.broadcast_to(IMAGE_UP, truth.shape), truth).mean()),
    )


def degrees_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`[...]` degrees between vectors `[..., 3]` of any length."""
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, axis=-1)))
