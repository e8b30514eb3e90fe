"""Back or belly: the sign that left, right and the head give to the pitch of cameras, and where they give none."""

import math

import numpy as np
import pytest

from geolift.skeletons.seen_side import foreshortening, seen_sectors, seen_side
from geolift.skeletons.skeleton import H36M17
from tests.helpers.quadruped import QUADRUPED, filmed, walking

FRAMES = 4000
ONE = np.full(FRAMES, "one")


def image(pitch, *, points=None, seed=0):
    """Keypoints `[F, J, 2]` before a camera that looks down by `pitch` degrees, 1 px noise in bodies of 100 px."""
    points = walking(FRAMES) if points is None else points
    noise = np.random.default_rng(seed).normal(0, 1, (*points.shape[:2], 2))
    return 100 * filmed(points, pitch)[..., :2] + 500 + noise


@pytest.mark.parametrize("pitch", [15, 30, 45, 60, 80, -30, -45])
def test_the_sine_is_that_of_the_pitch(pitch):
    four = np.array(["a", "b", "c", "d"])[np.arange(FRAMES) % 4]
    found = seen_side(image(pitch), four, QUADRUPED)
    assert found.side == ("back" if pitch > 0 else "belly")
    assert abs(found.sine - math.sin(math.radians(pitch))) < 0.15
    assert set(found.cameras) == {"a", "b", "c", "d"}
    assert all(one.sine * pitch > 0 and one.poses == FRAMES / 4 for one in found.cameras.values())


def test_level_cameras_see_neither():
    found = seen_side(image(0), ONE, QUADRUPED)
    assert found.side == "" and abs(found.sine) < 0.05 and 0.4 < found.share < 0.6


def test_missing_joints_and_noise_leave_the_sign():
    keypoints = image(30)
    rng = np.random.default_rng(1)
    keypoints += rng.normal(0, 8, keypoints.shape)
    keypoints[rng.random(keypoints.shape[:2]) < 0.4] = np.nan
    assert seen_side(keypoints, ONE, QUADRUPED).side == "back"


def test_a_mirrored_video_or_exchanged_names_have_the_other_sign():
    keypoints = image(45)
    exchanged = keypoints[:, list(QUADRUPED.mirrored)]
    for wrong in (keypoints * [-1, 1], exchanged):
        assert seen_side(wrong, ONE, QUADRUPED).sine == pytest.approx(-seen_side(keypoints, ONE, QUADRUPED).sine)


@pytest.mark.parametrize("head", [0.3, -0.3])
def test_heads_above_or_under_the_back_do_not_count_for_bodies_that_face_the_camera(head):
    points = walking(FRAMES)
    points[:, QUADRUPED.head, 2] += head
    front = points[:, QUADRUPED.head, 1] < 0.2  # z up, y away from the camera
    seen = np.where(front[:, None, None], image(0, points=points), np.nan)
    assert seen_side(seen, ONE, QUADRUPED).side == ""
    seen = np.where(front[:, None, None], image(45, points=points), np.nan)
    assert seen_side(seen, ONE, QUADRUPED).side == "back"


@pytest.mark.parametrize("pitch", [0, 20, 45])
def test_people_who_stand_and_sit_show_neither(pitch):
    rng = np.random.default_rng(0)
    people = np.zeros((FRAMES, 17, 3))
    people[:, H36M17.head] = [0, 0, 0.7]
    people[:, list(H36M17.left), 1] = 0.15
    people[:, list(H36M17.right), 1] = -0.15
    people[:, H36M17.head, :2] += rng.normal(0, 0.15, (FRAMES, 2))  # they lean
    turn = rng.uniform(-1, 1, FRAMES) + np.pi / 2  # and face the camera
    c, s = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x, y, z = np.moveaxis(people, -1, 0)
    found = seen_side(image(pitch, points=np.stack([c * x - s * y, s * x + c * y, z], axis=-1)), ONE, H36M17)
    assert found.side == "" and abs(found.sine) < 0.1 and abs(found.height) > 0.6


def test_nothing_is_known_without_sides_or_poses():
    chain = QUADRUPED._replace(left=(), right=())
    nowhere = np.full((FRAMES, 7, 2), np.nan)
    for found in (seen_side(image(45), ONE, chain), seen_side(nowhere, ONE, QUADRUPED)):
        assert found.side == "" and math.isinf(found.spread)
    same = np.full((FRAMES, 7, 2), 3.0)  # all joints at one place
    assert seen_side(same, ONE, QUADRUPED).side == ""


def test_bodies_that_never_turn_to_the_side_show_no_sign():
    behind = np.repeat(walking(1), FRAMES, axis=0)
    turn = math.pi / 2 - math.atan2(*(behind[0, 1] - behind[0, 0])[[1, 0]])
    c, s = math.cos(turn), math.sin(turn)
    x, y, z = np.moveaxis(behind, -1, 0)
    assert seen_side(image(45, points=np.stack([c * x - s * y, s * x + c * y, z], axis=-1)), ONE, QUADRUPED).side == ""


@pytest.mark.parametrize("pitch", [30, 60, 85])
def test_widths_are_foreshortened_by_the_sine(pitch):
    sine, spread = foreshortening(image(pitch), ONE, QUADRUPED)
    assert abs(sine - math.sin(math.radians(pitch))) < 0.06 and spread < 0.05
    assert math.isnan(foreshortening(image(pitch)[:100], ONE[:100], QUADRUPED)[0])


@pytest.mark.parametrize("pitch", [0, 45, 85])
def test_directions_are_counted_in_the_image(pitch):
    points = walking(FRAMES)
    assert seen_sectors(image(pitch), QUADRUPED) == 12
    aside = np.abs(points[:, QUADRUPED.head, 1]) < 0.4 * points[:, QUADRUPED.head, 0]  # within 22 degrees of one side
    assert 1 <= seen_sectors(image(pitch)[aside], QUADRUPED) <= 4
    assert seen_sectors(np.full((9, 7, 2), np.nan), QUADRUPED) == 0
