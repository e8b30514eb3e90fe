"""Files in COCO's layout by other programs and data sets: CVAT, PoseTrack, Halpe, Human-Art, JHMDB, Roboflow."""

import json

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints.formats import coco, coco_results
from geolift.keypoints.options import Options
from geolift.keypoints.recognition import read_keypoints
from geolift.skeletons.joint_sets import COCO17, JOINT_SETS
from tests.helpers import keypoint_writers as writers
from tests.helpers.cases import case
from tests.helpers.figure import standing

SIZE = (640, 480)


def read(path, **options):
    return read_keypoints(path, options=Options(**options)).recording


def people_of(rng, **more):
    return writers.scene(COCO17.source, "coco17", rng, **more)


def changed(path, change):
    content = json.loads(path.read_text())
    change(content)
    return writers.write(path, content)


def noted(recording, words):
    return any(words in note for note in recording.notes)


@pytest.mark.parametrize("tracks", ["id", "attributes"])
def test_track_ids_are_people_and_make_a_video(tracks, rng, tmp_path):
    scene = people_of(rng, frames=12)
    scene[3] = []
    scene[5] = scene[5][::-1]
    found = read(writers.coco_annotations(tmp_path / "a.json", scene, tracks=tracks, label=True))
    assert found.video and found.tracked and found.people == ("1", "2") and len(found.frames) == 12
    for row, (frame, person) in enumerate(zip(found.frame, found.person, strict=True)):
        true = next(p for p in scene[frame] if p.track == person + 1)
        np.testing.assert_allclose(found.keypoints[row], writers.cleared(true)[0], atol=1e-3)
    assert noted(found, "1 annotation without keypoints was left out")
    # Without tracks the same images are single ones.
    found = read(writers.coco_annotations(tmp_path / "b.json", scene, label=True))
    assert not found.video and not found.tracked


def test_images_in_steps_are_every_nth_frame(rng, tmp_path):
    path = writers.coco_annotations(tmp_path / "a.json", people_of(rng), step=10)
    found = read(path, fps=30.0)
    assert found.video and found.fps == 3 and len(found.frames) == 4 and noted(found, "steps of 10")


def test_equal_track_ids_in_two_videos_are_two_people(rng, tmp_path):
    path = writers.coco_annotations(tmp_path / "a.json", people_of(rng, people=1), tracks="id")

    def two_videos(content):
        for i, image in enumerate(content["images"]):
            image["video_id"] = i % 2

    assert len(read(path).people) == 1
    assert len(read(changed(path, two_videos)).people) == 2


def test_images_of_two_videos_are_no_frames_of_one(rng, tmp_path):
    path = writers.coco_annotations(tmp_path / "a.json", people_of(rng, people=1), tracks="id")

    def renamed(content):
        for i, image in enumerate(content["images"]):
            image |= {"vid_id": f"01{i}", "file_name": f"val/01{i}_mpii_test/000000.jpg"}

    found = read(changed(path, renamed))
    assert not found.video and len(found.people) == 4 and noted(found, "images of several videos")

    def clips(content):
        for i, image in enumerate(content["images"]):
            image |= {"vid_id": f"01{i % 2}", "file_name": f"val/01{i % 2}_mpii_test/{i:06d}.jpg"}

    changed(path, clips)
    found = read(path, fps=30.0)
    assert found.video and len(found.people) == 2


def test_labels_with_other_joints_are_left_out_and_two_of_people_refused(rng, tmp_path):
    path = writers.coco_annotations(tmp_path / "a.json", people_of(rng))

    def dog(content):
        content["categories"][1] |= {"name": "dog", "keypoints": ["snout", "tail"]}
        content["annotations"].append({"image_id": 1000, "category_id": 2, "keypoints": [1, 2, 2, 3, 4, 2]})

    found = read(changed(path, dog))
    assert found.joint_set == "coco17" and len(found.frame) == 8
    assert noted(found, "1 annotation of another category was left out")
    changed(path, lambda content: content["categories"][1].update(keypoints=list(COCO17.source[::-1])))
    with pytest.raises(DatasetError, match=r"found 2 different lists of joints \('person' 17, 'dog' 17\)"):
        read(path)


