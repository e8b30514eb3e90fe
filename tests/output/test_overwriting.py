"""What an output may replace: what the same command wrote there, and neither its input nor another file."""

import os
import shutil

import pytest

from geolift import cli
from geolift.data.dataset import save_dataset
from geolift.errors import DatasetError
from geolift.output.overwriting import expect_replaceable, is_dataset, is_lifted, is_result
from geolift.output.view.formats import VIEWERS, write_view
from geolift.output.write import WRITERS, write_result
from geolift.pretrained.export import FORMATS, export_model, is_export
from geolift.pretrained.models import load, load_card
from tests.helpers import corpus
from tests.helpers.paths import ROOT
from tests.helpers.results import make_result


def table(path, frames=4):
    """The first frames of the example, a plain table of a person who walks."""
    lines = (ROOT / "examples" / "walk.csv").read_text().splitlines()[: frames + 1]
    path.write_text("\n".join(lines) + "\n")
    return path


def run(*arguments, capsys):
    code = cli.main([str(argument) for argument in arguments])
    return code, capsys.readouterr().err


@pytest.mark.parametrize("suffix", [*WRITERS, *VIEWERS])
def test_what_geolift_wrote_is_known_in_every_format(suffix, tmp_path):
    path, result = tmp_path / f"out{suffix}", make_result(people=1)
    (write_view if suffix in VIEWERS else write_result)(result, path)
    assert is_lifted(path) and not is_dataset(path)
    expect_replaceable([path], is_lifted)
    for other in {*WRITERS, *VIEWERS} - {suffix}:  # a file of another format is not taken for one
        shutil.copy(path, tmp_path / f"other{other}")
        with pytest.raises(DatasetError, match=rf"^{tmp_path}/other{other}: found .*--force"):
            expect_replaceable([tmp_path / f"other{other}"], is_lifted)
    path.write_bytes(b"")  # nothing is lost
    expect_replaceable([path], is_lifted)


@pytest.mark.parametrize("format", FORMATS)
def test_exports_are_known(format, tmp_path):
    if format != "safetensors":
        pytest.importorskip({"onnx": "onnx", "stablehlo": "flatbuffers"}[format])
    export_model(load("cmu"), tmp_path / "cmu", format, card=load_card("cmu"))
    for path in tmp_path.iterdir():
        assert is_export(path, format) and not any(is_export(path, other) for other in FORMATS if other != format)


def test_no_file_that_is_read_is_taken_for_an_output(tmp_path):
    corpus.write(tmp_path)
    for path in filter(os.path.isfile, tmp_path.rglob("*")):
        ours = path.name in ("poses.npz", "poses.json")
        assert is_result(path) == ours and is_dataset(path) == (path.name == "dataset.npz"), path
        for suffix in (*WRITERS, *VIEWERS):
            copy = tmp_path / f"copy{suffix}"
            shutil.copy(path, copy)
            assert is_lifted(copy) == (ours and suffix == path.suffix), (path, suffix)


