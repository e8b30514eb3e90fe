"""Noise on the lifter's input in training: joints are moved and hidden, the geometry is that of the clean pose."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift.data.sampling import Batch, Poses
from geolift.networks.mlp import Discriminator, Lifter
from geolift.objectives.adversarial import adversarial_terms
from geolift.objectives.augmentation import (
    MIDLINE,
    NO_HEAD_TOP,
    Augmentation,
    augment,
    augment_input,
    draw_bone_factors,
)
from geolift.objectives.cycle import cycle_terms
from geolift.objectives.keys import split_keys
from geolift.objectives.lifting import LiftingSetup, augmented_lifter, lifting_objectives
from geolift.objectives.views import View
from geolift.skeletons.bones import bone_lengths, partners
from geolift.skeletons.joint_sets import COCO17
from geolift.skeletons.mapping import map_joints
from geolift.skeletons.skeleton import H36M17

KEYS = jax.random.split(jax.random.key(0), 4000)
SIDED = [*H36M17.left, *H36M17.right]


@pytest.fixture
def joints():
    return 0.1 * jax.random.normal(jax.random.key(1), (len(KEYS), 17, 2)).at[:, 0].set(0)


def test_without_noise_and_hiding_nothing_changes(joints):
    shown = augment(KEYS, Poses(joints), Augmentation(0.0, 0.0, H36M17))
    np.testing.assert_array_equal(shown.joints, joints)
    assert shown.seen is None


def test_noise_is_as_large_as_it_says_and_larger_on_the_midline(joints):
    moved = np.asarray(augment(KEYS, Poses(joints), Augmentation(0.004, 0.0, H36M17)).joints - joints)
    np.testing.assert_array_equal(moved[:, H36M17.root], 0)
    # A strength from U[0, 2s] has the mean square 4/3 s^2.
    np.testing.assert_allclose(moved[:, SIDED].std(), 0.004 * (4 / 3) ** 0.5, rtol=0.03)
    middle = [j for j in range(1, 17) if j not in SIDED]
    np.testing.assert_allclose(moved[:, middle].std() / moved[:, SIDED].std(), MIDLINE, rtol=0.05)
    np.testing.assert_allclose(moved.mean(), 0, atol=1e-4)


def test_descendants_of_a_hidden_joint_are_hidden_and_the_root_never(joints):
    seen = np.asarray(augment(KEYS, Poses(joints), Augmentation(0.0, 0.1, H36M17)).seen)
    assert seen[:, H36M17.root].all()
    for parent, child in H36M17.bones:
        assert not (seen[:, child] & ~seen[:, parent]).any()
    name = H36M17.names.index
    np.testing.assert_allclose(1 - seen[:, name("left_hip")].mean(), 0.1, atol=0.02)
    np.testing.assert_allclose(seen[:, name("left_ankle")].mean(), 0.9**3, atol=0.02)


def test_what_was_not_seen_stays_unseen(joints):
    missing = jax.random.bernoulli(jax.random.key(3), 0.5, joints.shape[:2])
    shown = augment(KEYS, Poses(joints, ~missing), Augmentation(0.0, 0.1, H36M17))
    assert not (np.asarray(shown.seen) & np.asarray(missing)).any()


def test_a_pose_is_corrupted_by_its_own_key_alone(joints):
    augmentation = Augmentation(0.004, 0.1, H36M17)
    whole = augment(KEYS, Poses(joints), augmentation)
    half = augment(KEYS[:7], Poses(joints[:7]), augmentation)
    np.testing.assert_array_equal(whole.joints[:7], half.joints)
    np.testing.assert_array_equal(whole.seen[:7], half.seen)


def test_geometry_is_that_of_the_clean_pose(joints):
    """A lifter that sees nothing but noise still reprojects the pose itself: only its input is corrupted."""
    seen_by_lifter = []

    class Blind(Lifter):
        def __call__(self, pose, seen=None, *, train=False, axis_name=None):
            seen_by_lifter.append((pose, seen))
            return jnp.zeros(pose.shape[:-1])

    view = View(jnp.pi, 0.3, 0.0, 10.0, 1.0, 0)
    weights = {"adversarial": 1.0, "consistency_2d": 1.0, "consistency_3d": 1.0}
    discriminator = Discriminator(width=8, blocks=1, masks=True)
    pose = Poses(joints[:16])
    params = {"lifter": {}, "discriminator": discriminator.init(jax.random.key(0), pose.joints)["params"]}
    batch = Batch(pose, pose, KEYS[:16])
    outcomes = []
    for augmentation in (None, Augmentation(0.05, 0.2, H36M17)):
        setup = LiftingSetup(Blind(masks=True), view, augmentation=augmentation)
        objectives = lifting_objectives(setup, [cycle_terms(), adversarial_terms(discriminator)], weights=weights)
        outcomes.append(objectives(params, {}, batch))
    for name, value in outcomes[0].metrics.items():
        np.testing.assert_array_equal(value, outcomes[1].metrics[name], err_msg=name)
    clean, corrupted = seen_by_lifter[0], next(s for s in seen_by_lifter if s[1] is not None)
    assert np.abs(np.asarray(clean[0] - corrupted[0])).max() > 0.01
    assert not np.asarray(corrupted[1]).all()


def test_the_trunk_is_where_coco_has_it(joints):
    """What COCO's joints become by its mapping is what a share of the poses shows."""
    keypoints = np.zeros((len(KEYS), len(COCO17.source), 2), np.float32)
    for i, name in enumerate(COCO17.source):
        if name in H36M17.names:
            keypoints[:, i] = joints[:, H36M17.names.index(name)]
    expected, _ = map_joints(COCO17, keypoints, np.ones(keypoints.shape[:2]))
    shown = augment(KEYS, Poses(joints), Augmentation(0.0, 0.0, H36M17, coco_trunk=0.4))
    trunk = [H36M17.names.index(name) for name in ("spine", "thorax")]
    as_coco = np.isclose(shown.joints[:, trunk], expected[:, trunk], atol=1e-6).all(axis=(1, 2))
    as_it_was = np.isclose(shown.joints[:, trunk], joints[:, trunk], atol=1e-6).all(axis=(1, 2))
    assert (as_coco ^ as_it_was).all()
    np.testing.assert_allclose(as_coco.mean(), 0.4, atol=0.03)
    others = [j for j in range(17) if j not in trunk]
    np.testing.assert_array_equal(shown.joints[:, others], joints[:, others])
    lost = ~np.asarray(shown.seen)
    assert not np.delete(lost, H36M17.head, axis=1).any() and not lost[~as_coco].any()
    np.testing.assert_allclose(lost[as_coco, H36M17.head].mean(), NO_HEAD_TOP, atol=0.05)