def test_flags_without_2_and_scores_and_lists_of_joints(rng, tmp_path):
    scene = [[p._replace(confidence=np.where(p.confidence > 0, 0.5, 0)) for p in people] for people in people_of(rng)]
    found = read(writers.coco_annotations(tmp_path / "posetrack.json", scene))
    assert set(np.unique(found.confidence)) == {0, 1} and noted(found, "no joint has the flag 2")
    nested = read(writers.coco_annotations(tmp_path / "nested.json", scene, nested=True))
    np.testing.assert_array_equal(nested.keypoints, found.keypoints)
    path = writers.coco_annotations(tmp_path / "scores.json", scene)

    def scores(content):
        for entry in content["annotations"]:
            entry["keypoints"][2::3] = [0.25 * flag for flag in entry["keypoints"][2::3]]

    found = read(changed(path, scores))
    assert set(np.unique(found.confidence)) == {0, 0.25} and noted(found, "scores, not flags")

    def objects(content):
        for entry in content["annotations"]:
            entry["keypoints"] = [
                dict(zip("xyv", joint, strict=True)) for joint in np.reshape(entry["keypoints"], (-1, 3))
            ]

    np.testing.assert_array_equal(read(changed(path, objects)).keypoints, found.keypoints)


def test_flags_that_are_all_0_are_no_flags(rng, tmp_path):
    path = writers.coco_annotations(tmp_path / "a.json", people_of(rng, missing=0))

    def unlabelled(content):
        for entry in content["annotations"]:
            entry["keypoints"][2::3] = [0] * 17

    found = read(changed(path, unlabelled))
    assert found.seen.all() and noted(found, "the flags of all joints are 0")
    changed(path, lambda content: [entry.update(keypoints=[0] * 51) for entry in content["annotations"]])
    with pytest.raises(DatasetError, match="found no person with labelled joints in 8"):
        read(path)


def test_annotations_without_images_are_frames(rng, tmp_path):
    path = writers.coco_annotations(tmp_path / "a.json", people_of(rng, people=1))

    def bare(content):
        numbers = {image["id"]: i for i, image in enumerate(sorted(content["images"], key=lambda i: i["file_name"]))}
        annotations = content["annotations"]
        content.clear()
        content["annotations"] = [
            {"frame_id": numbers[a["image_id"]], "keypoints": a["keypoints"]} for a in annotations
        ]

    found = read(changed(path, bare))
    assert found.video and found.frames == ("0", "1", "2", "3") and found.joint_set == "coco17"


def test_a_category_without_joints_and_the_body_of_whole_body_sets(rng, tmp_path):
    scene = [
        [p._replace(keypoints=np.pad(p.keypoints, ((0, 110), (0, 0))), confidence=np.pad(p.confidence, (0, 110)))
         for p in people]
        for people in writers.scene(JOINT_SETS["halpe26"].source, "halpe26", rng)
    ]  # fmt: skip
    path = writers.coco_annotations(tmp_path / "halpe.json", scene, names=())
    found = read(path)
    assert found.joint_set == "halpe26" and noted(found, "of 136 joints the first 26")
    found = read(writers.coco_annotations(tmp_path / "body.json", scene, names=JOINT_SETS["halpe26"].source))
    assert found.joint_set == "halpe26"
    path = writers.coco_annotations(tmp_path / "wholebody.json", people_of(rng))
    changed(path, lambda content: content["annotations"][0].update(foot_kpts=[0] * 18, face_kpts=[0] * 204))
    found = read(path)
    assert found.joint_set == "coco17" and noted(found, "feet, face and hands (face_kpts, foot_kpts) were left out")


