"""The parts of benchmarks/peers.py that are ours: calibrations, names of joints, measures. No other program is run."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from benchmarks.peer_rows import mediapipe_process, single_view
from benchmarks.peer_rows.pose2sim_demo import LAYOUT, read_demo, read_qualisys, read_truth
from benchmarks.peer_rows.videopose3d import sequences
from geolift.data.synthetic.motions import procedural_clips
from geolift.errors import DatasetError
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.skeleton import H36M17

CENTRE = np.array([2.0, -3.0, 1.5])  # metres, of the camera in the world
BACK = np.array([0.6, -0.8, 0.0])  # its z axis in the world: it looks along -z
AXES = np.stack([np.cross([0, 0, 1.0], BACK), [0, 0, 1.0], BACK])  # rows: right, up, back


@pytest.fixture
def calibration(tmp_path):
    place = {f"r{i + 1}{j + 1}": AXES[i, j] for i in range(3) for j in range(3)}
    place |= dict(zip("xyz", 1000 * CENTRE, strict=True))
    inner = {"focalLengthU": 64 * 1500, "focalLengthV": 64 * 1510, "centerPointU": 64 * 540, "centerPointV": 64 * 960}
    inner |= {f"{kind}Distortion{i}": 0.01 * i for kind in ("radial", "tangental") for i in (1, 2, 3)}
    view = {"left": 0, "top": 0, "right": 1079, "bottom": 1919}
    parts = {"transform": place, "intrinsic": inner, "fov_video": view}
    tags = "".join(
        " ".join([f"<{name}", *(f'{key}="{value}"' for key, value in part.items()), "/>"])
        for name, part in parts.items()
    )
    path = tmp_path / "calibration" / "Calib.qca.txt"
    path.parent.mkdir()
    path.write_text(f"<calibration><cameras><camera>{tags}</camera></cameras></calibration>")
    return path


def project(cameras, world):
    """Pixels of a world point without distortion, and its depth."""
    x, y, z = cameras.rotation[0] @ world + cameras.translation[0]
    return cameras.matrix[0] @ [x / z, y / z, 1.0], z


def test_a_qualisys_camera_sees_what_is_before_it_upright_and_not_mirrored(calibration):
    cameras = read_qualisys(calibration)
    ahead, depth = project(cameras, CENTRE - 4 * BACK)
    np.testing.assert_allclose(ahead[:2], [540, 960])
    assert np.isclose(depth, 4)
    above, _ = project(cameras, CENTRE - 4 * BACK + [0, 0, 1])
    np.testing.assert_allclose(above[:2], [540, 960 - 1510 / 4])
    right, _ = project(cameras, CENTRE - 4 * BACK + AXES[0])
    np.testing.assert_allclose(right[:2], [540 + 1500 / 4, 960])
    assert cameras.size.tolist() == [[1080, 1920]]
    assert np.isclose(np.linalg.det(cameras.rotation[0]), 1)


def test_what_is_no_calibration_is_named(tmp_path):
    path = tmp_path / "Calib.qca.txt"
    for text in ("x", "<calibration/>", "<c><cameras><camera><intrinsic/></camera></cameras></c>"):
        path.write_text(text)
        with pytest.raises(DatasetError, match=r"Calib\.qca\.txt.*expected a Qualisys calibration"):
            read_qualisys(path)


def write_trc(path, markers):
    """A .trc as Pose2Sim writes it: `markers` {name: [T, 3]}, the world's y, z, x."""
    names, frames = list(markers), len(next(iter(markers.values())))
    lines = ["PathFileType\t4\t(X/Y/Z)\tx.trc", "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits"]
    lines += [f"60\t60\t{frames}\t{len(names)}\tm", "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t", ""]
    for t in range(frames):
        cells = [value for name in names for value in markers[name][t]]
        lines.append("\t".join([str(t), str(t / 60), *map(str, cells)]))
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def test_the_joints_of_pose2sim_keep_their_sides_and_stand_in_the_world_of_the_cameras(calibration):
    path = calibration.parents[1] / "opensim" / "Balancing_for_IK.trc"
    world = np.random.default_rng(0).normal(size=(4, 3, 3))
    named = {"RHip": "right_hip", "LBigToe": "left_big_toe", "Head": "head_top"}
    write_trc(path, {name: world[i][:, [1, 2, 0]] for i, name in enumerate(named)} | {"CHip": world[0]})
    points, fps = read_truth(path)
    assert fps == 60
    source = JOINT_SETS[LAYOUT].source
    for i, joint in enumerate(named.values()):
        np.testing.assert_allclose(points[:, source.index(joint)], world[i])
    assert np.isfinite(points).all(axis=(0, 2)).sum() == len(named)  # CHip is no joint of BODY_25B
    write_trc(path, {"ASIS": world[0]})
    with pytest.raises(DatasetError, match="expected Pose2Sim's names"):
        read_truth(path)


