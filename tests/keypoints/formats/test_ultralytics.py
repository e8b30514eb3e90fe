"""ultralytics: results as JSON in all forms, labels with and without visibility, scores and tracks, are read back."""

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints import Options, read_keypoints
from tests.helpers import keypoint_writers as writers
from tests.helpers.cases import case
from tests.helpers.keypoint_writers import COCO

SIZE = (640, 480)
LINE = "0 0.5 0.5 0.1 0.1" + " 0.5" * 51


def scene_of(rng, **more):
    return writers.scene(COCO, "coco17", rng, **more)


def agrees(recording, scene, frames=None, *, atol=1e-3, confidence=True):
    for frame, people in zip(frames or range(len(scene)), scene, strict=True):
        rows = np.flatnonzero(recording.frame == frame)
        assert len(rows) == len(people)
        for row, person in zip(rows, people, strict=True):
            keypoints, sure = writers.cleared(person)
            np.testing.assert_allclose(recording.keypoints[row], keypoints, atol=atol)
            np.testing.assert_allclose(recording.confidence[row], sure if confidence else sure > 0, atol=1e-4)
    assert recording.joint_set == "coco17"


@pytest.mark.parametrize("form", ["video", "text", "frames"])
def test_results_of_a_video(form, rng, tmp_path):
    scene = scene_of(rng, frames=12)
    scene[3] = []
    found = read_keypoints(writers.ultralytics(tmp_path / "x.json", scene, form=form), options=Options(fps=25))
    agrees(found.recording, scene)
    assert found.format == "ultralytics" and found.recording.video and not found.recording.tracked


def test_results_of_an_image_and_of_a_folder(rng, tmp_path):
    scene = scene_of(rng)
    image = read_keypoints(writers.ultralytics(tmp_path / "x.json", scene, form="result", tracked=True)).recording
    agrees(image, scene[:1])
    assert not image.video and image.tracked and image.people == ("1", "2")
    (tmp_path / "out").mkdir()
    for t, people in enumerate(scene):
        writers.ultralytics(tmp_path / "out" / f"frame_{t}.json", [people], form="result")
    found = read_keypoints(tmp_path / "out").recording
    agrees(found, scene)
    assert found.video and found.frames[0] == "frame_0"


def test_results_follow_people_and_may_lack_visibilities(rng, tmp_path):
    scene = [people[::-1] for people in scene_of(rng)]
    path = writers.ultralytics(tmp_path / "x.json", scene, tracked=True, visible=False)
    recording = read_keypoints(path).recording
    assert recording.tracked and recording.people == ("1", "2")
    agrees(recording, [people[::-1] for people in scene], confidence=False)


@pytest.mark.parametrize("after", [{}, {"score": True}, {"tracked": True}, {"score": True, "tracked": True}])
@pytest.mark.parametrize("parts", [2, 3])
def test_labels(parts, after, rng, tmp_path):
    scene = scene_of(rng, frames=12)
    scene[3] = []
    folder = writers.ultralytics_labels(tmp_path / "labels", scene, size=SIZE, parts=parts, **after)
    (folder / "classes.txt").write_text("person\n")
    found = read_keypoints(folder, options=Options(image_size=SIZE, fps=25))
    recording = found.recording
    agrees(recording, scene, atol=0.01, confidence=parts == 3)
    assert found.format == "ultralytics" and recording.video and len(recording.frames) == 12
    assert recording.tracked == ("tracked" in after)
    if "tracked" in after:
        assert recording.people == ("1", "2")
    one = read_keypoints(folder / "walk_1.txt", options=Options(image_size=SIZE))
    assert one.format == "ultralytics" and not one.recording.video
    agrees(one.recording, scene[:1], atol=0.01, confidence=parts == 3)


def test_labels_for_training_have_flags(rng, tmp_path):
    scene = scene_of(rng)
    folder = writers.ultralytics_labels(tmp_path / "labels", scene, size=SIZE, flags=True)
    recording = read_keypoints(folder, options=Options(image_size=SIZE)).recording
    assert set(np.unique(recording.confidence)) == {0, 0.5, 1}
    assert "visibilities 0, 1, 2 are those of labels: confidence 0, 0.5, 1" in recording.notes


def test_labels_of_other_joint_sets_are_named(rng, tmp_path):
    scene = scene_of(rng)
    folder = writers.ultralytics_labels(tmp_path / "labels", scene, size=SIZE)
    with pytest.raises(DatasetError, match=r"found \[56\] numbers a line, of which .*say which with --joints"):
        read_keypoints(folder, options=Options(image_size=SIZE, joints="mpii16"))
    (folder / "walk_1.txt").write_text("0 0.5 0.5 0.1 0.1 0.5 x\n")
    with pytest.raises(DatasetError):
        read_keypoints(folder, options=Options(image_size=SIZE))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LINE + "\n0 0.5 0.5 a\n", r"walk_1\.txt: line 2: found '0 0.5 0.5 a', expected numbers"),
        (LINE + " 0.9 1.5\n", r"walk_1\.txt: line 1: track: found 1.5, expected a whole"),
        (LINE + "\n0 1 2\n", r"found \[3, 56\] numbers a line"),
    ],
)
def test_damaged_labels_name_the_line(text, message, tmp_path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "walk_1.txt").write_text(text)
    (tmp_path / "labels" / "walk_2.txt").write_text(text.split("\n")[0])
    with pytest.raises(DatasetError, match=message):
        read_keypoints(tmp_path / "labels", options=Options(image_size=SIZE))


@pytest.mark.parametrize(
    ("keypoints", "message"),
    [
        ({"x": [1, 2], "y": [1]}, r"found \[2, 1, 2\] numbers in x, y, visible"),
        ({"x": ["a"], "y": [1]}, "found 'a' at"),
        ({"x": [], "y": []}, r"found \[0, 0, 0\] numbers"),
    ],
)
def test_damaged_results_name_the_place(keypoints, message, tmp_path):
    path = writers.write(tmp_path / "x.json", [[{"box": {}, "keypoints": keypoints}]])
    with pytest.raises(DatasetError, match=rf"x\.json: \[0\]\[0\].*{message}"):
        read_keypoints(path)


def test_what_the_program_writes_is_one_person():
    labels = read_keypoints(case("ultralytics/labels"), options=Options(image_size=(1280, 720), fps=30)).recording
    assert labels.video and len(labels.people) == 1 and labels.frame.tolist() == list(range(20))
    result = read_keypoints(case("ultralytics/result_frame0.json")).recording
    np.testing.assert_allclose(labels.keypoints[0], result.keypoints[0], atol=0.1)
