"""The median direction: it turns with the directions, few outliers hardly move it, and its spread is that around it."""

import numpy as np
import pytest

from geolift.geometry import tilt_rotation
from geolift.lifting.up import median_directions


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
