"""Tracks: rows in order, gaps that are filled in, filters over time; and what they leave as it is."""

import numpy as np
import pytest

from geolift.lifting.gaps import fill
from geolift.lifting.smoothing import running_median, smooth
from tests.helpers.tracks import tracks_of


@pytest.fixture
def walk(rng):
    """Two people of three joints, on straight lines at constant speed, 60 frames each, tracks in any order."""
    frame = np.concatenate([np.arange(60), np.arange(30, 90)])
    person = np.repeat([0, 1], 60)
    start, speed = rng.normal(size=(2, 3, 2)) * 50, rng.normal(size=(2, 3, 2))
    keypoints = 300 + start[person] + frame[:, None, None] * speed[person]
    order = rng.permutation(120)
    return keypoints[order], np.full((120, 3), 0.9), frame[order], person[order]


def without(tracks, missing):
    keypoints, confidence, frame, person = tracks
    return np.where(missing[..., None], 0, keypoints), np.where(missing, 0, confidence), frame, person


def test_tracks_are_sorted_by_person_then_frame_and_nothing_is_filled(walk):
    tracks = tracks_of(*walk)
    assert not tracks.filled.any()
    np.testing.assert_array_equal(tracks.person, np.repeat([0, 1], 60))
    np.testing.assert_array_equal(np.diff(tracks.frame.reshape(2, 60), axis=1), 1)


def test_short_gaps_of_a_steady_motion_come_back_exactly(walk):
    truth = tracks_of(*walk)
    missing = np.zeros(walk[1].shape, bool)
    missing[:, 1] = np.isin(walk[2], [10, 11, 12, 40])
    tracks = fill(tracks_of(*without(walk, missing)), longest=3)
    np.testing.assert_allclose(tracks.keypoints, truth.keypoints, rtol=1e-9)
    assert tracks.filled.sum() == missing.sum()
    np.testing.assert_array_equal(tracks.confidence[tracks.filled], 0)
    assert tracks.available.all()


def test_joints_filled_in_before_stay_marked(walk):
    tracks = tracks_of(*walk)
    tracks.filled[:, 2] = True
    tracks.confidence[:, 2] = 0
    again = fill(tracks, longest=3)
    np.testing.assert_array_equal(again.filled, tracks.filled)
    np.testing.assert_array_equal(again.keypoints, tracks.keypoints)


def test_longer_gaps_and_ends_stay_missing(walk):
    missing = np.zeros(walk[1].shape, bool)
    missing[:, 1] = np.isin(walk[2], [0, 1, 32, 33, 34, 35])
    tracks = fill(tracks_of(*without(walk, missing)), longest=3)
    assert not tracks.filled.any()
    np.testing.assert_array_equal(tracks.keypoints[~tracks.available], 0)


def test_absent_people_are_filled_in_and_marked(walk):
    kept = ~np.isin(walk[2], [20, 50, 51])
    tracks = fill(tracks_of(*(x[kept] for x in walk)), longest=2)
    truth = tracks_of(*walk)
    np.testing.assert_array_equal(tracks.frame, truth.frame)
    np.testing.assert_allclose(tracks.keypoints, truth.keypoints, rtol=1e-9)
    assert tracks.filled.all(axis=1).sum() == 2 * 2 + 1  # frame 20 is before the second person's time


def test_smoothing_keeps_parabolas_and_lowers_noise(walk, rng):
    tracks = tracks_of(*walk)
    t = tracks.frame[:, None].astype(float)
    parabola = 3 + 0.5 * t - 0.02 * t**2
    np.testing.assert_allclose(smooth(parabola, tracks, 9), parabola, atol=1e-9)
    noisy = parabola + rng.normal(size=parabola.shape)
    assert np.abs(smooth(noisy, tracks, 9) - parabola).mean() < 0.7 * np.abs(noisy - parabola).mean()


def test_smoothing_does_not_reach_across_gaps_or_people(walk):
    tracks = tracks_of(*walk)
    steps = np.where(tracks.person == 0, 0.0, 100.0)[:, None]
    np.testing.assert_allclose(smooth(steps, tracks, 11), steps, atol=1e-9)
    values = np.where(tracks.frame < 45, 0.0, 100.0)[:, None]
    values[tracks.frame == 45] = np.nan
    smoothed = smooth(values, tracks, 11)
    np.testing.assert_allclose(smoothed, values, atol=1e-9)
    assert np.isnan(smoothed).sum() == 2
    short = tracks._replace(frame=tracks.frame[:5], person=tracks.person[:5])
    np.testing.assert_array_equal(smooth(parabolic := steps[:5] + np.arange(5)[:, None] ** 3, short, 9), parabolic)


def test_running_median_follows_change_and_ignores_outliers(walk, rng):
    tracks = tracks_of(*walk)
    values = 100.0 + tracks.frame
    noisy = np.where(rng.random(120) < 0.1, 1e4, values)
    noisy[5] = np.nan
    median = running_median(noisy, tracks, 15)
    inner = (tracks.frame % 60 > 8) & (tracks.frame % 60 < 52)
    assert np.abs(median - values)[inner].max() < 6
    assert np.isnan(running_median(np.full(120, np.nan), tracks, 15)).all()
