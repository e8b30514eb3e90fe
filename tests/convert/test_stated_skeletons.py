"""Bones and partners that files state: SLEAP's, COCO's, those of DeepLabCut's projects; conflicts are errors."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from geolift.convert.skeleton_of_files import propose_for
from geolift.errors import DatasetError
from geolift.keypoints.deeplabcut_project import stated_beside
from geolift.skeletons.stated_bones import StatedBones, join_stated, partners_of, stated_by_number
from tests.convert.test_skeleton_of_files import NAMES, PLACE, deeplabcut
from tests.helpers.keypoint_writers import coco_annotations
from tests.helpers.program_writers import sleap_labels
from tests.helpers.table_writers import sleap

# Not what distances say: the paws are those of the spine.
BONES = (("Spine", "Nose"), ("Nose", "EarL"), ("Nose", "EarR"), ("Spine", "TailBase"), ("TailBase", "PawL"),
         ("TailBase", "PawR"))  # fmt: skip
NUMBERS = [[NAMES.index(a), NAMES.index(b)] for a, b in BONES]


def scene(frames=12):
    rng = np.random.default_rng(0)
    places = [20 * (PLACE + 0.3 * rng.normal(size=PLACE.shape)) + 400 for _ in range(frames)]
    return [[SimpleNamespace(keypoints=xy, confidence=np.ones(len(NAMES)), track=1)] for xy in places]


def labels(path, links):
    """SLEAP's project with links of the skeleton, whose nodes the writer lists backwards."""
    sleap_labels(path, scene(), NAMES)
    last, kinds, written = len(NAMES) - 1, [], []
    for kind, a, b in links:
        full = {"py/reduce": [{"py/type": "sleap.skeleton.EdgeType"}, {"py/tuple": [kind]}]}
        kept = {"py/id": kinds.index(kind) + 1} if kind in kinds else full
        kinds += [] if kind in kinds else [kind]
        written.append({"source": last - a, "target": last - b, "type": kept})
    return with_links(path, written)


def with_links(path, links):
    import h5py

    with h5py.File(path, "r+") as file:
        content = json.loads(file["metadata"].attrs["json"])
        content["skeletons"][0]["links"] = links
        file["metadata"].attrs["json"] = np.bytes_(json.dumps(content))
    return path


def of_sleap(folder):
    partners = [(2, NAMES.index("EarR"), NAMES.index("EarL"))]
    return labels(folder / "a.slp", [*partners, *((1, *pair) for pair in NUMBERS), *partners])


def of_sleap_analysis(folder):
    import h5py

    keypoints = np.stack([people[0].keypoints for people in scene()])[:, None]
    found = SimpleNamespace(keypoints=keypoints, confidence=np.ones(keypoints.shape[:3]), joints=NAMES, names=["a"])
    path = folder / "a.h5"
    sleap(path, found)
    with h5py.File(path, "r+") as file:
        file["edge_inds"], file["edge_names"] = np.array(NUMBERS), np.array(BONES, "S")
    return path


def of_coco(folder, first=1):
    path = coco_annotations(folder / "a.json", scene(), names=NAMES)
    content = json.loads(path.read_text())
    content["categories"][0]["skeleton"] = (np.array(NUMBERS) + first).tolist()
    path.write_text(json.dumps(content))
    return path


def project(folder, skeleton=BONES, parts=NAMES, more=""):
    lines = ["# Project definitions", "Task: open", "multianimalproject: false", "video_sets:", "  /a/b.mp4:",
             "    crop: 0, 640, 0, 480", "bodyparts:", *(f"- {name}" for name in parts), "skeleton:"]  # fmt: skip
    lines += [line for pair in skeleton for line in (f"- - {pair[0]}", *(f"  - {name}" for name in pair[1:]))]
    (folder / "config.yaml").write_text("\n".join(lines) + f"\n{more}")


def of_deeplabcut(folder):
    project(folder)
    (folder / "videos").mkdir()
    return deeplabcut(folder / "videos" / "a.csv")


def bones(skeleton):
    return {frozenset((skeleton.names[a], skeleton.names[b])) for a, b in skeleton.bones}


@pytest.mark.parametrize("write", [of_sleap, of_sleap_analysis, of_coco, of_deeplabcut])
def test_the_bones_that_a_file_states_are_taken(write, tmp_path):
    found = propose_for([write(tmp_path)])
    assert bones(found.file.skeleton) == set(map(frozenset, BONES))
    assert "bones: 6 of 6 are stated" in found.reasons and "stated in" in " ".join(found.reasons)


