"""`geolift train`: from a table of an animal to weights that lift, with settings and a judgement by 2D alone."""

import math
import shutil

import numpy as np
import pytest

from geolift.cli import main
from geolift.convert import keypoint_files
from geolift.data.dataset import save_dataset
from geolift.data.learnable import Content
from geolift.data.sources import open_dataset
from geolift.errors import DatasetError
from geolift.keypoints import read_keypoints
from geolift.new_lifter import from_keypoints, training_data
from geolift.new_lifter.cameras import CAMERAS, choose_cameras
from geolift.new_lifter.from_keypoints import _rates, train_lifter
from geolift.new_lifter.judgement import Judgement, _doubts, _fatal, described, seen_directions
from geolift.new_lifter.settings import choose_settings, learnable_content, uses_masks
from geolift.new_lifter.settled import has_settled, is_steep
from geolift.new_lifter.table_folders import tables_of
from geolift.new_lifter.training_data import prepare_keypoints
from geolift.output.write import load_result
from geolift.pretrained.models import load_card
from geolift.skeletons.skeleton import H36M17, Skeleton
from tests.convert.test_skeleton_of_files import deeplabcut

CHAIN = Skeleton(("head", "middle", "tail"), (1, -1, 1), (), (), 0)
WHOLE = Content(frames=500, whole=500, rooted=500, different=400, unseen=())


