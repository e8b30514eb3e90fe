"""Joint angles: a known rotation of a joint comes out as that angle with that sign, left and right."""

import numpy as np
import pytest

from geolift.biomechanics import clinical_angles, joint_angles
from geolift.skeletons.skeleton import H36M17, H36M21
from tests.helpers.jointed_figure import figure

GOLDEN = {
    "pelvis_tilt": -20.0, "pelvis_list": 10.0, "pelvis_rotation": 35.0, "lumbar_extension": -25.0,
    "lumbar_bending": 15.0, "lumbar_rotation": -20.0, "hip_flexion": 40.0, "hip_adduction": -25.0, "knee_angle": 70.0,
    "ankle_angle": 15.0, "arm_flex": 50.0, "arm_add": -60.0, "elbow_flex": 80.0,
}  # fmt: skip
TURNED = {"hip_rotation": ("knee_angle", -15.0), "arm_rot": ("elbow_flex", 30.0)}  # shown by a bent knee or elbow
SIDES = ("_r", "_l")


def one_sided():
    """(name, degrees) of every coordinate, left and right where it has sides."""
    for name, value in GOLDEN.items():
        for side in [""] if name.startswith(("pelvis", "lumbar")) else SIDES:
            yield name + side, value


def by_name(angles, frame=0):
    return dict(zip(angles.names, angles.degrees[frame], strict=True))


@pytest.mark.parametrize(("name", "value"), list(one_sided()))
def test_a_rotation_of_one_joint_comes_out_as_that_angle_and_no_other(name, value):
    found = joint_angles(figure({name: np.full(3, value)}, feet=True), H36M21, fps=30.0)
    expected = {other: value if other == name else 0.0 for other in found.names}
    for other, degrees in by_name(found).items():
        if not other.startswith(tuple(TURNED)) or np.isfinite(degrees):
            assert degrees == pytest.approx(expected[other], abs=1e-6), other


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", TURNED)
def test_a_bent_knee_or_elbow_shows_how_the_limb_above_is_turned(name, side):
    bend, value = TURNED[name]
    found = joint_angles(figure({name + side: value, bend + side: np.full(3, 60.0)}), H36M17, fps=30.0)
    assert by_name(found)[name + side] == pytest.approx(value, abs=1e-6)
    assert found.shown[:, found.names.index(name + side)].all()


@pytest.mark.parametrize("name", TURNED)
def test_rotation_of_a_straight_limb_is_not_invented(name):
    bend, value = TURNED[name]
    found = joint_angles(figure({name + "_r": value, bend + "_r": np.full(3, 5.0)}), H36M17, fps=30.0)
    column = found.names.index(name + "_r")
    assert np.isnan(found.degrees[:, column]).all() and not found.shown[:, column].any()
    bent = np.repeat([60.0, 5.0, 60.0], 10)
    found = joint_angles(figure({name + "_r": value, bend + "_r": bent}), H36M17, fps=30.0)
    np.testing.assert_allclose(found.degrees[:, column], value, atol=1e-6)  # bridged
    np.testing.assert_array_equal(found.shown[:, column], bent == 60)


def test_all_joints_at_once_come_back():
    rng = np.random.default_rng(0)
    names = [name for name, _ in one_sided()] + [name + side for name in TURNED for side in SIDES]
    drawn = {name: rng.uniform(-40, 40, 20) for name in names}
    drawn |= {name: rng.uniform(30, 120, 20) for name in names if name.startswith(("knee", "elbow"))}
    found = joint_angles(figure(drawn, feet=True), H36M21, fps=0.0)
    assert set(found.names) == set(drawn)
    for column, name in enumerate(found.names):
        np.testing.assert_allclose(found.degrees[:, column], drawn[name], atol=1e-6, err_msg=name)
    assert found.shown.all()


CLINICAL = [
    ("pelvis_tilt", -20.0, {"pelvis_anterior_tilt": 20.0, "trunk_flexion": 20.0, "spine_flexion": 0.0}),
    ("pelvis_list", 10.0, {"pelvis_right_drop": 10.0, "trunk_right_bending": 10.0}),
    ("pelvis_rotation", 30.0, {"pelvis_left_rotation": 30.0, "trunk_left_rotation": 30.0}),
    ("lumbar_extension", -20.0, {"trunk_flexion": 20.0, "spine_flexion": 20.0, "pelvis_anterior_tilt": 0.0}),
    ("lumbar_bending", 10.0, {"trunk_right_bending": 10.0, "spine_right_bending": 10.0}),
    ("lumbar_rotation", 30.0, {"spine_left_rotation": 30.0}),
    ("hip_flexion_l", 40.0, {"left_hip_flexion": 40.0, "right_hip_flexion": 0.0}),
    ("hip_adduction_l", -20.0, {"left_hip_adduction": -20.0}),
    ("knee_angle_l", 60.0, {"left_knee_flexion": 60.0, "left_hip_internal_rotation": 0.0}),
    ("ankle_angle_l", 10.0, {"left_ankle_dorsiflexion": 10.0}),
    ("arm_add_l", -90.0, {"left_shoulder_elevation": 90.0, "left_shoulder_plane": 0.0, "right_shoulder_elevation": 0}),
    ("arm_add_r", -90.0, {"right_shoulder_elevation": 90.0, "right_shoulder_plane": 0.0}),
    ("arm_flex_r", 60.0, {"right_shoulder_elevation": 60.0, "right_shoulder_plane": 90.0}),
    ("arm_flex_l", -30.0, {"left_shoulder_elevation": 30.0, "left_shoulder_plane": -90.0}),
    ("elbow_flex_l", 80.0, {"left_elbow_flexion": 80.0}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "expected"), CLINICAL)
