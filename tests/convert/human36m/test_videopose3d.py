"""Human3.6M in VideoPose3D's files, and the cameras that come with them."""

import pickle

import numpy as np
import pytest

from geolift import cli
from geolift.convert.human36m import videopose3d
from geolift.data import human36m
from geolift.data.dataset import load_dataset
from geolift.errors import DatasetError
from geolift.evaluation.accuracy import evaluate
from geolift.evaluation.protocols import PROTOCOLS
from geolift.skeletons.joint_sets import COCO17, MPII16
from geolift.skeletons.skeleton import H36M17
from tests.helpers.human36m_files import (
    ACTIONS,
    CAMERAS,
    GOLDEN,
    RADIAL,
    SUBJECTS,
    TANGENTIAL,
    all32,
    people,
    project,
    sequences,
)
from tests.helpers.human36m_writers import H36M_SIDES, standing_still, write_videopose3d

FRAMES = 5
EXTRA = 2  # frames of detections beyond the motion capture's
COCO_SIDES = [[1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]]
MPII_SIDES = [[3, 4, 5, 13, 14, 15], [0, 1, 2, 10, 11, 12]]
# Where other joint sets have their joints in the 17: the named ones, and near them what the 17 lack.
COCO_OF_17 = [9, 10, 10, 9, 9, 11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3]
MPII_OF_17 = [3, 2, 1, 4, 5, 6, 0, 8, 9, 10, 16, 15, 14, 11, 12, 13]


def views(world, subject, picked=range(17), extra=0, noise=0.0, rng=None):
    seen = []
    for camera in CAMERAS:
        pixels = project(human36m.to_camera(world, subject, camera), human36m.LENSES[camera].intrinsics)[:, picked]
        pixels = np.concatenate([pixels, pixels[:1].repeat(extra, axis=0)])
        seen.append((pixels + (0 if rng is None else rng.normal(size=pixels.shape) * noise)).astype(np.float32))
    return seen


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ground truth of S1, S9, S11 as it is distributed, S11's damaged sequence in the 2D alone."""
    folder = tmp_path_factory.mktemp("videopose3d")
    worlds = people(FRAMES)
    three, two = {}, {}
    for subject in SUBJECTS:
        names = sequences() if subject != "S1" else sequences(["Walking"])
        two[subject] = {name: views(worlds[subject], subject) for name in names}
        three[subject] = {
            name: all32(worlds[subject]).astype(np.float32)
            for name in names
            if (subject, name) != ("S11", "Directions")
        }
    np.savez_compressed(folder / "data_3d_h36m.npz", positions_3d=np.array(three, object))
    write_videopose3d(folder / "data_2d_h36m_gt.npz", two)
    return folder


@pytest.mark.parametrize("world", GOLDEN)
def test_golden_points_before_a_golden_camera(world):
    seen, distorted, straight = GOLDEN[world]
    points = human36m.to_camera(np.array(world), "S1", "54138969")
    intrinsics = human36m.LENSES["54138969"].intrinsics
    np.testing.assert_allclose(points, seen, atol=1e-5)
    np.testing.assert_allclose(project(points, intrinsics, (), (0, 0)), straight, atol=1e-3)
    np.testing.assert_allclose(project(points, intrinsics, RADIAL, TANGENTIAL), distorted, atol=1e-3)


@pytest.mark.parametrize("subject", human36m.POSES)
@pytest.mark.parametrize("camera", CAMERAS)
def test_cameras_stand_upright_around_the_room_and_look_at_its_middle(subject, camera):
    middle, above = (human36m.to_camera(np.array([0, 0, z]), subject, camera) for z in (1.0, 2.0))
    assert 3.5 < middle[2] < 6 and np.abs(middle[:2]).max() < 0.2 * middle[2]
    assert above[1] - middle[1] < -0.95  # up is up
    np.testing.assert_allclose(np.linalg.norm(above - middle), 1, atol=1e-6)
    quaternion, centre = human36m.POSES[subject][CAMERAS.index(camera)]
    np.testing.assert_allclose(np.linalg.norm(quaternion), 1, atol=1e-6)
    np.testing.assert_allclose(human36m.to_camera(np.array(centre) / 1000, subject, camera), 0, atol=1e-9)


