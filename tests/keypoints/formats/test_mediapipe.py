"""Landmarks of MediaPipe, TensorFlow.js and ML Kit in the layouts in which their users save them."""

import json

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints.formats import mediapipe
from geolift.keypoints.options import NO_OPTIONS, Options
from geolift.keypoints.recognition import read_keypoints
from geolift.skeletons.joint_sets import COCO17, MEDIAPIPE33
from tests.helpers import keypoint_writers, landmark_writers
from tests.helpers.cases import case
from tests.helpers.keypoint_writers import cleared, write

SIZE = (640, 480)


def scene_of(rng, joint_set="mediapipe33", **more):
    source = {"mediapipe33": MEDIAPIPE33, "coco17": COCO17}[joint_set].source
    return keypoint_writers.scene(source, joint_set, rng, **more)


def read(path, **options):
    recognized = read_keypoints(path, options=Options(**options))
    assert recognized.format == "mediapipe"
    return recognized.recording


def agrees(recording, people):
    np.testing.assert_allclose(recording.keypoints, [cleared(person)[0] for person in people], atol=1e-3)
    np.testing.assert_allclose(recording.confidence, [cleared(person)[1] for person in people], atol=1e-5)


def noted(recording, words):
    return any(words in note for note in recording.notes)


@pytest.mark.parametrize("form", landmark_writers.FRACTIONS)
def test_every_layout_of_mediapipe_is_the_same_video(form, rng, tmp_path):
    scene = scene_of(rng, frames=12, people=1)
    if form != "records":
        scene[1] = []
    path = landmark_writers.mediapipe(tmp_path / "a.json", scene, form=form)
    stated = form == "nested"
    found = read(path, image_size=SIZE)
    agrees(found, [person for people in scene for person in people])
    assert found.joints == MEDIAPIPE33.source and found.video and len(found.frames) == 12
    assert found.frame.tolist() == [i for i, people in enumerate(scene) if people]
    assert found.fps == {"nested": 30, "times": 25, "numbered times": 25}.get(form, 0)
    if not stated:
        with pytest.raises(DatasetError, match="--image-size"):
            read(path)


@pytest.mark.parametrize("form", ["message", "names", "numbers", "arrays", "flat", "named", "list"])
def test_one_result_is_one_image(form, rng, tmp_path):
    scene = scene_of(rng, frames=1, people=1)
    path = landmark_writers.mediapipe(tmp_path / "beach.json", scene, form=form)
    write(path, json.loads(path.read_text())[0])
    found = read(path, image_size=SIZE)
    agrees(found, scene[0])
    assert not found.video and found.frames == ("beach",)


@pytest.mark.parametrize("form", ["movenet", "posenet", "blazepose", "mlkit"])
@pytest.mark.parametrize("tracked", [False, True])
def test_poses_in_pixels(form, tracked, rng, tmp_path):
    joint_set = "mediapipe33" if form in landmark_writers.PIXELS else "coco17"
    scene = scene_of(rng, joint_set)
    scene[2] = []
    path = landmark_writers.tensorflow_js(tmp_path / "a.json", scene, form=form, tracked=tracked)
    found = read(path)
    agrees(found, [person for people in scene for person in people])
    assert found.joint_set == joint_set and found.video and len(found.frames) == 4 and found.tracked == tracked
    # One person in each frame, without the list of poses.
    alone = [poses[0] if poses else None for poses in json.loads(path.read_text())]
    found = read(write(path, alone))
    agrees(found, [people[0] for people in scene if people])


def test_a_list_of_poses_is_one_image_by_its_ids_or_a_video_which_is_said(rng, tmp_path):
    scene = scene_of(rng, "coco17")
    path = landmark_writers.tensorflow_js(tmp_path / "a.json", scene, form="movenet", tracked=True)
    poses = json.loads(path.read_text())
    found = read(write(path, poses[0]))
    assert not found.video and len(found.frames) == 1 and len(found.frame) == 2
    found = read(write(path, [{key: pose[key] for key in ("keypoints", "score")} for pose, _ in poses]))
    assert found.video and len(found.frames) == 4 and noted(found, "4 poses without a frame: each counted as one")


