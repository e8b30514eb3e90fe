"""Joints without names: anatomy chooses among sets of one size, never wrongly; what it cannot decide is asked for."""

import json

import numpy as np
import pytest

import geolift
from geolift.convert import keypoint_files
from geolift.errors import DatasetError
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options, readings_of
from geolift.keypoints.readings import check_people, impossible_anatomy
from geolift.keypoints.recognition import read_keypoints
from geolift.keypoints.recording import record
from geolift.skeletons.joint_sets import ANIMAL_SETS, JOINT_SETS, LARGER_SETS, SOURCES
from geolift.skeletons.mapping import map_joints
from geolift.skeletons.skeleton import H36M17
from tests.helpers.cases import case, errors
from tests.helpers.figure import standing
from tests.helpers.keypoint_writers import Person, coco_annotations, mmpose

SHARED = [name for name in JOINT_SETS if len(readings_of(len(SOURCES[name]))) > 1]  # with others of as many joints
# A dog seen from the side, nose to the right, in the order of AP-10K.
DOG = np.array(
    [[9.2, 3.6], [9.3, 3.5], [10, 4.2], [8, 4.6], [0, 5], [7.4, 5.4], [7.2, 7.4], [7.4, 9.6], [7, 5.2], [6.6, 7.3],
     [6.9, 9.7], [0.8, 5.6], [1.4, 7.5], [0.7, 9.6], [0.5, 5.3], [0.9, 7.4], [0.1, 9.7]]
)  # fmt: skip


def rows(name, rng, count=1):
    """Standing people of a set, `[N, K, 3]`."""
    figure = DOG if name in ANIMAL_SETS else standing(SOURCES[name], name)
    points = 400 + 20 * figure + rng.normal(scale=3, size=(count, *figure.shape))
    return np.concatenate([points, np.full((*points.shape[:2], 1), 0.9)], axis=-1)


def recording(name, keypoints, confidence=None):
    sure = np.ones(keypoints.shape[:2]) if confidence is None else confidence
    return record(keypoints, sure, joints=SOURCES[name], joint_set=name, video=False, origin="file")


@pytest.mark.parametrize("count", [1, 10])
@pytest.mark.parametrize("name", SHARED)
def test_the_order_of_one_person_is_recognized(name, count, rng):
    people = rows(name, rng, count)
    found = joints_by_count(people, "file", None)
    assert found.joint_set == name and "recognized as" in found.notes[0]
    assert found.order.tolist() == list(range(len(SOURCES[name])))


@pytest.mark.parametrize("name", SHARED)
def test_a_documented_set_gives_way_to_anatomy_only(name, rng):
    people = rows(name, rng, 3)
    count = people.shape[1]
    for documented in readings_of(count):
        if documented in ANIMAL_SETS or {documented, name} == {"coco17", "posetrack17"}:
            continue
        found = joints_by_count(people, "file", None, {count: documented})
        assert found.joint_set == name and bool(found.notes) == (documented != name)
        faces = people * (np.arange(count) < 5)[:, None]  # too few joints to tell
        assert joints_by_count(faces, "file", None, {count: documented}).joint_set == documented


def test_sets_that_differ_in_the_head_only_are_not_asked_for(rng):
    people = rows("coco17", rng)
    people[:, 1:5] = 0  # eyes and ears; or neck and head top
    found = joints_by_count(people, "file", None)
    assert found.joint_set in ("coco17", "posetrack17")
    assert joints_by_count(people, "file", None, {17: "coco17"}).joint_set == "coco17"


def test_what_anatomy_cannot_tell_is_asked_for(rng):
    few = rows("coco17", rng)
    few[:, 5:] = 0
    noise = np.concatenate([rng.uniform(0, 900, (20, 17, 2)), np.ones((20, 17, 1))], axis=-1)
    for people, why in ((few, "too few of them seen"), (noise, "fit no body")):
        with pytest.raises(
            DatasetError, match=rf"file: found 17 joints without names.*{why}.*--joints, one of .*coco17"
        ):
            joints_by_count(people, "file", None)
        assert joints_by_count(people, "file", "h36m17").joint_set == "h36m17"
    with pytest.raises(DatasetError, match="22 joints without names: no known joint set has as many"):
        joints_by_count(np.ones((1, 22, 3)), "file", None)


