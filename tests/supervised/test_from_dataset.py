"""`geolift train-with-3d`: it learns the 3D that it is given, its card says so, and its model is one like any other."""

import re

import jax
import numpy as np
import pytest

import geolift
from geolift.cli import main
from geolift.data.dataset import Dataset, load_dataset, save_dataset
from geolift.data.learnable import measure_content
from geolift.errors import DatasetError
from geolift.evaluation.report import lift_and_evaluate
from geolift.new_lifter.weights import folder_of
from geolift.pretrained.models import load_card
from geolift.supervised import from_dataset
from geolift.training import checkpoint
from geolift.training.signals import Stopped
from tests.helpers.paths import ROOT
from tests.helpers.quadruped import QUADRUPED, filmed, walking

FRAMES = 400
AHEAD = np.array([0.0, 0, 5])
K = np.array([[900.0, 0, 500], [0, 900, 500], [0, 0, 1]])


def project(points):
    return points[..., :2] / points[..., 2:] * K[0, 0] + K[:2, 2]


def dataset(points, camera, clip, **more):
    """A data set of `[C, T, 7, 3]` points in the axes of C cameras, without 3D."""
    count, frames = points.shape[:2]
    stop = frames * np.arange(1, count + 1)
    return Dataset(
        keypoints=project(points).reshape(-1, 7, 2).astype(np.float32),
        confidence=np.ones((count * frames, 7), np.float32),
        skeleton=QUADRUPED,
        start=stop - frames,
        stop=stop,
        fps=np.full(count, 30, np.float32),
        **{key: np.full(count, "a") for key in ("subject", "action")},
        split=np.full(count, "train"),
        camera=np.array(camera),
        clip=np.array(clip),
        image_size=np.full((count, 2), 1000, np.float32),
        **more,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A data set, the file of the weights and what was printed."""
    folder = tmp_path_factory.mktemp("supervised")
    points = np.stack([filmed(walking(FRAMES, seed=i), 20) + AHEAD for i in range(3)])
    flat = points.reshape(-1, 7, 3).astype(np.float32)
    data = dataset(points, ["c"] * 3, ["0"] * 3, points_3d=flat, intrinsics=np.tile([900, 900, 500, 500.0], (3, 1)))
    data = data._replace(split=np.array(["train", "train", "test"]), confidence=data.confidence.copy())
    data.confidence[::50, 3] = 0
    save_dataset(data._replace(intrinsics=data.intrinsics.astype(np.float32)), folder / "walk.npz")
    lines = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(from_dataset, "STEPS", 300)
        from_dataset.train_with_3d(folder / "walk.npz", folder / "walk.safetensors", say=lines.append)
    return load_dataset(folder / "walk.npz"), folder / "walk.safetensors", lines


def test_depths_are_those_of_the_3d(trained):
    data, weights, lines = trained
    model, test = geolift.load(weights), data.select("test")
    result = lift_and_evaluate(model, test)[1]
    error, flat = map(float, re.search(r"392 held-out frames ([\d.]+) .*flat skeleton ([\d.]+)", lines[-1]).groups())
    assert error < 0.3 * flat and result["flip_rate"] == 0 and abs(error - result["n_mpjpe"]) < 0.01 * error


def test_the_card_says_that_it_was_trained_with_3d(trained):
    card = load_card(trained[1])
    assert card["command"] == "geolift train-with-3d" and "784 poses, trained with 3D" in card["data"]
    assert card["limits"].startswith("Trained with 3D, unlike all other lifters of geolift.")


def test_data_without_3d_are_refused(trained, tmp_path, capsys):
    save_dataset(trained[0].without_3d(), tmp_path / "a.npz")
    assert main(["train-with-3d", str(tmp_path / "a.npz"), "-o", str(tmp_path / "a.safetensors")]) == 1
    assert "a.npz: points_3d: found none, expected 3D" in capsys.readouterr().err
    with pytest.raises(DatasetError, match="minutes: found 0, expected a number above 0"):
        from_dataset.train_with_3d(tmp_path / "a.npz", tmp_path / "a.safetensors", minutes=0)


def test_a_training_that_was_stopped_is_resumed_by_the_same_call(trained, tmp_path, monkeypatch):
    """The weights are those of a training that was never stopped, and other 3D begin another training."""
    data, weights, _ = trained
    monkeypatch.setattr(from_dataset, "STEPS", 300)
    save_dataset(data, tmp_path / "walk.npz")
    asked = iter(range(1000))
    with pytest.raises(Stopped):
        from_dataset.train_with_3d(tmp_path / "walk.npz", tmp_path / "a.safetensors", stop=lambda: next(asked) > 1)
    (run,) = (tmp_path / "a_run").iterdir()
    (step,) = checkpoint.steps(run / checkpoint.FOLDER)
    assert 0 < step < 300
    from_dataset.train_with_3d(tmp_path / "walk.npz", tmp_path / "a.safetensors")
    assert 300 in checkpoint.steps(run / checkpoint.FOLDER)
    resumed, whole = geolift.load(tmp_path / "a.safetensors"), geolift.load(weights)
    jax.tree.map(np.testing.assert_array_equal, resumed.variables, whole.variables)
    other = data._replace(points_3d=data.points_3d * [1, 1, 1.001])
    about = from_dataset.config_for(data.select("train"), measure_content(data.select("train")), seed=0)
    assert folder_of(tmp_path / "a.safetensors", about, other) != folder_of(tmp_path / "a.safetensors", about, data)


def test_the_documented_way_attaches_3d_to_keypoints(tmp_path, monkeypatch):
    """Two cameras, of which one starts at frame 3; a joint is unknown in one frame."""
    world = walking(20)
    turn = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    views, first = [], (0, 3)
    cameras = {}
    down = filmed(np.eye(3), 20)  # rows: where the axes of the world go
    for i, around in enumerate((np.eye(3), turn)):
        cameras |= {f"cam{i}_K": K, f"cam{i}_R": down.T @ around, f"cam{i}_t": np.array([[0.0], [0], [5]])}
        views.append((world @ cameras[f"cam{i}_R"].T + AHEAD)[first[i] : first[i] + 17])
    save_dataset(dataset(np.stack(views), ["cam0", "cam1"], ["cam0/0", "cam1/0003"]), tmp_path / "mouse.npz")
    world[4, 5] = np.nan
    np.save(tmp_path / "world.npy", world)
    np.savez(tmp_path / "cameras.npz", **cameras)
    (code,) = re.findall(r"```python\n(.*?points_3d.*?)```", (ROOT / "docs/new-lifter.md").read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/new-lifter.md", "exec"), {})
    made = load_dataset("mouse3d.npz")
    expected = np.concatenate(views).astype(np.float32)
    np.testing.assert_allclose(made.points_3d[made.seen], expected[made.seen], atol=1e-5)
    assert np.argwhere(~made.seen).tolist() == [[4, 5], [17 + 1, 5]]
