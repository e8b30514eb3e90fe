"""Frames of a keypoint file by their names: their order, absent frames, and whether they are a video.

Names that differ only in their last number ("walk_12", "9.jpg") are a video in the order of the numbers, in whatever
order the file has them; a number that is absent in between is a frame without people. All other names are single
images, as are names whose numbers are so sparse that hardly any frame has people: only a frame rate given by the user
makes a video of those.
"""

import math
import re
from collections.abc import Hashable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.options import Options, resolve_fps

SPARSEST = 50  # frames per name up to which numbered names count as a video
MOST_FRAMES = 3 * 10**6  # of a video: a day at 30 frames per second
DIGITS = re.compile(r"[0-9]+")
MOST_DIGITS = 18  # of a frame's number
EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}\Z")

Label = TypeVar("Label", bound=Hashable)


class Frames(NamedTuple):
    """The F frames that F' names stand for.

    Attributes:
        names: F names in the order of time, including those of absent frames.
        index: `[F']` int: which frame each of the given names is.
        video: whether the frames are consecutive, at a constant frame rate.
        fps: frames per second; 0 where unknown.
        notes: what was assumed, a line each.
    """

    names: tuple[str, ...]
    index: np.ndarray
    video: bool
    fps: float = 0.0
    notes: tuple[str, ...] = ()


def order_frames(names: Sequence[str], origin: str, options: Options, *, gapless: bool = False) -> Frames:
    """The frames of F' different names: a video, or single images.

    Args:
        names: in any order.
        origin: the file, named in errors.
        options: a frame rate makes a video of numbered names, however sparse.
        gapless: whether the program names all frames that it processed, also those without people. Then numbers in
            steps of n > 1 mean that it processed every n-th frame, and these are the video's frames.

    Raises:
        DatasetError: if the numbers span more than `MOST_FRAMES`, or the user's frame rate is not a positive number.
    """
    split = [_split(name) for name in names]
    numbers = [number for _, number, _ in split]
    numbered = len({(before, after) for before, _, after in split}) == 1 and len(set(numbers)) == len(names)
    if len(names) < 2 or not numbered or None in numbers:
        return single_images(names, origin, options)
    first = min(numbers)
    step = math.gcd(*(number - first for number in numbers)) if gapless else 1
    count = (max(numbers) - first) // step + 1
    if options.fps is None and count > SPARSEST * len(names):
        note = f"numbers of frames lie far apart ({len(names)} in {count}): read as single images"
        return single_images(names, origin, options)._replace(notes=(note,))
    if count > MOST_FRAMES:
        found = f"frames {first} to {max(numbers)}"
        raise DatasetError(f"{origin}: found {found}, expected at most {MOST_FRAMES} in a video")
    before, _, after = split[0]
    width = min(len(name) for name in names) - len(before) - len(after)
    every = tuple(f"{before}{first + i * step:0{width}d}{after}" for i in range(count))
    fps = resolve_fps(0.0, options.fps, origin) / step
    notes = [f"numbers of frames go up in steps of {step}: 1 frame in {step} was processed"] if step > 1 else []
    if step > 1 and fps:
        notes.append(f"{options.fps:g} frames per second in steps of {step} are {fps:g}")
    return Frames(every, (np.array(numbers) - first) // step, True, fps, tuple(notes))


def single_images(names: Sequence[str], origin: str, options: Options) -> Frames:
    """Single images, in the natural order of their names; a frame rate from the user is not used, which is noted.

    Raises:
        DatasetError: if the user's frame rate is not a positive number.
    """
    order = sorted(range(len(names)), key=lambda i: natural_key(names[i]))
    index = np.empty(len(names), int)
    index[order] = np.arange(len(names))
    unused = resolve_fps(0.0, options.fps, origin) > 0
    notes = ("--fps was not used: these are single images",) if unused else ()
    return Frames(tuple(names[i] for i in order), index, False, notes=notes)


def numbered_video(count: int, fps: float) -> Frames:
    """A video of `count` frames named "0", "1", ..."""
    return Frames(tuple(str(i) for i in range(count)), np.arange(count), True, fps)


def distinct(labels: Sequence[Label]) -> tuple[list[Label], np.ndarray]:
    """The M different labels of N rows in order of appearance, and `[N]` int, which of them each row has."""
    place = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    return list(place), np.array([place[label] for label in labels], int)


def natural_key(name: str) -> list[tuple[int, str] | str]:
    """A key that sorts numbers in names by value: "img2" before "img10"."""
    parts = re.split(r"([0-9]+)", name)
    return [(len(part.lstrip("0")), part.lstrip("0")) if i % 2 else part for i, part in enumerate(parts)]


def _split(name: str) -> tuple[str, int | None, str]:
    """What precedes the last number of a name, the number, and what follows it."""
    extension = EXTENSION.search(name)
    found = list(DIGITS.finditer(name, 0, extension.start() if extension else len(name)))
    if not found or len(found[-1].group()) > MOST_DIGITS:
        return name, None, ""
    return name[: found[-1].start()], int(found[-1].group()), name[found[-1].end() :]
