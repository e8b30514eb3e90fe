"""Medians and extents of groups equal those of each group for itself."""

import numpy as np

from geolift.lifting.grouped import grouped_median, grouped_middle


def test_groups_are_as_each_for_itself():
    rng = np.random.default_rng(0)
    values, group = rng.normal(size=(200, 3)), rng.integers(0, 30, 200)
    group[group == 7] = 8
    some = np.where(rng.random(values.shape) < 0.3, np.nan, values)
    some[group == 4] = np.nan
    medians, middles = grouped_median(some, group, 30), grouped_middle(values, group, 30)
    for one in range(30):
        rows = group == one
        if one in (4, 7):
            assert np.isnan(medians[one]).all()
        else:
            np.testing.assert_array_equal(medians[one], np.nanmedian(some[rows], axis=0))
        if one == 7:
            assert np.isnan(middles[one]).all()
        else:
            np.testing.assert_array_equal(middles[one], (values[rows].min(axis=0) + values[rows].max(axis=0)) / 2)
