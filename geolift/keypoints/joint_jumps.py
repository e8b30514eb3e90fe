"""Joints of a video that jump away and back: spikes, and a wrist that is found on another person for some frames.

A hand or a foot that moves, however fast, gets its speed over several frames. A joint that is wrong is elsewhere from
one frame to the next, stops there at once, and comes back in the same way. `suddenness` measures that at every step,
`away_and_back` finds the frames between two such steps. What is found counts as missing, and is noted with its frames.
"""

import numpy as np

from geolift.keypoints.frame_ranges import frame_ranges
from geolift.keypoints.pose_distance import box_diagonals
from geolift.keypoints.recording import Recording, rows_of_people, select_rows
from geolift.plurals import counted
from geolift.skeletons.joint_sets import JOINT_SETS

# The most sudden steps of recorded motion (kicks, punches, dances, acrobatics) that lead away and, in `LONGEST`, back
# are 0.39, 0.26, 0.12, 0.06, 0.03 and 0.01 sizes at 6, 10, 15, 30, 60 and 120 frames per second.
FASTEST = 3.0  # sizes per second by which speed may change in a step
SLOW = 12.0  # frames per second; with fewer, a motion and its end may lie in one step, and more is allowed
SMALLEST = 0.04  # sizes, at high frame rates: errors of detectors
UNUSUAL = 6.0  # times the usual change of speed of a joint
OF_ALL = 3.0  # times that of all joints (90 % quantile) where the frame rate is unknown
# Of animals no speed is known: a fly's claws are ten times as fast, in its sizes, as a hand. A step is compared with
# the others of the same joint. With 0.2 sizes, 2 right joints of a recorded fly are found in
# pieces of 100 to 700 frames; with 0.1 also what a tracker moves away and back, an eye and paws of a mouse.
SMALLEST_OF_ANIMALS = 0.25  # sizes
OF_ITS, OFTEN = 6.0, 0.8  # times this quantile of the changes of speed
UNKNOWN = 30.0  # frames per second that are assumed where the rate is unknown
LONGEST = 0.5  # seconds that a joint is away; with a quarter the same right joints are taken out, and fewer wrong ones
BACK = 0.7  # of the way there: so near is the place afterwards to that before
LONGEST_AT_END = 0.25  # seconds, where a video begins or ends away; of animals anywhere
AT_END = 2.0  # times as sudden where a video begins or ends away, and nothing shows that the joint was here
FAR_AT_END = 0.4  # sizes that it is away there, as only one side speaks against it; some recorded clips begin at 0.3
APART = 0.5  # seconds without a joint after which nothing is known about its steps
AROUND = 0.5  # seconds before and after, in which a joint's changes of speed are usual
TALL = 2.0  # seconds before and after, in which the size of a person is measured
FEWEST = 8  # detections of a joint that its usual steps are known from
WITHOUT_LEGS = 2.0  # times the size that people have of whom no leg is seen
PASSES = 3  # times that what is left is looked through
LISTED = 5  # joints in a note


def without_jumps(recording: Recording) -> Recording:
    """A tracked video without the joints that jump away and back; the same recording if there are none.

    Args:
        recording: N detections, tracked; of single images nothing is changed.

    Returns:
        The recording, in which these joints are missing, with a note that names them and their frames.

    Source:
        Ours; how often right joints are taken out: docs/warnings.md.

    Example:
        A tail that is elsewhere in frame 6:

        >>> from geolift.keypoints import record
        >>> walk = np.array([[0.0, 0.0], [0.0, 50.0], [20.0, 100.0]]) + np.arange(1, 31)[:, None, None]
        >>> walk[6, 2] += 80
        >>> about = {"joints": ("head", "back", "tail"), "person": np.zeros(30, int), "people": ("rex",), "fps": 30.0}
        >>> steady = without_jumps(record(walk, np.ones((30, 3)), **about))
        >>> steady.seen[5:8, 2].tolist(), steady.notes
        ([True, False, True], ('1 joint jumps away and back: counted as missing: tail (frame 6)',))
    """
    if not (recording.video and recording.tracked):
        return recording
    jumping = find_jumps(recording)
    if not jumping.any():
        return recording
    steady = recording._replace(
        keypoints=np.where(jumping[..., None], 0, recording.keypoints),
        confidence=np.where(jumping, 0, recording.confidence),
        notes=(*recording.notes, _note(recording, jumping)),
    )
    return select_rows(steady, steady.seen.any(axis=1), "all joints jump")


