"""Every joint set arrives in Human3.6M-17 under the right names, on the right side, without junk."""

import re

import numpy as np
import pytest

from geolift.skeletons.joint_sets import (
    ANIMAL_SETS,
    COCO17,
    JOINT_SETS,
    LARGER_SETS,
    MEDIAPIPE33,
    SOURCES,
    foot_joints,
)
from geolift.skeletons.mapping import HEAD_CHOICES, JointMapping, check_mapping, map_joints
from geolift.skeletons.skeleton import H36M17, Skeleton
from tests.helpers.figure import mirrored_name, standing

JOINT = H36M17.names.index
EARS_BUT_NO_HEAD_TOP = {"coco17", "coco18", "coco23", "coco24", "body25", "humanart21", "mediapipe33", "panoptic19"}
NO_HEAD_TOP = {*EARS_BUT_NO_HEAD_TOP, "jhmdb15"}
every_set = pytest.mark.parametrize("name", JOINT_SETS)

# A dog whose joints' names carry no sides.
DOG = Skeleton(
    names=("hips", "pawL", "pawR", "withers", "nose"), parents=(-1, 0, 0, 0, 3), left=(1,), right=(2,), head=4
)
DOG_MAPPING = JointMapping(
    source=("snout", "hind_L", "hind_R", "back"),
    mean_of={"hips": ("back",), "pawL": ("hind_L",), "pawR": ("hind_R",), "withers": ("back", "snout"), "nose": ()},
    target=DOG,
)


def some(mapping, rng, count=5):
    return rng.normal(size=(count, len(mapping.source), 2)), rng.uniform(0.1, 1, (count, len(mapping.source)))


@every_set
def test_the_number_of_joints_is_in_the_name(name):
    assert len(check_mapping(JOINT_SETS[name]).source) == int(re.search(r"\d+(?=b?$)", name)[0])


