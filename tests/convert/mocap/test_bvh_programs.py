"""BVH of many programs: names, missing joints, axes, decimal commas; the same motion under every program's names."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from geolift.convert.mocap import bvh, bvh_file, clips, trunk
from geolift.convert.mocap.body_names import body_names
from geolift.convert.registry import CONVERTERS
from geolift.errors import DatasetError
from geolift.skeletons.skeleton import H36M17
from tests.helpers.cases import case
from tests.helpers.motion_writers import SKELETON, motion, write_bvh

LIMBS = ("UpLeg", "Leg", "Foot", "Shoulder", "Arm", "ForeArm", "Hand")
WHOLE = {"Spine1": (0, 2.2, 0), "LeftHand": (1.5, 0, 0), "RightHand": (-1.5, 0, 0)}  # what cgspeed loses, by parent
BODY = [(name, parent, WHOLE.get(parent, offset)) for name, parent, offset in SKELETON]


def renamed(pattern, limbs, **others):
    """New names of `SKELETON`: `limbs` in the order of `LIMBS`, `{Left}` and `{l}` in `pattern` are the side."""
    sides = {"Left": ("Left", "left", "L", "l"), "Right": ("Right", "right", "R", "r")}
    names = {}
    for side, (a, b, c, d) in sides.items():
        for old, new in zip(LIMBS, limbs.split(), strict=True):
            names[side + old] = pattern.format(new, Left=a, left=b, L=c, l=d)
    return names | others


PROGRAMS = {
    "rokoko": renamed("{Left}{0}", "Thigh Shin Foot Shoulder Arm ForeArm Hand", Spine="Spine2", Spine1="Spine4"),
    "biped": renamed(
        "Bip01 {L} {0}", "Thigh Calf Foot Clavicle UpperArm Forearm Hand",
        Hips="Bip01", Spine="Bip01 Spine", Neck="Bip01 Neck", Head="Bip01 Head",
    ),
    "biped_": renamed(
        "Bip001_{L}_{0}", "Thigh Calf Foot Clavicle UpperArm Forearm Hand",
        Hips="Bip001_Pelvis", Neck="Bip001_Neck", Head="Bip001_Head",
    ),
    "unity": renamed("{0}_{L}", "UpperLeg LowerLeg Foot Shoulder UpperArm LowerArm Hand"),
    "xsens": renamed("{Left}{0}", "UpperLeg LowerLeg Foot Shoulder UpperArm ForeArm Hand", Spine="L3", Spine1="T8"),
    "biovision": renamed("{Left}{0}", "UpLeg LowLeg Foot Collar UpArm LowArm Hand", Spine="Chest"),
    "biovision_hips": renamed("{Left}{0}", "Hip Knee Ankle Collar Shoulder Elbow Wrist", Spine="Chest"),
    "poser": renamed("{l}{0}", "Thigh Shin Foot Collar Shldr ForeArm Hand", Hips="hip", Neck="neck", Head="head"),
    "daz": renamed("{l}{0}", "ThighBend Shin Foot Collar ShldrBend ForearmBend Hand", Neck="neckLower", Head="head"),
    "rigify": renamed(
        "{0}.{L}", "thigh shin foot shoulder upper_arm forearm hand", Neck="spine.004", Head="spine.006",
        Neck1="spine.005",
    ),
    "rigify_def": renamed(
        "DEF-{0}.{L}", "thigh shin foot shoulder upper_arm forearm hand", Neck="DEF-neck", Head="DEF-head"
    ),
    "unreal": renamed("{0}_{l}", "thigh calf foot clavicle upperarm lowerarm hand", Neck="neck_01", Head="head"),
    "smpl": renamed(
        "{L}_{0}", "Hip Knee Ankle Collar Shoulder Elbow Wrist", LeftToeBase="L_Foot", RightToeBase="R_Foot"
    ),
    "amass": renamed("{l}{0}", "hip knee ankle clavicle shoulder elbow wrist", Neck="lowerneck", Head="upperneck"),
    "vicon": renamed("{L}{0}", "Femur Tibia Foot Clavicle Humerus Radius Hand"),
    "motive": renamed(
        "Skeleton_{L}{0}", "Thigh Shin Foot Shoulder UArm FArm Hand", Neck="Skeleton_Neck", Head="Skeleton_Head"
    ),
    "kinect": renamed("{0}{Left}", "Hip Knee Ankle Clavicle Shoulder Elbow Wrist"),
    "vrm": renamed(
        "J_Bip_{L}_{0}", "UpperLeg LowerLeg Foot Shoulder UpperArm LowerArm Hand",
        Hips="J_Bip_C_Hips", Neck="J_Bip_C_Neck", Head="J_Bip_C_Head",
    ),
    "deepmotion": renamed("{l}_{0}_JNT", "upleg leg foot shoulder arm forearm hand", Neck="neck_JNT", Head="head_JNT"),
    "second_life": renamed("m{0}{Left}", "Hip Knee Ankle Collar Shoulder Elbow Wrist", Neck="mNeck", Head="mHead"),
    "maya": renamed("Character1_{Left}{0}", " ".join(LIMBS), Neck="Character1_Neck", Head="Character1_Head"),
}  # fmt: skip


@pytest.fixture
def plain(tmp_path, rng):
    place, angles = motion(rng)
    return place, angles, bvh.read(write_bvh(tmp_path / "plain.bvh", place, angles, BODY)).motion.joints


def mirrored_name(name):
    return next((b + name[len(a) :] for a, b in (("Left", "Right"), ("Right", "Left")) if name.startswith(a)), name)


def assert_same(found, expected, **tolerance):
    assert found.keys() == expected.keys()
    for joint, points in expected.items():
        np.testing.assert_allclose(found[joint], points, err_msg=joint, **({"atol": 1e-9} | tolerance))


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_same_motion_under_every_program_s_names(program, plain, tmp_path):
    place, angles, expected = plain
    read = bvh.read(write_bvh(tmp_path / "a.bvh", place, angles, BODY, rename=PROGRAMS[program]))
    assert_same(read.motion.joints, expected)
    assert read.notes == ()


@pytest.mark.parametrize("program", PROGRAMS)
def test_names_of_the_other_side_swap_left_and_right(program, plain, tmp_path):
    place, angles, expected = plain
    names = PROGRAMS[program]
    limbs = {side + limb for side in ("Left", "Right") for limb in LIMBS}
    swapped = {old: names.get(mirrored_name(old) if old in limbs else old, new) for old, new in names.items()}
    swapped = {old: new for old, new in swapped.items() if "Toe" not in old}
    found = bvh.read(write_bvh(tmp_path / "a.bvh", place, angles, BODY, rename=swapped)).motion.joints
    for joint, points in expected.items():
        partner = H36M17.names[H36M17.mirrored[H36M17.names.index(joint)]]
        np.testing.assert_allclose(found[partner], points, atol=1e-9)


def test_toes_that_point_backwards_are_refused(plain, tmp_path):
    """Mirrored axes, as left-handed programs write them: the same names, but left is where right is."""
    place, angles, _ = plain
    swapped = {name: mirrored_name(name) for name, _, _ in SKELETON if not name.endswith("/end")}
    with pytest.raises(DatasetError, match=r"toes that point backwards .*expected right-handed axes"):
        bvh.read(write_bvh(tmp_path / "a.bvh", place, {n: 0.2 * a for n, a in angles.items()}, BODY, rename=swapped))


def test_z_up_is_seen_by_the_stance(plain, tmp_path):
    place, angles, expected = plain
    turn = Rotation.from_euler("X", 90, degrees=True)  # y becomes z
    hips = (turn * Rotation.from_euler("ZYX", angles["Hips"], degrees=True)).as_euler("ZYX", degrees=True)
    path = write_bvh(tmp_path / "a.bvh", turn.apply(place), angles | {"Hips": hips}, BODY)
    read = bvh.read(path)
    start = int(not read.rest)  # turned, the first frame is no T-pose
    assert_same({j: p[start:] for j, p in read.motion.joints.items()}, expected, atol=1e-6)
    assert read.notes == ("z is up, as people stand along it",)
    assert "Z is up, as people stand along it, in 1 of 1 files." in CONVERTERS["bvh"].convert(path).source


def test_a_lying_person_keeps_y_up(rng):
    """Along x, or along z for a third of the time: no evidence of another axis."""
    joints = dict(zip(H36M17.names, rng.normal(size=(17, 30, 3)), strict=True))
    standing = {joint: np.tile([0.0, float("ankle" not in joint), 0.0], (30, 1)) for joint in joints}
    for axes, share in (([1, 0, 2], 1.0), ([0, 2, 1], 0.33)):
        lying = {j: np.where(np.arange(30)[:, None] < 30 * share, p[:, axes], p) for j, p in standing.items()}
        assert not trunk.z_is_up(lying)
    assert trunk.z_is_up({j: p[:, [0, 2, 1]] for j, p in standing.items()})


def test_decimal_commas(plain, tmp_path):
    place, angles, expected = plain
    path = write_bvh(tmp_path / "a.bvh", place, angles, BODY, prefix="mixamorig:")
    path.write_text(path.read_text().replace(".", ","))
    read = bvh.read(path)
    assert_same(read.motion.joints, expected)
    assert read.motion.fps == 120 and "numbers have decimal commas" in read.notes
    assert bvh_file.with_points("1,5 2.5") == ("1,5 2.5", False)  # both: not for us to guess


def test_a_body_without_a_neck(plain, tmp_path):
    """Vicon's: the head begins at the base of the skull, on the chest; the thorax is between the shoulders."""
    place, angles, expected = plain
    bodies = [(n, "Spine1" if n == "Head" else p, (0, 4.5, 0) if n == "Head" else o) for n, p, o in BODY]
    bodies = [joint for joint in bodies if joint[0] not in ("Neck", "Neck1")]
    read = bvh.read(write_bvh(tmp_path / "a.bvh", place, angles, bodies))
    between = (expected["left_shoulder"] + expected["right_shoulder"]) / 2
    np.testing.assert_allclose(read.motion.joints["thorax"], between, atol=1e-9)
    assert read.notes == (trunk.NO_NECK,)


