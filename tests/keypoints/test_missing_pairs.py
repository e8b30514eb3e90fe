"""A constant pair is a missing joint wherever it is; rounded, still and cropped people keep all of theirs."""

import numpy as np
import pytest

import geolift
from geolift.keypoints.missing_pairs import without_constant_pairs
from tests.helpers.cases import case, errors

SIZE = np.float64([1000, 1000])


@pytest.fixture(scope="module")
def clip(people):
    return people.keypoints[people.start[0] : people.stop[0]].astype(np.float64) / 2 + 250


def without(points, size=SIZE):
    sizes = None if size is None else np.tile(size, (len(points), 1))
    return without_constant_pairs(points, np.ones(points.shape[:2]), sizes)


PAIRS = [(-1, -1), (0, 1000), (1000, 1000), (999, 999), (1000, 0), (-1.5, -0.7), (-9999, -9999), (-32768, -32768)]


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("share", [0.05, 0.6])
def test_joints_at_a_constant_pair_are_missing(pair, share, clip, rng):
    missing = rng.random(clip.shape[:2]) < share
    missing[0] = True  # a person of whom nothing was found
    keypoints, confidence, notes = without(np.where(missing[..., None], pair, clip))
    np.testing.assert_array_equal(confidence == 0, missing)
    np.testing.assert_array_equal(keypoints, np.where(missing[..., None], 0, clip))
    listed = f"{pair[0]:g}, {pair[1]:g}"
    assert notes[0].startswith(f"x, y = {listed} is no place: {missing.sum()} joints of ") and len(notes) == 1


def test_a_pair_that_is_no_corner_is_missing_without_the_image_s_size(clip, rng):
    missing = rng.random(clip.shape[:2]) < 0.2
    for pair in ((0, 1080), (5000, 5000), (1234.5, 77)):
        _, confidence, _ = without(np.where(missing[..., None], pair, clip), None)
        np.testing.assert_array_equal(confidence == 0, missing)


def test_one_joint_of_one_image_at_minus_one(clip):
    one = clip[:1].copy()
    one[0, 3] = -1
    assert (without(one)[1] == 0).sum() == 1
    one[0, 3] = (-1, 300)
    assert (without(one)[1] == 1).all()


@pytest.mark.parametrize("size", [SIZE, None])
def test_right_people_keep_their_joints(clip, size):
    still = np.repeat(clip[:1], 50, axis=0)
    cropped = np.round(np.clip(clip - 450, -1, None))  # clipped at the edge of the image
    for points in (clip, np.round(clip), np.round(clip / 20), np.round(still), np.round(still / 20), clip - 500):
        keypoints, confidence, notes = without(points, size)
        assert (confidence == 1).all() and notes == ()
        np.testing.assert_array_equal(keypoints, points)
    kept = (cropped > 0).all(axis=-1)
    assert (without(cropped, size)[1][kept] == 1).all()


def test_a_hand_that_rests_while_the_person_moves_is_a_place(clip):
    """On a table, an arm's length from the body."""
    resting = clip + np.linspace(0, 30, len(clip))[:, None, None]
    resting[:, 16] = resting[0, 16].round()
    assert (without(resting)[1] == 1).all()


def test_minus_one_is_as_good_as_empty():
    found, empty = (geolift.lift(case(f"minus-one-missing/{name}.csv")) for name in ("minus", "empty"))
    assert errors(found.points, case("minus-one-missing/true.npy")).mean() < 35
    np.testing.assert_allclose(found.points, empty.points, atol=1e-4)
    assert any(note.startswith("x, y = -1, -1 is no place: 78 joints of 60 detections") for note in found.notes)
    assert not any(note.startswith("warning") for note in found.notes)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [1e160, -1e160, 1e300, -1.7e308])
def test_huge_coordinates_do_not_overflow(value, rng):
    keypoints = rng.uniform(100, 500, (6, 5, 2))
    keypoints[2, 1], keypoints[4, 3, 0] = value, value
    without_constant_pairs(keypoints, np.ones((6, 5)), np.full((6, 2), 640.0))
