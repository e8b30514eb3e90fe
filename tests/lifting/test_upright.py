"""A turned video gives the points of the upright one, turned; a person on the ground is not turned."""

import numpy as np
import pytest

import geolift
from geolift.keypoints import read_keypoints
from geolift.skeletons.skeleton import H36M17
from tests.helpers.cases import case, errors
from tests.helpers.paths import ROOT

SIZE = np.float32([1920, 1080])


def turned(recording, quarters):
    """The recording of a video that is stored turned by so many quarters clockwise, about the corner of its image."""
    keypoints, size = recording.keypoints, recording.image_size
    for _ in range(quarters):
        keypoints = np.stack([size[:, None, 1][recording.frame] - keypoints[..., 1], keypoints[..., 0]], axis=-1)
        size = size[:, ::-1]
    keypoints = np.where(recording.seen[..., None], keypoints, 0)
    return recording._replace(keypoints=keypoints, image_size=size)


def turned_points(points, quarters):
    for _ in range(quarters):
        points = np.stack([-points[..., 1], points[..., 0], points[..., 2]], axis=-1)
    return points


@pytest.fixture(scope="module")
def walk():
    recording = read_keypoints(ROOT / "examples" / "walk.csv").recording
    return recording._replace(image_size=np.tile(SIZE, (len(recording.frames), 1)))


@pytest.fixture(scope="module")
def upright(walk):
    return {focal: geolift.lift(walk, focal=focal) for focal in (None, 1500.0)}


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("focal", [None, 1500.0])
def test_a_turned_video_gives_turned_points(walk, upright, quarters, focal):
    right, found = upright[focal], geolift.lift(turned(walk, quarters), focal=focal)
    assert not any("clockwise" in note for note in right.notes)
    assert sum(f"turned by {90 * (4 - quarters)} degrees clockwise" in note for note in found.notes) == 1
    for key in ("points", "position", "up"):
        expected = turned_points(getattr(right, key), quarters)
        np.testing.assert_allclose(getattr(found, key), expected, atol=2e-3, err_msg=key)
    np.testing.assert_allclose(found.keypoints, turned(walk, quarters).keypoints, atol=1)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_where_gravity_is_given_it_decides_who_lies_and_which_image_is_turned(walk, quarters):
    """A level camera sees people across its image lie; a camera on its side sees the same people stand."""
    up = np.float32([[0, -1, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 0]])[quarters]
    standing = geolift.lift(turned(walk, quarters), up=up)
    assert not any("warning" in note and "direction up" in note for note in standing.notes)
    np.testing.assert_allclose(standing.points, turned_points(geolift.lift(walk, pitch=0).points, quarters), atol=2e-3)
    lying = geolift.lift(turned(walk, quarters), pitch=0)
    assert any("clockwise" in note for note in lying.notes) == (quarters == 2)  # on their hands
    assert np.abs(lying.up - [0, -1, 0]).max() < 1e-6


def test_a_direction_up_that_the_poses_contradict_is_a_warning(walk):
    notes = geolift.lift(walk, up=(0, 1, 0)).notes
    assert any(note.startswith("warning: the direction up that was given is 1") for note in notes)
    assert not any("direction up that was given" in note for note in geolift.lift(walk, pitch=10).notes)


def test_one_image_is_turned(walk):
    one = walk._replace(keypoints=walk.keypoints[:1], confidence=walk.confidence[:1], frame=walk.frame[:1])
    one = one._replace(person=one.person[:1], frames=("0",), image_size=walk.image_size[:1], video=False)
    right = geolift.lift(one)
    found = geolift.lift(turned(one, 1))
    np.testing.assert_allclose(found.points, turned_points(right.points, 1), atol=2e-3)


def test_one_of_two_people_on_their_hands_does_not_turn_the_direction_up(walk, upright):
    """Two people who walk, one of them head down: each is lifted upright, and up is that of most."""
    upper = walk.keypoints * np.float32([1, -1]) * np.float32([-1, 1]) + np.float32([1900, 1080])
    keypoints = np.concatenate([walk.keypoints, walk.keypoints + np.float32([30, 0]), upper])
    three = geolift.record(
        keypoints,
        np.concatenate([walk.confidence] * 3),
        joints=walk.joints,
        frame=np.tile(walk.frame, 3),
        frames=walk.frames,
        person=np.repeat(np.arange(3), len(walk.frame)),
        people=("a", "b", "c"),
        image_size=SIZE,
        fps=30.0,
    )
    found = geolift.lift(three)
    assert found.up[0] @ upright[None].up[0] > 0.99
    thorax = H36M17.names.index("thorax")
    assert (found.points[found.person == 2, thorax, 1] > 0.2).all()  # y down: below the hips
    assert (found.points[found.person == 0, thorax, 1] < -0.2).all()


@pytest.mark.parametrize(("name", "degrees"), [("ccw", 90), ("upside", 180), ("upright", 0)])
def test_sideways_and_upside_down_videos_are_as_good_as_upright_ones(name, degrees):
    found = geolift.lift(case(f"rotated-90/{name}.csv"), image_size=(1080, 1920))
    assert errors(found.points, case("rotated-90/true.npy")).mean() < 40
    assert sum("clockwise" in note for note in found.notes) == (degrees > 0)
    assert not any(note.startswith("warning") for note in found.notes)
