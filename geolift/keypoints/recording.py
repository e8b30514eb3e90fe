"""What a file says of people in 2D: rows of named joints, before any skeleton of ours."""

from typing import NamedTuple

import numpy as np

from geolift.data.dataset import LARGEST_PIXEL
from geolift.errors import DatasetError
from geolift.skeletons import joint_sets
from geolift.skeletons.joint_sets import JOINT_SETS

LONGEST_NAME = 1000  # characters, of a frame, a person or a joint
MOST_PEOPLE = 500  # in a frame of a video whose file follows nobody: each is compared with all others


class Recording(NamedTuple):
    """N detections of K named joints in a video or in single images; a detection is one person in one frame.

    Attributes:
        keypoints: `[N, K, 2]` float32 pixels, x right, y down; 0 where a joint is missing.
        confidence: `[N, K]` float32 in 0..1; 0 where a joint is missing.
        frame: `[N]` int, index into `frames`. Detections stand in the order of frames.
        person: `[N]` int, index into `people`: whom the file (or `tracking.track`) takes the detection for.
        joints: K joint names.
        joint_set: the name under which `joint_sets.JOINT_SETS` knows these joints; "" for joints of its own.
        frames: names of all frames in the order of time, those without people, too.
        people: their names: track ids, individuals; for detections nobody has tracked, one name each.
        tracked: whether `person` follows a person from frame to frame.
        video: whether frames follow each other at a constant rate; False: single images.
        fps: frames per second; 0 where the file does not tell.
        image_size: `[F, 2]` float32 width and height of every frame in pixels, or None where the file does not tell.
        notes: what reading left out, changed or took for granted, a line each, with counts.
    """

    keypoints: np.ndarray
    confidence: np.ndarray
    frame: np.ndarray
    person: np.ndarray
    joints: tuple[str, ...]
    joint_set: str
    frames: tuple[str, ...]
    people: tuple[str, ...]
    tracked: bool
    video: bool
    fps: float = 0.0
    image_size: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    @property
    def seen(self) -> np.ndarray:
        """`[N, K]` bool: which joints were seen."""
        return self.confidence > 0