def test_clinical_names_say_the_direction(name, value, expected):
    found = by_name(clinical_angles(figure({name: np.full(3, value)}, feet=True), H36M21, fps=30.0))
    assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("side", ["right", "left"])
def test_an_arm_raised_ahead_and_turned_inward_is_turned_inward(side):
    """Abducted by 90 degrees, elbow bent by 90 degrees: the forearm points ahead; turned inward by 90, down."""
    end = side[0]
    arm = {f"arm_add_{end}": -90.0, f"elbow_flex_{end}": np.full(3, 90.0)}
    ahead = by_name(clinical_angles(figure(arm), H36M17, fps=30.0))
    points = figure(arm)
    names = H36M17.names.index
    elbow, wrist = names(f"{side}_elbow"), names(f"{side}_wrist")
    np.testing.assert_allclose(points[0, wrist] - points[0, elbow], [0.26, 0, 0], atol=1e-9)
    points[:, wrist] = points[:, elbow] + [0, -0.26, 0]
    down = by_name(clinical_angles(points, H36M17, fps=30.0))
    key = f"{side}_shoulder_internal_rotation"
    assert down[key] - ahead[key] == pytest.approx(90, abs=1e-6)


@pytest.mark.parametrize(("name", "values"), [
    ("arm_add_r", np.linspace(0, -179, 90)), ("arm_flex_l", np.linspace(-40, 175, 90)),
    ("pelvis_list", np.linspace(0, 100, 60)), ("pelvis_rotation", np.linspace(0, 720, 120)),
    ("hip_adduction_l", np.linspace(0, -95, 60)), ("lumbar_bending", np.linspace(60, 120, 60)),
])  # fmt: skip
def test_angles_pass_a_lock_without_a_jump(name, values):
    bent = {f"{joint}_{side}": 45.0 for joint in ("knee_angle", "elbow_flex") for side in "rl"}
    found = joint_angles(figure(bent | {name: values}), H36M17, fps=30.0)
    step = np.abs(values[1] - values[0])
    assert np.abs(np.diff(found.degrees, axis=0)).max() < step + 1e-6
    turned = found.degrees[:, found.names.index(name)]
    np.testing.assert_allclose(turned - turned[0], values - values[0], atol=1e-6)


def test_what_is_missing_is_not_known_and_spoils_nothing_else():
    degrees = {"knee_angle_r": np.full(6, 50.0), "elbow_flex_l": 60.0}
    points = figure(degrees)
    whole = joint_angles(points, H36M17, fps=30.0)
    points[3, H36M17.names.index("right_ankle")] = np.nan
    found = joint_angles(points, H36M17, fps=30.0)
    lost = [found.names.index(name) for name in ("knee_angle_r", "hip_rotation_r")]
    assert np.isnan(found.degrees[3, lost[0]]) and not found.shown[3, lost].any()
    others = np.setdiff1d(np.arange(len(found.names)), lost)
    np.testing.assert_allclose(found.degrees[:, others], whole.degrees[:, others], atol=1e-9)
    assert "ankle_angle_r" not in found.names  # without feet


def test_no_whole_turn_is_found_where_nothing_shows_the_rotation():
    """A knee that is all but straight points once around while it is; a bent one does not."""
    turned = np.concatenate([np.zeros(20), np.linspace(0, 360, 60), np.full(20, 360.0)])
    bent = np.repeat([60.0, 12.0, 60.0], [20, 60, 20])
    found = joint_angles(figure({"hip_rotation_r": turned, "knee_angle_r": bent}), H36M17, fps=30.0)
    rotation = found.degrees[:, found.names.index("hip_rotation_r")]
    np.testing.assert_allclose(rotation[[0, 10, 90, 99]], 0, atol=3)
    assert np.abs(np.diff(rotation)).max() < 30


def test_a_rotation_that_is_not_shown_passes_evenly():
    """A knee that is all but straight points anywhere; the rotation of the model's thigh does not jump there."""
    noise = np.random.default_rng(0).uniform(-180, 180, 40)
    turned = np.concatenate([np.full(20, -10.0), noise, np.full(20, 30.0)])
    bent = np.repeat([60.0, 4.0, 60.0], [20, 40, 20])
    found = joint_angles(figure({"hip_rotation_l": turned, "knee_angle_l": bent}), H36M17, fps=30.0)
    rotation = found.degrees[:, found.names.index("hip_rotation_l")]
    assert np.abs(np.diff(rotation)).max() < 10
    np.testing.assert_allclose(rotation[[0, -1]], [-10, 30], atol=3)


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_knee_that_bends_the_wrong_way_shows_no_rotation(side):
    end = side[0]
    bent = np.repeat([60.0, 40.0, 60.0], 20)
    turned = np.repeat([0.0, 180.0, 0.0], 20)  # of the plane of the knee: bent forward
    found = joint_angles(figure({f"knee_angle_{end}": bent, f"hip_rotation_{end}": turned}), H36M17, fps=30.0)
    column = found.names.index(f"hip_rotation_{end}")
    np.testing.assert_allclose(found.degrees[:, column], 0, atol=3)
    assert not found.shown[20:40, column].any() and found.shown[:18, column].all()
