"""Small keypoint files of real situations, with the true 3D; they lie beside the recorded data, not in the checkout."""

import os
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from geolift.metrics import p_mpjpe
from tests.helpers.paths import DATA

CASES = Path(os.environ.get("GEOLIFT_CASES", DATA.parent / "cases"))


def case(name):
    """A file or folder of the cases; without it the test is skipped."""
    if not (CASES / name).exists():
        pytest.skip(f"needs {name}: not in {CASES} (set GEOLIFT_CASES to the folder that holds it)")
    return CASES / name


def errors(points, truth):
    """`[N]` P-MPJPE in mm of poses of Human3.6M-17 or 21; joints not lifted, or beyond the truth's, are left out.

    The truth is a file or an array `[N, 17, 3]` in metres; the alignment is rigid, with scale, without reflection.
    """
    truth = np.asarray(np.load(truth) if isinstance(truth, str | os.PathLike) else truth, np.float64)
    found = np.empty(len(truth))
    for i, (pose, true) in enumerate(zip(points, truth, strict=True)):
        pose = pose[: len(true)]
        seen = np.isfinite(pose).all(axis=-1)
        pair = (jnp.asarray(pose[seen], jnp.float32)[None], jnp.asarray(true[seen] * 1000, jnp.float32)[None])
        found[i] = float(p_mpjpe(*pair)[0])
    return found
