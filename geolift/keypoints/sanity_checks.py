"""Sanity checks of a recording: each is a function that returns a warning, a sentence, or None.

Nothing is changed or refused. A video of a person's right side, mirrored, is a valid video of a left side: swapped
sides show in 2D only where something contradicts them: a face that is seen on a person seen from behind, hips rotated
against the shoulders, sides that change from frame to frame.

False alarms on good data: none on COCO's 345 and MPII's 1692 people, nor on draws of 20 of them; on 956 clips of CMU
(with acrobats) no `wrong_order`, 0.5 % `twisted`, 0.1 % `outside`, and 0.4 % `frozen`, which is true of them;
`flicker` none at 30 frames per second, 4 % of 100 clips thinned to 6. Found in broken copies: random orders 98 to
100 %, heads down and swapped arms all, sides that change in 2, 5, 10 % of the frames 81, 95, 100 %, swapped eyes,
bodies and sides of COCO's people 97 % of draws of 10 and all of draws of 20.
"""

import numpy as np

from geolift.keypoints.frame_labels import readings
from geolift.keypoints.frame_times import timing
from geolift.keypoints.pose_distance import box_diagonals, distances
from geolift.keypoints.readings import impossible_anatomy
from geolift.keypoints.recording import Recording
from geolift.plurals import counted
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.mapping import map_joints
from geolift.skeletons.skeleton import H36M17

JOINT = H36M17.names.index
MAJORITY = 0.5  # share of detections that must contradict
MIN_DETECTIONS = 5  # with fewer, proportions and sides are not checked
SURE = 0.5  # confidence above which a joint of the face counts as seen, not guessed
NORMALIZED = 2.0  # the largest coordinate of poses that are not in pixels
FROZEN = 0.05  # share of frames in which a person does not move at all
JUMP = 1.0  # distance between two frames, in sizes of the person
FLICKER = 0.02  # share of frames in which a person's sides change places
MOVED = 0.05  # sizes of a person: limbs nearer to each other than this cannot change places visibly
OUTSIDE = 0.1  # share of joints outside the image; also the margin around it, as a share of its sides
NEVER = 0.05  # share of detections with a joint below which the joint is as good as missing
LEGS, ARMS = (
    [[JOINT(f"{side}_{joint}") for joint in limb] for side in ("left", "right")]
    for limb in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
)  # [2, 3]: left, right


def check_recording(recording: Recording) -> tuple[str, ...]:
    """Check a recording and return warnings about what looks wrong.

    Args:
        recording: a recording, tracked if it is a video (`tracking.track`): some checks compare frames.

    Returns:
        The warnings, one sentence each; none: nothing was found.

    Source:
        Ours; error rates in `geolift/keypoints/sanity_checks.py`.

    Example:
        >>> import numpy as np
        >>> from geolift.keypoints import check_recording, record
        >>> clip = np.random.default_rng(0).uniform(0, 1, (4, 2, 2))  # not in pixels
        >>> check_recording(record(clip, np.ones((4, 2)), joints=("head", "tail")))
        ('the coordinates are not pixels: none is beyond 0.935 (normalized?)',)
    """
    checks = [normalized, wrong_order, contradicting_face, missing_joints, outside, frozen, jumps, numbering]
    found = [check(recording) for check in checks]
    if recording.joint_set in JOINT_SETS:
        person = as_human36m(recording)
        found += [check(person) for check in (twisted, flicker)]
    return tuple(sentence for sentence in found if sentence)


def as_human36m(recording: Recording) -> Recording:
    """The recording of a known joint set in the joints of Human3.6M-17; detections without any of them are kept."""
    keypoints, confidence = map_joints(JOINT_SETS[recording.joint_set], recording.keypoints, recording.confidence)
    return recording._replace(keypoints=keypoints, confidence=confidence, joints=H36M17.names, joint_set="h36m17")


def wrong_order(recording: Recording) -> str | None:
    """Joints in another order than that of the joint set: proportions that no person has."""
    found = impossible_anatomy(recording)
    return f"the joints are not those of people: {found}" if found else None


def contradicting_face(recording: Recording) -> str | None:
    """Swapped sides, in joint sets with eyes: a person with nose and both eyes is seen from the front.

    Needs confidences that distinguish seen from guessed joints, as OpenPose's do and COCO's flags; no warning where all
    confidences are the same.
    """
    face = ("nose", "left_eye", "right_eye")
    shoulders = ("left_shoulder", "right_shoulder")
    if not {*face, *shoulders} <= set(recording.joints):
        return None
    chosen = [recording.joints.index(joint) for joint in (*face, *shoulders)]
    seen = (recording.confidence[:, chosen[:3]] > SURE).all(axis=1) & recording.seen[:, chosen[3:]].all(axis=1)
    if seen.sum() < MIN_DETECTIONS or len(np.unique(recording.confidence[recording.seen])) == 1:
        return None
    nose, left_eye, right_eye, left, right = recording.keypoints[seen][:, chosen].swapaxes(0, 1).astype(np.float64)
    up = nose - (left + right) / 2
    eyes, body = ((_cross(up, a - b) < 0).mean() for a, b in ((left_eye, right_eye), (left, right)))
    if max(eyes, body) <= MAJORITY:
        return None
    what = (
        "all sides look" if min(eyes, body) > MAJORITY else f"the sides of the {'eyes' if eyes > body else 'body'} look"
    )
    many = f"{max(eyes, body):.0%} of {seen.sum()} detections with nose and both eyes"
    return f"{what} swapped: {many} are as if seen from behind"


