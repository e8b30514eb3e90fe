"""BVH files: rigid bones, rest pose, angles without jumps, any skeleton; read back by two libraries."""

import re

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from geolift.errors import DatasetError
from geolift.output.mocap.rigid_bones import euler
from geolift.output.write import write_result
from geolift.skeletons.skeleton import H36M17, Skeleton
from tests.helpers.motion_readers import filmed, library, points_of, read_bvh, real_motion, without_rows, world_points
from tests.helpers.results import make_result

JOINT = H36M17.names.index
MILLIMETRE = 1e-3


def test_a_bvh_keeps_the_pose_of_an_absent_person(two, tmp_path):
    two = without_rows(two, (two.person == 1) & ((two.frame < 4) | (two.frame == 8)))
    paths, _ = write_result(two, tmp_path / "out.bvh")
    points = points_of(read_bvh(paths[1]))
    for frame, shown in {0: 4, 3: 4, 8: 7}.items():
        np.testing.assert_allclose(points[frame], points[shown], atol=1e-9)


def lengths(points, skeleton=H36M17):
    """`[T, J - 1]`."""
    parents, children = np.array(skeleton.bones).T
    return np.linalg.norm(points[:, children] - points[:, parents], axis=-1)


def allowance(points, skeleton=H36M17):
    """`[T, J]`: how far off rigid bones leave each joint at most: what the bones above it differ from their medians."""
    known = lengths(points, skeleton)
    off = dict(zip([child for _, child in skeleton.bones], np.abs(known - np.median(known, axis=0)).T, strict=True))
    sums = np.zeros(points.shape[:2])
    for joint in range(len(skeleton.names)):
        above = joint
        while skeleton.parents[above] >= 0:
            sums[:, joint] += off[above]
            above = skeleton.parents[above]
    return sums


def test_two_libraries_agree_on_a_bvh(one, tmp_path):
    few = make_result(frames=5)
    (path,) = write_result(few, tmp_path / "out.bvh").paths
    root = library("bvhio").readAsHierarchy(str(path))
    points = np.zeros((5, 17, 3))
    for frame in range(5):
        root.loadPose(frame)
        places = {joint.Name: list(joint.PositionWorld) for joint, _, _ in root.layout()}
        points[frame] = [places[name] for name in H36M17.names]
    assert np.abs(0.01 * points * (1, -1, -1) - world_points(few)).max() < 0.1 * MILLIMETRE


def test_bvh_of_real_motion_differs_by_bone_lengths_only(cmu_file, tmp_path):
    result = filmed(real_motion(cmu_file))
    (path,), notes = write_result(result, tmp_path / "out.bvh")
    points, expected = points_of(read_bvh(path)), world_points(result)
    away = np.linalg.norm(points - expected, axis=-1)
    assert (away <= allowance(expected) + 0.1 * MILLIMETRE).all()
    legs = [JOINT(f"{side}_{part}") for side in ("left", "right") for part in ("hip", "knee", "ankle")]
    assert away[:, legs].max() < MILLIMETRE  # CMU's legs are rigid, its spine is not
    assert f"mean distance from the lifted joints {1000 * away.mean():.1f} mm" in notes[-1]


def test_bvh_bones_are_rigid_and_point_where_they_were_lifted(one, rng, tmp_path):
    """Whatever their lengths: as a network lifts them."""
    stretched = one.points * rng.uniform(0.8, 1.2, (len(one.points), 1, 1)).astype(np.float32)
    stretched += rng.normal(scale=0.03, size=stretched.shape).astype(np.float32)
    stretched -= stretched[:, [H36M17.root]]
    result = one._replace(points=stretched)
    (path,), notes = write_result(result, tmp_path / "out.bvh")
    points = points_of(read_bvh(path))
    assert np.ptp(lengths(points), axis=0).max() < 1e-6
    np.testing.assert_allclose(lengths(points)[0], np.median(lengths(stretched), axis=0), atol=1e-6)
    parents, children = np.array(H36M17.bones).T
    bones = [p[:, children] - p[:, parents] for p in (points, stretched.astype(np.float64))]
    cosines = np.sum(bones[0] * bones[1], axis=-1) / np.prod([np.linalg.norm(b, axis=-1) for b in bones], axis=0)
    assert cosines.min() > 1 - 1e-8
    away = np.linalg.norm(points - world_points(result), axis=-1).mean()
    assert f"mean distance from the lifted joints {1000 * away:.1f} mm" in notes[-1]


