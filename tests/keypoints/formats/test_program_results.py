"""PYSKL, OpenCap, Kinetics-skeleton, SLEAP projects, pose-format and arrays are read back; damage is one line."""

import pickle

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints import Options, read_keypoints
from geolift.skeletons.joint_sets import JOINT_SETS
from tests.helpers import keypoint_writers, program_writers
from tests.helpers.cases import case
from tests.helpers.program_writers import by_person

SIZE = (1000, 800)


def scene_of(joint_set, rng, **more):
    return keypoint_writers.scene(JOINT_SETS[joint_set].source, joint_set, rng, **more)


def agrees(recording, scene, *, atol=1e-3, first=0, confidence=True):
    """The recording's frames from `first` on hold the people of the scene, in their order."""
    for t, people in enumerate(scene, start=first):
        rows = np.flatnonzero(recording.frame == t)
        assert len(rows) == len(people)
        for row, person in zip(rows, people, strict=True):
            keypoints, sure = keypoint_writers.cleared(person)
            np.testing.assert_allclose(recording.keypoints[row], keypoints, atol=atol)
            if confidence:
                np.testing.assert_allclose(recording.confidence[row], sure, atol=1e-3)


def refused(path, message, **options):
    with pytest.raises(DatasetError, match=message) as error:
        read_keypoints(path, options=Options(**options))
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


# PYSKL


@pytest.mark.parametrize("form", ["list", "dict"])
def test_pyskl_clips_are_people_of_their_own(form, rng, tmp_path):
    scenes = [scene_of("coco17", rng, frames=5), scene_of("coco17", rng, frames=3)]
    found = read_keypoints(program_writers.pyskl(tmp_path / "x.pkl", scenes, form=form), options=Options(fps=30))
    recording = found.recording
    assert found.format == "pyskl" and recording.joint_set == "coco17" and recording.video and recording.tracked
    assert recording.people == ("clip0/0", "clip0/1", "clip1/0", "clip1/1") and recording.frames[5] == "clip1/0"
    assert recording.image_size.tolist() == [list(SIZE)] * 8
    agrees(recording, scenes[0], atol=0.3)
    agrees(recording, scenes[1], atol=0.3, first=5)


def test_pyskl_in_3d_or_damaged_is_refused(rng, tmp_path):
    path = program_writers.pyskl(tmp_path / "x.pkl", [scene_of("coco17", rng)])
    (clip,) = pickle.loads(path.read_bytes())
    for change, message in (
        ({"keypoint": rng.normal(size=(1, 4, 25, 3))}, "clip 0: keypoint.*3D are not lifted"),
        ({"keypoint": np.zeros((4, 17, 2))}, r"keypoint: found \[4, 17, 2\], expected \[people, frames, joints, 2\]"),
        ({"keypoint_score": np.zeros((2, 4, 16))}, r"keypoint_score: found \[2, 4, 16\], expected \[2, 4, 17\]"),
        ({"keypoint": "none"}, "keypoint: found str"),
    ):
        kept = {key: value for key, value in clip.items() if key != "keypoint_score"}
        path.write_bytes(pickle.dumps([(clip if "keypoint_score" in change else kept) | change]))
        refused(path, message)


class Planted:
    def __reduce__(self):
        return print, ("planted",)


def test_pickles_run_nothing(tmp_path, capsys):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps([{"keypoint": Planted(), "total_frames": 1}]))
    refused(tmp_path / "x.pkl", "the pickle asks for builtins.print, which is never run")
    (tmp_path / "x.pkl").write_bytes(pickle.dumps({"weights": [1]}))
    refused(tmp_path / "x.pkl", r"not recognized: found a pickle, of dict with \['weights'\]")
    assert not capsys.readouterr().out


def test_a_clip_of_pyskl():
    recording = read_keypoints(case("other-containers/pyskl.pkl")).recording
    assert recording.video and recording.joint_set == "coco17" and len(recording.frame) == 12


# OpenCap, Kinetics-skeleton


