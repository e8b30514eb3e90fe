"""The errors that the benchmarks of cameras and of real video print."""

import numpy as np
import pytest

import geolift
from benchmarks import pose_errors
from geolift.skeletons.skeleton import H36M17

NECK = H36M17.names.index("neck")
ANKLE = H36M17.names.index("left_ankle")


@pytest.fixture
def truth(people):
    return people.points_3d.astype(np.float64)


@pytest.fixture(scope="module")
def model():
    return geolift.load("cmu")


def test_an_oracle_has_no_error(truth):
    row = pose_errors.summary(pose_errors.pose_errors(0.01 * (truth - truth[:, :1]), truth, H36M17))
    assert row["poses"] == row["poses_with_limbs"] == len(truth)
    for name, value in row.items():
        if not name.startswith("poses"):
            assert value == pytest.approx(0.0, abs=0.05), name


def test_mirrored_depth_is_counted_as_flipped(truth):
    mirrored = (truth - truth[:, :1]) * [1, 1, -1]
    row = pose_errors.summary(pose_errors.pose_errors(mirrored, truth, H36M17))
    assert row["flip_rate"] > 95 and row["limbs"] > 20


def test_spine_and_head_do_not_count_among_limbs(truth):
    moved = truth.copy()
    moved[:, NECK] += 0.3
    errors = pose_errors.pose_errors(moved, truth, H36M17)
    assert errors.joints.min() > 5
    np.testing.assert_allclose(errors.limbs, 0.0, atol=0.05)


def test_a_missing_limb_joint_leaves_the_joints_that_were_seen(truth):
    points = truth.copy()
    points[:5, ANKLE] = np.nan
    errors = pose_errors.pose_errors(points, truth, H36M17)
    assert np.isnan(errors.limbs[:5]).all() and np.isfinite(errors.limbs[5:]).all()
    np.testing.assert_allclose(errors.joints, 0.0, atol=0.05)
    assert np.isnan(errors.angles["knee"][:5]).tolist() == [[True, False]] * 5


def test_a_pose_of_three_joints_is_not_measured(truth):
    points = truth[:2].copy()
    points[0, 3:] = np.nan
    errors = pose_errors.pose_errors(points, truth[:2], H36M17)
    assert np.isnan(errors.joints[0]) and np.isfinite(errors.joints[1])


def test_bias_is_the_mean_and_spread_the_deviation(truth):
    errors = pose_errors.pose_errors(truth, truth, H36M17)
    knee = np.tile([4.0, 8.0], (len(truth), 1))
    row = pose_errors.summary(errors._replace(angles={"knee": knee}))
    assert (row["knee_bias"], row["knee_spread"]) == (6.0, 2.0)


def test_every_pose_is_of_one_view_and_the_views_add_up(truth):
    view = pose_errors.views(truth, H36M17, up=np.broadcast_to([0.0, -1.0, 0.0], (len(truth), 3)))
    rows = pose_errors.by_view(pose_errors.pose_errors(truth, truth, H36M17), view)
    assert sum(rows[name]["poses"] for name in pose_errors.VIEWS) == rows["all"]["poses"] == len(truth)


@pytest.mark.parametrize(
    ("degrees", "name"),
    [(0, "frontal"), (22, "frontal"), (-23, "half frontal"), (90, "side"), (-120, "half back"), (179, "back")],
)
def test_views_are_named_by_where_a_person_faces(degrees, name):
    """A person 4 m ahead of a level camera whose left is at the right of the image faces it."""
    pose, turn = np.zeros((1, 17, 3)), np.radians(degrees)
    across = 0.2 * np.array([np.cos(turn), 0, np.sin(turn)])
    pose[:, list(H36M17.left)], pose[:, list(H36M17.right)] = across, -across
    found = pose_errors.views(pose + np.array([0, 0, 4.0]), H36M17, up=np.array([[0.0, -1.0, 0.0]]))
    assert [pose_errors.VIEWS[i] for i in found] == [name]


def test_stills_are_lifted_as_lift_does(people, model):
    """The same points up to the size of each person, with missing joints, too."""
    keypoints, seen = people.keypoints[:20], people.seen[:20].copy()
    seen[::2, ANKLE] = False
    points = pose_errors.lift_stills(model, keypoints, seen, "example").points
    recording = pose_errors.stills(keypoints, seen.astype(float), joints=H36M17.names, origin="example")
    expected = geolift.lift(recording, model=model, refine=False).points
    np.testing.assert_array_equal(np.isnan(points), np.isnan(expected))
    size = np.nansum(points * expected, axis=(1, 2)) / np.nansum(points * points, axis=(1, 2))
    np.testing.assert_allclose(points * size[:, None, None], expected, atol=1e-4)


def test_the_flat_skeleton_has_equal_depths(people, model):
    points = pose_errors.lift_stills(pose_errors.flat(model), people.keypoints[:5], people.seen[:5], "example").points
    assert np.abs(points[..., 2]).max() == 0 and np.abs(points[..., :2]).max() > 0.1


def test_a_table_is_aligned():
    lines = pose_errors.table("mm", {"a": ["1.0", "-"], "long name": ["10.0", "2.0"]}, ("error", "flat")).splitlines()
    assert lines[0].split() == ["mm", "error", "flat"] and len({len(line) for line in lines}) == 1


def test_the_root_is_measured_after_aligning_other_joints(truth):
    """However turned and large the pose is; a mirrored one is not aligned."""
    aligned = np.arange(17) > H36M17.names.index("left_ankle")
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    rotation *= np.linalg.det(rotation)
    off = truth.copy()
    off[:, H36M17.root] += [0.03, 0, 0.04]
    np.testing.assert_allclose(
        pose_errors.root_errors(0.2 * off @ rotation, truth, aligned, H36M17.root), 50, atol=1e-3
    )
    assert pose_errors.root_errors(truth * [1, 1, -1], truth, aligned, H36M17.root).mean() > 20
    off[0, -1] = np.nan
    errors = pose_errors.root_errors(off, truth, aligned, H36M17.root)
    assert np.isnan(errors[0]) and np.isfinite(errors[1:]).all()
