"""Skeleton files: TOML and JSON give the same skeleton, and keypoints are mapped to its joints by name."""

import json

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.skeletons import skeleton_file
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.mapping import map_joints
from geolift.skeletons.skeleton import H36M17

DOG = """
head = "nose"
left = ["left_hip", "left_paw", "left_shoulder", "left_hand"]
right = ["right_hip", "right_paw", "right_shoulder", "right_hand"]

[joints]
pelvis = ""
left_hip = "pelvis"
left_paw = "left_hip"
right_hip = "pelvis"
right_paw = "right_hip"
withers = "pelvis"
left_shoulder = "withers"
left_hand = "left_shoulder"
right_shoulder = "withers"
right_hand = "right_shoulder"
nose = "withers"

[mapping]
pelvis = "tail_base"
withers = ["L_F_Elbow", "R_F_Elbow"]
"""
SMALL = {"head": "b", "joints": {"a": "", "b": "a"}}


def written(tmp_path, content):
    path = tmp_path / "skeleton"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def as_content(skeleton):
    """A skeleton as the content of a file."""
    names = skeleton.names
    return {
        "head": names[skeleton.head],
        "left": [names[i] for i in skeleton.left],
        "right": [names[i] for i in skeleton.right],
        "joints": {name: names[p] if p >= 0 else "" for name, p in zip(names, skeleton.parents, strict=True)},
    }


def refused(path, message):
    with pytest.raises(DatasetError, match=message) as error:
        skeleton_file.read_skeleton(path)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def test_a_dog(tmp_path):
    file = skeleton_file.read_skeleton(written(tmp_path, DOG))
    assert DOG.strip().replace("\n\n", "\n").splitlines()[0] in skeleton_file.__doc__
    skeleton = file.skeleton
    assert len(skeleton.names) == 11 and skeleton.names[skeleton.root] == "pelvis"
    assert skeleton.names[skeleton.head] == "nose"
    mirrored = [skeleton.names[i] for i in skeleton.mirrored]
    assert mirrored[skeleton.names.index("left_paw")] == "right_paw"
    assert file.mapping == {"pelvis": ("tail_base",), "withers": ("L_F_Elbow", "R_F_Elbow")}


def test_the_example_in_the_documentation_is_read(tmp_path):
    lines = skeleton_file.__doc__.splitlines()
    example = "\n".join(line[4:] for line in lines if line.startswith("    ") or not line)
    files = [skeleton_file.read_skeleton(written(tmp_path, content)) for content in (example, DOG)]
    assert files[0] == files[1]


def test_toml_and_json_are_the_same(tmp_path):
    file = skeleton_file.read_skeleton(written(tmp_path, as_content(H36M17)))
    assert file.skeleton == H36M17 and file.mapping is None
    content = as_content(H36M17)
    lines = [f"{key} = {json.dumps(content[key])}" for key in ("head", "left", "right")]
    lines += ["[joints]", *(f'{name} = "{parent}"' for name, parent in content["joints"].items())]
    assert skeleton_file.read_skeleton(written(tmp_path, "\n".join(lines))) == file


def test_without_sides(tmp_path):
    assert skeleton_file.read_skeleton(written(tmp_path, SMALL)).skeleton.left == ()


def test_the_mapping_of_people_is_that_of_their_joint_set(tmp_path, rng):
    """A file with the mapping of a joint set gives the same as that joint set."""
    known = JOINT_SETS["coco17"]
    content = {**as_content(H36M17), "mapping": {joint: list(sources) for joint, sources in known.mean_of.items()}}
    mapping = skeleton_file.joint_mapping(skeleton_file.read_skeleton(written(tmp_path, content)), known.source)
    keypoints, confidence = rng.normal(size=(5, 17, 2)), rng.uniform(size=(5, 17))
    for a, b in zip(map_joints(mapping, keypoints, confidence), map_joints(known, keypoints, confidence), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_mapping_of_a_dog(tmp_path, rng):
    """Joints that the mapping leaves out keep their names; those that the source lacks are masked."""
    file = skeleton_file.read_skeleton(written(tmp_path, DOG))
    source = ("nose", "tail_base", "R_F_Elbow", "L_F_Elbow", "left_paw", "right_paw", "tongue")
    mapping = skeleton_file.joint_mapping(file, source)
    assert mapping.target == file.skeleton and mapping.source == source
    keypoints, confidence = rng.normal(size=(len(source), 2)), np.linspace(0.3, 0.9, len(source))
    points, trust = map_joints(mapping, keypoints, confidence)
    joint = file.skeleton.names.index
    np.testing.assert_allclose(points[joint("pelvis")], keypoints[1], rtol=1e-6)
    np.testing.assert_allclose(points[joint("withers")], keypoints[2:4].mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(points[joint("left_paw")], keypoints[4], rtol=1e-6)
    assert trust[joint("left_hip")] == 0 and not points[joint("left_hip")].any()
    assert trust[joint("withers")] == np.float32(confidence[2])


def test_the_mapping_of_a_known_joint_set_needs_no_file(tmp_path):
    known = JOINT_SETS["coco17"]
    assert skeleton_file.resolve_mapping(known.source, "coco17", None, "poses.json") == known
    path = written(tmp_path, {**as_content(H36M17), "mapping": {"pelvis": ["left_hip", "right_hip"]}})
    assert skeleton_file.resolve_mapping(known.source, "coco17", path, "poses.json").mean_of["head"] == ()


def test_a_part_of_a_known_joint_set_is_taken_for_it_by_name():
    part = tuple(name for name in JOINT_SETS["body25"].source if "eye" not in name)
    mapping = skeleton_file.resolve_mapping(part, "", None, "poses.csv")
    assert mapping.source == part and mapping.target == H36M17
    with pytest.raises(DatasetError, match=r"^poses.csv: joints: found tail, paw; no known joint set has them all"):
        skeleton_file.resolve_mapping(("tail", "paw"), "", None, "poses.csv")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (("nose", "left_paw"), r"mapping: found \['L_F_Elbow', 'R_F_Elbow', 'tail_base'\], expected joints"),
        (("tail_base", "L_F_Elbow", "R_F_Elbow", "nose", "nose"), "names must differ"),
    ],
)
def test_keypoints_that_do_not_fit(source, message, tmp_path):
    file = skeleton_file.read_skeleton(written(tmp_path, DOG))
    with pytest.raises(DatasetError, match=message) as error:
        skeleton_file.joint_mapping(file, source)
    assert "\n" not in str(error.value)


