"""Left and right that a detector exchanges for some frames, in the whole body, the legs or the arms: changed back.

Nobody's left knee and ankle jump to where the right ones were while these jump to the left ones' place. Such an
exchange from one frame to the next, and one back, bound the frames in which sides are swapped. Who turns around, or
walks past, brings left and right together first, which is no exchange.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.keypoints.body_sides import agreement, contradicted, twisted_runs, untwisted_run
from geolift.keypoints.frame_ranges import frame_ranges
from geolift.keypoints.pose_distance import box_diagonals
from geolift.keypoints.recording import Recording, rows_of_people
from geolift.keypoints.side_checks import SLOWEST
from geolift.keypoints.side_exchanges import BLEND, FEWEST, STEP, Exchanges, Person, end_runs, exchanges, runs
from geolift.plurals import counted

LIMBS = {"legs": ("hip", "knee", "ankle", "heel", "toe", "foot"), "arms": ("shoulder", "elbow", "wrist", "hand")}
USUAL_FPS = 30.0  # where the frame rate is unknown


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
    pairs = limb_pairs(recording.joints)
    if not (recording.video and recording.tracked and pairs) or 0 < recording.fps < SLOWEST:
        return recording
    swapped = {limb: np.zeros(recording.seen.shape, bool) for limb in pairs}
    once = {limb: [] for limb in pairs}
    size = box_diagonals(recording.keypoints, recording.seen)
    for rows in rows_of_people(recording):
        person = Person(
            recording.keypoints[rows].astype(np.float64), recording.seen[rows], recording.frame[rows], size[rows]
        )
        for limb, of_limb in zip(pairs, _limbs(person, recording.joints, pairs, recording.fps), strict=True):
            swapped[limb][rows] = of_limb.swapped
            once[limb] += recording.frame[rows[of_limb.found.rows]].tolist()
    notes = _notes(recording, swapped, once)
    return _exchanged(recording, pairs, swapped)._replace(notes=(*recording.notes, *notes)) if notes else recording


def limb_pairs(joints: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    """Left and right joints of each limb; only limbs with enough of them."""
    found = {limb: [] for limb in LIMBS}
    for i, name in enumerate(joints):
        other = name.replace("left_", "right_", 1)
        if name.startswith("left_") and other in joints:
            for limb, parts in LIMBS.items():
                if any(part in name for part in parts):
                    found[limb].append((i, joints.index(other)))
    return {limb: of_limb for limb, of_limb in found.items() if len(of_limb) >= FEWEST}


class _Limb(NamedTuple):
    """Pairs of joints, left and right; exchanges that bound no run yet; `[T, K]` bool, joints to be changed back."""

    pairs: list[tuple[int, int]]
    found: Exchanges
    swapped: np.ndarray

    def swap(self, run: slice, ends: Sequence[int]) -> None:
        """Mark the rows between exchanges `ends`: pairs that move and keep their sides at all of these stay."""
        for pair, both in enumerate(self.pairs):
            if not ends or not all(self.found.stays[end, pair] for end in ends):
                self.swapped[run, both] ^= True


def _limbs(person: Person, joints: Sequence[str], pairs: dict[str, list[tuple[int, int]]], fps: float) -> list[_Limb]:
    """The limbs in order, with what is to be changed back. Exchanges in one frame are of the whole body: first."""
    rate = fps or USUAL_FPS
    frames = {"step": max(1, round(STEP * rate)), "blend": round(BLEND * fps)}
    limbs = [
        _Limb(each, exchanges(person, each, **frames), np.zeros(person.seen.shape, bool)) for each in pairs.values()
    ]
    whole = sorted(set.intersection(*(set(limb.found.rows) for limb in limbs)))
    for start, stop, ends in runs(whole, person.frame, rate):
        for limb in limbs:
            limb.swap(slice(start, stop), ends)
            limb.found.rows[:] = [row for row in limb.found.rows if row not in ends]
    for limb in limbs:
        for start, stop, ends in runs(limb.found.rows, person.frame, rate):
            limb.swap(slice(start, stop), ends)
    trunk = trunk_pairs(joints, pairs)
    if trunk:
        agrees = agreement(person, *trunk)
        _open_runs(limbs, trunk, agrees, person.frame, rate)
    for limb in limbs:
        for start, stop, ends in end_runs(limb.found.rows, person.frame, rate):
            limb.swap(slice(start, stop), ends)
    if trunk:
        _join(limbs, trunk, agrees, person.size)
    return limbs


def _open_runs(
    limbs: list[_Limb], trunk: list[tuple[int, int]], agrees: np.ndarray, frame: np.ndarray, rate: float
) -> None:
    """Change back runs of which one exchange is seen, and of the other that hips and shoulders agree again."""
    for limb in limbs:
        for at in tuple(limb.found.rows):
            legs, arms = (each.swapped[:, left] for each, (left, _) in zip(limbs, trunk, strict=True))
            run = untwisted_run(np.where(legs ^ arms, -agrees, agrees), at, limb.found, frame, rate)
            if run is not None:
                limb.swap(run, [at])
                limb.found.rows.remove(at)


def _join(limbs: list[_Limb], trunk: list[tuple[int, int]], agrees: np.ndarray, size: np.ndarray) -> None:
    """Change back both limbs where one alone would twist the body, if the other's steps do not contradict."""
    hips, shoulders = (each.swapped[:, left].copy() for each, (left, _) in zip(limbs, trunk, strict=True))
    for alone, with_it, other in ((hips, shoulders, limbs[1]), (shoulders, hips, limbs[0])):
        for run in twisted_runs(agrees, alone & ~with_it):
            if not contradicted(other.found, run, with_it, size):
                other.swap(run, [end for end in (run.start, run.stop) if 0 < end < len(agrees)])
                other.found.rows[:] = [row for row in other.found.rows if row not in (run.start, run.stop)]


def trunk_pairs(joints: Sequence[str], pairs: dict[str, list[tuple[int, int]]]) -> list[tuple[int, int]]:
    """Left and right hip, left and right shoulder; empty without both."""
    found = [pair for limb, name in zip(LIMBS, ("left_hip", "left_shoulder"), strict=True)
             for pair in pairs.get(limb, ()) if joints[pair[0]] == name]  # fmt: skip
    return found if len(found) == len(LIMBS) else []


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
