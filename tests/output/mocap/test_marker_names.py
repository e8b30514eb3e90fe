"""Names of markers: those of the programs, on the same points; left stays left; what is never seen has no marker."""

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.output.mocap.marker_names import CHOICES, MARKERS, choose_markers
from geolift.output.write import write_result
from geolift.skeletons.skeleton import H36M17, H36M21
from tests.helpers.motion_readers import READERS, library, world_points
from tests.helpers.results import make_result

# As the programs have them: Pose2Sim's Markers_Halpe26.xml, getOpenPoseMarkerNames of OpenCap.
POSE2SIM = (
    "Nose Head Neck LShoulder RShoulder LElbow RElbow LWrist RWrist Hip LHip RHip LKnee RKnee LAnkle RAnkle "
    "LBigToe LHeel RBigToe RHeel"
)
OPENCAP = POSE2SIM.replace("Head ", "").replace(" Hip ", " midHip ")
JOINT = H36M17.names.index


def with_feet(result):
    """The result with toes and heels, made up."""
    changed = {"skeleton": H36M21}
    for key in ("points", "keypoints", "confidence", "filled"):
        values = getattr(result, key)
        changed[key] = np.concatenate([values, values[:, [6, 6, 3, 3]]], axis=1)
    changed["points"][:, 17:, 1] += 0.1
    return result._replace(**changed)


@pytest.mark.parametrize(("markers", "expected"), [("pose2sim", POSE2SIM), ("opencap", OPENCAP)])
def test_the_names_are_those_of_the_program(markers, expected):
    assert set(MARKERS[markers].values()) == set(expected.split())
    for joint, name in MARKERS[markers].items():
        assert name[0] == {"left": "L", "righ": "R"}.get(joint[:4], name[0]) or joint in ("pelvis", "thorax")


@pytest.mark.parametrize("suffix", [".trc", ".c3d"])
@pytest.mark.parametrize("markers", ["pose2sim", "opencap"])
def test_points_keep_their_places_under_their_new_names(suffix, markers, tmp_path):
    if suffix == ".c3d":
        library("ezc3d")
    result = with_feet(make_result(frames=5))
    (path,), notes = write_result(result, tmp_path / f"out{suffix}", markers=markers)
    read = READERS[suffix](path)
    left_out = "spine" if markers == "pose2sim" else "spine, head"
    assert f"left out, as {markers} has no such marker: {left_out}" in notes
    assert len(read) == 20 if markers == "pose2sim" else 19
    for name, joint in (
        ("LAnkle", "left_ankle"),
        ("RWrist", "right_wrist"),
        ("Neck", "thorax"),
        ("RBigToe", "right_toe"),
    ):
        expected = world_points(result)[:, H36M21.names.index(joint)]
        np.testing.assert_allclose(read[name], expected, atol=1e-5)


@pytest.mark.parametrize("suffix", [".trc", ".c3d"])
def test_a_joint_that_is_never_seen_has_no_marker(suffix, tmp_path):
    if suffix == ".c3d":
        library("ezc3d")
    result = make_result(people=2, frames=4)
    points = result.points.copy()
    points[:, JOINT("head")] = np.nan
    points[result.person == 1, JOINT("left_wrist")] = np.nan
    points[:2, JOINT("right_knee")] = np.nan
    (path,), notes = write_result(result._replace(points=points), tmp_path / f"out{suffix}")
    read = READERS[suffix](path)
    assert len(read) == 2 * 16 - 1 and not any(name.endswith("head") for name in read)
    assert "left out, as no frame shows them: head" in notes
    assert "left out, as no frame shows them: 1 markers of some of the people" in notes
    knee = next(values for name, values in read.items() if name.endswith("0:right_knee"))
    np.testing.assert_array_equal(np.isnan(knee[:, 0]), [True, True, False, False])


def test_one_file_for_each_person_where_names_alone_count(tmp_path):
    result = make_result(people=2, frames=4)
    for markers, files in ((None, 1), ("h36m", 1), ("pose2sim", 2), ("opencap", 2)):
        paths, _ = write_result(result, tmp_path / f"{markers}.trc", **({"markers": markers} if markers else {}))
        assert len(paths) == files
        assert all((":" in name) == (files == 1) for path in paths for name in READERS[".trc"](path))


def test_unknown_sets_and_other_skeletons_are_refused(tmp_path):
    result = make_result(frames=2)
    with pytest.raises(DatasetError, match=f"markers: found 'vicon', expected one of {', '.join(CHOICES)}"):
        write_result(result, tmp_path / "out.trc", markers="vicon")
    animal = result._replace(skeleton=H36M17._replace(names=("tail", *H36M17.names[1:])))
    with pytest.raises(DatasetError, match="markers: found no pelvis, expected the joints of a person for 'opencap'"):
        write_result(animal, tmp_path / "out.trc", markers="opencap")
    with pytest.raises(DatasetError, match="found no lifted point"):
        choose_markers(result, np.full((1, 2, 17, 3), np.nan), None)