def test_the_root_must_be_seen_and_sides_kept(tmp_path):
    file = skeleton_file.read_skeleton(written(tmp_path, {**as_content(H36M17)}))
    with pytest.raises(DatasetError, match="found none of"):
        skeleton_file.joint_mapping(file, ("tail",))
    with pytest.raises(DatasetError, match="the root pelvis is not in the keypoints: map it"):
        skeleton_file.joint_mapping(file, JOINT_SETS["coco17"].source)
    swapped = {**as_content(H36M17), "mapping": {"left_knee": "right_knee", "right_knee": "left_knee"}}
    file = skeleton_file.read_skeleton(written(tmp_path, swapped))
    with pytest.raises(DatasetError, match="joints of its own side"):
        skeleton_file.joint_mapping(file, H36M17.names)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"missing \['head', 'joints'\]"),
        ("joints = [", "neither TOML nor JSON"),
        ('{"joints": ', "neither TOML nor JSON"),
        ("[" * 10_000, "neither TOML nor JSON"),
        ('head = "\udcff"', "neither TOML nor JSON"),
        ({**SMALL, "joint": {}}, r"unknown \['joint'\]"),
        ({**SMALL, "joints": ["a", "b"]}, "joints: expected a table of names"),
        ({**SMALL, "joints": {"a": -1, "b": 0}}, "joints: expected a table of names"),
        ({**SMALL, "joints": {"a": ""}}, "joints: found 1, expected 2"),
        ({**SMALL, "joints": {"a": "", "b": "c"}}, r"joints: found 'c', expected one of \['a', 'b'\]"),
        ({**SMALL, "joints": {"a": "", "b": ""}}, "exactly one joint .the root"),
        ({**SMALL, "joints": {"a": "b", "b": "a"}}, "exactly one joint .the root"),
        ({**SMALL, "joints": {"r": "", "a": "b", "b": "a"}}, "circle"),
        ({**SMALL, "joints": {"": "", "b": ""}}, "exactly one|without a name"),
        ({**SMALL, "head": "c"}, "head: found 'c'"),
        ({**SMALL, "head": 1}, "head: found 1"),
        ({**SMALL, "head": "a"}, "head and root are both a"),
        ({**SMALL, "left": "b"}, "left: found str, expected a list"),
        ({**SMALL, "left": ["b"]}, "found 1 and 0 joints, expected partners"),
        ({**SMALL, "left": ["b"], "right": ["b"]}, r"\['b'\] twice"),
        ({**SMALL, "left": ["x"]}, "left: found 'x'"),
        ({**SMALL, "mapping": ["b"]}, "mapping: found list"),
        ({**SMALL, "mapping": {"c": "b"}}, "mapping: found 'c'"),
        ({**SMALL, "mapping": {"b": 3}}, "mapping: b: found 3, expected a name or a list"),
        ({**SMALL, "mapping": {"b": [""]}}, "expected a name or a list"),
    ],
)
def test_bad_files(content, message, tmp_path):
    path = tmp_path / "skeleton"
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    refused(path, message)


def test_missing_large_and_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="none: no such file"):
        skeleton_file.read_skeleton(tmp_path / "none")
    refused(tmp_path, "found a folder, expected TOML or JSON")
    refused(written(tmp_path, "#" * 2**21), "found 2097152 bytes, expected TOML or JSON of up to 1048576")
