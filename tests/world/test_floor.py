"""The floor: under feet that stand, never above ankles, and above the camera only where that is sure."""

import numpy as np
import pytest

from geolift.world.floor import supported_floor


def standing(frames=90, height=-1.5):
    heights = np.full((frames, 2), height)
    return heights, np.ones((frames, 2), bool)


def test_it_is_below_feet_that_stand():
    heights, stands = standing()
    floor = supported_floor(heights, stands, -1.5, fps=30.0)
    assert floor.height == pytest.approx(-1.58) and not floor.several and floor.below == 0


def test_it_is_lowered_under_ankles_that_are_a_little_lower():
    heights, stands = standing()
    heights[:15] -= 0.1
    floor = supported_floor(heights, stands, -1.5, fps=30.0)
    assert (heights.min() - floor.height) == pytest.approx(0.03)


def test_a_single_low_frame_does_not_move_it():
    heights, stands = standing()
    heights[7] -= 0.5
    assert supported_floor(heights, stands, -1.5, fps=30.0).height == pytest.approx(-1.58)


def test_none_is_claimed_far_above_other_ankles():
    heights, stands = standing()
    heights[:10], stands[:10] = -1.9, False
    floor = supported_floor(heights, stands, -1.5, fps=30.0)
    assert np.isnan(floor.height) and floor.below == pytest.approx(0.35)


def test_of_several_heights_it_is_not_above_the_lowest():
    heights, stands = standing()
    heights[:30] -= 0.3
    floor = supported_floor(heights, stands, -1.5, fps=30.0)
    assert floor.several and heights.min() - floor.height == pytest.approx(0.03)


@pytest.mark.parametrize(("spread", "claimed"), [(0.0, True), (0.1, True), (0.4, False)])
def test_above_the_camera_it_has_to_be_sure(spread, claimed):
    heights, stands = standing(height=0.5)
    floor = supported_floor(heights, stands, 0.5, fps=30.0, spread=spread)
    assert np.isfinite(floor.height) == claimed and floor.above_camera != claimed
