"""What a track must not do: jump. Two people who change places, another person for a few frames, a cut of the video.

A step from one detection of a person to the next is a jump if the person moves, or grows, by far more than in the
frames around it and than people can. What is beyond doubt is mended and noted with the frame: two people whose tracks
jump to each other's place are changed back; detections between a jump away and one back are somebody else's and left
out; and where everybody jumps at once the video is cut: people after it are others, named "NAME from FRAME".
"""

import itertools
from typing import NamedTuple

import numpy as np

from geolift.keypoints.pose_distance import box_diagonals, distances, moves
from geolift.keypoints.recording import Recording, select_rows
from geolift.plurals import counted

FAST = 8.0  # sizes per second: 14 m/s, of the median joint; nobody is so fast
SUDDEN = 0.25  # sizes in a step, at high frame rates
SHIFT = 0.1  # sizes that a person must move for a change of size to be a cut
GROWTH = 0.25  # natural logarithm of a change of size in a step that no motion makes
SAME = 0.06  # sizes that the median joint moves within the body in a step, at most, if only the camera is another
RARE = 5.0  # times the usual step around it
AROUND = 15  # steps on each side
LARGE = 0.9  # quantile of the sizes of detections that is a person's: single joints that are wrong make some too large
USUAL_FPS = 30.0  # where the frame rate is unknown
SHORT = 1 / 3  # seconds; another person is taken for this one for no longer
GAP = 1.0  # seconds without a person after which nothing is known about jumps
ALIKE = 0.3  # of a jump: after changing two people back, their steps are smaller
LISTED = 5  # frames
MOST = 64  # people in a frame of which two may change places


class Steps(NamedTuple):
    """S steps from a detection of a person to the next.

    Attributes:
        before, after: `[S]` rows.
        jump: `[S]` bool.
        usual: `[S]` sizes, the usual step of the person in these frames.
    """

    before: np.ndarray
    after: np.ndarray
    jump: np.ndarray
    usual: np.ndarray


def mend_tracks(recording: Recording) -> Recording:
    """A tracked video with what its tracks must not do undone; the same recording if there is nothing.

    Args:
        recording: N detections, tracked.

    Returns:
        The recording with two people who change places changed back, other people's detections left out, and people
        named apart before and after a cut; each is noted with its frames.

    Example:
        Two people change places for good in frame 3:

        >>> import numpy as np
        >>> from geolift.keypoints import record
        >>> body = np.array([[0.0, 0.0], [0.0, 50.0], [20.0, 100.0]]) + 100
        >>> places = np.stack([body + [2 * t + x, 0] for t in range(6) for x in ((0, 600) if t < 3 else (600, 0))])
        >>> about = {"joints": ("head", "back", "tail"), "frame": np.repeat(np.arange(6), 2), "people": ("a", "b")}
        >>> mended = mend_tracks(record(places, np.ones((12, 3)), person=np.tile([0, 1], 6), **about))
        >>> mended.keypoints[mended.person == 0, 0, 0].tolist(), mended.notes
        ([100.0, 102.0, 104.0, 106.0, 108.0, 110.0], ('people a and b change places in frame 3: changed back',))
    """
    if not _steps(recording).jump.any():
        return recording
    recording = _change_back(recording)
    recording = _without_others(recording)
    return _cut(recording)


