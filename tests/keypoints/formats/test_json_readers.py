"""Files of OpenPose, COCO, AlphaPose, mmpose, MPII and MediaPipe are read back; errors are one line with the place."""

import copy
import json

import numpy as np
import pytest

from geolift.convert import photographs
from geolift.errors import DatasetError
from geolift.keypoints.formats import (
    alphapose,
    coco,
    coco_results,
    json_values,
    mediapipe,
    mmpose,
    mpii,
    openpifpaf,
    openpose,
)
from geolift.keypoints.options import Options
from geolift.keypoints.readings import check_people
from geolift.skeletons.joint_sets import COCO17, JOINT_SETS
from geolift.skeletons.mapping import map_joints
from geolift.skeletons.skeleton import H36M17
from tests.helpers import keypoint_writers as writers
from tests.helpers.keypoint_writers import COCO, OPENPOSE_COCO, Person

SIZE = (640, 480)
HALPE136 = (*JOINT_SETS["halpe26"].source, *(f"face_{i}" for i in range(110)))
ANNOTATIONS, RESULTS = coco.FORMAT, coco_results.FORMAT
FOLDER, SINGLE = openpose.FORMATS
ALL = (ANNOTATIONS, RESULTS, SINGLE, alphapose.FORMAT, openpifpaf.FORMAT, mmpose.FORMAT, mpii.FORMAT, mediapipe.FORMAT)


def read(format, path, **options):
    """Recognized by this format and no other, and read."""
    if format.kind == "folder":
        content = sorted(path.iterdir())
    else:
        content = json.loads(path.read_text())
        assert [f for f in ALL if f.recognize(content)] == [format]
    assert format.recognize(content)
    return format.read(content, path, Options(**options))


def refused(format, path, message, **options):
    content = sorted(path.iterdir()) if format.kind == "folder" else json.loads(path.read_text())
    with pytest.raises(DatasetError, match=message) as error:
        format.read(content, path, Options(**options))
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def agrees(recording, scene, frames=None, atol=1e-3):
    """The recording holds exactly the people of the scene, in `frames` (each frame's index)."""
    frames = range(len(scene)) if frames is None else frames
    assert len(recording.frame) == sum(map(len, scene))
    for frame, people in zip(frames, scene, strict=True):
        rows = np.flatnonzero(recording.frame == frame)
        assert len(rows) == len(people)
        for row, person in zip(rows, people, strict=True):
            keypoints, confidence = writers.cleared(person)
            np.testing.assert_allclose(recording.keypoints[row], keypoints, atol=atol)
            np.testing.assert_allclose(recording.confidence[row], np.minimum(confidence, 1), atol=1e-6)


def people_of(joint_set, rng, **more):
    return writers.scene(JOINT_SETS[joint_set].source, joint_set, rng, **more)


def noted(recording, words):
    return any(words in note for note in recording.notes)


# OpenPose


@pytest.mark.parametrize("joint_set", ["body25", "coco18", "mpi15", "halpe26", "coco17"])
def test_openpose_folders_are_videos_in_the_order_of_numbers(joint_set, rng, tmp_path):
    scene = people_of(joint_set, rng, frames=12)
    scene[3] = []
    found = read(FOLDER, writers.openpose(tmp_path / "out", scene), fps=25.0, image_size=SIZE)
    agrees(found, scene)
    assert found.joint_set == joint_set and found.joints == JOINT_SETS[joint_set].source
    assert found.video and found.fps == 25 and not found.tracked and len(found.frames) == 12
    assert found.frames[10] == "walk_000000000010" and found.image_size.tolist() == [list(SIZE)] * 12
    assert found.notes == ("1 of 12 frames are without people",)


def test_openpose_frames_without_a_file_are_empty_and_steps_are_steps(rng, tmp_path):
    scene = people_of("body25", rng, frames=4)
    found = read(FOLDER, writers.openpose(tmp_path / "a", scene, numbers=[7, 8, 11, 12]), fps=30.0)
    agrees(found, scene, [0, 1, 4, 5])
    assert found.frames[2] == "walk_000000000009" and found.fps == 30
    assert noted(found, "2 frames in between have no file")
    found = read(FOLDER, writers.openpose(tmp_path / "b", scene, numbers=[0, 5, 10, 15]), fps=30.0)
    agrees(found, scene)
    assert found.fps == 6 and noted(found, "steps of 5") and noted(found, "are 6")


