"""Cameras that are late are told from those before which a detector errs."""

import numpy as np
import pytest

from geolift.data.synchrony import LARGEST, SHIFTS, _share, expect_in_time, expect_synchronised
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


def views(observed, noise, late=0):
    """Frames of all cameras, and `[M, 3]` which each moment is; camera b is late."""
    rng = np.random.default_rng(2)
    noisy = observed + noise * observed.std() * rng.normal(size=observed.shape)
    frame = np.arange(3 * MOMENTS).reshape(3, MOMENTS).T[max(late, 0) : MOMENTS + min(late, 0)].copy()
    frame[:, 1] -= late
    return noisy.swapaxes(0, 1).reshape(-1, 14, 2), np.ones((3 * MOMENTS, 14), bool), frame, NAMES


@pytest.mark.parametrize("late", [1, 3, -4])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_camera_that_is_late_by_a_few_frames_is_named(observed, late, noise):
    frames = f"{'late' if late > 0 else 'early'} by {abs(late)} frame"
    with pytest.raises(DatasetError, match=f"synchronized: b is {frames}s?, as 2 of 2 other cameras show"):
        expect_in_time(*views(observed, noise, late))


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5, 2.0])
def test_cameras_in_time_are_not_refused(observed, noise):
    expect_in_time(*views(observed, noise))
    still = np.broadcast_to(observed[:1], observed.shape)  # a body that does not move shows nothing
    expect_in_time(*views(still, noise))


def test_moments_of_several_recordings_are_not_compared_across_them(observed):
    """Cameras that pause at different moments, and cameras with few common moments."""
    poses, known, frame, names = views(observed, 0.01)
    frame[100:160, 0] = frame[150:200, 1] = frame[::7, 2] = -1
    expect_in_time(poses, known, frame, names)
    expect_in_time(poses, known, frame[:12], names)
