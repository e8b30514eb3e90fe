"""Following people by position, frame by frame: known people and the detections of each frame are joined.

A detection may lack joints. So a known person is not where the last detection is, but has a body: each joint where it
was seen last, moved on with the person since then. Its box is the person's size.
"""

from typing import NamedTuple

import numpy as np

from geolift.keypoints.pose_distance import COMMON, box_diagonals, distances

LIMIT = 0.5  # of a person's size: a detection farther from every known person begins a new one
SPEED = 4.0  # sizes per second by which a person may leave the expected place: at low frame rates more than LIMIT
FARTHEST = 1.0  # sizes; no detection farther than this from the expected place is joined
FEWER = 0.02  # sizes by which who shares no joint is farther than who shares all: halves come after whole people
BLOCK = 256  # known people who are compared at once
AHEAD = 5  # frames for which a lost person is taken to go on at their speed


class Detections(NamedTuple):
    """N detections, sorted by frame.

    Attributes:
        keypoints: `[N, K, 2]` pixels.
        seen: `[N, K]` bool.
        size: `[N]` pixels, diagonals of their boxes.
        frame: `[N]` int.
    """

    keypoints: np.ndarray
    seen: np.ndarray
    size: np.ndarray
    frame: np.ndarray


class Followed(NamedTuple):
    """What is known of each of N detections' people; changed in place.

    Attributes:
        person: `[N]` int; -1: not followed yet.
        speed: `[N, 2]` pixels per frame.
        way: `[N, 2]` pixels by which the person has moved since the first detection.
    """

    person: np.ndarray
    speed: np.ndarray
    way: np.ndarray


class Known(NamedTuple):
    """L known people.

    Attributes:
        last: `[L]` rows of their last detections.
        joints: `[L, K]` rows of the detections in which each joint was seen last; -1: in none.
    """

    last: np.ndarray
    joints: np.ndarray

    def at(self, chosen: np.ndarray | slice) -> "Known":
        return Known(self.last[chosen], self.joints[chosen])


def follow(
    keypoints: np.ndarray, seen: np.ndarray, frame: np.ndarray, shot: np.ndarray, *, gap: int, fps: float
) -> np.ndarray:
    """`[N]` the person of each detection, numbered in the order of appearance.

    Args:
        keypoints: `[N, K, 2]`, sorted by frame.
        seen: `[N, K]` bool.
        frame: `[N]` int.
        shot: `[N]` int; nobody is followed from one to the next.
        gap: frames for which a person, or a joint, may be lost.
        fps: frames per second; 0: unknown.
    """
    all_of = Detections(keypoints, seen, box_diagonals(keypoints, seen), frame)
    count, joints = seen.shape
    tracks = Followed(np.full(count, -1, np.int64), np.zeros((count, 2)), np.zeros((count, 2)))
    known = Known(np.empty(0, np.int64), np.empty((0, joints), np.int64))
    steady, steps = _steady(all_of, shot, gap)
    others = np.append(np.flatnonzero(~steady), count)
    ends = np.searchsorted(frame, frame, side="right")
    start, people = 0, 0
    while start < count:
        if steady[start] and len(known.last) == 1 and known.last[0] == start - 1:
            stop = int(others[np.searchsorted(others, start)])
            _go_on(tracks, steps, frame, start, stop)
            known, start = _later(known, seen, max(start, stop - 1 - gap), stop), stop
            continue
        new = np.arange(start, ends[start])
        there = (frame[known.last] >= frame[start] - 1 - gap) & (shot[known.last] == shot[start])
        known = known if there.all() else known.at(there)
        since = frame[start] - frame[known.last]
        limit = np.full(len(since), LIMIT) if not fps else np.clip(SPEED * since / fps, LIMIT, FARTHEST)
        old, joined = _join(all_of, tracks, known, new, gap, limit[:, None])
        before, after = known.last[old], new[joined]
        tracks.person[after] = tracks.person[before]
        tracks.speed[after] = _speeds(all_of, before, after, tracks.speed[before])
        tracks.way[after] = tracks.way[before] + tracks.speed[after] * since[old][:, None]
        begun = new[tracks.person[new] < 0]
        tracks.person[begun] = people + np.arange(len(begun))
        people += len(begun)
        known, start = _with(known, seen, old, after, begun), int(ends[start])
    return tracks.person


def _go_on(tracks: Followed, steps: np.ndarray, frame: np.ndarray, start: int, stop: int) -> None:
    """Detections `start` to `stop` are of the person of the one before them."""
    tracks.person[start:stop] = tracks.person[start - 1]
    tracks.speed[start:stop] = steps[start:stop]
    moved = steps[start:stop] * np.diff(frame[start - 1 : stop])[:, None]
    tracks.way[start:stop] = tracks.way[start - 1] + np.cumsum(moved, axis=0)