def test_the_converted_set_is_measured_by_the_protocol(folder, tmp_path, capsys):
    assert cli.main(["convert", "videopose3d", str(folder), str(tmp_path / "h36m.npz")]) == 0
    output = capsys.readouterr().out
    assert "S11's second sequence of Directions" in output and "Human3.6M, for academic use only" in output
    data = load_dataset(tmp_path / "h36m.npz")
    assert len(data.start) == 4 * (2 + 30 + 29) and set(data.fps) == {50}
    for protocol in ("h36m", "h36m-14", "h36m-64th"):
        result = evaluate(data.select("test").points_3d * 2.0, data.select("test"), protocol=PROTOCOLS[protocol])
        assert result["action_mean"]["p_mpjpe"] < 1e-3
    assert data.select("train").frames == 2 * 4 * FRAMES and set(data.select("train").subject) == {"S1"}
    assert data.image_size[data.camera == "54138969"][0].tolist() == [1000, 1002]
    assert data.image_size[data.camera == "55011271"][0].tolist() == [1000, 1000]


def test_points_are_the_recorded_ones_before_each_camera(folder):
    data, world = videopose3d.read(folder / "data_2d_h36m_gt.npz"), people(FRAMES)["S9"]
    for camera in CAMERAS:
        clip = np.flatnonzero((data.subject == "S9") & (data.action == "Eating 1") & (data.camera == camera))[0]
        points = data.points_3d[data.start[clip] : data.stop[clip]]
        np.testing.assert_allclose(points, human36m.to_camera(world, "S9", camera), atol=1e-5)
        bones = np.linalg.norm(points[:, 1:] - points[:, np.array(H36M17.parents[1:])], axis=-1)
        expected = np.linalg.norm(world[:, 1:] - world[:, np.array(H36M17.parents[1:])], axis=-1)
        np.testing.assert_allclose(bones, expected, atol=1e-4)
        assert data.clip[clip] == "S9 Eating 1"


@pytest.mark.parametrize(
    ("name", "joints", "picked", "sides", "metadata"),
    [
        ("cpn_ft_h36m_dbb", 17, range(17), H36M_SIDES, {"layout_name": "h36m"}),
        ("detectron_pt_coco", 17, COCO_OF_17, COCO_SIDES, {"layout_name": "coco"}),
        ("sh_ft_h36m", 16, MPII_OF_17, MPII_SIDES, {}),
    ],
)  # fmt: skip
def test_detections_of_every_layout(name, joints, picked, sides, metadata, folder, tmp_path, rng):
    """Longer than the motion capture, with subjects that have none, in other joints."""
    worlds = people(FRAMES)
    two = {
        subject: {name: views(worlds[subject], subject, picked, EXTRA, 2.0, rng) for name in sequences(["Photo"])}
        for subject in SUBJECTS
    }
    two["S2"] = {"TakingPhoto 1": two["S1"]["Photo"]}
    write_videopose3d(tmp_path / f"data_2d_h36m_{name}.npz", two, joints, sides, **metadata)
    alone = videopose3d.read(tmp_path)
    assert alone.points_3d is None and set(alone.select("extra").subject) == {"S2"}
    assert alone.gravity is None and "Gravity is left out: that of S2 is not known." in alone.source
    assert alone.frames == (3 * 2 + 1) * 4 * (FRAMES + EXTRA) and set(alone.action) == {"Photo 1", "Photo"}

    three = {subject: {name: all32(worlds[subject]) for name in sequences(["Photo"])} for subject in SUBJECTS}
    np.savez(tmp_path / "data_3d_h36m.npz", positions_3d=np.array(three, object))
    data = videopose3d.read(tmp_path)
    np.testing.assert_allclose(np.linalg.norm(data.gravity, axis=-1), 1, atol=1e-6)
    assert data.frames == 3 * 2 * 4 * FRAMES and "1 sequence without 3D" in data.source
    assert f"{3 * 2 * 4 * EXTRA} frames of 2D beyond the end" in data.source
    joint = H36M17.names.index
    for limb in ("wrist", "ankle"):
        at = data.keypoints[0, [joint(f"left_{limb}"), joint(f"right_{limb}")]]
        projected = project(data.points_3d[0], data.intrinsics[0])[[joint(f"left_{limb}"), joint(f"right_{limb}")]]
        np.testing.assert_allclose(at, projected, atol=10)
    assert data.seen[:, H36M17.head].all() == (metadata.get("layout_name") != "coco")


def test_a_mirrored_person_with_swapped_names_is_noticed(folder, tmp_path):
    worlds = people(FRAMES)
    left_first = [0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13]
    write_videopose3d(tmp_path / "data_2d_h36m_x.npz", {"S1": {"Walking": views(worlds["S1"], "S1", left_first)}})
    np.savez(tmp_path / "data_3d_h36m.npz", positions_3d=np.array({"S1": {"Walking": all32(worlds["S1"])}}, object))
    with pytest.raises(DatasetError, match="points_3d"):
        videopose3d.read(tmp_path)


