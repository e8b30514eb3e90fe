"""What the names of frames tell: their order, which are absent, and whether they are a video.

Names that differ in nothing but their last number ("walk_12", "9.jpg") are a video in the order of the numbers, however
they are sorted in the file; a number that is absent in between is a frame without people. All other names are single
images, as are names whose numbers lie so far apart that hardly any frame has people. Only the user, by giving a frame
rate, makes a video of those.
"""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.options import Options, resolve_fps

SPARSEST = 50  # frames for one with people, in the mean, up to which numbers are those of a video
MOST = 3 * 10**6  # frames of a video, a day of 30 in a second
DIGITS = re.compile(r"[0-9]+")
EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}\Z")


class Frames(NamedTuple):
    """The frames that F' names make.

    Attributes:
        names: F names in the order of time, with those of absent frames.
        index: `[F']` int: which frame each of the given names is.
        video: whether they follow each other at a constant rate.
        step: how far the numbers of successive frames are apart.
        notes: what was taken for granted, a line each.
    """

    names: tuple[str, ...]
    index: np.ndarray
    video: bool
    step: int = 1
    notes: tuple[str, ...] = ()


def frames(names: Sequence[str], origin: str, options: Options, *, gapless: bool = False) -> Frames:
    """The frames of F' different names.

    Args:
        names: in any order.
        origin: the file, which errors name.
        options: a frame rate makes a video of numbered names, however sparse.
        gapless: the program names all frames that it looked at, those without people, too; numbers in steps of more
            than 1 then mean that it left frames out, and a frame is what has a name.

    Raises:
        DatasetError: if the numbers span more than `MOST` frames of a video.
    """
    split = [_split(name) for name in names]
    numbers = [number for _, number, _ in split]
    numbered = len({(before, after) for before, _, after in split}) == 1 and len(set(numbers)) == len(names)
    if len(names) < 2 or not numbered or None in numbers:
        return stills(names)
    first = min(numbers)
    step = math.gcd(*(number - first for number in numbers)) if gapless else 1
    count = (max(numbers) - first) // step + 1
    if options.fps is None and count > SPARSEST * len(names):
        note = f"numbers of frames lie far apart ({len(names)} in {count}): taken as single images"
        return stills(names)._replace(notes=(note,))
    if count > MOST:
        raise DatasetError(f"{origin}: found frames {first} to {max(numbers)}, expected at most {MOST} in a video")
    before, _, after = split[0]
    width = min(len(name) for name in names) - len(before) - len(after)
    every = tuple(f"{before}{first + i * step:0{width}d}{after}" for i in range(count))
    notes = (f"numbers of frames go up in steps of {step}: every {step}th frame was taken",) if step > 1 else ()
    return Frames(every, (np.array(numbers) - first) // step, True, step, notes)


def stills(names: Sequence[str]) -> Frames:
    """Single images, in the order of their names, 2 before 10."""
    order = sorted(range(len(names)), key=lambda i: _natural(names[i]))
    index = np.empty(len(names), int)
    index[order] = np.arange(len(names))
    return Frames(tuple(names[i] for i in order), index, False)


def rate(found: Frames, options: Options, origin: str) -> tuple[float, tuple[str, ...]]:
    """Frames per second as the user says, 0 if unknown, and notes: the user's rate is that of the numbers of frames."""
    fps = resolve_fps(0.0, options.fps, origin) / found.step
    if not fps:
        return 0.0, ()
    if not found.video:
        return 0.0, ("--fps was not used: these are single images",)
    return fps, (f"{options.fps:g} frames per second in steps of {found.step} are {fps:g}",) if found.step > 1 else ()


def _split(name: str) -> tuple[str, int | None, str]:
    """What is before the last number of a name, the number, and what is after it."""
    extension = EXTENSION.search(name)
    found = list(DIGITS.finditer(name, 0, extension.start() if extension else len(name)))
    if not found or len(found[-1].group()) > 18:
        return name, None, ""
    return name[: found[-1].start()], int(found[-1].group()), name[found[-1].end() :]


def _natural(name: str) -> list[tuple[int, str] | str]:
    parts = re.split(r"([0-9]+)", name)
    return [(len(part.lstrip("0")), part.lstrip("0")) if i % 2 else part for i, part in enumerate(parts)]
