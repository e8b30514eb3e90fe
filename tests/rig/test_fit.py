"""A rig fitted to joints: known rotations come back, bones alike on both sides, mirror images, gaps, feet."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from geolift.rig import HUMANOID, fit_rig
from geolift.rig.inverse_kinematics import forward
from geolift.rotations import logarithm
from geolift.skeletons.skeleton import H36M17, H36M21, Skeleton
from tests.helpers.rigs import BONE, mirrored_points, mirrored_rotations, posed

JOINT = H36M17.names.index
SIDES = ("Left", "Right")

BENT = {
    "LeftForeArm": ("y", -60), "RightForeArm": ("y", 60), "LeftLeg": ("x", 50), "RightLeg": ("x", 50),
}  # so that joints show how upper arms and thighs are twisted  # fmt: skip
# Bone, axis, degrees: right-handed about x to the left, y up, z ahead.
GOLDEN = [
    *[("Hips", axis, 40) for axis in "xyz"],
    *[
        (f"{side}{bone}", axis, degrees)
        for side in SIDES
        for bone, axes in {"Arm": "xyz", "UpLeg": "xyz", "Leg": "x", "Shoulder": "z"}.items()
        for axis in axes
        for degrees in {"Leg": (30, 80), "Shoulder": (12, -12)}.get(bone, (-35, 35))
    ],
    *[("LeftForeArm", "y", -degrees) for degrees in (30, 110)],
    *[("RightForeArm", "y", degrees) for degrees in (30, 110)],
]  # fmt: skip


def clip(poses, pause=30):
    """Poses as a clip that rests in each, the frames in the middle of them, and the rotations there."""
    made = [posed(BENT | pose, ahead=0.08) for pose in poses]
    points = np.concatenate([np.repeat(points, pause, axis=0) for points, _ in made])
    return points, slice(pause // 2, None, pause), np.concatenate([rotation for _, rotation in made])


@pytest.fixture(scope="module")
def golden():
    """Rotations that are found and those that were made, `[G, B, 3, 3]`, of all golden poses."""
    points, middle, made = clip([{bone: (axis, degrees)} for bone, axis, degrees in GOLDEN])
    return fit_rig(points, H36M17, 30.0).rotation[middle], made


def along(axis, degrees):
    return degrees * np.eye(3)["xyz".index(axis)]


def degrees_of(rotation):
    return np.degrees(logarithm(rotation))


@pytest.mark.parametrize("which", range(len(GOLDEN)), ids=["{}-{}{}".format(*g) for g in GOLDEN])
def test_a_known_rotation_comes_out_with_its_angle_and_sign(golden, which):
    (found, made), (bone, axis, degrees) = golden, GOLDEN[which]
    few = 2.5 if "Shoulder" in bone else 1.0  # a collar bone is drawn to rest
    np.testing.assert_allclose(degrees_of(found[which, BONE(bone)]), along(axis, degrees), atol=few)
    off = np.linalg.norm(degrees_of(made[which].swapaxes(-1, -2) @ found[which]), axis=-1)
    assert off.max() < 3, dict(zip(HUMANOID.names, off.round(1), strict=True))


def test_collar_bones_swing_ahead_and_back():
    """Both together: one alone may as well be a twist of the spine."""
    points, middle, _ = clip([{"LeftShoulder": ("y", -d), "RightShoulder": ("y", d)} for d in (15, 0, -15)])
    found = fit_rig(points, H36M17, 30.0).rotation[middle]
    for side, sign in zip(SIDES, (-1, 1), strict=True):
        for pose, degrees in zip(found, (15, 0, -15), strict=True):
            np.testing.assert_allclose(degrees_of(pose[BONE(f"{side}Shoulder")]), [0, sign * degrees, 0], atol=3)


@pytest.mark.parametrize(("bone", "axis"), [("Neck", "x"), ("Neck", "z"), ("Head", "x"), ("Head", "z"), ("Head", "y")])
@pytest.mark.parametrize("degrees", [-25, 25])
def test_head_and_neck_rotate_as_the_nose_and_the_head_top_say(bone, axis, degrees):
    """By most of the angle: they are drawn to rest, and share what joints do not show."""
    points, middle, _ = clip([{}, {bone: (axis, degrees)}, {}])
    pose = fit_rig(points, H36M17, 30.0).rotation[middle][1]
    head = degrees_of(pose[BONE("Neck")] @ pose[BONE("Head")])
    shown = np.abs(head - along(axis, degrees))
    assert shown.max() < 9 and head["xyz".index(axis)] / degrees > 0.65
    if axis != "y":
        assert degrees_of(pose[BONE(bone)])["xyz".index(axis)] / degrees > 0.5


@pytest.mark.parametrize(("axes", "degrees"), [("x", 50), ("z", 25), ("y", 30)])
def test_the_spine_shares_a_bend_and_a_twist(axes, degrees):
    """Joints do not show where between pelvis and thorax it is: the sum is that of the trunk."""
    points, _ = posed(BENT | {"Spine": (axes, degrees / 2), "Spine1": (axes, degrees / 2)}, frames=1)
    motion = fit_rig(np.repeat(points, 30, axis=0), H36M17, 30.0)
    hips, lower, upper = motion.rotation[15, :3]
    trunk = np.degrees(logarithm(hips @ lower @ upper))
    np.testing.assert_allclose(trunk, along(axes, degrees), atol=3)
    shares = [np.degrees(logarithm(part))["xyz".index(axes)] / degrees for part in (lower, upper)]
    assert min(shares) > 0.1


def moving(rng, frames=90, skeleton=H36M17, ahead=0.0):
    """A person who moves all bones smoothly, as far as people can."""
    t = np.arange(frames) / 30

    def wave(low, high):
        middle, reach = (low + high) / 2, (high - low) / 2
        return middle + reach * np.sin(2 * np.pi * rng.uniform(0.3, 0.7) * t + rng.uniform(0, 6))

    angles = {"Hips": ("yxz", np.stack([90 * t / 3, wave(-15, 15), wave(-8, 8)], axis=-1))}
    for side, sign in (("Left", 1), ("Right", -1)):
        angles |= {
            f"{side}Arm": ("zyx", np.stack([sign * wave(-70, 20), sign * wave(-60, 20), wave(-40, 40)], axis=-1)),
            f"{side}ForeArm": ("y", -sign * wave(25, 100)),
            f"{side}UpLeg": ("xzy", np.stack([wave(-70, 15), sign * wave(0, 25), sign * wave(-20, 20)], axis=-1)),
            f"{side}Leg": ("x", wave(22, 90)),
        }
    return posed(angles, frames, skeleton, ahead)


@pytest.mark.parametrize("skeleton", [H36M17, H36M21], ids=["17", "21"])
def test_points_that_a_rig_made_come_back(rng, skeleton):
    points, rotation = moving(rng, skeleton=skeleton)
    motion = fit_rig(points, skeleton, 30.0)
    assert motion.error.max() < 0.002
    off = np.degrees(np.linalg.norm(logarithm(rotation.swapaxes(-1, -2) @ motion.rotation), axis=-1))
    assert np.median(off, axis=0).max() < 3 and off.max() < 12


def test_both_sides_are_equally_long_whatever_the_points(rng):
    points, _ = moving(rng)
    left = [JOINT(f"left_{name}") for name in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")]
    points[:, left] *= 1.1
    points += rng.normal(scale=0.02, size=points.shape)
    motion = fit_rig(points, H36M17, 30.0)
    for part in (motion.offset, motion.end):
        np.testing.assert_array_equal(part, (part * (-1, 1, 1))[list(HUMANOID.mirrored)])


def test_a_mirrored_person_moves_as_a_mirror_image(rng):
    """Left stays left."""
    points, _ = moving(rng)
    points += rng.normal(scale=0.005, size=points.shape)
    one, other = (fit_rig(p, H36M17, 30.0) for p in (points, mirrored_points(points, H36M17)))
    np.testing.assert_allclose(one.offset, other.offset, atol=1e-9)
    np.testing.assert_allclose(mirrored_rotations(one.rotation), other.rotation, atol=1e-3)


def test_a_knee_and_an_elbow_are_hinges_that_bend_one_way(rng):
    points, _ = moving(rng)
    points += rng.normal(scale=0.02, size=points.shape)
    vector = logarithm(fit_rig(points, H36M17, 30.0).rotation)
    for side, sign in (("Left", 1), ("Right", -1)):
        knee, elbow = vector[:, BONE(f"{side}Leg")], sign * vector[:, BONE(f"{side}ForeArm")]
        np.testing.assert_allclose(knee[:, 1:], 0, atol=1e-9)
        np.testing.assert_allclose(elbow[:, [0, 2]], 0, atol=1e-9)
        assert np.degrees(knee[:, 0]).min() > -5.01 and elbow[:, 1].max() < 1e-9


def test_a_straight_arm_keeps_its_twist(rng):
    """Of an arm that is straightened and bent again, the twist passes through; noise of a straight one does not."""
    bend = np.concatenate(
        [np.full(30, 60), np.linspace(60, 0, 15), np.zeros(30), np.linspace(0, 60, 15), np.full(30, 60)]
    )
    frames = len(bend)
    arm = np.tile([-60.0, 0.0, 25.0], (frames, 1))
    points, rotation = posed({"LeftArm": ("zyx", arm), "LeftForeArm": ("y", -bend)}, frames)
    noisy = points + rng.normal(scale=0.003, size=points.shape)
    motion = fit_rig(noisy, H36M17, 30.0)
    step = np.degrees(np.linalg.norm(logarithm(motion.rotation[:-1].swapaxes(-1, -2) @ motion.rotation[1:]), axis=-1))
    assert step[:, BONE("LeftArm")].max() < 10
    off = np.degrees(np.linalg.norm(logarithm(rotation.swapaxes(-1, -2) @ motion.rotation), axis=-1))
    assert off[bend == 60, BONE("LeftArm")].max() < 5


def test_gaps_are_passed_through_evenly(rng):
    points, _ = moving(rng)
    gone = points.copy()
    gone[30:36, JOINT("left_wrist")] = np.nan
    gone[60:63] = np.nan
    gone[80:] = np.nan
    motion, whole = fit_rig(gone, H36M17, 30.0), fit_rig(points, H36M17, 30.0)
    assert np.isfinite(motion.rotation).all() and np.isfinite(motion.root).all()
    assert np.isnan(motion.error[[60, 61, 62, 85]]).all() and np.isfinite(motion.error[:60]).all()
    away = np.linalg.norm(motion.joints - whole.joints, axis=-1)
    assert away[30:36, BONE("LeftHand")].max() < 0.05 and away[60:63].max() < 0.05
    np.testing.assert_allclose(motion.rotation[-3:-1], motion.rotation[-2:], atol=1e-3)


def test_joints_that_no_frame_shows_are_at_rest(rng):
    points, _ = moving(rng, frames=40)
    gone = [JOINT(name) for name in ("head", "neck", "left_wrist", "right_ankle", "spine")]
    points[:, gone] = np.nan
    motion = fit_rig(points, H36M17, 30.0)
    assert np.isfinite(motion.joints).all() and motion.error.max() < 0.03
    for bone in ("Head", "LeftForeArm", "RightLeg"):
        assert np.degrees(np.linalg.norm(logarithm(motion.rotation[:, BONE(bone)]), axis=-1)).max() < 3, bone
    lengths = np.linalg.norm(motion.offset, axis=-1)
    assert lengths[BONE("LeftHand")] == pytest.approx(lengths[BONE("RightHand")])


@pytest.mark.parametrize("middle", ["left_elbow", "right_knee"])
def test_a_limb_whose_middle_no_frame_shows_reaches_its_end(rng, middle):
    points, _ = moving(rng, frames=40)
    bone, end = {"left_elbow": ("LeftHand", "left_wrist"), "right_knee": ("RightFoot", "right_ankle")}[middle]
    shown = points.copy()
    shown[:, JOINT(middle)] = shown[:5, JOINT(end)] = np.nan
    motion = fit_rig(shown, H36M17, 30.0)
    away = np.linalg.norm(motion.joints[:, BONE(bone)] - points[:, JOINT(end)], axis=-1)[5:]
    assert away.max() < 0.03


def test_an_outlier_and_a_doubtful_joint_count_less(rng):
    points, _ = moving(rng)
    spoiled = points.copy()
    spoiled[20, JOINT("left_wrist")] += 0.6
    spoiled[40:50, JOINT("right_knee")] += 0.2
    weight = np.ones(points.shape[:2])
    weight[40:50, JOINT("right_knee")] = 0.01
    found, clean = fit_rig(spoiled, H36M17, 30.0, weight=weight), fit_rig(points, H36M17, 30.0)
    away = np.linalg.norm(found.joints - clean.joints, axis=-1)
    assert away[20, BONE("LeftArm")] < 0.03 and away[20, BONE("Hips")] < 0.01
    assert away[45, BONE("RightLeg")] < 0.05


@pytest.mark.parametrize("skeleton", [H36M17, H36M21], ids=["17", "21"])
def test_feet_that_stand_are_on_the_floor(skeleton):
    """Flat where the ankle is low, on the ball where the heel is lifted; never under the floor."""
    tip = np.concatenate([np.zeros(30), np.linspace(0, 35, 15), np.full(30, 35)])
    points, _ = posed({}, len(tip), skeleton)
    toes = fit_rig(points, skeleton, 30.0)
    ankle = 0.08
    lift = 0.10 * np.sin(np.radians(tip))
    points[..., 1] += ankle - points[:1, JOINT("left_ankle"), 1] + lift[:, None]
    contact = np.ones((len(tip), 2), bool)
    motion = fit_rig(points, skeleton, 30.0, contact=contact, floor=True)
    ball = motion.joints[:, BONE("LeftToeBase"), 1]
    if skeleton == H36M17:
        np.testing.assert_allclose(ball, ball[0], atol=0.01)
        assert 0 < ball[0] < 0.04
        heel_up = np.degrees(logarithm(motion.rotation[:, BONE("LeftFoot")])[:, 0])
        assert abs(heel_up[10]) < 2 and heel_up[-5] > 15
    else:  # the joints say how the foot is
        np.testing.assert_allclose(motion.rotation[:, BONE("LeftFoot")], toes.rotation[:, BONE("LeftFoot")], atol=0.02)


def test_toes_and_heels_rotate_the_foot():
    points, _ = posed({"LeftFoot": ("x", 20), "RightFoot": ("xy", [-15, 10])}, 1, H36M21)
    motion = fit_rig(np.repeat(points, 10, axis=0), H36M21, 30.0)
    np.testing.assert_allclose(np.degrees(logarithm(motion.rotation[5, BONE("LeftFoot")])), [20, 0, 0], atol=1.5)
    expected = Rotation.from_euler("xy", [-15, 10], degrees=True).as_rotvec(degrees=True)
    np.testing.assert_allclose(np.degrees(logarithm(motion.rotation[5, BONE("RightFoot")])), expected, atol=1.5)


def test_a_nose_alone_says_where_the_head_looks():
    """As detectors without a head top have it: as it mostly is, the head looks straight on."""
    points, middle, _ = clip([{}, {"Head": ("y", 40)}, {}, {"Head": ("y", -40)}, {}])
    points[:, JOINT("head")] = np.nan
    pose = fit_rig(points, H36M17, 30.0).rotation[middle]
    looks = [degrees_of(one[BONE("Neck")] @ one[BONE("Head")]) for one in pose]
    np.testing.assert_allclose([looks[0], looks[4]], 0, atol=3)
    assert looks[1][1] > 20 and looks[3][1] < -20
    assert max(abs(look[2]) for look in looks) < 6


def test_heads_do_not_shake_with_the_joint_in_the_neck():
    """It is between thorax and head top, so near to both that its errors are large angles."""
    points, _ = posed({}, 60)
    points[:, JOINT("neck")] += np.random.default_rng(3).normal(0, 0.006, (60, 3))
    rotation = fit_rig(points, H36M17, 30.0).rotation[:, BONE("Head")]
    steps = np.linalg.norm(logarithm(rotation[:-1].swapaxes(-1, -2) @ rotation[1:]), axis=-1)
    assert np.degrees(steps).max() < 17


def test_feet_that_swing_or_kneel_are_above_the_floor():
    bend = np.interp(np.arange(60), [0, 20, 40, 59], [0, 90, 90, 0])
    points, _ = posed({"LeftLeg": ("x", bend)}, len(bend))
    knee = points[:, JOINT("left_knee"), 1]
    points[..., 1] += 0.12 - np.minimum(points[:, JOINT("left_ankle"), 1], knee)[:, None]
    contact = np.zeros((len(bend), 2), bool)
    toes, low = BONE("LeftToeBase"), []
    for floor in (True, False):
        motion = fit_rig(points, H36M17, 30.0, contact=contact, floor=floor)
        axes, joints = forward(motion.rotation, motion.root, motion.offset)
        tip = joints[:, toes] + axes[:, toes] @ motion.end[toes]
        low.append(np.minimum(joints[:, toes, 1], tip[:, 1]))
    settled = (bend < 60) | (np.abs(np.arange(60) - 31) < 6)  # between, toes are laid back
    assert low[0][settled].min() > -0.005 and low[1][settled].min() < -0.06


def tips(motion, *bones):
    """`[F, B]` heights of the ends of some bones, and of where these begin."""
    axes, joints = forward(motion.rotation, motion.root, motion.offset)
    return np.concatenate(
        [joints[:, list(bones), 1]] + [(joints[:, b] + axes[:, b] @ motion.end[b])[:, None, 1] for b in bones], axis=1
    )


def test_who_squats_stands_on_the_balls_of_the_feet():
    """A shank may be nearly level: a heel that is up is above toes that are on the floor, ahead of it."""
    points, _ = posed({"LeftUpLeg": ("x", -60), "LeftLeg": ("x", 137)}, 20)
    points[..., 1] += 0.12 - points[:1, JOINT("left_ankle"), 1]
    motion = fit_rig(points, H36M17, 30.0, contact=np.ones((20, 2), bool), floor=True)
    np.testing.assert_allclose(tips(motion, BONE("LeftToeBase")), 0.02, atol=0.012)
    assert (motion.joints[:, BONE("LeftToeBase"), 2] > motion.joints[:, BONE("LeftFoot"), 2] + 0.05).all()


@pytest.mark.parametrize("arm", [80, 89.9], ids=["aslant", "straight down"])
def test_hands_bend_where_the_floor_is(arm):
    """As of who crawls: their tips are not below it, whichever way the arm comes, and do not flip."""
    points, _ = posed({"LeftArm": ("z", -arm), "RightArm": ("z", arm)}, 40)
    points[..., 1] += np.interp(np.arange(40), [0, 15, 39], [0.6, 0.04, 0.04])[:, None]
    points[..., 1] -= points[:, JOINT("left_wrist"), 1].min() - 0.04
    points += np.random.default_rng(2).normal(0, 0.002, points.shape)
    hands = BONE("LeftHand"), BONE("RightHand")
    motion = fit_rig(points, H36M17, 30.0, contact=np.zeros((40, 2), bool), floor=True)
    assert tips(fit_rig(points, H36M17, 30.0), *hands).min() < -0.1
    assert tips(motion, *hands).min() > -0.01
    turned = logarithm(motion.rotation[:-1, hands].swapaxes(-1, -2) @ motion.rotation[1:, hands])
    assert np.degrees(np.linalg.norm(turned, axis=-1)).max() < 45
    np.testing.assert_allclose(motion.rotation[0, hands], np.tile(np.eye(3), (2, 1, 1)), atol=1e-9)


def test_arms_that_no_frame_shows_hang():
    points, _ = posed({"Hips": ("y", 30)}, 5)
    points[:, [JOINT("right_elbow"), JOINT("right_wrist")]] = np.nan
    motion = fit_rig(points, H36M17, 30.0)
    hand, shoulder = motion.joints[:, BONE("RightHand")], motion.joints[:, BONE("RightArm")]
    long = np.linalg.norm(motion.offset[[BONE("RightForeArm"), BONE("RightHand")]], axis=-1).sum()
    assert (hand[:, 1] < shoulder[:, 1] - 0.9 * long).all()


def test_feet_with_toes_are_not_below_the_floor():
    points, _ = posed({"LeftFoot": ("x", 50)}, 20, H36M21)
    points[..., 1] += 0.08 - points[:1, JOINT("left_ankle"), 1]
    toes = BONE("LeftToeBase")
    low = [tips(fit_rig(points, H36M21, 30.0, contact=None, floor=floor), toes).min() for floor in (True, False)]
    assert low[0] > -0.005 and low[1] < -0.05


def test_what_is_no_person_is_refused():
    with pytest.raises(ValueError, match="expected H36M17 or H36M21"):
        fit_rig(np.zeros((3, 2, 3)), Skeleton(("a", "b"), (-1, 0), (), (), 1), 30.0)
    with pytest.raises(ValueError, match="found pelvis in no frame"):
        fit_rig(np.full((3, 17, 3), np.nan), H36M17, 30.0)