def test_openpose_images_and_single_files_are_single_images(rng, tmp_path):
    scene = people_of("body25", rng, frames=1)
    for name in ("beach", "aquarium"):
        writers.openpose(tmp_path / "out", scene, name=name)
    found = read(FOLDER, tmp_path / "out", fps=25.0)
    agrees(found, scene * 2)
    assert not found.video and not found.fps and noted(found, "--fps was not used")
    assert found.frames == ("aquarium_000000000000", "beach_000000000000")
    file = tmp_path / "out" / "beach_000000000000_keypoints.json"
    agrees(read(SINGLE, file), scene)


def test_openpose_people_are_tracked_by_person_id(rng, tmp_path):
    scene = [people[::-1] for people in people_of("body25", rng)]
    found = read(FOLDER, writers.openpose(tmp_path / "out", scene, tracked=True))
    assert found.tracked and found.people == ("1", "2") and found.person.tolist() == [0, 1] * 4
    agrees(found, [people[::-1] for people in scene])
    scene[1][0] = scene[1][0]._replace(track=-1)
    found = read(FOLDER, writers.openpose(tmp_path / "out", scene, tracked=True))
    assert len(found.people) == 3 and noted(found, "1 detection without a track number")
    scene[1] = [person._replace(track=1) for person in scene[1]]
    found = read(FOLDER, writers.openpose(tmp_path / "out", scene, tracked=True))
    assert not found.tracked and noted(found, "track numbers were not used: given to several people in a frame")


def test_openpose_old_keys_other_endings_and_bodiless_people(rng, tmp_path):
    scene = people_of("coco18", rng)
    agrees(read(FOLDER, writers.openpose(tmp_path / "old", scene, key="pose_keypoints")), scene)
    agrees(read(FOLDER, writers.openpose(tmp_path / "pose2sim", scene, ending="")), scene)
    bodiless = Person(np.zeros((0, 2)), np.zeros(0))
    found = read(FOLDER, writers.openpose(tmp_path / "hands", [[bodiless, *people] for people in scene]))
    agrees(found, scene)
    assert noted(found, "4 people without a body")


@pytest.mark.parametrize("signed", [False, True])
def test_openpose_fractions_need_the_image_s_size(signed, rng, tmp_path):
    scene = people_of("body25", rng)
    path = writers.openpose(tmp_path / "out", writers.scaled(scene, SIZE, signed=signed))
    refused(FOLDER, path, "fractions .*image.*--image-size")
    found = read(FOLDER, path, image_size=SIZE)
    agrees(found, scene)
    assert noted(found, "from -1 to 1" if signed else "from 0 to 1")


def test_wrong_openpose_files_are_named(rng, tmp_path):
    scene = people_of("body25", rng)
    path = writers.openpose(tmp_path / "out", scene)
    refused(FOLDER, path, "found 25 joints, expected 18", joints="coco18")
    third = path / "walk_000000000002_keypoints.json"
    for text, message in {
        "": "not readable as JSON",
        '{"people": [{"pose_keypoints_2d": [1, 2]}]}': "2 numbers, expected x, y, confidence",
        '{"people": [{"pose_keypoints_2d": [1, 2, "3"]}]}': r"found '3' at \[2\], expected a number",
        '{"people": [{"pose_keypoints_2d": [%s]}]}' % ", ".join(["1"] * 54): "found 18 joints, expected 25",  # noqa: UP031
        '{"people": 3}': "found 3, expected a list",
        '{"persons": []}': "found an object with 'persons', expected an object with 'people'",
        "[" * 100_000: "not readable as JSON",
    }.items():
        third.write_text(text)
        refused(FOLDER, path, f"{third.name}: .*{message}")
    (tmp_path / "none").mkdir()
    assert FOLDER.recognize([]) is None
    refused(FOLDER, tmp_path / "none", "found no files")
    refused(FOLDER, writers.openpose(tmp_path / "empty", [[], []]), "found no person in 2 frames")


# AlphaPose


