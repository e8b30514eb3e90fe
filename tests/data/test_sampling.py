"""What training sees: one scale, and batches that depend on seed, step and example alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift.data import normalization
from geolift.data.normalization import fit_normalization, normalize
from geolift.data.sampling import Pools, make_pool, sample_batch
from geolift.errors import DatasetError
from geolift.skeletons.skeleton import H36M17


def test_mean_head_root_distance_is_one_over_c(people):
    for distance in (10.0, 4.0):
        poses = normalize(people, fit_normalization(people, distance=distance))
        np.testing.assert_array_equal(poses[:, H36M17.root], 0)
        np.testing.assert_allclose(np.linalg.norm(poses[:, H36M17.head], axis=-1).mean(), 1 / distance, rtol=1e-5)


def test_scale_is_one_for_all_not_per_pose(people):
    poses = normalize(people, fit_normalization(people))
    assert np.linalg.norm(poses[:, H36M17.head], axis=-1).std() > 0.005


def test_poses_do_not_depend_on_the_camera_s_pixels(people):
    blown_up = people._replace(keypoints=people.keypoints * 3, intrinsics=people.intrinsics * 3)
    a, b = (normalize(d, fit_normalization(d)) for d in (people, blown_up))
    np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("plane", ["camera", "image"])
def test_a_large_data_set_is_normalised_in_pieces(people, plane, monkeypatch):
    if plane == "image":
        people = people._replace(intrinsics=None)
    scale = fit_normalization(people)
    whole = normalize(people, scale)
    monkeypatch.setattr(normalization, "FRAMES", 7)
    assert fit_normalization(people) == scale
    np.testing.assert_array_equal(normalize(people, scale), whole)
    monkeypatch.setattr(normalization, "MEASURED", people.frames // 3)
    thinned = fit_normalization(people)
    assert thinned.factor == scale.factor
    np.testing.assert_allclose(thinned.bones, scale.bones, rtol=0.1)


def test_without_intrinsics_the_image_size_serves(people):
    plain = people._replace(intrinsics=None)
    fitted = fit_normalization(plain)
    assert fitted.plane == "image"
    np.testing.assert_allclose(normalize(plain, fitted), normalize(people, fit_normalization(people)), atol=1e-6)
    with pytest.raises(DatasetError, match="intrinsics: found none"):
        normalize(plain, fit_normalization(people))


def test_scale_ignores_joints_that_were_not_seen(people):
    confidence = people.confidence.copy()
    confidence[::2, H36M17.head] = 0
    keypoints = people.keypoints.copy()
    keypoints[::2, H36M17.head] = 0
    part = fit_normalization(people._replace(keypoints=keypoints, confidence=confidence))
    assert abs(part.factor / fit_normalization(people).factor - 1) < 0.05
    with pytest.raises(DatasetError, match="head and pelvis"):
        fit_normalization(people._replace(confidence=np.zeros_like(confidence)))


def draw(sampler_, n=20_000, step=0):
    return sample_batch(Pools(sampler_), jax.random.fold_in(jax.random.key(0), step), jnp.arange(n))


def test_drawing_weighs_as_it_says(people, poses):
    long_action = people.action[0]
    # Clip names separate the frames of one action from all others, so shares can be counted through `poses` itself.
    index = {pose.tobytes(): i for i, pose in enumerate(poses)}
    action = people.action[people.clip_of_frame]
    clip = people.clip[people.clip_of_frame]
    subject = people.subject[people.clip_of_frame]
    keep = np.isin(
        people.clip_of_frame, np.flatnonzero((people.action != long_action) | (people.subject == people.subject[0]))
    )
    # Fewer clips of one action, of one person alone: shares by frame, clip, action and subject differ.
    confidence = people.confidence * keep[:, None]
    part = people._replace(confidence=confidence.astype(np.float32))
    for by, label in (("frame", None), ("clip", clip), ("action", action), ("subject", subject)):
        made = make_pool(poses, part, by=by)
        drawn = np.array([index[np.asarray(pose).tobytes()] for pose in draw(made, 4000).pose.joints])
        assert keep[drawn].all()
        if label is None:
            expected = {long_action: (keep & (action == long_action)).sum() / keep.sum()}
            found = {long_action: (action[drawn] == long_action).mean()}
        else:
            names = np.unique(label[keep])
            expected = dict.fromkeys(names, 1 / len(names))
            found = {name: (label[drawn] == name).mean() for name in names}
        for name, share in expected.items():
            assert abs(found[name] - share) < 5 * np.sqrt(share / 4000), (by, name)


def test_every_pose_is_drawn(people, poses):
    made = make_pool(poses, people)
    drawn = {np.asarray(p).tobytes() for p in draw(made).pose.joints} | {
        np.asarray(p).tobytes() for p in draw(made).real.joints
    }
    assert len(drawn) > 0.99 * len({p.tobytes() for p in poses})


def test_batches_depend_on_key_and_example_alone(people, poses):
    made = make_pool(poses, people)
    whole = draw(made, 16)
    part = sample_batch(Pools(made), jax.random.fold_in(jax.random.key(0), 0), jnp.arange(8, 16))
    for a, b in zip(jax.tree.leaves(whole), jax.tree.leaves(part), strict=True):
        if jnp.issubdtype(a.dtype, jax.dtypes.prng_key):
            a, b = jax.random.key_data(a), jax.random.key_data(b)
        np.testing.assert_array_equal(a[8:], b)
    other = draw(made, 16, step=1)
    assert not np.array_equal(whole.pose.joints, other.pose.joints) and not np.array_equal(
        whole.pose.joints, whole.real.joints
    )
    assert len({bytes(np.asarray(jax.random.key_data(k))) for k in whole.key}) == 16


def test_frames_with_missing_joints_are_left_out(people, poses):
    confidence = people.confidence.copy()
    confidence[5:, 3] = 0
    made = make_pool(poses, people._replace(confidence=confidence))
    np.testing.assert_array_equal(made.poses.joints, poses[:5])
    with pytest.raises(DatasetError, match="nothing to train on"):
        make_pool(poses, people._replace(confidence=np.zeros_like(confidence)))


def test_unknown_grouping_is_refused(people, poses):
    with pytest.raises(ValueError, match="joint"):
        make_pool(poses, people, by="joint")
