"""The cycle closes for a lifter that knows the depth, and for no other; each loss is one number per pose."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift import geometry as geo
from geolift import losses

DISTANCE = 10.0


@pytest.fixture
def truth(rng):
    """`[6, 17, 3]` skeletons with the root at (0, 0, 10), and six rotations."""
    points = jnp.asarray(rng.normal(scale=0.4, size=(6, 17, 3)), jnp.float32)
    points = geo.center(points, 0).at[..., 2].add(DISTANCE)
    return points, geo.sample_rotation(jax.random.key(0), (6,))


def oracle(points, rotation):
    """A lifter that knows the depths of these poses, in the given view and in the random one."""
    seen = iter([points, geo.rotate(geo.center(points, 0), rotation).at[..., 2].add(DISTANCE)])
    return lambda pose: next(seen)[..., 2] - DISTANCE


def test_oracle_lifter_closes_the_cycle(truth):
    points, rotation = truth
    pose = geo.project(points)
    cycle = losses.lift_reproject_lift(oracle(points, rotation), pose, rotation)
    np.testing.assert_allclose(cycle.lifted, points, atol=1e-5)
    np.testing.assert_allclose(cycle.restored, points, atol=1e-4)
    np.testing.assert_allclose(cycle.reprojected, pose, atol=1e-5)
    assert losses.consistency_3d(cycle).max() < 1e-8
    assert losses.consistency_2d(cycle, pose).max() < 1e-10


def test_wrong_depth_does_not_close_the_cycle(truth):
    points, rotation = truth
    pose = geo.project(points)
    wrong = oracle(geo.mirror_depth(points, 0), rotation)  # the second lift still expects mirrored points: inconsistent
    right = oracle(points, rotation)
    lifts = iter([wrong, right])
    cycle = losses.lift_reproject_lift(lambda p: next(lifts)(p), pose, rotation)
    assert losses.consistency_3d(cycle).min() > 1e-3
    assert losses.consistency_2d(cycle, pose).min() > 1e-6


def test_flat_skeleton_is_consistent_only_without_rotation(truth):
    points, rotation = truth
    pose = geo.project(points)
    still = losses.lift_reproject_lift(lambda p: jnp.zeros(p.shape[:-1]), pose, jnp.eye(3))
    turned = losses.lift_reproject_lift(lambda p: jnp.zeros(p.shape[:-1]), pose, rotation)
    assert losses.consistency_3d(still).max() < 1e-8
    assert losses.consistency_3d(turned).min() > 1e-3


def test_unsquared_is_a_length_and_a_sum_of_distances(truth):
    points, rotation = truth
    pose = geo.project(points)
    cycle = losses.lift_reproject_lift(lambda p: jnp.zeros(p.shape[:-1]), pose, rotation)
    apart = np.asarray(cycle.rotated - cycle.relifted).reshape(6, -1)
    np.testing.assert_allclose(losses.consistency_3d(cycle, squared=False), np.linalg.norm(apart, axis=-1), rtol=1e-5)
    expected = np.abs(np.asarray(pose - cycle.reprojected)).sum(axis=(1, 2))
    np.testing.assert_allclose(losses.consistency_2d(cycle, pose, squared=False), expected, rtol=1e-4)


def test_deformation_compares_neighbours_and_ignores_what_both_share(truth):
    points, rotation = truth
    pose = geo.project(points)
    closed = losses.lift_reproject_lift(oracle(points, rotation), pose, rotation)
    np.testing.assert_allclose(losses.deformation(closed), 0.0, atol=1e-4)
    moved = jnp.asarray(np.random.default_rng(0).normal(size=points.shape), jnp.float32)
    cycle = closed._replace(restored=closed.lifted + moved)
    expected = np.linalg.norm(np.asarray(moved[::2] - moved[1::2]).reshape(3, -1), axis=-1)
    np.testing.assert_allclose(losses.deformation(cycle), expected, rtol=1e-4)
    alike = closed._replace(restored=closed.lifted + jnp.broadcast_to(moved[:1], moved.shape))
    np.testing.assert_allclose(losses.deformation(alike), 0.0, atol=1e-4)
    lost = jnp.ones((6, 17), bool).at[0, 3].set(False)  # of one of the first pair
    seen = np.linalg.norm(np.asarray(moved[0] - moved[1])[np.arange(17) != 3])
    np.testing.assert_allclose(losses.deformation(cycle, lost)[0], seen, rtol=1e-4)
    with pytest.raises(ValueError, match="cycle: found 5 poses, expected an even number, pairs"):
        losses.deformation(jax.tree.map(lambda x: x[:5], cycle))


def test_gradient_penalty_is_half_the_squared_slope():
    joints = jax.random.normal(jax.random.key(0), (4, 17, 2))
    slope = jax.random.normal(jax.random.key(1), (17, 2))

    def verdict(x, seen=None):
        return (x * jnp.broadcast_to(slope, x.shape)).sum(axis=(-2, -1))

    expected = 0.5 * float((slope**2).sum()) / 10.0**2
    np.testing.assert_allclose(losses.gradient_penalty(verdict, joints), expected, rtol=1e-5)
    np.testing.assert_allclose(losses.gradient_penalty(verdict, joints, gain=1.0), 100 * expected, rtol=1e-5)


def test_root_stays_on_the_axis_in_every_view(truth):
    points, rotation = truth
    cycle = losses.lift_reproject_lift(lambda p: jnp.sin(7 * p.sum(-1)), geo.project(points), rotation)
    for stage in (cycle.lifted, cycle.rotated, cycle.relifted):
        np.testing.assert_allclose(stage[:, 0], [[0, 0, DISTANCE]] * 6, atol=1e-5)
    np.testing.assert_allclose(cycle.novel[:, 0], 0, atol=1e-6)


def test_same_error_in_both_views(truth):
    points, rotation = truth
    cycle = losses.lift_reproject_lift(lambda p: jnp.sin(7 * p.sum(-1)), geo.project(points), rotation)
    in_view_1 = jnp.sum((cycle.lifted - cycle.restored) ** 2, axis=(-2, -1))
    np.testing.assert_allclose(losses.consistency_3d(cycle), in_view_1, rtol=1e-3)


def test_gradients_are_finite_at_the_clamp_and_without_rotation(truth):
    points, rotation = truth
    pose = geo.project(points)

    def loss(a, cycle_loss, rotation):
        cycle = losses.lift_reproject_lift(lambda p: a * jnp.sin(7 * p.sum(-1)), pose, rotation)
        return cycle_loss(cycle).sum()

    for rotation_ in (rotation, jnp.eye(3)):
        for cycle_loss in (losses.consistency_3d, lambda c: losses.consistency_2d(c, pose)):
            for a in (0.0, 1.0, -100.0):  # -100 drives depths to the clamp
                assert np.isfinite(jax.grad(loss)(a, cycle_loss, rotation_))


def test_both_lifts_learn_from_both_losses(truth):
    """Nothing is detached: with a coefficient for each lift, each has a gradient of its own."""
    points, rotation = truth
    pose = geo.project(points)

    def loss(coefficients, cycle_loss):
        lifts = iter(coefficients)
        cycle = losses.lift_reproject_lift(lambda p: next(lifts) * jnp.sin(7 * p.sum(-1)), pose, rotation)
        return cycle_loss(cycle).sum()

    for cycle_loss in (losses.consistency_3d, lambda c: losses.consistency_2d(c, pose)):
        first, second = jax.grad(loss)((0.5, 0.7), cycle_loss)
        assert abs(first) > 1e-4 and abs(second) > 1e-4


def test_adversarial_losses_by_hand():
    logistic, squares = losses.adversarial("logistic"), losses.adversarial("least_squares")
    real, fake = jnp.array([2.0]), jnp.array([-1.0])
    np.testing.assert_allclose(logistic.generator(fake), np.log(1 + np.e), rtol=1e-6)
    np.testing.assert_allclose(
        logistic.discriminator(real, fake), np.log(1 + np.exp(-2)) + np.log(1 + np.exp(-1)), rtol=1e-6
    )
    np.testing.assert_allclose(squares.generator(fake), 4)
    np.testing.assert_allclose(squares.discriminator(real, fake), 1 + 1)


@pytest.mark.parametrize("name", sorted(losses.ADVERSARIAL))
def test_generator_and_discriminator_losses_are_opposed(name):
    pair = losses.adversarial(name)
    low, high = jnp.array(pair.threshold - 0.2), jnp.array(pair.threshold + 0.2)
    assert pair.generator(high) < pair.generator(low)
    assert pair.discriminator(high, low) < pair.discriminator(low, high)
    assert np.isfinite(jax.grad(pair.generator)(-1e4)) and np.isfinite(pair.generator(jnp.array(-1e4)))


def test_unknown_losses_and_wrong_shapes_are_refused(truth):
    points, rotation = truth
    with pytest.raises(ValueError, match=r"hinge.*least_squares.*logistic"):
        losses.adversarial("hinge")
    with pytest.raises(ValueError, match="pose"):
        losses.lift_reproject_lift(lambda p: p.sum(-1), points, rotation)
    cycle = losses.lift_reproject_lift(lambda p: p.sum(-1), geo.project(points), rotation)
    with pytest.raises(ValueError, match="pose"):
        losses.consistency_2d(cycle, geo.project(points)[:1])
