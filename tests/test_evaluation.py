"""The table: right for right poses, wrong for wrong ones, counted frame by frame and action by action."""

import numpy as np
import pytest

from geolift import chunks, evaluation, model
from geolift.dataset import DatasetError
from geolift.evaluation import evaluate


def test_the_truth_is_perfect_at_any_scale(people):
    result = evaluate(0.2 * people.points_3d, people)
    for key in ("p_mpjpe", "p_mpjpe_reflection", "n_mpjpe", "n_mpjpe_norm", "mpjpe", "mpjve"):
        assert result[key] < 0.05, key
    assert (result["pck"], result["flip_rate"]) == (100, 0)
    assert result["cps"] >= 300  # at the threshold of 0 mm rounding counts
    np.testing.assert_allclose(result["scale"], 5000, rtol=1e-4)  # 0.2 units are 1000 mm


def test_flipped_depth_is_seen_by_all_but_the_column_that_says_so(people):
    root = people.points_3d[:, :1]
    flipped = (people.points_3d - root) * np.float32([1, 1, -1])
    result = evaluate(flipped, people)
    assert result["flip_rate"] == 100
    assert result["p_mpjpe_reflection"] < 0.1
    assert result["p_mpjpe"] > 30 and result["n_mpjpe"] > 50


def test_exchanged_sides_and_another_joint_order_are_seen(people):
    for wrong in (people.points_3d[:, list(people.skeleton.mirrored)], people.points_3d[:, ::-1]):
        assert evaluate(wrong, people)["p_mpjpe"] > 30


def test_hand_worked_table(people):
    """One action is off by 30 mm in one joint of 17, all others are right."""
    action = people.action[people.clip_of_frame]
    name = people.action[0]
    points = people.points_3d.copy()
    points[action == name, 13] += np.float32([0.03, 0, 0])
    result = evaluate(points, people)
    share = (action == name).mean()
    # The scale of the whole set gives way a little to the 30 mm, which all frames pay for: 0.1 allows for that.
    np.testing.assert_allclose(result["mpjpe"], share * 30 / 17, rtol=0.1)
    np.testing.assert_allclose(result["per_action"][name]["mpjpe"], 30 / 17, rtol=0.1)
    np.testing.assert_allclose(result["action_mean"]["mpjpe"], 30 / 17 / len(set(action)), rtol=0.1)
    assert max(result["per_joint"], key=result["per_joint"].get) == people.skeleton.names[13]
    assert result["counts"] == {
        "frames": people.frames, "frames_left_out": 0, "clips": len(people.start), "actions": len(set(action)),
    }  # fmt: skip
    assert sum(row["frames"] for row in result["per_action"].values()) == people.frames


def test_velocity_errors_never_cross_a_clip(people):
    """Every other clip is shifted one way, the next the other: the error jumps between clips, and only there."""
    side = np.where(people.clip_of_frame % 2, 0.05, -0.05).astype(np.float32)
    points = people.points_3d.copy()
    points[:, 1:, 0] += side[:, None]
    result = evaluate(points, people)
    assert result["mpjpe"] > 40 and result["mpjve"] < 1  # one jump alone is a step of 94 mm, a tenth of all steps


def test_frames_with_missing_joints_are_counted_not_measured(people):
    confidence, points = people.confidence.copy(), people.points_3d.copy()
    confidence[:7, 2] = 0
    points[:7, 2] += 5
    result = evaluate(points, people._replace(confidence=confidence))
    assert result["p_mpjpe"] < 0.05 and result["counts"]["frames_left_out"] == 7
    with pytest.raises(DatasetError, match="nothing to evaluate"):
        evaluate(points, people._replace(confidence=0 * confidence))


def test_chunks_and_padding_change_nothing(people, monkeypatch, rng):
    points = people.points_3d + rng.normal(scale=0.05, size=people.points_3d.shape).astype("f")
    whole = evaluate(points, people)
    monkeypatch.setattr(chunks, "SIZE", 100)
    parts = evaluate(points, people)
    for key in evaluation.PER_FRAME:
        np.testing.assert_allclose(parts[key], whole[key], rtol=1e-5)


def test_flat_skeleton_is_neither_flipped_nor_good(people, poses):
    result = evaluate(model.flat(poses), people)
    assert 40 < result["p_mpjpe"] < 200
    np.testing.assert_allclose(result["p_mpjpe"], result["p_mpjpe_reflection"], rtol=1e-3)


def test_table_names_every_system_and_action(people):
    results = {"first": evaluate(people.points_3d, people), "second": evaluate(people.points_3d, people)}
    text = evaluation.table(results)
    for word in ("first", "second", "flip rate", *people.action):
        assert word in text


def test_what_cannot_be_evaluated_is_refused(people):
    with pytest.raises(DatasetError, match="points_3d: found none"):
        evaluate(people.points_3d, people.blind())
    with pytest.raises(ValueError, match="51 values that are not finite"):
        evaluate(np.where(np.arange(people.frames)[:, None, None] == 3, np.nan, people.points_3d), people)
    with pytest.raises(ValueError, match="points: found shape"):
        evaluate(people.points_3d[:5], people)
