"""A disk that does not take an output: one line that names the file, and the file as it was before."""

import os

import pytest

from geolift import cli
from geolift.data.dataset import save_dataset
from geolift.errors import DatasetError
from geolift.output.view.formats import VIEWERS, write_view
from geolift.output.write import WRITERS, write_result
from geolift.pretrained.export import FORMATS, export_model
from geolift.pretrained.models import load, load_card
from geolift.safe_io.atomic import replacing, replacing_all
from tests.helpers.results import make_result

FRAMES = 300  # far more than the disk holds, in every format but the movies
SMALL = "16k"


@pytest.mark.parametrize("suffix", [*WRITERS, *VIEWERS])
def test_a_full_disk_names_the_file_and_keeps_what_was_there(suffix, small_disk):
    path = small_disk(SMALL) / f"out{suffix}"
    path.write_bytes(b"as before")
    movie = suffix in (".gif", ".mp4")
    result = make_result(frames=60 if movie else FRAMES, people=1)
    with pytest.raises((OSError, DatasetError), match=rf"{path}") as error:  # the latter by ffmpeg
        (write_view if suffix in VIEWERS else write_result)(result, path)
    assert "No space left on device" in str(error.value) and "\n" not in str(error.value)
    assert path.read_bytes() == b"as before" and os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("suffix", [".bvh", ".trc"])
def test_of_several_files_that_is_named_which_did_not_fit(suffix, small_disk):
    disk, alone = small_disk(SMALL), {"markers": "pose2sim"} if suffix == ".trc" else {}
    with pytest.raises(OSError, match=rf"{disk}/out_\w+{suffix}"):
        write_result(make_result(frames=FRAMES, people=2), disk / f"out{suffix}", **alone)
    assert not list(disk.iterdir())


@pytest.mark.parametrize("format", FORMATS)
def test_exports_and_data_sets(format, small_disk, people):
    if format != "safetensors":
        pytest.importorskip({"onnx": "onnx", "stablehlo": "flatbuffers"}[format])
    disk = small_disk(SMALL)
    for path, write in (
        (disk / "cmu", lambda path: export_model(load("cmu"), path, format, card=load_card("cmu"))),
        (disk / "people.npz", lambda path: save_dataset(people, path)),
    ):
        with pytest.raises(OSError, match=rf"{path}") as error:
            write(path)
        assert "No space left" in str(error.value) and not list(disk.iterdir())


def test_the_command_prints_one_line(small_disk, tmp_path, capsys):
    disk = small_disk(SMALL)
    write_result(make_result(frames=FRAMES, people=1), tmp_path / "lifted.npz")
    for arguments in (
        ["view", tmp_path / "lifted.npz", "-o", disk / "p.html"],
        ["export", "cmu", disk / "cmu.safetensors", "--format", "safetensors"],
        ["convert", "mpii", tmp_path / "lifted.npz", disk / "none" / "a.npz"],
    ):
        assert cli.main([str(argument) for argument in arguments]) == 1
        error = capsys.readouterr().err
        assert error.startswith(f"geolift: {disk}/") and error.count("\n") == 1, error
        assert "No space left on device" in error or "found no folder" in error
    assert not list(disk.iterdir())


@pytest.mark.parametrize("replace", [replacing, replacing_all])
def test_errors_of_other_files_and_without_a_number_stay_as_they_are(replace, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(IsADirectoryError, match=str(other)), replace(tmp_path / "out"):
        other.open()
    with pytest.raises(OSError, match=r"^what happened$"), replace(tmp_path / "out"):
        raise OSError("what happened")
    with pytest.raises(FileNotFoundError, match=f"{tmp_path}/none/out"), replace(tmp_path / "none" / "out") as written:
        open(written[0] if isinstance(written, tuple) else written, "w").close()
    assert os.listdir(tmp_path) == ["other"]