def test_the_demonstration_is_read_as_cameras_with_their_truth(calibration, tmp_path):
    points = np.asarray(procedural_clips(seed=0, people=3, seconds=0.2, fps=30.0)[0].points, np.float64)
    world = points - points[:, [0]].mean(axis=0)
    names = {f"{side[0].upper()}{part.title()}": f"{side}_{part}" for side in ("left", "right")
             for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")}  # fmt: skip
    markers = {name: world[:, H36M17.names.index(joint)][:, [1, 2, 0]] for name, joint in names.items()}
    write_trc(calibration.parents[1] / "opensim" / "Balancing_for_IK.trc", markers)
    (camera,) = read_demo(calibration.parents[1], tmp_path / "truth.npz").cameras
    knee = H36M17.names.index("left_knee")
    seen = (world[:, knee] - CENTRE) @ AXES.T * [1, -1, -1]
    np.testing.assert_allclose(camera.truth[:, knee], seen, atol=1e-6)
    np.testing.assert_allclose(camera.up, [0, -1, 0], atol=1e-9)


@pytest.fixture(scope="module")
def person():
    points = np.asarray(procedural_clips(seed=1, people=3, seconds=1.0, fps=30.0)[0].points, np.float64)
    return points - points[:, [0]].mean(axis=0)


def test_place_counts_in_no_measure_and_size_lean_and_heading_only_as_it_comes(person):
    exact = single_view.measures(person + np.array([1.0, 2, 3]), person)
    for name in ("P-MPJPE", "as it comes", "knee off", "hip off", "elbow off"):
        np.testing.assert_allclose(exact[name], 0, atol=0.02)
    turned = single_view.measures(1.2 * person @ Rotation.from_euler("xy", [10, 40], degrees=True).as_matrix(), person)
    np.testing.assert_allclose(turned["P-MPJPE"], 0, atol=0.05)
    np.testing.assert_allclose(turned["elbow off"], 0, atol=0.02)
    assert turned["as it comes"].min() > 50


def test_jitter_and_bones_are_those_of_the_points(person):
    still = np.tile(person[:1], (9, 1, 1)) + np.arange(9)[:, None, None]  # moves evenly as a whole
    calm = single_view.measures(still, still)
    np.testing.assert_allclose(calm["jitter"], 0, atol=1e-6)
    np.testing.assert_allclose(calm["bones vary"], 0, atol=1e-9)
    shaken = still.copy()
    shaken[::2, H36M17.names.index("left_wrist")] += [0.013, 0, 0]  # to and fro: 2 * 13 mm in one of 13 joints
    np.testing.assert_allclose(single_view.measures(shaken, still)["jitter"], 2.0)
    assert (single_view.bone_variation(shaken) > 1e-9).sum() == 1


def test_programs_of_one_2d_are_compared_in_the_frames_that_all_give(person):
    gaps = person.copy()
    gaps[3, H36M17.names.index("right_wrist")] = np.nan
    measured = {name: [single_view.measures(points, person)] for name, points in (("a", person), ("b", gaps))}
    same = single_view.on_same_frames(measured)
    for name in ("a", "b"):
        assert np.isfinite(same[name][0]["P-MPJPE"]).sum() == len(person) - 1
        assert len(same[name][0]["knee off"]) == len(person) - 1
    assert f"{len(person) - 1}" in single_view.table(same)


def test_the_heavy_model_is_run_only_where_its_weights_are(tmp_path):
    python, weights = tmp_path / "bin" / "python", tmp_path / "lib/python3.11/site-packages" / single_view.HEAVY
    assert single_view.models_of(str(python)) == ["full"]
    weights.parent.mkdir(parents=True)
    weights.touch()
    assert single_view.models_of(str(python)) == ["full", "heavy"]


def test_landmarks_are_written_in_pixels_and_nobody_is_an_empty_list():
    found = SimpleNamespace(landmark=[SimpleNamespace(x=0.5, y=0.25, z=-0.1, visibility=0.9)])
    assert mediapipe_process.landmarks(found, 640, 480) == [{"x": 320, "y": 120, "z": -0.1, "visibility": 0.9}]
    assert mediapipe_process.landmarks(None, 640, 480) == []


def test_videopose3d_gets_screen_coordinates_and_points_about_the_root():
    skeleton = H36M17
    points = np.random.default_rng(0).normal(size=(3, 17, 3)).astype(np.float32)
    keypoints = np.zeros((3, 17, 2), np.float32)
    keypoints[0], keypoints[1], keypoints[2] = [0, 0], [1000, 500], [500, 250]
    data = SimpleNamespace(skeleton=skeleton, points_3d=points, keypoints=keypoints, start=[0, 1], stop=[1, 3],
                           image_size=np.array([[1000, 500], [1000, 500]]))  # fmt: skip
    true, poses = sequences(data)
    assert [len(clip) for clip in true] == [len(clip) for clip in poses] == [1, 2]
    np.testing.assert_allclose(poses[0][0], np.tile([-1, -0.5], (17, 1)))
    np.testing.assert_allclose(poses[1][0], np.tile([1, 0.5], (17, 1)))
    np.testing.assert_allclose(poses[1][1], 0, atol=1e-6)
    np.testing.assert_allclose(true[1][:, skeleton.root], 0)