def test_opencap(rng, tmp_path):
    scene = scene_of("body25", rng)
    scene[1] = []
    found = read_keypoints(program_writers.opencap(tmp_path / "x.pkl", scene), options=Options(fps=60))
    agrees(found.recording, scene)
    assert found.format == "opencap" and found.recording.joint_set == "body25" and found.recording.fps == 60
    people = pickle.loads((tmp_path / "x.pkl").read_bytes())
    people[2][0]["pose_keypoints_2d"].pop()
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(people))
    refused(tmp_path / "x.pkl", "frame 2, person 0: pose_keypoints_2d: found 74 numbers")


def test_kinetics_skeleton(rng, tmp_path):
    scene = scene_of("coco18", rng)
    scene[2] = []
    path = program_writers.kinetics_skeleton(tmp_path / "x.json", scene)
    found = read_keypoints(path, options=Options(image_size=SIZE))
    agrees(found.recording, scene, atol=0.6)
    assert found.format == "kinetics-skeleton" and found.recording.joint_set == "coco18" and found.recording.video
    refused(path, "image-size")
    path.write_text(path.read_text().replace('"score": [', '"score": [0.5, ', 1))
    refused(path, r"data\[0\]: skeleton\[0\]: found 36 numbers in pose", image_size=SIZE)


# SLEAP's projects


@pytest.mark.parametrize("predicted", [True, False])
def test_sleap_projects_have_predictions_and_labels(predicted, rng, tmp_path):
    pytest.importorskip("h5py")
    scene = scene_of("coco17", rng)
    joints = JOINT_SETS["coco17"].source
    found = read_keypoints(program_writers.sleap_labels(tmp_path / "x.slp", scene, joints, predicted=predicted))
    recording = found.recording
    assert found.format == "sleap-labels" and recording.joint_set == "coco17" and recording.people == ("anna", "ben")
    assert recording.frames == ("10", "11", "12", "13") and recording.video and len(recording.frame) == 8
    for t, people in enumerate(scene):
        for i, person in enumerate(people):
            keypoints, sure = keypoint_writers.cleared(person)
            by_user = i == 0 or not predicted
            moved = np.where(sure[:, None] > 0, keypoints + (5 if by_user and predicted else 0), 0)
            np.testing.assert_allclose(recording.keypoints[2 * t + i], moved, atol=1e-3)
            expected = (sure > 0).astype(float) if by_user else sure
            np.testing.assert_allclose(recording.confidence[2 * t + i], expected, atol=1e-6)
    path = program_writers.sleap_labels(tmp_path / "y.slp", scene, joints, predicted=predicted, tracked=False)
    assert not read_keypoints(path).recording.tracked


def test_damaged_sleap_projects_name_the_table(rng, tmp_path):
    h5py = pytest.importorskip("h5py")

    def shifted(field, value):
        def change(table):
            table[field][0 if field == "instance_id_end" else 2] = value

        return change

    for name, change, message in (
        ("frames", shifted("instance_id_end", 99), r"frames\[0\]: found numbers out of range"),
        ("instances", shifted("point_id_end", 3), r"instances\[2\]: found the points 17 to 3, expected 17 of"),
        ("instances", shifted("skeleton", 7), "found instances of 2 skeletons"),
        ("instances", shifted("track", 10**7), r"instances\[2\]: track"),
    ):
        path = program_writers.sleap_labels(tmp_path / "x.slp", scene_of("coco17", rng), JOINT_SETS["coco17"].source)
        with h5py.File(path, "r+") as file:
            table = file[name][()]
            change(table)
            file[name][...] = table
        refused(path, message)


def test_a_file_with_the_tables_of_sleap_but_other_records_is_refused():
    refused(case("sleap-h5-zeros-madlc/labels.v001.slp"), "frames: found float64, expected records with video")


# pose-format


