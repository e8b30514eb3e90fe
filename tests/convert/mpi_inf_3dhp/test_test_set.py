"""The reader of MPI-INF-3DHP's test set against files in the real layout."""

import sys

import h5py
import numpy as np
import pytest

from geolift import cli
from geolift.convert.mpi_inf_3dhp import test_set as mpi_inf_3dhp
from geolift.data.sources import open_dataset
from geolift.errors import DatasetError
from geolift.evaluation.accuracy import evaluate
from geolift.evaluation.protocols import MPI_INF_3DHP_FRAMES, PROTOCOLS
from geolift.skeletons.skeleton import H36M17
from tests.helpers.mpi_inf_3dhp_test_files import INTRINSICS, INVALID, TALL, write_3dhp


@pytest.fixture(scope="module")
def test_set(people, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mpi_inf_3dhp_test_set")
    write_3dhp(folder, people)
    return folder


def test_the_test_set_is_read_with_its_joints_clips_and_cameras(test_set, people):
    data = mpi_inf_3dhp.read(test_set, labels="plain")
    assert data.frames == 2929 and "plain labels (annot3)" in data.source
    first = np.delete(np.arange(603 + INVALID), np.arange(100, 100 + INVALID))
    np.testing.assert_allclose(data.points_3d[:603], people.points_3d[first], atol=1e-5)
    # Every subject is cut at the invalid frames, which end at 107, and where the activity changes, at 200.
    np.testing.assert_array_equal(data.stop[:3], [100, 200 - INVALID, 603])
    assert data.subject[:4].tolist() == ["TS1"] * 3 + ["TS2"] and data.action[:3].tolist() == ["1", "1", "7"]
    assert set(data.split) == {"test"} and not data.fps.any()
    np.testing.assert_allclose(data.intrinsics, np.tile(INTRINSICS, (18, 1)), rtol=1e-4)
    size = dict(zip(data.subject, data.image_size.tolist(), strict=True))
    assert size["TS4"] == [2048, 2048] and size["TS5"] == size["TS6"] == [1920, 1080]


def test_universal_labels_keep_their_shape_and_still_project(test_set):
    plain, universal = (mpi_inf_3dhp.read(test_set, labels=labels) for labels in ("plain", "universal"))
    np.testing.assert_array_equal(plain.keypoints, universal.keypoints)
    body, shape = (data.points_3d - data.points_3d[:, :1] for data in (plain, universal))
    ts6 = universal.subject[universal.clip_of_frame] == "TS6"
    np.testing.assert_allclose(shape[~ts6], TALL * body[~ts6], atol=1e-5)
    knee = H36M17.names.index("left_knee")
    np.testing.assert_allclose(shape[ts6, knee, 2], TALL * body[ts6, knee, 2] + 0.02, atol=1e-5)
    fx, fy, cx, cy = INTRINSICS
    x, y, z = np.moveaxis(universal.points_3d[~ts6], -1, 0)
    np.testing.assert_allclose(np.stack([fx * x / z + cx, fy * y / z + cy], -1), universal.keypoints[~ts6], atol=0.2)


def test_the_test_set_is_converted_and_measured(test_set, tmp_path, capsys):
    for kind, labels in (("mpi_inf_3dhp", "universal"), ("mpi_inf_3dhp_plain", "plain")):
        assert cli.main(["convert", kind, str(test_set), str(tmp_path / "out.npz")]) == 0
        assert "test: 2929 frames, 6 subjects, 2 actions" in capsys.readouterr().out
        data = open_dataset(tmp_path / "out.npz")
        result = evaluate(data.points_3d, data, protocol=PROTOCOLS["3dhp-14"])
        assert result["headline"]["pck"] == 100 and result["mpjve"] is None and labels in data.source


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file.pop("univ_annot3"), r"annot_data.mat: \['univ_annot3'\] missing, found \['activity_"),
        (lambda file: resized(file, "annot2", (3, 17, 1, 20)), r"annot2: found shape \[3, 17, 1, 20\], expected \[27"),
        (lambda file: resized(file, "valid_frame", (5, 1)), r"valid_frame: found shape \[5, 1\], expected \[27, 1\]"),
        (lambda file: file["valid_frame"].write_direct(np.zeros((27, 1))), "found none of 27 frames valid"),
        (lambda file: file["annot3"].write_direct(-np.ones((27, 1, 17, 3))), "annot3: found values in valid frames"),
        (lambda file: file["annot2"].write_direct(np.full((27, 1, 17, 2), np.nan)), "annot2: found values in valid"),
    ],
)
def test_files_that_are_not_the_test_set_are_refused(change, message, people, tmp_path):
    write_3dhp(tmp_path / "set", people, dict.fromkeys(MPI_INF_3DHP_FRAMES, 20))
    with h5py.File(tmp_path / "set" / "TS2" / "annot_data.mat", "r+") as file:
        change(file)
    with pytest.raises(DatasetError, match=message) as caught:
        mpi_inf_3dhp.read(tmp_path / "set")
    assert "TS2" in str(caught.value) and "\n" not in str(caught.value)


def resized(file, key, shape):
    del file[key]
    file[key] = np.zeros(shape)


def test_missing_files_other_files_and_a_missing_h5py_are_named(people, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"TS1.annot_data.mat: no such file, expected the annotations of TS1"):
        mpi_inf_3dhp.read(tmp_path)
    write_3dhp(tmp_path / "set", people, dict.fromkeys(MPI_INF_3DHP_FRAMES, 20))
    (tmp_path / "set" / "TS1" / "annot_data.mat").write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))
    with pytest.raises(DatasetError, match=r"annot_data.mat: the MATLAB v7\.3 file cannot be read"):
        mpi_inf_3dhp.read(tmp_path / "set")
    with pytest.raises(ValueError, match="labels: found 'annot3', expected one of"):
        mpi_inf_3dhp.read(tmp_path / "set", labels="annot3")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DatasetError, match=r"pip install 'geolift\[files\]'"):
        mpi_inf_3dhp.read(tmp_path / "set")
