"""The direction up: two estimates, how sure they are together, and people who may lie."""

import numpy as np
import pytest

from geolift.world.gravity import MODEL, combined, lying, still_doubt, turned_doubt

UP, SIGHT = np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0])


def tilted(degrees):
    angle = np.radians(degrees)
    return np.array([np.sin(angle), -np.cos(angle), 0.0])


def spread(covariance):
    return np.degrees(np.sqrt(np.trace(covariance)))


def test_two_that_agree_are_surer_than_one():
    assert (
        spread(combined(UP, tilted(3), SIGHT)[1])
        < spread(combined(UP, None, SIGHT)[1])
        == pytest.approx(np.hypot(*MODEL))
    )


def test_the_spread_grows_with_how_far_they_disagree():
    near, far, farther, opposite = (spread(combined(UP, tilted(angle), SIGHT)[1]) for angle in (5, 30, 90, 180))
    assert near < far < farther < opposite
    assert 20 < farther < 90


def test_up_is_between_the_two():
    found = combined(UP, tilted(10), SIGHT)[0]
    assert 0 < np.degrees(np.arctan2(found[0], -found[1])) < 5  # the model is surer


def test_people_who_stand_before_a_turned_camera_raise_no_doubt():
    standing = np.stack([tilted(angle) for angle in (80, 90, 100)])
    assert spread(turned_doubt(tilted(90), standing, np.ones(3))) == 0
    upright = np.stack([tilted(angle) for angle in (-10, 0, 90)])  # one of them lies
    assert spread(turned_doubt(UP, upright, np.ones(3))) == 0


def test_poses_that_are_upright_in_the_image_make_a_turned_camera_doubtful():
    poses = np.stack([tilted(0), tilted(0), tilted(90), tilted(90)])
    assert spread(turned_doubt(tilted(90), poses, np.ones(4))) == pytest.approx(90 * np.sqrt(0.5), abs=0.1)
    assert spread(turned_doubt(tilted(90), poses, np.array([0.1, 0.1, 1, 1]))) == 0  # bent ones say nothing


def test_people_who_lie_by_the_models_up_do_not_stand():
    bodies = np.stack([tilted(angle) for angle in (0, -40, 50, 70, 90, 180)])
    assert lying(bodies, UP).tolist() == [False, False, False, True, True, True]
    assert lying(bodies, tilted(90)).tolist() == [True, True, False, False, False, True]
    assert not lying(bodies, None).any()
    assert not lying(np.full((1, 3), np.nan), UP).any()


def test_who_stays_in_place_before_a_turned_camera_may_lie():
    there = np.array([0.0, 0.0, 4.0]) + np.zeros((30, 3))
    walks = there + np.linspace(0, 2, 30)[:, None] * np.array([0.0, 1.0, 0.0])  # over the ground, if x is up
    assert np.degrees(np.sqrt(still_doubt(tilted(90), there))) == pytest.approx(90 * np.sqrt(0.5), abs=0.1)
    assert still_doubt(tilted(90), walks) == 0 == still_doubt(tilted(20), there)
