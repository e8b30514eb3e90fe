"""BVH files: the rig of a person, its names and angles; a tree for any other skeleton; read back by two libraries."""

import re

import numpy as np
import pytest

from geolift.cli import main
from geolift.errors import DatasetError
from geolift.output.mocap.rig_motion import rig_motions
from geolift.output.write import write_result
from geolift.rig.humanoid import HUMANOID
from geolift.rig.names import PRESETS, bone_names
from geolift.rotations import logarithm
from geolift.skeletons.skeleton import H36M17, Skeleton
from tests.helpers.motion_readers import (
    camera_of,
    filmed,
    library,
    points_of,
    read_bvh,
    real_motion,
    without_rows,
    world_points,
)
from tests.helpers.results import in_world, make_result

JOINT = H36M17.names.index
MILLIMETRE = 1e-3


def angles_of(path):
    """`[T, B, 3]` degrees, and the orders of axes."""
    motion = library("pybvh").read_bvh_file(path)
    return np.degrees(motion.joint_angles), motion.euler_orders


@pytest.fixture(scope="module")
def real(cmu_file):
    """A cartwheel in the world."""
    motion = real_motion(cmu_file)
    return in_world(filmed(motion), camera=camera_of(motion))


@pytest.fixture(scope="module")
def written(real, tmp_path_factory):
    """Its file, the notes and the rig's motion."""
    (path,), notes = write_result(real, tmp_path_factory.mktemp("bvh") / "out.bvh")
    return path, notes, rig_motions(real)[0].motion


def test_a_bvh_is_the_motion_of_the_rig(written, real):
    path, notes, motion = written
    points = points_of(read_bvh(path), HUMANOID.names) * (1, -1, -1)
    assert np.abs(points - motion.joints).max() < 0.1 * MILLIMETRE
    assert any(f"mean distance from the lifted joints {1000 * motion.error.mean():.1f} mm" in note for note in notes)
    assert motion.error.mean() < 0.015
    away = points_of(read_bvh(path)) * (1, -1, -1) - real.world_points[..., [1, 2, 0]]
    assert np.linalg.norm(away, axis=-1).mean() < 0.02


def test_two_libraries_agree_on_a_bvh(written):
    """Also where the orders of angles differ from bone to bone."""
    path, frames = written[0], [0, 50, 100]
    assert len(set(angles_of(path)[1])) > 1
    root = library("bvhio").readAsHierarchy(str(path))
    points = np.zeros((len(frames), len(HUMANOID.names), 3))
    for i, frame in enumerate(frames):
        root.loadPose(frame)
        places = {joint.Name: list(joint.PositionWorld) for joint, _, _ in root.layout()}
        points[i] = [places[name] for name in HUMANOID.names]
    expected = points_of(read_bvh(path), HUMANOID.names)[frames]
    assert np.abs(0.01 * points * (1, -1, -1) - expected).max() < 0.1 * MILLIMETRE


def test_bvh_rests_in_a_t_pose(one, tmp_path):
    """Upright, towards +z, the person's left at +x; both sides equally long; feet point ahead."""
    (path,) = write_result(one, tmp_path / "out.bvh").paths
    motion = library("pybvh").read_bvh_file(path)
    rest = dict(zip([node.name for node in motion.nodes], motion.rest_pose_positions(), strict=True))
    assert motion.fps == pytest.approx(30)
    for side, sign in {"Left": 1, "Right": -1}.items():
        np.testing.assert_allclose((rest[f"{side}Hand"] - rest[f"{side}Arm"])[1:], 0, atol=1e-6)
        assert sign * (rest[f"{side}Hand"] - rest[f"{side}Arm"])[0] > 30
        assert sign * rest[f"{side}UpLeg"][0] > 5
        assert (rest[f"{side}ToeBase"] - rest[f"{side}Foot"])[2] > 8
    for name in ("Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot", "ToeBase"):
        np.testing.assert_allclose(rest[f"Left{name}"], rest[f"Right{name}"] * (-1, 1, 1), atol=1e-6)
    assert rest["EndSiteHead"][1] > 40 and rest["LeftFoot"][1] < -60


def test_no_angle_jumps(written):
    """Beyond what the bone itself rotates in a frame."""
    path, _, motion = written
    steps = np.abs(np.diff(angles_of(path)[0], axis=0)).max(axis=-1)
    own = np.degrees(np.linalg.norm(logarithm(motion.rotation[:-1].swapaxes(-1, -2) @ motion.rotation[1:]), axis=-1))
    assert (steps - own).max() < 15


@pytest.mark.parametrize("names", [None, *PRESETS])
def test_names_of_bones_for_programs(names, one, tmp_path):
    (path,) = write_result(one, tmp_path / "out.bvh", names=names).paths
    assert tuple(library("pybvh").read_bvh_file(path).joint_names) == bone_names(names)


def test_names_by_the_command(one, tmp_path, capsys):
    write_result(one, tmp_path / "kept.npz")
    assert main(["write", str(tmp_path / "kept.npz"), "-o", str(tmp_path / "out.bvh"), "--names", "unreal"]) == 0
    assert "import at scale 0.01" in capsys.readouterr().out
    assert "ROOT pelvis\n" in (tmp_path / "out.bvh").read_text()


def test_names_that_no_program_has_are_refused(one, tmp_path):
    with pytest.raises(DatasetError, match=r"out\.bvh: names: found 'maya', expected one of mixamo, unreal, rokoko"):
        write_result(one, tmp_path / "out.bvh", names="maya")
    skeleton = SKELETONS["star"]
    few = {key: getattr(one, key)[:, :5] for key in ("points", "keypoints", "confidence", "filled")}
    with pytest.raises(DatasetError, match="for a skeleton that is not a person's"):
        write_result(one._replace(skeleton=skeleton, **few), tmp_path / "out.bvh", names="mixamo")


