"""Selecting people of a recording: all, the largest, some by their names, or one whose detections all are."""

import itertools
from collections.abc import Sequence

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.pose_distance import box_diagonals, box_sizes, distances
from geolift.keypoints.recording import Recording, select_rows
from geolift.keypoints.shots import people_by_shot, shot_of

ALL, LARGEST, ONE = "all", "largest", "one"
CANDIDATES = 10  # of a frame, the largest, that may be the one person
JUMP = 2.0  # sizes; farther is as bad
SMALL = 1.0  # what a detection costs that is as small as nothing; as much as a jump of one size
LOST = 10  # frames after which a place says nothing


def select(recording: Recording, people: str | Sequence[str]) -> Recording:
    """The detections of some people; a note counts the others.

    Args:
        recording: N detections.
        people: "all"; "largest": the person with the largest boxes around the joints, summed over frames, or, if
            untracked, the largest of every frame; "one": all detections are of one person, in each frame the one that
            is large and near those before and after; or names of people.

    Raises:
        DatasetError: if a name is unknown.

    Example:
        >>> import numpy as np
        >>> from geolift.keypoints import record, select
        >>> names, keypoints = ("head", "tail"), np.array([[[1, 1], [5, 5]], [[7, 7], [50, 50]]])
        >>> video = record(keypoints, np.ones((2, 2)), joints=names, person=np.array([0, 1]), people=("cat", "dog"))
        >>> select(video, "largest").people
        ('dog',)
        >>> select(video, "one").person.tolist()
        [0, 0]
    """
    if people == ALL:
        return recording
    if people == ONE:
        return _as_one(recording)
    if people == LARGEST:
        chosen = _largest(recording)
    else:
        wanted = (people,) if isinstance(people, str) else tuple(people)
        unknown = sorted(set(wanted) - set(recording.people))
        if unknown or not wanted:
            known = list(recording.people[:20]) + ["..."] * (len(recording.people) > 20)
            raise DatasetError(f"people: found {unknown}, expected 'all', 'largest', 'one' or names of {known}")
        chosen = np.isin(recording.person, [recording.people.index(name) for name in wanted])
    return select_rows(recording, chosen, "people that were not selected")


def _largest(recording: Recording) -> np.ndarray:
    """`[N]` bool: the detections of the largest person of each shot, or, if untracked, the largest of every frame."""
    area = box_sizes(recording.keypoints, recording.seen).prod(axis=-1)
    if not recording.tracked:
        return _first_of_each_frame(recording, -area)
    total = np.bincount(recording.person, area)
    chosen = np.zeros(len(area), bool)
    shot = shot_of(recording.frame, recording.shots)
    for one in np.unique(shot):
        there = np.unique(recording.person[shot == one])
        chosen |= recording.person == there[total[there].argmax()]
    return chosen


def _first_of_each_frame(recording: Recording, cost: np.ndarray) -> np.ndarray:
    order = np.lexsort((cost, recording.frame))
    first = order[np.diff(recording.frame[order], prepend=-1) > 0]
    return np.isin(np.arange(len(cost)), first)


def _as_one(recording: Recording) -> Recording:
    """One detection of each frame, all of the same person."""
    area = box_sizes(recording.keypoints, recording.seen).prod(axis=-1)
    chosen = _smooth_path(recording) if recording.video else _first_of_each_frame(recording, -area)
    one = select_rows(recording, chosen, "all people are one: in each frame the best was taken")
    person, people = np.zeros(len(one.frame), np.int64), ("0",)
    if one.shots:
        person, people = people_by_shot(person, people, one.frame, one.shots)
    return one._replace(person=person, people=people, tracked=True)


def _smooth_path(recording: Recording) -> np.ndarray:
    """`[N]` bool: one detection of each frame, so that all are large and none is far from the one before.

    The cheapest path through the frames (Viterbi 1967): a detection costs how much smaller it is than the largest of
    the video (95 % quantile), and the sizes by which it is away from the one before, at most `JUMP`.
    """
    keypoints, seen, frame = recording.keypoints, recording.seen, recording.frame
    size = box_diagonals(keypoints, seen)
    small = SMALL * np.clip(1 - size / np.quantile(size, 0.95), 0, 1)
    bounds = np.append(np.flatnonzero(np.diff(frame, prepend=-1)), len(frame))
    candidates = [
        start + np.argsort(-size[start:stop], kind="stable")[:CANDIDATES] for start, stop in itertools.pairwise(bounds)
    ]
    cost, back = small[candidates[0]], [np.zeros(len(candidates[0]), int)]
    for before, after in itertools.pairwise(candidates):
        old = before[:, None]
        far = distances(keypoints[old], seen[old], size[old], keypoints[after], seen[after], size[after])
        known = min(1.0, 1 / max(1, int(frame[after[0]] - frame[before[0]]) - LOST))
        step = cost[:, None] + known * np.minimum(far, JUMP)
        back.append(step.argmin(axis=0))
        cost = step.min(axis=0) + small[after]
    chosen, at = np.zeros(len(frame), bool), int(cost.argmin())
    for rows, origin in zip(reversed(candidates), reversed(back), strict=True):
        chosen[rows[at]] = True
        at = int(origin[at])
    return chosen
