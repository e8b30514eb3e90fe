"""Error of lifted animals in % of their body length, on the joints whose truth is known."""

from functools import partial

import jax
import numpy as np

from geolift import metrics
from geolift.batching import map_chunks

FEWEST = 5  # known joints of a pose that is measured, beside which an alignment has little freedom


def figures(points: np.ndarray, truth: np.ndarray, *, root: int, length: float) -> dict[str, float]:
    """Means over the poses `[F, J, 3]` whose root and `FEWEST` joints are known in both; nan is not known.

    Returns:
        `p_mpjpe` (rigid) and `n_mpjpe` in % of `length`, `flips` in % of the poses, and how many `poses` were measured.
    """
    seen = np.isfinite(points).all(axis=-1) & np.isfinite(truth).all(axis=-1)
    chosen = seen[:, root] & (seen.sum(axis=1) >= FEWEST)
    lifted, true = (np.where(seen[..., None], x - x[:, [root]], 0)[chosen].astype(np.float32) for x in (points, truth))
    errors = map_chunks(partial(_errors, root=root), lifted, true, seen[chosen])
    return {
        "p_mpjpe": 100 * float(errors["p_mpjpe"].mean()) / length,
        "n_mpjpe": 100 * float(errors["n_mpjpe"].mean()) / length,
        "flips": 100 * float(errors["flips"].mean()),
        "poses": int(chosen.sum()),
    }


@partial(jax.jit, static_argnames="root")
def _errors(points: np.ndarray, truth: np.ndarray, seen: np.ndarray, *, root: int) -> dict[str, jax.Array]:
    """Of each pose `[N]`."""
    return {
        "p_mpjpe": metrics.p_mpjpe(points, truth, seen=seen),
        "n_mpjpe": metrics.n_mpjpe(points, truth, root=root, seen=seen),
        "flips": metrics.flipped(points, truth, root=root, seen=seen),
    }