def test_missing_people_and_joints_of_a_bvh(one, tmp_path):
    """What is not seen passes evenly, is at rest where it never is, and is said."""
    points = one.points.copy()
    points[10:20, JOINT("left_wrist")] = np.nan
    points[:, JOINT("head")] = np.nan
    result = without_rows(one._replace(points=points), (one.frame >= 30) & (one.frame < 34))
    (path,), notes = write_result(result, tmp_path / "out.bvh")
    assert "in the rest pose, as no frame shows them: head" in notes
    assert "10 missing joints: bones pass evenly from the frame before to the frame after" in notes
    assert "absent in 4 of 40 frames: bones pass evenly from the frame before to the frame after" in notes
    read = points_of(read_bvh(path), H36M17.names)
    away = np.linalg.norm(read - world_points(one), axis=-1)
    assert away[10:20, JOINT("left_wrist")].max() < 0.1 and away[30:34].max() < 0.2
    points[:, H36M17.root] = np.nan
    with pytest.raises(DatasetError, match="pelvis: found it in no frame"):
        write_result(one._replace(points=points), tmp_path / "out.bvh")
    points[:], points[:, H36M17.root] = np.nan, one.points[:, H36M17.root]
    with pytest.raises(DatasetError, match="found the root alone, expected other joints"):
        write_result(one._replace(points=points), tmp_path / "out.bvh")


# Other skeletons: a tree of their own joints

SKELETONS = {
    "star": Skeleton(("hub", "a", "b", "c", "d"), (-1, 0, 0, 0, 0), (1, 3), (2, 4), 1),
    "chain, tail first": Skeleton(("tip", "third", "second", "first", "base"), (1, 2, 3, 4, -1), (), (), 0),
    "animal": Skeleton(
        ("tail base", "nose{}", "left_hip", "right_hip", "left\tpaw", "right\tpaw", "tail"),
        (-1, 0, 0, 0, 2, 3, 0), (2, 4), (3, 5), 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SKELETONS)
def test_bvh_of_any_skeleton(name, rng, tmp_path):
    """Bones of fixed lengths that turn about at random come back exactly."""
    skeleton, frames = SKELETONS[name], 25
    bones = rng.normal(size=(frames, len(skeleton.names), 3))
    bones[1:3] = -bones[0]  # folded back, opposite to the rest pose
    bones *= np.linspace(0.1, 0.5, len(skeleton.names))[:, None] / np.linalg.norm(bones, axis=-1, keepdims=True)
    points = np.zeros_like(bones)
    for joint in range(len(skeleton.names)):
        above = joint
        while skeleton.parents[above] >= 0:
            points[:, joint] += bones[:, above]
            above = skeleton.parents[above]
    size = {"keypoints": (2,), "confidence": (), "filled": ()}
    result = make_result(frames=frames)
    result = result._replace(
        skeleton=skeleton,
        points=points.astype(np.float32),
        **{key: getattr(result, key)[:, : len(skeleton.names)] for key in size},
    )
    (path,) = write_result(result, tmp_path / "out.bvh").paths
    names = [re.sub(r"[\s{}]", "_", joint) for joint in skeleton.names]
    read = points_of(read_bvh(path), names)
    assert np.abs(read - world_points(result)).max() < 0.1 * MILLIMETRE


def test_bvh_turns_without_twist(tmp_path):
    """An arm that swings in a plane turns about one axis, by the angle between its bones."""
    skeleton = Skeleton(("base", "elbow", "wrist"), (-1, 0, 1), (), (), 2)
    bend = np.radians(np.arange(0, 200, 7))
    points = np.zeros((len(bend), 3, 3), np.float32)
    points[:, 1] = [0.3, 0, 0]
    points[:, 2] = points[:, 1] + 0.25 * np.stack([np.cos(bend), np.sin(bend), 0 * bend], axis=-1)
    result = make_result(frames=len(bend))
    few = {key: getattr(result, key)[:, :3] for key in ("keypoints", "confidence", "filled")}
    (path,) = write_result(result._replace(skeleton=skeleton, points=points, **few), tmp_path / "out.bvh").paths
    motion = library("pybvh").read_bvh_file(path)
    angles = np.degrees(motion.joint_angles[:, motion.joint_names.index("elbow")])
    np.testing.assert_allclose(angles[:, 0], -np.degrees(bend), atol=1e-3)  # as y is up in the file
    np.testing.assert_allclose(angles[:, 1:], 0, atol=1e-3)


def test_a_tree_keeps_what_is_missing(rng, tmp_path):
    """Joints that no frame shows are left out; others keep their last rotation."""
    skeleton, frames = SKELETONS["animal"], 20
    points = rng.normal(size=(1, 7, 3)) + 0.1 * rng.normal(size=(frames, 7, 3))
    points -= points[:, :1]
    points[:, 6] = points[5:9, 2] = np.nan
    result = make_result(frames=frames)
    few = {key: getattr(result, key)[:, :7] for key in ("keypoints", "confidence", "filled")}
    result = result._replace(skeleton=skeleton, points=points.astype(np.float32), **few)
    (path,), notes = write_result(result, tmp_path / "out.bvh")
    assert "left out, as no frame shows them: tail" in notes and "4 missing joints: the last rotation is kept" in notes
    read = read_bvh(path)
    assert "tail" not in read
    bone = read["left_hip"] - read["tail_base"]
    np.testing.assert_allclose(bone[5:9], np.tile(bone[4], (4, 1)), atol=1e-5)
