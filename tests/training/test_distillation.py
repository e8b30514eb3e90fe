"""Runs that learn the mean of other runs: as config, as run, and what is refused."""

import json
import shutil

import numpy as np
import pytest

from geolift.data.dataset import save_dataset
from geolift.errors import ConfigError
from geolift.model import lift_poses, normalized_poses
from geolift.training.config import Config
from geolift.training.config_checks import check
from geolift.training.run import load
from geolift.training.train import train
from tests.training.test_train import tiny

SMALL = {"lifter.norm": "none", "view.tilt": "given", "view.pitch": 0.0}


@pytest.fixture(scope="module")
def teachers(people_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("teachers")
    for seed in (0, 1):
        train(tiny(people_file, steps=4, seed=seed, **SMALL), folder / str(seed))
    return folder


def student(people_file, teachers, steps=400, **changes):
    named = ",".join(str(teachers / name) for name in ("0", "1"))
    config = tiny(people_file, steps=steps, **SMALL, **{"distillation.teachers": named, "optimizer.lifter": 3e-3})
    config.lifter.update({"width": 32, "flat_start": True})
    config.run.update({"steps_per_dispatch": 50, "log_every": 50, "validate_every": 200, "checkpoint_every": 200})
    config.update_from_flattened_dict(changes)
    return config


def test_a_student_lifts_as_the_mean_of_its_teachers(people_file, people, teachers, tmp_path):
    model = train(student(people_file, teachers), tmp_path / "student")
    test = people.select("test")
    mean, found = (
        np.mean([lift_poses(m, normalized_poses(m, test)) for m in models], axis=0)
        for models in ([load(teachers / name)[0] for name in ("0", "1")], [model])
    )
    depths = mean[..., 2]
    assert np.abs(found[..., 2] - depths).mean() < 0.5 * np.abs(depths).mean()
    assert model.tilt is not None
    assert len(json.loads((tmp_path / "student" / "model.json").read_text())["teachers"]) == 2


def test_a_student_resumes_with_its_teachers_alone(people_file, teachers, tmp_path):
    train(student(people_file, teachers, steps=200), tmp_path / "run")
    shutil.copytree(teachers, tmp_path / "moved")
    train(student(people_file, tmp_path / "moved"), tmp_path / "run")  # they may stand elsewhere
    train(tiny(people_file, steps=8, seed=1, **SMALL), tmp_path / "moved" / "1")  # another lifter
    with pytest.raises(ConfigError, match="teachers"):
        train(student(people_file, tmp_path / "moved", steps=600), tmp_path / "run")


def test_teachers_that_do_not_fit_are_refused(people_file, people, teachers, tmp_path):
    larger = people._replace(image_size=2 * people.image_size, intrinsics=people.intrinsics * [[0.5, 0.5, 1, 1]])
    save_dataset(larger._replace(points_3d=None), tmp_path / "other.npz")
    for config, message in (
        (student(tmp_path / "other.npz", teachers), "normalization: found"),
        (student(people_file, teachers, **{"data.masks": True}), "data.masks: found False, expected that of the"),
    ):
        with pytest.raises(ConfigError, match=message):
            train(config, tmp_path / "run")
    with pytest.raises(FileNotFoundError):
        train(student(people_file, tmp_path / "nowhere"), tmp_path / "run")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"adapter.data": "coco.npz", "adapter.first_steps": 0},
            "adapter.data: found 'coco.npz', expected none with distillation.teachers",
        ),
        ({"view.tilt": "pose"}, "view.tilt: found 'pose', expected 'fixed' or 'given' with distillation.teachers"),
    ],
)
def test_what_a_student_cannot_learn_is_refused(changes, message, people_file, teachers):
    with pytest.raises(ConfigError, match=message):
        check(Config(student(people_file, teachers, **changes).to_dict()))
