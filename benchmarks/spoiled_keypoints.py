"""Errors and missing joints, as shares of the body in the image: the conditions of benchmarks of uncertainty."""

import numpy as np

from geolift.skeletons.skeleton import H36M17

CONDITIONS = {  # errors of the 2D as a share of the trunk's length in the image, and share of joints missing
    "exact": (0.0, 0.0), "2 %": (0.02, 0.0), "5 %": (0.05, 0.0), "10 % missing": (0.0, 0.1),
    "3 %, 20 % missing": (0.03, 0.2),
}  # fmt: skip
TRUNK = [H36M17.names.index(name) for name in ("pelvis", "thorax")]


def spoil(
    keypoints: np.ndarray, noise: float, hidden: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints `[N, J, 2]` with errors, and which are seen `[N, J]`; roots always are."""
    trunk = np.linalg.norm(keypoints[:, TRUNK[1]] - keypoints[:, TRUNK[0]], axis=-1)[:, None, None]
    seen = rng.random(keypoints.shape[:2]) >= hidden
    seen[:, H36M17.root] = True
    return keypoints + noise * trunk * rng.normal(size=keypoints.shape), seen
