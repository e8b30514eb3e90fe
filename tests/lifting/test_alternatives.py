"""Other bodies: they keep the image and the bones, turn one limb bone away, and one is often nearer to the truth."""

import numpy as np
import pytest

import geolift
from benchmarks.camera_settings import Setting, film_clips
from benchmarks.pose_errors import pose_errors, stills
from geolift.data.synthetic import procedural_clips
from geolift.errors import DatasetError
from geolift.lifting.alternatives import flipped_depths, limb_bones
from geolift.output.write import load_result, write_result
from geolift.pretrained.models import load
from geolift.skeletons.skeleton import H36M17


@pytest.fixture(scope="module")
def human():
    return load("human")


@pytest.fixture(scope="module")
def filmed():
    return film_clips(list(enumerate(procedural_clips(5, people=4, seconds=2.0))), Setting(any=True), every=30, seed=0)


def lift(human, filmed, count=3, **options):
    recording = stills(filmed.keypoints, filmed.seen.astype(float), joints=H36M17.names, origin="test")
    return geolift.lift(recording, model=human, alternatives=count, **options)


@pytest.fixture(scope="module")
def result(human, filmed):
    return lift(human, filmed)


def there(result):
    return np.isfinite(result.alternatives).all(axis=(2, 3))


def test_the_first_body_is_the_one_without_alternatives(human, filmed, result):
    plain = lift(human, filmed, 1)
    assert plain.alternatives is None
    np.testing.assert_array_equal(plain.points, result.points)
    assert result.alternatives.shape == (len(result.points), 2, 17, 3)
    assert there(result).mean() > 0.9


def test_they_keep_the_image_and_all_depths_but_one_limb_s(result):
    """As the lifter sees people: ten trunks away, here of 0.5 m."""
    first, other = result.points[:, None], result.alternatives
    changed = np.abs(other[..., 2] - first[..., 2]) > 1e-6
    limbs = [[13], [12, 13], [16], [15, 16], [6], [5, 6], [3], [2, 3]]
    for pose, kept in zip(changed.reshape(-1, 17), there(result).ravel(), strict=True):
        assert not kept or np.flatnonzero(pose).tolist() in limbs
    ratio = other[..., :2] / np.where(np.abs(first[..., :2]) > 0.05, first[..., :2], np.nan)
    assert np.nanmax(np.abs(ratio - 1)) < 0.25
    across = other[..., 0] * first[..., 1] - other[..., 1] * first[..., 0]  # on the same ray from the image's centre
    assert np.nanmax(np.abs(across)) < 1e-4


def test_one_of_three_is_nearer_to_the_truth_than_the_first_alone(result, filmed):
    bodies = [result.points, *np.moveaxis(result.alternatives, 1, 0)]
    errors = np.stack([pose_errors(body, filmed.points, H36M17).joints for body in bodies])
    assert np.nanmin(errors, axis=0).mean() < 0.95 * errors[0].mean()
    assert errors[0].mean() < min(np.nanmean(errors[1]), np.nanmean(errors[2]))


def test_where_joints_are_missing_so_they_are_in_the_others(human, filmed):
    seen = filmed.seen.copy()
    seen[:, [12, 13, 15, 16, 2, 3]] = False  # but one shin and one thigh
    result = lift(human, filmed._replace(seen=seen), 4)
    assert np.isnan(result.alternatives[:, 2]).all() and np.isfinite(result.alternatives[:, 0, 6]).any()
    missing = np.broadcast_to(np.isnan(result.points)[:, None], result.alternatives.shape)
    assert np.isnan(result.alternatives[missing]).all()


def test_a_flip_twice_is_none_and_moves_what_hangs_from_the_bone(rng):
    depths, elbow = rng.normal(size=(5, 17)), H36M17.names.index("left_elbow")
    flipped = flipped_depths(depths, elbow, H36M17)
    np.testing.assert_allclose(flipped_depths(flipped, elbow, H36M17), depths, atol=1e-12)
    np.testing.assert_allclose(flipped[:, 13] - flipped[:, 12], depths[:, 13] - depths[:, 12], atol=1e-12)
    assert len(limb_bones(H36M17)) == 8


def test_they_survive_writing_and_turn_with_the_image(human, filmed, result, tmp_path):
    for name in ("a.npz", "a.json"):
        write_result(result, tmp_path / name)
        np.testing.assert_array_equal(load_result(tmp_path / name).alternatives, result.alternatives)
    assert any("alternatives" in note for note in write_result(result, tmp_path / "a.csv").notes)
    tall = lift(human, filmed, height=3.4)
    np.testing.assert_allclose(tall.alternatives, 2 * result.alternatives, rtol=1e-4, atol=1e-6)


def test_a_video_and_numbers_out_of_range_are_refused(human, filmed):
    video = geolift.record(filmed.keypoints[:4], np.ones((4, 17)), joints=H36M17.names, fps=30.0)
    with pytest.raises(DatasetError, match="alternatives: found a video, expected single images"):
        geolift.lift(video, model=human, alternatives=3)
    for count in (0, 10):
        with pytest.raises(DatasetError, match=f"alternatives: found {count}, expected a number from 1 to 9"):
            lift(human, filmed, count)
