"""People through time: what is filled in, smoothed, told from neighbours; and what is left alone."""

import numpy as np
import pytest

from geolift.lifting import tracks as time


@pytest.fixture
def walk(rng):
    """Two people of three joints, on straight lines at constant speed, 60 frames each, rows in any order."""
    frame = np.concatenate([np.arange(60), np.arange(30, 90)])
    person = np.repeat([0, 1], 60)
    start, speed = rng.normal(size=(2, 3, 2)) * 50, rng.normal(size=(2, 3, 2))
    keypoints = 300 + start[person] + frame[:, None, None] * speed[person]
    order = rng.permutation(120)
    return keypoints[order], np.full((120, 3), 0.9), frame[order], person[order]


def without(rows, missing):
    keypoints, confidence, frame, person = rows
    return np.where(missing[..., None], 0, keypoints), np.where(missing, 0, confidence), frame, person


def test_rows_are_sorted_by_person_then_frame_and_nothing_is_filled(walk):
    rows = time.timeline(*walk)
    assert not rows.filled.any()
    np.testing.assert_array_equal(rows.person, np.repeat([0, 1], 60))
    np.testing.assert_array_equal(np.diff(rows.frame.reshape(2, 60), axis=1), 1)


def test_short_gaps_of_a_steady_motion_come_back_exactly(walk):
    truth = time.timeline(*walk)
    missing = np.zeros(walk[1].shape, bool)
    missing[:, 1] = np.isin(walk[2], [10, 11, 12, 40])
    rows = time.fill(time.timeline(*without(walk, missing)), longest=3)
    np.testing.assert_allclose(rows.keypoints, truth.keypoints, rtol=1e-9)
    assert rows.filled.sum() == missing.sum()
    np.testing.assert_array_equal(rows.confidence[rows.filled], 0)
    assert rows.known.all()


def test_what_was_filled_in_before_stays_marked(walk):
    rows = time.timeline(*walk)
    rows.filled[:, 2] = True
    rows.confidence[:, 2] = 0
    again = time.fill(rows, longest=3)
    np.testing.assert_array_equal(again.filled, rows.filled)
    np.testing.assert_array_equal(again.keypoints, rows.keypoints)


def test_longer_gaps_and_ends_stay_missing(walk):
    missing = np.zeros(walk[1].shape, bool)
    missing[:, 1] = np.isin(walk[2], [0, 1, 32, 33, 34, 35])
    rows = time.fill(time.timeline(*without(walk, missing)), longest=3)
    assert not rows.filled.any()
    np.testing.assert_array_equal(rows.keypoints[~rows.known], 0)


def test_absent_people_are_filled_in_and_marked(walk):
    kept = ~np.isin(walk[2], [20, 50, 51])
    rows = time.fill(time.timeline(*(x[kept] for x in walk)), longest=2)
    truth = time.timeline(*walk)
    np.testing.assert_array_equal(rows.frame, truth.frame)
    np.testing.assert_allclose(rows.keypoints, truth.keypoints, rtol=1e-9)
    assert rows.filled.all(axis=1).sum() == 2 * 2 + 1  # frame 20 is before the second person's time


def test_smoothing_keeps_parabolas_and_lowers_noise(walk, rng):
    rows = time.timeline(*walk)
    t = rows.frame[:, None].astype(float)
    parabola = 3 + 0.5 * t - 0.02 * t**2
    np.testing.assert_allclose(time.smooth(parabola, rows, 9), parabola, atol=1e-9)
    noisy = parabola + rng.normal(size=parabola.shape)
    assert np.abs(time.smooth(noisy, rows, 9) - parabola).mean() < 0.7 * np.abs(noisy - parabola).mean()


def test_smoothing_does_not_reach_across_gaps_or_people(walk):
    rows = time.timeline(*walk)
    steps = np.where(rows.person == 0, 0.0, 100.0)[:, None]
    np.testing.assert_allclose(time.smooth(steps, rows, 11), steps, atol=1e-9)
    values = np.where(rows.frame < 45, 0.0, 100.0)[:, None]
    values[rows.frame == 45] = np.nan
    smoothed = time.smooth(values, rows, 11)
    np.testing.assert_allclose(smoothed, values, atol=1e-9)
    assert np.isnan(smoothed).sum() == 2
    short = time.Timeline(*(x[:5] for x in rows))
    np.testing.assert_array_equal(time.smooth(parabolic := steps[:5] + np.arange(5)[:, None] ** 3, short, 9), parabolic)


def test_running_median_follows_change_and_ignores_outliers(walk, rng):
    rows = time.timeline(*walk)
    values = 100.0 + rows.frame
    spoilt = np.where(rng.random(120) < 0.1, 1e4, values)
    spoilt[5] = np.nan
    median = time.running_median(spoilt, rows, 15)
    inner = (rows.frame % 60 > 8) & (rows.frame % 60 < 52)
    assert np.abs(median - values)[inner].max() < 6
    assert np.isnan(time.running_median(np.full(120, np.nan), rows, 15)).all()
