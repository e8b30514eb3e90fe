"""Real detections against triangulated truth, by videos that are made here."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from benchmarks.triangulated_video import (
    levelling,
    mapped,
    read_video,
    recordings,
    seen_by,
    upright,
    world_landmarks,
)
from geolift.data.synthetic.motions import procedural_clips
from geolift.errors import DatasetError
from geolift.skeletons.joint_sets import COCO17, MEDIAPIPE33
from geolift.skeletons.skeleton import H36M17
from tests.helpers.paths import ROOT

pytest.importorskip("cv2", reason="OpenCV is not installed (pip install 'geolift[detect]')")

MATRIX = np.array([[900.0, 0, 640], [0, 900.0, 360], [0, 0, 1]])
DISTORTION = np.array([-0.3, 0.1, 0.001, -0.002, 0.0])
TILTS = {"pitched": [0.0, 20.0], "rolled": [25.0, 20.0], "on its side": [95.0, 10.0]}  # roll, pitch, degrees
LIFTED = ("refined", "frames", "levelled")  # rows of a camera that a lifter gives


def video_arrays():
    """A procedural person in world metres, z up, before three tilted cameras with distortion; joints of COCO."""
    import cv2

    points = np.asarray(procedural_clips(seed=3, people=3, seconds=2.0, fps=15.0)[0].points, np.float64)
    world = np.zeros((len(points), 17, 3))
    for j, name in enumerate(COCO17.source):
        world[:, j] = points[:, H36M17.names.index(name if name in H36M17.names else "neck")]
    world -= points[:, [0]].mean(axis=0)
    to_level = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # x right, y down, z forward from z up
    rotations = [Rotation.from_euler("ZX", tilt, degrees=True).as_matrix() @ to_level for tilt in TILTS.values()]
    t = np.tile([0.1, 0.0, 4.0], (len(rotations), 1))
    pixels = [
        cv2.projectPoints(world.reshape(-1, 3), cv2.Rodrigues(r)[0], t[0], MATRIX, DISTORTION)[0].reshape(-1, 17, 2)
        for r in rotations
    ]
    return {
        "positions_3d": world,
        "layout": np.array(["coco-17"]),
        "K": np.tile(MATRIX, (3, 1, 1)),
        "dist": np.tile(DISTORTION, (3, 1)),
        "R": np.array(rotations),
        "t": t,
        "up": np.array([0.0, 0.0, 1.0]),
        "fps": np.array(15),
        "keypoints_2d": np.array(pixels),
    }


@pytest.fixture(scope="module")
def arrays():
    return video_arrays()


@pytest.fixture(scope="module")
def file(arrays, tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "points.npz"
    np.savez(path, **arrays)
    return str(path)


def test_keypoints_are_where_an_upright_camera_without_distortion_sees_the_truth(file):
    video = read_video(file)
    for camera, recording in zip(video.cameras, recordings(video, None), strict=True):
        seen = seen_by(camera, recording, np.eye(3))
        joints = [recording.joints.index("left_wrist"), recording.joints.index("right_ankle")]
        truth = camera.truth[:, [H36M17.names.index("left_wrist"), H36M17.names.index("right_ankle")]]
        expected = 900 * truth[..., :2] / truth[..., 2:] + 640
        np.testing.assert_allclose(seen.keypoints[:, joints], expected, atol=0.05)
        assert camera.up[1] < -np.cos(np.radians(50))  # upright within half a quarter and the pitch


def test_levelled_keypoints_are_where_a_level_camera_sees_the_truth(file):
    video = read_video(file)
    for camera, recording in zip(video.cameras, recordings(video, None), strict=True):
        level = levelling(camera.up)
        np.testing.assert_allclose(level @ camera.up, [0, -1, 0], atol=1e-12)
        np.testing.assert_allclose(level @ level.T, np.eye(3), atol=1e-12)
        truth = camera.truth[:, H36M17.names.index("right_knee")] @ level.T
        found = seen_by(camera, recording, level).keypoints[:, recording.joints.index("right_knee")]
        np.testing.assert_allclose(found, 900 * truth[:, :2] / truth[:, 2:] + 640, atol=0.05)


@pytest.mark.parametrize("roll", [-179.0, -100.0, -50.0, -30.0, 0.0, 44.0, 46.0, 91.0, 170.0])
def test_quarters_turn_a_camera_upright(roll):
    up = Rotation.from_euler("z", roll, degrees=True).apply([0, -1.0, 0])
    turn = upright(up)
    assert np.degrees(np.arccos(-(turn @ up)[1])) <= 45 and np.isclose(np.linalg.det(turn), 1)
    assert np.isin(turn, (-1, 0, 1)).all()


def test_mapped_joints_are_means_and_what_is_unknown_stays_unknown(rng):
    points = rng.normal(size=(4, 33, 3))
    points[0, MEDIAPIPE33.source.index("left_hip")] = np.nan
    found = mapped(MEDIAPIPE33, points)
    hips = [MEDIAPIPE33.source.index(f"{side}_hip") for side in ("left", "right")]
    np.testing.assert_allclose(found[1:, H36M17.root], points[1:, hips].mean(axis=1))
    assert np.isnan(found[0, H36M17.root]).all() and np.isnan(found[:, H36M17.head]).all()


def test_the_vertical_is_found_where_it_is_not_given(arrays, tmp_path):
    path = tmp_path / "points.npz"
    np.savez(path, **{key: value for key, value in arrays.items() if key != "up"})
    for found, given in zip(read_video(str(path)).cameras, arrays["R"], strict=True):
        assert np.degrees(np.arccos(found.up @ found.turn @ given[:, 2])) < 15


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"K": None}, "expected \\['K'\\]"),
        ({"layout": np.array(["octopus"])}, "layout: found 'octopus'"),
        ({"t": np.zeros((2, 3))}, "t: found shape \\[2, 3\\], expected \\[3, 3\\]"),
        ({"keypoints_2d": np.zeros((3, 4, 17, 2))}, "keypoints_2d: found shape"),
    ],
)
def test_what_does_not_fit_is_named(changed, message, arrays, tmp_path):
    path = tmp_path / "points.npz"
    np.savez(path, **{key: value for key, value in (arrays | changed).items() if value is not None})
    with pytest.raises(DatasetError, match=message):
        recordings(read_video(str(path)), None)


def test_files_of_a_format_are_read_as_the_array_is(file, arrays, tmp_path):
    header = ",".join(["frame", *(f"{name}_{axis}" for name in COCO17.source for axis in "xy")])
    paths = [tmp_path / f"camera{i}.csv" for i in range(3)]
    for path, keypoints in zip(paths, arrays["keypoints_2d"], strict=True):
        rows = [",".join([str(i), *(f"{x:.4f}" for x in row.ravel())]) for i, row in enumerate(keypoints)]
        path.write_text("\n".join([header, *rows]))
    video = read_video(file)
    for found, expected in zip(recordings(video, list(map(str, paths))), recordings(video, None), strict=True):
        np.testing.assert_allclose(found.keypoints, expected.keypoints, atol=1e-3)
        assert (found.joints, found.fps, len(found.frames)) == (expected.joints, 15.0, 30)


def test_files_must_be_one_for_each_camera_with_all_frames(file, tmp_path):
    video, short = read_video(file), tmp_path / "short.csv"
    short.write_text("frame,left_hip_x,left_hip_y\n0,10,20\n1,11,20\n")
    with pytest.raises(DatasetError, match="found 1 files or folders, expected 3"):
        recordings(video, [str(short)])
    with pytest.raises(DatasetError, match=r"short\.csv: found 2 frames, expected 30"):
        recordings(video, [str(short)] * 3)


def test_mediapipes_own_3d_is_read(rng, tmp_path):
    points = rng.normal(size=(2, 33, 3))
    person = [[dict(zip("xyz", map(float, joint), strict=True)) for joint in frame] for frame in points]
    path = tmp_path / "pose.json"
    path.write_text(json.dumps([{"pose_world_landmarks": person[0]}, None, {"pose_world_landmarks": [person[1]]}]))
    found = world_landmarks(str(path))
    np.testing.assert_allclose(found[[0, 2]], mapped(MEDIAPIPE33, points))
    assert np.isnan(found[1]).all()


def test_the_program_prints_and_writes_every_camera(file, tmp_path):
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "benchmarks.video", f"--data={file}", f"--out={out}"]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    written = json.loads(out.read_text())
    rows = written["rows"]
    assert max(camera["pixels_from_truth"] for camera in written["cameras"].values()) < 0.1
    tilts = [camera["up_image"] for camera in written["cameras"].values()]
    np.testing.assert_allclose(tilts, [20.0, 31.6, 11.2], atol=0.1)  # 95 degrees of roll are turned to 5
    assert list(rows) == [f"camera {i}, {row}" for i in range(3) for row in (*LIFTED, "flat")]
    assert all(row["all"]["poses_with_limbs"] == 30 for row in rows.values())
    error = {name: row["all"]["limbs"] for name, row in rows.items()}
    for i in range(3):  # whether levelling helps is the lifter's: the one that is included knows tilted cameras
        assert all(error[f"camera {i}, {row}"] < 0.75 * error[f"camera {i}, flat"] for row in LIFTED)
    assert len(set(error.values())) == len(error)  # no row is another one's
