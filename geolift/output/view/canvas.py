"""Drawing of pictures that follow each other: anti-aliased lines, dots and text by OpenCV and Pillow.

Needs `pip install 'geolift[viz]'`. Colours are red, green and blue from 0 to 255; the background is white.
"""

import functools
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError

Colour = tuple[int, int, int]
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
SHIFT = 4  # bits of the part of a pixel in OpenCV's whole numbers
FARTHEST = 1e4  # pixels from a picture; OpenCV counts in 32 bits
MISSING = np.iinfo(np.int64).min  # the place of what is missing
SPREAD = 0.8  # pixels by which OpenCV's smooth lines are wider than asked for
TEXT = 14  # pixels, the height of a line


def library() -> Any:
    """OpenCV.

    Raises:
        DatasetError: if it is not installed.
    """
    try:
        import cv2
    except ImportError as error:
        raise DatasetError("films need OpenCV: pip install 'geolift[viz]'") from error
    return cv2


def whole(pixels: np.ndarray) -> np.ndarray:
    """Pixels as the whole numbers that `line` and `dot` take, int64; NaN becomes `MISSING`."""
    known = np.clip(np.where(np.isfinite(pixels), pixels, 0), -FARTHEST, FARTHEST)
    return np.where(np.isfinite(pixels), np.rint(known * (1 << SHIFT)).astype(np.int64), MISSING)


def line(picture: np.ndarray, start: Sequence[int], end: Sequence[int], colour: Colour, width: float) -> None:
    """Draw a line with round ends in a picture `[H, W, 3]` uint8, between two places of `whole`."""
    cv2 = library()
    cv2.line(picture, start, end, colour, max(1, round(width - SPREAD)), cv2.LINE_AA, SHIFT)


def dot(picture: np.ndarray, place: Sequence[int], radius: float, colour: Colour) -> None:
    """Draw a disc in a picture `[H, W, 3]` uint8, around a place of `whole`."""
    cv2 = library()
    cv2.circle(picture, place, round(radius * (1 << SHIFT)), colour, cv2.FILLED, cv2.LINE_AA, SHIFT)


def frame(picture: np.ndarray, left: int, top: int, right: int, bottom: int) -> None:
    """Draw a box of black lines one pixel wide, inside of which are the pixels `[top:bottom, left:right]`."""
    picture[top - 1 : bottom + 1, [left - 1, right]] = BLACK
    picture[[top - 1, bottom], left - 1 : right + 1] = BLACK


def write_text(picture: np.ndarray, text: str, middle: int, top: int) -> None:
    """Write one line of black text in a picture `[H, W, 3]` uint8, centred about the column `middle`."""
    ink = _ink(text)
    left = max(0, middle - ink.shape[1] // 2)
    part = picture[top : top + ink.shape[0], left : left + ink.shape[1]]
    part[:] = 255 - ink[: part.shape[0], : part.shape[1], None]


def _ink(text: str) -> np.ndarray:
    """`[h, w]` uint8, how black each pixel of a line of text is; letter by letter, as films repeat their letters."""
    letters = [_letter(letter) for letter in text]
    ends = np.cumsum([0.0, *(advance for _, _, advance in letters)])
    ink = np.zeros((TEXT + 5, int(ends[-1]) + 2 * TEXT), np.uint8)
    for (mask, (x, y), _), end in zip(letters, ends.tolist(), strict=False):
        x = max(0, round(end) + x)
        part = ink[y : y + mask.shape[0], x : x + mask.shape[1]]
        np.maximum(part, mask[: part.shape[0]], out=part)  # letters may overlap
    return ink[:, : int(ends[-1]) + 1]


@functools.lru_cache(maxsize=4096)
def _letter(letter: str) -> tuple[np.ndarray, tuple[int, int], float]:
    """The mask `[h, w]` uint8 of a letter, where its left top is, and how far it is to the next."""
    font = _font()
    mask, (x, y) = font.getmask2(letter, mode="L")
    return np.array(mask, np.uint8).reshape(mask.size[::-1]), (x, max(0, y)), font.getlength(letter)


@functools.cache
def _font() -> Any:
    """Matplotlib's font, which has most alphabets, without the rest of it, which is slow to import."""
    try:
        from PIL import ImageFont
    except ImportError as error:
        raise DatasetError("films need Pillow: pip install 'geolift[viz]'") from error
    package = find_spec("matplotlib")
    if package is None:
        raise DatasetError("films need matplotlib's font: pip install 'geolift[viz]'")
    path = Path(package.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), TEXT, layout_engine=ImageFont.Layout.BASIC)