# Typed from the documents of data sets and programs, not from the tables of the package; LR: left, then right.
GOLDEN = {
    "body25b": "nose LReye LRear LRshoulder LRelbow LRwrist LRhip LRknee LRankle upper_neck head_top left_big_toe "
    "left_small_toe left_heel right_big_toe right_small_toe right_heel",
    "crowdpose14": "LRshoulder LRelbow LRwrist LRhip LRknee LRankle head neck",
    "aic14": "right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist right_hip right_knee "
    "right_ankle left_hip left_knee left_ankle head_top neck",
    "lsp14": "right_ankle right_knee right_hip left_hip left_knee left_ankle right_wrist right_elbow right_shoulder "
    "left_shoulder left_elbow left_wrist neck head_top",
    "coco23": "nose LReye LRear LRshoulder LRelbow LRwrist LRhip LRknee LRankle left_big_toe left_small_toe left_heel "
    "right_big_toe right_small_toe right_heel",
    "halpe26": "nose LReye LRear LRshoulder LRelbow LRwrist LRhip LRknee LRankle head neck hip LRbig_toe LRsmall_toe "
    "LRheel",
    "humanart21": "nose LReye LRear LRshoulder LRelbow LRwrist LRhip LRknee LRankle LRfinger LRtoe",
    "posetrack17": "nose head_bottom head_top LRear LRshoulder LRelbow LRwrist LRhip LRknee LRankle",
    "jhmdb15": "neck belly head right_shoulder left_shoulder right_hip left_hip right_elbow left_elbow right_knee "
    "left_knee right_wrist left_wrist right_ankle left_ankle",
    "macaque17": "nose LReye LRear LRshoulder LRelbow LRwrist LRhip LRknee LRankle",
    "ap10k17": "LReye nose neck root_of_tail left_shoulder left_elbow left_front_paw right_shoulder right_elbow "
    "right_front_paw left_hip left_knee left_back_paw right_hip right_knee right_back_paw",
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_order_of_a_set_is_the_documented_one(name):
    both = (
        [f"left_{joint[2:]}", f"right_{joint[2:]}"] if joint.startswith("LR") else [joint]
        for joint in GOLDEN[name].split()
    )
    assert SOURCES[name] == tuple(joint for joints in both for joint in joints)


# Numbers of nose, shoulders, elbows, wrists, hips, knees, ankles in sets with face and hands: left, right.
NUMBERS = {
    "wholebody133": (0, (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)),
    "wholebody134": (0, (5, 2), (6, 3), (7, 4), (11, 8), (12, 9), (13, 10)),
    "body135": (0, (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)),
    "halpe136": (0, (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)),
    "holistic501": (0, (11, 12), (13, 14), (15, 16), (23, 24), (25, 26), (27, 28)),
    "holistic543": (0, (11, 12), (13, 14), (15, 16), (23, 24), (25, 26), (27, 28)),
    "goliath308": (0, (5, 6), (7, 8), (62, 41), (9, 10), (11, 12), (13, 14)),
}


@pytest.mark.parametrize("name", LARGER_SETS)
def test_the_body_of_a_larger_set_is_at_its_documented_numbers(name):
    larger = LARGER_SETS[name]
    number = dict(zip(JOINT_SETS[larger.body].source, larger.numbers, strict=True))
    assert larger.count == int(name[-3:]) > max(larger.numbers) and len(set(larger.numbers)) == len(larger.numbers)
    nose, *pairs = NUMBERS[name]
    assert number["nose"] == nose
    for joint, pair in zip(("shoulder", "elbow", "wrist", "hip", "knee", "ankle"), pairs, strict=True):
        assert (number[f"left_{joint}"], number[f"right_{joint}"]) == pair


# Big toe, small toe, heel of the left foot, then of the right one.
FEET_AT = {
    "wholebody133": (17, 18, 19, 20, 21, 22),
    "wholebody134": (18, 19, 20, 21, 22, 23),
    "body135": (19, 20, 21, 22, 23, 24),
    "halpe136": (20, 22, 24, 21, 23, 25),
    "goliath308": (15, 16, 17, 18, 19, 20),
}


@pytest.mark.parametrize("name", FEET_AT)
def test_feet_of_a_larger_set_are_at_their_documented_numbers(name):
    larger = LARGER_SETS[name]
    number = dict(zip(JOINT_SETS[larger.body].source, larger.numbers, strict=True))
    joints = [f"{side}_{joint}" for side in ("left", "right") for joint in ("big_toe", "small_toe", "heel")]
    assert tuple(number[joint] for joint in joints) == FEET_AT[name]


def test_the_sets_with_feet_have_toes_of_their_own_side_and_the_others_none():
    without = {name for name, mapping in JOINT_SETS.items() if not any(foot_joints(mapping.source).values())}
    assert without == {
        "coco17", "posetrack17", "coco18", "mpi15", "jhmdb15", "crowdpose14", "aic14", "lsp14", "mpii16", "panoptic19",
        "3dhp17", "h36m17",
    }  # fmt: skip
    for name, mapping in JOINT_SETS.items():
        for joint, sources in foot_joints(mapping.source).items():
            assert all(source.startswith(joint.split("_")[0]) for source in sources), name
    assert foot_joints(MEDIAPIPE33.source)["right_toe"] == ("right_foot_index",)
    assert foot_joints(JOINT_SETS["body25"].source)["right_heel"] == ("right_heel",)
    assert foot_joints(JOINT_SETS["humanart21"].source) == {
        "left_toe": ("left_toe",), "left_heel": (), "right_toe": ("right_toe",), "right_heel": (),
    }  # fmt: skip


@pytest.mark.parametrize("name", ANIMAL_SETS)
def test_joints_of_animals_have_partners(name):
    assert {mirrored_name(joint) for joint in ANIMAL_SETS[name]} == set(ANIMAL_SETS[name])


@every_set
def test_a_mirrored_image_exchanges_left_and_right(name, rng):
    mapping = JOINT_SETS[name]
    keypoints, confidence = some(mapping, rng)
    partners = [mapping.source.index(mirrored_name(joint)) for joint in mapping.source]
    for head in HEAD_CHOICES:
        flipped = map_joints(mapping, (keypoints * [-1, 1])[:, partners], confidence[:, partners], head=head)
        points, trust = map_joints(mapping, keypoints, confidence, head=head)
        np.testing.assert_allclose(flipped[0], (points * [-1, 1])[:, H36M17.mirrored], atol=1e-6)
        np.testing.assert_array_equal(flipped[1], trust[:, H36M17.mirrored])


@every_set
def test_a_standing_person_stands(name):
    mapping = JOINT_SETS[name]
    points, trust = map_joints(mapping, standing(mapping.source, name), np.full(len(mapping.source), 0.7))
    expected = standing(H36M17.names, "h36m17")
    masked = np.arange(17) == (H36M17.head if name in NO_HEAD_TOP else -1)
    expected[masked] = 0
    np.testing.assert_allclose(points, expected, atol=1e-6)
    np.testing.assert_allclose(trust, np.where(masked, 0, 0.7), rtol=1e-6)
    assert (points[list(H36M17.left), 0] > 0).all() and (points[list(H36M17.right), 0] < 0).all()


@every_set
def test_joints_in_another_order_make_another_person(name):
    """Swapping any two of the joints that count is noticed."""
    mapping = JOINT_SETS[name]
    person, sure = standing(mapping.source, name), np.ones(len(mapping.source))
    points = map_joints(mapping, person, sure)[0]
    used = sorted({mapping.source.index(joint) for sources in mapping.mean_of.values() for joint in sources})
    for a, b in zip(used, used[1:] + used[:1], strict=True):
        if not np.array_equal(person[a], person[b]):
            wrong = person.copy()
            wrong[[a, b]] = person[[b, a]]
            assert np.abs(map_joints(mapping, wrong, sure)[0] - points).max() > 0.1


@every_set
def test_a_joint_is_there_only_with_all_its_sources(name, rng):
    mapping = JOINT_SETS[name]
    keypoints, confidence = some(mapping, rng, 1)
    for missing, joint in enumerate(mapping.source):
        fewer = confidence.copy()
        fewer[:, missing] = 0
        trust = map_joints(mapping, keypoints, fewer)[1][0]
        expected = [bool(mapping.mean_of[target]) and joint not in mapping.mean_of[target] for target in H36M17.names]
        np.testing.assert_array_equal(trust > 0, expected)


@every_set
def test_a_head_top_is_extrapolated_from_the_ears_where_there_is_none(name, rng):
    mapping = JOINT_SETS[name]
    keypoints, confidence = some(mapping, rng)
    points, trust = map_joints(mapping, keypoints, confidence)
    more, surer = map_joints(mapping, keypoints, confidence, head="extrapolate")
    others = np.arange(17) != H36M17.head
    np.testing.assert_array_equal(more[:, others], points[:, others])
    np.testing.assert_array_equal(surer[:, others], trust[:, others])
    assert bool(mapping.ears) == (name in EARS_BUT_NO_HEAD_TOP)
    if not mapping.ears:
        np.testing.assert_array_equal(more, points)
        return
    ears = [mapping.source.index(ear) for ear in ("left_ear", "right_ear")]
    middle, thorax = keypoints[:, ears].mean(axis=1), points[:, JOINT("thorax")]
    np.testing.assert_allclose(more[:, H36M17.head], 1.62 * middle - 0.62 * thorax, atol=1e-5)
    least = np.minimum(confidence[:, ears].min(axis=1), trust[:, JOINT("thorax")])
    np.testing.assert_allclose(surer[:, H36M17.head], least / 2, rtol=1e-6)
    person = map_joints(mapping, standing(mapping.source, name), np.ones(len(mapping.source)), head="extrapolate")[0]
    np.testing.assert_allclose(person[H36M17.head], [0, -1.86], atol=1e-6)


def test_no_head_top_from_one_ear():
    mapping, confidence = MEDIAPIPE33, np.ones(33)
    confidence[mapping.source.index("left_ear")] = 0
    points, trust = map_joints(mapping, standing(mapping.source, "mediapipe33"), confidence, head="extrapolate")
    assert not trust[H36M17.head] and not points[H36M17.head].any()


def test_only_known_head_rules_and_ears():
    with pytest.raises(ValueError, match=r"head: found 'eyes', expected one of \['mask', 'extrapolate'\]"):
        map_joints(COCO17, np.zeros((17, 2)), np.ones(17), head="eyes")
    with pytest.raises(ValueError, match=r"ears: found \['horn'\]"):
        check_mapping(COCO17._replace(ears=("horn",)))
    with pytest.raises(ValueError, match="ears: expected a target with a thorax, and its head masked"):
        check_mapping(COCO17._replace(mean_of={**COCO17.mean_of, "head": ("nose",)}))
    with pytest.raises(ValueError, match="ears: expected a target with a thorax"):
        check_mapping(DOG_MAPPING._replace(ears=("snout",)))


def test_a_mapping_leads_to_any_skeleton(rng):
    keypoints, confidence = some(DOG_MAPPING, rng)
    points, trust = map_joints(check_mapping(DOG_MAPPING), keypoints, confidence)
    np.testing.assert_allclose(points[:, :3], keypoints[:, [3, 1, 2]], rtol=1e-6)
    np.testing.assert_allclose(points[:, 3], keypoints[:, [3, 0]].mean(axis=1), rtol=1e-5)
    assert not trust[:, 4].any()


@pytest.mark.parametrize(
    ("source", "rules", "message"),
    [
        (("snout", "left_hind", "right_hind", "back"), {"pawL": ("right_hind",), "pawR": ("left_hind",)}, "own side"),
        (("snout", "left_hind", "right_hind", "back"), {"pawL": ("left_hind",), "pawR": ("back",)}, "sides swapped"),
        (("snout", "l_hind", "r_hind", "back"), {"pawL": ("l_hind",), "pawR": ("r_hind",), "tail": ()}, "beyond"),
    ],
)
def test_sides_of_an_animal_are_checked_where_names_tell_them(source, rules, message):
    mapping = DOG_MAPPING._replace(source=source, mean_of={**DOG_MAPPING.mean_of, **rules})
    with pytest.raises(ValueError, match=message):
        check_mapping(mapping)


def test_one_labelled_ear_is_no_reason_to_refuse_an_animal():
    source = ("left_ear", "hind_L", "hind_R", "back")
    rules = {**DOG_MAPPING.mean_of, "withers": ("back",), "nose": ("left_ear",)}
    check_mapping(DOG_MAPPING._replace(source=source, mean_of=rules))
