"""The table: right for right poses, wrong for wrong ones, counted frame by frame and action by action."""

import json

import numpy as np
import pytest

from geolift import batching, model
from geolift.errors import DatasetError
from geolift.evaluation.accuracy import PER_FRAME, evaluate, table
from geolift.evaluation.protocols import PROTOCOLS
from geolift.skeletons.skeleton import Skeleton


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


def test_swapped_sides_and_another_joint_order_are_seen(people):
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
        "frames": people.frames, "frames_left_out": 0, "frames_outside_protocol": 0, "joints": 17 * people.frames,
        "clips": len(people.start), "actions": len(set(action)),
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


@pytest.fixture
def guess(people, rng):
    """Points some 60 mm off."""
    return people.points_3d + rng.normal(scale=0.04, size=people.points_3d.shape).astype("f")


@pytest.fixture
def seen(people, rng):
    """A mask: nine joints of ten, never the spine, every root but those of the first five frames."""
    mask = rng.random(people.confidence.shape) < 0.9
    mask[:, people.skeleton.root] = True
    mask[:5, people.skeleton.root] = False
    mask[:, people.skeleton.names.index("spine")] = False
    mask[5:8, 4:] = False  # four joints are enough
    mask[5:8, 1:4] = [[True, True, True], [True, True, False], [True, False, False]]
    return mask


@pytest.mark.parametrize("junk", [1e4, 1e30, np.nan, np.inf])
@pytest.mark.parametrize("name", ["cmu", "h36m-14"])
def test_junk_at_masked_joints_changes_no_bit(people, guess, seen, junk, name):
    """The pelvis, which the 14 joints leave out, still centres; the frames and joints left out are not looked at."""
    joints = PROTOCOLS[name].joints
    protocol = PROTOCOLS["cmu"]._replace(joints=joints)
    clean = evaluate(guess, people, protocol=protocol, seen=seen)
    hidden = ~(seen & protocol.counted(people.skeleton))
    hidden[:, people.skeleton.root] = ~seen[:, people.skeleton.root]
    points, truth = (np.where(hidden[..., None], np.float32(junk), x) for x in (guess, people.points_3d))
    dirty = evaluate(points, people._replace(points_3d=truth), protocol=protocol, seen=seen)
    assert json.dumps(clean) == json.dumps(dirty)
    assert np.isfinite([clean[key] for key in (*PER_FRAME, "mpjve")]).all()
    assert clean["per_joint"]["spine"] is None and clean["per_joint"]["left_knee"] > 0
    assert (clean["per_joint"]["pelvis"] is None) == (name == "h36m-14")


def test_a_mask_leaves_frames_out_and_counts_them(people, guess, seen):
    counts = evaluate(guess, people, seen=seen)["counts"]
    assert counts["frames_left_out"] == 5 + 2 and counts["frames"] == people.frames - 7  # five roots, two of few joints
    assert counts["joints"] == seen.sum() - seen[:5].sum() - 3 - 2
    with pytest.raises(DatasetError, match=r"seen: none of \d+ frames has its root and 4 joints; nothing to evaluate"):
        evaluate(guess, people, seen=np.zeros_like(seen))
    for wrong in (seen[:5], seen.astype(float), seen[:, :5]):
        with pytest.raises(ValueError, match="seen: found"):
            evaluate(guess, people, seen=wrong)
    guess[9, 0, 0] = np.nan  # the root, which centres
    with pytest.raises(ValueError, match="1 values that are not finite"):
        evaluate(guess, people, seen=seen)


def test_a_mask_of_some_joints_measures_a_data_set_of_those_joints(people, guess):
    chosen = [people.skeleton.names.index(name) for name in ("pelvis", "head", "left_knee", "right_wrist", "neck")]
    mask = np.zeros(people.confidence.shape, bool)
    mask[:, chosen] = True
    few = people._replace(
        keypoints=people.keypoints[:, chosen],
        confidence=people.confidence[:, chosen],
        points_3d=people.points_3d[:, chosen],
        skeleton=Skeleton(("pelvis", "head", "left_knee", "right_wrist", "neck"), (-1, 0, 0, 0, 0), (), (), 1),
    )
    masked, alone = evaluate(guess, people, seen=mask), evaluate(guess[:, chosen], few)
    size = np.linalg.norm(people.points_3d[:, chosen[0]] - people.points_3d[:, chosen[1]], axis=-1).mean()
    for key in ("p_mpjpe", "p_mpjpe_reflection", "n_mpjpe", "n_mpjpe_norm", "mpjpe", "mpjve", "scale"):
        np.testing.assert_allclose(masked[key] / (10 * size), alone[key], rtol=1e-4, err_msg=key)  # mm in %
    assert masked["flip_rate"] == alone["flip_rate"]


def test_measured_joints_may_be_other_than_the_keypoints_seen(people, guess):
    """A lifter that completes what it did not see may be measured there."""
    half = people._replace(confidence=np.where(np.arange(17) == 3, 0, people.confidence).astype(np.float32))
    with pytest.raises(DatasetError, match="nothing to evaluate"):
        evaluate(guess, half)
    assert evaluate(guess, half, seen=np.ones_like(half.seen)) == evaluate(guess, people)


