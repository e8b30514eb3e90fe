"""BVH and ASF/AMC motion: forward kinematics against another reader and by hand, names, units, sides, damage."""

import numpy as np
import pytest

from geolift import cli
from geolift.convert.mocap import asf_amc, bvh, clips
from geolift.convert.registry import CONVERTERS
from geolift.data.dataset import load_dataset
from geolift.errors import DatasetError
from geolift.skeletons.skeleton import H36M17
from tests.helpers.motion_writers import (
    BIOVISION,
    CMU,
    FRAMES,
    POSER,
    SKELETON,
    as_bvh,
    motion,
    performance,
    write_amc,
    write_asf,
    write_bvh,
    write_cgspeed,
)

SIDES = (("Left", "Right"), ("Right", "Left"), ("LHip", "RHip"), ("RHip", "LHip"))
JOINT = H36M17.names.index
LOST = {"Spine1": (0, 2.2, 0), "LeftHand": (1.5, 0, 0), "RightHand": (-1.5, 0, 0)}  # what cgspeed loses, by parent


@pytest.mark.parametrize("order", ["ZYX", "XYZ", "YXZ", "ZXY"])
def test_another_reader_finds_the_joints_in_the_same_places(order, tmp_path, rng):
    pybvh = pytest.importorskip("pybvh")
    path = write_bvh(tmp_path / "walk.bvh", *motion(rng), order=order)
    other = pybvh.read_bvh_file(path, world_up="+y")
    joints, frames, _ = bvh.parse(path.read_text(), "walk")
    places = bvh.forward(joints, frames)
    assert len(joints) == len(SKELETON) == len(other.nodes)
    theirs = np.asarray(other.node_positions()) * clips.CMU_UNIT
    np.testing.assert_allclose(np.stack(places, axis=1) * clips.CMU_UNIT, theirs, atol=1e-5)


def test_a_hand_worked_arm():
    content = (
        "HIERARCHY ROOT a { OFFSET 9 9 9 CHANNELS 6 Xposition Yposition ZPosition Zrotation Xrotation Yrotation "
        "JOINT b { OFFSET 1 0 0 CHANNELS 1 Yrotation End Site { OFFSET 0 0 2 } } } "
        "MOTION Frames: 1 Frame Time: 0.02\n1 2 3 90 0 0 90"
    )
    joints, frames, seconds = bvh.parse(content, "arm")
    a, b, end = bvh.forward(joints, frames)
    assert seconds == 0.02
    np.testing.assert_allclose(a, [[1, 2, 3]])
    np.testing.assert_allclose(b, [[1, 3, 3]], atol=1e-12)  # a quarter turn about z brings x to y
    np.testing.assert_allclose(end, [[1, 5, 3]], atol=1e-12)  # one about y brings z to x, and then x comes to y


def test_files_are_filmed_in_metres_without_their_t_pose(tmp_path, rng, capsys):
    for name in ("01_02", "12_01", "dance"):
        write_bvh(tmp_path / f"{name}.bvh", *motion(rng, frames=41))
    assert cli.main(["convert", "bvh", str(tmp_path), str(tmp_path / "out.npz"), "--seed", "3"]) == 0
    output = capsys.readouterr().out
    assert "CMU's, inches times 0.45" in output and "a T-pose, is left out in 3 of 3 files" in output
    assert "are made 1.5 times as long in 3 of 3 files" in output
    data = load_dataset(tmp_path / "out.npz")
    assert data.fps.tolist() == [30] * 12 and data.frames == 12 * 10
    assert dict(zip(data.subject, data.split, strict=True)) == {"01": "train", "12": "test", "dance": "train"}
    thigh = data.points_3d[:, JOINT("left_knee")] - data.points_3d[:, JOINT("left_hip")]
    np.testing.assert_allclose(np.linalg.norm(thigh, axis=-1), np.hypot(2.4, 6.9) * clips.CMU_UNIT, atol=1e-5)
    hips = data.points_3d[:, [JOINT("left_hip"), JOINT("right_hip")]].mean(axis=1)
    np.testing.assert_allclose(data.points_3d[:, 0], hips, atol=1e-6)
    assert (data.keypoints[:, H36M17.head, 1] < data.keypoints[:, 0, 1]).mean() > 0.9  # heads are up
    other = CONVERTERS["bvh"].convert(tmp_path, seed=4)
    assert not np.allclose(other.keypoints, data.keypoints)


