"""Float32 as text."""

import numpy as np
import pytest

from geolift.output.decimals import LEAST, MOST, WORDS, number_words, text_of, words_of


def texts(values, missing=""):
    return [text_of(words) for words in number_words(np.array(values, np.float32), missing)]


def test_numbers_have_the_digits_of_numpy_as_python_writes_them():
    """Of every size, and the float32 next to powers of ten and of two, where the number of digits changes."""
    rng = np.random.default_rng(0)
    powers = np.concatenate([10.0 ** np.arange(-6, 9), 2.0 ** np.arange(-20, 25), [LEAST, MOST]]).astype(np.float32)
    near = [np.nextafter(powers, np.float32(way)) for way in (-np.inf, np.inf)]
    some = [rng.normal(size=2000) * 10.0 ** rng.integers(-6, 9, 2000), rng.integers(0, 10**6, 2000) / 1000]
    values = np.concatenate([powers, *near, *some]).astype(np.float32)
    values = np.concatenate([values, -values])
    assert texts(values) == [repr(float(str(value))) for value in values]


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0.0"), (-0.0, "-0.0"), (np.nan, "null"), (1, "1.0"), (0.1, "0.1"), (3e38, "3e+38")]
)
def test_single_numbers(value, text):
    assert texts([value], "null") == [text]


def test_arrays_keep_their_shape_and_can_be_empty():
    assert number_words(np.zeros((4, 0, 3), np.float32), "").shape == (4, 0, 3, WORDS)
    pair, between = number_words(np.float32([[0.5, -2]]), ""), np.tile(words_of("; ", 1), (1, 2, 1))
    assert text_of(np.concatenate([pair, between], axis=-1)) == "0.5; -2.0; "
