"""Data sets without sizes and intrinsics: people become equally large, and poses keep their shape."""

import numpy as np

from geolift.data.assumed_sizes import with_assumed_sizes
from geolift.data.normalization import fit_normalization, normalize, normalize_persons


def poses(data):
    return normalize(data, fit_normalization(data))


def test_nothing_is_assumed_where_a_size_is_known(people):
    assert with_assumed_sizes(people) is people
    sized = people._replace(intrinsics=None, image_size=np.full((len(people.start), 2), 1000, np.float32))
    assert with_assumed_sizes(sized) is sized


def test_other_cameras_do_not_matter(people):
    unknown = people.without_3d()._replace(intrinsics=None, image_size=None)
    zoom = np.random.default_rng(0).uniform(0.2, 5, len(people.start)).astype(np.float32)[people.clip_of_frame]
    zoomed = unknown._replace(keypoints=unknown.keypoints * zoom[:, None, None] + 30)
    np.testing.assert_allclose(poses(with_assumed_sizes(zoomed)), poses(with_assumed_sizes(unknown)), atol=2e-3)


def test_poses_are_those_of_people_who_are_scaled_one_by_one(people):
    made = with_assumed_sizes(people.without_3d()._replace(intrinsics=None, image_size=None))
    fitted = fit_normalization(made)
    ratio = np.linalg.norm(normalize(made, fitted), axis=(1, 2)) / np.linalg.norm(
        normalize_persons(made, fitted), axis=(1, 2)
    )
    assert np.abs(np.log(ratio / np.median(ratio))).max() < 0.02
    lengths = np.linalg.norm(poses(made)[:, made.skeleton.head], axis=-1)
    np.testing.assert_allclose(lengths.mean(), 0.1, rtol=1e-4)


def test_a_clip_that_cannot_be_measured_gets_the_usual_size(people):
    confidence = people.confidence.copy()
    confidence[: people.stop[0], 1:] = 0
    unknown = people.without_3d()._replace(intrinsics=None, image_size=None, confidence=confidence)
    sides = with_assumed_sizes(unknown).image_size[:, 0]
    assert np.isfinite(sides).all() and sides[0] == np.float32(np.median(sides[1:]))