@pytest.mark.parametrize("joint_set", ["coco17", "halpe26"])
@pytest.mark.parametrize("form", ["list", "eval"])
def test_alphapose_is_sorted_by_number_with_its_gaps(joint_set, form, rng, tmp_path):
    scene = people_of(joint_set, rng, frames=4)
    scene[0][0].confidence[3] = 1.7
    path = writers.alphapose(tmp_path / "alphapose-results.json", scene, numbers=[2, 3, 10, 12], form=form)
    found = read(alphapose.FORMAT, path, fps=30.0)
    agrees(found, scene, [0, 1, 8, 10])
    assert found.joint_set == joint_set and found.video and found.fps == 30 and not found.tracked
    assert found.frames[:2] == (("2", "3") if form == "eval" else ("2.jpg", "3.jpg")) and len(found.frames) == 11
    assert found.notes == ("1 confidence above 1 was counted as 1", "7 of 11 frames are without people")


def test_alphapose_tracks_and_face_and_hands(rng, tmp_path):
    halpe = people_of("halpe26", rng)
    whole = [
        [p._replace(keypoints=np.pad(p.keypoints, ((0, 110), (0, 0))), confidence=np.pad(p.confidence, (0, 110)))
         for p in people]
        for people in halpe
    ]  # fmt: skip
    found = read(alphapose.FORMAT, writers.alphapose(tmp_path / "a.json", whole, tracked=True))
    agrees(found, halpe)
    assert found.tracked and found.people == ("1", "2") and found.joint_set == "halpe26"
    assert noted(found, "of 136 joints the first 26 (halpe26) were read")


def test_alphapose_in_openpose_s_order_has_a_neck_between_the_shoulders(rng, tmp_path):
    scene = people_of("coco17", rng, missing=0)
    found = read(alphapose.FORMAT, writers.alphapose(tmp_path / "coco.json", scene, form="open"))
    ours = [OPENPOSE_COCO.index(joint) for joint in COCO]
    np.testing.assert_allclose(found.keypoints[0, ours], scene[0][0].keypoints, atol=1e-3)
    assert found.joint_set == "coco18" and not found.notes
    shoulders = found.keypoints[:, [OPENPOSE_COCO.index(f"{side}_shoulder") for side in ("left", "right")]]
    np.testing.assert_allclose(found.keypoints[:, 1], shoulders.mean(axis=1), atol=1e-3)
    # With 26 joints AlphaPose writes the top of the head in place of the neck.
    scene = people_of("halpe26", rng, missing=0)
    found = read(alphapose.FORMAT, writers.alphapose(tmp_path / "halpe.json", scene, form="open"))
    shoulders = found.keypoints[:, [OPENPOSE_COCO.index(f"{side}_shoulder") for side in ("left", "right")]]
    np.testing.assert_allclose(found.keypoints[:, 1], shoulders.mean(axis=1), atol=1e-3)
    assert noted(found, "the neck of 8 people was another joint")


def test_sparse_numbers_are_single_images_without_a_frame_rate(rng, tmp_path):
    scene = people_of("coco17", rng, frames=3)
    path = writers.alphapose(tmp_path / "a.json", scene, numbers=[139, 285, 1000])
    found = read(alphapose.FORMAT, path)
    agrees(found, scene)
    assert not found.video and noted(found, "read as single images")
    found = read(alphapose.FORMAT, path, fps=30.0)
    agrees(found, scene, [0, 146, 861])
    assert found.video
    path = writers.alphapose(tmp_path / "b.json", scene, numbers=[1, 2, 10**9])
    refused(alphapose.FORMAT, path, "expected at most 3000000 in a video", fps=30.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keypoints": [1.0, 2.0]}, r"\[1\]: keypoints: found 2 numbers"),
        ({"keypoints": [1.0] * 54}, "found 18 joints, expected 17 as in the first"),
        ({"keypoints": [None, None, 1e300] * 17}, "found a huge number"),
        ({"keypoints": [10**400] * 51}, "found a huge number"),
        ({"keypoints": [[1.0]] * 51}, r"found a list of 1 at \[0\], expected a number"),
        ({"keypoints": [1e7 + i for i in range(51)]}, "found 1e\\+07, expected pixels"),
        ({"image_id": None}, "image_id: found null, expected a whole number"),
        ({"image_id": -4}, "image_id: found -4, expected a whole number from 0 on"),
        ({"idx": "seven"}, "idx: found 'seven', expected a whole number"),
    ],
)
def test_wrong_entries_of_alphapose_are_named(change, message, rng, tmp_path):
    path = writers.alphapose(tmp_path / "a.json", people_of("coco17", rng))
    content = json.loads(path.read_text())
    content[1] |= change
    writers.write(path, content)
    refused(alphapose.FORMAT, path, message)


