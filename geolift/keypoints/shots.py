"""Shots: the pieces of a video that is cut, or several clips in one file. Nobody is followed from one to the next."""

from collections.abc import Sequence

import numpy as np

from geolift.errors import DatasetError

Shots = Sequence[tuple[int, str]]  # the first frame and the name of each; none: the video is one piece


def shot_of(frame: np.ndarray, shots: Shots) -> np.ndarray:
    """`[N]` int: which shot each frame is in."""
    starts = [start for start, _ in shots] or [0]
    return np.searchsorted(starts, frame, side="right") - 1


def people_by_shot(
    person: np.ndarray, people: Sequence[str], frame: np.ndarray, shots: Shots
) -> tuple[np.ndarray, tuple[str, ...]]:
    """People of a video with shots: a person in two shots is two people, named after the shots.

    Args:
        person: `[N]` int, index into `people`.
        people: their names.
        frame: `[N]` int.
        shots: at least one.

    Returns:
        `[N]` int and the new names.
    """
    pairs, apart = np.unique(np.stack([shot_of(frame, shots), person]), axis=1, return_inverse=True)
    names = [f"{shots[shot][1]} {people[who]}".strip() for shot, who in pairs.T]
    if len(set(names)) < len(names):
        names = [f"{shot} {people[who]}" for shot, who in pairs.T]
    return apart.reshape(-1), tuple(names)


def clip_range(clip: str, shots: Shots, frames: int, origin: str) -> tuple[int, int]:
    """The first frame of the clip that the user chose, and the one after its last.

    Raises:
        DatasetError: if no clip, or several, have a name that begins so.
    """
    names = [name for _, name in shots]
    found = [i for i, name in enumerate(names) if name == clip] or [
        i for i, name in enumerate(names) if name.startswith(clip)
    ]
    if len(found) != 1:
        known = [*names[:20], *(["..."] if len(names) > 20 else [])]
        expected = f"one of {known}" if names else "none: the frames are one clip"
        raise DatasetError(f"{origin}: --clip: found {clip!r}, expected {expected}")
    ends = [*(start for start, _ in shots[1:]), frames]
    return shots[found[0]][0], ends[found[0]]
