"""One's own keypoints are trained on without more options; too little to learn from is told before the first step."""

import json

import numpy as np
import pytest

from configs import best_cpu, human
from geolift import cli
from geolift.convert import keypoint_files
from geolift.data.dataset import load_dataset, save_dataset
from geolift.errors import DatasetError
from geolift.lifting.lift import lift
from geolift.training.data_checks import expect_enough, fit_to_data
from geolift.training.train import train
from tests.helpers.cases import case
from tests.training.test_train import tiny


def small(config, path, **changes):
    """A recipe with tiny networks and few steps."""
    config.data.path = str(path)
    for network in ("lifter", "discriminator", "motion_discriminator", "camera"):
        config[network].update({"width": 8, "blocks": 1})
    config.flow.update({"width": 8, "layers": 2, "steps": 4})
    config.batch_size, config.steps = 16, 4
    config.run.update({"steps_per_dispatch": 2, "log_every": 2, "validate_every": 4, "checkpoint_every": 4})
    config.update_from_flattened_dict(changes)
    return config


@pytest.mark.parametrize("recipe", [best_cpu, human])
def test_keypoints_of_a_program_become_a_lifter(recipe, tmp_path, capsys):
    source, data = case("train-own-2d/own.csv"), tmp_path / "own.npz"
    assert cli.main(["convert", "keypoints", str(source), str(data)]) == 0
    printed = capsys.readouterr().out
    assert "few to learn from" in printed and "top of the head was extrapolated" in printed
    model = train(small(recipe.get_config(), data), tmp_path / "run")
    said = capsys.readouterr()
    said = said.out + said.err
    assert "neither intrinsics nor image sizes" in said and "few to learn from" in said
    tilt = json.loads((tmp_path / "run" / "config.json").read_text())["view"]["tilt"]
    assert tilt == {best_cpu: "mean", human: "pose"}[recipe]
    assert ("view.tilt is 'pose' instead of 'given'" in said) == (recipe is human)
    result = lift(source, model=model, fps=30.0, gap=0)
    assert np.isfinite(result.points[:, :10]).all()
    assert result.filled[:, model.skeleton.head].all() == (not model.lifter.masks)


@pytest.mark.parametrize(("name", "found"), [("one", "the same pose in 1 frame,"), ("constant", "the same pose in 300"),
                                             ("few", "12 poses that differ in 12")])  # fmt: skip
def test_too_little_is_told_by_convert_and_refused_by_training(name, found, tmp_path, capsys):
    data = tmp_path / "own.npz"
    assert cli.main(["convert", "keypoints", str(case(f"train-own-2d/{name}.csv")), str(data)]) == 0
    assert "training expects at least 20" in capsys.readouterr().out
    with pytest.raises(DatasetError, match=f"^{data}: found {found}"):
        train(small(best_cpu.get_config(), data), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_head_that_is_never_seen_is_refused_with_its_cure(tmp_path):
    save_dataset(keypoint_files.convert(case("train-own-2d/own.csv"), head="mask"), tmp_path / "own.npz")
    for masks in (False, True):
        config = small(best_cpu.get_config(), tmp_path / "own.npz", **{"data.masks": masks})
        with pytest.raises(DatasetError, match=r"no frame has head: .*--head extrapolate"):
            train(config, tmp_path / "run")


def test_frames_that_are_left_out_are_told(people):
    confidence = people.confidence.copy()
    confidence[::2, 3] = 0
    config, data = tiny("data"), people._replace(confidence=confidence)
    half = people.frames // 2
    assert any(f"{half} of {people.frames} frames have all joints" in note for note in expect_enough(data, config))
    config.data.masks = True
    assert not any("frames" in note for note in expect_enough(data, config))


def test_a_data_set_that_states_everything_is_left_as_it_is(people, people_file):
    configs = [tiny(people_file)]
    same, data, notes = fit_to_data(configs, people)
    assert same == configs and data is people and notes == ()
    config = small(human.get_config(), people_file)
    (kept,), _, notes = fit_to_data([config], load_dataset(people_file))
    given = load_dataset(people_file).gravity is not None
    assert kept.view.tilt == ("given" if given else "pose") and bool(notes) == (not given)
