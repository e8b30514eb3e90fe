"""Checks of left and right: each is a function of a recording that returns a warning, a sentence, or None.

A video of a person's right side, mirrored, is a valid video of a left side: swapped sides show in 2D only where
something contradicts them. Each check asks for such a contradiction: eyes against shoulders, shoulders against hips,
faces that are seen best on people from behind, sides that change from frame to frame. How often each fires on right
data, and on wrong: docs/warnings.md.
"""

import numpy as np

from geolift.keypoints.frame_ranges import frame_ranges
from geolift.keypoints.pose_distance import box_diagonals, consecutive
from geolift.keypoints.recording import Recording
from geolift.skeletons.skeleton import H36M17

JOINT = H36M17.names.index
MAJORITY = 0.5  # share of detections that must contradict
MIN_DETECTIONS = 5  # that a side is judged by
SURE = 0.5  # confidence above which a joint of the face counts as seen, not guessed
FLAGS = (0.5, 1.0)  # confidences of annotated joints: hidden, and visible
FACE_ONLY_IF_SEEN = ("body25", "body25b", "coco18")  # sets of OpenPose, which finds no eyes on the back of a head
SURER = 0.1  # confidence by which faces from behind must be surer than those from the front
ENOUGH = 0.25  # share of the detections that must show hips and shoulders from the front or from behind
MOST = 0.75  # share of these that must contradict
UPRIGHT = 0.15  # of the trunk: how far above the shoulders a nose is at least, if a face is to tell the side
ACROSS = 0.2  # lengths of the trunk: hips and shoulders narrower than this in the image are seen from the side
FACE_ACROSS = 0.125  # distance of the eyes over that of the shoulders above which a face is seen
FLICKER = 0.02  # share of frames in which a person's sides change places
MOVED = 0.05  # sizes of a person: limbs nearer to each other than this cannot change places visibly
SLOWEST = 15.0  # frames per second; with fewer, legs themselves change places from frame to frame
LEGS, ARMS = (
    [[JOINT(f"{side}_{joint}") for joint in limb] for side in ("left", "right")]
    for limb in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
)  # [2, 3]: left, right


def contradicting_face(recording: Recording) -> str | None:
    """Swapped sides, in joint sets with eyes.

    No head is turned so far that its eyes are the other way round than the shoulders: then one of both is swapped. Both
    as if seen from behind is wrong only where confidences show a face: in annotations, in OpenPose's joints, or where
    faces of people who seem to turn their backs are surer than those of people who seem to face the camera.
    """
    face = ("nose", "left_eye", "right_eye")
    shoulders = ("left_shoulder", "right_shoulder")
    if not {*face, *shoulders} <= set(recording.joints):
        return None
    chosen = [recording.joints.index(joint) for joint in (*face, *shoulders)]
    trust = recording.confidence[:, chosen[:3]].min(axis=1)
    seen = (trust > SURE) & recording.seen[:, chosen[3:]].all(axis=1)
    nose, left_eye, right_eye, left, right = recording.keypoints[:, chosen].swapaxes(0, 1).astype(np.float64)
    up = nose - (left + right) / 2
    eyes, body = (_cross(up, a - b) < 0 for a, b in ((left_eye, right_eye), (left, right)))
    wide = seen & (np.abs(_cross(up, left - right)) > ACROSS * np.square(up).sum(axis=1))
    wide &= np.linalg.norm(left_eye - right_eye, axis=1) > FACE_ACROSS * np.linalg.norm(left - right, axis=1)
    apart = wide & (eyes != body)
    if wide.sum() >= MIN_DETECTIONS and apart.sum() > MAJORITY * wide.sum():
        what = "eyes" if eyes[wide].mean() > body[wide].mean() else "body"
        where = frame_ranges(recording.frame[apart], recording.frames)
        return f"the sides of the {what} look swapped: eyes and shoulders are opposite in {_of(apart, wide)}, {where}"
    seen &= ~_bent(recording, nose)
    behind, backs = seen & eyes & body, recording.seen[:, chosen[3:]].all(axis=1) & body
    if behind.sum() <= MAJORITY * seen.sum() or not _shows_faces(recording, trust, backs, behind):
        return None
    where = frame_ranges(recording.frame[behind], recording.frames)
    return f"all sides look swapped: faces are seen, but as if from behind, in {_of(behind, seen)}, {where}"