def test_animals_are_refused_unless_the_user_says_otherwise(rng):
    dogs = rows("ap10k17", rng)
    for documented in ({}, {17: "coco17"}):
        with pytest.raises(DatasetError, match=r"joints of animals, ap10k17 .*--joints ap10k17, --skeleton FILE"):
            joints_by_count(dogs, "file", None, documented)
    assert joints_by_count(dogs, "file", "coco17").joint_set == "coco17"
    found = joints_by_count(dogs, "file", "ap10k17")
    assert found.joint_set == "ap10k17" and found.joints == ANIMAL_SETS["ap10k17"]
    assert joints_by_count(dogs, "file", "macaque17").joint_set == "macaque17"
    with pytest.raises(DatasetError, match="they look like ap10k17, animals, not like coco17"):
        check_people(recording("coco17", dogs[..., :2]), "file")


@pytest.mark.parametrize("name", LARGER_SETS)
def test_of_a_larger_set_the_body_is_read(name, rng):
    larger = LARGER_SETS[name]
    body = rows(larger.body, rng, 2)
    whole = body[:, :1] + rng.normal(scale=6, size=(2, larger.count, 3)) * [1, 1, 0]  # faces and hands
    whole[:, list(larger.numbers)] = body
    for given in (None, name, larger.body):
        found = joints_by_count(whole, "file", given)
        assert found.joint_set == larger.body and found.order.tolist() == list(larger.numbers)
        assert f"of {larger.count} joints" in found.notes[-1] and "left out" in found.notes[-1]
    np.testing.assert_array_equal(whole[:, found.order], body)
    with pytest.raises(DatasetError, match=f"found {larger.count} joints, expected 16 of mpii16"):
        joints_by_count(whole, "file", "mpii16")


def test_many_joints_that_begin_with_those_of_coco(rng):
    """In the order of no document: the anatomy of the first 17 decides."""
    for count in (130, 308):
        whole = np.repeat(rows("coco17", rng, 3)[:, :1], count, axis=1)
        whole[:, :17] = rows("coco17", rng, 3)
        found = joints_by_count(whole, "file", None)
        assert found.joint_set == "coco17" and found.order.tolist() == list(range(17))
        assert "first 17 (coco17)" in found.notes[-1]


def test_a_constant_pair_is_no_joint(rng):
    people = rows("body25", rng, 12)
    people[:, [4, 7, 11]] = [-1, -1, 0.5]
    assert joints_by_count(people, "file", None).joint_set == "body25"


def test_an_impossible_anatomy_stops_lift_and_convert_and_options_override(tmp_path, rng):
    order = rng.permutation(17)
    people = rows("coco17", rng, 8)[:, order]
    table = tmp_path / "mixed.csv"
    names = ",".join(f"{joint}_{axis}" for joint in SOURCES["coco17"] for axis in "xy")
    lines = [",".join(f"{value:.1f}" for value in row[:, :2].ravel()) for row in people]
    table.write_text(f"frame,{names}\n" + "".join(f"{i},{line}\n" for i, line in enumerate(lines)))
    for run in (lambda **more: geolift.lift(table, **more), lambda **more: keypoint_files.convert(table, **more)):
        with pytest.raises(DatasetError, match=r"mixed\.csv.*not those of people.*--joints NAME.*--skeleton"):
            run()
        run(joints="coco17")
    assert any("not those of people" in note for note in geolift.lift(table, joints="coco17").notes)
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[mapping]\npelvis = ["left_hip", "right_hip"]\n')
    geolift.lift(table, skeleton=mapping)
    geolift.lift(read_keypoints(table).recording)  # joints that a program states


def test_joints_of_no_known_set_are_not_judged(rng):
    points = rng.uniform(0, 900, (9, 4, 2))
    assert impossible_anatomy(record(points, np.ones((9, 4)), joints=("a", "b", "c", "d"))) is None


@pytest.fixture(scope="module")
def real(coco_file, mpii_file):
    """Real people by their joint set, keypoints and confidence."""
    with np.load(coco_file) as coco, np.load(mpii_file) as mpii:
        return {
            "coco17": (coco["joints"], coco["visibility"] > 0),
            "mpii16": (mpii["joints"], np.ones(mpii["joints"].shape[:2], bool)),
        }


