"""The median direction: it turns with the directions, few outliers hardly move it, and its spread is that around it."""

import numpy as np
import pytest

import geolift
from geolift.data.normalization import Normalization
from geolift.geometry import gravity_of, tilt_rotation
from geolift.keypoints.recording import record
from geolift.lifting.up import given_up, median_directions
from geolift.model import Model
from geolift.output.mocap.axes import BVH_AXES, C3D_AXES, place
from geolift.output.result import check_result
from geolift.output.view.layout import levelled
from geolift.output.world_text import up_lines
from geolift.skeletons.skeleton import Skeleton
from tests.lifting.test_lift import FlatLifter

BEAST = Skeleton(("rump", "nose", "left_paw", "right_paw"), (-1, 0, 0, 0), (2,), (3,), 1)


def around(direction, spread, count, rng):
    found = direction + np.radians(spread) * rng.normal(size=(count, 3)) / np.sqrt(2)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_it_turns_with_the_directions_and_has_their_spread(rng):
    directions = around([0.0, -1.0, 0.0], 8, 4000, rng)
    everything = np.ones(4000), np.zeros(4000, int), 1
    median, spread = median_directions(directions, *everything)
    assert np.degrees(np.arccos(median[0] @ [0.0, -1.0, 0.0])) < 0.5
    assert spread[0] == pytest.approx(8, rel=0.05)
    rotation = np.asarray(tilt_rotation(np.float32(0.6), np.float32(-0.3)), np.float64)
    turned, same = median_directions(directions @ rotation.T, *everything)
    np.testing.assert_allclose(turned, median @ rotation.T, atol=1e-5)
    np.testing.assert_allclose(same, spread, rtol=1e-4)


def test_a_tenth_far_off_hardly_moves_it(rng):
    directions = around([0.0, -1.0, 0.0], 2, 1000, rng)
    directions[:100] = around([0.0, -0.5, -0.8], 2, 100, rng)
    median, _ = median_directions(directions, np.ones(1000), np.zeros(1000, int), 1)
    mean = directions.mean(axis=0) / np.linalg.norm(directions.mean(axis=0))
    off, off_mean = (np.degrees(np.arccos(x @ [0.0, -1.0, 0.0])) for x in (median[0], mean))
    assert off < 0.5 < 4 < off_mean


def test_groups_are_apart_and_one_direction_has_no_spread(rng):
    directions = np.concatenate([around([0.0, -1.0, 0.0], 5, 9, rng), around([0.3, -0.9, 0.2], 5, 1, rng)])
    order = rng.permutation(10)
    group = np.array([0] * 9 + [2])
    median, spread = median_directions(directions[order], np.ones(10), group[order], 4)
    alone, its_spread = median_directions(directions[:9], np.ones(9), np.zeros(9, int), 1)
    np.testing.assert_allclose(median[0], alone[0], atol=1e-12)
    np.testing.assert_allclose(spread[0], its_spread[0])
    np.testing.assert_allclose(median[2], directions[9], atol=1e-12)
    assert np.isnan(median[[1, 3]]).all() and np.isnan(spread[1:]).all()


def test_weights_count_like_repetitions(rng):
    directions, times = around([0.1, -1.0, 0.1], 10, 20, rng), rng.integers(1, 5, 20)
    weighted = median_directions(directions, times.astype(float), np.zeros(20, int), 1)
    repeated = directions.repeat(times, axis=0)
    plain = median_directions(repeated, np.ones(len(repeated)), np.zeros(len(repeated), int), 1)
    for found, expected in zip(weighted, plain, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_the_median_of_equal_directions_is_theirs():
    directions = np.tile([[0.6, -0.8, 0.0]], (7, 1))
    median, spread = median_directions(directions, np.ones(7), np.zeros(7, int), 1)
    np.testing.assert_allclose(median, directions[:1])
    np.testing.assert_allclose(spread, 0, atol=1e-6)


@pytest.fixture(scope="module")
def filmed():
    """A recording of an animal, flat before the camera: its paws are under its rump in the image."""
    pose = np.array([[300, 300], [420, 280], [310, 360], [340, 350]], float)
    keypoints = pose + np.arange(6)[:, None, None]
    return record(keypoints, np.ones((6, 4)), joints=BEAST.names, fps=30, image_size=(640, 640))


def lifted(filmed, learnt, **options):
    model = Model(FlatLifter(), {}, BEAST, Normalization("image", 1.0, (0.03, 0.02, 0.02)), 10.0, 1.0, "flat")
    return geolift.lift(filmed, model=model._replace(pitch=learnt), refine=False, **options)


@pytest.mark.parametrize("pitch", [0.7, -0.7, 0.0])
def test_animals_are_upright_by_the_pitch_of_the_lifters_cameras(filmed, pitch):
    result = check_result(lifted(filmed, pitch), "flat")
    up = -np.asarray(gravity_of(np.float32(pitch), np.float32(0)))
    np.testing.assert_allclose(result.up, np.tile(up, (6, 1)), atol=1e-6)
    assert np.isnan(result.up_spread).all() and result.world_points is None and result.floor is None
    heights = result.points @ up  # nothing but the rotation is known, and no floor
    np.testing.assert_allclose(place(result, BVH_AXES, "").points[..., 1], heights, atol=1e-6)
    np.testing.assert_allclose(place(result, C3D_AXES, "").points[..., 2], heights, atol=1e-6)
    np.testing.assert_allclose(-levelled(result, placed=False)[0][..., 1], heights, atol=1e-6)
    assert (place(result.without_world(), BVH_AXES, "").points[..., 1] == -result.points[..., 1]).all()
    across = place(result, C3D_AXES, "").points @ [0, 1, 0]
    assert (across[:, 2] > across[:, 3]).all()  # its left is at the left of where it faces
    words = f"look {'down' if pitch >= 0 else 'up'} by {abs(np.degrees(pitch)):.0f} degrees"
    assert any(words in note and "--pitch" in note for note in result.notes)
    assert "as those of the lifter's training" in up_lines(result)[0]


def test_a_stated_pitch_replaces_that_of_the_lifter(filmed):
    result = lifted(filmed, 0.7, pitch=30.0)
    np.testing.assert_allclose(result.up[0], given_up(None, 30.0, None), atol=1e-6)
    assert not any("lifter's training" in note for note in result.notes)
    far = lifted(filmed, 0.7, pitch=-40.0)
    assert any(note.startswith("warning: the direction up") and "lifter's training" in note for note in far.notes)
    unknown = lifted(filmed, None)
    assert unknown.up is None and unknown.to_world is None


def test_with_a_size_the_animal_is_in_the_world_without_a_floor(filmed):
    result = check_result(lifted(filmed, 0.7, height=0.3), "flat")
    assert result.floor is None and np.isfinite(result.world_points).all()
    np.testing.assert_allclose(result.world_points[0, 0], 0, atol=1e-6)