def test_a_body_without_a_spine_or_the_head_s_top(plain, tmp_path):
    place, angles, _ = plain
    bodies = [(n, "Hips" if p in ("LowerBack", "Spine", "Spine1") else p, o) for n, p, o in BODY]
    bodies = [j for j in bodies if j[0] not in ("LowerBack", "Spine", "Spine1")]
    bodies = [(n, p, (0, 6.0, 0) if n == "Neck" else (0, 0, 0) if n == "Head/end" else o) for n, p, o in bodies]
    read = bvh.read(write_bvh(tmp_path / "a.bvh", place, angles, bodies))
    joints = read.motion.joints
    assert read.notes == (trunk.NO_SPINE, trunk.NO_TOP)
    np.testing.assert_allclose(joints["spine"], (clips.pelvis(joints) + joints["thorax"]) / 2, atol=1e-9)
    onwards, neck = joints["head"] - joints["neck"], joints["neck"] - joints["thorax"]
    np.testing.assert_allclose(np.cross(onwards, neck), 0, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(onwards, axis=-1), 0.105 / 0.491 * trunk.leg(joints), atol=1e-6)


def test_bodies_that_lack_limbs_are_refused_by_name():
    parents = {"Hips": "", "LeftUpLeg": "Hips", "LeftLeg": "LeftUpLeg", "LeftFoot": "LeftLeg", "Tail": "Hips"}
    with pytest.raises(DatasetError, match=r"a\.bvh: found the joints Hips, LeftFoot.*expected hip, knee, ankle"):
        body_names(parents, "a.bvh")


