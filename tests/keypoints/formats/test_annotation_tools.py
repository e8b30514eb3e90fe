"""Points of labelme, Label Studio and VGG Image Annotator are people by their labels."""

import json

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints.options import Options
from geolift.keypoints.recognition import read_keypoints
from geolift.skeletons.joint_sets import COCO17, JOINT_SETS
from tests.helpers import annotation_writers as writers
from tests.helpers import keypoint_writers
from tests.helpers.cases import case
from tests.helpers.keypoint_writers import COCO, cleared, write

WRITERS = {
    "labelme": lambda path, scene, **more: writers.labelme(path.with_suffix(""), scene, **more),
    "label-studio": lambda path, scene, **more: writers.label_studio(path, scene, form="boxes", **more),
    "label-studio parents": lambda path, scene, **more: writers.label_studio(path, scene, form="parents", **more),
    "via": lambda path, scene, **more: writers.via(path, scene, form="project", **more),
    "via annotations": lambda path, scene, **more: writers.via(path, scene, form="annotations", **more),
}


def scene_of(rng, joint_set="coco17", **more):
    return keypoint_writers.scene(JOINT_SETS[joint_set].source, joint_set, rng, **more)


def noted(recording, words):
    return any(words in note for note in recording.notes)


@pytest.mark.parametrize("tool", WRITERS)
def test_people_are_those_of_the_labels(tool, rng, tmp_path):
    scene = scene_of(rng)
    recognized = read_keypoints(WRITERS[tool](tmp_path / "a.json", scene), options=Options(fps=30.0))
    found = recognized.recording
    assert recognized.format == tool.split()[0] and found.joints == COCO17.source
    assert found.video and found.fps == 30 and len(found.frames) == 4
    people = [person for frame in scene for person in frame]
    np.testing.assert_allclose(found.keypoints, [cleared(person)[0] for person in people], atol=1e-3)
    np.testing.assert_array_equal(found.seen, [person.confidence > 0 for person in people])
    if not tool.startswith("via"):
        assert found.image_size.tolist() == [[640, 480]] * 4
    left, right = (found.joints.index(f"{side}_hip") for side in ("left", "right"))
    both = found.seen[:, [left, right]].all(axis=1)
    assert (found.keypoints[both, left, 0] > found.keypoints[both, right, 0]).all()


@pytest.mark.parametrize("spelled", [str.title, str.upper, lambda name: name.replace("_", " ")])
def test_labels_in_other_spellings_and_only_some_joints(spelled, rng, tmp_path):
    scene = scene_of(rng, missing=0)
    names = [spelled(name) for name in COCO]
    body = [i for i, name in enumerate(COCO) if not name.endswith(("eye", "ear"))]
    some = [[p._replace(confidence=np.where(np.isin(range(17), body), 1, 0)) for p in frame] for frame in scene]
    found = read_keypoints(writers.label_studio(tmp_path / "a.json", some, names=names)).recording
    assert found.joints == COCO17.source and found.seen.sum() == 8 * len(body)
    assert noted(found, "without a label: left_eye, right_eye, left_ear, right_ear")


def test_labels_that_are_no_joints_are_left_out_and_animals_are_not_people(rng, tmp_path):
    content = writers.labelme_image(scene_of(rng, missing=0)[0])
    ball = {"label": "ball", "points": [[5, 5]], "group_id": 7, "shape_type": "point"}
    content["shapes"].append(ball)
    found = read_keypoints(write(tmp_path / "a.json", content)).recording
    assert found.joints == COCO17.source and len(found.frame) == 2
    assert noted(found, "1 label is no joint of coco17: left out (ball)")
    assert noted(found, "1 shape that is no point: left out")
    paws = (
        "left_eye", "nose", "tail", "left_shoulder", "left_elbow", "left_paw", "right_shoulder", "right_elbow",
        "right_paw", "left_hip", "left_knee", "left_hoof", "right_hip", "right_knee", "right_hoof", "a", "b",
    )  # fmt: skip
    dog = writers.labelme_image(scene_of(rng, missing=0)[0], names=paws)
    assert read_keypoints(write(tmp_path / "dog.json", dog)).recording.joint_set == ""


