"""Tracking people by position through an untracked video, and selecting people."""

import itertools
from collections.abc import Sequence

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.recording import Recording, select_rows
from geolift.keypoints.shots import shot_of
from geolift.plurals import counted

LIMIT = 0.5  # of a person's size: a detection farther from every known person begins a new one
GAP = 0.5  # seconds for which a person may be lost
GAP_FRAMES = 15  # the same in frames where the frame rate is unknown
DUPLICATE = 0.07  # of a person's size: nearer, two detections are one person; in COCO duplicates 0.03, others 0.19
BLOCK = 256  # known people who are compared at once
COMMON = 3  # joints that two detections must share to be compared; all of a skeleton with fewer


def track(recording: Recording) -> Recording:
    """Track people through a video by position: detections of the same person get the same `person`.

    The distance of two detections is the mean over their common joints, in units of the larger one's size (the diagonal
    of the box around its joints). Frame by frame, the nearest pair of a known person and a detection is joined first,
    then the next, up to `LIMIT`: for the few people of a video this hardly differs from the best assignment. Remaining
    detections begin new people. A person may be lost for `GAP` seconds (`GAP_FRAMES` frames where the frame rate is
    unknown) and is searched at the place of the last detection.

    Before that, of two detections in a frame that are less than `DUPLICATE` apart, the one with fewer (then less sure)
    joints is left out: detectors sometimes find a person twice.

    Args:
        recording: N detections.

    Returns:
        The tracked recording; people are named "0", "1", ... in the order of appearance. Single images, and recordings
        that are already tracked, are returned as they are.

    Source:
        Greedy nearest-neighbour association, ours.

    Example:
        >>> import numpy as np
        >>> from geolift.keypoints import record, track
        >>> person = np.array([[0.0, 0.0], [0.0, 50.0], [20.0, 100.0]]) + 100
        >>> both = np.stack([person, person + [400, 0], person + [402, 0], person + [3, 0]])
        >>> names = ("head", "back", "tail")
        >>> video = record(both, np.ones((4, 3)), joints=names, frame=np.array([0, 0, 1, 1]))
        >>> track(video).person.tolist()
        [0, 1, 0, 1]
        >>> track(video).keypoints[:, 0, 0].tolist()
        [100.0, 500.0, 103.0, 502.0]
    """
    if recording.tracked or not recording.video:
        return recording
    single = ~_duplicates(recording)
    keypoints, seen, frame = recording.keypoints[single], recording.seen[single], recording.frame[single]
    gap = max(1, round(GAP * recording.fps)) if recording.fps else GAP_FRAMES
    person = _follow(keypoints, seen, frame, gap, shot_of(frame, recording.shots))
    people = int(person.max()) + 1
    order = np.lexsort((person, frame))
    who = counted(people, "person was", "people were")
    notes = [f"{who} tracked by position from frame to frame, through gaps of up to {gap} frames"]
    if not single.all():
        twice = counted(int((~single).sum()), "detection was", "detections were")
        notes.append(f"{twice} left out: the same person twice in a frame")
    return recording._replace(
        keypoints=keypoints[order],
        confidence=recording.confidence[single][order],
        frame=frame[order],
        person=person[order],
        people=tuple(str(i) for i in range(people)),
        tracked=True,
        notes=(*recording.notes, *notes),
    )


def select(recording: Recording, people: str | Sequence[str]) -> Recording:
    """The detections of some people; a note counts the others.

    Args:
        recording: N detections.
        people: "all"; "largest": the person with the largest boxes around the joints, summed over frames, or, if
            untracked, the largest of every frame; or names of people.

    Raises:
        DatasetError: if a name is unknown.

    Example:
        >>> import numpy as np
        >>> from geolift.keypoints import record, select
        >>> names, keypoints = ("head", "tail"), np.array([[[1, 1], [5, 5]], [[7, 7], [50, 50]]])
        >>> video = record(keypoints, np.ones((2, 2)), joints=names, person=np.array([0, 1]), people=("cat", "dog"))
        >>> select(video, "largest").people
        ('dog',)
    """
    if people == "all":
        return recording
    if people == "largest":
        chosen = _largest(recording)
    else:
        wanted = (people,) if isinstance(people, str) else tuple(people)
        unknown = sorted(set(wanted) - set(recording.people))
        if unknown or not wanted:
            known = list(recording.people[:20]) + ["..."] * (len(recording.people) > 20)
            raise DatasetError(f"people: found {unknown}, expected 'all', 'largest' or names of {known}")
        chosen = np.isin(recording.person, [recording.people.index(name) for name in wanted])
    return select_rows(recording, chosen, "people that were not selected")