def test_a_folder_with_a_file_for_each_frame(rng, tmp_path):
    scene = scene_of(rng, people=1)
    for t, people in enumerate(scene):
        landmark_writers.mediapipe(tmp_path / "a.json", [people], form="list")
        folder = tmp_path / "out"
        folder.mkdir(exist_ok=True)
        content = json.loads((tmp_path / "a.json").read_text())[0]
        write(folder / f"walk_{t:03d}.json", {"pose_landmarks": content})
    found = read(tmp_path / "out", image_size=SIZE)
    agrees(found, [people[0] for people in scene])
    assert found.video and found.frames[2] == "walk_002"


def test_left_stays_left_by_name_and_by_number(rng, tmp_path):
    for form in ("names", "numbers", "indexed"):
        found = read(
            landmark_writers.mediapipe(tmp_path / "a.json", scene_of(rng, missing=0, people=1), form=form),
            image_size=SIZE,
        )
        for joint in ("mouth", "shoulder", "hip", "foot_index"):
            left, right = (found.joints.index(f"{side}_{joint}") for side in ("left", "right"))
            assert (found.keypoints[:, left, 0] > found.keypoints[:, right, 0]).all()


@pytest.mark.parametrize(
    ("key", "unit"), [("timestamp", 1.0), ("timestamp", 1000.0), ("time_sec", 1.0), ("timestampMs", 1000.0), ("t", 1e6)]
)
def test_times_in_any_unit_give_the_frame_rate(key, unit, rng, tmp_path):
    scene = scene_of(rng, frames=12, people=1)
    path = landmark_writers.mediapipe(tmp_path / "a.json", scene, form="list")
    people = json.loads(path.read_text())
    times = [round(unit * t / 25, 6) for t in range(12)]
    frames = [{key: time, "landmarks": person} for time, person in zip(times, people, strict=True)]
    assert read(write(path, frames), image_size=SIZE).fps == 25
    del frames[4]
    found = read(write(path, frames), image_size=SIZE)
    assert found.fps == 25 and len(found.frames) == 12 and found.video
    records = [{key: time} | mark for time, person in zip(times, people, strict=True) for mark in person]
    assert read(write(path, records), image_size=SIZE).fps == 25


def test_some_landmarks_with_names_or_numbers(rng, tmp_path):
    scene = scene_of(rng, people=1)
    path = landmark_writers.mediapipe(tmp_path / "a.json", scene, form="names")
    content = json.loads(path.read_text())
    body = [name for name in landmark_writers.MEDIAPIPE if "HIP" in name or "SHOULDER" in name or "KNEE" in name]
    some = [{name: person[name] for name in body} | {"NECK": {"x": 0.5, "y": 0.1}, "angle": 12.5} for person in content]
    found = read(write(path, some), image_size=SIZE)
    assert found.joint_set == "coco17" and found.seen.sum() == 6 * 4
    assert noted(found, "1 landmark of other names left out: neck") and noted(found, "not in the file: nose, left_eye")
    feet = [{name: person[name] for name in (*body, "LEFT_HEEL")} for person in content]
    assert read(write(path, feet), image_size=SIZE).joint_set == "mediapipe33"
    numbers = [
        {str(landmark_writers.MEDIAPIPE.index(name)): person[name] for name in (*body, "LEFT_HEEL")}
        for person in content
    ]
    left, right = (read(write(path, these), image_size=SIZE).keypoints for these in (feet, numbers))
    np.testing.assert_array_equal(left, right)


def test_numbers_of_landmarks_up_to_16_are_those_of_coco(rng, tmp_path):
    scene = scene_of(rng, "coco17", people=1)
    people = [
        [{"id": i, "x": x, "y": y, "confidence": 0.9} for i, (x, y) in enumerate(person.keypoints.tolist())]
        for [person] in scene
    ]
    found = read(write(tmp_path / "a.json", [{"frame": i, "keypoints": person} for i, person in enumerate(people)]))
    assert found.joint_set == "coco17" and noted(found, "numbers of landmarks go up to 16: read as those of COCO")
    np.testing.assert_allclose(found.keypoints, [person.keypoints for [person] in scene], atol=1e-3)
    found = read(tmp_path / "a.json", joints="mediapipe33")
    assert found.joint_set == "mediapipe33" and not found.seen[:, 17:].any()


