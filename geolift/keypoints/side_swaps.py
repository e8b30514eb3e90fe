"""Left and right that a detector exchanges for some frames, in the whole body, the legs or the arms: changed back.

Nobody's left knee and ankle jump to where the right ones were while these jump to the left ones' place. Such an
exchange from one frame to the next, and one back, bound the frames in which sides are swapped. Who turns around, or
walks past, brings left and right together first, which is no exchange.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from geolift.keypoints.frame_ranges import frame_ranges
from geolift.keypoints.pose_distance import box_diagonals
from geolift.keypoints.recording import Recording, rows_of_people
from geolift.keypoints.side_checks import SLOWEST
from geolift.plurals import counted

LIMBS = {"legs": ("hip", "knee", "ankle", "heel", "toe", "foot"), "arms": ("shoulder", "elbow", "wrist", "hand")}
USUAL_FPS = 30.0  # where the frame rate is unknown
APART = 0.05  # sizes of the person by which a limb must move, on average, to have changed places
NEARER = 0.45  # of that way: as near is the other side's place before
FEWEST = 2  # pairs of joints of a limb that change places
STEP = 0.2  # seconds between two detections in which sides are compared
LONGEST = 2.0  # seconds of swapped sides between two exchanges
SURROUNDED = 2.0  # times as many frames with the other sides are before and after
AT_END = 0.25  # seconds of swapped sides where the video begins or ends with them
END_SURROUNDED = 4.0  # times as many frames after, or before, these


class _Person(NamedTuple):
    """Detections of one person: `[T, K, 2]` pixels, `[T, K]` seen, `[T]` frames and sizes."""

    points: np.ndarray
    seen: np.ndarray
    frame: np.ndarray
    size: np.ndarray


def undo_swaps(recording: Recording) -> Recording:
    """A tracked video in which exchanged sides are changed back; the same recording if there are none.

    Args:
        recording: N detections, tracked, with joints whose names begin with left_ and right_. Single images, and videos
            with fewer frames per second than `side_checks.SLOWEST`, are not changed.

    Returns:
        The recording with notes: which limbs were changed back in which frames, and before which frames sides change
        places and not back, where it is not known which are right.

    Source:
        Ours; how often right sides are changed: docs/warnings.md.

    Example:
        >>> from geolift.keypoints import record
        >>> joints = ("left_knee", "right_knee", "left_ankle", "right_ankle")
        >>> walk = np.array([[10.0, 50], [40, 50], [0, 100], [50, 100]]) + np.arange(1, 13)[:, None, None]
        >>> walk[6] = walk[6, [1, 0, 3, 2]]
        >>> about = {"joints": joints, "person": np.zeros(12, int), "people": ("ann",), "fps": 30.0}
        >>> mended = undo_swaps(record(walk, np.ones((12, 4)), **about))
        >>> mended.keypoints[5:8, 0, 0].tolist(), mended.notes
        ([16.0, 17.0, 18.0], ('left and right were exchanged and are changed back: legs in frame 6',))
    """
    pairs = _pairs(recording.joints)
    rate = recording.fps or USUAL_FPS
    if not (recording.video and recording.tracked and pairs) or rate < SLOWEST:
        return recording
    swapped = {limb: np.zeros(recording.seen.shape, bool) for limb in pairs}
    once = {limb: [] for limb in pairs}
    size = box_diagonals(recording.keypoints, recording.seen)
    for rows in rows_of_people(recording):
        person = _Person(
            recording.keypoints[rows].astype(np.float64), recording.seen[rows], recording.frame[rows], size[rows]
        )
        for limb, of_limb in pairs.items():
            found, left_over = _of_limb(person, of_limb, rate)
            swapped[limb][rows] = found
            once[limb] += recording.frame[rows[left_over]].tolist()
    notes = _notes(recording, swapped, once)
    return _exchanged(recording, pairs, swapped)._replace(notes=(*recording.notes, *notes)) if notes else recording


def _pairs(joints: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    """Left and right joints of each limb; only limbs with enough of them."""
    found = {limb: [] for limb in LIMBS}
    for i, name in enumerate(joints):
        other = name.replace("left_", "right_", 1)
        if name.startswith("left_") and other in joints:
            for limb, parts in LIMBS.items():
                if any(part in name for part in parts):
                    found[limb].append((i, joints.index(other)))
    return {limb: of_limb for limb, of_limb in found.items() if len(of_limb) >= FEWEST}


def _of_limb(person: _Person, pairs: list[tuple[int, int]], rate: float) -> tuple[np.ndarray, list[int]]:
    """`[T, K]` bool: the joints of a limb whose sides are swapped, and rows at which sides change for good."""
    same, other = _moved(person, pairs, max(1, round(STEP * rate)))
    known = np.isfinite(same)
    apart = known & (same > APART * person.size[:, None])
    crossed = apart & (other < NEARER * same)
    with np.errstate(all="ignore"):
        total, total_other = (np.where(known, moved, 0).sum(axis=1) for moved in (same, other))
    far = total > APART * person.size * np.maximum(known.sum(axis=1), 1)
    exchange = far & (total_other < NEARER * total) & (crossed.sum(axis=1) >= FEWEST)
    swapped = np.zeros(person.seen.shape, bool)
    left_over = np.flatnonzero(exchange).tolist()
    for start, stop, ends in _runs(left_over, person.frame, rate):
        for pair, both in enumerate(pairs):
            stays = [apart[end, pair] & ~crossed[end, pair] for end in ends]
            if not all(stays):
                swapped[start:stop, both] ^= True
    return swapped, left_over


def _moved(person: _Person, pairs: list[tuple[int, int]], longest: int) -> tuple[np.ndarray, np.ndarray]:
    """`[T, P]` pixels from where a pair of joints was expected, and from where the other sides were; NaN if unknown.

    A joint is expected where it was or where its speed takes it, whichever is nearer; both sides by the same rule.
    """
    points, seen, frame = person.points, person.seen, person.frame
    same, other = (np.full((len(points), len(pairs)), np.nan) for _ in range(2))
    wait = np.diff(frame)
    for number, (left, right) in enumerate(pairs):
        both = points[:, [left, right]]
        there = seen[:, left] & seen[:, right]
        known = there[1:] & there[:-1] & (wait <= longest)
        speed = np.zeros_like(both)
        steady = known[:-1] & known[1:]
        before = np.diff(both, axis=0)[:-1] / wait[:-1, None, None]
        speed[1:-1][steady] = before[steady]
        guesses = both[:-1], both[:-1] + speed[:-1] * wait[:, None, None]
        for moved, chosen in ((same, [0, 1]), (other, [1, 0])):
            off = [np.linalg.norm(both[1:, chosen] - guess, axis=-1).mean(axis=1) for guess in guesses]
            moved[1:, number] = np.where(known, np.minimum(*off), np.nan)
    return same, other


def _runs(exchanges: list[int], frame: np.ndarray, rate: float) -> Iterator[tuple[int, int, list[int]]]:
    """Rows between two exchanges that are swapped beyond doubt, and these; the shortest first.

    The exchanges of these runs are taken out of the list.
    """
    end = int(frame[-1]) + 1
    while len(exchanges) > 1:
        at = frame[exchanges]
        lengths = np.diff(at)
        around = np.diff(np.concatenate([[frame[0]], at, [end]]))
        enough = (around[:-2] + around[2:] >= SURROUNDED * lengths) & (lengths <= LONGEST * rate)
        if not enough.any():
            break
        first = int(np.where(enough, lengths, np.inf).argmin())
        yield exchanges[first], exchanges[first + 1], exchanges[first : first + 2]
        del exchanges[first : first + 2]
    if exchanges and _brief(0, exchanges[0], exchanges[1:2], frame, rate):
        yield 0, exchanges[0], exchanges[:1]
        del exchanges[:1]
    mirrored = end - 1 - frame[::-1]
    if exchanges and _brief(0, len(frame) - exchanges[-1], [len(frame) - i for i in exchanges[-2:-1]], mirrored, rate):
        yield exchanges[-1], len(frame), exchanges[-1:]
        del exchanges[-1:]


def _brief(start: int, stop: int, following: list[int], frame: np.ndarray, rate: float) -> bool:
    """Whether the first rows of a video are few, and those from `stop` to the `following` exchange many."""
    length = int(frame[stop] - frame[start])
    rest = int(frame[following[0]] if following else frame[-1]) - int(frame[stop])
    return length <= AT_END * rate and rest >= END_SURROUNDED * length


def _exchanged(
    recording: Recording, pairs: dict[str, list[tuple[int, int]]], swapped: dict[str, np.ndarray]
) -> Recording:
    """With the swapped joints changed back; those of the head where all limbs are swapped."""
    keypoints, confidence = recording.keypoints.copy(), recording.confidence.copy()
    whole = np.all([one.any(axis=1) for one in swapped.values()], axis=0) & (len(swapped) == len(LIMBS))
    of_limbs = {joint for of_limb in pairs.values() for both in of_limb for joint in both}
    every = [(both, swapped[limb][:, both[0]]) for limb, of_limb in pairs.items() for both in of_limb]
    for left, name in enumerate(recording.joints):
        other = name.replace("left_", "right_", 1)
        if left not in of_limbs and name.startswith("left_") and other in recording.joints:
            every.append(((left, recording.joints.index(other)), whole))
    for (left, right), rows in every:
        for values in (keypoints, confidence):
            values[np.ix_(rows, [left, right])] = values[np.ix_(rows, [right, left])]
    return recording._replace(keypoints=keypoints, confidence=confidence)


def _notes(recording: Recording, swapped: dict[str, np.ndarray], once: dict[str, list[int]]) -> list[str]:
    rows = {limb: of_limb.any(axis=1) for limb, of_limb in swapped.items()}
    if len(rows) == len(LIMBS):
        whole = np.logical_and(*rows.values())
        rows = {"the whole body": whole} | {limb: of_limb & ~whole for limb, of_limb in rows.items()}
    where = [
        f"{limb} in {frame_ranges(recording.frame[of_limb], recording.frames)}"
        for limb, of_limb in rows.items()
        if of_limb.any()
    ]
    notes = [f"left and right were exchanged and are changed back: {', '.join(where)}"] if where else []
    for limb, frames in once.items():
        if frames:
            before = frame_ranges(frames, recording.frames)
            times = counted(len(frames), "time", "times")
            notes.append(
                f"left and right {limb} change places {times}, from one frame to the next, and not soon back: which "
                f"are right is not known ({before})"
            )
    return notes