def _bent(recording: Recording, nose: np.ndarray) -> np.ndarray:
    """`[N]` bool: people who bend so far that the nose is hardly above the shoulders, seen along the trunk."""
    shoulders, hips = ([f"{side}_{joint}" for side in ("left", "right")] for joint in ("shoulder", "hip"))
    if not {*shoulders, *hips} <= set(recording.joints):
        return np.zeros(len(nose), bool)
    chosen = [recording.joints.index(joint) for joint in (*shoulders, *hips)]
    points = recording.keypoints[:, chosen].astype(np.float64)
    top, bottom = points[:, :2].mean(axis=1), points[:, 2:].mean(axis=1)
    above = ((nose - top) * (top - bottom)).sum(axis=1) < UPRIGHT * np.square(top - bottom).sum(axis=1)
    return recording.seen[:, chosen].all(axis=1) & above


def _shows_faces(recording: Recording, trust: np.ndarray, backs: np.ndarray, behind: np.ndarray) -> bool:
    """Whether confidences `trust` `[N]` of faces tell that those on the backs of heads are seen, not guessed."""
    if behind.sum() < MIN_DETECTIONS:
        return False
    values = np.unique(recording.confidence[recording.seen])
    annotated = len(values) == len(FLAGS) and np.allclose(values, FLAGS)
    if annotated or recording.joint_set in FACE_ONLY_IF_SEEN:
        return True
    fronts = recording.seen.any(axis=1) & ~backs
    return bool(fronts.sum() >= MIN_DETECTIONS and trust[backs].mean() > trust[fronts].mean() + SURER)


def twisted(person: Recording) -> str | None:
    """Sides of the arms swapped against those of the legs. Of a recording in Human3.6M-17.

    People seen from the side are left out: the little that their hips and shoulders are turned against each other
    changes the order.
    """
    ends = [ARMS[0][0], ARMS[1][0], LEGS[0][0], LEGS[1][0]]
    seen = person.seen[:, ends].all(axis=1)
    left, right, left_hip, right_hip = person.keypoints[:, ends].swapaxes(0, 1).astype(np.float64)
    trunk = np.linalg.norm((left + right - left_hip - right_hip) / 2, axis=1)
    widths = np.minimum(np.linalg.norm(left - right, axis=1), np.linalg.norm(left_hip - right_hip, axis=1))
    wide = seen & (widths > ACROSS * trunk)
    against = wide & (np.einsum("ni,ni->n", left - right, left_hip - right_hip) < 0)
    if wide.sum() < max(MIN_DETECTIONS, ENOUGH * seen.sum()) or against.sum() <= MOST * wide.sum():
        return None
    where = frame_ranges(person.frame[against], person.frames)
    return f"arms or legs look swapped: hips and shoulders point to opposite sides in {_of(against, wide)}, {where}"


def flicker(person: Recording) -> str | None:
    """Left and right that change places from frame to frame of a video. Of a recording in Human3.6M-17."""
    before, after = consecutive(person)
    if not len(before) or 0 < person.fps < SLOWEST:
        return None
    changed = np.zeros(len(before), bool)
    size = box_diagonals(person.keypoints, person.seen)
    for limb in (LEGS, ARMS):
        seen = person.seen[:, np.ravel(limb)].all(axis=1)
        now, then = person.keypoints[after][:, limb], person.keypoints[before][:, limb]  # [N, 2, 3, 2]
        same, other = (np.linalg.norm(now - old, axis=-1).mean(axis=(1, 2)) for old in (then, then[:, ::-1]))
        changed |= seen[before] & seen[after] & (same > MOVED * size[after]) & (other < same / 2)
    if changed.mean() <= FLICKER:
        return None
    where = frame_ranges(person.frame[after[changed]], person.frames)
    return f"left and right change places between frames: {int(changed.sum())} of {len(changed)} times, {where}"


def _of(some: np.ndarray, all_of: np.ndarray) -> str:
    return f"{some.sum() / all_of.sum():.0%} of {all_of.sum()} detections"


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