# COCO


def test_coco_annotations_have_their_names_sizes_and_flags(rng, tmp_path):
    scene = people_of("coco17", rng, frames=12)
    scene[0][0].confidence[:] = 1
    scene[2] = []
    found = read(ANNOTATIONS, writers.coco_annotations(tmp_path / "a.json", scene, extras=True))
    half = [
        [p._replace(confidence=np.where(p.confidence == 0, 0, np.where(p.confidence == 1, 1, 0.5))) for p in people]
        for people in scene
    ]
    agrees(found, half)
    assert found.joint_set == "coco17" and not found.video and not found.tracked and found.fps == 0
    assert found.frames[10] == "000000000010.jpg" and found.image_size.tolist() == [list(SIZE)] * 12
    for words in ("1 crowd", "1 person without labelled joints", "1 annotation without keypoints"):
        assert noted(found, f"{words} was left out")
    assert read(ANNOTATIONS, tmp_path / "a.json", fps=5.0).video
    refused(ANNOTATIONS, tmp_path / "a.json", "image size", image_size=(10, 10))


def test_coco_joints_are_found_by_name_in_any_order(rng, tmp_path):
    scene = people_of("coco17", rng)
    order = rng.permutation(17)
    mixed = [
        [p._replace(keypoints=p.keypoints[order], confidence=p.confidence[order]) for p in people] for people in scene
    ]
    names = [COCO[i].replace("_", " ").title() for i in order]
    found = read(ANNOTATIONS, writers.coco_annotations(tmp_path / "a.json", mixed, names=names))
    straight = read(ANNOTATIONS, writers.coco_annotations(tmp_path / "b.json", scene))
    assert found.joint_set == "coco17" and found.joints == COCO17.source
    np.testing.assert_array_equal(found.keypoints, straight.keypoints)
    # An animal has a custom joint set.
    names = ["snout", *(f"bone {i}" for i in range(16))]
    found = read(ANNOTATIONS, writers.coco_annotations(tmp_path / "dog.json", scene, names=names))
    assert found.joint_set == "" and found.joints == tuple(names)


def test_coco_results_are_single_images_without_a_frame_rate(rng, tmp_path):
    scene = people_of("coco17", rng, frames=3)
    path = writers.coco_results(tmp_path / "r.json", scene, numbers=[9, 10, 30])
    found = read(RESULTS, path)
    agrees(found, scene)
    assert not found.video and found.frames == ("9", "10", "30")
    found = read(RESULTS, path, fps=30.0)
    agrees(found, scene, [0, 1, 21])
    assert found.video and found.fps == 30 and len(found.frames) == 22


def test_real_people_of_coco_are_read_back(coco_file, tmp_path):
    with np.load(coco_file) as file:
        joints, flags = file["joints"].astype(np.float64), file["visibility"]
    scene = [[Person(k, v / 2)] for k, v in zip(joints, flags, strict=True)]
    found = read(ANNOTATIONS, writers.coco_annotations(tmp_path / "a.json", scene))
    data = photographs.read_coco(coco_file)
    keypoints, confidence = map_joints(JOINT_SETS[found.joint_set], found.keypoints, found.confidence)
    np.testing.assert_allclose(keypoints, data.keypoints, atol=1e-3)
    np.testing.assert_array_equal(confidence, data.confidence)


def test_wrong_coco_files_are_refused(rng, tmp_path):
    path = writers.coco_annotations(tmp_path / "a.json", people_of("coco17", rng))
    whole = json.loads(path.read_text())
    for place, value, message in [
        (("annotations", 1, "image_id"), 5, r"annotations\[1\]: image_id: found 5"),
        (("annotations", 1, "image_id"), [5], r"image_id: found a list of 1"),
        (("annotations", 0, "keypoints"), [1.0, 2.0, 2], "found 3 numbers, expected x, y, flag for 17 joints"),
        (("annotations", 0, "keypoints"), [1.0, 2.0, 3] * 17, "found flags .*expected 0, 1, 2"),
        (("images", 1, "id"), 1000, "found 1000 again"),
        (("images", 1, "width"), 1e9, "expected pixels"),
        (("categories", 0, "keypoints"), ["nose"] * 17, "expected names that differ"),
        (("categories", 1), dict(whole["categories"][0], id=2, keypoints=list(COCO[::-1])), "2 different lists"),
        (("annotations",), [], "found no person in 0 annotations"),
    ]:
        content = copy.deepcopy(whole)
        inner = content
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        refused(ANNOTATIONS, writers.write(path, content), message)


