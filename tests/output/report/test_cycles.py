"""Means over the gait cycle."""

import numpy as np

from geolift.output.report.cycles import PERCENT, average, whole_cycles


def test_cycles_of_any_length_have_one_shape():
    strikes = np.array([3.4, 33.4, 70.1, 95.0])
    phase = np.interp(np.arange(100), strikes, np.arange(4), left=np.nan, right=np.nan)
    mean, spread, count = average(np.sin(2 * np.pi * phase), whole_cycles(strikes))
    assert count == 3
    np.testing.assert_allclose(mean[3:-3], np.sin(2 * np.pi * PERCENT / 100)[3:-3], atol=0.02)
    assert np.nanmax(spread) < 0.03


def test_mean_and_spread_by_hand():
    values = np.repeat([1.0, 3.0, 8.0], 10)
    mean, spread, count = average(values, [(0, 9), (10, 19), (20, 29)])
    assert count == 3 and (mean == 4).all()
    np.testing.assert_allclose(spread, np.std([1, 3, 8], ddof=1))
    alone = average(values, [(0, 9)])
    assert (alone.mean == 1).all() and np.isnan(alone.spread).all()


def test_what_is_not_known_in_half_of_the_cycles_has_no_mean():
    values = np.repeat([1.0, 3.0, 8.0, 4.0], 10)
    values[[5, 15, 25]] = np.nan
    values[2] = np.nan
    mean, spread, _ = average(values, [(0, 9), (10, 19), (20, 29), (30, 39)])
    unknown = np.isnan(mean)
    assert unknown[50:61].all() and unknown.sum() < 25 and (np.isnan(spread) == unknown).all()
    assert mean[22] == 5 and mean[0] == 4  # without the first; of all
    assert average(np.full(40, np.nan), [(0, 9)]) is None and average(values, []) is None


def test_a_pause_is_no_cycle():
    assert whole_cycles([0.0, 30.0, 61.0, 150.0, 181.0]) == [(0, 30), (30, 61), (150, 181)]
    assert whole_cycles([4.0]) == whole_cycles([]) == []