def test_names_in_the_hierarchy_may_hold_spaces_and_stand_alone():
    content = (
        "HIERARCHY\r\nROOT Bip01 Pelvis\r\n{\r\nOFFSET 0 1 0\r\nCHANNELS 3 Zrotation Xrotation Yrotation\r\n"
        "End Site { OFFSET 0 0 2 } }\r\nMOTION\r\nFrames:1\r\nFrame Time:0.5\r\n0 0 0"
    )
    joints, frames, seconds = bvh_file.parse(content, "a")
    assert [joint.name for joint in joints] == ["Bip01 Pelvis", "Bip01 Pelvis/end"]
    assert frames.shape == (1, 3) and seconds == 0.5
    with pytest.raises(DatasetError, match="a: found ROOT '', expected a name"):
        bvh_file.parse(content.replace("Bip01 Pelvis", ""), "a")


def test_real_programs_files():
    """Bones of the invented performer as the files state them, in metres; geolift's own file has no head's top."""
    rokoko, comma = (bvh.read(case(f"bvh-in/{name}.bvh")) for name in ("rokoko", "comma"))
    assert_same(comma.motion.joints, rokoko.motion.joints)
    own = bvh.read(case("bvh-in/own.bvh"))
    assert rokoko.unit == own.unit == "centimetres" and round(own.motion.fps, 2) == 29.97
    for read, thigh, shank, forearm in ((rokoko, 0.42, 0.41, 0.25), (own, 0.3536, 0.4695, 0.1615)):
        joints = read.motion.joints
        for a, b, length in (("hip", "knee", thigh), ("knee", "ankle", shank), ("elbow", "wrist", forearm)):
            bone = np.linalg.norm(joints[f"left_{a}"] - joints[f"left_{b}"], axis=-1)
            np.testing.assert_allclose(bone, length, atol=1e-4)
        assert (joints["head"][:, 1] > joints["thorax"][:, 1]).all()
