"""Bodies of joint sets: every joint has a place, people fit in any direction, other orders do not."""

import numpy as np
import pytest

from geolift.keypoints.anatomy import FEWEST, body_of, fit_of
from geolift.skeletons.joint_sets import ANIMAL_SETS, JOINT_SETS, SOURCES
from tests.helpers.figure import standing

every_set = pytest.mark.parametrize("name", JOINT_SETS)


def people(name, rng, count=20):
    """Standing people of a set with slightly moved joints, `[N, K, 2]`."""
    figure = standing(SOURCES[name], name)
    return figure + rng.normal(scale=0.1, size=(count, *figure.shape))


def fits(points, name):
    return fit_of(points, np.ones(points.shape[:2], bool), name)


@pytest.mark.parametrize("name", ["ap10k17", *JOINT_SETS])
def test_each_joint_but_the_first_has_places_near_others(name):
    placed = {edge.joint for edge in body_of(name)}
    assert len(placed) == len(SOURCES[name]) - 1
    depends = {edge.joint: set() for edge in body_of(name)}
    for edge in body_of(name):
        depends[edge.joint] |= set(edge.near)
        assert edge.joint not in edge.near and edge.length > 0
    first = set(range(len(SOURCES[name]))) - placed
    assert len(first) == 1 and not first & set(depends)


@every_set
def test_people_fit_and_the_same_joints_in_another_order_do_not(name, rng):
    points = people(name, rng)
    good = fits(points, name)
    assert (good > 0.5 * points.shape[1]).all()
    mixed = np.stack([pose[rng.permutation(len(pose))] for pose in points])
    assert (fits(mixed, name) < good - 10).all() and np.median(fits(mixed, name)) < 0


@every_set
def test_a_fit_does_not_depend_on_place_size_direction_or_side(name, rng):
    points = people(name, rng)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    for moved in (points * 37 + 500, points * [-1, 1], points @ turn, points * 1e-3):
        np.testing.assert_allclose(fits(moved, name), fits(points, name), rtol=1e-6)


def test_a_missing_joint_counts_neither_way_and_too_few_count_nothing(rng):
    points = people("coco17", rng)
    seen = np.ones(points.shape[:2], bool)
    seen[:, -1] = False  # an ankle
    whole, without = fits(points, "coco17"), fit_of(points, seen, "coco17")
    assert (without < whole).all() and (without > whole - 6).all()
    junk = np.where(seen[..., None], points, 1e6)
    np.testing.assert_array_equal(fit_of(junk, seen, "coco17"), without)
    seen[:, FEWEST - 1 :] = False
    assert np.isnan(fit_of(points, seen, "coco17")).all()


def test_one_wrong_joint_costs_little(rng):
    points = people("body25", rng)
    wrong = points.copy()
    wrong[:, 4] += 40
    assert (fits(wrong, "body25") > 0.3 * points.shape[1]).all()


def test_all_points_at_one_place_are_no_error():
    assert np.isfinite(fits(np.ones((2, 17, 2)), "coco17")).all()


def test_macaques_have_the_names_of_people():
    assert body_of("macaque17") == body_of("coco17") and set(ANIMAL_SETS) == {"ap10k17", "macaque17"}
