import numpy as np
import pytest

from geolift.lifting.denoise import denoise
from tests.helpers.tracks import tracks_of

FRAMES, JOINTS = 400, 5


def path():
    """Joints that swing, `[T, J, 2]` pixels."""
    t = np.arange(FRAMES)[:, None] / 30 + np.arange(JOINTS)
    return 500 + np.stack([300 * np.sin(t), 200 * np.cos(1.3 * t)], axis=-1)


def tracks(keypoints, frame=None, person=None, *, seen=None, fps=30.0):
    count = len(keypoints)
    frame = np.arange(count) if frame is None else frame
    person = np.zeros(count, int) if person is None else person
    seen = np.ones(keypoints.shape[:2], bool) if seen is None else seen
    return tracks_of(np.where(seen[..., None], keypoints, 0), seen.astype(float), frame, person, fps=fps)


def rms(x):
    return float(np.sqrt((x**2).mean()))


@pytest.mark.parametrize("pixels", [0.5, 3.0, 10.0])
def test_jitter_is_estimated_and_most_of_it_removed(rng, pixels):
    still = path()
    denoised = denoise(tracks(still + rng.normal(0, pixels, still.shape)))
    assert denoised.found[0] == pytest.approx(pixels, rel=0.15)
    after = rms(denoised.tracks.keypoints - still)
    assert after < 0.6 * pixels
    assert denoised.tracks.jitter[0] == pytest.approx(after, rel=0.4)


def test_a_path_without_errors_is_not_changed():
    denoised = denoise(tracks(path()))
    np.testing.assert_array_equal(denoised.tracks.keypoints, path())
    assert not denoised.found.any() and not denoised.tracks.jitter.any()


def test_each_person_and_joint_is_estimated_separately(rng):
    still, pixels = path(), np.array([1.0, 1.0, 3.0, 1.5, 2.0])
    noise = rng.normal(size=still.shape) * pixels[:, None]
    both = np.concatenate([still, still + noise])
    denoised = denoise(tracks(both, np.tile(np.arange(FRAMES), 2), np.repeat([0, 1], FRAMES)))
    np.testing.assert_array_equal(denoised.tracks.keypoints[:FRAMES], still)
    after = denoised.tracks.keypoints[FRAMES:] - still
    assert (np.sqrt((after**2).mean(axis=(0, 2))) < 0.6 * pixels).all()
    assert denoised.found == pytest.approx([0, rms(pixels)], rel=0.15)


def test_nothing_is_smoothed_across_a_gap(rng):
    still = path()
    still[FRAMES // 2 :] += 300  # somewhere else behind the gap
    frame = np.arange(FRAMES) + 100 * (np.arange(FRAMES) >= FRAMES // 2)
    denoised = denoise(tracks(still + rng.normal(0, 3, still.shape), frame))
    assert denoised.found[0] == pytest.approx(3, rel=0.15)
    assert np.abs(denoised.tracks.keypoints - still).max() < 15


def test_missing_joints_stay_missing_and_filled_ones_are_not_counted(rng):
    still = path()
    seen = rng.random(still.shape[:2]) > 0.2
    noisy = still + rng.normal(0, 4, still.shape)
    given = tracks(noisy, seen=seen)
    denoised = denoise(given)
    assert (denoised.tracks.keypoints[~seen] == 0).all()
    assert rms((denoised.tracks.keypoints - still)[seen]) < 2.5
    filled = given._replace(keypoints=noisy, filled=~seen)  # as it would be with errors that are the same
    np.testing.assert_allclose(denoise(filled).found, denoised.found)


def test_too_few_frames_are_not_changed(rng):
    few = path()[:20] + rng.normal(0, 5, (20, JOINTS, 2))
    denoised = denoise(tracks(few))
    np.testing.assert_array_equal(denoised.tracks.keypoints, few)
    assert not denoised.found.any()


def test_jumps_are_not_taken_for_jitter(rng):
    still = path()
    for frame, joint in zip(rng.integers(3, FRAMES - 3, 8), rng.integers(0, JOINTS, 8), strict=True):
        still[frame, joint] += 100
    still[200:206] = still[200:206, ::-1]  # joints swapped for some frames
    denoised = denoise(tracks(still))
    np.testing.assert_array_equal(denoised.tracks.keypoints, still)


def test_motion_at_few_or_repeated_frames_is_not_taken_for_jitter():
    seldom = path()[::15]  # two frames a second
    for keypoints, fps in ((np.concatenate([seldom] * 4), 2.0), (np.repeat(path(), 2, axis=0), 60.0)):
        denoised = denoise(tracks(keypoints, fps=fps))
        np.testing.assert_array_equal(denoised.tracks.keypoints, keypoints)


def test_joints_never_seen_do_not_lower_the_estimate(rng):
    noisy = path() + rng.normal(0, 4, path().shape)
    seen = np.ones(noisy.shape[:2], bool)
    seen[:, 2:] = False
    assert denoise(tracks(noisy, seen=seen)).found[0] == pytest.approx(4, rel=0.15)