def _later(known: Known, seen: np.ndarray, first: int, stop: int) -> Known:
    """The only known person after detections `first` to `stop` of no other."""
    recent = seen[first:stop][::-1]
    rows = np.where(recent.any(axis=0), stop - 1 - recent.argmax(axis=0), known.joints[0])
    return Known(np.array([stop - 1]), rows[None])


def _with(known: Known, seen: np.ndarray, old: np.ndarray, after: np.ndarray, begun: np.ndarray) -> Known:
    """Known people, of whom `old` go on with detections `after`, and those who begin."""
    last, joints = known
    last[old], joints[old] = after, np.where(seen[after], after[:, None], joints[old])
    if not len(begun):
        return known
    return Known(np.append(last, begun), np.concatenate([joints, np.where(seen[begun], begun[:, None], -1)]))


def _steady(all_of: Detections, shot: np.ndarray, gap: int) -> tuple[np.ndarray, np.ndarray]:
    """`[N]` bool: detections alone in their frame and near the one before them, which is alone, too; `[N, 2]` speeds.

    Most videos show one person for most of the time, who is followed by this alone.
    """
    keypoints, seen, size, frame = all_of
    before, after = np.arange(len(frame) - 1), np.arange(1, len(frame))
    apart = distances(keypoints[:-1], seen[:-1], size[:-1], keypoints[1:], seen[1:], size[1:])
    alone = np.bincount(frame)[frame] == 1
    steady, steps = np.zeros(len(frame), bool), np.zeros((len(frame), 2))
    steady[1:] = alone[:-1] & alone[1:] & (shot[:-1] == shot[1:]) & (np.diff(frame) <= gap + 1) & (apart <= LIMIT)
    steps[1:] = _speeds(all_of, before, after, steps[:-1])
    return steady, steps


def _join(
    all_of: Detections, tracks: Followed, known: Known, new: np.ndarray, gap: int, limit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which known people and detections `new` are joined; who has few joints in common with anybody comes last."""
    cost = _costs(all_of, tracks, known, new, gap)
    old, joined = _assign(cost, limit)
    if len(old) == min(cost.shape):
        return old, joined
    few = np.isinf(cost)
    few[old], few[:, joined] = False, False
    if not few.any():
        return old, joined
    rest, others = (np.flatnonzero(few.any(axis=axis)) for axis in (1, 0))
    near = _costs(all_of, tracks, known.at(rest), new[others], gap, fewest=1)
    near[~few[rest[:, None], others]] = np.inf
    more, also = _assign(near, limit[rest])
    return np.append(old, rest[more]), np.append(joined, others[also])


def _costs(
    all_of: Detections, tracks: Followed, known: Known, new: np.ndarray, gap: int, *, fewest: int = COMMON
) -> np.ndarray:
    """`[L, M]` distances of detections `new` from where people were last, or from where their speed takes them."""
    keypoints, seen, size, frame = all_of
    cost = np.empty((len(known.last), len(new)))
    for first in range(0, len(cost), BLOCK):
        some = known.at(slice(first, first + BLOCK))
        bodies, there, large = _bodies(all_of, some, tracks.way, gap)
        ahead = tracks.speed[some.last] * np.minimum(frame[new[0]] - frame[some.last], AHEAD)[:, None]
        places = np.stack([bodies, bodies + ahead[:, None]])[:, :, None]
        others = (there[:, None], large[:, None], keypoints[new], seen[new], size[new])
        shared = (there[:, None] & seen[new]).mean(axis=-1)
        cost[first : first + BLOCK] = distances(places, *others, fewest=fewest).min(axis=0) + FEWER * (1 - shared)
    return cost


def _bodies(all_of: Detections, known: Known, way: np.ndarray, gap: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints `[L, K, 2]` of known people when they were seen last, `[L, K]` which are known, and sizes `[L]`."""
    keypoints, seen, size, frame = all_of
    last, joints = known
    there = joints >= 0
    if (seen[last] == there).all():
        return keypoints[last], there, size[last]
    there &= frame[joints] >= frame[last][:, None] - gap
    bodies = keypoints[joints, np.arange(joints.shape[1])] + (way[last][:, None] - way[joints])
    return bodies, there, box_diagonals(bodies, there)


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


def _speeds(all_of: Detections, before: np.ndarray, after: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    """`[M, 2]` pixels per frame, the mean over joints seen in both detections; `unknown` where they are too few."""
    keypoints, seen, _, frame = all_of
    common = (seen[before] & seen[after])[..., None]
    count = common.sum(axis=1)
    shift = ((keypoints[after] - keypoints[before]) * common).sum(axis=1)
    speeds = shift / np.maximum(count, 1) / np.maximum(frame[after] - frame[before], 1)[:, None]
    return np.where(count >= min(COMMON, keypoints.shape[1]), speeds, unknown)
