"""C3D and TRC: the same motion from every layout; joints and markers on the skin; units, axes, people, gaps, damage."""

import numpy as np
import pytest

from geolift.convert.mocap import bvh, c3d, clips, trc, trunk
from geolift.convert.mocap.joint_centres import body_of
from geolift.convert.mocap.markers import Markers, motions
from geolift.convert.registry import CONVERTERS
from geolift.errors import DatasetError
from geolift.skeletons.joint_sets import HALPE26
from geolift.skeletons.skeleton import H36M17
from tests.helpers.marker_writers import write_c3d, write_trc
from tests.helpers.motion_writers import SKELETON, motion, write_bvh

READERS = {".c3d": c3d.read, ".trc": trc.read}


@pytest.fixture
def joints(tmp_path, rng):
    """`[T, 17, 3]` metres, y up."""
    whole = [(n, p, (0, 2.2, 0) if p == "Spine1" else o) for n, p, o in SKELETON]
    read = bvh.read(write_bvh(tmp_path / "a.bvh", *motion(rng, whole, frames=60), whole)).motion
    return np.stack([{**read.joints, "pelvis": clips.pelvis(read.joints)}[n] for n in H36M17.names], axis=1)


def made(path):
    found, notes = motions(READERS[path.suffix](path), path)
    return found, notes


def stacked(motion):
    return np.stack([{**motion.joints, "pelvis": clips.pelvis(motion.joints)}[n] for n in H36M17.names], axis=1)


def halpe(joints):
    """HALPE_26 as Pose2Sim names it, with the nose where Human3.6M has neck/nose."""
    sides, at = {"left_": "L", "right_": "R"}, H36M17.names.index
    names = {"Hip": "pelvis", "Neck": "thorax", "Nose": "neck", "Head": "head"}
    for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist"):
        names |= {short + joint.capitalize(): side + joint for side, short in sides.items()}
    return list(names), joints[:, [at(joint) for joint in names.values()]]


@pytest.mark.parametrize("processor", [84, 85, 86])
@pytest.mark.parametrize("step", [None, 0.125])
def test_c3d_of_every_processor_in_floats_and_integers(processor, step, joints, tmp_path):
    path = write_c3d(tmp_path / "a.c3d", joints, H36M17.names, processor=processor, step=step, fps=120)
    (found,), notes = made(path)
    np.testing.assert_allclose(stacked(found)[:, 1:], joints[:, 1:], atol=1e-4 if step else 1e-5)
    assert found.fps == 120 and notes == []


def test_our_reader_agrees_with_ezc3d(joints, tmp_path):
    ezc3d = pytest.importorskip("ezc3d")
    path = write_c3d(tmp_path / "a.c3d", joints, H36M17.names)
    theirs = ezc3d.c3d(str(path))
    np.testing.assert_allclose(theirs["data"]["points"][:3].transpose(2, 1, 0), c3d.read(path).points, atol=1e-3)
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [50.0]
    file["parameters"]["POINT"]["LABELS"]["value"] = list(H36M17.names)
    file["data"]["points"] = np.concatenate([1000 * joints.transpose(2, 1, 0), np.ones((1, 17, len(joints)))])
    file.write(str(tmp_path / "b.c3d"))
    (found,), _ = made(tmp_path / "b.c3d")
    np.testing.assert_allclose(stacked(found)[:, 1:], joints[:, 1:], atol=1e-5)
    assert found.fps == 50


@pytest.mark.parametrize(("unit", "scale"), [("m", 1), ("mm", 1000), ("cm", 100)])
@pytest.mark.parametrize("suffix", [".c3d", ".trc"])
def test_units_are_those_stated_and_z_up_is_seen(suffix, unit, scale, joints, tmp_path):
    write = {".c3d": write_c3d, ".trc": write_trc}[suffix]
    z_up = joints @ np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    (found,), notes = made(write(tmp_path / f"a{suffix}", z_up, H36M17.names, unit=unit, scale=scale))
    np.testing.assert_allclose(stacked(found)[:, 1:], joints[:, 1:], atol=1e-5)
    assert notes == ["z is up, as people stand along it"]