# mmpose


def test_mmpose_distinguishes_coco_and_human36m_by_proportions(coco_file, people, tmp_path):
    with np.load(coco_file) as file:
        joints, flags = file["joints"].astype(np.float64), file["visibility"]
    scene = [[Person(k, v / 2)] for k, v in zip(joints[:60], flags[:60], strict=True)]
    found = read(mmpose.FORMAT, writers.mmpose(tmp_path / "coco.json", scene))
    agrees(found, scene)
    assert found.joint_set == "coco17" and found.video
    scene = [[Person(k.astype(np.float64), np.ones(17))] for k in people.keypoints[:20]]
    path = writers.mmpose(tmp_path / "h36m.json", scene)
    found = read(mmpose.FORMAT, path)
    assert found.joint_set == "h36m17" and found.joints == H36M17.names
    assert read(mmpose.FORMAT, path, joints="coco17").joint_set == "coco17"
    points = np.random.default_rng(0).uniform(0, 400, (30, 17, 2))
    path = writers.mmpose(tmp_path / "noise.json", [[Person(k, np.ones(17))] for k in points])
    with pytest.raises(DatasetError, match=r"noise\.json: found joints that are not those of people"):
        check_people(read(mmpose.FORMAT, path), "noise.json")


@pytest.mark.parametrize("form", ["image", "video", "demo"])
def test_mmpose_forms(form, rng, tmp_path):
    scene = people_of("halpe26", rng, frames=3)
    if form != "image":
        scene[1] = []
    found = read(mmpose.FORMAT, writers.mmpose(tmp_path / "street.json", scene, form=form), fps=30.0)
    agrees(found, scene[:1] if form == "image" else scene)
    assert found.joint_set == "halpe26" and found.video == (form != "image")
    assert found.frames == {"image": ("street",), "video": ("0", "1", "2"), "demo": ("1", "2", "3")}[form]


@pytest.mark.parametrize("joint_set", ["mpii16", "coco17", "h36m17", "halpe26"])
def test_mmpose_names_decide(joint_set, rng, tmp_path):
    renamed = {"pelvis": "root", "left_ankle": "left_foot", "right_ankle": "right_foot", "neck": "neck_base"}
    names = [name.replace("l_", "left_", 1) if name.startswith("l_") else name for name in JOINT_SETS[joint_set].source]
    names = [name.replace("r_", "right_", 1) if name.startswith("r_") else name for name in names]
    names = [renamed.get(name, name) for name in names] if joint_set == "h36m17" else names
    scene = people_of(joint_set, rng)
    path = writers.mmpose(tmp_path / "a.json", scene, form="demo", names=names)
    found = read(mmpose.FORMAT, path)
    agrees(found, scene)
    assert found.joint_set == joint_set and found.joints == JOINT_SETS[joint_set].source
    refused(mmpose.FORMAT, path, "other joints than 3dhp28", joints="3dhp28")


def test_mmpose_in_3d_and_with_wrong_entries_is_refused(rng, tmp_path):
    path = writers.mmpose(tmp_path / "a.json", people_of("halpe26", rng))
    whole = json.loads(path.read_text())
    for change, message in [
        (lambda c: c[0]["instances"][0].update(keypoints=[[1, 2, 3]] * 26), "3D predictions"),
        (lambda c: c[0]["instances"][0].update(keypoints=[[1, 2]] * 25 + [[1]]), "lists of as many numbers"),
        (lambda c: c[1]["instances"][1].update(keypoint_scores=[1.0]), r"\[1\]: instances\[1\]: keypoint_scores"),
        (lambda c: c[1].update(frame_id=0), "frame_id: found 4, 3 different"),
        (lambda c: c[1].update(instances={}), "found an object with nothing, expected a list"),
        (lambda c: c.clear(), "found no person in 0 frames"),
    ]:
        content = copy.deepcopy(whole)
        change(content)
        refused(mmpose.FORMAT, writers.write(path, content), message)
    refused(mmpose.FORMAT, writers.write(path, whole), "found 26 joints, expected 25", joints="body25")


# MPII


