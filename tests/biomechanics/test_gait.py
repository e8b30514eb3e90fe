"""Gait events and measures of walks that are made by hand, and of what is no walk."""

import numpy as np
import pytest

from geolift.biomechanics import gait_events, gait_measures
from geolift.skeletons.skeleton import H36M17, H36M21
from tests.helpers.jointed_figure import figure

FPS = 50.0


def walker(*, stride=1.1, right=0.7, left=0.6, stance=0.62, strides=5.0, ahead=(1.0, 0.0, 0.0), lag=0.5):
    """Points `[F, 17, 3]`, contacts `[F, 2]` (left, right) and the right and left strikes of a walk along `ahead`.

    Feet stand while the pelvis passes, and swing evenly; a step of the right foot is `right` metres long, of the left
    one `left`. The left foot strikes `lag` strides after the right one.
    """
    time = np.arange(round(strides * stride * FPS)) / FPS
    points = np.repeat(figure({}), len(time), axis=0)
    contact = np.zeros((len(time), 2), bool)
    pelvis = (right + left) * time / stride
    strikes = []
    for column, side, start in ((1, "right", 0.25), (0, "left", 0.25 + lag)):
        cycle = time / stride - start  # strides since the first strike
        share, count = cycle % 1.0, np.floor(cycle)
        contact[:, column] = share < stance
        reach = (right if side == "right" else left) * 0.5
        place = (
            (right + left) * (start + count) + reach + (right + left) * np.clip((share - stance) / (1 - stance), 0, 1)
        )
        names = [H36M17.names.index(f"{side}_{joint}") for joint in ("ankle", "knee")]
        points[:, names[0], 0] = place - pelvis
        points[:, names[1], 0] = (place - pelvis) / 2
        strikes.append(stride * (start + np.arange(np.ceil(-start), strides)))
    points[..., 0] += pelvis[:, None]
    x, z = np.array(ahead), np.cross(ahead, [0.0, 1.0, 0.0])
    return points @ np.stack([x, [0, 1, 0], z]), contact, *strikes


def measured(points, contact, skeleton=H36M17):
    events = gait_events(points, skeleton, fps=FPS, contact=contact)
    return events, gait_measures(points, skeleton, events, fps=FPS)


@pytest.mark.parametrize("ahead", [(1.0, 0, 0), (0, 0, 1.0), (-0.6, 0, 0.8)])
def test_a_walk_has_its_measures_left_and_right(ahead):
    points, contact, right, left = walker(ahead=ahead)
    events, gait = measured(points, contact)
    measures = gait.measures
    assert gait.why_not == "" and events.unconfirmed == 0
    for found, true in ((events.right_strikes, right), (events.left_strikes, left)):
        true = true[(true > 0.1) & (true < points.shape[0] / FPS - 0.1)]
        np.testing.assert_allclose(found, true, atol=1 / FPS)
    assert measures.cadence == pytest.approx(2 * 60 / 1.1, rel=0.01)
    assert measures.speed == pytest.approx(1.3 / 1.1, rel=0.01)
    assert measures.stride_time == pytest.approx((1.1, 1.1), abs=0.01)
    assert measures.stance_share == pytest.approx((0.62, 0.62), abs=0.03)
    assert measures.step_time == pytest.approx((0.55, 0.55), abs=0.02)


def test_a_limp_is_on_its_own_side():
    points, contact, *_ = walker(right=0.8, left=0.5, lag=0.4)
    measures = measured(points, contact)[1].measures
    assert measures.step_time.left == pytest.approx(0.44, abs=0.02)
    assert measures.step_time.right == pytest.approx(0.66, abs=0.02)
    assert measures.step_length.right - measures.step_length.left > 0.2
    mirrored = points * [1, 1, -1]
    mirrored = mirrored[:, list(H36M17.mirrored)]
    other = measured(mirrored, contact[:, ::-1])[1].measures
    for name in ("step_length", "step_time", "stance_share"):
        assert getattr(other, name) == pytest.approx(getattr(measures, name)[::-1], abs=1e-6)


