"""Sanity checks of a recording: each is a function that returns a warning, a sentence, or None.

Nothing is changed or refused. How often each fires on right data and on wrong: docs/warnings.md. Those of left and
right are in `side_checks`.
"""

import numpy as np

from geolift.data.copied_joints import copied_joints
from geolift.keypoints.frame_labels import readings
from geolift.keypoints.frame_ranges import frame_ranges
from geolift.keypoints.frame_times import timing
from geolift.keypoints.joint_jumps import detection_sizes
from geolift.keypoints.pose_distance import box_diagonals, consecutive, distances
from geolift.keypoints.readings import impossible_anatomy
from geolift.keypoints.recording import Recording
from geolift.keypoints.side_checks import contradicting_face, flicker, twisted
from geolift.plurals import counted
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.mapping import map_joints
from geolift.skeletons.skeleton import H36M17

JOINT = H36M17.names.index
MIN_DETECTIONS = 5  # with fewer, proportions and speeds are not checked
NORMALIZED = 2.0  # the largest coordinate of poses that are not in pixels
FROZEN = 0.05  # share of frames in which a person does not move at all
JUMP = 1.0  # distance between two frames, in sizes of the person
FARTHER = 4.0  # times the person's usual distance between two frames that a jump is
FASTEST = 4.0  # sizes of the person in a second that hands or feet move half of the time; those of runners up to 3
OUTSIDE = 0.1  # share of people outside the image
INSIDE = 0.25  # share of the joints of a person who is in the image
ENDS = [JOINT(f"{side}_{joint}") for side in ("left", "right") for joint in ("wrist", "ankle")]


def check_recording(recording: Recording) -> tuple[str, ...]:
    """Check a recording and return warnings about what looks wrong.

    Args:
        recording: a recording, tracked if it is a video (`tracking.track`): some checks compare frames.

    Returns:
        The warnings, one sentence each; none: nothing was found.

    Source:
        Ours; rates of false alarms and of detection: docs/warnings.md.

    Example:
        >>> import numpy as np
        >>> from geolift.keypoints import check_recording, record
        >>> clip = np.random.default_rng(0).uniform(0, 1, (4, 2, 2))  # not in pixels
        >>> check_recording(record(clip, np.ones((4, 2)), joints=("head", "tail")))
        ('the coordinates are not pixels: none is beyond 0.935 (normalized?)',)
    """
    return tuple(failed_checks(recording).values())


def failed_checks(recording: Recording) -> dict[str, str]:
    """What `check_recording` returns, by the name of the check."""
    checks = [normalized, wrong_order, contradicting_face, outside, copied, frozen, jumps, numbering]
    found = {check.__name__: check(recording) for check in checks}
    if recording.joint_set in JOINT_SETS:
        person = as_human36m(recording)
        found |= {check.__name__: check(person) for check in (twisted, flicker, too_fast)}
    return {name: sentence for name, sentence in found.items() if sentence}


def as_human36m(recording: Recording) -> Recording:
    """The recording of a known joint set in the joints of Human3.6M-17; detections without any of them are kept."""
    keypoints, confidence = map_joints(JOINT_SETS[recording.joint_set], recording.keypoints, recording.confidence)
    return recording._replace(keypoints=keypoints, confidence=confidence, joints=H36M17.names, joint_set="h36m17")


def wrong_order(recording: Recording) -> str | None:
    """Joints in another order than that of the joint set: proportions that no person has."""
    found = impossible_anatomy(recording)
    return f"the joints are not those of people: {found}" if found else None


def normalized(recording: Recording) -> str | None:
    """Coordinates that are not pixels."""
    largest = np.abs(recording.keypoints[recording.seen]).max(initial=0)
    if 0 < largest <= NORMALIZED:
        return f"the coordinates are not pixels: none is beyond {largest:.3g} (normalized?)"
    return None


def copied(recording: Recording) -> str | None:
    """Joints that are exactly the same point in every frame: one keypoint under two names."""
    pairs = copied_joints(recording.keypoints, recording.seen)
    if not pairs:
        return None
    names = ", ".join(f"{recording.joints[a]} and {recording.joints[b]}" for a, b in pairs)
    return f"copies: {names} are the same point in every frame; one of both is not where the joint is"


def frozen(recording: Recording) -> str | None:
    """Frames of a video that repeat a person's joints exactly."""
    before, after = consecutive(recording)
    same = (recording.keypoints[before] == recording.keypoints[after]).all(axis=(1, 2))
    if not len(same) or same.mean() <= FROZEN:
        return None
    where = frame_ranges(recording.frame[after[same]], recording.frames)
    return f"frozen: {int(same.sum())} of {len(same)} times a person does not move at all from frame to frame, {where}"


def jumps(recording: Recording) -> str | None:
    """A person who is elsewhere in the next frame: another person with the same track, or a cut that was not found.

    A jump is farther than the person's size, and far for this person: at few frames per second runners move so far.
    """
    before, after = consecutive(recording)
    keypoints, seen = recording.keypoints, recording.seen
    size = box_diagonals(keypoints, seen)
    distance = distances(keypoints[before], seen[before], size[before], keypoints[after], seen[after], size[after])
    person, usual = recording.person[after], np.zeros(len(recording.people))
    for one in np.unique(person):
        steps = distance[(person == one) & np.isfinite(distance)]
        usual[one] = np.median(steps) if len(steps) else 0
    far = np.isfinite(distance) & (distance > np.maximum(JUMP, FARTHER * usual[person]))
    if not far.any():
        return None
    where = frame_ranges(recording.frame[after[far]], recording.frames)
    return (
        f"jumps: {int(far.sum())} of {len(far)} times a person moves by more than its size to the next frame, {where}"
    )


def too_fast(person: Recording) -> str | None:
    """Hands and feet that move faster than people do, against the body: a frame rate that is too high.

    Of a recording in Human3.6M-17.
    """
    before, after = consecutive(person)
    if not person.fps or len(before) < MIN_DETECTIONS:
        return None
    seen = person.seen[before] & person.seen[after]
    move = np.where(seen[..., None], person.keypoints[after] - person.keypoints[before], 0)
    move -= move.sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1), 1)[:, None, None]
    step = np.linalg.norm(move, axis=-1)[:, ENDS]
    size = detection_sizes(person)[after]
    fastest = np.where(seen[:, ENDS] & (size > 0)[:, None], step, 0).max(axis=1) / np.maximum(size, 1e-6) * person.fps
    speed = float(np.median(fastest))
    if speed <= FASTEST:
        return None
    return (
        f"the frame rate may be too high: at {person.fps:g} frames per second hands or feet move by {speed:.0f} times "
        f"the person's size in a second half of the time"
    )


def outside(recording: Recording) -> str | None:
    """People outside the image: another image size, or coordinates of a cropped or scaled image.

    Parts of a person may be anywhere, as legs below a webcam's image: nearly all of their joints must be outside.
    """
    if recording.image_size is None:
        return None
    size = recording.image_size[recording.frame][:, None]
    inside = recording.seen & (recording.keypoints >= 0).all(axis=-1) & (recording.keypoints <= size).all(axis=-1)
    beyond = inside.sum(axis=1) < INSIDE * recording.seen.sum(axis=1)
    if beyond.mean() <= OUTSIDE:
        return None
    width, height = np.median(recording.image_size, axis=0)
    where = frame_ranges(recording.frame[beyond], recording.frames)
    return f"{beyond.mean():.0%} of the people are outside the image of {width:.0f} x {height:.0f} pixels, {where}"


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