class Payload:
    """What unpickles into a call."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize(
    ("positions", "metadata", "message"),
    [
        ({"Bob": {}}, {}, "subject: found 'Bob', expected one of S1"),
        ({"S1": 3}, {}, "positions_2d: S1: found int, expected a dictionary"),
        ({"S1": {"Walking": standing_still()["S1"]["Walking"][:3]}}, {}, "Walking: found 3 views, expected 4"),
        ({"S1": {"Walking": [np.zeros((3, 17, 3))] * 4}}, {}, r"found \[3, 17, 3\], expected an array of .*17, 2\]"),
        ({"S1": {"Walking": [np.zeros((0, 17, 2))] * 4}}, {}, r"found \[0, 17, 2\]"),
        ({"S1": {"Walking": [np.zeros((3, 17, 2), int)] * 4}}, {}, "found int64, expected floats"),
        ({}, {}, "found no frame, expected at least one"),
        (standing_still(), {"layout_name": "humaneva15"}, "'humaneva15', .*expected one of h36m, coco, mpii"),
        (standing_still(), {"layout_name": "coco"}, "keypoints_symmetry: found .*for layout coco"),
        (standing_still(), {"keypoints_symmetry": 3}, "keypoints_symmetry: expected the joints"),
        (standing_still(), {"num_joints": 15}, "num_joints 15, expected one of"),
    ],
)
def test_other_files_are_refused_in_one_line(positions, metadata, message, tmp_path):
    path = tmp_path / "data_2d_h36m_x.npz"
    write_videopose3d(path, positions, **metadata)
    with pytest.raises(DatasetError, match=message) as caught:
        videopose3d.read(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_nothing_in_the_files_is_run(tmp_path):
    path = tmp_path / "data_2d_h36m_x.npz"
    write_videopose3d(path, {"S1": {"Walking": Payload(tmp_path / "run")}})
    with pytest.raises(DatasetError, match="which is never run"):
        videopose3d.read(path)
    assert not (tmp_path / "run").exists()
    with path.open("wb") as file:
        pickle.dump(Payload(tmp_path / "run"), file)
    with pytest.raises(DatasetError, match=r"not a \.npz"):
        videopose3d.read(path)
    assert not (tmp_path / "run").exists()


def test_folders_without_one_file_and_2d_that_is_too_short(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="no data_2d_h36m"):
        videopose3d.read(tmp_path)
    for name in ("gt", "cpn_ft_h36m_dbb"):
        write_videopose3d(tmp_path / f"data_2d_h36m_{name}.npz", standing_still())
    with pytest.raises(DatasetError, match=r"found 2 files of keypoints, expected one, .*cpn_ft_h36m_dbb\.npz, data"):
        videopose3d.read(tmp_path)
    for three, message in (
        ({"S1": {"Walking": np.zeros((4, 32, 3))}}, "camera 54138969: found 3 frames, expected the 4 of data_3d"),
        ({"S1": {"Eating": np.zeros((3, 32, 3))}}, "positions_2d: found no S1 Eating"),
        ({"S2": {"Eating": np.zeros((3, 32, 3))}}, "positions_3d: found S2"),
        (
            {"S1": {"Walking": np.zeros((3, 17, 3))}},
            r"found \[3, 17, 3\], expected an array of shape \[frames, 32, 3\]",
        ),
    ):
        np.savez(tmp_path / "data_3d_h36m.npz", positions_3d=np.array(three, object))
        with pytest.raises(DatasetError, match=message):
            videopose3d.read(tmp_path / "data_2d_h36m_gt.npz")


def test_the_tables_of_the_test_are_those_of_the_joint_sets():
    """So that the detections above really are in the joints that their files claim."""
    of_17 = {"nose": "neck", "head_top": "head", "upper_neck": "neck"}
    for source, picked in ((COCO17.source, COCO_OF_17), (MPII16.source, MPII_OF_17)):
        for name, joint in zip(source, picked, strict=True):
            full = name.replace("l_", "left_", name.startswith("l_")).replace("r_", "right_", name.startswith("r_"))
            if full in H36M17.names or full in of_17:
                assert H36M17.names[joint] == of_17.get(full, full)
    assert len(ACTIONS) == 15
