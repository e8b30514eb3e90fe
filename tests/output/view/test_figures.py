"""Figures: pictures of evenly spaced poses are written, whichever joints were seen."""

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.output.view import figures
from geolift.skeletons.skeleton import H36M17

PNG = b"\x89PNG"


@pytest.fixture
def drawn(monkeypatch):
    """The poses that are drawn, with what was seen of them."""
    seen = []
    draw = figures._draw
    monkeypatch.setattr(
        figures, "_draw", lambda axes, pose, *a, **k: seen.append((pose, k)) or draw(axes, pose, *a, **k)
    )
    return seen


def test_sheet_without_truth_is_evenly_spaced_and_its_views_turn(drawn, rng, tmp_path):
    points = rng.normal(size=(100, 17, 3)).astype("f")
    points[:, 0] = 0
    poses = points[..., :2]
    seen = np.ones((100, 17), bool)
    seen[0, 10] = False
    figures.lifted_sheet(points, poses, seen, H36M17, tmp_path / "wild.png")
    assert (tmp_path / "wild.png").read_bytes().startswith(PNG)
    assert len(drawn) == 12 * 4  # given, from the camera, from the side, from 45 degrees
    for k, i in enumerate(range(0, 100, 9)):
        given, camera, side, half = (pose for pose, _ in drawn[4 * k : 4 * k + 4])
        np.testing.assert_array_equal(given, poses[i])
        np.testing.assert_allclose(camera, poses[i], atol=1e-6)
        np.testing.assert_allclose(np.abs(side[:, 0]), np.abs(points[i, :, 2]), atol=1e-5)
        np.testing.assert_allclose(half, (camera + side) / [np.sqrt(2), 2], atol=1e-5)


def test_a_pose_and_its_lifted_points_have_one_size(drawn, rng, tmp_path):
    points = rng.normal(size=(2, 17, 3)).astype("f")
    points[:, 0] = 0
    poses = 300 * points[..., :2]
    poses[1] = 0  # nothing to scale by
    figures.lifted_sheet(points, poses, np.ones((2, 17), bool), H36M17, tmp_path / "it.png", names=("$a", "b"))
    (given, flat), *views = ((pose, k["span"]) for pose, k in drawn[:4])
    np.testing.assert_allclose(given / flat, views[0][0] / views[0][1], atol=1e-5)
    assert all(np.abs(pose).max() < span for pose, span in views) and drawn[4][1]["span"] > 0


def test_joints_not_seen_are_not_drawn(rng, tmp_path):
    from matplotlib.figure import Figure

    seen = np.ones(17, bool)
    seen[10] = False  # the head ends one bone
    axes = Figure().subplots()
    figures._draw(axes, rng.normal(size=(17, 2)), H36M17, span=1.0, seen=seen)
    assert len(axes.lines) == len(H36M17.bones) - 1


def test_only_whole_frames_stand_beside_the_truth(people, drawn, tmp_path):
    confidence = np.zeros_like(people.confidence)
    with pytest.raises(DatasetError, match=f"confidence: none of {people.frames} frames has all joints"):
        figures.contact_sheet(people.points_3d, people._replace(confidence=confidence), tmp_path / "none.png")
    confidence[7] = 1
    figures.contact_sheet(people.points_3d, people._replace(confidence=confidence), tmp_path / "one.png", rows=2)
    assert len(drawn) == 2 * 5 and not (tmp_path / "none.png").exists()
    given = people.keypoints[7] - people.keypoints[7, 0]
    assert all(np.array_equal(drawn[i][0], given) for i in (0, 5))


def test_few_poses_make_a_small_sheet(drawn, rng, tmp_path):
    points = rng.normal(size=(3, 17, 3))
    figures.lifted_sheet(points, points[..., :2], np.ones((3, 17), bool), H36M17, tmp_path / "few.png")
    assert len(drawn) == 3 * 4
