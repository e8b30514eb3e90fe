"""Errors of angles and events: what counts as the same angle, and as the same event."""

import numpy as np
import pytest

from benchmarks.angle_errors import _angles, _differences, matched
from tests.helpers.jointed_figure import figure


def test_an_event_is_matched_to_the_nearest_true_one_or_to_none():
    late = matched(np.array([0.52, 1.7, 3.0]), np.array([0.5, 1.75, 2.5]))
    np.testing.assert_allclose(late, [0.02, -0.05])
    assert not len(matched(np.zeros(0), np.array([1.0])))


def test_both_ways_to_write_an_arm_are_the_same_angles():
    arm = {"arm_flex_r": 20.0, "arm_add_r": -80.0, "arm_rot_r": 10.0, "elbow_flex_r": np.full(4, 60.0)}
    true = _angles(figure(arm), 30.0)
    three = [true.names.index(f"arm_{part}_r") for part in ("flex", "add", "rot")]
    degrees = true.degrees.copy()
    degrees[:, three] = degrees[:, three] * (1, -1, 1) + 180
    seen = true._replace(leverage=np.ones_like(true.leverage))
    away = _differences(seen._replace(degrees=degrees), seen)
    np.testing.assert_allclose(away[:, three], 0, atol=1e-9)
    degrees[:, three[0]] += 5
    assert _differences(seen._replace(degrees=degrees), seen)[0, three[0]] == pytest.approx(5)


def test_an_angle_that_one_of_both_does_not_show_has_no_error():
    true = _angles(figure({"knee_angle_r": np.full(4, 60.0)}), 30.0)
    hidden = true._replace(leverage=np.full_like(true.leverage, 10.0))
    assert np.isnan(_differences(hidden, true)).all() and np.isnan(_differences(true, hidden)).all()
