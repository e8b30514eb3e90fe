"""Feet: found where they are seen, the one of two that the leg allows, on the floor where they stand, side by side."""

import numpy as np
import pytest

from geolift.rotations import unit
from geolift.world.foot_pose import SOLE, Feet, expected_feet, place_feet, points_of

UP = np.array([0.0, -1.0, 0.0])
STATURE, FPS = 1.7, 30.0
FLAT = points_of(np.eye(3)[None], np.zeros(2), STATURE)[0]  # ahead, left, up


def flat_foot(degrees, pitch=0.0):
    """`[3, 3]` axes of a foot that points to that many degrees from the camera to the image's right, toes down."""
    a, p = np.radians([degrees, pitch])
    ahead = np.array([np.sin(a), 0, -np.cos(a)])
    left = np.cross(UP, ahead)
    ahead = np.cos(p) * ahead - np.sin(p) * UP
    return np.stack([ahead, left, np.cross(ahead, left)], axis=-1)


def feet(turned, expected, *, ankle=(0.0, 1.0, 4.0), seen=(True, True), stands=False, floor=np.nan, follows=None):
    """`Feet` of M frames of one foot, whose axes are `turned` `[M, 3, 3]`; and its toes and heels `[M, 2, 3]`."""
    count, ankle = len(turned), np.broadcast_to(np.array(ankle), (len(turned), 3))
    points = points_of(turned, np.zeros(2), STATURE)
    rays = np.where(np.array(seen)[:, None], unit(ankle[:, None] + points), np.nan)
    follows = np.arange(count) > 0 if follows is None else follows
    about = (np.full(count, stands), np.tile(UP, (count, 1)), np.full(count, floor), STATURE, FPS)
    return Feet(ankle, expected, rays, np.full((count, 2), 0.01), follows, *about), points


def degrees_off(found, points):
    """The angle between the lines from heel to toe, degrees."""
    one, other = (unit(x[:, 0] - x[:, 1]) for x in (found, points))
    return np.degrees(np.arccos(np.clip(np.sum(one * other, axis=-1), -1, 1)))


@pytest.mark.parametrize("azimuth", [0, 45, 90, 135, 180, 270])
@pytest.mark.parametrize("pitch", [-20, 0, 40])
def test_a_foot_is_found_from_every_side_by_a_leg_that_is_15_degrees_off(azimuth, pitch):
    turned, about = np.tile(flat_foot(azimuth, pitch), (10, 1, 1)), flat_foot(azimuth + 15)
    given, points = feet(turned, np.tile(about, (10, 1, 1)))
    found = place_feet(given)
    assert degrees_off(found, points).max() < 13  # less than the leg, and from the front and the back much less
    assert np.linalg.norm(found - points, axis=-1).max() < 0.04


@pytest.mark.parametrize("azimuth", [60, 120])
def test_of_two_feet_on_the_same_rays_the_leg_chooses(azimuth):
    """Toes before and behind the image's plane look alike; the leg says which."""
    turned = np.tile(flat_foot(azimuth), (5, 1, 1))
    given, points = feet(turned, np.tile(flat_foot(azimuth), (5, 1, 1)), ankle=(0, 0.0, 40.0))
    other = given._replace(expected=np.tile(flat_foot(180 - azimuth), (5, 1, 1)))
    assert degrees_off(place_feet(given), points).max() < 5
    mirrored = points * [1, 1, -1]
    assert degrees_off(place_feet(other), mirrored).max() < 5


def test_a_mirrored_foot_is_the_mirror_image():
    legs = np.array([[[0.1, 0.2, 4.0], [0.15, 0.6, 3.9], [0.12, 1.0, 4.1]]])
    mirror = np.array([-1.0, 1, 1])
    left = expected_feet(legs, np.array([[0.2, 0.0, 0.05]]), np.array([1]))
    right = expected_feet(legs * mirror, np.array([[0.2, 0.0, -0.05]]), np.array([-1]))
    found = []
    for expected, flip in ((left, np.ones(3)), (right, mirror)):
        given, _ = feet(left @ flat_foot(0).T @ flat_foot(20, 30), expected)
        rays, ankle = given.rays * flip, given.ankle * flip
        found.append(place_feet(given._replace(rays=rays, ankle=ankle, expected=expected)) * flip)
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)


def test_feet_point_ahead_and_outwards_of_a_bent_knee():
    """A person who faces x, z up, with a thigh that is raised ahead: the knee's hinge says where ahead is."""
    leg = np.array([[[0.0, 0.1, 0.9], [0.3, 0.1, 0.65], [0.3, 0.1, 0.25]]])
    axes = expected_feet(leg, np.array([[0.0, 0.2, 0.0]]), np.array([1]))[0]
    assert axes[0, 0] > 0.95 and 0.1 < axes[1, 0] < 0.2 and axes[2, 0] < 0
    np.testing.assert_allclose(np.linalg.det(axes), 1)


@pytest.mark.parametrize("seen", [(True, False), (False, True)])
def test_a_foot_that_stands_is_flat_by_its_toe_or_its_heel_alone(seen):
    turned = np.tile(flat_foot(20), (10, 1, 1))
    given, points = feet(turned, np.tile(flat_foot(20, 25), (10, 1, 1)), seen=seen, stands=True, floor=-1.08)
    found = place_feet(given)
    heights = (given.ankle[:, None] + found) @ UP + 1.08
    assert np.abs(heights - SOLE).max() < 0.015
    assert degrees_off(found, points).max() < 12
    without = place_feet(given._replace(floor=np.full(10, np.nan)))
    assert degrees_off(without, points).min() > degrees_off(found, points).max()


def test_the_floor_does_not_outweigh_a_foot_that_is_seen_on_its_toes():
    turned = np.tile(flat_foot(90, 50), (10, 1, 1))
    given, points = feet(turned, np.tile(flat_foot(80, 5), (10, 1, 1)), stands=True, floor=-1.08)
    assert degrees_off(place_feet(given), points).max() < 15


def test_one_wrong_keypoint_stays_in_its_frame_and_nothing_crosses_a_gap():
    turned = np.tile(flat_foot(70), (20, 1, 1))
    follows = (np.arange(20) > 0) & (np.arange(20) != 10)
    given, points = feet(turned, np.tile(flat_foot(60), (20, 1, 1)), follows=follows)
    clean = place_feet(given)
    rays = given.rays.copy()
    rays[4, 0] = unit(given.ankle[4] + points[4, 0] + [0.3, -0.3, 0])
    wrong = place_feet(given._replace(rays=rays))
    assert degrees_off(wrong, points).max() < 12
    assert degrees_off(wrong[10:], clean[10:]).max() < 1


def test_longer_feet_are_found_longer():
    turned = np.stack([flat_foot(azimuth) for azimuth in np.linspace(60, 120, 60)])
    given, points = feet(turned, turned)
    longer = given._replace(rays=unit(given.ankle[:, None] + 1.2 * points))
    ratio = np.linalg.norm(place_feet(longer), axis=-1) / np.linalg.norm(place_feet(given), axis=-1)
    assert (ratio > 1.1).all() and (ratio < 1.25).all()