def record(
    keypoints: np.ndarray,
    confidence: np.ndarray,
    *,
    joints: tuple[str, ...],
    joint_set: str | None = None,
    frame: np.ndarray | None = None,
    frames: tuple[str, ...] = (),
    video: bool = True,
    origin: str = "recording",
    person: np.ndarray | None = None,
    people: tuple[str, ...] = (),
    fps: float = 0.0,
    image_size: np.ndarray | None = None,
    notes: tuple[str, ...] = (),
) -> Recording:
    """Make a checked recording of what a reader found, in whatever order its file has it.

    Missing joints (confidence not above 0, coordinates not finite, or both 0) become 0 with confidence 0. Confidences
    above 1, as heat maps give them, become 1. Detections without any joint are left out. Each is counted in `notes`.

    Args:
        keypoints: `[N, K, 2]` pixels.
        confidence: `[N, K]`.
        joints: K joint names.
        joint_set: as in `Recording`; None: the set that has just these joints in this order, or "".
        frame: `[N]` indices into `frames`; None: a detection in every frame.
        frames: their names; none: their numbers.
        video, people, fps, notes: as in `Recording`.
        image_size: `[F, 2]`, or `[2]` for all frames.
        origin: the file, which errors name.
        person: `[N]` indices into `people`; None: the file follows nobody, and every detection is a person of its own.

    Raises:
        DatasetError: if nothing is left, something does not fit something else, a person is twice in a frame, or a
            coordinate is no pixel.
    """
    if joint_set is None:
        joint_set = joint_sets.named(joints)
    if joint_set and (joint_set not in JOINT_SETS or tuple(joints) != JOINT_SETS[joint_set].source):
        expected = list(JOINT_SETS[joint_set].source) if joint_set in JOINT_SETS else f"one of {list(JOINT_SETS)}"
        raise DatasetError(f"{origin}: joint_set: found {joint_set!r} with joints {list(joints)}, expected {expected}")
    if not 0 <= fps < 1e6:
        raise DatasetError(f"{origin}: fps: found {fps}, expected frames per second, or 0 where they are unknown")
    for name, names in (("frames", frames), ("people", people), ("joints", joints)):
        if not all(isinstance(text, str) and len(text) <= LONGEST_NAME for text in names):
            raise DatasetError(f"{origin}: {name}: expected names (str) of up to {LONGEST_NAME} characters")
    keypoints = np.asarray(keypoints, np.float64)
    confidence = np.asarray(confidence, np.float64)
    frame = np.arange(len(keypoints)) if frame is None else np.asarray(frame, np.int64)
    frames = frames or tuple(str(i) for i in range(int(frame.max(initial=-1)) + 1))
    count = len(joints)
    if keypoints.ndim != 3 or keypoints.shape[1:] != (count, 2) or confidence.shape != keypoints.shape[:2]:
        found = f"shapes {list(keypoints.shape)} and {list(confidence.shape)}"
        raise DatasetError(f"{origin}: keypoints, confidence: found {found}, expected [N, {count}, 2] and [N, {count}]")
    if frame.shape != keypoints.shape[:1] or (len(frame) and not 0 <= frame.min() <= frame.max() < len(frames)):
        raise DatasetError(f"{origin}: frame: expected one number in 0..{len(frames) - 1} for each detection")
    tracked = person is not None
    if not tracked:
        person = np.arange(len(keypoints))
        people = tuple(str(i) for i in person)
    person = np.asarray(person, np.int64)
    if len(set(people)) < len(people):
        raise DatasetError(f"{origin}: people: found {list(people)[:20]}, expected different names")
    if person.shape != frame.shape or (len(person) and not 0 <= person.min() <= person.max() < len(people)):
        raise DatasetError(f"{origin}: person: expected one number in 0..{len(people) - 1} for each detection")
    notes = list(notes)

    finite = np.isfinite(keypoints).all(axis=-1) & np.isfinite(confidence)
    seen = (
        finite & (np.where(finite, confidence, 0) > 0) & (np.where(finite[..., None], keypoints, 0) != 0).any(axis=-1)
    )
    too_sure = int((confidence[seen] > 1).sum())
    if too_sure:
        notes.append(f"{too_sure} confidences above 1 were taken as 1")
    if seen.any() and np.abs(keypoints[seen]).max() > LARGEST_PIXEL:
        worst = np.abs(keypoints[seen]).max()
        raise DatasetError(f"{origin}: keypoints: found {worst:g}, expected pixels up to {LARGEST_PIXEL:g}")
    keypoints = np.where(seen[..., None], keypoints, 0).astype(np.float32)
    confidence = np.where(seen, np.minimum(confidence, 1), 0).astype(np.float32)

    kept = np.flatnonzero(seen.any(axis=1))
    if len(kept) < len(seen):
        notes.append(f"{len(seen) - len(kept)} detections without any joint were left out")
    if not len(kept):
        raise DatasetError(f"{origin}: found no person in {len(frames)} frames, expected at least one")
    crowd = np.bincount(frame[kept]).max()
    if video and not tracked and crowd > MOST_PEOPLE:
        raise DatasetError(f"{origin}: found {crowd} people in a frame, expected up to {MOST_PEOPLE} to follow")
    order = kept[np.lexsort((person[kept], frame[kept]))]
    keypoints, confidence, frame, person = keypoints[order], confidence[order], frame[order], person[order]
    twice = (np.diff(frame) == 0) & (np.diff(person) == 0)
    if twice.any():
        i = int(twice.argmax())
        raise DatasetError(
            f"{origin}: person {people[person[i]]!r} is twice in frame {frames[frame[i]]!r}, expected once"
        )
    used, person = np.unique(person, return_inverse=True)
    empty = len(frames) - len(np.unique(frame))
    if empty:
        notes.append(f"{empty} of {len(frames)} frames are without people")
    if image_size is not None:
        image_size = np.asarray(image_size, np.float32)
        if image_size.shape == (2,):
            image_size = np.tile(image_size, (len(frames), 1))
        if image_size.shape != (len(frames), 2) or not (image_size >= 1).all():
            raise DatasetError(f"{origin}: image_size: expected width and height in pixels for each frame")
    return Recording(
        keypoints,
        confidence,
        frame,
        person,
        tuple(joints),
        joint_set,
        tuple(frames),
        tuple(people[i] for i in used),
        tracked,
        video,
        float(fps),
        image_size,
        tuple(notes),
    )


def without_doubtful(recording: Recording, least: float) -> Recording:
    """The recording with joints less sure than `least` missing, and without detections that are then empty; counted.

    Raises:
        DatasetError: if nothing is left.
    """
    doubtful = recording.seen & (recording.confidence < least)
    if not doubtful.any():
        return recording
    surer = recording._replace(
        keypoints=np.where(doubtful[..., None], 0, recording.keypoints),
        confidence=np.where(doubtful, 0, recording.confidence),
        notes=(*recording.notes, f"{int(doubtful.sum())} joints less sure than {least:g} were taken as missing"),
    )
    return subset(surer, surer.seen.any(axis=1), f"no joint as sure as {least:g}")


def subset(recording: Recording, kept: np.ndarray, why: str) -> Recording:
    """The detections `kept` `[N]` bool, and the people that have any; the others are counted, left out for `why`.

    Raises:
        DatasetError: if nothing is left.
    """
    if kept.all():
        return recording
    note = f"{int((~kept).sum())} of {len(kept)} detections were left out: {why}"
    if not kept.any():
        raise DatasetError(f"{note}; expected at least one other")
    return take(recording, kept)._replace(notes=(*recording.notes, note))


def take(recording: Recording, kept: np.ndarray) -> Recording:
    """The detections `kept` `[N]` bool, and the people that have any; nothing is counted."""
    used, person = np.unique(recording.person[kept], return_inverse=True)
    return recording._replace(
        **{key: getattr(recording, key)[kept] for key in ("keypoints", "confidence", "frame")},
        person=person,
        people=tuple(recording.people[i] for i in used),
    )