def test_heels_and_toes_count_where_they_are_known():
    points, contact, *_ = walker()
    feet = np.full((len(points), 4, 3), np.nan)
    for i, (side, shift) in enumerate((("left", 0.15), ("left", -0.05), ("right", 0.15), ("right", -0.05))):
        feet[:, i] = points[:, H36M17.names.index(f"{side}_ankle")] + [shift, -0.08, 0]
    events, gait = measured(np.concatenate([points, feet], axis=1), contact, H36M21)
    plain = measured(points, contact)
    np.testing.assert_allclose(events.right_strikes, plain[0].right_strikes, atol=1e-6)
    for found, true in zip(gait.measures, plain[1].measures, strict=True):
        assert found == pytest.approx(true)
    feet[: len(feet) // 2, 3] = np.nan  # a heel that is lost for half of the clip
    events, _ = measured(np.concatenate([points, feet], axis=1), contact, H36M21)
    assert 0 < len(events.right_strikes) < len(plain[0].right_strikes)


def test_an_event_without_contact_is_left_out_and_counted():
    points, contact, *_ = walker()
    contact[round(2.0 * FPS) : round(3.2 * FPS), 1] = False
    events, _ = measured(points, contact)
    whole = gait_events(points, H36M17, fps=FPS)
    assert len(events.right_strikes) < len(whole.right_strikes) and events.unconfirmed > 0
    np.testing.assert_array_equal(events.left_strikes, whole.left_strikes)


def lying(points):
    body = points - points[:, :1]
    arms = [i for i, name in enumerate(H36M17.names) if "ankle" not in name and "knee" not in name]
    body[:, arms] = body[:, arms] @ np.array([[0.0, 0, 0], [0.99, 0.1, 0], [0, 0, 1]])
    return body + points[:, :1]


def on_the_spot(points):
    return points - points[:, :1] * [1, 0, 0]


@pytest.mark.parametrize(("change", "why_not"), [
    (on_the_spot, "treadmill"),
    (lambda points: points[: round(1.6 * FPS)], "steps in a row, expected at least 3"),
    (lambda points: points * [0.1, 1, 1], "0 steps in a row"),
    (lambda points: points * [1.7, 1, 1], "a run"),
    (lying, "not upright"),
    (lambda points: np.full_like(points, np.nan), "0 steps in a row"),
    (lambda points: np.repeat(points[:1], 100, axis=0), "0 steps in a row"),
])  # fmt: skip
def test_what_is_no_walk_has_no_measures(change, why_not):
    points = change(walker(stride=0.9, right=0.7, left=0.7)[0])
    events = gait_events(points, H36M17, fps=FPS)
    gait = gait_measures(points, H36M17, events, fps=FPS)
    assert gait.measures is None
    assert why_not in gait.why_not


def test_steps_backward_and_sideways_are_no_walk():
    points = walker()[0]
    backward = points[::-1]
    events = gait_events(backward, H36M17, fps=FPS)
    assert "backward" in gait_measures(backward, H36M17, events, fps=FPS).why_not
    sideways = points.copy()
    shift = points[:, :1, 0]
    sideways[..., 0] -= shift
    sideways[..., 2] += shift
    events = gait_events(sideways, H36M17, fps=FPS)
    assert gait_measures(sideways, H36M17, events, fps=FPS).measures is None


def test_a_few_steps_among_others_are_no_walk():
    """Three steps ahead, then weight goes from foot to foot."""
    points, _, *_ = walker(strides=2.0)
    sway = on_the_spot(walker(strides=8.0, right=0.25, left=0.25)[0])
    swaying = sway * [0.4, 1, 1] + points[-1, 0] * [1, 0, 0]
    both = np.concatenate([points, swaying])
    events = gait_events(both, H36M17, fps=FPS)
    assert gait_measures(both, H36M17, events, fps=FPS).measures is None


def test_feet_strike_no_floor_while_the_trunk_is_not_upright():
    points, contact, *_ = walker()
    half = len(points) // 2
    points[half:] = lying(points[half:])
    events, _ = measured(points, contact)
    for times in events[:4]:
        assert len(times) and (times < (half + 1) / FPS).all()


def test_a_treadmill_is_told_from_feet_that_never_stand_still():
    points, contact, *_ = walker(strides=9.0)
    why_not = measured(on_the_spot(points), np.zeros_like(contact))[1].why_not
    assert why_not.startswith("found 0 steps in a row") and "a treadmill?" in why_not