def box_diagonals(keypoints: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """`[N]` diagonals of the boxes around the seen joints of keypoints `[N, K, 2]`: the size of each detection."""
    return np.linalg.norm(_boxes(keypoints, seen), axis=-1)


def distances(
    keypoints: np.ndarray,
    seen: np.ndarray,
    size: np.ndarray,
    others: np.ndarray,
    others_seen: np.ndarray,
    others_size: np.ndarray,
) -> np.ndarray:
    """Distances `[...]` of keypoints `[..., K, 2]` and `others`, in units of the larger `size` `[...]`.

    The mean over joints seen in both; infinite with less than `COMMON` of them (or all, in a skeleton with fewer).
    """
    common = seen & others_seen
    count = common.sum(axis=-1)
    offset = keypoints - others
    total = (np.sqrt((offset * offset).sum(axis=-1)) * common).sum(axis=-1)
    enough = count >= min(COMMON, keypoints.shape[-2])
    return np.where(enough, total / np.maximum(count * np.maximum(size, others_size), 1e-6), np.inf)


def _boxes(keypoints: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Width and height `[N, 2]` of the boxes around the seen joints."""
    low = np.where(seen[..., None], keypoints, np.inf).min(axis=1)
    high = np.where(seen[..., None], keypoints, -np.inf).max(axis=1)
    return np.maximum(high - low, 0)


def _duplicates(recording: Recording) -> np.ndarray:
    """`[N]` bool: detections with a better one in the same frame less than `DUPLICATE` away."""
    keypoints, seen, frame = recording.keypoints, recording.seen, recording.frame
    size, joints, sure = box_diagonals(keypoints, seen), seen.sum(axis=1), recording.confidence.sum(axis=1)
    duplicate = np.zeros(len(frame), bool)
    for step in range(1, int(np.bincount(frame).max())):
        first = np.flatnonzero(frame[:-step] == frame[step:])
        second = first + step
        same = distances(
            keypoints[first], seen[first], size[first], keypoints[second], seen[second], size[second]
        ) < DUPLICATE  # fmt: skip
        # Part of a person, e.g. the legs, may lie on another person: most of the smaller detection must be common.
        same &= (seen[first] & seen[second]).sum(axis=1) > np.minimum(joints[first], joints[second]) / 2
        first, second = first[same], second[same]
        better = np.where(joints[first] == joints[second], sure[first] >= sure[second], joints[first] > joints[second])
        duplicate[np.where(better, second, first)] = True
    return duplicate


def _follow(keypoints: np.ndarray, seen: np.ndarray, frame: np.ndarray, gap: int, shot: np.ndarray) -> np.ndarray:
    """`[N]` the person of each detection, numbered in the order of appearance."""
    size = box_diagonals(keypoints, seen)
    person = np.empty(len(frame), np.int64)
    last = np.empty(0, np.int64)  # the last detection of each person who is not lost
    people = 0
    bounds = np.append(np.flatnonzero(np.diff(frame, prepend=-1)), len(frame))
    for start, stop in itertools.pairwise(bounds):
        last = last[(frame[last] >= frame[start] - 1 - gap) & (shot[last] == shot[start])]
        new = keypoints[start:stop], seen[start:stop], size[start:stop]
        distance = np.empty((len(last), stop - start))
        for first in range(0, len(last), BLOCK):
            old = last[first : first + BLOCK, None]
            distance[first : first + BLOCK] = distances(keypoints[old], seen[old], size[old], *new)
        person[start:stop] = -1
        for pair in np.argsort(distance, axis=None, kind="stable"):
            known, new = divmod(int(pair), stop - start)
            if distance[known, new] > LIMIT:
                break
            if person[start + new] < 0 and last[known] < start:
                person[start + new] = person[last[known]]
                last[known] = start + new
        new = start + np.flatnonzero(person[start:stop] < 0)
        person[new] = people + np.arange(len(new))
        people += len(new)
        last = np.append(last, new)
    return person


def _largest(recording: Recording) -> np.ndarray:
    """`[N]` bool: the detections of the largest person, or, if untracked, the largest of every frame."""
    area = _boxes(recording.keypoints, recording.seen).prod(axis=-1)
    if recording.tracked:
        return recording.person == np.bincount(recording.person, area).argmax()
    order = np.lexsort((-area, recording.frame))
    first = order[np.diff(recording.frame[order], prepend=-1) > 0]
    return np.isin(np.arange(len(area)), first)
