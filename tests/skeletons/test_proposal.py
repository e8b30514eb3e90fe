"""Proposed skeletons: partners by their names, and trees that are those that people draw."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from geolift.data.dataset import load_dataset
from geolift.errors import DatasetError
from geolift.skeletons.proposal import CENTRE, propose_skeleton
from geolift.skeletons.side_names import find_partners
from geolift.skeletons.skeleton import H36M17, Skeleton
from geolift.skeletons.skeleton_file import SkeletonFile, read_skeleton, skeleton_text
from geolift.skeletons.stated_bones import StatedBones
from tests.conftest import real

RAT = {  # joint: parent, where it is from its parent: x ahead, y left, z up
    "SpineM": ("", (0, 0, 0)), "SpineF": ("SpineM", (6, 0, 0)), "Snout": ("SpineF", (5, 0, 0)),
    "SpineL": ("SpineM", (-5, 0, 0)), "TailBase": ("SpineL", (-4, 0, 0)), "TailMid": ("TailBase", (-7, 0, 0)),
    "EarL": ("Snout", (-3, 1.5, 1)), "ShoulderL": ("SpineF", (0, 2, -1)), "ElbowL": ("ShoulderL", (-1, 0, -3)),
    "WristL": ("ElbowL", (1, 0, -3)), "HandL": ("WristL", (1.5, 0, 0)), "HipL": ("SpineL", (-0.5, 2, 0)),
    "KneeL": ("HipL", (3, 0, -2)), "AnkleL": ("KneeL", (-3, 0, -2)), "FootL": ("AnkleL", (3, 0, -0.5)),
}  # fmt: skip


def animal(parts=RAT):
    """Names, and the parent of each, with the right side."""
    parents = {name: parent for name, (parent, _) in parts.items()}
    for name, parent in list(parents.items()):
        if name.endswith("L") and name != "SpineL":
            other = parent[:-1] + "R" if parent.endswith("L") and parent != "SpineL" else parent
            parents[name[:-1] + "R"] = other
    return parents


def filmed(parents, count=300, seed=0):
    """`[N, K, 2]` of random poses before cameras all around."""
    rng = np.random.default_rng(seed)
    points, turns = {}, {}
    for name, parent in parents.items():
        bone = np.array(RAT[name if name in RAT else name[:-1] + "L"][1], float)
        if name not in RAT:
            bone[1] *= -1
        turn = Rotation.from_rotvec(0.35 * rng.normal(size=(count, 3)))
        turns[name] = turns[parent] * turn if parent else turn
        points[name] = points[parent] + turns[parent].apply(bone) if parent else np.zeros((count, 3))
    joints = np.stack(list(points.values()), axis=1)
    around = Rotation.from_euler("z", rng.uniform(0, 2 * np.pi, (count, 1))).as_matrix()
    down = Rotation.from_euler("x", 0.4).as_matrix()
    seen = np.einsum("ij,njk,nlk->nli", down, around, joints)
    return 10 * seen[..., [0, 2]] * (1, -1) + rng.uniform(200, 800, (count, 1, 2))


def bones_of(skeleton):
    return {frozenset((skeleton.names[a], skeleton.names[b])) for a, b in skeleton.bones}


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["EarL", "EarR", "SpineL", "Snout"], [("EarL", "EarR")]),
        (["left ear", "right ear", "nose"], [("left ear", "right ear")]),
        (["RF_leg_Claw", "LF_leg_Claw", "LM_leg_Claw"], [("LF_leg_Claw", "RF_leg_Claw")]),
        (["l_hand", "r_hand", "tail", "hair"], [("l_hand", "r_hand")]),
        (["Paw (Right)", "Paw (Left)"], [("Paw (Left)", "Paw (Right)")]),
        (["M1", "M2", "M3"], []),
        (["ll", "lr", "rl"], []),  # any two of three could be partners
    ],
)
def test_partners_are_names_that_differ_in_the_side(names, pairs):
    assert [(names[i], names[j]) for i, j in find_partners(names)] == pairs


def test_human_partners_are_those_of_the_skeleton():
    assert set(find_partners(H36M17.names)) == set(zip(H36M17.left, H36M17.right, strict=True))


def test_the_tree_of_an_animal_is_found_in_its_poses():
    parents = animal()
    names, poses = list(parents), filmed(parents)
    found = propose_skeleton(names, poses, np.ones(poses.shape[:2], bool))
    assert bones_of(found.skeleton) == {frozenset(bone) for bone in parents.items() if bone[1]}
    assert found.skeleton.names[found.skeleton.root].startswith("Spine") and found.mapping is None
    assert found.skeleton.names[found.skeleton.head] == "Snout"
    assert len(found.skeleton.left) == 9


def test_joints_that_are_missing_at_times_change_nothing():
    parents = animal()
    names, poses = list(parents), filmed(parents)
    seen = np.random.default_rng(1).random(poses.shape[:2]) > 0.3
    whole, partly = (propose_skeleton(names, poses, s).skeleton for s in (np.ones_like(seen), seen))
    assert bones_of(whole) == bones_of(partly)


def test_stated_bones_come_first():
    parents = animal()
    names, poses = list(parents), filmed(parents)
    stated = [("EarL", "SpineF"), ("EarR", "SpineF")]
    found = propose_skeleton(
        names, poses, np.ones(poses.shape[:2], bool), stated=StatedBones(tuple(stated), (), "a.slp")
    )
    assert {frozenset(bone) for bone in stated} <= bones_of(found.skeleton)


def test_joints_that_all_have_sides_get_a_root_in_their_middle():
    parents = {name: parent for name, parent in animal().items() if name.startswith(("Shoulder", "Elbow", "Hip", "K"))}
    whole = animal()
    kept = [list(whole).index(name) for name in parents]
    poses = filmed(whole)[:, kept]
    found = propose_skeleton(list(parents), poses, np.ones(poses.shape[:2], bool))
    assert found.skeleton.names[found.skeleton.root] == CENTRE
    assert all(name[:-1] in ("Shoulder", "Hip") for name in found.mapping[CENTRE])
    mirrored = {frozenset(name[:-1] + {"L": "R", "R": "L"}.get(name[-1], name[-1]) for name in bone)
                for bone in bones_of(found.skeleton)}  # fmt: skip
    assert mirrored == bones_of(found.skeleton)


def test_what_cannot_be_joined_is_refused():
    poses, seen = filmed(animal()), np.ones((300, len(animal())), bool)
    seen[:150, 0], seen[150:, 1:] = False, False
    with pytest.raises(DatasetError, match="found no pose that joins"):
        propose_skeleton(list(animal()), poses, seen)
    with pytest.raises(DatasetError, match="expected at least 3"):
        propose_skeleton(["a", "b"], poses[:, :2], seen[:, :2])


@pytest.mark.parametrize(("name", "others"), [("mouse45", 3), ("fly3", 0)])
def test_proposals_for_real_animals_are_nearly_those_that_people_drew(name, others):
    data = load_dataset(real(f"animals/{name}.npz"))
    found = propose_skeleton(data.skeleton.names, data.keypoints, data.seen).skeleton
    assert len(bones_of(found) - bones_of(data.skeleton)) <= others
    assert set(zip(found.left, found.right, strict=True)) == set(
        zip(data.skeleton.left, data.skeleton.right, strict=True)
    )


def test_a_skeleton_file_is_read_as_it_was_written(tmp_path):
    skeleton = Skeleton(('a "b"', "tail (mid)", "Ohr ä L", "Ohr ä R"), (-1, 0, 0, 0), (2,), (3,), 1)
    for mapping in (None, {'a "b"': ("x", "y=1"), "tail (mid)": ("t",)}):
        (tmp_path / "a.toml").write_text(skeleton_text(SkeletonFile(skeleton, mapping), ["found\nso"]), "utf-8")
        assert read_skeleton(tmp_path / "a.toml") == SkeletonFile(skeleton, mapping)


def standing(places, seed=0, count=200):
    """Names and `[N, K, 2]` poses of joints at places (x ahead, y left, z up), those with y also on the other side."""
    rng = np.random.default_rng(seed)
    names, points = [], []
    for name, place in places.items():
        for side, sign in (("left", 1), ("right", -1)) if place[1] else (("", 1),):
            names.append(name.replace("SIDE", side))
            points.append(np.array(place, float) * (1, sign, 1))
    size = np.ptp(points, axis=0).max()
    moved = np.array(points) + rng.normal(0, 0.02 * size, (count, len(names), 3))
    around = Rotation.from_euler("z", rng.uniform(0, 2 * np.pi, (count, 1))).as_matrix()
    seen = np.einsum("ij,njk,nlk->nli", Rotation.from_euler("x", 0.6).as_matrix(), around, moved)
    return names, seen[..., [0, 2]] * (1, -1)


QUADRUPED = {  # SuperAnimal's words
    "nose": (10, 0, 8), "SIDE_eye": (8, 0.8, 8.6), "SIDE_earbase": (6.6, 1, 9.2), "neck_base": (4, 0, 6.5),
    "back_middle": (0, 0, 6.3), "tail_base": (-5, 0, 6.2), "front_SIDE_thai": (3, 1.2, 4.3),
    "front_SIDE_knee": (3, 1.2, 2.2), "front_SIDE_paw": (3.3, 1.2, 0), "back_SIDE_thai": (-4, 1.2, 4),
    "back_SIDE_knee": (-4.6, 1.2, 2.2), "back_SIDE_paw": (-4.2, 1.2, 0),
}  # fmt: skip
MONKEY = {  # crouched: knees are beside wrists
    "nose": (1.2, 0, 9), "SIDE_eye": (1, 0.4, 9.5), "SIDE_shoulder": (0, 1.5, 7.5), "SIDE_elbow": (0.5, 1.9, 5.3),
    "SIDE_wrist": (1.6, 1.9, 3.6), "SIDE_hip": (0, 0.8, 3), "SIDE_knee": (2.2, 1.3, 2), "SIDE_ankle": (0.9, 1.2, 0.2),
}  # fmt: skip
FLY = {
    "SIDE_antenna": (2.2, 0.2, 0.1), "thorax": (0.8, 0, 0), "abdomen": (-2, 0, 0),
    **{f"{leg}SIDE{i}": (x + i * dx, 0.1 + 0.45 * i, -0.3 * (i != 2))
       for leg, x, dx in (("foreleg", 0.7, 0.5), ("midleg", 0.7, -0.02), ("hindleg", 0.9, -0.7)) for i in (1, 2, 3)},
}  # fmt: skip


@pytest.mark.parametrize(
    ("places", "root", "head", "limbs"),
    [
        (QUADRUPED, "neck_base", "nose", ["front_SIDE_thai front_SIDE_knee front_SIDE_paw",
                                          "back_SIDE_thai back_SIDE_knee back_SIDE_paw"]),
        (MONKEY, CENTRE, "nose", ["SIDE_shoulder SIDE_elbow SIDE_wrist", "SIDE_hip SIDE_knee SIDE_ankle"]),
        (FLY, "thorax", "left_antenna", [f"thorax {leg}SIDE1 {leg}SIDE2 {leg}SIDE3" for leg in ("midleg", "hindleg")]),
        ({"snout": (4, 0, 0), "SIDEear": (2.4, 0.9, 0), "tailbase": (-4, 0, 0)}, "tailbase", "snout",
         ["snout SIDEear"]),
        ({"head": (5, 0, 0), "SIDE_eye": (4.6, 0.5, 0.2), "SIDE_pectoral": (3.4, 0.9, -0.2), "body": (1, 0, 0),
          "caudal": (-5, 0, 0)}, "body", "head", ["head SIDE_pectoral"]),
    ],
    ids=["quadruped", "monkey", "fly", "open field", "fish"],
)  # fmt: skip
def test_limbs_begin_at_the_trunk_and_the_root_is_not_of_the_head(places, root, head, limbs):
    names, poses = standing(places)
    found = propose_skeleton(names, poses, np.ones(poses.shape[:2], bool)).skeleton
    assert (found.names[found.root], found.names[found.head]) == (root, head)
    parents = {name: found.names[parent] for name, parent in zip(found.names, found.parents, strict=True)}
    for limb in limbs:
        parts = limb.replace("SIDE", "left").split()
        assert [parents[part] for part in parts[1:]] == parts[:-1]


def test_the_head_is_never_a_tail_or_a_claw_where_there_is_a_face():
    """Which way a body looks is known by its head."""
    places = {"spine": (0, 0, 0), "tail_tip": (-9, 0, 0), "chest": (3, 0, 0), "SIDE_claw": (1, 5, 0)}
    for more, head in (({}, "chest"), ({"SIDE_antenna": (3.5, 0.4, 0)}, "left_antenna")):
        names, poses = standing(places | more)
        found = propose_skeleton(names, poses, np.ones(poses.shape[:2], bool)).skeleton
        assert (found.names[found.root], found.names[found.head]) == ("spine", head)
