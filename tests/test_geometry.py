"""Rotations are rotations, projection is undone, gradients are finite everywhere, a mirror image is never forgiven."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift import geometry as geo
from geolift.skeletons.skeleton import H36M17


@pytest.fixture
def points(rng):
    """`[5, 17, 3]` points about 10 in front of the camera."""
    return jnp.asarray(rng.normal(loc=[0, 0, 10], size=(5, 17, 3)), jnp.float32)


def finite(tree):
    return all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(tree))


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_sampled_rotations_are_proper_rotations(shape):
    rotation = geo.sample_rotation(jax.random.key(0), shape)
    assert rotation.shape == (*shape, 3, 3)
    product = jnp.einsum("...ij,...kj->...ik", rotation, rotation, precision="highest")
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(3), rotation.shape), atol=1e-6)
    np.testing.assert_allclose(jnp.linalg.det(rotation), 1.0, atol=1e-6)


def test_sampled_angles_stay_in_their_ranges_and_fill_them():
    rotation = np.asarray(geo.sample_rotation(jax.random.key(1), (20_000,), azimuth=2.0, elevation=0.3))
    # R = R_x(e) R_y(a): the first row is (cos a, 0, sin a), the second column (0, cos e, sin e).
    azimuth = np.arctan2(rotation[:, 0, 2], rotation[:, 0, 0])
    elevation = np.arctan2(rotation[:, 2, 1], rotation[:, 1, 1])
    for angle, bound in ((azimuth, 2.0), (elevation, 0.3)):
        assert np.abs(angle).max() <= bound + 1e-6
        assert angle.min() < -0.99 * bound
        assert angle.max() > 0.99 * bound
        assert abs(angle.mean()) < 0.02 * bound


def test_with_a_pitch_views_rotate_about_gravity_and_keep_the_camera_s_tilt():
    """A camera that looks down by the pitch sees gravity along (0, cos, sin); rotated views must see the same."""
    pitch = 0.3
    gravity = jnp.array([[0.0, np.cos(pitch), np.sin(pitch)]])
    rotation = geo.sample_rotation(jax.random.key(2), (50,), elevation=0.0, pitch=pitch)
    np.testing.assert_allclose(
        geo.rotate(jnp.tile(gravity, (50, 1, 1)), rotation), np.tile(gravity, (50, 1, 1)), atol=1e-6
    )
    upward = geo.rotate(
        jnp.tile(gravity * jnp.array([[1, 1, -1]]), (50, 1, 1)), rotation
    )  # the mirrored twin's gravity
    assert upward.std(axis=0).max() > 0.1
    same = geo.sample_rotation(jax.random.key(2), (50,), pitch=0.0)
    np.testing.assert_allclose(same, geo.sample_rotation(jax.random.key(2), (50,)), atol=1e-7)


def test_views_from_anywhere_are_uniform_and_proper():
    views = np.asarray(geo.sample_any_rotation(jax.random.key(3), (4000,)), np.float64)
    np.testing.assert_allclose(views @ views.swapaxes(1, 2), np.broadcast_to(np.eye(3), views.shape), atol=1e-5)
    np.testing.assert_allclose(np.linalg.det(views), 1, atol=1e-5)
    # Every axis goes to every direction alike: a coordinate of a uniform direction is uniform on [-1, 1] (Archimedes).
    for coordinate in views.reshape(4000, 9).T:
        np.testing.assert_allclose(np.quantile(coordinate, (0.1, 0.5, 0.9)), (-0.8, 0, 0.8), atol=0.06)
    # And turns about that direction are uniform: the angle's density is 1 - cos, its mean pi / 2 + 2 / pi.
    angle = np.arccos(np.clip((np.trace(views, axis1=1, axis2=2) - 1) / 2, -1, 1))
    np.testing.assert_allclose(angle.mean(), np.pi / 2 + 2 / np.pi, atol=0.04)


def test_azimuth_rotates_about_the_vertical_of_the_image_never_about_the_optical_axis():
    rotated = geo.rotate(jnp.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), geo.rotation_y(jnp.pi / 2))
    np.testing.assert_allclose(rotated, [[0, 0, -1], [0, 1, 0], [1, 0, 0]], atol=1e-6)  # x goes away, y stays


def test_elevation_by_hand():
    rotated = geo.rotate(jnp.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), geo.rotation_x(jnp.pi / 2))
    np.testing.assert_allclose(rotated, [[1, 0, 0], [0, 0, 1], [0, -1, 0]], atol=1e-6)
    near = geo.rotate(jnp.array([[0.0, 0.0, -1.0]]), geo.rotation_x(0.1))
    assert near[0, 1] > 0, "a positive elevation must tip the near side down (y points down)"


def test_rotation_keeps_bones_and_is_undone_by_its_inverse(points):
    rotation = geo.sample_rotation(jax.random.key(2), (5,))
    rotated = geo.rotate(points, rotation)
    for a, b in H36M17.bones:
        before, after = (np.linalg.norm(p[:, a] - p[:, b], axis=-1) for p in (points, rotated))
        np.testing.assert_allclose(before, after, rtol=1e-5)
    np.testing.assert_allclose(geo.rotate(rotated, geo.inverse(rotation)), points, atol=1e-5)


def test_one_rotation_serves_many_poses_and_batches_equal_loops(points):
    rotation = geo.sample_rotation(jax.random.key(3), (5,))
    np.testing.assert_allclose(geo.rotate(points, rotation)[2], geo.rotate(points[2], rotation[2]), atol=1e-6)
    np.testing.assert_allclose(geo.rotate(points, rotation[0])[3], geo.rotate(points[3], rotation[0]), atol=1e-6)


def test_projection_is_undone_by_unprojection_and_ignores_scale(points):
    pose = geo.project(points)
    np.testing.assert_allclose(geo.unproject(pose, points[..., 2]), points, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(geo.project(2 * points), pose, rtol=1e-5, atol=1e-6)


def test_points_behind_the_camera_project_to_finite_places():
    pose = geo.project(jnp.array([[1.0, 2.0, -3.0], [1.0, 2.0, 0.0], [1.0, 2.0, 0.5]]), min_depth=0.5)
    np.testing.assert_allclose(pose, [[2, 4]] * 3)


def test_depth_is_offset_plus_distance_with_floor_and_root():
    offset = jnp.array([3.0, -20.0, 1.0])
    np.testing.assert_allclose(geo.depth(offset), [13, 1, 11])
    np.testing.assert_allclose(geo.depth(offset, root=0, distance=5.0, min_depth=2.0), [5, 2, 6])


def test_centering_puts_the_root_at_the_origin_and_keeps_differences(points):
    centred = geo.center(points, 7)
    np.testing.assert_array_equal(centred[:, 7], 0)
    np.testing.assert_allclose(centred[:, 3] - centred[:, 5], points[:, 3] - points[:, 5], atol=1e-5)


def test_mirroring_depth_twice_is_nothing_and_keeps_the_image(points):
    mirrored = geo.mirror_depth(points, 0)
    np.testing.assert_allclose(geo.mirror_depth(mirrored, 0), points, atol=1e-5)
    np.testing.assert_array_equal(mirrored[..., :2], points[..., :2])
    np.testing.assert_allclose(mirrored[:, 0], points[:, 0], atol=1e-6)


def test_alignment_undoes_a_similarity(points):
    rotation = geo.sample_rotation(jax.random.key(4), (5,), elevation=1.5)
    moved = 0.3 * geo.rotate(points, rotation) + 4.0
    np.testing.assert_allclose(geo.align(moved, points), points, atol=2e-5)
    np.testing.assert_allclose(geo.align(moved / 0.3, points, scale=False), points, atol=2e-4)


def test_alignment_never_forgives_a_mirror_image_unless_asked(points):
    mirrored = geo.mirror_depth(points, 0)
    assert np.linalg.norm(geo.align(mirrored, points) - points, axis=-1).mean() > 0.1
    np.testing.assert_allclose(geo.align(mirrored, points, reflection=True), points, atol=2e-5)


def test_alignment_is_the_best_similarity(points, rng):
    target = jnp.asarray(rng.normal(size=points.shape), jnp.float32)
    best = jnp.sum((geo.align(points, target) - target) ** 2, axis=(-2, -1))
    for key in jax.random.split(jax.random.key(5), 20):
        rotation = geo.sample_rotation(key, (5,), elevation=3.0)
        other = geo.align(geo.rotate(points, rotation), target, scale=False)
        assert (jnp.sum((other - target) ** 2, axis=(-2, -1)) >= best - 1e-3).all()


def test_gradients_are_finite_at_the_worst_places(points):
    zero, flat = jnp.zeros((17, 3)), points[0].at[:, 2].set(10.0)
    line = jnp.zeros((17, 3)).at[:, 0].set(jnp.arange(17.0))
    assert finite(jax.grad(lambda x: geo.safe_norm(x).sum())(zero))
    assert finite(jax.grad(lambda x: geo.project(x).sum())(zero))
    assert finite(jax.grad(lambda x: geo.depth(x).sum())(jnp.full((17,), -9.0)))
    assert finite(jax.grad(lambda a: geo.rotation_x(a).sum() + geo.rotation_y(a).sum())(0.0))
    for a in (zero, flat, line, points[0]):
        for b in (zero, flat, line, points[0], points[1], geo.mirror_depth(points[0], 0)):
            for reflection in (False, True):
                value, grads = jax.value_and_grad(
                    lambda p, g, r=reflection: jnp.sum(geo.align(p, g, reflection=r) ** 2), argnums=(0, 1)
                )(a, b)
                assert np.isfinite(value) and finite(grads)


@pytest.mark.parametrize("reflection", [False, True])
def test_alignment_gradient_agrees_with_differences(points, rng, reflection):
    with jax.enable_x64(True):
        p, g, weight, direction = (jnp.asarray(rng.normal(size=(17, 3)), jnp.float64) for _ in range(4))

        def f(t):
            return jnp.sum(weight * geo.align(p + t * direction, g, reflection=reflection))

        numeric = (f(1e-5) - f(-1e-5)) / 2e-5
        np.testing.assert_allclose(jax.jvp(f, (0.0,), (1.0,))[1], numeric, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: geo.project(jnp.zeros((17, 2))), "points"),
        (lambda: geo.unproject(jnp.zeros((17, 3)), jnp.zeros(17)), "pose"),
        (lambda: geo.unproject(jnp.zeros((17, 2)), jnp.zeros((17, 1))), "depth"),
        (lambda: geo.rotate(jnp.zeros((17, 3)), jnp.zeros((17, 2))), "rotation"),
        (lambda: geo.align(jnp.zeros((17, 3)), jnp.zeros((16, 3))), "differ in shape"),
    ],
)
def test_wrong_shapes_are_refused_by_name(call, name):
    with pytest.raises(ValueError, match=name):
        call()
