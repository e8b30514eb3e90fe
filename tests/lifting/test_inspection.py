"""Inspections of keypoints, data sets and lifted poses: what a file holds and what looks wrong in it."""

import json

import numpy as np
import pytest

from geolift.data.dataset import save_dataset
from geolift.keypoints.options import Options
from geolift.lifting.inspection import describe_inspection, inspect_file
from geolift.output import npz_json
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.skeleton import H36M17
from tests.helpers.results import make_result

JOINTS = JOINT_SETS["coco17"].source
BESIDE = {"nose": "neck", "left_eye": "neck", "right_eye": "neck", "left_ear": "head", "right_ear": "head"}


@pytest.fixture(scope="module")
def coco(people):
    """Keypoints `[P, T, 17, 3]` with confidences of procedural people beside each other, in COCO's joints."""
    clips = [slice(people.start[i], people.stop[i]) for i in np.flatnonzero(people.camera == "camera0")[:3]]
    order = [H36M17.names.index(BESIDE.get(name, name)) for name in JOINTS]
    points = np.stack([people.keypoints[clip][:, order] + [900 * i, 0] for i, clip in enumerate(clips)])
    return np.concatenate([points, np.full_like(points[..., :1], 0.9)], axis=-1)


def write(path, people, absent=()):
    """Write AlphaPose's JSON; people in `absent`, (person, frame), are left out."""
    results = [
        {"image_id": f"{t}.jpg", "category_id": 1, "keypoints": pose.ravel().tolist(), "score": 2.5, "box": [0]}
        for person, poses in enumerate(people)
        for t, pose in enumerate(poses)
        if (person, t) not in absent
    ]  # fmt: skip
    path.write_text(json.dumps(results))
    return path


def test_a_good_file(coco, tmp_path):
    coco = coco.copy()
    coco[:, :, JOINTS.index("left_ear")] = 0
    coco[0, :5, JOINTS.index("right_wrist")] = 0
    path = write(tmp_path / "alphapose-results.json", coco, absent=[(1, 4), (2, 5)])
    found = inspect_file(path, options=Options(fps=10.0, image_size=(3000.0, 1000.0)))
    frames = coco.shape[1]
    assert (found.format, found.joint_set, found.joints) == ("alphapose", "coco17", JOINTS)
    assert (found.frames, found.people, found.detections) == (frames, 3, 3 * frames - 2)
    assert found.video and not found.tracked and found.fps == 10 and found.image_sizes == ((3000.0, 1000.0),)
    np.testing.assert_allclose(found.missing[JOINTS.index("left_ear")], 1)
    np.testing.assert_allclose(found.missing[JOINTS.index("right_wrist")], 5 / found.detections)
    assert [sentence.split(":")[0] for sentence in found.warnings] == ["missing in nearly all of 28 detections"]
    said = describe_inspection(found)
    for part in (
        "alphapose-results.json: alphapose", "coco17, 17: nose, left_eye", "10 frames, 10 frames per second",
        "3 people (tracked by geolift", "28 detections", "3000 x 1000", "left_ear 100%, right_wrist 18%", "warning: m",
    ):  # fmt: skip
        assert part in said
    assert inspect_file(path, format="alphapose").joint_set == "coco17"


def test_a_wrong_joint_order_gives_a_warning(coco, people, tmp_path):
    rows = slice(people.start[0], people.stop[0])
    human36m = np.concatenate([people.keypoints[rows], people.confidence[rows][..., None]], axis=-1)
    found = inspect_file(write(tmp_path / "poses.json", human36m[None]), options=Options(joints="coco17"))
    assert any("they look like h36m17, not like coco17" in sentence for sentence in found.warnings)
    right = inspect_file(write(tmp_path / "poses.json", human36m[None]), options=Options(joints="h36m17"))
    assert right.warnings == () and right.joint_set == "h36m17" and "no warnings" in describe_inspection(right)


def test_a_data_set(people, people_file, tmp_path):
    found = inspect_file(people_file)
    assert found.joint_set == "h36m17" and found.detections == found.frames == people.frames
    assert found.people == len(people.start) and found.tracked and found.warnings == () and not found.missing.any()
    said = describe_inspection(found)
    assert "3D points" in said and "train" in said and "intrinsics" in said
    plain = tmp_path / "plain.npz"
    save_dataset(people.without_3d()._replace(intrinsics=None, source=""), plain)
    assert {"no 3D points", "no intrinsics", "source: not given"} <= set(inspect_file(plain).holds)


@pytest.mark.parametrize("suffix", ["npz", "json"])
def test_lifted_poses(suffix, tmp_path):
    result = make_result(people=2)
    path = tmp_path / f"poses.{suffix}"
    {"npz": npz_json.write_npz, "json": npz_json.write_json}[suffix](result, path)
    found = inspect_file(path)
    assert found.format == npz_json.FORMAT and found.joint_set == "h36m17" and found.notes == result.notes
    assert (found.people, found.frames, found.detections) == (2, len(result.frames), len(result.frame))
    assert (
        found.warnings == ()
        and "3D points of 17 joints in m" in describe_inspection(found)
        and result.model in describe_inspection(found)
    )


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.json"):
        inspect_file(tmp_path / "nothing.json")
