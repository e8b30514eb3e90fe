"""Cameras that are late are told from those before which a detector errs."""

import numpy as np
import pytest

from geolift.data.synchrony import LARGEST, SHIFTS, _share, expect_synchronised
from geolift.errors import DatasetError
from geolift.rotations import exponential

MOMENTS, NAMES = 400, ("a", "b", "c")


@pytest.fixture
def observed():
    """`[M, 3, J, 2]` a body that moves smoothly, before three cameras."""
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(MOMENTS + 60, 14, 3))
    points = np.stack([np.convolve(column, np.hanning(60), "valid") for column in steps.reshape(len(steps), -1).T])
    points = points.T.reshape(-1, 14, 3)[:MOMENTS]
    turns = [np.asarray(exponential(np.array([0.3, angle, 0.0]))) for angle in (0.0, 0.8, 1.9)]
    return np.stack([points @ turn.T[:, :2] for turn in turns], axis=1)


KNOWN = np.ones((MOMENTS, 3, 14), bool)


def test_a_detector_that_errs_before_one_camera_is_no_reason_to_refuse(observed):
    for size in (0.0, 0.8):
        noisy = observed.copy()
        noisy[:, 1] += size * observed.std() * np.random.default_rng(1).normal(size=noisy[:, 1].shape)
        expect_synchronised(noisy, KNOWN, NAMES)
    assert _share(noisy, KNOWN, 1, (MOMENTS // 3,)) > LARGEST  # so that it is doubted


@pytest.mark.parametrize("late", [15, 45, -70])
@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_a_camera_that_is_late_is_named(observed, late, noise):
    observed[:, 2] = np.roll(observed[:, 2], late, axis=0)
    observed += noise * observed.std() * np.random.default_rng(1).normal(size=observed.shape)
    assert late not in SHIFTS
    with pytest.raises(DatasetError, match=r"synchronized: c fits the other .* fits better when it is shifted in time"):
        expect_synchronised(observed, KNOWN, NAMES)
