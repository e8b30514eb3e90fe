"""`geolift demo`: its files are lifted as its printed command says, and nobody's files are replaced."""

import io
import shlex
from contextlib import redirect_stdout

import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.examples import animal_of_the_demo
from geolift.cli import main
from geolift.data.synthetic import QUADRUPED
from geolift.demo import DEMOS, EXAMPLES, write_example
from geolift.errors import DatasetError
from geolift.keypoints.options import Options
from geolift.keypoints.recognition import read_keypoints
from geolift.metrics import p_mpjpe
from geolift.output import load_result

PEOPLE = {"walk": (105, 1), "dance": (127, 2), "sitting": (120, 1), "animal": (120, 1)}  # frames, people


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """The folder of `geolift demo`, what it printed, and the result."""
    folder, printed = tmp_path_factory.mktemp("demo") / "new", io.StringIO()
    with redirect_stdout(printed):
        assert main(["demo", "-o", str(folder)]) == 0
    return folder, printed.getvalue(), load_result(folder / "walk.npz")


def test_a_demo_writes_keypoints_poses_and_a_page(walk):
    folder, printed, result = walk
    assert result.points.shape == (105, 17, 3) and result.video and result.fps == 30
    page = folder / "walk.html"
    assert "<title>geolift</title>" in page.read_text() and page.as_uri() in printed
    command = next(line for line in printed.splitlines() if line.startswith("geolift lift "))
    again = folder / "again.npz"
    assert main([*shlex.split(command)[1:-4], "-o", str(again)]) == 0
    np.testing.assert_array_equal(load_result(again).points, result.points)


@pytest.mark.parametrize("name", DEMOS)
def test_its_files_are_read_as_what_they_are(tmp_path, name):
    files = write_example(name, tmp_path)
    options = {key: value for key, value in DEMOS[name].options.items() if key != "model"}
    found = read_keypoints(files[0], options=Options(**options))
    frames, people = PEOPLE[name]
    assert found.recording.video and found.recording.fps == 30 and len(found.recording.frames) == frames
    assert len(found.recording.keypoints) == people * frames
    assert np.asarray(found.recording.image_size).reshape(-1, 2)[0].tolist() == [1000, 1000]


def test_the_animal_is_lifted_by_its_own_lifter(tmp_path):
    assert main(["demo", "animal", "-o", str(tmp_path)]) == 0
    result = load_result(tmp_path / "animal.npz")
    assert result.points.shape == (120, 23, 3) and result.model.startswith("animal-")
    clip, camera = animal_of_the_demo()
    order = [QUADRUPED.names.index(name) for name in result.skeleton.names]
    true = camera.see(clip.points)[:, order]
    trunk = np.linalg.norm(true[:, order.index(0)] - true[:, order.index(2)], axis=-1).mean()  # tail base to withers
    flat = np.concatenate([result.keypoints, 0 * result.keypoints[..., :1]], axis=-1)
    errors = [np.mean(p_mpjpe(jnp.asarray(points, jnp.float32), true)) / trunk for points in (result.points, flat)]
    assert errors[0] < 0.08 and errors[0] < 0.4 * errors[1], errors


def test_the_walk_is_a_clip_in_the_world(walk):
    result = walk[2]
    ankles = [result.skeleton.names.index(f"{side}_ankle") for side in ("left", "right")]
    heights = result.world_points[:, ankles, 2]
    assert 0 < np.percentile(heights.min(axis=1), 50) < 0.2 and result.contact.any(axis=0).all()
    way = result.world_points[-1, 0] - result.world_points[0, 0]
    assert way[0] > 2 and abs(way[1]) < 0.5  # some metres along x


def test_a_demo_is_repeated_but_replaces_no_other_file(tmp_path, capsys):
    (tmp_path / "sitting.csv").write_text("my own")
    assert main(["demo", "sitting", "-o", str(tmp_path)]) == 1
    assert "sitting.csv: found another file, expected none or the demo's" in capsys.readouterr().err
    assert (tmp_path / "sitting.csv").read_text() == "my own" and not (tmp_path / "README.md").exists()
    write_example("sitting", tmp_path, force=True)
    write_example("sitting", tmp_path)
    assert (tmp_path / "sitting.csv").read_bytes() == (EXAMPLES / "sitting.csv").read_bytes()
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(DatasetError, match="README"):
        write_example("sitting", tmp_path)


def test_files_are_small_and_their_sources_are_stated():
    assert sum(file.stat().st_size for file in EXAMPLES.rglob("*") if file.is_file()) < 1.5e6
    text = (EXAMPLES / "README.md").read_text()
    assert "mocap.cs.cmu.edu" in text and "NSF\nEIA-0196217" in text
    for name, example in DEMOS.items():
        assert f"`{name}`" in text and all(f"`{file}" in text for file in example.files)
    dance = (EXAMPLES / "dance.json").read_text()
    assert "mocap.cs.cmu.edu" in dance