def test_mpii_counts_pixels_from_one_and_ignores_invisible_joints(rng, tmp_path):
    scene = [
        [p._replace(confidence=(p.confidence > 0).astype(float)) for p in people]
        for people in people_of("mpii16", rng, missing=0.3)
    ]
    path = writers.mpii(tmp_path / "mpii_val.json", scene)
    found = read(mpii.FORMAT, path, fps=25.0)
    agrees(found, scene)
    assert found.joint_set == "mpii16" and not found.video and noted(found, "1 was subtracted")
    assert noted(found, "--fps was not used")
    content = json.loads(path.read_text())
    content[2]["joints"].pop()
    refused(mpii.FORMAT, writers.write(path, content), r"\[2\]: joints, joints_vis: found \[15, 2\] and 16")
    content[2]["joints_vis"].pop()
    refused(mpii.FORMAT, writers.write(path, content), r"\[2\]: joints: found 15, expected 16 as in the first")
    refused(mpii.FORMAT, writers.write(path, []), "found no person")


# MediaPipe


@pytest.mark.parametrize("form", ["list", "people", "objects"])
def test_mediapipe_fractions_become_pixels(form, rng, tmp_path):
    scene = people_of("mediapipe33", rng, frames=12, people=2 if form == "people" else 1)
    scene[0] = []
    path = writers.mediapipe(tmp_path / "a.json", scene, form=form)
    refused(mediapipe.FORMAT, path, "fractions of the image.*--image-size")
    found = read(mediapipe.FORMAT, path, image_size=SIZE, fps=30.0)
    agrees(found, scene)
    assert found.joint_set == "mediapipe33" and found.video and found.fps == 30 and len(found.frames) == 12
    assert noted(found, "fractions of the image's width and height") and len(found.notes) == 2
    stated = read(mediapipe.FORMAT, writers.mediapipe(tmp_path / "b.json", scene, form=form, header=True))
    np.testing.assert_array_equal(stated.keypoints, found.keypoints)
    assert stated.fps == 30 and stated.image_size.tolist() == [list(SIZE)] * 12


def test_mediapipe_of_one_image(rng, tmp_path):
    scene = people_of("mediapipe33", rng, frames=1, people=1)
    frame = json.loads(writers.mediapipe(tmp_path / "beach.json", scene, form="objects").read_text())[0]
    found = read(mediapipe.FORMAT, writers.write(tmp_path / "beach.json", frame), image_size=SIZE)
    agrees(found, scene)
    assert not found.video and found.frames == ("beach",)
    for landmark in frame["pose_landmarks"][:3]:
        del landmark["visibility"]
    found = read(mediapipe.FORMAT, writers.write(tmp_path / "beach.json", frame), image_size=SIZE)
    assert noted(found, "3 landmarks without visibility") and (found.confidence[0, :3] == 1).all()


def test_mediapipe_in_metres_is_refused_and_in_pixels_read(rng, tmp_path):
    scene = people_of("mediapipe33", rng, people=1)
    path = writers.mediapipe(tmp_path / "a.json", scene)
    content = json.loads(path.read_text())
    content[0].pop()
    refused(mediapipe.FORMAT, writers.write(path, content), "frame 0: found 32 landmarks without names, expected 33")
    path = writers.mediapipe(path, scene, size=(1, 1))
    agrees(read(mediapipe.FORMAT, path, image_size=SIZE), scene)
    hips = [JOINT_SETS["mediapipe33"].source.index(f"{side}_hip") for side in ("left", "right")]
    world = [[p._replace(keypoints=(p.keypoints - p.keypoints[hips].mean(axis=0)) / 100)] for [p] in scene]
    path = writers.mediapipe(path, world, size=(1, 1))
    refused(mediapipe.FORMAT, path, "world landmarks", image_size=SIZE)
    only = [{"pose_world_landmarks": []}]
    refused(mediapipe.FORMAT, writers.write(path, only), "frame 0: found only landmarks in 3D", image_size=SIZE)
    refused(mediapipe.FORMAT, writers.write(path, [None, []]), "found no person in 2 frames", image_size=SIZE)


# All


