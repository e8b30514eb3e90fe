"""Any number of rows, a few programs."""

import jax
import numpy as np
import pytest

from geolift import batching
from geolift.batching import SIZES, map_chunks


def test_every_row_comes_back_in_its_place_through_few_programs():
    traced = []

    @jax.jit
    def double(x, y):
        traced.append(x.shape[0])
        return {"sum": x + y, "product": (x * y).sum(-1)}

    for rows in (1, 2, 3, 4, 8, 9, 63, 64, 65, 256, 500, 512, 513, 4095, 4096, 4097, 8192, 8193):
        x = np.arange(2.0 * rows, dtype=np.float32).reshape(rows, 2)
        result = map_chunks(double, x, 2 * x)
        np.testing.assert_array_equal(result["sum"], 3 * x)
        np.testing.assert_array_equal(result["product"], (2 * x**2).sum(-1))
    assert sorted(traced) == list(SIZES)


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        (1, [1]),
        (2, [1, 1]),
        (3, [4]),
        (256, [256]),
        (300, [256, 256]),
        (513, [1024]),
        (4096, [4096]),
        (9000, [4096, 4096, 4096]),
    ],
)
def test_pieces(rows, sizes):
    seen = []

    def function(x):
        seen.append(len(x))
        return x

    map_chunks(function, np.zeros((rows, 3)))
    assert seen == sizes


def test_less_than_half_is_padding_and_pieces_are_few():
    for rows in range(1, 9000):
        size = batching.chunk_size(rows)
        assert -(-rows // size) * size < 2 * rows
        assert size == SIZES[-1] or rows <= 2 * SIZES[SIZES.index(size) + 1], "no more than eight pieces of a size"