def test_human_art_has_21_joints_beside_17(rng, tmp_path):
    names = (*COCO17.source, "left_finger", "right_finger", "left_toe", "right_toe")
    path = writers.coco_annotations(tmp_path / "a.json", people_of(rng))

    def humanart(content):
        for entry in content["annotations"]:
            entry["keypoints_21"] = [*entry["keypoints"], *[7, 8, 2] * 4]

    found = read(changed(path, humanart))
    assert found.joint_set == "coco17"
    changed(path, lambda content: content["categories"][0].update(keypoints=list(names)))
    both = read(path)
    assert len(both.joints) == 21 and set(both.joints) == set(names)
    wrists = [found.joints.index("left_wrist"), both.joints.index("left_wrist")]
    np.testing.assert_array_equal(found.keypoints[:, wrists[0]], both.keypoints[:, wrists[1]])


def test_roboflow_s_names_are_frames(rng, tmp_path):
    path = writers.coco_annotations(tmp_path / "a.json", people_of(rng), tracks="id")

    def roboflow(content):
        for image in content["images"]:
            stem = image["file_name"].removesuffix(".jpg")
            image["file_name"] = f"walk_mp4-{stem}_jpg.rf.{hash(stem) % 10**9:x}9.jpg"

    found = read(changed(path, roboflow))
    assert found.video and found.frames[3] == "walk_mp4-000000000003.jpg"


def test_results_have_tracks_and_scores(rng, tmp_path):
    path = writers.coco_results(tmp_path / "r.json", people_of(rng))

    def tracks(content):
        for i, entry in enumerate(content):
            entry["track_id"] = i % 2

    found = read(changed(path, tracks))
    assert found.video and found.tracked and found.people == ("0", "1")
    assert coco_results.FORMAT.recognize(json.loads(path.read_text()))
    assert not coco.FORMAT.recognize(json.loads(path.read_text()))


def test_ai_challenger_s_own_layout(rng, tmp_path):
    scene = writers.scene(JOINT_SETS["aic14"].source, "aic14", rng)
    scene[0][0].confidence[:] = 1
    path = writers.aic(tmp_path / "a.json", scene)
    found = read(path, fps=30.0)
    people = [person for frame in scene for person in frame]
    assert found.joint_set == "aic14" and not found.video and noted(found, "--fps was not used")
    np.testing.assert_allclose(found.keypoints, [writers.cleared(person)[0] for person in people], atol=1e-3)
    np.testing.assert_array_equal(found.confidence[0], 1)
    assert set(np.unique(found.confidence[1:])) == {0, 0.5}
    left, right = (found.joints.index(f"{side}_shoulder") for side in ("left", "right"))
    assert found.keypoints[0, left, 0] > found.keypoints[0, right, 0]
    for change, message in [
        (lambda c: c[1]["keypoint_annotations"]["human1"].pop(), r"\[1\]: 'human1': found 41 numbers"),
        (
            lambda c: c[0]["keypoint_annotations"]["human2"].__setitem__(2, 4),
            r"'human2': found flags .*expected 1, 2, 3",
        ),
        (lambda c: c[0].pop("image_id"), "expected an object with 'image_id'"),
    ]:
        with pytest.raises(DatasetError, match=message):
            read_keypoints(changed(writers.aic(path, scene), change), format="aic")


@pytest.mark.parametrize(("name", "people"), [("cvat-track/two_labels.json", 2), ("reentry/cvat.json", 1)])
def test_cases_of_cvat(name, people):
    found = read(case(name))
    assert found.tracked and found.video and len(found.people) == people and found.joint_set == "coco17"


def test_case_of_posetrack():
    found = read(case("other-containers/posetrack.json"))
    assert found.tracked and found.video and len(found.people) == 1 and len(found.frames) == 12
    nose, top = (found.joints.index(name) for name in ("nose", "head_top"))
    assert (found.keypoints[:, top, 1] < found.keypoints[:, nose, 1]).all() and (found.confidence[:, top] == 1).all()


def test_the_figure_stands(rng, tmp_path):
    """Left stays left: the person's own left is on the right of the image."""
    found = read(writers.coco_annotations(tmp_path / "a.json", people_of(rng, missing=0), tracks="id"))
    figure = standing(COCO17.source, "coco17")
    left, right = (found.joints.index(f"{side}_hip") for side in ("left", "right"))
    assert (found.keypoints[:, left, 0] > found.keypoints[:, right, 0]).all() and figure[left, 0] > figure[right, 0]