def test_bvh_rests_in_a_t_pose(one, tmp_path):
    """Upright, towards +z, the person's left at +x; and as long as the person is."""
    (path,) = write_result(one, tmp_path / "out.bvh").paths
    motion = library("pybvh").read_bvh_file(path)
    rest = dict(zip([node.name for node in motion.nodes], motion.rest_pose_positions(), strict=True))
    assert motion.euler_orders == ["ZXY"] * len(motion.joint_names)
    assert motion.fps == pytest.approx(30)
    for side, sign in {"left": 1, "right": -1}.items():
        shoulder, wrist = rest[f"{side}_shoulder"], rest[f"{side}_wrist"]
        np.testing.assert_allclose((wrist - shoulder)[1:], 0, atol=1e-6)
        assert sign * (wrist - shoulder)[0] > 30
        assert sign * rest[f"{side}_hip"][0] > 5
    assert rest["head"][1] > 40 and rest["left_ankle"][1] < -60


def test_bvh_angles_do_not_jump(tmp_path):
    """Of a person who turns over twice: between frames no angle moves as far as half a turn."""
    result = make_result(frames=90)
    turn = Rotation.from_euler("x", np.linspace(0, 720, 90)[:, None], degrees=True).as_matrix()
    spun = np.einsum("fij,fkj->fki", turn, result.points).astype(np.float32)
    (path,) = write_result(result._replace(points=spun), tmp_path / "out.bvh").paths
    angles = library("pybvh").read_bvh_file(path).joint_angles
    assert np.abs(np.diff(angles, axis=0)).max() < np.pi
    assert np.ptp(angles[:, 0], axis=0).max() > np.pi


def test_angles_give_the_rotation(rng):
    rotation = Rotation.random(300, random_state=1).as_matrix().reshape(100, 3, 3, 3)
    rotation[0, 0] = Rotation.from_euler("ZXY", [30, 90, 0], degrees=True).as_matrix()
    rotation[0, 1] = Rotation.from_euler("ZXY", [30, -90, 10], degrees=True).as_matrix()
    angles = euler(rotation)
    again = Rotation.from_euler("ZXY", angles.reshape(-1, 3), degrees=True).as_matrix().reshape(rotation.shape)
    np.testing.assert_allclose(again, rotation, atol=1e-9)
    through = Rotation.from_euler("ZXY", [[10, x, -20] for x in range(0, 721, 7)], degrees=True).as_matrix()
    np.testing.assert_allclose(np.diff(euler(through), axis=0), np.tile([0, 7, 0], (102, 1)), atol=1e-6)


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


def test_bvh_without_joints_that_no_frame_shows(one, tmp_path):
    gone = [JOINT("spine"), JOINT("head")]
    points = one.points.copy()
    points[:, gone] = np.nan
    few = one._replace(
        points=points,
        keypoints=np.where(np.isnan(points[..., :2]), np.nan, one.keypoints).astype(np.float32),
        confidence=np.where(np.isnan(points[..., 0]), 0, one.confidence).astype(np.float32),
    )
    (path,), notes = write_result(few, tmp_path / "out.bvh")
    assert "left out, as no frame shows them: spine, head" in notes
    read = read_bvh(path)
    assert not {"spine", "head"} & set(read)
    legs = [f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "ankle")]
    legs = ["pelvis", *legs]
    assert np.abs(points_of(read, legs) - world_points(one)[:, [JOINT(n) for n in legs]]).max() < MILLIMETRE
    points[:, H36M17.root] = np.nan
    with pytest.raises(DatasetError, match=rf"^{re.escape(str(path))}: pelvis: found it in no frame"):
        write_result(few, tmp_path / "out.bvh")


def test_bvh_keeps_the_rotation_of_missing_joints(one, tmp_path):
    """A hidden forearm stays bent as it was; all else is as without the gap."""
    hidden = one.points.copy()
    hidden[10:20, JOINT("left_wrist")] = np.nan
    (path,), notes = write_result(one._replace(points=hidden), tmp_path / "out.bvh")
    assert "10 missing joints: the last rotation is kept" in notes
    read, whole = read_bvh(path), world_points(one)
    others = [name for name in H36M17.names if name != "left_wrist"]
    assert np.abs(points_of(read, others) - whole[:, [JOINT(n) for n in others]]).max() < MILLIMETRE
    arm = [read["left_wrist"] - read["left_elbow"], read["left_shoulder"] - read["left_elbow"]]
    bend = np.sum(arm[0] * arm[1], axis=-1)
    np.testing.assert_allclose(bend[10:20], bend[9], atol=1e-6)