SMALL = {
    "steps": 50, "flow.steps": 50, "flow.layers": 2, "flow.width": 16, "lifter.width": 16, "lifter.blocks": 1,
    "discriminator.width": 16, "discriminator.blocks": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def small():
    """Trainings of one dispatch, of small networks."""

    def choose(*arguments, **named):
        chosen = choose_settings(*arguments, **named)
        chosen.config.update_from_flattened_dict(SMALL)
        return chosen

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(from_keypoints, "choose_settings", choose)
        yield


@pytest.fixture(scope="module")
def trained(small, tmp_path_factory):
    """A folder in which a lifter was trained by the command, and the table."""
    folder = tmp_path_factory.mktemp("mouse")
    table = deeplabcut(folder / "mouse.csv", frames=400)
    command = ["train", str(table), "-o", str(folder / "mouse.safetensors"), "--image-size", "800x800", "--fps", "30"]
    assert main([*command, "--force"]) == 0
    return folder, table


def test_a_table_becomes_weights_a_skeleton_and_a_card(trained):
    folder, _ = trained
    assert (folder / "mouse.toml").read_text().startswith("# Proposed by geolift skeleton")
    assert (folder / "mouse.png").exists()
    card = load_card(str(folder / "mouse.safetensors"))
    assert (card["data"].startswith("mouse.csv") and "score by 2D alone" in card["limits"].lower()) or card["limits"]
    assert card["steps"] == 100 and card["command"] == "geolift train"


def test_the_weights_lift(trained, tmp_path):
    folder, table = trained
    out = tmp_path / "out.npz"
    lift = ["lift", str(table), "--model", str(folder / "mouse.safetensors"), "--fps", "30", "-o", str(out)]
    assert main([*lift, "--image-size", "800x800"]) == 0
    result = load_result(out)
    assert result.points.shape == (400, 7, 3) and np.isfinite(result.points).all()


def test_a_skeleton_beside_the_weights_is_used_so_that_it_can_be_corrected(trained, tmp_path):
    folder, table = trained
    text = (folder / "mouse.toml").read_text()
    (tmp_path / "mouse.toml").write_text(text.replace('head = "Nose"', 'head = "TailBase"'))
    found = prepare_keypoints([table], tmp_path / "mouse.safetensors", fps=30.0)
    assert found.data.skeleton.names[found.data.skeleton.head] == "TailBase"
    assert "which is there already" in found.notes[-1]
    assert set(found.data.split) == {"train", "test"} and found.data.points_3d is None


def test_training_is_blind_to_3d(tmp_path):
    people = open_dataset("procedural").select("test")
    save_dataset(people._replace(split=np.full(len(people.split), "train")), tmp_path / "people.npz")
    assert prepare_keypoints([tmp_path / "people.npz"], tmp_path / "a.safetensors").data.points_3d is None
    with pytest.raises(DatasetError, match=r"fps: found with a data set"):
        prepare_keypoints([tmp_path / "people.npz"], tmp_path / "a.safetensors", fps=30.0)


def test_settings_follow_the_bodies(tmp_path):
    data = prepare_keypoints([deeplabcut(tmp_path / "a.csv")], tmp_path / "a.safetensors").data
    people, chain = (
        choose_settings(data._replace(skeleton=s), WHOLE, cameras=CAMERAS["above"]) for s in (H36M17, CHAIN)
    )
    assert people.config.mirror_equivariant and not chain.config.mirror_equivariant
    assert chain.config.flow.components == 4 and chain.config.loss.weights.symmetry == 0
    assert any("no joint has a side" in reason for reason in chain.reasons)
    few = choose_settings(data, WHOLE._replace(whole=20, rooted=500), cameras=CAMERAS["below"])
    assert few.config.data.masks and few.config.loss.weights.likelihood == 0
    assert few.config.view.pitch_low < few.config.view.pitch_start < few.config.view.pitch_high == 0
    with pytest.raises(DatasetError, match="cameras: found 'top', expected one of level, above, below"):
        choose_cameras(data, stated="top")


def test_tables_in_which_no_frame_has_all_joints_are_learnt_from(tmp_path):
    table = deeplabcut(tmp_path / "mouse.csv", frames=400)
    head, rows = table.read_text().splitlines()[:3], table.read_text().splitlines()[3:]
    cells = [row.split(",") for row in rows]
    joints = (len(cells[0]) - 1) // 3
    for i, row in enumerate(cells):
        row[3 + 3 * (i % joints)] = "0.01"  # each frame lacks another joint
    table.write_text("\n".join([*head, *(",".join(row) for row in cells)]))
    data = prepare_keypoints([table], tmp_path / "mouse.safetensors", fps=30.0).data.select("train")
    assert not data.seen.all(axis=1).any()
    content = learnable_content(data, "mouse.csv")
    assert content.different >= 20 and uses_masks(content)
    with pytest.raises(DatasetError, match=r"^mouse.csv: found \d+ poses? that differ|^mouse.csv: found the same pose"):
        learnable_content(data.select("train")._replace(keypoints=np.ones_like(data.keypoints)), "mouse.csv")


def test_bodies_that_never_turn_are_seen_from_few_directions():
    rng = np.random.default_rng(0)
    body = np.array([[1.0, 0, 0], [0, 0, 0], [-1.0, 0, 0]])

    def turned(angles):
        c, s = np.cos(angles), np.sin(angles)
        points = np.stack([c[:, None] * body[:, 0], 0 * c[:, None] + body[:, 1], s[:, None] * body[:, 0]], axis=-1)
        return points + 0.02 * rng.normal(size=points.shape)

    assert seen_directions(turned(rng.uniform(-np.pi, np.pi, 1000)), 0.0, CHAIN) == 12
    assert seen_directions(turned(rng.normal(0, 0.2, 1000)), 0.0, CHAIN) <= 4


def test_a_judgement_says_what_speaks_against_the_lifter():
    lines = described(Judgement(0.41, -0.5, 3, 1.0, ("bodies are seen from 3 of 12 directions",), "x"))
    assert "look up by 29 degrees" in lines[0] and lines[1].startswith("against it: bodies")


def test_a_lifter_of_mirror_images_is_refused():
    (mirrored,) = _fatal(0.7, 12, 0.03)
    assert mirrored.startswith("left and right are exchanged in 97% of the lifted poses")
    assert "--cameras below; else another --seed" in mirrored and "--cameras above" in _fatal(-0.7, 12, 0.03)[0]
    assert not _fatal(0.7, 12, 1.0) and not _fatal(0.7, 12, math.nan)
    assert [line.split(":")[0] for line in _fatal(math.radians(-80), 3, 0.8)] == [
        "cameras look up by 80 degrees", "bodies are seen from 3 of 12 directions",
    ]  # fmt: skip


def test_few_directions_do_not_matter_to_cameras_that_see_depths_from_the_side():
    assert not _fatal(0.1, 3, 1.0, apart=1.2)
    near, few = _fatal(0.1, 3, 1.0, apart=0.1)
    assert "at most 6 degrees apart" in near and "from 3 of 12 directions" in few
    (mirrored,) = _fatal(0.1, 3, 0.0, apart=1.2)
    assert "mirror images" in mirrored
    lines = described(Judgement(0.2, 0.1, 3, 1.0, (), "", apart=1.5))
    assert "synchronised cameras are up to 86 degrees apart" in lines[0]


def test_what_cannot_be_known_is_said():
    chain, people, known = (
        " ".join(_doubts(0.3, 0.0, right, skeleton))
        for right, skeleton in ((math.nan, CHAIN), (math.nan, H36M17), (1.0, H36M17))
    )
    assert "no joint has a left or right" in chain and "straight ahead" in people and not known
    (doubt,) = _doubts(0.3, 0.5, 0.8, H36M17)
    assert "in 20% of the lifted poses" in doubt


def test_scores_settle_when_none_is_better():
    assert not has_settled([0.5]) and not has_settled([0.5, 0.49, 0.48, 0.47])
    assert has_settled([0.5, 0.499, 0.4999, 0.5])


def test_a_training_ends_when_cameras_are_found_to_look_straight_down():
    assert not is_steep([]) and not is_steep([1.3]) and not is_steep([1.3, 1.1]) and is_steep([0.5, 1.3, 1.4])
    assert is_steep([-1.3, -1.4])


def test_a_folder_of_tables_is_its_tables(tmp_path):
    deeplabcut(tmp_path / "cam0DLC_resnet50.csv", frames=60)
    shutil.copy(tmp_path / "cam0DLC_resnet50.csv", tmp_path / "cam1DLC_resnet50.csv")
    shutil.copy(tmp_path / "cam0DLC_resnet50.csv", tmp_path / "cam1DLC_resnet50_filtered.csv")
    for name in ("cam0.mp4", "cam1.avi", "cam0DLC_resnet50.h5"):
        (tmp_path / name).write_bytes(b"no table")
    files, (note,) = tables_of([tmp_path])
    assert [file.name for file in files] == ["cam0DLC_resnet50.csv", "cam1DLC_resnet50_filtered.csv"]
    assert note.startswith(f"{tmp_path}: 2 tables; left out: cam0.mp4, cam0DLC_resnet50.h5, cam1.avi")
    frames = tmp_path / "frames"
    frames.mkdir()
    (frames / "000_keypoints.json").write_text("{}")
    assert tables_of([frames, files[0]]) == ([frames, files[0]], ())


def test_files_are_read_once(tmp_path, monkeypatch):
    read, paths = [], []
    for name in ("a.csv", "b.csv"):
        paths.append(deeplabcut(tmp_path / name, frames=60))

    def count(path, **options):
        read.append(path.name)
        return read_keypoints(path, **options)

    monkeypatch.setattr(training_data, "read_keypoints", count)
    monkeypatch.setattr(keypoint_files, "read_keypoints", count)
    data = prepare_keypoints(paths, tmp_path / "a.safetensors").data
    assert read == ["a.csv", "b.csv"] and set(data.camera) == {"a", "b"}
    assert data.source.count("recognized as deeplabcut") == 1 and data.source.startswith("all 2 files: recognized as")


def test_a_time_that_is_over_before_the_first_step_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(from_keypoints, "_train", lambda *_: "the time is over")
    table = deeplabcut(tmp_path / "mouse.csv", frames=400)
    with pytest.raises(DatasetError, match=r"minutes: found 0.1, expected more: it ended after 0 steps"):
        train_lifter([table], tmp_path / "a.safetensors", minutes=0.1, fps=30.0, force=True)


def test_wrong_arguments_are_refused_before_anything_is_read(tmp_path):
    with pytest.raises(DatasetError, match=r"expected .safetensors"):
        train_lifter([tmp_path / "no.csv"], tmp_path / "a.npz")
    with pytest.raises(DatasetError, match=r"minutes: found 0"):
        train_lifter([tmp_path / "no.csv"], tmp_path / "a.safetensors", minutes=0)


def test_what_the_frame_rate_is_for_is_said(people):
    """A wrong one shows in no score, as no loss compares frames."""
    rates = np.where(np.arange(len(people.fps)) % 2, 25, 30).astype(np.float32)
    assert _rates(people._replace(fps=np.full_like(rates, 30))).startswith(
        "frames per second: 30. They are not checked"
    )
    assert _rates(people._replace(fps=rates)).startswith("frames per second: differ from file to file: 25, 30. They")
