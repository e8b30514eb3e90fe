"""Frames of a keypoint file by their labels: their order, absent frames, clips, and whether they are a video.

Labels that differ in one number or time are a video in its order, in whatever order the file has them; what is absent
in between are frames without people. Labels that differ in more are several clips, each a video. All others are single
images, for a stated reason. What a label says is in `frame_labels`, what numbers and times say in `frame_times`.
"""

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from geolift.keypoints.frame_labels import EXTENSION, Series, clip_name, readings
from geolift.keypoints.frame_times import Timing, takes, timing
from geolift.keypoints.options import Options, resolve_fps

IN_CLIPS = 0.9  # share of labels that must be in clips
SHORTEST = 5  # labels of a clip; 2 where the user gives a frame rate
LISTED = 8  # clips that are named in a note
SAID = 2  # lines about single clips
NUMBER = re.compile(r"([0-9]+)")
SAME_RATE = 0.02  # share by which frame rates of clips may differ

Label = TypeVar("Label", bound=Hashable)


class Frames(NamedTuple):
    """The F frames that F' names stand for.

    Attributes:
        names: F names in the order of time, including those of absent frames, clip by clip.
        index: `[F']` int: which frame each of the given names is.
        video: whether the frames are consecutive, at a constant frame rate.
        fps: frames per second; 0 where unknown.
        notes: what was concluded, a line each.
        clips: the first frame and the name of each clip; none if there is one.
    """

    names: tuple[str, ...]
    index: np.ndarray
    video: bool
    fps: float = 0.0
    notes: tuple[str, ...] = ()
    clips: tuple[tuple[int, str], ...] = ()


def order_frames(
    names: Sequence[str], origin: str, options: Options, *, gapless: bool = False, unit: float | None = None
) -> Frames:
    """The frames of F' different names: a video, several, or single images.

    Args:
        names: in any order.
        origin: the file, named in errors.
        options: a frame rate makes a video of numbered names, however sparse.
        gapless: whether the program names all frames that it processed, also those without people. Then numbers in
            steps of n > 1 mean that it processed every n-th frame, and these are the video's frames.
        unit: of names that the file calls times, seconds that 1 stands for, 0 if it does not say; None: of others.

    Raises:
        DatasetError: if the frames span more than `MOST_FRAMES`, or the user's frame rate is not a positive number or
            contradicts the stamps.

    Example:
        >>> names = [f"walk_{time}.jpg" for time in (100, 33, 67, 0, 133, 167, 200, 233, 267, 300, 333, 367)]
        >>> frames = order_frames(names, "walk.json", Options())
        >>> frames.index[:5].tolist(), frames.fps, frames.notes
        ([3, 1, 2, 0, 4], 30.0, ('12 frames, stamps in ms, 30 frames per second',))
    """
    given = resolve_fps(0.0, options.fps, origin) or None
    reason = ""
    for read in readings(names) if len(names) > 1 else ():
        series = [take for one in read for take in _takes(one, names)]
        shortest = 2 if given or len(series) == 1 else SHORTEST
        if sum(len(one.members) for one in series if len(one.members) >= shortest) < IN_CLIPS * len(names):
            reason = reason or f"their names differ in more than a number ({len(series)} kinds)"
            continue
        series = sorted(series, key=lambda one: natural_key("".join(one.place)))
        timings = [timing(one.values, origin, unit=one.unit, stated=unit, fps=given, gapless=gapless) for one in series]
        failed = next((found for found in timings if isinstance(found, str)), None)
        if failed is None:
            return _clips(names, series, timings)
        reason = reason or failed
    frames = single_images(names, origin, options)
    if len(names) < 2:
        return frames
    why = f"read as single images: {reason or 'their names have no number'}"
    return frames._replace(notes=(why, *frames.notes))


def _takes(series: Series, names: Sequence[str]) -> list[Series]:
    """A series cut where the camera paused; takes are called like their first frames."""
    parts = takes(series.values, series.unit) if len(series.members) > 1 else [series.members]
    if len(parts) == 1:
        return [series]
    return [
        Series(
            (EXTENSION.sub("", names[series.members[part[0]]]), ""),
            [series.members[i] for i in part],
            [series.values[i] for i in part],
            series.unit,
        )
        for part in parts
    ]


def _clips(names: Sequence[str], series: list[Series], timings: list[Timing]) -> Frames:
    """One video, or several one after the other."""
    index, every, clips, notes = np.empty(len(names), int), [], [], Counter()
    for one, found in zip(series, timings, strict=True):
        clips.append((len(every), clip_name(one.place)))
        index[one.members] = len(every) + found.index
        every += _frame_names([names[i] for i in one.members], one, found)
        notes.update(found.notes)
    if len(series) == 1:
        return Frames(tuple(every), index, True, timings[0].fps, timings[0].notes)
    rates = Counter()
    for found in timings:
        rates[found.fps] += found.count
    fps = rates.most_common(1)[0][0]
    listed = ", ".join(name or "(no name)" for _, name in clips[:LISTED]) + (", ..." if len(clips) > LISTED else "")
    said = [f"{len(clips)} clips, each a video: {listed}", *(note for note, _ in notes.most_common(SAID))]
    if len(notes) > SAID:
        said.append(f"{len(notes) - SAID} more such lines, of other clips")
    measured = [found.fps for found in timings if found.count > 1]
    if max(measured, default=fps) - min(measured, default=fps) > SAME_RATE * fps:
        said.append(
            f"clips have {min(measured):.4g} to {max(measured):.4g} frames per second: {fps:.4g} was used for all"
        )
    return Frames(tuple(every), index, True, fps, tuple(said), tuple(clips))


def _frame_names(labels: list[str], series: Series, found: Timing) -> list[str]:
    """A name for every frame of a clip: its label, or one like it where it is absent."""
    every: list[str] = [""] * found.count
    for place, label in zip(found.index.tolist(), labels, strict=True):
        every[place] = label
    if found.count == len(labels):
        return every
    before, after = series.place
    if found.step and all(isinstance(value, int) for value in series.values):
        width = min(len(label) for label in labels) - len(before) - len(after)
        first = min(series.values)
        made = [f"{before}{first + i * found.step:0{width}d}{after}" for i in range(found.count)]
        return [label or name for label, name in zip(every, made, strict=True)]
    last, since = "", 0
    for i, label in enumerate(every):
        last, since = (label, 0) if label else (last, since + 1)
        every[i] = label or f"{last} + {since}"
    return every


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
    parts: list[tuple[int, str] | str] = [*NUMBER.split(name)]
    for i in range(1, len(parts), 2):
        digits = parts[i].lstrip("0")
        parts[i] = len(digits), digits
    return parts
