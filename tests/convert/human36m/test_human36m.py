"""Human3.6M in CDF files, and as h36m-fetch, ElePose and MotionBERT leave it."""

import pickle
import sys

import h5py
import numpy as np
import pytest

from geolift.convert.human36m import cdf_files, elepose, h36m_fetch, motionbert
from geolift.convert.registry import CONVERTERS
from geolift.data import human36m
from geolift.data.dataset import load_dataset, save_dataset
from geolift.errors import DatasetError
from geolift.evaluation.accuracy import evaluate
from geolift.evaluation.protocols import PROTOCOLS
from geolift.skeletons.skeleton import H36M17
from tests.helpers.human36m_files import CAMERAS, SUBJECTS, people
from tests.helpers.human36m_writers import (
    FRAMES,
    TALL,
    elepose_content,
    motionbert_content,
    write_cdf,
    write_cdf_archive,
    write_fetch,
)

pytest.importorskip("cdflib")
JOINT = H36M17.names.index


@pytest.fixture(scope="module")
def cdf_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("human36m")
    write_cdf_archive(folder)
    (folder / "S9" / "MyPoseFeatures" / "D2_Positions" / "_ALL 1.54138969.cdf").write_bytes(b"several sequences")
    return folder


def test_cdf_files_are_measured_by_the_protocol(cdf_folder, tmp_path):
    data = CONVERTERS["human36m_cdf"].convert(cdf_folder)
    save_dataset(data, tmp_path / "h36m.npz")
    test = load_dataset(tmp_path / "h36m.npz").select("test")
    result = evaluate(test.points_3d, test, protocol=PROTOCOLS["h36m"])
    assert result["action_mean"]["mpjpe"] < 1e-3 and "S11's second sequence" in data.source
    first = (data.subject == "S1") & (data.camera == CAMERAS[1])
    start = data.start[np.flatnonzero(first)[0]]
    expected = human36m.to_camera(people(FRAMES)["S1"], "S1", CAMERAS[1])
    np.testing.assert_allclose(data.points_3d[start : start + FRAMES], expected, atol=1e-5)
    for subject, camera, down in zip(data.subject, data.camera, data.gravity[data.start], strict=True):
        above, below = (human36m.to_camera(np.array([0, 0, z]), subject, camera) for z in (1.0, 0.0))
        np.testing.assert_allclose(down, below - above, atol=1e-6)


def test_universal_people_keep_their_shape_and_project_with_other_intrinsics(tmp_path):
    write_cdf_archive(tmp_path, ["Walking"], place="Poses_")
    plain, other = (CONVERTERS[f"human36m_cdf{kind}"].convert(tmp_path) for kind in ("", "_universal"))
    np.testing.assert_array_equal(plain.keypoints, other.keypoints)
    body, shape = (data.points_3d - data.points_3d[:, :1] for data in (plain, other))
    np.testing.assert_allclose(shape, TALL * body, atol=1e-5)
    ratio = other.intrinsics[:, :2] / plain.intrinsics[:, :2]
    assert (ratio > 1.02).all() and (ratio < 1.2).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file.unlink(), None),
        (lambda file: file.write_bytes(b"no CDF at all"), "not readable as CDF with the variable Pose"),
        (lambda file: write_cdf(file, np.zeros((1, FRAMES, 51))), r"Pose: found shape \[1, 4, 51\], expected .*96\]"),
        (lambda file: write_cdf(file, np.zeros((1, FRAMES + 1, 96))), "found 5 frames, expected 4"),
        (lambda file: write_cdf(file, np.full((1, FRAMES, 96), np.nan)), "values that are not finite"),
    ],
)
def test_other_cdf_files_are_refused(change, message, tmp_path, monkeypatch):
    write_cdf_archive(tmp_path, ["Walking"])
    name = "Walking.54138969.cdf"
    change(tmp_path / "S9" / "MyPoseFeatures" / "D3_Positions_mono" / name)
    with pytest.raises(DatasetError if message else FileNotFoundError, match=message or "no such file") as caught:
        cdf_files.read(tmp_path)
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_cdf_folders_names_and_the_library(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="no D2_Positions of any subject"):
        cdf_files.read(tmp_path)
    write_cdf_archive(tmp_path, ["Walking"])
    (tmp_path / "S9" / "MyPoseFeatures" / "D2_Positions" / "Walking.9.cdf").touch()
    with pytest.raises(DatasetError, match=r"expected ACTION\.CAMERA\.cdf"):
        cdf_files.read(tmp_path)
    monkeypatch.setitem(sys.modules, "cdflib", None)
    with pytest.raises(DatasetError, match=r"pip install 'geolift\[files\]'"):
        cdf_files.read(tmp_path)


