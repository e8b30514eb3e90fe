"""The training set of MPI-INF-3DHP in MATLAB v5 files, a cell for each camera."""

import sys

import numpy as np
import pytest

from geolift.convert.mpi_inf_3dhp import training_set
from geolift.convert.registry import CONVERTERS
from geolift.errors import DatasetError
from tests.helpers.mpi_inf_3dhp_training_files import (
    BEYOND,
    FRAMES,
    INTRINSICS,
    PLACE,
    TALL,
    points,
    write_3dhp_training,
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setitem(training_set.FRAMES, ("S1", "Seq1"), (FRAMES, 25))
    monkeypatch.setitem(training_set.FRAMES, ("S3", "Seq2"), (FRAMES, 50))
    for names in (("S1", "Seq1"), ("S3", "Seq2")):
        write_3dhp_training(tmp_path.joinpath(*names, "annot.mat"))
    return tmp_path


def test_the_official_frames_of_the_chest_high_cameras_are_read(folder):
    data = CONVERTERS["mpi_inf_3dhp_train_plain"].convert(folder)
    assert data.camera.tolist() == ["0", "1", "2", "4", "5", "6", "7", "8"] * 2
    assert data.frames == 16 * FRAMES and data.fps.tolist() == [25] * 8 + [50] * 8
    assert set(data.split) == {"train"} and data.subject[[0, 8]].tolist() == ["S1", "S3"]
    assert "2 of 16 sequences" in data.source and f"{16 * BEYOND} frames of annotations beyond" in data.source
    np.testing.assert_allclose(data.intrinsics, np.tile(INTRINSICS, (16, 1)), rtol=1e-6)
    for clip, camera in enumerate((0, 1, 2, 4)):
        np.testing.assert_allclose(
            data.points_3d[data.start[clip] : data.stop[clip]], points(camera)[:FRAMES], atol=1e-5
        )


def test_universal_people_keep_their_shape_and_still_project(folder):
    plain, universal = (CONVERTERS[f"mpi_inf_3dhp_train{kind}"].convert(folder) for kind in ("_plain", ""))
    np.testing.assert_array_equal(plain.keypoints, universal.keypoints)
    body, shape = (data.points_3d - data.points_3d[:, :1] for data in (plain, universal))
    np.testing.assert_allclose(shape, TALL * body, atol=1e-5)
    fx, fy, cx, cy = INTRINSICS
    x, y, z = np.moveaxis(universal.points_3d, -1, 0)
    np.testing.assert_allclose(np.stack([fx * x / z + cx, fy * y / z + cy], -1), universal.keypoints, atol=0.2)


def test_joints_stand_where_the_authors_list_them():
    assert training_set.JOINT_INDICES == PLACE


def cell(key, value):
    def change(cells):
        cells[key][2, 0] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda cells: cells.pop("univ_annot3"), "univ_annot3: found nothing, expected a cell"),
        (lambda cells: cells.update(annot2=np.zeros((14, 56))), r"annot2: found float64 of shape \[14, 56\]"),
        (cell("annot2", np.zeros((9, 34))), r"annot2, camera 2: found shape \[9, 34\], expected \[6 or more, 56\]"),
        (cell("annot3", np.zeros((3, 84))), r"annot3, camera 2: found shape \[3, 84\], expected \[6 or more, 84\]"),
        (cell("annot3", -np.ones((9, 84))), "annot3, camera 2: found points behind the camera"),
        (cell("annot2", np.full((9, 56), np.nan)), "annot2, camera 2: found values that are not finite"),
        (cell("univ_annot3", "text"), "univ_annot3, camera 2: found"),
    ],
)
def test_other_files_are_refused_in_one_line(change, message, folder):
    path = folder / "S1" / "Seq1" / "annot.mat"
    write_3dhp_training(path, change)
    with pytest.raises(DatasetError, match=message) as caught:
        training_set.read(folder)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_missing_files_damaged_files_and_a_missing_scipy_are_named(folder, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"no annot\.mat in the folder"):
        training_set.read(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="labels: found 'annot3'"):
        training_set.read(folder, labels="annot3")
    (folder / "S3" / "Seq2" / "annot.mat").write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))
    with pytest.raises(DatasetError, match=r"S3.Seq2.annot\.mat: not readable as MATLAB v5"):
        training_set.read(folder)
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(DatasetError, match=r"pip install 'geolift\[files\]'"):
        training_set.read(folder)
