"""Bones that are scaled: directions stay, the inverse factors undo it, missing joints are passed over."""

import jax
import jax.numpy as jnp
import numpy as np

from geolift.skeletons.bones import scale_bones
from geolift.skeletons.skeleton import H36M17, Skeleton

CHAIN = Skeleton(("c", "b", "a"), (1, 2, -1), (), (), head=0)  # parents stand after their children


def bones(points, skeleton=H36M17):
    parent, child = np.transpose(skeleton.bones)
    return points[..., child, :] - points[..., parent, :]


def test_bones_are_scaled_and_keep_their_directions(rng):
    points, factors = rng.normal(size=(5, 17, 3)), np.exp(rng.normal(size=(5, 16)))
    scaled = scale_bones(points, factors, H36M17)
    np.testing.assert_allclose(bones(scaled), factors[..., None] * bones(points), atol=2e-6)
    np.testing.assert_allclose(scaled[:, 0], points[:, 0], atol=1e-6)
    np.testing.assert_allclose(scale_bones(scaled, 1 / factors, H36M17), points, atol=1e-5)


def test_parents_may_stand_after_their_children(rng):
    points, factors = rng.normal(size=(3, 2)), np.array([3.0, 0.5])
    scaled = scale_bones(points, factors, CHAIN)
    np.testing.assert_allclose(bones(scaled, CHAIN), factors[:, None] * bones(points, CHAIN), atol=1e-6)


def test_a_missing_joint_is_passed_over_and_has_no_influence(rng):
    points, factors = rng.normal(size=(200, 17, 2)), np.exp(rng.normal(size=(200, 16)))
    seen = rng.random((200, 17)) > 0.3
    seen[:, H36M17.root] = True
    scaled = scale_bones(points, factors, H36M17, seen)
    other = np.where(seen[..., None], points, rng.normal(size=points.shape))
    np.testing.assert_array_equal(scale_bones(other, factors, H36M17, seen), scaled)
    back = scale_bones(scaled, 1 / factors, H36M17, seen)
    np.testing.assert_allclose(back[seen], points[seen], atol=1e-4)
    number = {child: i for i, (_, child) in enumerate(H36M17.bones)}
    for joint in range(1, 17):  # a seen joint is moved along the line from its nearest seen ancestor
        for pose in np.flatnonzero(seen[:, joint])[:20]:
            above = next(parent for parent in H36M17.ancestors(joint) if seen[pose, parent])
            expected = factors[pose, number[joint]] * (points[pose, joint] - points[pose, above])
            np.testing.assert_allclose(scaled[pose, joint] - scaled[pose, above], expected, atol=1e-4)


def test_gradients_are_finite_with_missing_joints():
    seen = jnp.ones((4, 17), bool).at[:, 5].set(False)
    points = jnp.full((4, 17, 2), jnp.nan).at[:, np.arange(17) != 5].set(1.0)
    gradient = jax.grad(lambda factors: scale_bones(points, factors, H36M17, seen).sum())(jnp.ones((4, 16)))
    assert jnp.isfinite(gradient).all()