def files(rng, folder):
    """A small file of every format."""
    small = {"frames": 2, "people": 2}
    openpose_file = writers.openpose(folder / "openpose", people_of("body25", rng, **small))
    halpe, coco17 = people_of("halpe26", rng, **small), people_of("coco17", rng, **small)
    return {
        "openpose": (SINGLE, next(openpose_file.iterdir())),
        "coco": (ANNOTATIONS, writers.coco_annotations(folder / "coco.json", coco17, extras=True)),
        "coco-results": (RESULTS, writers.coco_results(folder / "results.json", coco17)),
        "alphapose": (alphapose.FORMAT, writers.alphapose(folder / "alphapose.json", halpe, tracked=True)),
        "alphapose-open": (alphapose.FORMAT, writers.alphapose(folder / "open.json", coco17, form="open")),
        "coco-tracks": (
            ANNOTATIONS,
            writers.coco_annotations(folder / "tracks.json", coco17, tracks="attributes", label=True, nested=True),
        ),
        "openpifpaf": (
            openpifpaf.FORMAT,
            writers.openpifpaf(folder / "openpifpaf.json", coco17, form="list", tracked=True),
        ),
        "mmpose": (mmpose.FORMAT, writers.mmpose(folder / "mmpose.json", halpe)),
        "mmpose-demo": (mmpose.FORMAT, writers.mmpose(folder / "demo.json", coco17, form="demo", names=COCO)),
        "mpii": (mpii.FORMAT, writers.mpii(folder / "mpii.json", people_of("mpii16", rng, **small))),
        "mediapipe": (
            mediapipe.FORMAT,
            writers.mediapipe(folder / "mediapipe.json", people_of("mediapipe33", rng, **small), form="people"),
        ),
    }


NASTY = (
    None, True, "", "x" * 1000, "\ud800\n", -1, 0, 7, 0.5, 1e300, -1e99, float("nan"), float("inf"), 10**400, 10**16,
    [], {}, [None], [[]], [[[[]]]], {"x": 1}, [{}], ["1"], [1, [2]], {"people": 3}, [float("nan")] * 51, "9" * 5000,
)  # fmt: skip


def places(value, at=()):
    """Every place in a JSON value."""
    yield at
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*at, key))


@pytest.mark.parametrize(
    "name",
    [
        "openpose", "coco", "coco-tracks", "openpifpaf", "coco-results",
        "alphapose", "alphapose-open", "mmpose", "mmpose-demo", "mpii", "mediapipe",
    ],
)  # fmt: skip
def test_any_value_gives_a_recording_or_an_error_of_one_line(name, rng, tmp_path):
    format, path = files(rng, tmp_path)[name]
    whole = json.loads(path.read_text())
    everywhere = list(places(whole))
    tops = [at for at in everywhere if len(at) <= 3]
    for i in range(400):
        at = everywhere[rng.integers(len(everywhere))] if i % 2 else tops[rng.integers(len(tops))]
        value = NASTY[rng.integers(len(NASTY))]
        content = copy.deepcopy(whole)
        if at:
            inner = content
            for key in at[:-1]:
                inner = inner[key]
            if rng.uniform() < 0.2:
                del inner[at[-1]]
            else:
                inner[at[-1]] = value
        else:
            content = value
        for other in ALL:
            other.recognize(content)
        try:
            found = format.read(content, path, Options(image_size=SIZE))
        except DatasetError as error:
            found = str(error)
        if isinstance(found, str):
            assert found.startswith(str(path)) and "\n" not in found, (at, value)
        else:
            assert np.isfinite(found.keypoints).all() and 0 <= found.confidence.min() <= found.confidence.max() <= 1


@pytest.mark.parametrize("format", ALL, ids=lambda format: f"{format.name}-{format.read.__name__}")
def test_other_json_is_not_recognized(format, tmp_path):
    for value in (*NASTY, {"frames": []}, [{"a": 1}]):
        assert format.recognize(value) is None or value == {"people": 3}
        with pytest.raises(DatasetError):
            format.read(value, tmp_path / "a.json", Options(image_size=SIZE))


def test_files_of_frames_are_read_within_bounds(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("[1, 2, 3]")
    assert json_values.load(path, largest=9) == [1, 2, 3]
    with pytest.raises(DatasetError, match="found 9 bytes, expected a file of up to 8"):
        json_values.load(path, largest=8)
    with pytest.raises(FileNotFoundError):
        json_values.load(tmp_path / "b.json", largest=8)
    for text in ("9" * 5000, "{", "\xff", "[1,]"):
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(DatasetError, match="not readable as JSON"):
            json_values.load(path, largest=10**6)
