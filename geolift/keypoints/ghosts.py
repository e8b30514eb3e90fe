"""Detections that are nobody for longer than a few frames: shapeless, or a person turned over, beside other people.

A body keeps its shape from frame to frame, whatever it does. Of 15 000 pieces of a third of a second of recorded
motion, hand springs and backflips too, none changes half as much in a frame as joints that are put anywhere. And of
people who lie, from whichever side, thorax, hips and ankles never lie as far below each other, in this order, as those
of somebody who stands and is found upside down.
"""

import numpy as np

from geolift.keypoints.frame_ranges import frame_ranges
from geolift.keypoints.pose_distance import box_diagonals, moves
from geolift.keypoints.recording import Recording, rows_of_people, select_rows
from geolift.keypoints.shots import shot_of
from geolift.plurals import counted
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.mapping import map_joints
from geolift.skeletons.skeleton import H36M17

SHAPELESS = 0.2  # sizes, median over joints and steps: 0.15 at most in recorded motion at 15 frames per second and more
STEPS = 6  # that this is known from
TURNED = 0.15  # sizes from the thorax down to the hips, and from there to the ankles: 0.12 at most where people lie
FEWEST = 3  # frames, all of them, in which somebody is turned over
BRIEFLY = 1.0  # seconds at most; people who stand on their hands for longer stay
SLOWEST = 15.0  # frames per second; with fewer, bodies change more from frame to frame
UNKNOWN = 30.0  # frames per second that are assumed where the rate is unknown
LONG = 30  # frames of a person beside whom others may be nobody
LISTED = 5  # people in a note


def without_ghosts(recording: Recording) -> Recording:
    """A tracked video of people without those who are nobody; the same recording if there are none.

    Left out is who is beside a person there for long and either changes shape from frame to frame as no body does, or
    is upside down in all of at most a second's frames while that person is not.

    Args:
        recording: N detections, tracked.

    Returns:
        The recording without them, with a note.

    Source:
        Ours; docs/warnings.md.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> stands = np.stack([np.linspace(0, 20, 17), np.linspace(100, 0, 17)], axis=-1)
        >>> rows = np.concatenate([np.repeat(stands[None], 40, 0), rng.uniform(0, 100, (12, 17, 2))])
        >>> about = {"joints": H36M17.names, "joint_set": "h36m17", "fps": 30.0, "people": ("0", "1")}
        >>> person, frame = np.repeat([0, 1], [40, 12]), np.concatenate([np.arange(40), np.arange(10, 22)])
        >>> from geolift.keypoints import record
        >>> both = record(rows, np.ones((52, 17)), frame=frame, person=person, **about)
        >>> without_ghosts(both).people
        ('0',)
    """
    rate = recording.fps or UNKNOWN
    if not (recording.video and recording.tracked) or recording.joint_set not in JOINT_SETS or rate < SLOWEST:
        return recording
    rows_of = [rows for rows in rows_of_people(recording) if len(rows)]
    long = [rows for rows in rows_of if len(rows) >= LONG]
    ghost = np.zeros(len(recording.frame), bool)
    low = _turned_over(recording)
    for rows in rows_of:
        others = [other for other in long if other is not rows and _beside(recording, rows, other)]
        if not others or not (_shapeless(recording, rows) or _flipped(recording, rows, others, low, rate)):
            continue
        ghost[rows] = True
    if not ghost.any() or ghost.all():
        return recording
    kept = recording._replace(notes=(*recording.notes, _note(recording, ghost)))
    return select_rows(kept, ~ghost)


def _note(recording: Recording, ghost: np.ndarray) -> str:
    people = np.unique(recording.person[ghost])
    named = [
        f"{recording.people[one]} ({frame_ranges(recording.frame[recording.person == one], recording.frames)})"
        for one in people[:LISTED]
    ]
    rest = f", and {counted(len(people) - LISTED, 'other', 'others')}" if len(people) > LISTED else ""
    were = counted(len(people), "person was", "people were")
    return f"{were} left out, nobody: shapeless or upside down beside others: {', '.join(named)}{rest}"


def _beside(recording: Recording, rows: np.ndarray, other: np.ndarray) -> bool:
    """Whether another person of the same shot is there for as long."""
    frame = recording.frame
    first, last = frame[rows[0]], frame[rows[-1]]
    shot = shot_of(frame[[rows[0], other[0]]], recording.shots)
    return bool(shot[0] == shot[1] and frame[other[0]] <= first and last <= frame[other[-1]])


def _shapeless(recording: Recording, rows: np.ndarray) -> bool:
    """Whether a person's body changes in a frame as none does."""
    keypoints, seen = recording.keypoints[rows], recording.seen[rows]
    changed = moves(keypoints[:-1], seen[:-1], keypoints[1:], seen[1:])[3]
    changed = changed[(np.diff(recording.frame[rows]) == 1) & np.isfinite(changed)]
    size = np.median(box_diagonals(keypoints, seen))
    return len(changed) >= STEPS and float(np.median(changed)) > SHAPELESS * size


def _flipped(recording: Recording, rows: np.ndarray, others: list, low: np.ndarray, rate: float) -> bool:
    """Whether a person is upside down in all frames, and nobody of the others in any of these."""
    frame = recording.frame[rows]
    if len(rows) < FEWEST or frame[-1] - frame[0] + 1 > BRIEFLY * rate or not (low[rows] > TURNED).all():
        return False
    here = np.concatenate(others)
    here = here[np.isin(recording.frame[here], frame)]
    return bool(len(here)) and not (low[here] > 0).any()


def _turned_over(recording: Recording) -> np.ndarray:
    """`[N]` sizes by which the hips are below the ankles and the thorax below the hips, the less; NaN if not seen."""
    points, confidence = map_joints(JOINT_SETS[recording.joint_set], recording.keypoints, recording.confidence)
    height = np.where(confidence > 0, points[..., 1], np.nan)
    at = {name: height[:, H36M17.names.index(name)] for name in H36M17.names}
    hips = (at["left_hip"] + at["right_hip"]) / 2
    below = [at["thorax"] - hips, hips - at["left_ankle"], hips - at["right_ankle"]]
    return np.min(below, axis=0) / np.maximum(box_diagonals(points, confidence > 0), 1e-6)
