"""Float32 numbers as text, of whole arrays at a time: the fewest digits that give them back, as Python writes them."""

from functools import cache
from typing import NamedTuple

import numpy as np

WORD = 4  # letters: what one entry of a table holds, as a number of 32 bits
WORDS = 7  # of a number: sign, 2 of the whole part, point, 3 of the fraction
PLACES = 12  # digits of the fraction: what 9 digits need of the smallest number
LEAST, MOST = 1e-4, 1e6  # outside of this, which is rare in poses, Python writes each number
FEWEST = 6  # digits, of which those that are 0 at the end are left out: any 6 have a float32 of their own
WHOLE_TENS = 10 ** np.arange(PLACES + 1)
TENS = WHOLE_TENS.astype(np.float64)  # exact


class Tables(NamedTuple):
    """Four digits as one number of 32 bits, in the order of their letters in memory: `[10000]` each.

    Attributes:
        every: all four.
        leading: without zeros before the first digit that is none; nothing for 0.
        units: the same, but 0 for 0.
        trailing: without zeros after the last digit that is none; nothing for 0.
        tenths: the same, but 0 for 0.
    """

    every: np.ndarray
    leading: np.ndarray
    units: np.ndarray
    trailing: np.ndarray
    tenths: np.ndarray


@cache
def _tables() -> Tables:
    digits = np.arange(10**WORD)[:, None] // 10 ** np.arange(WORD)[::-1] % 10
    letters, some = (digits + ord("0")).astype(np.uint8), digits > 0
    after = np.logical_or.accumulate(some, axis=1)
    before = np.logical_or.accumulate(some[:, ::-1], axis=1)[:, ::-1]
    one = np.arange(WORD) == 0
    kept = (True, after, after | one[::-1], before, before | one)
    return Tables(*(np.where(keep, letters, 0).astype(np.uint8).view(np.uint32)[:, 0] for keep in kept))


def number_words(values: np.ndarray, missing: str) -> np.ndarray:
    """Text of each number of float32 `[...]`: `[..., WORDS]` uint32, the letters with bytes of 0 between (`text_of`).

    Args:
        values: any floats of 32 bits.
        missing: what stands for NaN, at most `WORD` letters.
    """
    exact = np.asarray(values, np.float32).astype(np.float64).ravel()
    size, tables = np.abs(exact), _tables()
    usual = (size >= LEAST) & (size < MOST) | (size == 0)
    whole, fraction = _parts(np.where(usual, size, 0))
    words = np.empty((len(exact), WORDS), np.uint32)
    words[:, 0] = np.where(np.signbit(exact), _word("-"), 0)
    thousands, units = np.divmod(whole, 10**WORD)
    words[:, 1] = tables.leading[thousands]
    words[:, 2] = np.where(thousands > 0, tables.every[units], tables.units[units])
    words[:, 3] = _word(".")
    first, rest = np.divmod(fraction, 10 ** (2 * WORD))
    second, third = np.divmod(rest, 10**WORD)
    words[:, 4] = np.where(rest > 0, tables.every[first], tables.tenths[first])
    words[:, 5] = np.where(third > 0, tables.every[second], tables.trailing[second])
    words[:, 6] = tables.trailing[third]
    if not usual.all():
        words[~usual] = 0
        words[np.isnan(exact), 0] = _word(missing)
        other = np.flatnonzero(~usual & ~np.isnan(exact))
        texts = [repr(float(str(np.float32(value)))) for value in exact[other].tolist()]
        words[other] = np.array(texts, f"S{WORD * WORDS}").view(np.uint32).reshape(-1, WORDS)
    return words.reshape(*values.shape, WORDS)


def text_of(words: np.ndarray) -> str:
    """The letters of words, in their order, without the bytes of 0."""
    return words.tobytes().translate(None, b"\0").decode("ascii")


def words_of(text: str, count: int) -> np.ndarray:
    """`[count]` words that hold a short text."""
    return np.frombuffer(text.encode("ascii").ljust(count * WORD, b"\0"), np.uint32)


def _word(text: str) -> np.uint32:
    return words_of(text, 1)[0]


def _parts(size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole part and `PLACES` digits of the fraction of numbers that are 0, or from `LEAST` to `MOST`."""
    after = FEWEST - 1 - np.floor(np.log10(np.maximum(size, LEAST))).astype(np.int64)  # digits after the point
    number = np.rint(size * TENS[after])
    left = np.flatnonzero((number / TENS[after]).astype(np.float32) != size)
    while len(left):  # 9 digits always give a float32 back
        after[left] += 1
        power = TENS[after[left]]
        number[left] = np.rint(size[left] * power)
        left = left[(number[left] / power).astype(np.float32) != size[left]]
    whole, fraction = np.divmod(number.astype(np.int64), WHOLE_TENS[after])
    return whole, fraction * WHOLE_TENS[PLACES - after]