@pytest.mark.parametrize("version", [0.1, 0.2])
@pytest.mark.parametrize(
    ("joint_set", "component"), [("mediapipe33", "POSE_LANDMARKS"), ("body25", "pose_keypoints_2d")]
)
def test_pose_format(joint_set, component, version, rng, tmp_path):
    scene = scene_of(joint_set, rng)
    names = [name.upper() for name in JOINT_SETS[joint_set].source]
    path = program_writers.pose_format(tmp_path / "x.pose", scene, names, component=component, version=version)
    found = read_keypoints(path)
    recording = found.recording
    agrees(recording, scene)
    assert found.format == "pose-format" and recording.joint_set == joint_set and recording.fps == 25
    assert recording.image_size.tolist() == [list(SIZE)] * 4 and recording.tracked
    assert "6 points of face and hands were left out" in recording.notes
    data = path.read_bytes()
    for length in (2, 10, 40, 300, len(data) - 4000):
        path.write_bytes(data[:length])
        if version == 0.2 or length < 1000:
            with pytest.raises(DatasetError) as error:
                read_keypoints(path)
            assert str(error.value).startswith(str(path))


# Arrays


def save(path, array, **more):
    if path.suffix == ".npz":
        np.savez(path, keypoints=array, **more)
    else:
        np.save(path, array)
    return path


@pytest.mark.parametrize("ending", [".npy", ".npz"])
@pytest.mark.parametrize("order", ["people first", "frames first", "one person", "flat"])
def test_arrays(order, ending, rng, tmp_path):
    scene = scene_of("coco17", rng, frames=12)
    keypoints, confidence = by_person(scene)
    rows = np.concatenate([keypoints, confidence[..., None]], axis=-1)
    array = {
        "people first": rows,
        "frames first": rows.swapaxes(0, 1),
        "one person": rows[0],
        "flat": rows[0].reshape(12, 51),
    }[order]
    path = save(tmp_path / f"x{ending}", array)
    joints = "coco17" if order == "flat" else None
    found = read_keypoints(path, options=Options(joints=joints, fps=30))
    assert found.format == "array" and found.recording.joint_set == "coco17" and found.recording.fps == 30
    agrees(found.recording, scene if "first" in order else [people[:1] for people in scene])


def test_arrays_with_scores_or_without(rng, tmp_path):
    scene = scene_of("coco17", rng, frames=12, people=1)
    keypoints, confidence = by_person(scene)
    agrees(read_keypoints(save(tmp_path / "x.npz", keypoints, scores=confidence)).recording, scene)
    np.savez(tmp_path / "y.npz", reconstruction=keypoints)
    recording = read_keypoints(tmp_path / "y.npz").recording
    agrees(recording, scene, confidence=False)
    assert "the array holds no confidence: it counts as 1" in recording.notes
    refused(save(tmp_path / "z.npz", keypoints, scores=confidence[:, :3]), r"scores of shape \[1, 3, 17\], expected")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((12, 10, 17, 2), "12 and 10 may both be frames or people"),
        ((12, 34), r"shape \[12, 34\], expected \[frames, joints, 2\].*flat rows with --joints"),
        ((12, 17, 4), r"expected \[frames, joints, 2\]"),
        ((12, 97, 2), r"expected \[frames, joints, 2\]"),
        ((12,), r"not recognized: found an array \(\.npy\), float64 of shape \[12\]"),
    ],
)
def test_axes_that_are_not_certain_are_refused(shape, message, rng, tmp_path):
    refused(save(tmp_path / "x.npy", rng.uniform(100, 500, shape)), message)


def test_three_coordinates_are_refused(rng, tmp_path):
    refused(save(tmp_path / "x.npy", rng.normal(size=(12, 17, 3))), "third numbers from .* x, y, z are not lifted")
    refused(save(tmp_path / "y.npy", rng.uniform(100, 500, (12, 17, 3))), "x, y, z are not lifted")


def test_arrays_of_objects_are_never_read(tmp_path):
    np.save(tmp_path / "x.npy", np.array([Planted()], object), allow_pickle=True)
    refused(tmp_path / "x.npy", "pickled objects, which are never read")
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\1\0")
    refused(tmp_path / "x.npy", "the array cannot be read")
