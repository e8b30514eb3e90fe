"""A camera turned to each person: a rotation that loses nothing, and points that stay on their rays."""

import numpy as np
import pytest

from geolift.lifting.virtual_camera import as_expected, move_on_rays, turn_back, turn_to_root

FOCAL, ROOT = 900.0, 2


@pytest.fixture
def points(rng):
    """Five people of seven joints before a camera, some far off its axis."""
    middle = np.stack([rng.uniform(-3, 3, 5), rng.uniform(-2, 2, 5), rng.uniform(3, 6, 5)], axis=1)
    return middle[:, None] + rng.uniform(-0.5, 0.5, (5, 7, 3))


def pixels(points, centre):
    return FOCAL * points[..., :2] / points[..., 2:] + centre


def test_the_turned_camera_sees_what_a_rotation_of_the_world_shows(points):
    centre = np.array([640.0, 360.0])
    turned = turn_to_root(pixels(points, centre), ROOT, np.tile(centre, (5, 1)), np.full(5, FOCAL))
    eye = np.broadcast_to(np.eye(3), (5, 3, 3))
    np.testing.assert_allclose(turned.rotation @ turned.rotation.transpose(0, 2, 1), eye, atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(turned.rotation), 1)
    rotated = np.einsum("nik,njk->nji", turned.rotation, points)
    np.testing.assert_allclose(turned.keypoints, pixels(rotated, 0.0), atol=1e-8)
    np.testing.assert_allclose(turned.keypoints[:, ROOT], 0, atol=1e-8)
    np.testing.assert_allclose(turn_back(rotated, turned.rotation), points, atol=1e-12)
    np.testing.assert_allclose(turn_back(rotated[:, 0], turned.rotation), points[:, 0], atol=1e-12)
    assert turned.inside.all()


def test_it_is_the_shortest_rotation(points):
    """About an axis that is perpendicular to both directions: by no more than the angle between them."""
    turned = turn_to_root(pixels(points, 0.0), ROOT, np.zeros((5, 2)), np.full(5, FOCAL))
    direction = points[:, ROOT] / np.linalg.norm(points[:, ROOT], axis=1, keepdims=True)
    angle = np.arccos((np.trace(turned.rotation, axis1=1, axis2=2) - 1) / 2)
    np.testing.assert_allclose(angle, np.arccos(direction[:, 2]), atol=1e-7)


def test_a_person_in_the_middle_is_seen_as_before(points):
    points = points - points[:, [ROOT]] + [0, 0, 4]
    turned = turn_to_root(pixels(points, 300.0), ROOT, np.full((5, 2), 300.0), np.full(5, FOCAL))
    np.testing.assert_allclose(turned.rotation, np.broadcast_to(np.eye(3), (5, 3, 3)), atol=1e-12)
    np.testing.assert_allclose(turned.keypoints, pixels(points, 0.0), atol=1e-9)


def test_joints_beside_or_behind_the_turned_camera_are_outside():
    keypoints = np.array([[[0.0, 0.0], [100.0, 0.0], [1e4, 0.0]], [[1e4, 0.0], [1e4, 9e3], [-1e4, 0.0]]])
    turned = turn_to_root(keypoints, 0, np.zeros((2, 2)), np.full(2, 100.0))
    assert turned.inside.tolist() == [[True, True, False], [True, True, False]]
    assert np.isfinite(turned.keypoints).all()


@pytest.fixture
def about(rng):
    return {"distance": 10.0, "nearness": rng.uniform(0.3, 3, 5), "min_depth": 1.0}


def test_points_move_on_their_rays_and_back(points, about, rng):
    points = points - points[:, [ROOT]]
    camera = np.stack([np.zeros(5), np.zeros(5), about["distance"] / about["nearness"]], axis=1)[:, None]
    depths = points[..., 2] + rng.uniform(-0.5, 0.5, (5, 7))
    moved = move_on_rays(points, depths, **about)
    np.testing.assert_allclose(moved[..., 2], depths)
    np.testing.assert_allclose(pixels(moved + camera, 0.0), pixels(points + camera, 0.0), atol=1e-9)
    np.testing.assert_allclose(move_on_rays(moved, points[..., 2], **about), points, atol=1e-12)


def test_at_the_expected_distance_it_is_the_lifter_s_perspective(points):
    points = points - points[:, [ROOT]]
    about = {"distance": 10.0, "nearness": np.ones(5), "min_depth": 1.0}
    poses, depths = as_expected(points, 10.0), points[..., 2] + 0.3
    expected = np.concatenate([poses * (10 + depths)[..., None], depths[..., None]], axis=-1)
    np.testing.assert_allclose(move_on_rays(points, depths, **about), expected)
    np.testing.assert_allclose(as_expected(expected, 10.0), poses)


def test_no_point_comes_nearer_than_the_smallest_depth(points, about):
    moved = move_on_rays(points - points[:, [ROOT]], np.full((5, 7), -100.0), **about)
    depth = about["distance"] / about["nearness"][:, None] + moved[..., 2]
    np.testing.assert_allclose(depth, about["min_depth"])
