"""Pieces of tracks that are one person's, and detections that are nobody.

Where there are never two people in a frame, all detections are one person's, whatever the speed and the gaps. A person
who is lost for longer than tracking bridges is the one who comes back if nobody else can be meant. A detection that is
there for a fifteenth of a second in a long video, beside others, is nobody.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.keypoints.pose_distance import box_diagonals, distances
from geolift.plurals import counted

USUAL_FPS = 30.0  # where the frame rate is unknown
BACK = 3.0  # seconds after which a person may come back
REACH = 3.0  # sizes per second that a person may go while lost
NEAR = 0.5  # sizes, the same at once
SIMILAR = 0.35  # natural logarithm of the factor by which sizes may differ
GHOST = 2  # frames of a detection that is nobody
BRIEF = 1 / 15  # seconds, the same at high frame rates
LONG = 30  # frames with people in which a ghost can be distinguished from a passer-by
SURE = 0.9  # share of the detections that must be people who are there for so long
QUICK = 15.0  # frames per second from which on nobody is there for `GHOST` frames only
MOST = 2000  # pieces of tracks in a shot that are compared with each other
LISTED = 5  # frames
EDGE = 0.2  # seconds at the beginning and the end of a shot, where people are there briefly


class Joined(NamedTuple):
    """What `join_tracks` makes of tracks.

    Attributes:
        person: `[N]` int.
        kept: `[N]` bool: not left out.
        how: how people were followed, with a place for the gap.
        notes: what was joined and left out, a line each.
    """

    person: np.ndarray
    kept: np.ndarray
    how: str
    notes: tuple[str, ...]


def join_tracks(
    keypoints: np.ndarray,
    seen: np.ndarray,
    frame: np.ndarray,
    person: np.ndarray,
    shot: np.ndarray,
    *,
    fps: float,
    names: Sequence[str],
) -> Joined:
    """Join the tracks of one person, and leave ghosts out.

    Args:
        keypoints: `[N, K, 2]`, sorted by frame.
        seen: `[N, K]` bool.
        frame, person, shot: `[N]` int.
        fps: frames per second; 0: unknown.
        names: of the frames.
    """
    kept = ~_ghosts(frame, person, shot, fps)
    person, back, alone = person.copy(), 0, True
    for one in np.unique(shot):
        rows = np.flatnonzero((shot == one) & kept)
        if (np.diff(frame[rows]) > 0).all():
            person[rows] = person[rows[:1]]
            continue
        alone = False
        person[rows], found = _come_back(keypoints[rows], seen[rows], frame[rows], person[rows], fps)
        back += found
    notes = []
    if not kept.all():
        ghosts = counted(int((~kept).sum()), "detection was", "detections were")
        at = np.unique(frame[~kept])
        where = ", ".join(names[i] for i in at[:LISTED]) + (", ..." if len(at) > LISTED else "")
        notes.append(
            f"{ghosts} left out, nobody: there for {_brief(fps)} frames or fewer beside others (frames {where})"
        )
    if back:
        notes.append(f"joined after a longer gap, as nobody else can be meant: {counted(back, 'time', 'times')}")
    if alone:
        how = "one in each shot: there are never two in a frame" if shot.any() else "there are never two in a frame"
        return Joined(person, kept, how, tuple(notes))
    return Joined(person, kept, "through gaps of up to {gap} frames", tuple(notes))


def _brief(fps: float) -> int:
    """Frames for which a detection that is nobody is there at most."""
    return max(GHOST, round(BRIEF * (fps or USUAL_FPS)))


def _ghosts(frame: np.ndarray, person: np.ndarray, shot: np.ndarray, fps: float) -> np.ndarray:
    """`[N]` bool: detections that are there for `_brief` frames, beside a person who is there for long."""
    ghost = np.zeros(len(frame), bool)
    rate = fps or USUAL_FPS
    if rate < QUICK:
        return ghost
    count = np.bincount(person)
    first, last = np.full(len(count), frame.max() + 1), np.full(len(count), -1)
    np.minimum.at(first, person, frame)
    np.maximum.at(last, person, frame)
    in_shot = np.empty(len(count), int)
    in_shot[person] = shot
    edge = round(EDGE * rate)
    for one in np.unique(shot):
        there = np.flatnonzero(in_shot == one)
        begin, end = first[there].min(), last[there].max()
        long = there[count[there] >= LONG]
        if count[long].sum() < SURE * count[there].sum():
            continue
        brief = there[
            (last[there] - first[there] < _brief(fps)) & (first[there] >= begin + edge) & (last[there] <= end - edge)
        ]
        beside = ((first[long] <= first[brief, None]) & (last[brief, None] <= last[long])).any(axis=1)
        ghost |= np.isin(person, brief[beside])
    return ghost


def _come_back(
    keypoints: np.ndarray, seen: np.ndarray, frame: np.ndarray, person: np.ndarray, fps: float
) -> tuple[np.ndarray, int]:
    """`[N]` the people of a shot with pieces joined where nobody else can be meant, and how many."""
    rate = fps or USUAL_FPS
    names, first, piece = np.unique(person, return_index=True, return_inverse=True)
    last = len(person) - 1 - np.unique(person[::-1], return_index=True)[1]
    if len(names) > MOST:
        return person, 0
    begin, end = frame[first], frame[last]
    size = box_diagonals(keypoints, seen)
    order = np.lexsort((size, piece))
    typical = np.maximum(
        size[order][np.searchsorted(piece[order], np.arange(len(names))) + np.bincount(piece) // 2], 1e-6
    )
    came, went = (_centres(keypoints[rows], seen[rows]) for rows in (first, last))
    gap = begin[None] - end[:, None]  # [before, after]
    away = np.linalg.norm(came[None] - went[:, None], axis=-1) / np.maximum(typical[:, None], typical)
    alike = np.abs(np.log(typical[:, None] / typical)) <= SIMILAR
    likely = (gap > 0) & (gap <= BACK * rate) & alike & (away <= NEAR + REACH * gap / rate)
    meant = _first_alone(likely, begin, end) & _first_alone(likely.T, -end, -begin).T
    joined = np.arange(len(names))
    for after in np.argsort(begin, kind="stable"):
        before = np.flatnonzero(meant[:, after])
        if len(before):
            joined[after] = joined[before[0]]
    return names[joined[piece]], int(meant.sum())


def _first_alone(likely: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """`[P, P]` bool: for each piece, the first of those that it may go on with, if no other was there with that one."""
    soonest = np.where(likely, begin, np.iinfo(begin.dtype).max)
    first = soonest.argmin(axis=1)
    together = (likely & (begin <= end[first][:, None])).sum(axis=1) == 1
    alone = np.zeros_like(likely)
    rows = np.flatnonzero(likely.any(axis=1) & together)
    alone[rows, first[rows]] = True
    return alone


def _centres(keypoints: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """`[N, 2]` the medians of the seen joints."""
    return np.nanmedian(np.where(seen[..., None], keypoints, np.nan), axis=1)


def attach(
    keypoints: np.ndarray,
    seen: np.ndarray,
    frame: np.ndarray,
    person: np.ndarray,
    shot: np.ndarray,
    free: np.ndarray,
    *,
    gap: int,
    limit: float,
    same: float,
) -> None:
    """Give detections without a track number to people who are near in the frames around and absent in theirs.

    Args:
        keypoints: `[N, K, 2]`, sorted by frame.
        seen: `[N, K]` bool.
        frame, shot: `[N]` int.
        person: `[N]` int, changed in place; -1 for a detection that is a person of its frame once more.
        free: the rows of the detections without a number.
        gap: frames that are around.
        limit: sizes that are near.
        same: sizes below which two detections in a frame are one person.
    """
    size = box_diagonals(keypoints, seen)
    is_open = np.zeros(len(frame), bool)
    is_open[free] = True
    for row in free.tolist():
        start, stop = np.searchsorted(frame, (frame[row] - gap, frame[row] + gap + 1))
        known = ~is_open[start:stop] & (person[start:stop] >= 0) & (shot[start:stop] == shot[row])
        around = start + np.flatnonzero(known)
        if not len(around):
            continue
        about = (keypoints[around], seen[around], size[around])
        far = distances(keypoints[row], seen[row], size[row], *about)
        here = frame[around] == frame[row]
        if far[here].min(initial=np.inf) < same:
            person[row], is_open[row] = -1, False
            continue
        far[np.isin(person[around], person[around][here])] = np.inf
        nearest = far.argmin()
        if far[nearest] <= limit:
            person[row], is_open[row] = person[around[nearest]], False
