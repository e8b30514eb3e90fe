"""Following people, by where they are, through a video whose file follows nobody, and choosing among them."""

import itertools
from collections.abc import Sequence

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.recording import Recording, select_rows

LIMIT = 0.5  # of a person's size: farther from every known person, a new one begins
GAP = 0.5  # seconds for which a person may be lost
GAP_FRAMES = 15  # the same in frames where the frame rate is unknown
TWICE = 0.07  # of a person's size: nearer, two detections are one person; in COCO people twice 0.03, others 0.19
BLOCK = 256  # known people who are compared at once
COMMON = 3  # joints that two detections must share to be compared; all of a skeleton with fewer


def track(recording: Recording) -> Recording:
    """Follow people through a video: detections of the same person get the same `person`.

    Two detections are as far apart as their common joints are on average, in units of the larger one's size (the
    diagonal of the box around its joints). Frame by frame, the nearest pair of a known person and a detection is
    joined first, then the next, up to `LIMIT`: for the few people of a video this hardly differs from the best
    assignment of all. Whoever is left begins a new person. A person may be lost for `GAP` seconds (`GAP_FRAMES` frames
    where the rate is unknown) and is looked for at the place of the last detection.

    Before that, of two detections of a frame that are less than `TWICE` apart, the one with fewer (then less sure)
    joints is left out: detectors find a person twice now and then.

    People are named "0", "1", ... in the order of appearance. Stills, and what is tracked already, come back as they
    are.
    """
    if recording.tracked or not recording.video:
        return recording
    single = ~_found_twice(recording)
    keypoints, seen, frame = recording.keypoints[single], recording.seen[single], recording.frame[single]
    gap = max(1, round(GAP * recording.fps)) if recording.fps else GAP_FRAMES
    person = _follow(keypoints, seen, frame, gap)
    people = int(person.max()) + 1
    order = np.lexsort((person, frame))
    who = "1 person was followed" if people == 1 else f"{people} people were told apart"
    notes = [f"{who} by position from frame to frame, through gaps of up to {gap} frames"]
    if not single.all():
        notes.append(f"{int((~single).sum())} detections were left out: the same person twice in a frame")
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
    """The detections of some people.

    Args:
        recording: of anybody.
        people: "all"; "largest": who has the largest boxes around the joints, summed over frames, or, where nobody is
            followed, the largest of every frame; or the names of people.

    Raises:
        DatasetError: if somebody is not there.
    """
    if people == "all":
        return recording
    if people == "largest":
        chosen = _largest(recording)
    else:
        wanted = (people,) if isinstance(people, str) else tuple(people)
        unknown = sorted(set(wanted) - set(recording.people))
        if unknown or not wanted:
            there = list(recording.people[:20]) + ["..."] * (len(recording.people) > 20)
            raise DatasetError(f"people: found {unknown}, expected 'all', 'largest' or names of {there}")
        chosen = np.isin(recording.person, [recording.people.index(name) for name in wanted])
    return select_rows(recording, chosen, "people that were not chosen")


def sizes(keypoints: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """`[N]` diagonals of the boxes around the seen joints of keypoints `[N, K, 2]`."""
    return np.linalg.norm(_boxes(keypoints, seen), axis=-1)


def apart(
    keypoints: np.ndarray,
    seen: np.ndarray,
    size: np.ndarray,
    others: np.ndarray,
    others_seen: np.ndarray,
    others_size: np.ndarray,
) -> np.ndarray:
    """How far keypoints `[..., K, 2]` and `others` are apart, `[...]`, in units of the larger `size` `[...]`.

    The mean over joints seen in both; infinite if these are less than `COMMON`, or all of a skeleton with fewer.
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


def _found_twice(recording: Recording) -> np.ndarray:
    """`[N]` bool: detections that a better one of the same frame is less than `TWICE` apart from."""
    keypoints, seen, frame = recording.keypoints, recording.seen, recording.frame
    size, joints, sure = sizes(keypoints, seen), seen.sum(axis=1), recording.confidence.sum(axis=1)
    twice = np.zeros(len(frame), bool)
    for step in range(1, int(np.bincount(frame).max())):
        first = np.flatnonzero(frame[:-step] == frame[step:])
        second = first + step
        same = apart(
            keypoints[first], seen[first], size[first], keypoints[second], seen[second], size[second]
        ) < TWICE  # fmt: skip
        # A part of a person, say the legs, may lie on another's: most of the smaller detection must be common.
        same &= (seen[first] & seen[second]).sum(axis=1) > np.minimum(joints[first], joints[second]) / 2
        first, second = first[same], second[same]
        better = np.where(joints[first] == joints[second], sure[first] >= sure[second], joints[first] > joints[second])
        twice[np.where(better, second, first)] = True
    return twice


def _follow(keypoints: np.ndarray, seen: np.ndarray, frame: np.ndarray, gap: int) -> np.ndarray:
    """`[N]` whom each detection belongs to, numbered in the order of appearance."""
    size = sizes(keypoints, seen)
    person = np.empty(len(frame), np.int64)
    last = np.empty(0, np.int64)  # the last detection of everybody who is not lost
    people = 0
    bounds = np.append(np.flatnonzero(np.diff(frame, prepend=-1)), len(frame))
    for start, stop in itertools.pairwise(bounds):
        last = last[frame[last] >= frame[start] - 1 - gap]
        new = keypoints[start:stop], seen[start:stop], size[start:stop]
        distance = np.empty((len(last), stop - start))
        for first in range(0, len(last), BLOCK):
            old = last[first : first + BLOCK, None]
            distance[first : first + BLOCK] = apart(keypoints[old], seen[old], size[old], *new)
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
    """`[N]` bool: the detections of the largest person, or, where nobody is followed, of the largest of every frame."""
    area = _boxes(recording.keypoints, recording.seen).prod(axis=-1)
    if recording.tracked:
        return recording.person == np.bincount(recording.person, area).argmax()
    order = np.lexsort((-area, recording.frame))
    first = order[np.diff(recording.frame[order], prepend=-1) > 0]
    return np.isin(np.arange(len(area)), first)
