"""Steadied keypoints of recorded people are never worse than given, in stance and in swing; white noise gets less."""

import numpy as np
import pytest

from benchmarks.level_camera import errors_of
from geolift.lifting.denoise import denoise
from geolift.lifting.lift import lift
from tests.helpers.cases import case
from tests.helpers.filmed import filmed_people
from tests.helpers.tracks import tracks_of

ACTIONS = ("walk", "run", "salsa dance", "jumping jacks", "sit to stand", "punch")
STANDS, SWINGS = 0.3, 0.8  # m/s, at most and at least
ENOUGH = 20  # frames


def steadied(keypoints, fps):
    count, joints = keypoints.shape[:2]
    return denoise(tracks_of(keypoints, np.ones((count, joints)), np.arange(count), np.zeros(count, int), fps=fps))


def ratios(rng, pixels, fps, memory=0.0):
    """RMS after to before of each joint of each clip: `[..., 3]`, of all frames, in stance, in swing; NaN: too few."""
    found, left = [], []
    for truth, speed in filmed_people(ACTIONS, fps, rng):
        errors = errors_of(rng, truth.shape, pixels, memory * fps)
        result = steadied(truth + errors, fps)
        before = (errors**2).sum(axis=-1)
        after = ((result.tracks.keypoints - truth) ** 2).sum(axis=-1)
        left.append(result.tracks.jitter[0] / np.sqrt(after.mean() / 2))
        for phase in (speed < np.inf, speed < STANDS, speed > SWINGS):
            sums = [np.where(phase.sum(axis=0) >= ENOUGH, (x * phase).sum(axis=0), np.nan) for x in (after, before)]
            found.append(np.sqrt(sums[0] / sums[1]))
    return np.moveaxis(np.reshape(found, (-1, 3, truth.shape[1])), 1, -1), np.array(left)


@pytest.mark.parametrize("fps", [10.0, 15.0, 25.0, 30.0, 60.0, 120.0])
@pytest.mark.parametrize("pixels", [0.5, 2.0, 4.0])
def test_white_errors_get_less_in_stance_and_swing(rng, pixels, fps):
    found, left = ratios(rng, pixels, fps)
    assert np.nanmean(found > 1.05) < 0.02
    assert np.nanmax(np.sqrt(np.nanmean(found**2, axis=0))) < 1.06  # of each joint over all clips, in each phase
    assert fps > 10 or np.nanmax(np.abs(found - 1)) < 1e-6  # motion and errors cannot be separated
    if pixels >= 2 and fps >= 25:
        whole, stance, swing = np.sqrt(np.nanmean(found**2, axis=(0, 1)))
        assert whole < 0.7 and stance < 0.65 and swing < 0.8
        assert left.min() > 0.65 and left.max() < 1.2


@pytest.mark.parametrize("fps", [10.0, 15.0, 25.0, 30.0, 60.0, 120.0])
@pytest.mark.parametrize("memory", [0.1, 0.3])
def test_errors_that_last_are_not_made_worse(rng, memory, fps):
    found, left = ratios(rng, 2.0, fps, memory)
    assert np.nanmean(found > 1.05) < 0.005
    assert np.nanmax(np.sqrt(np.nanmean(found**2, axis=0))) < 1.02
    assert left.max() < 1.0  # what lasts looks like motion: less is claimed than there is, never more


@pytest.mark.parametrize("fps", [6.0, 15.0, 30.0, 60.0, 240.0])
def test_exact_keypoints_of_people_stay_exact(rng, fps):
    for truth, _ in filmed_people(ACTIONS, fps, rng):
        result = steadied(truth, fps)
        assert np.abs(result.tracks.keypoints - truth).max() <= 0.1
        assert result.found[0] <= 0.1


def test_single_wrong_frames_are_not_spread_over_those_around_them(rng):
    for truth, _ in filmed_people(ACTIONS, 30.0, rng):
        errors = rng.normal(0, 1.0, truth.shape)
        wrong = np.zeros(truth.shape[:2], bool)
        wrong[20::30] = rng.random(wrong[20::30].shape) < 0.3
        near = np.array([np.convolve(joint, np.ones(13), "same") > 0 for joint in wrong.T]).T & ~wrong
        after = steadied(truth + errors + 60.0 * wrong[..., None], 30.0).tracks.keypoints - truth
        assert np.sqrt((after[near] ** 2).mean()) < 1.05 * np.sqrt((errors[near] ** 2).mean())


def test_spikes_of_single_joints_leave_the_steadied_keypoints_as_without_them():
    clean, spiked = (lift(case(f"single-joint-spikes/{name}.csv")).keypoints for name in ("clean", "eight"))
    apart = np.linalg.norm(spiked - clean, axis=-1)
    assert np.nanmax(apart) < 3.0
    np.testing.assert_array_equal(np.isfinite(spiked), np.isfinite(clean))


@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_copies_of_frames_stay_copies_and_the_others_get_less(rng, fps):
    for truth, _ in filmed_people(ACTIONS, fps, rng):
        errors = rng.normal(0, 3.0, truth.shape)
        of_frame = np.flatnonzero(np.repeat(True, len(truth)))
        of_frame = np.sort(np.append(of_frame, of_frame[3::4]))  # one frame of four is there twice
        after = steadied((truth + errors)[of_frame], 1.25 * fps).tracks.keypoints
        twice = np.flatnonzero(np.diff(of_frame) == 0)
        np.testing.assert_array_equal(after[twice], after[twice + 1])
        assert np.sqrt(((after - truth[of_frame]) ** 2).mean()) < 0.75 * 3.0


@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_rounded_pixels_are_not_made_worse(rng, fps):
    for truth, _ in filmed_people(ACTIONS, fps, rng):
        given = np.round(truth)
        before, after = (((x - truth) ** 2).mean(axis=(0, 2)) for x in (given, steadied(given, fps).tracks.keypoints))
        assert (after < 1.05**2 * before).all()
