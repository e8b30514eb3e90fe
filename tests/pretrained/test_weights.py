"""The lifters that come with the package: small, described, and as good as their cards say."""

import re

import jax
import numpy as np
import pytest

from benchmarks.animal_rows.films import film
from benchmarks.animal_rows.lifters import OTHER, RECIPES, flat_frames, lift_frames
from benchmarks.animal_rows.measures import figures
from benchmarks.animal_rows.species import SPECIES, missing, read_motion
from geolift import load, model
from geolift.convert.mocap import cmu
from geolift.data.normalization import normalize_persons
from geolift.evaluation import accuracy
from geolift.pretrained import models
from geolift.pretrained.card import describe_card
from geolift.pretrained.models import load_card, model_names
from tests.helpers.paths import ROOT

NAMES = ["cmu", "human"]
ANIMALS = ["fly", "mouse"]
NOTICE = (ROOT / "NOTICE").read_text()


def test_the_names_are_known():
    assert model_names() == sorted(NAMES + ANIMALS)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_small_and_its_card_is_whole(name):
    assert (models.WEIGHTS / f"{name}.safetensors").stat().st_size < 8e6
    card = load_card(name)
    assert "mocap.cs.cmu.edu" in card["terms"] and card["metrics"]["split"] == "test"
    for key in ("data", "command", "commit", "seed", "steps", "hardware", "use", "limits"):
        assert card[key] not in ("", None), key
    assert card["model"] == load(name).id
    assert card["limits"] in describe_card(card)


def test_the_lifter_that_is_used_estimates_the_tilt_of_cameras():
    assert load("human").tilt is not None and load("cmu").tilt is None


@pytest.mark.parametrize(("name", "file"), [("cmu", "cmu_1_file"), ("human", "cmu_file")])
def test_on_real_motion_it_is_as_good_as_its_card_says(name, file, request):
    data = cmu.convert(request.getfixturevalue(file)).select("test")
    chosen = np.arange(0, data.frames, 60)
    images = data._replace(
        **{key: getattr(data, key)[chosen] for key in ("keypoints", "confidence", "points_3d")},
        **{
            key: getattr(data, key)[data.clip_of_frame[chosen]]
            for key in ("subject", "action", "camera", "split", "clip")
        },
        fps=np.zeros(len(chosen), np.float32),
        start=np.arange(len(chosen)),
        stop=np.arange(len(chosen)) + 1,
        image_size=None,
        intrinsics=None,
    )
    trained = load(name)
    points = model.lift_poses(trained, normalize_persons(images, trained.normalization), images.seen)
    measured = accuracy.evaluate(points, images)
    claimed = load_card(name)["metrics"]["values"]
    assert measured["p_mpjpe"] < claimed["p_mpjpe"] + 2
    assert measured["flip_rate"] < 2


@pytest.mark.parametrize("name", ANIMALS)
def test_an_animal_has_a_whole_card_that_names_its_data_and_its_limits(name):
    assert (models.WEIGHTS / f"{name}.safetensors").stat().st_size < 2e6
    card, recipe = load_card(name), RECIPES[name]
    assert card["model"] == card["metrics"]["model"] == load(name).id
    assert recipe.terms == card["terms"] and card["terms"].split(" (")[0].split()[-1] in NOTICE
    assert re.search(r"sha256 [0-9a-f]{64}\)", card["data"]) and re.fullmatch("[0-9a-f]{7,}", card["commit"])
    assert card["command"] == f"python -m benchmarks.animal_weights {name}" and card["use"] == recipe.use
    assert "no other individual" in card["limits"] and "real detections were not measured" in card["limits"]
    measured, flat = card["metrics"]["values"], card["metrics"]["baselines"]["flat skeleton"]
    assert measured["p_mpjpe"] < 0.4 * flat["p_mpjpe"] and measured["flips"] < 1
    assert f"| p_mpjpe | % | {measured['p_mpjpe']:.1f} | {flat['p_mpjpe']:.1f} |" in describe_card(card)


@pytest.mark.parametrize("name", ANIMALS)
def test_an_animal_is_lifted_as_well_as_its_card_says(name):
    recipe, trained, metrics = RECIPES[name], load(name), load_card(name)["metrics"]
    if lacking := missing(SPECIES[recipe.species].file):
        pytest.skip(lacking)
    filmed = film(read_motion(recipe.species), recipe.filming, seed=OTHER).select("test")
    for lifted, claimed in ((lift_frames, metrics["values"]), (flat_frames, metrics["baselines"]["flat skeleton"])):
        found = figures(lifted(trained, filmed), filmed.points_3d, root=trained.skeleton.root, length=1.0)
        assert found["p_mpjpe"] == pytest.approx(claimed["p_mpjpe"], abs=0.05)


def test_lifts_and_tilts_are_products_of_full_float32():
    """By default a GPU rounds the operands of float32 products to TF32, which has three digits."""
    trained, pose = load("human"), np.zeros((2, 17, 2), np.float32)
    network, variables = trained.tilt.network, trained.tilt.variables
    for traced in (
        jax.make_jaxpr(lambda x: model.lift_on_device(trained, x))(pose),
        jax.make_jaxpr(lambda x: model._tilt(network, variables, x))(pose),
    ):
        found = re.findall(r"dot_general\[.*?precision=([^\n]*)", str(traced), re.DOTALL)
        assert found and set(found) == {"(Precision.HIGHEST, Precision.HIGHEST)"}
