"""Following people by position through the frames of a video that does not follow them itself.

Frame by frame, known people are moved on at their speed and joined with the detections by the best assignment
(`follow`). Then pieces of one person's track are put together, and detections that are nobody are left out
(`track_joining`). Last, what a track must not do is looked for, in files that follow people, too (`track_breaks`).
"""

import itertools

import numpy as np

from geolift.keypoints.ghosts import without_ghosts
from geolift.keypoints.photographs import as_photographs
from geolift.keypoints.pose_distance import box_diagonals, distances
from geolift.keypoints.recording import Recording
from geolift.keypoints.shots import people_by_shot, shot_of
from geolift.keypoints.track_breaks import mend_tracks
from geolift.keypoints.track_ids import ALONE
from geolift.keypoints.track_joining import attach, join_tracks
from geolift.plurals import counted

LIMIT = 0.5  # of a person's size: a detection farther from every known person begins a new one
SPEED = 4.0  # sizes per second by which a person may leave the expected place: at low frame rates more than LIMIT
FARTHEST = 1.0  # sizes; no detection farther than this from the expected place is joined
GAP = 0.5  # seconds for which a person may be lost
GAP_FRAMES = 15  # the same in frames where the frame rate is unknown
DUPLICATE = 0.07  # of a person's size: nearer, two detections are one person; in COCO duplicates 0.03, others 0.19
BLOCK = 256  # known people who are compared at once
AHEAD = 5  # frames for which a lost person is taken to go on at their speed