def test_numbers_of_coco_may_begin_at_0(tmp_path):
    assert bones(propose_for([of_coco(tmp_path, first=0)]).file.skeleton) == set(map(frozenset, BONES))


def test_without_a_statement_it_is_guessed(tmp_path):
    found = propose_for([deeplabcut(tmp_path / "a.csv")])
    assert "stated" not in " ".join(found.reasons) and bones(found.file.skeleton) != set(map(frozenset, BONES))


def test_a_tree_remains_of_loops_and_parts_and_is_described(tmp_path):
    loop = [*BONES[:4], ("EarL", "EarR"), ("PawL", "elbow")]
    project(tmp_path, loop, [*NAMES, "elbow"])
    found = propose_for([deeplabcut(tmp_path / "a.csv")])
    said = " ".join(found.reasons)
    assert bones(found.file.skeleton) >= set(map(frozenset, BONES[:4]))
    assert "stated, but not in a tree that is alike on both sides: EarL-EarR" in said and "4 of 6 are stated" in said
    assert "lack are left out: elbow" in said and "not stated: " in said


def test_a_project_of_other_body_parts_or_another_program_is_not_used(tmp_path):
    path = deeplabcut(tmp_path / "a.csv")
    project(tmp_path, parts=NAMES[:4])
    assert stated_beside(path, NAMES) is None
    (tmp_path / "config.yaml").write_text("site: [a, b]\n")
    assert stated_beside(path, NAMES) is None


def test_projects_of_several_animals_and_partners(tmp_path):
    project(tmp_path, [NAMES[:3]], [], "bodyparts: MULTI!\n")
    text = (tmp_path / "config.yaml").read_text().replace("bodyparts:\nskeleton", "skeleton", 1)
    text += "multianimalbodyparts: [" + ", ".join(NAMES) + "]\nuniquebodyparts: []\nsymmetric_pairs: [[1, 2]]\n"
    (tmp_path / "config.yaml").write_text(text)
    found = stated_beside(tmp_path / "a.csv", NAMES)
    assert found.bones == (("Nose", "EarL"), ("EarL", "EarR")) and found.partners == (("EarL", "EarR"),)


@pytest.mark.parametrize(("content", "message"), [
    ("bodyparts: [a\n", "found no YAML of plain values"),
    ("bodyparts: !!python/object/apply:os.system ['true']\n", "found no YAML of plain values"),
    ("bodyparts: {a: b}\n", "bodyparts: found .*expected a list of names"),
    ("[" * 20_000, "found no YAML of plain values"),
])  # fmt: skip
def test_damaged_and_hostile_projects_are_refused(content, message, tmp_path):
    (tmp_path / "config.yaml").write_text(content)
    with pytest.raises(DatasetError, match=rf"config\.yaml: {message}"):
        stated_beside(tmp_path / "a.csv", NAMES)


@pytest.mark.parametrize(("kind", "target"), [(1, 99), (7, 1)])
def test_links_to_nowhere_are_refused(kind, target, tmp_path):
    path = sleap_labels(tmp_path / "a.slp", scene(), NAMES)
    with_links(path, [{"source": 0, "target": target, "type": {"py/id": kind}}])
    with pytest.raises(DatasetError, match=r"a\.slp: metadata: skeletons: links\[0\]: "):
        propose_for([path])


def test_partners_must_agree_with_the_names_and_unknown_sides_are_not_guessed():
    names = ["nose", "EarL", "EarR", "eye_left_a", "eye_right_b", "fin1", "fin2"]
    stated = [("eye_right_b", "eye_left_a"), ("EarL", "EarR"), ("fin2", "fin1")]
    assert partners_of(names, stated, "a.slp") == (((1, 2), (3, 4)), ("fin1 and fin2",))
    with pytest.raises(DatasetError, match=r"a\.slp: found EarL and nose as partners, but by its name EarL is that"):
        partners_of(names, [("nose", "EarL")], "a.slp")


def test_files_that_state_different_skeletons_are_refused():
    one, other = StatedBones((("a", "b"),), (), "a.slp"), StatedBones((("a", "c"),), (), "b.slp")
    same = StatedBones((("b", "a"),), (), "c.slp")
    assert join_stated([one, None, same], ["a", "b"]) == (one, []) and join_stated([None], ["a"]) == (None, [])
    with pytest.raises(DatasetError, match=r"b\.slp: found other bones than in a\.slp"):
        join_stated([one, other], ["a", "b", "c"])
    with pytest.raises(DatasetError, match=r"x: found the joints \[0, 2\], expected numbers of 2 joints"):
        stated_by_number([(0, 2)], [], ["a", "b"], "x")
