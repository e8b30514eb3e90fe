"""`Recording`: the content of a keypoint file, N detections of K named joints in 2D, before any skeleton is chosen."""

from typing import NamedTuple

import numpy as np

from geolift.data.dataset import LARGEST_PIXEL
from geolift.errors import DatasetError
from geolift.keypoints.shots import people_by_shot
from geolift.plurals import counted
from geolift.skeletons import joint_sets
from geolift.skeletons.joint_sets import SOURCES
from geolift.skeletons.stated_bones import StatedBones

LONGEST_NAME = 1000  # characters, of a frame, a person or a joint
MOST_PEOPLE = 500  # in a frame of an untracked video: tracking compares each with all others
LARGEST_FPS = 1e6


class Recording(NamedTuple):
    """N detections of K named joints in a video or in single images; a detection is one person in one frame.

    Make one with `record`, which checks it.

    Attributes:
        keypoints: `[N, K, 2]` float32 pixels, x right, y down; 0 where a joint is missing.
        confidence: `[N, K]` float32 in 0..1; 0 where a joint is missing.
        frame: `[N]` int, index into `frames`. Detections are sorted by frame.
        person: `[N]` int, index into `people`: the detection's track in the file (or by `tracking.track`).
        joints: K joint names.
        joint_set: the name of these joints in `joint_sets.SOURCES`; "" for a custom set.
        frames: names of all F frames in the order of time, also of those without people.
        people: their names: track ids, individuals; for untracked detections, one name each.
        tracked: whether `person` is the same for a person in all frames.
        video: whether frames are consecutive, at a constant frame rate; False: single images.
        fps: frames per second; 0 where unknown.
        image_size: `[F, 2]` float32 width and height of every frame in pixels, or None where unknown.
        notes: what reading left out, changed or assumed, a line each, with counts.
        shots: of a video that is cut, the first frame and the name of each piece; nothing is joined across a cut.
            Empty: it is one piece.
        heights: statures in metres that the file states, with the names of these people.
        stated: the bones and partners that the file states, or None.

    Example:
        >>> import numpy as np
        >>> recording = record(np.ones((3, 2, 2)), np.array([[1, 1], [0.5, 0], [1, 1]]), joints=("head", "tail"))
        >>> recording.seen.sum(), recording.frames, recording.joint_set
        (np.int64(5), ('0', '1', '2'), '')
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
    shots: tuple[tuple[int, str], ...] = ()
    heights: tuple[tuple[str, float], ...] = ()
    stated: StatedBones | None = None

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
    shots: tuple[tuple[int, str], ...] = (),
) -> Recording:
    """Make a checked recording of detections in any order.

    Missing joints (confidence not above 0, coordinates not finite, or both 0) become 0 with confidence 0. Confidences
    above 1, as heat maps give them, become 1. Detections without any joint are left out. Each is counted in `notes`.

    Args:
        keypoints: `[N, K, 2]` pixels, x right, y down.
        confidence: `[N, K]`.
        joints: K joint names.
        joint_set: as in `Recording`; None: the set that has exactly these joints in this order, or "".
        frame: `[N]` indices into `frames`; None: detection i is in frame i.
        frames: their names; none: their numbers.
        video: as in `Recording`.
        origin: the file, named in errors.
        person: `[N]` indices into `people`; None: the detections are untracked, each is another person.
        people: as in `Recording`; not used where `person` is None.
        fps: as in `Recording`.
        image_size: `[F, 2]` pixels, or `[2]` for all frames.
        notes: as in `Recording`.
        shots: as in `Recording`; tracked people who are in several are named apart, "SHOT PERSON".

    Returns:
        The recording, its detections sorted by frame, then by person.

    Raises:
        DatasetError: if nothing is left, shapes or indices do not fit each other, a person is twice in a frame, a
            coordinate is beyond `LARGEST_PIXEL`, or an untracked video has more than `MOST_PEOPLE` people in a frame.

    Example:
        >>> import numpy as np
        >>> keypoints = np.array([[[10.0, 20.0], [30.0, 40.0]], [[11.0, 21.0], [np.nan, np.nan]]])
        >>> recording = record(keypoints, np.ones((2, 2)), joints=("head", "tail"), fps=30.0, origin="cat.csv")
        >>> recording.keypoints[1].tolist(), recording.confidence[1].tolist()
        ([[11.0, 21.0], [0.0, 0.0]], [1.0, 0.0])
    """
    joint_set = _check_joint_set(joints, joint_set, origin)
    if not 0 <= fps < LARGEST_FPS:
        raise DatasetError(f"{origin}: fps: found {fps}, expected frames per second, or 0 where they are unknown")
    _check_names(origin, frames=frames, people=people, joints=joints)
    keypoints, confidence = np.asarray(keypoints, np.float64), np.asarray(confidence, np.float64)
    frame = np.arange(len(keypoints)) if frame is None else np.asarray(frame, np.int64)
    frames = frames or tuple(str(i) for i in range(int(frame.max(initial=-1)) + 1))
    _check_shapes(keypoints, confidence, len(joints), origin)
    _check_indices("frame", frame, len(keypoints), len(frames), origin)
    tracked = person is not None
    person, people = _index_people(person, people, len(keypoints), origin)
    if tracked and shots:
        person, people = people_by_shot(person, people, frame, shots)

    keypoints, confidence, changed = _zero_missing(keypoints, confidence, origin)
    rows, dropped = _sort_rows(confidence, frame, person)
    if not len(rows):
        raise DatasetError(f"{origin}: found no person in {len(frames)} frames, expected at least one")
    frame, person = frame[rows], person[rows]
    if video and not tracked:
        _check_crowd(frame, origin)
    _check_once_per_frame(frame, person, frames, people, origin)
    used, person = np.unique(person, return_inverse=True)
    empty = len(frames) - len(np.unique(frame))
    without_people = (f"{empty} of {len(frames)} frames are without people",) if empty else ()
    return Recording(
        keypoints[rows],
        confidence[rows],
        frame,
        person,
        tuple(joints),
        joint_set,
        tuple(frames),
        tuple(people[i] for i in used),
        tracked,
        video,
        float(fps),
        _check_image_size(image_size, len(frames), origin),
        (*notes, *changed, *dropped, *without_people),
        shots,
    )


def without_unsure_joints(recording: Recording, min_confidence: float, origin: str = "recording") -> Recording:
    """The recording with joints below `min_confidence` missing, without detections that are then empty; noted.

    Raises:
        DatasetError: if nothing is left, naming `origin` and the option.
    """
    unsure = recording.seen & (recording.confidence < min_confidence)
    if not unsure.any():
        return recording
    most = recording.confidence.max()
    if most < min_confidence:
        found = f"found confidences up to {most:.3g}, none as high as {min_confidence:g}"
        raise DatasetError(f"{origin}: {found}: lower it with --min-confidence, 0 takes every joint")
    joints = counted(int(unsure.sum()), "joint", "joints")
    surer = recording._replace(
        keypoints=np.where(unsure[..., None], 0, recording.keypoints),
        confidence=np.where(unsure, 0, recording.confidence),
        notes=(*recording.notes, f"{joints} less sure than {min_confidence:g}: counted as missing"),
    )
    return select_rows(surer, surer.seen.any(axis=1), f"no joint as sure as {min_confidence:g}")


def rows_of_people(recording: Recording) -> list[np.ndarray]:
    """The rows of each person, in the order of frames."""
    order = np.lexsort((recording.frame, recording.person))
    return np.split(order, np.flatnonzero(np.diff(recording.person[order])) + 1)


def select_rows(recording: Recording, rows: np.ndarray, why: str | None = None) -> Recording:
    """The detections `rows` `[N]` bool, and the people who have any of them.

    Args:
        recording: N detections.
        rows: which of them are kept.
        why: why the others are left out: a note counts them and says so; None: no note.

    Raises:
        DatasetError: if nothing is left.
    """
    if rows.all():
        return recording
    note = f"{int((~rows).sum())} of {len(rows)} detections were left out" + (f": {why}" if why else "")
    if not rows.any():
        raise DatasetError(f"{note}; expected at least one other")
    used, person = np.unique(recording.person[rows], return_inverse=True)
    return recording._replace(
        **{key: getattr(recording, key)[rows] for key in ("keypoints", "confidence", "frame")},
        person=person,
        people=tuple(recording.people[i] for i in used),
        notes=(*recording.notes, note) if why else recording.notes,
    )


def _check_joint_set(joints: tuple[str, ...], joint_set: str | None, origin: str) -> str:
    """The name of the joint set, found by its joints where it is None."""
    if joint_set is None:
        return joint_sets.find_joint_set(joints)
    if joint_set and (joint_set not in SOURCES or tuple(joints) != SOURCES[joint_set]):
        expected = list(SOURCES[joint_set]) if joint_set in SOURCES else f"one of {list(SOURCES)}"
        raise DatasetError(f"{origin}: joint_set: found {joint_set!r} with joints {list(joints)}, expected {expected}")
    return joint_set


def _check_names(origin: str, **lists: tuple[str, ...]) -> None:
    for key, names in lists.items():
        if not all(isinstance(name, str) and len(name) <= LONGEST_NAME for name in names):
            raise DatasetError(f"{origin}: {key}: expected names (str) of up to {LONGEST_NAME} characters")


def _check_shapes(keypoints: np.ndarray, confidence: np.ndarray, joints: int, origin: str) -> None:
    if keypoints.ndim != 3 or keypoints.shape[1:] != (joints, 2) or confidence.shape != keypoints.shape[:2]:
        found = f"shapes {list(keypoints.shape)} and {list(confidence.shape)}"
        expected = f"[N, {joints}, 2] and [N, {joints}]"
        raise DatasetError(f"{origin}: keypoints, confidence: found {found}, expected {expected}")


def _index_people(
    person: np.ndarray | None, people: tuple[str, ...], count: int, origin: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """`[N]` checked indices of each detection's person, and the people's names; untracked: one for each detection."""
    if person is None:
        return np.arange(count), tuple(str(i) for i in range(count))
    person = np.asarray(person, np.int64)
    if len(set(people)) < len(people):
        raise DatasetError(f"{origin}: people: found {list(people)[:20]}, expected different names")
    _check_indices("person", person, count, len(people), origin)
    return person, people


def _check_crowd(frame: np.ndarray, origin: str) -> None:
    """Raise if a frame of an untracked video has more people than can be tracked."""
    crowd = np.bincount(frame).max()
    if crowd > MOST_PEOPLE:
        raise DatasetError(
            f"{origin}: found {crowd} people in a frame, expected at most {MOST_PEOPLE} in an untracked video"
        )


def _check_indices(key: str, indices: np.ndarray, count: int, size: int, origin: str) -> None:
    if indices.shape != (count,) or (count and not 0 <= indices.min() <= indices.max() < size):
        raise DatasetError(f"{origin}: {key}: expected one number in 0..{size - 1} for each detection")


def _check_once_per_frame(
    frame: np.ndarray, person: np.ndarray, frames: tuple[str, ...], people: tuple[str, ...], origin: str
) -> None:
    """Raise if a person is twice in a frame; rows are sorted by frame, then by person."""
    twice = (np.diff(frame) == 0) & (np.diff(person) == 0)
    if twice.any():
        i = int(twice.argmax())
        where = f"person {people[person[i]]!r} is twice in frame {frames[frame[i]]!r}"
        raise DatasetError(f"{origin}: {where}, expected once")


def _check_image_size(image_size: np.ndarray | None, frames: int, origin: str) -> np.ndarray | None:
    """`[F, 2]` float32, or None."""
    if image_size is None:
        return None
    image_size = np.asarray(image_size, np.float32)
    if image_size.shape == (2,):
        image_size = np.tile(image_size, (frames, 1))
    if image_size.shape != (frames, 2) or not (image_size >= 1).all():
        raise DatasetError(f"{origin}: image_size: expected width and height in pixels for each frame")
    return image_size


def _zero_missing(
    keypoints: np.ndarray, confidence: np.ndarray, origin: str
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Float32 keypoints and confidences, 0 where a joint is missing, and a note on confidences above 1."""
    x, y = keypoints[..., 0], keypoints[..., 1]
    finite = np.isfinite(x) & np.isfinite(y) & np.isfinite(confidence)
    seen = finite & (confidence > 0) & ((x != 0) | (y != 0))
    if seen.any() and np.abs(keypoints[seen]).max() > LARGEST_PIXEL:
        worst = np.abs(keypoints[seen]).max()
        raise DatasetError(f"{origin}: keypoints: found {worst:g}, expected pixels up to {LARGEST_PIXEL:g}")
    too_sure = int((confidence[seen] > 1).sum())
    keypoints = np.where(seen[..., None], keypoints, 0).astype(np.float32)
    confidence = np.where(seen, np.minimum(confidence, 1), 0).astype(np.float32)
    note = f"{counted(too_sure, 'confidence above 1 was', 'confidences above 1 were')} counted as 1"
    return keypoints, confidence, (note,) if too_sure else ()


def _sort_rows(confidence: np.ndarray, frame: np.ndarray, person: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Indices of the detections with any joint, by frame, then by person, and a note on the others."""
    kept = np.flatnonzero((confidence > 0).any(axis=1))
    dropped = len(confidence) - len(kept)
    note = f"{counted(dropped, 'detection', 'detections')} without any joint: left out"
    return kept[np.lexsort((person[kept], frame[kept]))], (note,) if dropped else ()