def track(recording: Recording) -> Recording:
    """Follow people through a video by position: detections of the same person get the same `person`.

    The distance of two detections is the mean over their common joints, in units of the larger one's size (the diagonal
    of the box around its joints). In each frame, known people and detections are joined so that the sum of distances is
    smallest; a person is expected where they were last, or where their speed takes them. Detections farther than
    `LIMIT` (at low frame rates up to `FARTHEST`) begin new people. A person may be lost for `GAP` seconds (`GAP_FRAMES`
    frames where the frame rate is unknown).

    Before that, of two detections in a frame that are less than `DUPLICATE` apart, the one with fewer (then less sure)
    joints is left out: detectors sometimes find a person twice. After it, pieces are joined: all of them where there
    are never two people in a frame, those after a longer gap where nobody else can be meant. Nobody is followed from
    one shot to the next.

    Numbered photographs, which are no video, become single images (`photographs`).

    In files that follow people, and in what came out here, two people who change places are changed back, another
    person in a few frames is left out, and a track breaks where the video is cut (`track_breaks.mend_tracks`).

    Args:
        recording: N detections.

    Returns:
        The tracked recording; people are named "0", "1", ... in the order of appearance. Single images, and recordings
        that are tracked without a fault, are returned as they are.

    Source:
        Assignment of detections to tracks as in Bewley et al. 2016, "Simple online and realtime tracking"; ours.

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
    recording = as_photographs(recording)
    if not recording.video:
        return recording
    return without_ghosts(mend_tracks(_with_unnumbered(recording) if recording.tracked else _track(recording)))


def _with_unnumbered(recording: Recording) -> Recording:
    """A video that follows people, with the detections that its track numbers leave open followed by position."""
    alone = np.array([name.split(" ")[-2:-1] == [ALONE] for name in recording.people])[recording.person]
    if not alone.any():
        return recording
    keypoints, seen, frame, person = recording.keypoints, recording.seen, recording.frame, recording.person.copy()
    shot = shot_of(frame, recording.shots)
    gap = max(1, round(GAP * recording.fps)) if recording.fps else GAP_FRAMES
    attach(keypoints, seen, frame, person, shot, np.flatnonzero(alone), gap=gap, limit=LIMIT, same=DUPLICATE)
    kept = person >= 0
    left = np.flatnonzero(alone & kept & np.isin(person, np.unique(recording.person[alone])))
    names = list(recording.people)
    if len(left):
        new = follow(keypoints[left], seen[left], frame[left], shot[left], gap=gap, fps=recording.fps)
        first = left[np.unique(new, return_index=True)[1]]
        person[left] = recording.person[first[new]]
    used, person = np.unique(person[kept], return_inverse=True)
    rows = {key: getattr(recording, key)[kept] for key in ("keypoints", "confidence", "frame")}
    order = np.lexsort((person, rows["frame"]))
    rows = {key: values[order] for key, values in rows.items()}
    return recording._replace(person=person[order], people=tuple(names[i] for i in used), **rows)


def _track(recording: Recording) -> Recording:
    """An untracked video with its people followed."""
    single = ~_duplicates(recording)
    keypoints, seen, frame = recording.keypoints[single], recording.seen[single], recording.frame[single]
    gap = max(1, round(GAP * recording.fps)) if recording.fps else GAP_FRAMES
    shot = shot_of(frame, recording.shots)
    person = follow(keypoints, seen, frame, shot, gap=gap, fps=recording.fps)
    joined = join_tracks(keypoints, seen, frame, person, shot, fps=recording.fps, names=recording.frames)
    kept, person = joined.kept, joined.person
    people, person = np.unique(person[kept], return_inverse=True)
    names = tuple(str(i) for i in range(len(people)))
    if recording.shots:
        person, names = _named_by_shot(person, frame[kept], recording)
    who = counted(len(names), "person was", "people were")
    notes = [f"{who} tracked by position from frame to frame, {joined.how.format(gap=gap)}"]
    if not single.all():
        twice = counted(int((~single).sum()), "detection was", "detections were")
        notes.append(f"{twice} left out: the same person twice in a frame")
    rows = np.flatnonzero(single)[kept]
    order = np.lexsort((person, recording.frame[rows]))
    return recording._replace(
        keypoints=recording.keypoints[rows][order],
        confidence=recording.confidence[rows][order],
        frame=recording.frame[rows][order],
        person=person[order],
        people=names,
        tracked=True,
        notes=(*recording.notes, *notes, *joined.notes),
    )


def _named_by_shot(person: np.ndarray, frame: np.ndarray, recording: Recording) -> tuple[np.ndarray, tuple[str, ...]]:
    """People, who are in one shot each, numbered within their shot and named after it."""
    shot = shot_of(frame, recording.shots)
    first = np.array([person[shot == i].min(initial=len(person)) for i in range(len(recording.shots))])
    within = person - first[shot]
    return people_by_shot(within, [str(i) for i in range(int(within.max()) + 1)], frame, recording.shots)


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


def follow(
    keypoints: np.ndarray, seen: np.ndarray, frame: np.ndarray, shot: np.ndarray, *, gap: int, fps: float
) -> np.ndarray:
    """`[N]` the person of each detection, numbered in the order of appearance.

    Args:
        keypoints: `[N, K, 2]`, sorted by frame.
        seen: `[N, K]` bool.
        frame: `[N]` int.
        shot: `[N]` int; nobody is followed from one to the next.
        gap: frames for which a person may be lost.
        fps: frames per second; 0: unknown.
    """
    size = box_diagonals(keypoints, seen)
    person = np.full(len(frame), -1, np.int64)
    speed = np.zeros((len(frame), 2))  # pixels per frame of each detection's person
    last = np.empty(0, np.int64)  # the last detection of each person who is not lost
    people = 0
    bounds = np.append(np.flatnonzero(np.diff(frame, prepend=-1)), len(frame))
    steady, steps = _steady(keypoints, seen, size, frame, shot, gap)
    for start, stop in itertools.pairwise(bounds.tolist()):
        if steady[start] and len(last) == 1 and last[0] == start - 1:
            person[start], speed[start], last[0] = person[start - 1], steps[start], start
            continue
        last = last[(frame[last] >= frame[start] - 1 - gap) & (shot[last] == shot[start])]
        new = np.arange(start, stop)
        since = frame[start] - frame[last]
        limit = np.full(len(last), LIMIT) if not fps else np.clip(SPEED * since / fps, LIMIT, FARTHEST)
        cost = _costs(keypoints, seen, size, speed, last, since, new)
        old, joined = _assign(cost, limit[:, None])
        before, after = last[old], new[joined]
        person[after] = person[before]
        speed[after] = _speeds(keypoints, seen, before, after, since[old])
        last[old] = after
        begun = new[person[new] < 0]
        person[begun] = people + np.arange(len(begun))
        people += len(begun)
        last = np.append(last, begun)
    return person


def _steady(
    keypoints: np.ndarray, seen: np.ndarray, size: np.ndarray, frame: np.ndarray, shot: np.ndarray, gap: int
) -> tuple[np.ndarray, np.ndarray]:
    """`[N]` bool: detections alone in their frame and near the one before them, which is alone, too; `[N, 2]` speeds.

    Most videos show one person for most of the time, who is followed by this alone.
    """
    before, after = np.arange(len(frame) - 1), np.arange(1, len(frame))
    since = frame[after] - frame[before]
    apart = distances(keypoints[before], seen[before], size[before], keypoints[after], seen[after], size[after])
    alone = np.bincount(frame)[frame] == 1
    steady, steps = np.zeros(len(frame), bool), np.zeros((len(frame), 2))
    steady[1:] = alone[:-1] & alone[1:] & (shot[:-1] == shot[1:]) & (since <= gap + 1) & (apart <= LIMIT)
    steps[1:] = _speeds(keypoints, seen, before, after, since)
    return steady, steps


def _costs(
    keypoints: np.ndarray,
    seen: np.ndarray,
    size: np.ndarray,
    speed: np.ndarray,
    last: np.ndarray,
    since: np.ndarray,
    new: np.ndarray,
) -> np.ndarray:
    """`[L, M]` distances of detections `new` from where people were `last`, or from where their speed takes them."""
    cost = np.empty((len(last), len(new)))
    for first in range(0, len(last), BLOCK):
        old = last[first : first + BLOCK]
        ahead = speed[old] * np.minimum(since[first : first + BLOCK], AHEAD)[:, None]
        there = (seen[old][:, None], size[old][:, None], keypoints[new], seen[new], size[new])
        still = distances(keypoints[old][:, None], *there)
        going = distances((keypoints[old] + ahead[:, None])[:, None], *there) if ahead.any() else still
        cost[first : first + BLOCK] = np.minimum(still, going)
    return cost


def _assign(cost: np.ndarray, limit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns that are joined: the smallest sum of costs, none beyond the limit of its row."""
    near = cost <= limit
    if not near.any():
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if (near.sum(axis=0) <= 1).all() and (near.sum(axis=1) <= 1).all():
        return np.nonzero(near)
    from scipy.optimize import linear_sum_assignment  # slow to import

    rows, columns = linear_sum_assignment(np.where(near, cost, 1e3))
    joined = near[rows, columns]
    return rows[joined], columns[joined]


def _speeds(
    keypoints: np.ndarray, seen: np.ndarray, before: np.ndarray, after: np.ndarray, since: np.ndarray
) -> np.ndarray:
    """`[M, 2]` pixels per frame, the mean over joints seen in both detections."""
    common = (seen[before] & seen[after])[..., None]
    shift = ((keypoints[after] - keypoints[before]) * common).sum(axis=1)
    return shift / np.maximum(common.sum(axis=1), 1) / np.maximum(since, 1)[:, None]