def test_a_unit_that_makes_a_giant_is_replaced_by_the_height(joints, tmp_path):
    (found,), notes = made(write_trc(tmp_path / "a.trc", joints, H36M17.names, unit="m", scale=1000))
    np.testing.assert_allclose(stacked(found)[:, 1:], joints[:, 1:], atol=1e-5)
    assert notes == ["the unit is mm by the height, not m"]
    with pytest.raises(DatasetError, match=r"a\.trc: found a performer of .* m from ankles"):
        made(write_trc(tmp_path / "a.trc", joints, H36M17.names, unit="m", scale=20))


def test_decimal_commas_in_trc(joints, tmp_path):
    plain, commas = (made(write_trc(tmp_path / "a.trc", joints, H36M17.names, comma=c))[0][0] for c in (False, True))
    np.testing.assert_allclose(stacked(commas), stacked(plain))
    assert commas.fps == 60


def test_the_joints_of_pose2sim_are_mapped_as_halpe26_is(joints, tmp_path):
    names, points = halpe(joints)
    (found,), notes = made(write_trc(tmp_path / "a.trc", points, names))
    assert HALPE26.mean_of["spine"] == ("hip", "neck") and notes == [trunk.NO_SPINE]
    at = H36M17.names.index
    expected = joints.copy()
    expected[:, at("spine")] = (clips.pelvis(found.joints) + joints[:, at("thorax")]) / 2
    np.testing.assert_allclose(stacked(found)[:, 1:], expected[:, 1:], atol=1e-5)


def test_mirrored_markers_swap_sides(joints, tmp_path):
    names, points = halpe(joints)
    swapped = [{"L": "R", "R": "L"}.get(n[0], n[0]) + n[1:] if n[1:2].isupper() else n for n in names]
    (plain,), (mirrored,) = (
        made(write_trc(tmp_path / "a.trc", p, n))[0] for p, n in ((points, names), (points * [-1, 1, 1], swapped))
    )
    np.testing.assert_allclose(stacked(mirrored)[:, H36M17.mirrored], stacked(plain) * [-1, 1, 1], atol=1e-6)


def test_several_people_of_one_file(joints, tmp_path):
    names = [f"{person}:{joint}" for person in ("ann", "bo") for joint in H36M17.names]
    path = write_c3d(tmp_path / "duo.c3d", np.concatenate([joints, joints + np.eye(3)[0]], axis=1), names)
    (first, second), _ = made(path)
    np.testing.assert_allclose(stacked(second) - stacked(first), np.broadcast_to([1, 0, 0], joints.shape), atol=1e-5)
    assert (first.name, second.name) == ("duo_ann", "duo_bo")
    data = CONVERTERS["c3d"].convert(path, seed=1)
    assert set(data.subject) == {"duo_ann", "duo_bo"} and set(data.fps) == {30}


@pytest.mark.parametrize("suffix", [".c3d", ".trc"])
def test_frames_with_joints_not_seen_are_left_out_and_counted(suffix, joints, tmp_path):
    write = {".c3d": write_c3d, ".trc": write_trc}[suffix]
    joints[40:45, H36M17.names.index("left_knee")] = np.nan
    found, notes = made(write(tmp_path / f"a{suffix}", joints, H36M17.names, fps=20))
    assert [len(m.joints["head"]) for m in found] == [40, 14] and [m.name for m in found] == ["a_1", "a_2"]
    assert notes == ["5 frames of a left out, with joints not seen"]
    joints[:, H36M17.names.index("left_knee")] = np.nan
    with pytest.raises(DatasetError, match="found left_knee in no frame, expected all joints"):
        made(write(tmp_path / f"a{suffix}", joints, H36M17.names))
    joints[::2, H36M17.names.index("left_knee")], joints[1::2, H36M17.names.index("right_knee")] = 0, np.nan
    joints[::2, H36M17.names.index("head")] = np.nan
    with pytest.raises(DatasetError, match="found no frame with all joints"):
        made(write(tmp_path / f"a{suffix}", joints, H36M17.names))


def plug_in_gait():
    """A person of 1.75 m who faces z, left along x, in one frame."""
    left = {
        "ASI": (0.12, 1.0, 0.0), "PSI": (0.04, 1.0, -0.15), "KNE": (0.14, 0.5, 0), "ANK": (0.12, 0.08, 0),
        "TOE": (0.1, 0.02, 0.2), "SHO": (0.2, 1.45, 0), "ELB": (0.25, 1.15, 0), "WRA": (0.3, 0.9, 0.02),
        "WRB": (0.24, 0.9, -0.02), "FHD": (0.07, 1.66, 0.09), "BHD": (0.07, 1.66, -0.09),
    }  # fmt: skip
    middle = {"C7": (0, 1.5, -0.06), "CLAV": (0, 1.42, 0.06), "T10": (0, 1.25, -0.1), "STRN": (0, 1.25, 0.1)}
    points = {f"L{n}": p for n, p in left.items()} | {f"R{n}": (-p[0], *p[1:]) for n, p in left.items()} | middle
    return {name: np.array([point]) for name, point in points.items()}