def test_the_input_is_never_replaced(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    walk = table(tmp_path / "walk.csv")
    before = walk.read_bytes()
    os.link(walk, "hard.csv")
    os.symlink(walk, "soft.csv")
    (tmp_path / "deep").mkdir()
    for output in ("walk.csv", walk, "./deep/../walk.csv", "hard.csv", "soft.csv"):
        code, error = run("lift", "walk.csv", "-o", "fine.npz", "-o", output, capsys=capsys)
        assert code == 1 and error.startswith(f"geolift: {output}: found the input") and "--force" in error
    assert walk.read_bytes() == before and not (tmp_path / "fine.npz").exists()
    assert run("lift", "walk.csv", "-o", "walk.csv", "--force", capsys=capsys)[0] == 0
    assert is_lifted(walk) and (tmp_path / "hard.csv").read_bytes() == before


def test_only_the_result_of_the_same_command_is_replaced(tmp_path, capsys, people, monkeypatch):
    monkeypatch.chdir(tmp_path)
    walk = table(tmp_path / "walk.csv")
    assert run("convert", "keypoints", walk, "data.npz", "--image-size", "1000x1000", capsys=capsys)[0] == 0
    assert run("lift", walk, "-o", "lifted.npz", "-o", "p.html", "-o", "t.csv", capsys=capsys)[0] == 0
    shutil.copy(walk, "other.csv")
    (tmp_path / "photograph.png").write_bytes(b"\x89PNG\r\n\x1a\n photograph")
    (tmp_path / "page.html").write_text("<!doctype html><title>mine</title>")
    save_dataset(people, tmp_path / "people.npz")
    kept = {path: path.read_bytes() for path in tmp_path.iterdir()}
    refused = [
        (("lift", walk, "-o", "data.npz"), "data.npz: found a geolift data set that this command did not write"),
        (("lift", walk, "-o", "other.csv"), "other.csv: found a file that"),
        (("view", "lifted.npz", "-o", "photograph.png"), "photograph.png: found a file"),
        (("view", "lifted.npz", "-o", "page.html"), "page.html: found a file"),
        (("convert", "keypoints", walk, "lifted.npz"), "lifted.npz: found lifted poses that"),
        (("convert", "keypoints", "data.npz", "data.npz"), "data.npz: found the input"),
        (("export", "cmu", "people.npz", "--format", "safetensors"), "people.npz: found a geolift data set"),
        (("lift", walk, "-o", "a.npz", "-o", "./a.npz"), "./a.npz: found this file to write to twice"),
        (("lift", walk, "-o", "a.npz", "-o", "a.npz", "--force"), "a.npz: found this file to write to twice"),
    ]  # fmt: skip
    for arguments, message in refused:
        code, error = run(*arguments, capsys=capsys)
        assert code == 1 and error.startswith(f"geolift: {message}") and error.count("\n") == 1, (arguments, error)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == kept
    again = [
        ("convert", "keypoints", walk, "data.npz", "--image-size", "1000x1000"),
        ("lift", walk, "-o", "lifted.npz", "-o", "p.html", "-o", "t.csv"),
        ("view", "lifted.npz", "-o", "p.html"),
        ("lift", walk, "-o", "data.npz", "--force"),
    ]  # fmt: skip
    for arguments in again:
        assert run(*arguments, capsys=capsys) == (0, "")


def test_a_file_of_each_person_is_looked_at_before_any_is_written(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    walk = table(tmp_path / "walk.csv").read_text().splitlines()
    head, rows = walk[0].replace("frame,", "frame,person,"), [row.split(",", 1) for row in walk[1:]]
    lines = [f"{frame},{who},{row}" for frame, row in rows for who in ("ann", "ben")]
    (tmp_path / "two.csv").write_text("\n".join([head, *lines]) + "\n")
    (tmp_path / "m_ben.bvh").write_text("mine")
    code, error = run("lift", "two.csv", "-o", "m.bvh", "-o", "other.npz", capsys=capsys)
    assert code == 1 and error.startswith("geolift: m_ben.bvh: found a file")
    assert sorted(os.listdir()) == ["m_ben.bvh", "two.csv", "walk.csv"]
    os.remove("m_ben.bvh")
    code, error = run("lift", "two.csv", "-o", "m.bvh", "-o", "m_ann.bvh", capsys=capsys)
    assert code == 0  # the second becomes m_ann_ann.bvh
    assert run("lift", "two.csv", "-o", "m.bvh", capsys=capsys)[0] == 0


def test_a_folder_that_is_read_keeps_its_files(tmp_path, capsys, rng):
    from geolift.skeletons.joint_sets import JOINT_SETS
    from tests.helpers.keypoint_writers import openpose, scene

    folder = openpose(tmp_path / "openpose", scene(JOINT_SETS["body25"].source, "body25", rng, frames=3))
    first = min(folder.iterdir())
    before = first.read_bytes()
    code, error = run("lift", folder, "-o", first, capsys=capsys)
    assert code == 1 and first.name in error and first.read_bytes() == before
    code, error = run("lift", folder, "-o", folder, capsys=capsys)
    assert code == 1 and "no suffix" in error
