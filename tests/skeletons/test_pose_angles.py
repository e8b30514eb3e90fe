"""Angles of knees, hips and elbows, and where the body faces."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from geolift.skeletons.pose_angles import JOINT_ANGLES, facing, joint_angles, limb_joints
from geolift.skeletons.skeleton import H36M17, Skeleton

AT = {name: i for i, name in enumerate(H36M17.names)}
UP = np.array([0.0, -1.0, 0.0])
TO_CAMERA = np.array([0.0, 0.0, -4.0])


def standing():
    """`[17, 3]` someone who stands straight with hanging arms and faces a level camera; camera axes."""
    pose = np.zeros((17, 3))
    heights = {"hip": 0.0, "knee": 0.45, "ankle": 0.9, "shoulder": -0.5, "elbow": -0.2, "wrist": 0.05}
    for side, x in (("left", 0.15), ("right", -0.15)):
        for joint, y in heights.items():
            pose[AT[f"{side}_{joint}"]] = x, y, 0.0
    for joint, y in {"spine": -0.25, "thorax": -0.5, "neck": -0.6, "head": -0.7}.items():
        pose[AT[joint]] = 0.0, y, 0.0
    return pose


def test_a_straight_person_has_no_angles():
    for name, angle in joint_angles(standing(), H36M17).items():
        np.testing.assert_allclose(angle, 0.0, atol=1e-4, err_msg=name)


@pytest.mark.parametrize(
    ("angle", "pivot", "moved"),
    [
        ("knee", "left_knee", ["left_ankle"]),
        ("elbow", "left_elbow", ["left_wrist"]),
        ("hip", "left_hip", ["left_knee", "left_ankle"]),
    ],
)
def test_a_bent_joint_has_its_angle_and_no_other_changes(angle, pivot, moved):
    pose, moved = standing(), [AT[name] for name in moved]
    bend = Rotation.from_euler("x", 70.0, degrees=True)
    pose[moved] = pose[AT[pivot]] + bend.apply(pose[moved] - pose[AT[pivot]])
    found = joint_angles(pose, H36M17)
    for name in JOINT_ANGLES:
        np.testing.assert_allclose(found[name], [70.0 if name == angle else 0.0, 0.0], atol=1e-4, err_msg=name)


def test_angles_do_not_depend_on_place_scale_and_direction(rng):
    poses = rng.normal(size=(6, 17, 3))
    turned = 2.5 * Rotation.random(6, random_state=0).as_matrix() @ np.swapaxes(poses, -1, -2)
    moved = np.swapaxes(turned, -1, -2) + rng.normal(size=(6, 1, 3))
    for name, angle in joint_angles(poses, H36M17).items():
        np.testing.assert_allclose(joint_angles(moved, H36M17)[name], angle, atol=1e-4)


def test_a_missing_joint_leaves_the_angles_that_do_not_need_it(rng):
    pose = rng.normal(size=(17, 3))
    pose[AT["right_ankle"]] = np.nan
    found = joint_angles(pose, H36M17)
    assert np.isnan(found["knee"]).tolist() == [False, True]
    assert np.isfinite(found["hip"]).all() and np.isfinite(found["elbow"]).all()


def test_a_person_who_faces_the_camera_faces_0_degrees():
    assert facing(standing(), H36M17, up=UP, to_camera=TO_CAMERA) == pytest.approx(0.0)


@pytest.mark.parametrize("degrees", [-135.0, -90.0, 30.0, 90.0, 170.0])
def test_facing_is_the_angle_by_which_a_person_turns(degrees):
    """Positive: to the right side of the image, which is +x; the person then looks along (sin, 0, -cos)."""
    turn = Rotation.from_euler("y", -degrees, degrees=True)
    ahead = [np.sin(np.radians(degrees)), 0, -np.cos(np.radians(degrees))]
    np.testing.assert_allclose(turn.apply([0, 0, -1]), ahead, atol=1e-12)
    assert facing(turn.apply(standing()), H36M17, up=UP, to_camera=TO_CAMERA) == pytest.approx(degrees)


def test_facing_does_not_depend_on_the_tilt_of_the_camera():
    tilt = Rotation.from_euler("zx", [20.0, 35.0], degrees=True)
    pose = Rotation.from_euler("y", 60.0, degrees=True).apply(standing())
    level = facing(pose, H36M17, up=UP, to_camera=TO_CAMERA)
    assert facing(tilt.apply(pose), H36M17, up=tilt.apply(UP), to_camera=tilt.apply(TO_CAMERA)) == pytest.approx(level)


def test_limbs_are_all_joints_that_have_sides_and_the_root():
    assert sorted(np.flatnonzero(limb_joints(H36M17))) == sorted((H36M17.root, *H36M17.left, *H36M17.right))


def test_other_skeletons_are_refused():
    dog = Skeleton(("hip", "nose"), (-1, 0), (), (), 1)
    with pytest.raises(ValueError, match="left_hip"):
        joint_angles(np.zeros((2, 3)), dog)