def _steps(recording: Recording) -> Steps:
    order = np.lexsort((recording.frame, recording.person))
    person, frame = recording.person[order], recording.frame[order]
    rate = recording.fps or USUAL_FPS
    gap = np.diff(frame)
    follows = np.flatnonzero((np.diff(person) == 0) & (gap <= max(1, GAP * rate)))
    before, after = order[follows], order[follows + 1]
    if not len(follows):
        return Steps(before, after, np.zeros(0, bool), np.zeros(0))
    keypoints, seen = recording.keypoints, recording.seen
    moved, growth, shift, changed = moves(keypoints[before], seen[before], keypoints[after], seen[after])
    size = box_diagonals(keypoints, seen)[order]
    earlier, later = _sizes(size, person)
    scale, wait = np.maximum(earlier[follows], later[follows + 1]), gap[follows]
    relative = moved / scale  # NaN where few joints are seen in both: such a step is neither usual nor a jump
    shifted = np.linalg.norm(shift, axis=-1) / scale  # 0 where the sides of a person change places
    usual = _usual(relative / wait, person[follows])
    far = shifted > np.maximum(SUDDEN, FAST * wait / rate)
    grown = (np.abs(growth) > GROWTH * np.maximum(1, USUAL_FPS / rate)) & (wait == 1)
    grown &= (relative > np.maximum(SHIFT, SHIFT * USUAL_FPS / rate)) & (changed < SAME * size[follows])
    return Steps(before, after, (far | grown) & (relative > RARE * usual * wait), usual)


