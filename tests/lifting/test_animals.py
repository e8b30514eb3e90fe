"""A dog from a tracker's table to 3D: nothing on the way assumes a human."""

import numpy as np
import pytest

import geolift
from configs import quickstart
from geolift import cli
from geolift.data.dataset import load_dataset
from geolift.lifting.uncertainty import OF_PEOPLE
from geolift.output.view import layout
from geolift.output.write import load_result
from geolift.training.config import Config

SKELETON = """
head = "nose"
left = ["left_hip", "left_paw"]
right = ["right_hip", "right_paw"]
[joints]
pelvis = ""
left_hip = "pelvis"
left_paw = "left_hip"
right_hip = "pelvis"
right_paw = "right_hip"
withers = "pelvis"
nose = "withers"
[mapping]
pelvis = "tail_base"
left_hip = "LHip"
right_hip = "RHip"
left_paw = "LPaw"
right_paw = "RPaw"
"""
REST = {
    "tail_base": (0, 0, 0), "LHip": (0.1, 0.05, 0), "LPaw": (0.1, 0.5, 0), "RHip": (-0.1, 0.05, 0),
    "RPaw": (-0.1, 0.5, 0), "withers": (0, -0.05, 0.6), "nose": (0, -0.2, 0.9), "collar": (0, -0.1, 0.7),
}  # fmt: skip


@pytest.fixture
def tracked(tmp_path, rng):
    """DeepLabCut's table of a dog that turns about and shakes, filmed by one camera; and the skeleton's file."""
    frames = 120
    turn = np.linspace(0, 4 * np.pi, frames)
    points = np.array(list(REST.values())) + 0.03 * rng.normal(size=(frames, len(REST), 3))
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x = cos * points[..., 0] + sin * points[..., 2]
    z = 5 + cos * points[..., 2] - sin * points[..., 0]
    pixels = np.stack([800 * x / z + 320, 800 * points[..., 1] / z + 240, np.full(x.shape, 0.95)], axis=-1)
    header = [
        "scorer," + ",".join(["DLC"] * 3 * len(REST)),
        "bodyparts," + ",".join(name for name in REST for _ in range(3)),
        "coords," + ",".join(["x", "y", "likelihood"] * len(REST)),
    ]
    rows = [f"{i}," + ",".join(f"{v:.4f}" for v in frame.ravel()) for i, frame in enumerate(pixels)]
    (tmp_path / "dog.csv").write_text("\n".join([*header, *rows]) + "\n")
    (tmp_path / "dog.toml").write_text(SKELETON)
    return tmp_path


def test_a_dog_is_converted_trained_on_and_lifted(tracked, capsys):
    from geolift.training.train import train

    said = ["--skeleton", str(tracked / "dog.toml"), "--fps", "30"]
    table, data, run = (str(tracked / name) for name in ("dog.csv", "dog.npz", "run"))
    assert cli.main(["convert", "keypoints", table, data, *said, "--image-size", "640x480"]) == 0
    made = load_dataset(data)
    assert made.skeleton.names == ("pelvis", "left_hip", "left_paw", "right_hip", "right_paw", "withers", "nose")
    assert made.frames == 120 and made.whole.all()

    config = quickstart.get_config()
    config.data.path = data
    config.data.validation_split = config.evaluation.split = ""
    for network in ("lifter", "discriminator"):
        config[network] = Config(config[network].to_dict() | {"width": 16, "blocks": 1})
    config.batch_size = 16
    config.steps = 4
    config.run.update({"steps_per_dispatch": 2, "log_every": 2, "validate_every": 2, "checkpoint_every": 4})
    train(config, run)

    poses = [str(tracked / name) for name in ("poses.npz", "poses.bvh", "page.html")]
    assert cli.main(["lift", table, "--model", run, *said, *(x for path in poses for x in ("-o", path))]) == 0
    result = load_result(poses[0])
    assert result.units == "normalised" and result.skeleton == made.skeleton
    assert np.isfinite(result.points).all() and len(result.points) == 120
    assert "the size is not known" in capsys.readouterr().out
    in_metres = geolift.lift(table, model=run, skeleton=tracked / "dog.toml", fps=30, height=0.9)
    assert in_metres.units == "m"


def test_a_model_of_people_refuses_a_dog(tracked, people_file, tmp_path):
    from geolift.training.train import train

    config = quickstart.get_config()
    config.data.path = str(people_file)
    config.data.validation_split = config.evaluation.split = ""
    config.lifter = Config(config.lifter.to_dict() | {"width": 16, "blocks": 1})
    config.batch_size = 16
    config.steps = 2
    config.run.update({"steps_per_dispatch": 2, "log_every": 2, "validate_every": 2, "checkpoint_every": 2})
    train(config, tmp_path / "human")
    with pytest.raises(geolift.DatasetError, match="expected the model's"):
        geolift.lift(tracked / "dog.csv", model=tmp_path / "human", skeleton=tracked / "dog.toml", fps=30)
    with pytest.raises(geolift.DatasetError, match="--skeleton"):
        geolift.lift(tracked / "dog.csv", model=tmp_path / "human", fps=30)


def test_a_shipped_animal_takes_its_joints_in_any_order_others_by_a_file_and_refuses_the_rest(tmp_path, rng, capsys):
    """Of frames that no animal made: which joint is which must not depend on the table."""
    names = geolift.load("fly").skeleton.names
    poses = (500 + 100 * rng.normal(size=(1, len(names), 2)) + rng.normal(size=(20, len(names), 2))).astype(np.float32)

    def lift(order, *, called=lambda name: name, **options):
        joints, sure = tuple(called(names[k]) for k in order), np.ones((20, len(order)))
        read = geolift.record(poses[:, order], sure, joints=joints, fps=30, image_size=(1000, 1000))
        return geolift.lift(read, model="fly", **options).points

    straight = lift(range(len(names)))
    assert straight.shape == (20, len(names), 3) and np.isfinite(straight).all()
    shuffled = [int(k) for k in rng.permutation(len(names))]
    np.testing.assert_allclose(lift(shuffled), straight, atol=1e-5)
    with pytest.raises(geolift.DatasetError, match=f"without {names[3]}; expected those of the model: {names[0]}, "):
        lift([k for k in range(len(names)) if k != 3])
    assert cli.main(["skeleton", "fly", "-o", str(tmp_path / "fly.toml")]) == 0
    assert cli.main(["skeleton", "fly", "--fps", "30", "-o", str(tmp_path / "other.toml")]) == 1
    assert "fps: found with the model fly" in capsys.readouterr().err
    with (tmp_path / "fly.toml").open("a") as file:
        file.write("\n[mapping]\n" + "".join(f'{name} = "my {name}"\n' for name in names))
    mapped = lift(shuffled, called=lambda name: f"my {name}", skeleton=tmp_path / "fly.toml")
    np.testing.assert_allclose(mapped, straight, atol=1e-5)


def test_a_video_of_an_animal_keeps_its_proportions_and_says_that_nothing_calibrates_its_uncertainty(rng):
    names = geolift.load("fly").skeleton.names
    sway = 20 * np.sin(np.arange(70) / 5)[:, None, None] * rng.normal(size=(1, len(names), 2))
    poses = (500 + 100 * rng.normal(size=(1, len(names), 2)) + sway).astype(np.float32)
    read = geolift.record(poses, np.ones(poses.shape[:2]), joints=names, fps=30, image_size=(1000, 1000), video=True)
    result = geolift.lift(read, model="fly")
    assert OF_PEOPLE in result.notes and not any("proportions" in note for note in result.notes)
    assert layout.strength(result).min() == 1
