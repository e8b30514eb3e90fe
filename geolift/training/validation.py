"""Errors on held-out poses with 3D, for the log of a run. No update and no choice of a model depends on them."""

from collections.abc import Callable

import jax
import numpy as np

from geolift import metrics
from geolift.data.dataset import Dataset
from geolift.data.normalization import Normalization, normalize
from geolift.model import Model, lift_on_device
from geolift.training.config import Config

FRAMES = 1024


def validator(config: Config, data: Dataset, normalization: Normalization) -> Callable[[Model], dict[str, jax.Array]]:
    """A function from a model to its flip rate and P-MPJPE on poses of the validation split; no metrics without 3D."""
    if not config.data.validation_split or data.points_3d is None:
        return lambda model: {}
    split = data.select(config.data.validation_split)
    whole = np.flatnonzero(split.whole)
    if not len(whole):
        return lambda model: {}
    chosen = whole[np.linspace(0, len(whole) - 1, min(FRAMES, len(whole))).astype(int)]
    clips, counts = np.unique(split.clip_of_frame[chosen], return_counts=True)
    split, root = split.rows(chosen, clips, np.cumsum(counts)), data.skeleton.root
    poses, points = normalize(split, normalization), split.points_3d

    @jax.jit
    def errors(lifted: jax.Array) -> dict[str, jax.Array]:
        return {
            "validation/flip_rate": 100 * metrics.flipped(lifted, points, root=root).mean(),
            "validation/p_mpjpe": 1000 * metrics.p_mpjpe(lifted, points).mean(),
        }

    return lambda model: errors(lift_on_device(model, poses))