def test_thinned_frames_have_no_rate_and_are_measured_as_they_are(tmp_path):
    write_fetch(tmp_path, lambda subject: [1, 7, 40, 41] if subject == "S1" else range(1, 201, 64))
    data = CONVERTERS["h36m_fetch"].convert(tmp_path)
    assert not data.fps.any() and "clips are thinned" in data.source and "S11's second sequence" in data.source
    assert data.frames == 4 * 4 * (30 + 30 + 29)
    test = data.select("test")
    assert evaluate(test.points_3d, test, protocol=PROTOCOLS["h36m-64th"])["action_mean"]["mpjpe"] < 1e-3
    with pytest.raises(DatasetError, match="fps"):
        evaluate(test.points_3d, test, protocol=PROTOCOLS["h36m"])


def test_frames_that_follow_each_other_have_one(tmp_path):
    write_fetch(tmp_path, lambda subject: range(1, 6), ["Walking"])
    data = CONVERTERS["h36m_fetch"].convert(tmp_path)
    assert set(data.fps) == {50} and "thinned" not in data.source and set(data.action) == {"Walking 1", "Walking 2"}
    other = CONVERTERS["h36m_fetch_universal"].convert(tmp_path)
    body, shape = (d.points_3d - d.points_3d[:, :1] for d in (data, other))
    np.testing.assert_allclose(shape, TALL * body, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file.pop("pose/3d"), r"\['pose/3d'\] missing"),
        (lambda file: file["frame"].write_direct(np.ones(20, int)), "out of order"),
        (lambda file: file["camera"].write_direct(np.full(20, 3)), "camera: found 3, expected one of 54138969"),
        (lambda file: file["subject"].write_direct(np.full(20, 5)), r"subject: found \[5.0\], expected S9"),
        (lambda file: replaced(file, "pose/2d", np.zeros((20, 17, 2))), r"pose/2d: found shape \[20, 17, 2\]"),
        (lambda file: replaced(file, "intrinsics/54138969", np.zeros(3)), r"found shape \[3\], expected \[4\]"),
        (lambda file: replaced(file, "frame", np.array(["a"] * 20, "S1")), r"frame: found \|S1, expected numbers"),
        (lambda file: replaced(file, "intrinsics", np.zeros(3)), "intrinsics: found Dataset, expected a group"),
    ],
)
def test_other_annotations_are_refused(change, message, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"no annot\.h5"):
        h36m_fetch.read(tmp_path)
    write_fetch(tmp_path, lambda subject: range(1, 6), ["Walking"])
    path = tmp_path / "S9" / "Walking-1" / "annot.h5"
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(DatasetError, match=message) as caught:
        h36m_fetch.read(tmp_path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    path.write_bytes(b"no HDF5")
    with pytest.raises(DatasetError, match="the HDF5 file cannot be read"):
        h36m_fetch.read(tmp_path)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DatasetError, match=r"pip install 'geolift\[files\]'"):
        h36m_fetch.read(tmp_path)


def replaced(file, key, value):
    del file[key]
    file[key] = value