def test_numbers_as_labels_are_in_their_order(rng, tmp_path):
    scene = scene_of(rng, frames=1, missing=0)
    content = writers.labelme_image(scene[0], names=[str(i) for i in range(17)])
    content["shapes"].reverse()
    found = read_keypoints(write(tmp_path / "a.json", content), options=Options(joints="coco17")).recording
    assert found.joint_set == "coco17"
    np.testing.assert_allclose(sorted(found.keypoints[:, 0, 0]), sorted(p.keypoints[0, 0] for p in scene[0]), atol=1e-3)
    words = writers.labelme_image(scene[0], names=[f"point{chr(97 + i)}" for i in range(17)])
    with pytest.raises(DatasetError, match="expected names of the joints of coco17"):
        read_keypoints(write(tmp_path / "a.json", words), options=Options(joints="coco17"))


def test_people_need_groups(rng, tmp_path):
    scene = scene_of(rng, missing=0)
    one = [frame[:1] for frame in scene]
    found = read_keypoints(writers.labelme(tmp_path / "one", one, grouped=False)).recording
    assert len(found.frame) == 4
    for path, message in [
        (writers.labelme(tmp_path / "two", scene, grouped=False), "expected points of several people with a group_id"),
        (
            writers.label_studio(tmp_path / "a.json", scene, form="minimal"),
            "expected each person's points in a rectangle",
        ),
    ]:
        with pytest.raises(DatasetError, match=f"found 'nose' twice in .*{message}"):
            read_keypoints(path)
    found = read_keypoints(writers.label_studio(tmp_path / "a.json", one, form="minimal")).recording
    assert len(found.frame) == 4 and found.frames[2] == "walk_002.jpg"


@pytest.mark.parametrize(
    ("tool", "change", "message"),
    [
        ("labelme", lambda c: c["shapes"][1].update(points=[[1, 2], [3, 4]]), r"shapes\[1\]: points: found 2"),
        ("labelme", lambda c: c["shapes"][1].update(group_id="a"), r"shapes\[1\]: group_id: found 'a'"),
        ("labelme", lambda c: c["shapes"][1].pop("label"), r"shapes\[1\]: found .*expected an object with 'label'"),
        ("labelme", lambda c: c.update(shapes=[]), "found no points with labels in 1 images"),
        ("label", lambda c: c[0]["annotations"][1]["result"][1].update(image_rotation=90), "image_rotation: found 90"),
        ("label", lambda c: c[0]["annotations"][1]["result"][1].pop("original_width"), "expected .*'original_width'"),
        ("label", lambda c: c[0]["data"].clear(), "expected the image's address"),
        ("via", lambda c: next(iter(c.values()))["regions"]["0"]["shape_attributes"].pop("cx"), "expected .*'cx'"),
        ("via", lambda c: next(iter(c.values())).update(regions=3), "regions: found 3, expected a list"),
    ],
)
def test_wrong_entries_are_named(tool, change, message, rng, tmp_path):
    scene = scene_of(rng, people=1)
    path = tmp_path / "a.json"
    if tool == "labelme":
        write(path, writers.labelme_image(scene[0]))
    else:
        (writers.via if tool == "via" else writers.label_studio)(
            path, scene, form="annotations" if tool == "via" else "boxes"
        )
    content = json.loads(path.read_text())
    change(content)
    with pytest.raises(DatasetError, match=message) as error:
        read_keypoints(write(path, content))
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def test_case_of_labelme():
    recognized = read_keypoints(case("other-containers/labelme.json"))
    assert recognized.format == "labelme" and recognized.recording.joint_set == "coco17"
    assert recognized.recording.image_size.tolist() == [[1920, 1080]]