def find_jumps(recording: Recording) -> np.ndarray:
    """`[N, K]` bool: the joints of a tracked video that jump away and back."""
    jumping = np.zeros(recording.seen.shape, bool)
    size = detection_sizes(recording)
    for rows in rows_of_people(recording):
        jumping[rows] = _of_person(recording, rows, size[rows])
    return jumping


def least_jump(rate: float) -> float:
    """Sizes by which the speed of a joint changes at least in a step that is a jump, at so many frames per second."""
    return max(SMALLEST, FASTEST / rate * max(1.0, SLOW / rate))


def _note(recording: Recording, jumping: np.ndarray) -> str:
    count = np.zeros((len(recording.people), len(recording.joints)), int)
    np.add.at(count, recording.person, jumping.astype(int))
    named = []
    for person, joint in np.argwhere(count > 0)[np.argsort(-count[count > 0], kind="stable")][:LISTED]:
        frames = recording.frame[jumping[:, joint] & (recording.person == person)]
        whose = f" of {recording.people[person]}" if len(recording.people) > 1 else ""
        named.append(f"{recording.joints[joint]}{whose} ({frame_ranges(frames, recording.frames)})")
    more = int((count > 0).sum()) - len(named)
    rest = f", and {counted(more, 'other', 'others')}" if more else ""
    total = int(jumping.sum())
    what = "1 joint jumps" if total == 1 else f"{total} joints jump"
    return f"{what} away and back: counted as missing: {', '.join(named)}{rest}"


def detection_sizes(recording: Recording) -> np.ndarray:
    """`[N]` sizes of the detections as if legs were seen; single joints that are wrong count in `_high` only."""
    size = box_diagonals(recording.keypoints, recording.seen)
    legs = [i for i, name in enumerate(recording.joints) if "knee" in name or "ankle" in name]
    if legs:
        size = np.where(recording.seen[:, legs].any(axis=1), size, WITHOUT_LEGS * size)
    return size


def _of_person(recording: Recording, rows: np.ndarray, size: np.ndarray) -> np.ndarray:
    """`[T, K]` bool: the joints of one person's rows that jump."""
    rate = recording.fps or UNKNOWN
    frame, seen = recording.frame[rows], recording.seen[rows].copy()
    points = recording.keypoints[rows].astype(np.float64)
    size = _median(size, round(TALL * rate))
    allowed = _allowed(recording, points, seen, frame, size)
    jumping = np.zeros_like(seen)
    longest = LONGEST if recording.joint_set in JOINT_SETS else LONGEST_AT_END
    for _ in range(PASSES):
        within = points - _carried(points, seen, frame)[:, None]
        found = np.zeros_like(seen)
        for joint in range(seen.shape[1]):
            at = np.flatnonzero(seen[:, joint])
            if len(at) >= FEWEST:
                path, limits = (points[at, joint], within[at, joint]), (allowed[at, joint], FAR_AT_END * size[at])
                found[at, joint] = away_and_back(*path, frame[at], *limits, rate=rate, longest=longest)
        if not found.any():
            break
        jumping |= found
        seen &= ~found
    return jumping