@pytest.mark.parametrize("limbs", ["all", "arms"])
def test_each_single_person_of_coco_is_read_as_it_is(real, limbs):
    points, seen = real["coco17"]
    seen = seen & (np.arange(17) < (17 if limbs == "all" else 13))
    asked = 0
    for person in np.concatenate([points, seen[..., None]], axis=-1)[:, None]:
        found = joints_by_count(person, "file", None, {17: "coco17"})
        assert found.joint_set in ("coco17", "posetrack17")
        assert impossible_anatomy(recording("coco17", person[..., :2], person[..., 2])) is None
        try:
            found = joints_by_count(person, "file", None)
        except DatasetError:
            asked += 1
        else:
            assert found.joint_set in ("coco17", "posetrack17")
    assert asked < (0.15 if limbs == "all" else 0.6) * len(points)


def test_no_single_person_of_mpii_is_impossible(real):
    for points in real["mpii16"][0][::3]:
        assert impossible_anatomy(recording("mpii16", points[None])) is None


def test_body25b_is_not_lifted_as_body25():
    result = geolift.lift(case("body25b/body25b"))
    assert np.median(errors(result.points, case("body25b/true.npy"))) < 60
    assert read_keypoints(case("body25b/one")).recording.joint_set == "body25b"
    assert read_keypoints(case("body25b/one"), options=Options(joints="body25")).recording.joint_set == "body25"


@pytest.mark.parametrize("file", ["oblique_mmpose.json", "side_results.json"])
def test_dogs_are_not_lifted_as_people(file, tmp_path):
    path = case(f"ap10k-unnamed/{file}")
    with pytest.raises(DatasetError, match=f"{file}: found joints of animals, ap10k17.*--skeleton"):
        geolift.lift(path)
    content = json.loads(path.read_text())  # one frame is enough
    (tmp_path / file).write_text(json.dumps(content[:1]))
    with pytest.raises(DatasetError, match="animals"):
        geolift.lift(tmp_path / file)


def test_crowdpose_is_lifted():
    path = case("other-containers/crowdpose_results.json")
    result = geolift.lift(path)
    assert read_keypoints(path).recording.joint_set == "crowdpose14"
    assert np.median(errors(result.points, case("other-containers/true.npy"))) < 60


def test_sapiens_is_lifted_by_its_body():
    result = geolift.lift(case("mmpose-image-folder/sapiens"))
    assert np.median(errors(result.points, case("mmpose-image-folder/true.npy"))) < 60


def test_limbs_of_a_reading_are_those_of_the_person(rng):
    people = rows("body25b", rng, 4)
    found = joints_by_count(people, "file", None, {25: "body25"})
    points = map_joints(JOINT_SETS[found.joint_set], people[..., :2], people[..., 2])[0]
    expected = 400 + 20 * standing(H36M17.names, "h36m17")
    np.testing.assert_allclose(points.mean(axis=0), expected, atol=10)


@pytest.mark.parametrize("label", ["macaque", "Macaque monkeys", "ap10k"])
def test_named_joints_of_animals_are_refused(label, rng, tmp_path):
    """MacaquePose has the joints of COCO: its category, or mmpose's name of the data set, says whose they are."""
    name = "ap10k17" if label == "ap10k" else "macaque17"
    scene = [[Person(row[:, :2], row[:, 2])] for row in rows(name, rng, 2)]
    paths = (
        mmpose(tmp_path / "demo.json", scene, form="demo", names=SOURCES[name]),
        coco_annotations(tmp_path / "coco.json", scene, names=SOURCES[name]),
    )
    for path, place, key in zip(paths, ("meta_info", "categories"), ("dataset_name", "name"), strict=True):
        content = json.loads(path.read_text())
        (content[place] if place == "meta_info" else content[place][0])[key] = label
        path.write_text(json.dumps(content))
        recording = read_keypoints(path).recording
        assert recording.joint_set == name
        with pytest.raises(DatasetError, match=rf"{path.name}.*found those of {name}, animals.*--skeleton"):
            geolift.lift(path)
        if name == "macaque17":
            assert read_keypoints(path, options=Options(joints="coco17")).recording.joint_set == "coco17"