@pytest.mark.parametrize(("rename", "prefix"), [({}, "mixamorig:"), (BIOVISION, ""), (POSER, "")])
def test_joints_of_other_names_are_the_same(rename, prefix, tmp_path, rng):
    place, angles = motion(rng)
    whole = [(n, p, LOST.get(p, o)) for n, p, o in SKELETON]
    plain = bvh.read(write_bvh(tmp_path / "a.bvh", place, angles, whole)).motion
    other = bvh.read(write_bvh(tmp_path / "b.bvh", place, angles, whole, rename=rename, prefix=prefix)).motion
    for joint, points in plain.joints.items():
        np.testing.assert_allclose(other.joints[joint], points, atol=1e-9)


def test_a_trunk_of_more_joints_and_a_named_head_top(tmp_path, rng):
    longer = [(n, "Spine2" if p == "Spine1" else p, o) for n, p, o in SKELETON]
    longer.insert(4, ("Spine2", "Spine1", (0, 2.0, 0)))
    longer += [("HeadTop_End", "Head", (0, 1.9, 0)), ("HeadTop_End/end", "HeadTop_End", (0, 0.1, 0))]
    longer = [joint for joint in longer if joint[0] != "Head/end"]
    place, angles = motion(rng, longer)
    read = bvh.read(write_bvh(tmp_path / "a.bvh", place, angles, longer)).motion
    spine, thorax, neck, head = (read.joints[joint] for joint in ("spine", "thorax", "neck", "head"))
    lengths = [np.linalg.norm(a - b, axis=-1) / clips.CMU_UNIT for a, b in ((spine, thorax), (neck, head))]
    np.testing.assert_allclose(lengths, [[2.0] * (FRAMES - 1), [1.9] * (FRAMES - 1)], atol=1e-5)


@pytest.mark.parametrize(
    ("unit", "metres"), [("metres", 1), ("inches", 0.0254), ("centimetres", 0.01), ("millimetres", 0.001)]
)
def test_the_unit_is_found_by_the_performer_s_height(unit, metres, tmp_path, rng):
    place, angles = motion(rng)
    reference = bvh.read(write_bvh(tmp_path / "a.bvh", place, angles)).motion
    read = bvh.read(write_bvh(tmp_path / "b.bvh", place, angles, scale=clips.CMU_UNIT / metres))
    assert read.unit == unit and read.rest and read.motion.fps == 120
    np.testing.assert_allclose(read.motion.joints["left_wrist"], reference.joints["left_wrist"], atol=1e-4)


def test_a_mirrored_performer_has_swapped_sides(tmp_path, rng):
    place, angles = motion(rng)
    swapped = {
        name: angles[next((n for a, b in SIDES for n in (name.replace(a, b),) if n != name), name)] * [-1, -1, 1]
        for name in angles
    }  # a mirror in x turns angles about z and y around
    plain = bvh.read(write_bvh(tmp_path / "a.bvh", place, angles)).motion
    mirrored = bvh.read(write_bvh(tmp_path / "b.bvh", place * [-1, 1, 1], swapped)).motion
    names = [name for name in H36M17.names if name != "pelvis"]
    for name in names:
        partner = H36M17.names[H36M17.mirrored[JOINT(name)]]
        np.testing.assert_allclose(mirrored.joints[partner], plain.joints[name] * [-1, 1, 1], atol=1e-5)


