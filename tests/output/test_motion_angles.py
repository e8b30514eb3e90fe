"""Angles as files: .mot and .angles.csv, read back by hand and against the angles that people were built from."""

import csv

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.output.gait_text import angle_lines
from geolift.output.mocap.axes import TRC_AXES
from geolift.output.motion_angles import people_angles
from geolift.output.write import write_result
from geolift.skeletons.skeleton import H36M17, H36M21
from tests.helpers.jointed_figure import figure
from tests.helpers.motion_readers import read_mot
from tests.helpers.results import CAMERA, in_world, make_result

FRAMES = 40
DEGREES = {
    "pelvis_tilt": -5.0, "pelvis_rotation": np.linspace(0, 60, FRAMES), "lumbar_extension": -8.0,
    "hip_flexion_r": np.linspace(-10, 40, FRAMES), "knee_angle_r": np.linspace(5, 65, FRAMES), "knee_angle_l": 4.0,
    "hip_adduction_l": -12.0, "arm_add_l": -50.0, "elbow_flex_l": 70.0, "arm_rot_l": 20.0, "arm_flex_r": 30.0,
    "elbow_flex_r": np.linspace(30, 90, FRAMES), "ankle_angle_l": 8.0,
}  # fmt: skip


def built(degrees=DEGREES, feet=False, **changes):
    """A result of a person with these angles, seen by a level camera; world axes as the angles have them."""
    world = figure(degrees, feet=feet) @ TRC_AXES.world
    seen = (world - CAMERA.centre) @ CAMERA.camera_from_world.T
    frames, joints = seen.shape[:2]
    result = in_world(make_result(frames=frames))
    rotation = CAMERA.camera_from_world.T
    to_world = np.tile(np.column_stack([rotation, CAMERA.centre]).astype(np.float32), (frames, 1, 1))
    flags = np.zeros((frames, joints), bool)
    return result._replace(
        points=(seen - seen[:, :1]).astype(np.float32), position=seen[:, 0].astype(np.float32), to_world=to_world,
        world_points=world.astype(np.float32), skeleton=H36M21 if feet else H36M17, filled=flags,
        keypoints=np.full((frames, joints, 2), 500, np.float32), confidence=(~flags).astype(np.float32),
        uncertainty=np.full((frames, joints), 0.05, np.float32),
        depth_uncertainty=np.full((frames, joints), 0.05, np.float32), contact=np.zeros((frames, 2), bool),
    )._replace(**changes)  # fmt: skip


