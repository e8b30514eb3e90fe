"""Means over the gait cycle, and how sure angles are."""

import numpy as np
import pytest

from geolift.output.report.bands import angle_bands
from geolift.output.report.cycles import PERCENT, average, whole_cycles
from geolift.skeletons.skeleton import H36M17


def test_cycles_of_any_length_have_one_shape():
    strikes = np.array([3.4, 33.4, 70.1, 95.0])
    phase = np.interp(np.arange(100), strikes, np.arange(4), left=np.nan, right=np.nan)
    mean, spread, count = average(np.sin(2 * np.pi * phase), whole_cycles(strikes))
    assert count == 3
    np.testing.assert_allclose(mean[3:-3], np.sin(2 * np.pi * PERCENT / 100)[3:-3], atol=0.02)
    assert np.nanmax(spread) < 0.03


def test_mean_and_spread_by_hand():
    values = np.repeat([1.0, 3.0, 8.0], 10)
    mean, spread, count = average(values, [(0, 9), (10, 19), (20, 29)])
    assert count == 3 and (mean == 4).all()
    np.testing.assert_allclose(spread, np.std([1, 3, 8], ddof=1))
    alone = average(values, [(0, 9)])
    assert (alone.mean == 1).all() and np.isnan(alone.spread).all()


def test_what_is_not_known_in_half_of_the_cycles_has_no_mean():
    values = np.repeat([1.0, 3.0, 8.0, 4.0], 10)
    values[[5, 15, 25]] = np.nan
    values[2] = np.nan
    mean, spread, _ = average(values, [(0, 9), (10, 19), (20, 29), (30, 39)])
    unknown = np.isnan(mean)
    assert unknown[50:61].all() and unknown.sum() < 25 and (np.isnan(spread) == unknown).all()
    assert mean[22] == 5 and mean[0] == 4  # without the first; of all
    assert average(np.full(40, np.nan), [(0, 9)]) is None and average(values, []) is None


def test_a_pause_is_no_cycle():
    assert whole_cycles([0.0, 30.0, 61.0, 150.0, 181.0]) == [(0, 30), (30, 61), (150, 181)]
    assert whole_cycles([4.0]) == whole_cycles([]) == []


def test_a_band_is_what_bones_are_unsure_of():
    """Of a linear function the band is known: errors of bones add up along a limb, and cancel between its joints."""
    frames, at = 4, H36M17.names.index
    sigma = np.zeros((frames, 17, 3))
    for joint, value in (("left_hip", 0.03), ("left_knee", 0.05), ("left_ankle", 0.13)):
        sigma[:, at(joint)] = value
    axes = np.tile(np.eye(3)[[1, 2, 0]], (frames, 1, 1))
    sigma[:, at("left_knee"), 2] = np.nan  # along x: not known counts as sure

    def angles(points):
        knee, ankle = points[:, at("left_knee")], points[:, at("left_ankle")]
        return np.stack([10 * ankle[:, 1], 10 * (ankle - knee)[:, 1], ankle[:, 0], np.full(frames, np.nan)], axis=1)

    found = angle_bands(angles, np.zeros((frames, 17, 3)), sigma, axes, H36M17)
    np.testing.assert_allclose(found[:, 0], 1.3)
    np.testing.assert_allclose(found[:, 1], 1.2)  # 13^2 = 5^2 + 12^2
    np.testing.assert_allclose(found[:, 2], np.sqrt(2 * 0.03**2 + 0.13**2))
    assert np.isnan(found[:, 3]).all()


def test_a_band_across_a_whole_turn_is_small():
    def angles(points):
        return np.degrees(np.arctan2(points[:, 3, 1], points[:, 3, 0]))[:, None]

    points = np.zeros((1, 17, 3))
    points[0, 3, 0] = -1
    sigma = np.zeros((1, 17, 3))
    sigma[0, 3] = 0.02
    assert angle_bands(angles, points, sigma, np.eye(3)[None], H36M17)[0, 0] == pytest.approx(1.15, abs=0.01)