def test_cgspeed_s_missing_thorax_is_put_back(tmp_path, rng):
    """As long as the upper back and rotated with it by Spine1; skeletons that have a thorax keep it."""
    place, angles = motion(rng)
    clip = bvh.read(write_bvh(tmp_path / "a.bvh", place, angles))
    assert clip.thorax
    spine, thorax, shoulder = (clip.motion.joints[joint] for joint in ("spine", "thorax", "left_shoulder"))
    lengths = [np.linalg.norm(a - b, axis=-1) / clips.CMU_UNIT for a, b in ((thorax, spine), (shoulder, thorax))]
    assert (lengths[0] > 3.9).all() and (lengths[0] <= 4.2 + 1e-6).all()  # of twice 2.1, bent
    np.testing.assert_allclose(lengths[1], np.linalg.norm([3.2, 0.9, -0.1]), atol=1e-5)
    whole = [(n, p, (0, 2.2, 0) if p == "Spine1" else o) for n, p, o in SKELETON]
    clip = bvh.read(write_bvh(tmp_path / "b.bvh", place, angles, whole))
    assert not clip.thorax
    assert not bvh.read(write_bvh(tmp_path / "c.bvh", place, angles, rename=BIOVISION)).thorax


def test_a_t_pose_in_which_legs_and_arms_were_straightened(tmp_path, rng):
    place, angles = motion(rng)
    angles["LeftUpLeg"][0, 0], angles["RightUpLeg"][0, 0], angles["Neck"][0, 2] = -21, 21, -16
    assert bvh.read(write_bvh(tmp_path / "a.bvh", place, angles)).rest
    for values in angles.values():
        values[1:] = values[1]
    angles["Hips"][0] = [3, 4, 5]
    angles["LowerBack"][:] = angles["Spine"][:] = 1
    for name in list(angles)[: len(angles) // 2]:
        angles[name][0] = 7
    assert not bvh.read(write_bvh(tmp_path / "b.bvh", place, angles)).rest


def test_a_clip_without_a_t_pose_is_kept_whole(tmp_path, rng):
    place, angles = motion(rng)
    read = bvh.read(write_bvh(tmp_path / "a.bvh", place[1:], {name: a[1:] for name, a in angles.items()}))
    assert not read.rest and len(read.motion.joints["head"]) == FRAMES - 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HIERARCHY", "HIER", "expected BVH: HIERARCHY"),
        ("MOTION", "MOVES", "expected BVH: HIERARCHY"),
        ("Frames: 9", "Frames: nine", "MOTION: found 'Frames: nine Frame Time:"),
        ("Frames: 9", "Frames: 8", "numbers, expected 8 frames of"),
        ("Frame Time: 0.0083333", "Frame Time: 0", "Frame Time: found 0, expected 0.0001"),
        ("Frame Time: 0.0083333", "Frame Time: x", "Frame Time: found 'x', expected numbers"),
        ("0.000000 17.", "nan 17.", None),
        ("OFFSET 3.100000", "OFFSET inf", "OFFSET: found 'inf .*expected finite"),
        ("OFFSET 3.100000", "OFFSET three", "OFFSET: found 'three .*expected numbers"),
        ("CHANNELS 3 Z", "CHANNELS 9 Z", "CHANNELS: found 9"),
        ("Zrotation Yrotation Xrotation", "Zrotation Zrotation Xrotation", "CHANNELS: found 6 .*different ones"),
        ("Yrotation", "Wrotation", "CHANNELS: found 6"),
        ("JOINT LowerBack", "JOINT Spine", "found the joint Spine twice"),
        ("JOINT LowerBack", "ROOT LowerBack", "found ROOT LowerBack in the wrong place"),
        ("JOINT LeftLeg", "JOINT LeftPart", "found the joints .*expected hip, knee, ankle"),
        ("\tOFFSET", "\tOFSET", "HIERARCHY: found 'OFSET', expected"),
        ("\t}\n}\nMOTION", "\t}\nMOTION", "1 joints without }"),
    ],
)
def test_damaged_bvh_files_are_refused_in_one_line(old, new, message, tmp_path, rng):
    path = write_bvh(tmp_path / "walk.bvh", *motion(rng))
    content = path.read_text()
    path.write_text(content.replace(old, new, 1))
    if message is None:
        path.write_text(
            content[: content.index("0.0083333\n") + 10]
            + "nan "
            + content[content.index("0.0083333\n") + 10 :].split(" ", 1)[1]
        )
        message = "MOTION: found .*expected finite"
    with pytest.raises(DatasetError, match=message) as caught:
        CONVERTERS["bvh"].convert(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_people_of_other_shapes_are_refused(tmp_path, rng):
    place, angles = motion(rng)
    with pytest.raises(DatasetError, match=r"found a performer of 5\d.* metres in one of metres, CMU's"):
        bvh.convert(write_bvh(tmp_path / "giant.bvh", place, angles, scale=20))
    lying = {**angles, "Hips": angles["Hips"] + [180, 0, 0]}
    with pytest.raises(DatasetError, match="expected y up"):
        bvh.convert(write_bvh(tmp_path / "upside_down.bvh", place, lying))


def test_folders_without_files_and_files_that_are_no_text(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"found no \.bvh file in the folder"):
        bvh.convert(tmp_path)
    with pytest.raises(FileNotFoundError, match="no such file"):
        bvh.convert(tmp_path / "nowhere.bvh")
    (tmp_path / "a.bvh").write_bytes(b"HIERARCHY \xff\xfe")
    with pytest.raises(DatasetError, match="bytes that are not text at 10"):
        bvh.convert(tmp_path)


# ASF/AMC. Bones: name, parent, direction, length, axis, degrees of freedom.
TINY = (
    ("a", "root", (0, 1, 0), 2, (0, 0, 90), "rx rz"),
    ("b", "a", (1, 0, 0), 1, (0, 0, 0), ""),
)


def test_a_hand_worked_skeleton(tmp_path):
    """Bone a's x axis is the world's y: its first angle rotates b, at its end, about y, and leaves a upright."""
    skeleton = asf_amc.parse_asf(write_asf(tmp_path / "a.asf", TINY).read_text(), "a.asf")
    assert skeleton.unit == pytest.approx(0.0254 / 0.45)
    values = {
        "root": np.array([[0.0, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [5, 0, 0, 90, 0, 90]]),
        "a": np.array([[0.0, 0], [90, 0], [0, 90], [0, 0]]),
    }
    ends = asf_amc.forward(skeleton, values)
    np.testing.assert_allclose(ends["a"], [[0, 3, 0], [0, 3, 0], [-2, 1, 0], [5, 0, 2]], atol=1e-9)
    np.testing.assert_allclose(ends["b"], [[1, 3, 0], [0, 3, -1], [-2, 2, 0], [5, 1, 2]], atol=1e-9)
    radians = asf_amc.parse_asf(write_asf(tmp_path / "r.asf", TINY, angle="rad").read_text(), "r.asf")
    values = {name: np.concatenate([v[:, :-3], np.radians(v[:, -3:])], axis=1) for name, v in values.items()}
    for name, points in asf_amc.forward(radians, values).items():
        np.testing.assert_allclose(points, ends[name], atol=1e-6)


def test_the_same_motion_as_bvh(tmp_path, rng):
    """Both readers agree on a performer whose ASF angles were turned into those of BVH by another library."""
    values = performance(rng)
    ends = asf_amc.forward(asf_amc.parse_asf(write_asf(tmp_path / "01.asf").read_text(), "01.asf"), values)
    joints, angles = as_bvh(values)
    path = write_bvh(tmp_path / "01.bvh", values["root"][:, :3], angles, joints)
    parsed, frames, _ = bvh.parse(path.read_text(), "01.bvh")
    places = dict(zip((joint.name for joint in parsed), bvh.forward(parsed, frames), strict=True))
    for name in ("head", "lhand", "rhand", "lfoot"):
        np.testing.assert_allclose(places[f"{name}/end"], ends[name], atol=1e-3)
    np.testing.assert_allclose(places["ltibia"], ends["lfemur"], atol=1e-3)


def test_both_readers_agree_on_what_cgspeed_converted(tmp_path, rng):
    """The thorax, whose direction is a guess, is here as the upper back; all else cgspeed's files determine."""
    values = performance(rng)
    back = next(bone for bone in CMU if bone[0] == "upperback")
    bones = [(*bone[:2], *back[2:4], *bone[4:]) if bone[0] == "thorax" else bone for bone in CMU]
    joints = joints_of(write_asf(tmp_path / "01.asf", bones), values)
    clip = bvh.read(write_cgspeed(tmp_path / "01_01.bvh", values, bones))
    assert clip.thorax and clip.forearms
    for joint, points in joints.items():
        np.testing.assert_allclose(clip.motion.joints[joint], points, atol=1e-5)


def joints_of(asf, values):
    """`[T, 3]` metres of the joints of Human3.6M-17 by ASF/AMC."""
    skeleton = asf_amc.parse_asf(asf.read_text(), asf.name)
    ends = asf_amc.forward(skeleton, values)
    return {joint: ends[bone] * skeleton.unit for joint, bone in asf_amc.BONES.items()}


def test_the_wrist_is_the_end_of_both_bones_of_the_forearm(tmp_path, rng):
    """By hand: the left elbow bends by 90 degrees about (0, -sqrt(3), -1) / 2, which takes x to (0, -1, sqrt(3)) / 2.

    lwrist and rwrist rotate about themselves, which moves no wrist. The right arm is straight.
    """
    values = {name: 0 * angles[:1] for name, angles in performance(rng).items()}
    values["lradius"][:], values["lwrist"][:], values["rwrist"][:] = 90, 35, -70
    shoulder = np.array([3.5 * 0.9, 0, 0]) / np.hypot(0.9, 0.3)  # from where both shoulders' bones begin, along x
    elbow = shoulder + np.array([5, 0, 0])
    expected = {
        "left_elbow": elbow,
        "left_wrist": elbow + 4.65 * np.array([0, -1, 3**0.5]) / 2,
        "right_elbow": -elbow,
        "right_wrist": -elbow - [4.65, 0, 0],
    }
    asf = joints_of(write_asf(tmp_path / "01.asf"), values)
    cgspeed = bvh.read(write_cgspeed(tmp_path / "01_01.bvh", values)).motion.joints
    for joints in (asf, cgspeed):
        middle = (joints["left_shoulder"] + joints["right_shoulder"]) / 2
        for joint, place in expected.items():
            np.testing.assert_allclose((joints[joint] - middle)[0] / clips.CMU_UNIT, place, atol=1e-4)
        arm, forearm = (
            np.linalg.norm(joints[f"left_{a}"] - joints[f"left_{b}"])
            for a, b in (("shoulder", "elbow"), ("elbow", "wrist"))
        )
        assert forearm / arm == pytest.approx(0.93, abs=1e-4)


@pytest.mark.parametrize("change", ["other names", "with lwrist"])
def test_forearms_of_other_files_stay_as_they_are(change, tmp_path, rng):
    place, angles = motion(rng)
    whole = [(n, p, (0.2, 0, 0) if n == "RightFingerBase" else o) for n, p, o in SKELETON]
    skeleton, prefix = (whole, "") if change == "with lwrist" else (SKELETON, "mixamorig:")
    read = bvh.read(write_bvh(tmp_path / "a.bvh", place, angles, skeleton, prefix=prefix))
    assert not read.forearms and bvh.read(write_bvh(tmp_path / "b.bvh", place, angles)).forearms
    forearm = np.linalg.norm(read.motion.joints["left_wrist"] - read.motion.joints["left_elbow"], axis=-1)
    np.testing.assert_allclose(forearm, 3.1 * clips.CMU_UNIT, atol=1e-5)


def test_performers_are_filmed_with_their_own_skeletons(tmp_path, rng):
    write_asf(tmp_path / "01.asf")
    write_asf(tmp_path / "12.asf", [(*bone[:3], bone[3] * 1.1, *bone[4:]) for bone in CMU])
    for trial in ("01_01", "12_03"):
        write_amc(tmp_path / f"{trial}.amc", performance(rng, 33))
    data = CONVERTERS["asf_amc"].convert(tmp_path, seed=1)
    assert "120 frames per second are assumed" in data.source and "mocap.cs.cmu.edu" in data.source
    assert set(data.fps) == {30} and dict(zip(data.subject, data.split, strict=True)) == {"01": "train", "12": "test"}
    shin = data.points_3d[:, JOINT("left_ankle")] - data.points_3d[:, JOINT("left_knee")]
    expected = np.where(data.subject == "12", 1.1, 1.0)[data.clip_of_frame] * 7.4 * clips.CMU_UNIT
    np.testing.assert_allclose(np.linalg.norm(shin, axis=-1), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("01.asf", ":units", ":unit", "found no :units, expected an ASF file"),
        ("01.asf", "length 0.45", "length 0", ":units: found length 0"),
        ("01.asf", "angle deg", "angle gon", ":units: found length 0.45, angle gon"),
        ("01.asf", "RX RY RZ", "RX RY L", ":root order: found tx ty tz rx ry l"),
        ("01.asf", "name lfemur", "name lthigh", ":hierarchy: found lfemur at lhipjoint"),
        ("01.asf", "XYZ", "XXZ", ":root orientation, axis: found .*expected three angles and an order"),
        ("01.asf", "direction 0 1 0", "direction 0 0 0", "direction, length: found"),
        ("01.asf", "dof rx ry rz", "dof rx ry l", "dof: found rx ry l"),
        ("01.asf", "length 2.0", "long 2.0", "lowerback: found no length"),
        ("01.asf", "  end\n:hier", ":hier", "found a bone without end"),
        ("01.asf", "rwrist", "rforearm", None),
        ("01_01.amc", "head ", "skull ", "line .*found 'skull .*expected a bone of the skeleton"),
        ("01_01.amc", "ltibia ", "ltibia 1 ", "line .*found 'ltibia 1 .*expected 1 numbers once"),
        ("01_01.amc", "ltibia ", "ltibia x", "line .*expected numbers"),
        ("01_01.amc", "1\nroot", "root", "expected 6 numbers once in a frame"),
    ],
)
def test_damaged_asf_and_amc_files_are_refused_in_one_line(file, old, new, message, tmp_path, rng):
    write_asf(tmp_path / "01.asf")
    write_amc(tmp_path / "01_01.amc", performance(rng))
    content = (tmp_path / file).read_text()
    (tmp_path / file).write_text(content.replace(old, new, *([1] if message else [])))
    with pytest.raises(
        DatasetError, match=message or ":bonedata: found no rwrist, expected the bones of CMU"
    ) as caught:
        CONVERTERS["asf_amc"].convert(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / file)) and "\n" not in str(caught.value)


def test_amc_files_that_are_cut_off_or_without_a_skeleton(tmp_path, rng):
    path = write_amc(tmp_path / "01_01.amc", performance(rng))
    with pytest.raises(DatasetError, match=r"found no \.asf beside it, expected 01\.asf"):
        asf_amc.convert(path)
    write_asf(tmp_path / "02.asf")
    content = path.read_text()
    path.write_text(content[: content.rindex("lfemur")])
    with pytest.raises(DatasetError, match=r"frame 9: found no .*lfemur.* \(cut off\?\)"):
        asf_amc.convert(path)
    path.write_text("# nothing\n")
    with pytest.raises(DatasetError, match="found no frame, expected an AMC file"):
        asf_amc.convert(path)
    write_asf(tmp_path / "03.asf")
    with pytest.raises(DatasetError, match=r"found \['02.asf', '03.asf'\] beside it, expected 01.asf"):
        asf_amc.convert(path)
