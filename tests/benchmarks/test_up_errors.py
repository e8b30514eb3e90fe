"""Errors of the estimated direction up."""

import flax.linen as nn
import jax
import numpy as np
import pytest

import geolift
from benchmarks.pose_errors import lift_stills
from benchmarks.up_errors import up_errors
from geolift.geometry import gravity_of
from geolift.model import TiltNetwork
from geolift.networks.tilt import Tilt


class Constant(nn.Module):
    """The same tilt for all poses."""

    pitch: float
    roll: float

    @nn.compact
    def __call__(self, pose, seen=None):
        ones = jax.numpy.ones(len(pose))
        return Tilt(self.pitch * ones, self.roll * ones)


def ups(pitch, roll):
    return -np.asarray(gravity_of(np.radians(np.float32(pitch)), np.radians(np.float32(roll))))


def test_the_truth_has_no_error_and_the_images_up_that_of_the_tilt():
    up = np.stack([ups(20, 0), ups(20, 0), ups(0, -10)])
    found = up_errors(up, up, np.array([0, 0, 1]))
    np.testing.assert_allclose(found, [0, 0, 0, 50 / 3], atol=1e-3)


def test_errors_that_differ_in_sign_cancel_in_a_clip_and_in_no_frame():
    up, clip = np.stack([ups(28, 0), ups(12, 0), ups(0, 6), ups(0, 6)]), np.array([4, 4, 7, 7])
    truth = np.stack([ups(20, 0), ups(20, 0), ups(0, 0), ups(0, 0)])
    found = up_errors(up, truth, clip)
    np.testing.assert_allclose(found[:3], [7, 3, 6], atol=1e-3)


def test_frames_without_an_estimate_do_not_count():
    up = np.stack([ups(5, 0), np.full(3, np.nan)])
    truth = np.stack([ups(0, 0), ups(90, 0)])
    assert up_errors(up, truth, np.array([0, 1])).frame == pytest.approx(5, abs=1e-3)
    assert up_errors(up[1:], truth[1:], np.array([0])) is None


def test_up_is_estimated_from_whole_poses_and_from_parts(people):
    model = geolift.load("cmu")._replace(tilt=TiltNetwork(Constant(0.3, -0.2), {}))
    keypoints, seen = people.keypoints[:6], people.seen[:6].copy()
    seen[0, 5], seen[1] = False, False
    found = lift_stills(model, keypoints, seen, "example").up
    assert np.isnan(found).all(axis=1).tolist() == [False, True, False, False, False, False]
    expected = ups(np.degrees(0.3), np.degrees(-0.2))
    np.testing.assert_allclose(found[[0, 2, 5]], np.tile(expected, (3, 1)), atol=1e-6)
