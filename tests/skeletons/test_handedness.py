"""Mirror images of poses are recognised by left and right where the head is ahead of the root, and nowhere else."""

import math

import numpy as np
import pytest

from geolift.skeletons.handedness import across, lies, right_handed_share
from geolift.skeletons.skeleton import H36M17
from tests.helpers.quadruped import QUADRUPED, UP, filmed, walking


@pytest.mark.parametrize("pitch", [-80, -45, 0, 15, 45, 80])
def test_bodies_are_right_handed_and_their_mirror_images_are_not(pitch):
    points = filmed(walking(300), pitch)
    angle = math.radians(pitch)
    up = -np.array([0, math.cos(angle), math.sin(angle)])
    assert right_handed_share(points, up, QUADRUPED) == 1
    # What a lifter that takes cameras to look down gives for cameras that look up: the same picture, depths negated.
    assert right_handed_share(points * [1, 1, -1], up * [1, 1, -1], QUADRUPED) == 0


def test_missing_joints_are_left_out():
    points = walking(300)
    points[:, QUADRUPED.left[0]] = np.nan
    points[:100, QUADRUPED.head] = np.nan
    assert right_handed_share(points, UP, QUADRUPED) == 1
    points[:, list(QUADRUPED.left)] = np.nan
    assert math.isnan(right_handed_share(points, UP, QUADRUPED))
    assert np.isnan(across(points, QUADRUPED)).all()


def test_it_is_not_known_of_people_nor_without_sides():
    people = np.zeros((50, 17, 3))
    people[:, H36M17.head] = [0.1, 0, 0.7]
    people[:, list(H36M17.left), 1] = 0.1
    assert not lies(people, UP, H36M17) and math.isnan(right_handed_share(people, UP, H36M17))
    chain = QUADRUPED._replace(left=(), right=())
    assert lies(walking(50), UP, chain) and math.isnan(right_handed_share(walking(50), UP, chain))