def read_table(path):
    """Columns of text by name."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("feet", [False, True])
def test_a_motion_file_has_the_angles_that_a_person_was_built_from(feet, tmp_path):
    result = built(feet=feet)
    (path,), notes = write_result(result, tmp_path / "out.mot")
    header, columns = read_mot(path)
    assert {"inDegrees=yes", f"nRows={FRAMES}", f"nColumns={len(columns)}"} <= set(header)
    np.testing.assert_allclose(columns["time"], np.arange(FRAMES) / 30, atol=1e-6)
    given = {name: values for name, values in DEGREES.items() if feet or not name.startswith("ankle")}
    for name, values in given.items():
        np.testing.assert_allclose(columns[name], np.broadcast_to(values, FRAMES), atol=0.01, err_msg=name)
    np.testing.assert_array_equal(columns["L5_S1_Flex_Ext"], columns["lumbar_extension"])
    assert ("ankle_angle_r" in columns) == feet
    assert "hip_rotation_l" not in columns and "pro_sup_r" not in columns  # a straight knee; no hands
    assert any(note.startswith("left out: pronation") and "hip_rotation_l" in note for note in notes)
    assert any("bridged" in note and "hip_rotation_r" in note for note in notes)


def test_the_pelvis_of_the_model_is_ahead_of_the_hips_and_above_them(tmp_path):
    (path,), _ = write_result(built({"knee_angle_r": np.zeros(5)}), tmp_path / "out.mot")
    columns = read_mot(path)[1]
    scale = 0.87 / 0.81
    place = [columns[f"pelvis_t{axis}"][0] for axis in "xyz"]
    np.testing.assert_allclose(place, [0.0563 * scale, 0.95 + 0.0785 * scale, 0], atol=1e-4)


def test_gaps_are_passed_and_the_ends_are_those_of_the_person(tmp_path):
    result = built()
    whole = read_mot(write_result(result, tmp_path / "out.mot").paths[0])[1]
    result = result.select_rows(~np.isin(result.frame, [0, 1, 2, 10, 11, FRAMES - 1]))
    (path,), notes = write_result(result, tmp_path / "out.mot")
    found = read_mot(path)[1]
    np.testing.assert_allclose(found["time"], np.arange(3, FRAMES - 1) / 30, atol=1e-6)
    for name in ("knee_angle_r", "pelvis_rotation", "pelvis_tx"):
        np.testing.assert_allclose(found[name], whole[name][3:-1], atol=0.05, err_msg=name)
    assert any(note.startswith("absent in 6 of 40 frames: angles pass evenly") for note in notes)


def test_a_table_has_angles_errors_and_blanks_where_nothing_shows_them(tmp_path):
    (path,), _ = write_result(built(), tmp_path / "out.angles.csv")
    table = read_table(path)
    np.testing.assert_allclose(table["right_knee_flexion"].astype(float), DEGREES["knee_angle_r"], atol=0.01)
    np.testing.assert_allclose(table["knee_angle_r"].astype(float), DEGREES["knee_angle_r"], atol=0.01)
    np.testing.assert_allclose(table["pelvis_anterior_tilt"].astype(float), 5, atol=0.01)
    bent = DEGREES["knee_angle_r"] > np.degrees(np.arcsin(1 / 3))
    np.testing.assert_array_equal(table["right_hip_internal_rotation"] != "", bent)
    np.testing.assert_array_equal(table["hip_rotation_r_error"] != "", bent)
    errors = table["right_hip_internal_rotation_error"][bent].astype(float)
    assert (np.diff(errors) < 0).all()  # the more the knee is bent
    assert (table["hip_rotation_l"] == "").all()
    assert (table["right_knee_flexion_error"].astype(float) > 1).all()


def test_the_view_is_where_the_person_faces(tmp_path):
    """The camera is ahead of a person who faces along x; who turns to the left by 60 degrees faces a side."""
    view = people_angles(built())[0].view
    np.testing.assert_allclose(np.abs(view[[0, -1]]), [0, 60], atol=3)
    assert view[-1] > 0  # the person's left is the image's right


def test_angles_of_joints_that_were_filled_in_are_less_sure(tmp_path):
    result = built()
    filled = result.filled.copy()
    filled[10:20, H36M17.names.index("right_ankle")] = True
    unsure = np.where(filled, 0.2, result.uncertainty).astype(np.float32)
    made = result._replace(
        filled=filled, confidence=np.where(filled, 0, result.confidence).astype(np.float32), uncertainty=unsure
    )
    seen, less = (read_table(write_result(one, tmp_path / "o.angles.csv").paths[0]) for one in (result, made))
    for name in ("knee_angle_r_error", "right_knee_flexion_error"):
        more = less[name].astype(float) - seen[name].astype(float)
        assert (more[10:20] > 2).all() and (more[:10] == 0).all() and (more[20:] == 0).all()
    np.testing.assert_array_equal(less["elbow_flex_r_error"], seen["elbow_flex_r_error"])


def test_without_hips_the_shoulders_show_the_view():
    result = built()
    points = result.points.copy()
    points[:, [H36M17.names.index(f"{side}_hip") for side in ("left", "right")]] = np.nan
    view = [people_angles(one)[0].view for one in (result, result._replace(points=points))]
    np.testing.assert_allclose(view[1], view[0], atol=1)


def test_without_a_world_the_camera_is_the_ground(tmp_path):
    result = built()
    lost = result._replace(world_points=None, to_world=None)
    for one, options in ((result, {"camera": True}), (lost, {})):
        (path,), notes = write_result(one, tmp_path / "out.angles.csv", **options)
        table = read_table(path)
        np.testing.assert_allclose(table["knee_angle_r"].astype(float), DEGREES["knee_angle_r"], atol=0.01)
        assert abs(float(table["pelvis_rotation"][0])) > 60  # against the camera's axes
        assert any(note.startswith("camera axes") for note in notes)
        assert any("no gait measures: found camera axes" in note for note in notes)


def test_single_images_have_angles_and_no_time_or_gait(tmp_path):
    result = built()._replace(video=False, fps=0.0, contact=None, floor=None)
    (path,), notes = write_result(result, tmp_path / "out.angles.csv")
    table = read_table(path)
    np.testing.assert_allclose(table["knee_angle_r"].astype(float), DEGREES["knee_angle_r"], atol=0.01)
    assert set(table["seconds"]) == set(table["event"]) == set(table["left_contact"]) == {""}
    assert "no gait measures: found single images, expected a video" in notes


def test_joints_of_an_animal_are_refused(tmp_path):
    dog = H36M17._replace(names=tuple(f"dog_{name}" for name in H36M17.names))
    for ending in (".mot", ".angles.csv"):
        with pytest.raises(DatasetError, match=r"out.*: found the joints dog_pelvis.*, expected those of a person"):
            write_result(built(skeleton=dog), tmp_path / f"out{ending}")
    assert not list(tmp_path.iterdir())


def test_a_person_without_legs_has_no_contact_and_no_place_of_the_pelvis(tmp_path):
    result = built()
    upper = [i for i, name in enumerate(H36M17.names) if any(part in name for part in ("shoulder", "elbow", "wrist"))]
    lost = ~np.isin(np.arange(17), upper)
    blank = {
        name: np.where(lost[:, None], np.nan, getattr(result, name)).astype(np.float32)
        for name in ("points", "world_points")
    }
    blank |= {
        name: np.where(lost, np.nan, getattr(result, name)).astype(np.float32)
        for name in ("uncertainty", "depth_uncertainty")
    }
    alone = result._replace(**blank)
    (path,), notes = write_result(alone, tmp_path / "out.mot")
    assert not any(name.startswith("pelvis") for name in read_mot(path)[1]), "no zeros for what is not known"
    assert any("pelvis_ty" in note for note in notes)
    table = read_table(write_result(alone, tmp_path / "out.angles.csv").paths[0])
    assert set(table["left_contact"]) == {""}
    whole = read_table(write_result(result, tmp_path / "out.angles.csv").paths[0])
    assert set(whole["left_contact"]) == {"0"}


def test_views_from_behind_are_less_sure_and_it_is_said(tmp_path):
    behind = built({"pelvis_rotation": np.full(FRAMES, 180.0)})
    for result, said in ((behind, True), (built(), False)):
        notes = write_result(result, tmp_path / "out.mot").notes
        assert any(note.startswith("filmed from behind") for note in notes) == said


def test_people_near_the_camera_are_less_sure_and_it_is_said():
    (far,) = people_angles(built())
    near = far._replace(distance=1.4)
    assert far.distance > 3 and not any("nearer than" in line for line in angle_lines(far))
    assert any(line.startswith("1.4 m from the camera") for line in angle_lines(near))


def test_a_spine_that_was_made_from_hips_and_shoulders_is_told():
    rng = np.random.default_rng(0)
    keypoints = rng.uniform(100, 900, (FRAMES, 17, 2)).astype(np.float32)
    pelvis, spine, thorax = (H36M17.names.index(name) for name in ("pelvis", "spine", "thorax"))
    for share, said in ((0.5, True), (0.4, False)):
        keypoints[:, spine] = (1 - share) * keypoints[:, pelvis] + share * keypoints[:, thorax]
        (person,) = people_angles(built(keypoints=keypoints.copy()))
        assert person.spine_made == said == any("no spine" in line for line in angle_lines(person))
