"""Tracks: the people of a video or of single images in the lifting pipeline, with notes on every step.

Rows are detections, each one person in one frame, person by person, frame by frame.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from geolift.output.result import ASSUMED_FPS
from geolift.skeletons.skeleton import Skeleton

SIZE_WINDOW = 2.0  # seconds over which a person's size in the image is measured; it changes as they come nearer


class Tracks(NamedTuple):
    """N rows of J joints of P people in F frames.

    Attributes:
        keypoints: `[N, J, 2]` pixels; 0 where missing.
        confidence: `[N, J]` in 0..1; 0 where missing or filled in.
        filled: `[N, J]` bool: not in the file, filled in.
        frame: `[N]` int, index into `frames`; rises within a person.
        person: `[N]` int, index into `people`; rises.
        jitter: `[P]` pixels, standard deviation of the errors that each person's keypoints have from frame to frame; 0
            where it is not known.
        skeleton: names and relations of the J joints.
        frames: F names of all frames in the order of time, also of those without people.
        people: P names.
        video: whether frames follow each other at a constant rate; False: single images.
        fps: frames per second; 0 where unknown.
        image_size: `[F, 2]` width and height of every frame in pixels, or None.
        source: the file, and what it was recognized as.
        notes: what each step left out, changed or assumed, a line each.
        shots: as in `Recording`: of a video that is cut, the first frame and the name of each piece.
        estimated: `[N, J]` bool: those of `filled` that no other frame shows, either (`trunk.place_trunks`); nothing is
            measured by them. None: there are none.

    Example:
        >>> dog = Skeleton(("hip", "nose"), (-1, 0), (), (), 1)
        >>> about = {"video": True, "fps": 0.0, "image_size": None, "source": "example", "skeleton": dog}
        >>> frame, person = np.array([1, 0]), np.array([0, 0])
        >>> arrays = np.ones((2, 2, 2)), np.ones((2, 2)), frame, person
        >>> tracks = make_tracks(*arrays, frames=("a", "b"), people=("rex",), **about)
        >>> tracks.frame.tolist(), tracks.frames_in(seconds=0.5), tracks.noted("nothing was filled in").notes
        ([0, 1], 15, ('nothing was filled in',))
    """

    keypoints: np.ndarray
    confidence: np.ndarray
    filled: np.ndarray
    frame: np.ndarray
    person: np.ndarray
    jitter: np.ndarray
    skeleton: Skeleton
    frames: tuple[str, ...]
    people: tuple[str, ...]
    video: bool
    fps: float
    image_size: np.ndarray | None
    source: str
    notes: tuple[str, ...] = ()
    shots: tuple[tuple[int, str], ...] = ()
    estimated: np.ndarray | None = None

    @property
    def available(self) -> np.ndarray:
        """`[N, J]` bool: seen or filled in."""
        return self.filled | (self.confidence > 0)

    @property
    def measured(self) -> np.ndarray:
        """`[N, J]` bool: available, and not estimated."""
        return self.available if self.estimated is None else self.available & ~self.estimated

    @property
    def assumed_fps(self) -> float:
        """Frames per second, `ASSUMED_FPS` where unknown."""
        return self.fps or ASSUMED_FPS

    def frames_in(self, seconds: float) -> int:
        """How many frames of the video that many seconds are."""
        return round(seconds * self.assumed_fps)

    def noted(self, *notes: str) -> "Tracks":
        """The same with more notes."""
        return self._replace(notes=(*self.notes, *notes))


def make_tracks(
    keypoints: np.ndarray, confidence: np.ndarray, frame: np.ndarray, person: np.ndarray, **about: object
) -> Tracks:
    """Tracks of rows in any order; nothing is filled in.

    Args:
        keypoints: `[N, J, 2]` pixels.
        confidence: `[N, J]`.
        frame: `[N]` int.
        person: `[N]` int.
        about: the fields of `Tracks` from `skeleton` on.
    """
    order = np.lexsort((frame, person))
    rows = (keypoints[order], confidence[order], np.zeros(confidence.shape, bool), frame[order], person[order])
    return Tracks(*rows, jitter=np.zeros(len(about["people"])), **about)


def each_person(tracks: Tracks) -> Iterator[tuple[int, int]]:
    """Where each person's rows start and stop."""
    return _pieces(np.diff(tracks.person) != 0, len(tracks.person))


def each_stretch(tracks: Tracks, longest: int) -> Iterator[tuple[int, int]]:
    """Where the stretches of rows start and stop that lie between gaps of more than `longest` frames in a person."""
    apart = (np.diff(tracks.person) != 0) | (np.diff(tracks.frame) - 1 > longest)
    return _pieces(apart, len(tracks.person))


def _pieces(cut: Iterable[bool], count: int) -> Iterator[tuple[int, int]]:
    start = np.flatnonzero(np.append(True, cut))
    return zip(start.tolist(), np.append(start[1:], count).tolist(), strict=True)
