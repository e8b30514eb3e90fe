"""Proportions of a person: those by which bones were changed, in any size, and none where too little is seen."""

import numpy as np
import pytest

from geolift.data.bodies import bone_factors
from geolift.data.normalization import Normalization
from geolift.lifting.proportions import FEWEST, bone_proportions
from geolift.model import Model
from geolift.networks.mlp import Lifter
from geolift.skeletons.bones import bone_lengths, partners, scale_bones
from geolift.skeletons.skeleton import H36M17

FPS, FRAMES = 25.0, 200


@pytest.fixture(scope="module")
def model():
    """Bones of different lengths, the same left and right."""
    lengths = np.random.default_rng(3).uniform(0.02, 0.06, len(H36M17.bones))
    bones = tuple(lengths[np.minimum(partners(H36M17), np.arange(len(lengths)))])
    return Model(Lifter(width=8, blocks=1, norm="none"), {}, H36M17, Normalization("image", 0.5, bones), 10.0, 1.0)


@pytest.fixture
def person(model, rng):
    """Points `[T, J, 3]` with the bones of the training set, in every direction."""
    points = rng.normal(size=(FRAMES, 17, 3))
    wanted = model.distance * np.asarray(model.normalization.bones)
    return np.asarray(scale_bones(points, wanted / np.asarray(bone_lengths(points, H36M17)), H36M17))


def seen_everywhere(points):
    return np.ones(points.shape[:2], bool)


def test_changed_bones_are_found_in_any_size(model, person, rng):
    factors = bone_factors(H36M17, 0.15, rng)
    same = bone_proportions(person, seen_everywhere(person), model, FPS)
    for size in (0.5, 1.0, 1.3):
        changed = size * np.asarray(scale_bones(person, factors, H36M17))
        found = bone_proportions(changed, seen_everywhere(changed), model, FPS) / same
        ratio = found / factors
        np.testing.assert_allclose(ratio / ratio.mean(), 1, atol=0.1)
        assert np.std(np.log(ratio)) < 0.25 * np.std(np.log(factors))


def test_left_and_right_are_the_same_and_the_mean_is_one(model, person, rng):
    crooked = np.asarray(scale_bones(person, np.exp(0.2 * rng.normal(size=16)), H36M17))
    found = bone_proportions(crooked, seen_everywhere(crooked), model, FPS)
    np.testing.assert_allclose(found, found[partners(H36M17)])
    np.testing.assert_allclose(np.average(np.log(found), weights=model.normalization.bones), 0, atol=1e-12)


def test_what_is_missing_counts_nowhere(model, person, rng):
    """Neither its values nor, where one side is seen, that side's ratio."""
    seen = rng.random(person.shape[:2]) < 0.7
    seen[:, H36M17.names.index("left_wrist")] = False
    seen[:, H36M17.names.index("head")] = False
    junk = np.where(seen[..., None], person, np.nan)
    found = bone_proportions(junk, seen, model, FPS)
    np.testing.assert_array_equal(found, bone_proportions(np.where(seen[..., None], person, 7.0), seen, model, FPS))
    ends = [H36M17.names[child] for _, child in H36M17.bones]
    assert found[ends.index("head")] == 1
    assert found[ends.index("left_wrist")] == found[ends.index("right_wrist")] != 1


@pytest.mark.parametrize(("frames", "fps"), [(FEWEST - 1, 10.0), (100, 60.0), (1, 30.0), (0, 30.0)])
def test_few_frames_have_no_proportions(frames, fps, model, person):
    found = bone_proportions(person[:frames], seen_everywhere(person[:frames]), model, fps)
    np.testing.assert_array_equal(found, 1)
    if frames > 1:
        longer = bone_proportions(person[: 2 * frames], seen_everywhere(person[: 2 * frames]), model, fps)
        assert (longer != 1).any()
