"""Cameras that follow a person: where they stand, how they are tilted, and that the page says so."""

import re

import numpy as np
import pytest

from geolift.data.orbit import RANGES, orbit_camera, place_in_range
from tests.helpers.paths import ROOT

DOWN = np.array([0.0, 0.0, -1.0])


@pytest.fixture
def walk(rng):
    """`[T, J, 3]`: a person who walks 6 m and jumps."""
    points = rng.uniform([-0.3, -0.3, -0.9], [0.3, 0.3, 0.8], size=(30, 17, 3))
    points[:, 0] = 0
    t = np.linspace(0, 1, 30)
    return points + np.stack([6 * t, 2 * t, 0.9 + 0.4 * np.sin(np.pi * t)], axis=-1)[:, None]


def test_its_axes_are_a_rotation_and_gravity_is_down_in_them(walk, rng):
    for azimuth, pitch, roll, distance in rng.uniform([-4, -1.5, -3, 2], [4, 1.5, 3, 9], (50, 4)):
        camera = orbit_camera(walk, 0, azimuth, pitch, roll, distance)
        rotation = camera.camera_from_world
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) > 0.999
        np.testing.assert_allclose(camera.gravity, rotation @ DOWN, atol=1e-12)
        c = np.cos(pitch)
        np.testing.assert_allclose(camera.gravity, [-np.sin(roll) * c, np.cos(roll) * c, np.sin(pitch)], atol=1e-12)


def test_a_camera_that_looks_down_stands_above_and_sees_the_ground_behind_people_higher(walk):
    above = orbit_camera(walk, 0, 0.3, 0.4, 0.0, 5.0)
    assert (above.centre[:, 2] > walk[:, 0, 2].mean() + 1.9).all()
    near, far = (walk[0, 0] + s * np.array([np.cos(0.3), np.sin(0.3), 0]) for s in (1, -1))
    near, far = (above.see(np.broadcast_to(x, (30, 1, 3)))[0, 0] for x in (near, far))
    assert near[2] < far[2] and near[1] / near[2] > far[1] / far[2]


def test_a_positive_roll_turns_the_image_clockwise(walk):
    head = walk[:, [0]] + [0, 0, 0.5]
    seen = [orbit_camera(walk, 0, 1.0, 0.0, roll, 5.0).see(head)[:, 0, 0].mean() for roll in (-0.3, 0.0, 0.3)]
    assert seen[0] < -0.1 and abs(seen[1]) < 1e-9 and seen[2] > 0.1


def test_it_follows_over_the_ground_and_keeps_its_distance(walk, rng):
    for azimuth, pitch, roll, distance in rng.uniform([-4, -1, -1, 2], [4, 1, 1, 9], (20, 4)):
        camera = orbit_camera(walk, 0, azimuth, pitch, roll, distance)
        offset = camera.centre - walk[:, 0]
        np.testing.assert_allclose(offset[:, :2], np.broadcast_to(offset[0, :2], (30, 2)), atol=1e-12)
        np.testing.assert_allclose(np.ptp(camera.centre[:, 2]), 0, atol=1e-12)
        away = np.arctan2(offset[0, 1], offset[0, 0])
        assert abs(np.angle(np.exp(1j * (away - azimuth)))) < 1e-9
        root = camera.see(walk)[:, 0]
        np.testing.assert_allclose(root.mean(axis=0), [0, 0, distance], atol=1e-9)
        assert np.linalg.norm(root - root[0], axis=-1).max() > 0.3  # rising and falling is seen
        assert camera.focal == pytest.approx(229 * distance)
        assert orbit_camera(walk, 0, azimuth, pitch, roll, distance, 800.0).focal == 800


@pytest.mark.parametrize("name", RANGES)
def test_what_is_drawn_keeps_to_its_range_and_reaches_its_ends(walk, name):
    kind, drawn = RANGES[name], []
    for seed in range(400):
        camera = place_in_range(walk, 0, seed % 3, np.random.default_rng([seed]), kind=kind, views=3)
        again = place_in_range(walk, 0, seed % 3, np.random.default_rng([seed]), kind=kind, views=3)
        np.testing.assert_array_equal(camera.centre, again.centre)
        x, y, z = camera.gravity
        offset = camera.centre[0, :2] - walk[0, 0, :2]
        azimuth = np.degrees(np.arctan2(offset[1], offset[0])) % 360
        assert 120 * (seed % 3) <= azimuth <= 120 * (seed % 3 + 1)
        pitch, roll = np.degrees(np.arcsin(z)), np.degrees(np.arctan2(-x, y))
        drawn.append((pitch, roll, camera.see(walk)[:, 0, 2].mean(), azimuth))
    pitch, roll, distance, azimuth = np.transpose(drawn)
    for values, (low, high) in ((pitch, kind.pitch), (distance, kind.distance)):
        slack = 0.02 * (high - low)
        assert low - 1e-9 <= values.min() <= low + slack + 1e-9 and high - slack - 1e-9 <= values.max() <= high + 1e-9
    np.testing.assert_allclose(np.abs(roll).mean(), kind.roll, rtol=0.15, atol=1e-9)
    assert abs(np.median(roll)) <= 0.15 * kind.roll + 1e-9
    assert np.ptp(azimuth) > 350


def test_any_holds_all_others():
    widest = RANGES["any"]
    for kind in RANGES.values():
        assert widest.pitch[0] <= kind.pitch[0] and kind.pitch[1] <= widest.pitch[1] and kind.roll <= widest.roll
        assert widest.distance[0] <= kind.distance[0] and kind.distance[1] <= widest.distance[1]


def test_the_page_has_the_numbers_of_the_table():
    def text(pair):
        return f"{pair[0]:g}" if pair[0] == pair[1] else f"{pair[0]:g} to {pair[1]:g}"

    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", (ROOT / "docs" / "cameras.md").read_text(), re.MULTILINE)
    expected = {
        name: " | ".join([text(kind.pitch), f"{kind.roll:g}", text(kind.distance), kind.what])
        for name, kind in RANGES.items()
    }
    assert dict(rows) == expected