def _sizes(size: np.ndarray, person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`[N]` sizes of whole people, by the detections up to each, and by those from each on, of the same person.

    A detection of few joints is smaller than the person; those around show the others. Sizes before a cut do not count
    after it.
    """
    padded = np.pad(size, AROUND, constant_values=np.nan)
    owner = np.pad(person, AROUND, constant_values=-1)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1).copy()
    around[np.lib.stride_tricks.sliding_window_view(owner, 2 * AROUND + 1) != person[:, None]] = np.nan
    halves = around[:, : AROUND + 1], around[:, AROUND:]
    earlier, later = (np.maximum(_high(half, LARGE), size) for half in halves)
    return np.maximum(earlier, 1e-6), np.maximum(later, 1e-6)


def _high(values: np.ndarray, share: float) -> np.ndarray:
    """`[N]` the quantile `share` of what is known of each row, one of the values; NaN where nothing is."""
    ordered = np.sort(values, axis=1)  # NaN last
    known = np.isfinite(ordered).sum(axis=1)
    at = np.clip((share * known).astype(int), 0, np.maximum(known - 1, 0))
    return ordered[np.arange(len(values)), at]


def _usual(step: np.ndarray, person: np.ndarray) -> np.ndarray:
    """`[S]` a high step among those of the same person around each, itself left out; infinite where they are few."""
    window = 2 * AROUND + 1
    padded = np.pad(step, AROUND, constant_values=np.nan)
    owner = np.pad(person, AROUND, constant_values=-1)
    around = np.lib.stride_tricks.sliding_window_view(padded, window).copy()
    around[np.lib.stride_tricks.sliding_window_view(owner, window) != person[:, None]] = np.nan
    around[:, AROUND] = np.nan
    enough = np.isfinite(around).sum(axis=1) >= 4  # fewer steps say nothing
    return np.where(enough, _high(around, 0.8), np.inf)


def _distance(recording: Recording, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    keypoints, seen = recording.keypoints, recording.seen
    size = box_diagonals(keypoints, seen)
    return distances(keypoints[before], seen[before], size[before], keypoints[after], seen[after], size[after])


def _change_back(recording: Recording) -> Recording:
    """People who jump to each other's place between the same frames, changed back from there on."""
    steps = _steps(recording)
    person, notes = recording.person.copy(), []
    jumps = np.flatnonzero(steps.jump)
    for at in np.unique(recording.frame[steps.after[jumps]]):
        here = jumps[recording.frame[steps.after[jumps]] == at][:MOST]
        before, after = steps.before[here], steps.after[here]
        own = _distance(recording, before, after)
        other = _distance(recording, before[:, None], after[None])
        for i in range(len(here)):
            for j in range(i + 1, len(here)):
                if max(other[i, j], other[j, i]) < ALIKE * min(own[i], own[j]):
                    first, second = person[after[i]], person[after[j]]
                    later = recording.frame >= at
                    one, two = later & (person == first), later & (person == second)
                    person[one], person[two] = second, first
                    who = " and ".join(recording.people[one] for one in sorted((first, second)))
                    notes.append(f"people {who} change places in frame {recording.frames[at]}: changed back")
    return _sorted(recording._replace(person=person, notes=(*recording.notes, *notes))) if notes else recording


def _without_others(recording: Recording) -> Recording:
    """Detections between a jump away and one back, a short time later, left out: they are somebody else's."""
    steps = _steps(recording)
    rate = recording.fps or USUAL_FPS
    longest = max(1, round(SHORT * rate))
    others = np.zeros(len(recording.frame), bool)
    who = recording.person[steps.before]
    jumps = np.flatnonzero(steps.jump)
    for away, back in itertools.pairwise(jumps):
        start, stop = steps.before[away], steps.after[back]
        wait = int(recording.frame[stop] - recording.frame[start])
        if who[away] != who[back] or wait - 1 > longest or others[start]:
            continue
        direct = _distance(recording, start[None], stop[None])[0]
        jumped = min(_distance(recording, steps.before[[away, back]], steps.after[[away, back]]))
        between = (recording.person == who[away]) & (recording.frame > recording.frame[start])
        between &= recording.frame < recording.frame[stop]
        if direct < max(ALIKE * jumped, 2 * steps.usual[away] * wait):
            others |= between
    if not others.any():
        return recording
    frames = sorted(set(recording.frame[others].tolist()))
    where = ", ".join(recording.frames[i] for i in frames[:LISTED]) + (", ..." if len(frames) > LISTED else "")
    lost = counted(int(others.sum()), "detection was", "detections were")
    note = f"{lost} left out: another person, or nobody, in place of the one before and after (frames {where})"
    return select_rows(recording, ~others)._replace(notes=(*recording.notes, note))


def _cut(recording: Recording) -> Recording:
    """People who jump are others from there on; where everybody does, the video is cut."""
    steps = _steps(recording)
    jumps = np.flatnonzero(steps.jump)
    if not len(jumps):
        return recording
    frame, person = recording.frame, recording.person.copy()
    people, cuts, alone = list(recording.people), [], []
    for step in jumps[np.argsort(frame[steps.after[jumps]], kind="stable")]:
        at = int(frame[steps.after[step]])
        across = (frame[steps.before] < at) & (frame[steps.after] >= at)
        (cuts if steps.jump[across].all() else alone).append(at)
        one = recording.person[steps.after[step]]
        people.append(f"{recording.people[one]} from {recording.frames[at]}")
        person[(recording.person == one) & (frame >= at)] = len(people) - 1
    notes = []
    for places, what in ((cuts, "the video is cut"), (alone, "a person jumps to another place")):
        if places:
            named = [recording.frames[at] for at in sorted(set(places))]
            where = ", ".join(named[:LISTED]) + (", ..." if len(named) > LISTED else "")
            many = "frame" if len(named) == 1 else f"{len(named)} frames,"
            notes.append(f"{what} before {many} {where}: who is there from then on counts as another person")
    used, person = np.unique(person, return_inverse=True)
    shots = _with_cuts(recording, sorted(set(cuts)))
    recording = recording._replace(person=person, people=tuple(people[i] for i in used), shots=shots)
    return _sorted(recording._replace(notes=(*recording.notes, *notes)))


def _with_cuts(recording: Recording, cuts: list[int]) -> tuple[tuple[int, str], ...]:
    """The shots of a recording, cut further."""
    if not cuts:
        return recording.shots
    known = dict(recording.shots or ((0, ""),))
    return tuple(sorted((known | {at: known.get(at, f"from {recording.frames[at]}") for at in cuts}).items()))


def _sorted(recording: Recording) -> Recording:
    order = np.lexsort((recording.person, recording.frame))
    rows = {key: getattr(recording, key)[order] for key in ("keypoints", "confidence", "frame", "person")}
    return recording._replace(**rows)