def test_a_trunk_between_joints_that_are_not_seen_is_not_seen(joints):
    seen = jnp.ones(joints.shape[:2], bool).at[:, H36M17.names.index("left_shoulder")].set(False)
    shown = augment(KEYS, Poses(joints, seen), Augmentation(0.0, 0.0, H36M17, coco_trunk=1.0))
    assert not shown.seen[:, [H36M17.names.index("spine"), H36M17.names.index("thorax")]].any()


def test_bones_are_as_much_longer_as_it_says_the_same_left_and_right():
    factors = np.log(draw_bone_factors(KEYS, Augmentation(0.0, 0.0, H36M17, 0.1)))
    np.testing.assert_array_equal(factors, factors[:, partners(H36M17)])
    np.testing.assert_allclose(factors.mean(axis=1), 0, atol=1e-6)
    # A strength from U[0, 2s] has the mean square 4/3 s^2; the mean of 10 numbers is taken out.
    np.testing.assert_allclose(factors.std(), 0.1 * (4 / 3) ** 0.5, rtol=0.1)


def test_the_lifter_is_shown_bones_of_the_drawn_lengths(joints):
    augmentation, keys = Augmentation(0.0, 0.0, H36M17, 0.1), split_keys(KEYS)
    shown = augment_input(keys, Poses(joints), augmentation).joints
    expected = bone_lengths(joints, H36M17) * draw_bone_factors(keys.proportions, augmentation)
    np.testing.assert_allclose(bone_lengths(shown, H36M17), expected, atol=1e-5)


@pytest.mark.parametrize("missing", [False, True])
def test_depths_are_scaled_back_bone_by_bone(joints, missing):
    """A lifter whose depths are a share of x keeps the directions of bones: other lengths change nothing."""
    seen = None
    if missing:
        seen = jax.random.bernoulli(jax.random.key(3), 0.8, joints.shape[:2]).at[:, H36M17.root].set(True)

    def share_of_x(poses):
        return 0.7 * poses.joints[..., 0]

    lifter = augmented_lifter(share_of_x, Augmentation(0.0, 0.0, H36M17, 0.2), split_keys(KEYS))
    wrong = np.asarray(lifter(Poses(joints, seen)) - 0.7 * joints[..., 0])
    np.testing.assert_allclose(wrong if seen is None else wrong[np.asarray(seen)], 0, atol=1e-6)


def test_gradients_pass_other_bones(joints):
    lifter = augmented_lifter(lambda p: p.joints[..., 0] ** 2, Augmentation(0.0, 0.0, H36M17, 0.1), split_keys(KEYS))
    gradient = jax.grad(lambda x: lifter(Poses(x)).sum())(joints)
    assert jnp.isfinite(gradient).all() and jnp.abs(gradient).max() > 0
