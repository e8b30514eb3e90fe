"""What bones say: ratios without scale, sides alike, proportions alike."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift.geometry import mirror_depth, rotate, sample_rotation
from geolift.objectives import bones
from geolift.skeletons.bones import bone_lengths, bone_ratios, partners
from geolift.skeletons.skeleton import H36M17

POINTS = jax.random.normal(jax.random.key(0), (6, 17, 3))
WHOLE = jnp.array([True, True, True, True, False, True])


def lengths_of(points):
    """The plain loop."""
    return np.stack([np.linalg.norm(points[:, a] - points[:, b], axis=-1) for a, b in H36M17.bones], axis=-1)


def test_lengths_are_those_of_the_bones():
    np.testing.assert_allclose(bone_lengths(POINTS, H36M17), lengths_of(np.asarray(POINTS)), rtol=1e-5)
    with pytest.raises(ValueError, match=r"points: found shape \(6, 16, 3\), expected \[..., 17, D\]"):
        bone_lengths(POINTS[:, 1:], H36M17)


def test_ratios_know_no_scale_no_view_and_no_side_of_the_mirror():
    ratios = bone_ratios(POINTS, H36M17)
    np.testing.assert_allclose(ratios.mean(axis=-1), 1.0, rtol=1e-5)
    turned = rotate(POINTS, sample_rotation(jax.random.key(1), (6,), elevation=1.0))
    for same in (7.0 * POINTS, POINTS + 3.0, turned, mirror_depth(POINTS, 0)):
        np.testing.assert_allclose(bone_ratios(same, H36M17), ratios, rtol=1e-4)


def test_symmetry_is_of_partners_alone():
    ratios = bone_ratios(POINTS, H36M17)
    partner = partners(H36M17)
    assert bones.symmetry(ratios, H36M17).min() > 0
    np.testing.assert_allclose(bones.symmetry(ratios + ratios[:, partner], H36M17), 0.0, atol=1e-9)
    np.testing.assert_allclose(bones.symmetry(ratios[:, partner], H36M17), bones.symmetry(ratios, H36M17), rtol=1e-5)
    names = [H36M17.names[child] for _, child in H36M17.bones]
    for bone, name in enumerate(names):
        other = names[partner[bone]]
        assert other == name.replace("left", "right") if "left" in name else other == name.replace("right", "left")


def test_spread_is_from_the_mean_of_whole_poses_with_sides_together():
    ratios = bone_ratios(POINTS, H36M17)
    whole = jnp.array([True, True, False, True, False, True])
    mean = np.asarray(ratios)[np.asarray(whole)].mean(axis=0)
    mean = (mean + mean[partners(H36M17)]) / 2
    expected = ((np.asarray(ratios) - mean) ** 2).sum(axis=-1)
    np.testing.assert_allclose(bones.spread(ratios, H36M17, whole), expected, rtol=1e-5)
    alike = jnp.broadcast_to(ratios[:1] + ratios[:1, partners(H36M17)], ratios.shape)
    np.testing.assert_allclose(bones.spread(alike, H36M17), 0.0, atol=1e-9)


def test_spread_over_devices_is_that_of_the_whole_batch():
    ratios = bone_ratios(POINTS, H36M17)
    whole = jnp.array([True, True, False, True, False, True])

    def loss(ratios, whole, axis_name=None):
        return bones.spread(ratios, H36M17, whole, axis_name)

    shares = jax.vmap(lambda r, w: loss(r, w, "devices"), axis_name="devices")
    apart = shares(ratios.reshape(2, 3, 16), whole.reshape(2, 3))
    np.testing.assert_allclose(apart.reshape(6), loss(ratios, whole), rtol=1e-5)


def test_gradients_are_finite_even_where_bones_vanish():
    def total(points):
        ratios = bone_ratios(points, H36M17)
        return (bones.symmetry(ratios, H36M17) + bones.spread(ratios, H36M17) + bones.rigidity(ratios)).sum()

    for points in (POINTS, jnp.zeros_like(POINTS), POINTS.at[:, 2].set(POINTS[:, 1])):
        assert jnp.isfinite(jax.grad(total)(points)).all()


def test_rigidity_weighs_bones_by_the_softness_that_whole_poses_show():
    ratios = np.asarray(bone_ratios(POINTS, H36M17))
    apart = ratios / ratios[np.asarray(WHOLE)].mean(axis=0) - 1  # left and right are not taken together
    softness = (apart[np.asarray(WHOLE)] ** 2).mean(axis=0)
    expected = (apart**2 / (softness + bones.RIGID**2)).sum(axis=-1)
    np.testing.assert_allclose(bones.rigidity(ratios, WHOLE), expected, rtol=1e-4)
    np.testing.assert_allclose(bones.rigidity(jnp.broadcast_to(ratios[:1], ratios.shape)), 0.0, atol=1e-9)


def test_rigidity_needs_no_partners():
    """With the root on a side the mirror image of a bone is none."""
    beside = H36M17._replace(parents=(1, -1, *H36M17.parents[2:]))
    assert bones.bone_terms(beside, [1.0] * 16).names == ("rigidity",)
    assert bones.bone_terms(H36M17, [1.0] * 16).names == ("rigidity", "symmetry", "spread", "proportions")


def test_rigidity_over_devices_is_that_of_the_whole_batch():
    ratios = bone_ratios(POINTS, H36M17)
    shares = jax.vmap(lambda *share: bones.rigidity(*share, "devices"), axis_name="devices")
    apart = shares(ratios.reshape(2, 3, 16), WHOLE.reshape(2, 3))
    np.testing.assert_allclose(apart.reshape(6), bones.rigidity(ratios, WHOLE), rtol=1e-4)


def test_a_soft_bone_pulls_less_than_a_rigid_one():
    noise = jax.random.normal(jax.random.key(2), (50, 2))
    ratios = 1 + noise * jnp.array([[0.3, 0.03]])
    pull = jax.grad(lambda r: bones.rigidity(r).sum())(ratios)
    per_deviation = jnp.abs(pull / (ratios - ratios.mean(axis=0, keepdims=True))).mean(axis=0)
    assert per_deviation[0] < per_deviation[1] / 20