def test_plug_in_gait_by_hand():
    """Pelvis 0.24 m wide and 0.15 m deep: Harrington's hip is 46 mm behind, 83 mm below, 86.5 mm beside the middle."""
    joints, notes = body_of(plug_in_gait(), "a")
    expected = {
        "left_hip": (0.0865, 0.9171, -0.0459), "left_wrist": (0.27, 0.9, 0), "left_elbow": (0.25, 1.15, 0),
        "thorax": (0, 1.46, 0), "spine": (0, 1.18855, -0.02295), "neck": (0, 1.46 + 0.2 * 0.065 / 0.12, 0),
        "head": (0, 1.46 + 0.2 * 0.17 / 0.12, 0),
    }  # fmt: skip
    for joint, place in expected.items():
        np.testing.assert_allclose(joints[joint][0], place, atol=1e-4, err_msg=joint)
    assert 0.07 < joints["left_knee"][0, 0] < 0.10 and 1.35 < joints["left_shoulder"][0, 1] < 1.40
    assert notes[0] == "hips from the markers of the pelvis (Harrington et al. 2007)"
    for joint, points in joints.items():  # the person is symmetric
        partner = H36M17.names[H36M17.mirrored[H36M17.names.index(joint)]]
        np.testing.assert_allclose(joints[partner], points * [-1, 1, 1], atol=1e-12)


def test_markers_that_show_no_joints_are_refused_by_name():
    points = plug_in_gait()
    del points["LKNE"]
    with pytest.raises(DatasetError, match=r"a\.c3d: found the markers C7, CLAV, .*expected left_knee as joints"):
        body_of(points, "a.c3d")
    swapped = {{"L": "R", "R": "L"}.get(n[0], n[0]) + n[1:] if n[1:] in "ASIPSIKNEANKTOESHOELB" else n: p
               for n, p in plug_in_gait().items()}  # fmt: skip
    with pytest.raises(DatasetError, match="toes that point backwards"):
        body_of(swapped, "a.c3d")


def test_keypoints_in_pixels_are_no_3d(joints, tmp_path):
    names, points = halpe(joints)
    with pytest.raises(DatasetError, match=r"found points without depth \(2D\)"):
        motions(Markers(tuple(names), points * [300, 300, 0], 30.0, "m"), tmp_path / "a.trc")


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, 0, "expected C3D"), (1, 0, "expected C3D"), (515, 1, "processor: found 1"), (2, 200, "cut off"),
        (16, 0, "cut off"), (536, 9, "expected the kind and the size"),
    ],
)  # fmt: skip
def test_damaged_c3d_files_are_refused_in_one_line(place, value, message, joints, tmp_path):
    path = write_c3d(tmp_path / "a.c3d", joints, H36M17.names)
    content = bytearray(path.read_bytes())
    content[place] = value
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=message) as caught:
        made(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    path.write_bytes(content[:-100])
    with pytest.raises(DatasetError):
        made(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("PathFileType", "File", "expected TRC"), ("60\t60", "0\t60", "DataRate: found 0"),
        ("60\t60", "x\t60", "expected numbers"), ("\n1\t0.0000\t", "\n1\t0.0000\tx", "line 7: found"),
        ("\n1\t0.0000\t", "\n1\t0.0000\t1\n1\t0\t", "line 7: found 1 coordinates"), ("pelvis", "", None),
    ],
)  # fmt: skip
def test_damaged_trc_files_are_refused_in_one_line(old, new, message, joints, tmp_path):
    path = write_trc(tmp_path / "a.trc", joints, H36M17.names)
    path.write_text(path.read_text().replace(old, new, 1))
    if message is None:
        path.write_text("\n".join(path.read_text().splitlines()[:6]))
        message = "found no frame"
    with pytest.raises(DatasetError, match=message) as caught:
        made(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