def _allowed(
    recording: Recording, points: np.ndarray, seen: np.ndarray, frame: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """`[T, K]` pixels by which the speed of one person's, or animal's, joints may change in a step."""
    rate = recording.fps or UNKNOWN
    of_people = recording.joint_set in JOINT_SETS
    smallest = SMALLEST if of_people else SMALLEST_OF_ANIMALS
    allowed = np.repeat(size[:, None], seen.shape[1], axis=1)
    allowed *= max(smallest, least_jump(rate))
    if recording.fps and of_people:
        return allowed
    changes = [_change(points[seen[:, k], k], frame[seen[:, k]]) for k in range(seen.shape[1])]
    changes = [change[np.isfinite(change)] for change in changes]
    if not recording.fps and sum(map(len, changes)):  # with few frames per second, all joints' speeds change by much
        allowed = np.maximum(allowed, OF_ALL * np.quantile(np.concatenate(changes), 0.9))
    for joint, change in enumerate(changes):
        if not of_people and len(change):
            allowed[:, joint] = np.maximum(allowed[:, joint], OF_ITS * np.quantile(change, OFTEN))
    return allowed


def _carried(points: np.ndarray, seen: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """`[T, 2]` the way of the body: the sum of the steps of its median joint."""
    common = (seen[1:] & seen[:-1])[..., None]
    with np.errstate(all="ignore"):
        steps = np.where(common, np.diff(points, axis=0), np.nan)
        steps[~common.any(axis=(1, 2))] = 0
        middle = np.nanmedian(steps, axis=1)
    return np.concatenate([np.zeros((1, 2)), np.cumsum(middle, axis=0)])


def away_and_back(
    path: np.ndarray,
    within: np.ndarray,
    frame: np.ndarray,
    allowed: np.ndarray,
    far_at_end: np.ndarray,
    *,
    rate: float,
    longest: float = LONGEST,
) -> np.ndarray:
    """`[T]` bool: where one joint is away.

    Args:
        path: `[T, 2]` pixels.
        within: `[T, 2]` the same, the way of the body taken off; a jump must be one in both.
        frame: `[T]` int, rises.
        allowed: `[T]` pixels by which the speed of the joint may change in a step.
        far_at_end: `[T]` pixels by which it must be away where the path begins or ends away.
        rate: frames per second.
        longest: seconds that it is away at most.
    """
    away = np.zeros(len(path), bool)
    spans = (longest, LONGEST_AT_END, APART, AROUND)
    longest, at_end, apart, around = (max(1, round(seconds * rate)) for seconds in spans)
    changes = [_change(points, frame) for points in (path, within)]
    sudden = np.minimum(*(suddenness(change) for change in changes))
    sudden[1:][np.diff(frame) > apart] = 0
    if not (sudden > allowed).any():
        return away
    usual = _median(np.pad(np.minimum(*changes)[1:-1], 1, mode="edge"), max(around, FEWEST))
    limit = np.maximum(allowed, UNUSUAL * usual)
    jumps = np.flatnonzero(sudden > limit)
    if not len(jumps):
        return away
    centre = np.stack([_median(within[:, axis], max(around, FEWEST)) for axis in range(2)], axis=1)
    far = np.linalg.norm(within - centre, axis=1)
    runs = [(a, b) for i, a in enumerate(jumps) for b in jumps[i + 1 :] if frame[b] - frame[a] <= longest]
    for a, b in sorted(runs, key=lambda run: frame[run[1]] - frame[run[0]]):
        there, bracket = slice(a, b), [a - 1, b]
        if away[a - 1 : b + 1].any():
            continue
        others = (
            (jumps != a) & (jumps != b) & (frame[jumps] >= frame[a] - longest) & (frame[jumps] <= frame[b] + longest)
        )
        if others.any() and far[there].min() < far[bracket].max():
            continue  # which of both is away is shown by where the joint mostly is
        if all(_is_bump(points[a - 1 : b + 1], frame[a - 1 : b + 1], limit[there].max()) for points in (path, within)):
            away[there] = True
    for a, there in ((jumps[0], slice(0, jumps[0])), (jumps[-1], slice(jumps[-1], len(path)))):
        brief = 0 < frame[there][-1] - frame[there][0] + 1 <= at_end
        least = max(AT_END * limit[a], far_at_end[a])
        if brief and not away[there].any() and sudden[a] > least and far[there].min() > least:
            away[there] = True
    return away


def _change(points: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """`[T]` by how much the speed of a path `[T, 2]` changes at each place, pixels per frame; NaN at its ends."""
    change = np.full(len(points), np.nan)
    speed = np.diff(points, axis=0) / np.diff(frame)[:, None]
    change[1:-1] = np.linalg.norm(np.diff(speed, axis=0), axis=1)
    return change


def suddenness(change: np.ndarray) -> np.ndarray:
    """`[T]` how sudden the step to each place is: the smaller one of the changes of speed before and after it.

    Args:
        change: `[T]` changes of speed; NaN at the ends of a path, where only one of both counts.
    """
    either = np.concatenate([[0.0], np.fmin(change[:-1], change[1:])])
    return np.nan_to_num(either)


def _is_bump(points: np.ndarray, frame: np.ndarray, limit: float) -> bool:
    """Whether all but the first and the last of points `[R, 2]` are by more than `limit` off the line between these."""
    share = ((frame - frame[0]) / (frame[-1] - frame[0]))[:, None]
    off = np.linalg.norm(points - points[0] - share * (points[-1] - points[0]), axis=1)[1:-1].min()
    return bool(off > limit and np.linalg.norm(points[-1] - points[0]) < BACK * off)


def _median(values: np.ndarray, half: int) -> np.ndarray:
    """`[T]` running medians of values `[T]`, over `half` of them before and after."""
    from scipy.ndimage import median_filter

    half = min(half, len(values) - 1)
    return median_filter(values, 2 * half + 1, mode="mirror") if half else values