def test_clips_without_a_frame_rate_have_no_velocity(people, guess):
    still = people._replace(fps=np.zeros_like(people.fps))
    assert evaluate(guess, still)["mpjve"] is None
    half = people._replace(fps=np.where(np.arange(len(people.fps)) % 2, people.fps, 0))
    moving = people._select_clips(np.flatnonzero(half.fps))
    only = evaluate(guess[np.isin(people.clip_of_frame, np.flatnonzero(half.fps))], moving)
    scale = evaluate(guess, half)["scale"] / only["scale"]
    np.testing.assert_allclose(evaluate(guess, half)["mpjve"], only["mpjve"], rtol=3 * abs(scale - 1) + 1e-4)


def test_shares_of_joints_after_alignment(people):
    """A turned person is wrong until it is aligned."""
    turned = people.points_3d[..., [2, 1, 0]] * np.float32([1, 1, -1])  # a quarter turn about the vertical
    result = evaluate(turned, people)
    assert result["pa_pck"] == 100 and result["pa_auc"] > 96 and result["pck"] < 90
    assert {"pa_pck", "pa_auc"} <= set(result["definitions"]) & set(result["units"])


def test_every_measure_is_defined_and_has_a_unit(people):
    result = evaluate(people.points_3d, people)
    units, definitions = result["units"], result["definitions"]
    assert {*PER_FRAME, "mpjve"} == set(units)
    assert set(units) <= set(definitions)
    assert "only for comparison" in definitions["p_mpjpe_reflection"]
    assert "ElePose" in definitions["n_mpjpe_norm"]
    assert units["mpjpe"] == "mm" and "thresholds 0, 5 mm, ... 150 mm" in definitions["auc"]


def test_errors_of_other_skeletons_are_shares_of_their_size_in_any_unit(people):
    """The same people under other names of joints, their 3D in a unit of which nobody knows the length."""
    names = tuple(f"j{number}" for number in range(len(people.skeleton.names)))
    skeleton = people.skeleton._replace(names=names)
    spine = [
        names.index(f"j{people.skeleton.names.index(name)}") for name in ("pelvis", "spine", "thorax", "neck", "head")
    ]
    size = np.linalg.norm(np.diff(people.points_3d[:, spine], axis=1), axis=-1).sum(axis=1).mean()
    off = people.points_3d.copy()
    off[::2, 1:, 0] += 0.1  # of a person's 150 mm, and of another body's 20 %
    human, ratio = evaluate(off, people), 1 / (10 * size)  # millimetres in per cent
    for unit in (1.0, 37.0):
        other = people._replace(skeleton=skeleton, points_3d=unit * people.points_3d)
        found = evaluate(off, other)
        for key in ("p_mpjpe", "n_mpjpe", "mpjpe", "mpjve"):
            np.testing.assert_allclose(found[key], ratio * human[key], rtol=1e-3)
            assert found["units"][key].startswith("% of body size")
        correct = evaluate(off, people._replace(points_3d=0.75 / size * people.points_3d))["pck"]
        np.testing.assert_allclose(found["pck"], correct, atol=0.1)
        text = table({"off": found})
        assert "mm" not in text and "PCK@20%" in text and f"from j0 to j10: {unit * size:.3g} in the unit" in text


def test_a_body_without_a_measured_spine_has_no_size(people):
    skeleton = people.skeleton._replace(names=tuple(f"j{number}" for number in range(17)))
    confidence = np.where(np.arange(17) == people.skeleton.head, 0, people.confidence).astype(np.float32)
    blind = people._replace(skeleton=skeleton, confidence=confidence)
    with pytest.raises(DatasetError, match="no 3D of all bones from j0 to j10"):
        evaluate(people.points_3d, blind, seen=blind.seen)


def test_chunks_and_padding_change_nothing(people, monkeypatch, rng):
    points = people.points_3d + rng.normal(scale=0.05, size=people.points_3d.shape).astype("f")
    whole = evaluate(points, people)
    monkeypatch.setattr(batching, "SIZES", (1, 100))
    parts = evaluate(points, people)
    for key in PER_FRAME:
        np.testing.assert_allclose(parts[key], whole[key], rtol=1e-5)


def test_flat_skeleton_is_neither_flipped_nor_good(people, poses):
    result = evaluate(model.flat_skeleton(poses), people)
    assert 40 < result["p_mpjpe"] < 200
    np.testing.assert_allclose(result["p_mpjpe"], result["p_mpjpe_reflection"], rtol=1e-3)


def test_table_names_every_system_and_action(people):
    results = {"first": evaluate(people.points_3d, people), "second": evaluate(people.points_3d, people)}
    text = table(results)
    for word in ("first", "second", "flip rate", *people.action):
        assert word in text


def test_what_cannot_be_evaluated_is_refused(people):
    with pytest.raises(DatasetError, match="points_3d: found none"):
        evaluate(people.points_3d, people.without_3d())
    with pytest.raises(ValueError, match="51 values that are not finite"):
        evaluate(np.where(np.arange(people.frames)[:, None, None] == 3, np.nan, people.points_3d), people)
    with pytest.raises(ValueError, match="points: found shape"):
        evaluate(people.points_3d[:5], people)
