import numpy as np
import pytest

from geolift.lifting import denoise
from geolift.lifting.tracks import timeline

FRAMES, JOINTS = 400, 5


def path():
    """Joints that swing, `[T, J, 2]` pixels."""
    t = np.arange(FRAMES)[:, None] / 30 + np.arange(JOINTS)
    return 500 + np.stack([300 * np.sin(t), 200 * np.cos(1.3 * t)], axis=-1)


def rows(keypoints, frame=None, person=None):
    count = len(keypoints)
    frame = np.arange(count) if frame is None else frame
    return timeline(keypoints, np.ones(keypoints.shape[:2]), frame, np.zeros(count, int) if person is None else person)


def steadied_at_30(rows):
    return denoise.steady(rows, 30.0)


def rms(x):
    return float(np.sqrt((x**2).mean()))


@pytest.mark.parametrize("pixels", [0.5, 3.0, 10.0])
def test_it_finds_how_much_keypoints_tremble_and_takes_most_of_it_out(rng, pixels):
    still = path()
    steadied = steadied_at_30(rows(still + rng.normal(0, pixels, still.shape)))
    assert steadied.found[0] == pytest.approx(pixels, rel=0.15)
    after = rms(steadied.rows.keypoints - still)
    assert after < 0.6 * pixels
    assert steadied.left[0] == pytest.approx(after, rel=0.4)


def test_a_path_without_errors_stays_as_it_is():
    steadied = steadied_at_30(rows(path()))
    np.testing.assert_array_equal(steadied.rows.keypoints, path())
    assert not steadied.found.any() and not steadied.left.any()


def test_each_person_and_joint_has_its_own(rng):
    still = path()
    noise = np.zeros_like(still)
    noise[:, 2] = rng.normal(0, 6, noise[:, 2].shape)
    both = np.concatenate([still, still + noise])
    steadied = steadied_at_30(rows(both, np.tile(np.arange(FRAMES), 2), np.repeat([0, 1], FRAMES)))
    np.testing.assert_array_equal(steadied.rows.keypoints[:FRAMES], still)
    moved = np.abs(steadied.rows.keypoints[FRAMES:] - both[FRAMES:]).max(axis=(0, 2))
    assert moved[2] > 1 and (np.delete(moved, 2) == 0).all()
    assert steadied.found[0] == 0 and steadied.found[-1] == pytest.approx(6 / np.sqrt(JOINTS), rel=0.15)


def test_nothing_is_smoothed_across_a_gap(rng):
    still = path()
    still[FRAMES // 2 :] += 300  # somewhere else behind the gap
    frame = np.arange(FRAMES) + 100 * (np.arange(FRAMES) >= FRAMES // 2)
    steadied = steadied_at_30(rows(still + rng.normal(0, 3, still.shape), frame))
    assert steadied.found[0] == pytest.approx(3, rel=0.15)
    assert np.abs(steadied.rows.keypoints - still).max() < 15


def test_missing_joints_stay_missing_and_filled_ones_do_not_tell(rng):
    still = path()
    seen = rng.random(still.shape[:2]) > 0.2
    noisy = still + rng.normal(0, 4, still.shape)
    given = timeline(np.where(seen[..., None], noisy, 0), seen.astype(float), np.arange(FRAMES), np.zeros(FRAMES, int))
    steadied = steadied_at_30(given)
    assert (steadied.rows.keypoints[~seen] == 0).all()
    assert rms((steadied.rows.keypoints - still)[seen]) < 2.5
    filled = given._replace(keypoints=noisy, filled=~seen)  # as it would be with errors that are the same
    np.testing.assert_allclose(steadied_at_30(filled).found, steadied.found)


def test_too_few_frames_tell_nothing(rng):
    few = path()[:20] + rng.normal(0, 5, (20, JOINTS, 2))
    steadied = steadied_at_30(rows(few))
    np.testing.assert_array_equal(steadied.rows.keypoints, few)
    assert not steadied.found.any()


def test_jumps_are_no_trembling(rng):
    still = path()
    for frame, joint in zip(rng.integers(3, FRAMES - 3, 8), rng.integers(0, JOINTS, 8), strict=True):
        still[frame, joint] += 100
    still[200:206] = still[200:206, ::-1]  # joints exchanged for some frames
    steadied = steadied_at_30(rows(still))
    np.testing.assert_array_equal(steadied.rows.keypoints, still)


def test_motion_that_is_seen_seldom_is_no_trembling():
    seldom = path()[::15]  # two frames a second
    for keypoints, rate in ((np.concatenate([seldom] * 4), 2.0), (np.repeat(path(), 2, axis=0), 60.0)):
        steadied = denoise.steady(rows(keypoints), rate)
        np.testing.assert_array_equal(steadied.rows.keypoints, keypoints)


def test_joints_that_nobody_saw_do_not_dilute_what_the_others_tell(rng):
    noisy = path() + rng.normal(0, 4, path().shape)
    seen = np.ones(noisy.shape[:2])
    seen[:, 2:] = 0
    given = timeline(noisy * (seen > 0)[..., None], seen, np.arange(FRAMES), np.zeros(FRAMES, int))
    assert steadied_at_30(given).found[0] == pytest.approx(4, rel=0.15)