@pytest.mark.parametrize("protocol", [2, 4])
def test_elepose_rows_come_with_their_sides(protocol, tmp_path, rng):
    path, content = tmp_path / "h36m.pkl", elepose_content(rng)
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    true, detected = (CONVERTERS[kind].convert(path) for kind in ("elepose", "elepose_detected"))
    assert true.frames == len(content["subject"]) and not true.fps.any() and len(true.start) == 3
    assert dict(zip(true.subject, true.split, strict=True)) == {"S1": "train", "S9": "test", "S11": "test"}
    np.testing.assert_allclose(detected.keypoints, true.keypoints, atol=6)  # pixels of noise; swapped arms are far
    s9 = np.array(content["subject"]) == 9
    clip = np.flatnonzero(true.subject == "S9")[0]
    expected = content["poses_3d"][s9][:, [3, 8, 19, 27]] / 1000
    joints = [JOINT(name) for name in ("right_ankle", "left_ankle", "left_wrist", "right_wrist")]
    np.testing.assert_allclose(true.points_3d[true.start[clip] : true.stop[clip], joints], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"poses_3d": None}, r"\['poses_3d'\] missing"),
        ({"poses_2d": "text"}, "poses_2d: found str, expected numbers"),
        ({"poses_2d": np.zeros((48, 17, 2))}, r"poses_2d: found shape \[48, 17, 2\], expected \[48, 32, 2\]"),
        ({"poses_3d": np.zeros((48, 32, 3))}, "poses_3d: found points behind the camera"),
        ({"subject": [13] * 48}, "subject: found 'S13', expected one of S1"),
    ],
)
def test_other_pickles_are_not_elepose_s(change, message, tmp_path, rng):
    content = {key: value for key, value in {**elepose_content(rng), **change}.items() if value is not None}
    (tmp_path / "h36m.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(DatasetError, match=message):
        elepose.read(tmp_path / "h36m.pkl")
    (tmp_path / "h36m.pkl").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(DatasetError, match=r"not Human3\.6M of ElePose"):
        elepose.read(tmp_path / "h36m.pkl")


@pytest.mark.parametrize("confidence", [True, False])
def test_motionbert_s_rows_are_cut_by_their_source(confidence, tmp_path):
    content = motionbert_content(**({} if confidence else {"confidence": None}))
    (tmp_path / "h36m.pkl").write_bytes(pickle.dumps(content))
    data = CONVERTERS["motionbert"].convert(tmp_path / "h36m.pkl")
    assert data.subject.tolist() == ["S1", "S11"] and data.action.tolist() == ["Walking 1", "Photo 1"]
    assert data.split.tolist() == ["train", "test"] and data.camera.tolist() == [CAMERAS[1], CAMERAS[3]]
    assert data.points_3d is None and "3D, which is in pixels" in data.source and "S11's second sequence" in data.source
    np.testing.assert_array_equal(data.keypoints[:FRAMES], content["train"]["joint_2d"])
    assert (data.confidence == 1).all() and set(data.fps) == {50}
    assert ("136 confidences above 1" in data.source) == confidence


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": None}, "train: expected a dict of joint_2d"),
        ({"source": ["x"] * FRAMES}, "source: found 'x', expected names like"),
        ({"camera_name": ["1"] * FRAMES}, "camera_name: found '1', expected one of"),
        ({"joint_2d": np.zeros((FRAMES, 16, 2))}, r"joint_2d: found shape \[4, 16, 2\], expected \[4, 17, 2\]"),
        ({"joint_2d": [[1, 2], [3]]}, "joint_2d: found list, expected numbers, an array or a list of them"),
        ({"confidence": np.ones(FRAMES)}, r"confidence: found shape \[4\]"),
    ],
)
def test_other_pickles_are_not_motionbert_s(change, message, tmp_path):
    content = {"train": {**motionbert_content(**change)["train"]}}
    (tmp_path / "h36m.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(DatasetError, match=message) as caught:
        motionbert.read(tmp_path / "h36m.pkl")
    assert "\n" not in str(caught.value)


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("read", [elepose.read, motionbert.read])
def test_nothing_in_a_pickle_is_run(read, tmp_path):
    (tmp_path / "h36m.pkl").write_bytes(pickle.dumps({"train": Payload(tmp_path / "run")}))
    with pytest.raises(DatasetError, match="which is never run"):
        read(tmp_path / "h36m.pkl")
    assert not (tmp_path / "run").exists()
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nowhere.pkl")


@pytest.mark.parametrize(
    ("read", "option"), [(cdf_files.read, "labels"), (h36m_fetch.read, "labels"), (elepose.read, "keypoints")]
)
def test_options_have_names(read, option, tmp_path):
    with pytest.raises(ValueError, match=f"{option}: found 'x', expected one of"):
        read(tmp_path, **{option: "x"})


def test_a_subject_that_human36m_does_not_have(tmp_path):
    write_fetch(tmp_path, lambda subject: range(1, 6), ["Walking"])
    (tmp_path / "S9").rename(tmp_path / "S99")
    with pytest.raises(DatasetError, match=r"subject: found \[9.0\], expected S99"):
        h36m_fetch.read(tmp_path)
    assert set(SUBJECTS) < set(human36m.SPLITS)