def twisted(person: Recording) -> str | None:
    """Sides of the arms swapped against those of the legs. Of a recording in Human3.6M-17."""
    ends = [ARMS[0][0], ARMS[1][0], LEGS[0][0], LEGS[1][0]]
    seen = person.seen[:, ends].all(axis=1)
    points = person.keypoints[seen][:, ends].astype(np.float64)
    against = np.einsum("ni,ni->n", points[:, 0] - points[:, 1], points[:, 2] - points[:, 3]) < 0
    if len(against) >= MIN_DETECTIONS and against.mean() > MAJORITY:
        return f"hips and shoulders point to opposite sides in {against.mean():.0%} of {len(against)} detections"
    return None


def flicker(person: Recording) -> str | None:
    """Left and right that change places from frame to frame of a video. Of a recording in Human3.6M-17."""
    before, after = _steps(person)
    if not len(before):
        return None
    changed = np.zeros(len(before), bool)
    size = box_diagonals(person.keypoints, person.seen)
    for limb in (LEGS, ARMS):
        seen = person.seen[:, np.ravel(limb)].all(axis=1)
        now, then = person.keypoints[after][:, limb], person.keypoints[before][:, limb]  # [N, 2, 3, 2]
        same, other = (np.linalg.norm(now - old, axis=-1).mean(axis=(1, 2)) for old in (then, then[:, ::-1]))
        changed |= seen[before] & seen[after] & (same > MOVED * size[after]) & (other < same / 2)
    if changed.mean() > FLICKER:
        return f"left and right change places between frames: {int(changed.sum())} of {len(changed)} times"
    return None


def normalized(recording: Recording) -> str | None:
    """Coordinates that are not pixels."""
    largest = np.abs(recording.keypoints[recording.seen]).max(initial=0)
    if 0 < largest <= NORMALIZED:
        return f"the coordinates are not pixels: none is beyond {largest:.3g} (normalized?)"
    return None


def frozen(recording: Recording) -> str | None:
    """Frames of a video that repeat a person's joints exactly."""
    before, after = _steps(recording)
    same = (recording.keypoints[before] == recording.keypoints[after]).all(axis=(1, 2))
    if len(same) and same.mean() > FROZEN:
        return f"frozen: {int(same.sum())} of {len(same)} times a person does not move at all from frame to frame"
    return None


def jumps(recording: Recording) -> str | None:
    """A person who is elsewhere in the next frame: a cut in the video, or another person with the same track."""
    before, after = _steps(recording)
    keypoints, seen = recording.keypoints, recording.seen
    size = box_diagonals(keypoints, seen)
    distance = distances(keypoints[before], seen[before], size[before], keypoints[after], seen[after], size[after])
    far = np.isfinite(distance) & (distance > JUMP)
    if far.any():
        first = recording.frames[recording.frame[after[far.argmax()]]]
        return (
            f"jumps: {int(far.sum())} of {len(far)} times a person moves by more than its size from one frame to the "
            f"next, first in frame {first}"
        )
    return None


def outside(recording: Recording) -> str | None:
    """Joints outside the image: another image size, or coordinates of a cropped or scaled image."""
    if recording.image_size is None:
        return None
    size = recording.image_size[recording.frame][:, None]
    beyond = ((recording.keypoints < -OUTSIDE * size) | (recording.keypoints > (1 + OUTSIDE) * size)).any(axis=-1)
    share = (beyond & recording.seen).sum() / max(1, recording.seen.sum())
    if share > OUTSIDE:
        width, height = np.median(recording.image_size, axis=0)
        return f"{share:.0%} of the joints are outside the image of {width:.0f} x {height:.0f} pixels"
    return None


def missing_joints(recording: Recording) -> str | None:
    """Joints that are missing in nearly all detections although most others are seen."""
    share = recording.seen.mean(axis=0)
    never = [joint for joint, seen in zip(recording.joints, share, strict=True) if seen < NEVER]
    if never and np.median(share) > MAJORITY and len(recording.person) * NEVER >= 1:
        return f"missing in nearly all of {len(recording.person)} detections: {', '.join(never)}"
    return None


def numbering(recording: Recording) -> str | None:
    """Numbers or times in the names of a video's frames that leave some out, although the frames count as consecutive.

    Numbers that all rise by the same step, and times that jitter, leave none out.
    """
    if not recording.video or recording.shots or len(recording.frames) < 3:
        return None
    series = next(readings(recording.frames), [])
    found = timing(series[0].values, "frames", unit=series[0].unit, gapless=True) if len(series) == 1 else ""
    if isinstance(found, str) or found.count == len(recording.frames):
        return None
    gap = int((np.diff(found.index) != 1).argmax()) + 1
    absent = counted(found.count - len(recording.frames), "frame is", "frames are")
    return f"{absent} left out by the frames' names, first before {recording.frames[gap]!r}: all count as consecutive"


def _steps(recording: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Detections `before` and `after` of the same person in consecutive frames; none in single images."""
    if not (recording.video and recording.tracked):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    order = np.lexsort((recording.frame, recording.person))
    frame, person = recording.frame[order], recording.person[order]
    follows = np.flatnonzero((np.diff(person) == 0) & (np.diff(frame) == 1))
    return order[follows], order[follows + 1]


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