def test_visibility_of_the_network_becomes_a_probability(rng, tmp_path):
    scene = scene_of(rng, people=1)
    found = read(landmark_writers.visibility_of_the_network(tmp_path / "a.json", scene), image_size=SIZE)
    agrees(found, [people[0] for people in scene])
    assert noted(found, "is not within 0..1: its logistic was taken")


HERE = {"x": 0.5, "y": 0.5}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([[HERE] * 32, [HERE] * 33], "frame 0: found 32 landmarks .* expected 33"),
        (
            [[HERE] * 33, [{"x": 0.5}] * 33],
            r"frame 1.*: found an object with 'x', expected numbers x and y",
        ),
        ([[HERE] * 33, "nobody"], "frame 1: found 'nobody', expected landmarks of a person, or null"),
        (
            [[HERE] * 33, [HERE, {"x": 0.5, "y": "a"}] * 16 + [None]],
            r"frame 1: .*found 'a' at \[4\]",
        ),
        ([{"pose_world_landmarks": [{"x": 0, "y": 0}] * 33}], "frame 0: found only landmarks in 3D"),
        ([[{"x": 0.5, "y": 0.5, "name": name} for name in (*COCO17.source, "left_hip")]], "found 'left_hip' twice"),
        ([[1.5], 2], "expected frames with landmarks x, y"),
    ],
)
def test_wrong_files_are_named(content, message, tmp_path):
    path = tmp_path / "a.json"
    with pytest.raises(DatasetError, match=message) as error:
        mediapipe.FORMAT.read(content, path, NO_OPTIONS)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def test_lists_under_several_names_are_all_read(rng, tmp_path):
    scene = scene_of(rng, people=1)
    path = landmark_writers.mediapipe(tmp_path / "a.json", scene, form="list")
    frames = json.loads(path.read_text())
    both = {"walk": [{"image": "1.jpg", "landmarks": frames[0]}], "run": [{"image": "1.jpg", "landmarks": frames[1]}]}
    found = read(write(path, both), image_size=SIZE)
    assert len(found.frames) == 2 and set(found.frames) == {"walk/1.jpg", "run/1.jpg"}
    named = {"tree pose": {"landmarks": frames[0]}, "warrior": {"landmarks": frames[1]}}
    assert read(write(path, named), image_size=SIZE).frames == ("tree pose", "warrior")


@pytest.mark.parametrize("unit", [0.01, 1.0, 1000.0])
def test_landmarks_around_the_hips_are_refused_in_any_unit(unit, rng, tmp_path):
    scene = scene_of(rng, people=1, missing=0)
    hips = [MEDIAPIPE33.source.index(f"{side}_hip") for side in ("left", "right")]
    world = [[p._replace(keypoints=unit * (p.keypoints - p.keypoints[hips].mean(axis=0)) / 200)] for [p] in scene]
    path = landmark_writers.mediapipe(tmp_path / "a.json", world, form="list", size=(1, 1))
    with pytest.raises(DatasetError, match="found world landmarks"):
        read(path, image_size=SIZE)


@pytest.mark.parametrize(
    "content",
    [
        [[{"x": 1, "y": 2}] * 4], [{"x": 1, "y": 2}] * 7, {"a": {"b": {"x": 1, "y": 2}}}, [[1, 2, 3]] * 33 + [[4]],
        [[{"id": i, "x": i, "y": i} for i in range(9)]], [list(range(10))], {"frames": [[]]},
        {"nodes": [{"name": f"n{i}", "x": i, "y": i} for i in range(40)]},
    ],
)  # fmt: skip
def test_other_points_are_no_landmarks(content):
    assert mediapipe.FORMAT.recognize(content) is None


@pytest.mark.parametrize("name", ["messagetodict.json", "capitals.json"])
def test_cases(name):
    found = read(case(f"mediapipe-dict/{name}"), image_size=(720, 1280))
    assert found.joint_set == "mediapipe33" and found.seen.all() and (found.confidence > 0.95).all()
