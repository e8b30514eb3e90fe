"""Landmarks of MediaPipe, TensorFlow.js (MoveNet, PoseNet, BlazePose), ml5.js and ML Kit, as their users save them.

The programs write no files; what is in such a file is found in `landmark_frames` (frames and people) and
`landmark_values` (a person). Without names 33 landmarks are MediaPipe's, other numbers those of a joint set. Landmarks
with names that belong to COCO's 17 joints are these, others MediaPipe's 33; those that the file leaves out are missing.

MediaPipe's coordinates are fractions of the image's width and height, which become pixels by the images' size.
Coordinates that are plainly pixels stay. World landmarks, 3D in metres around the hips, are refused. Without visibility
a landmark counts as seen; visibility beyond 0..1 is that of the network, before its last function, which is applied.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.data.dataset import LARGEST_PIXEL
from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.formats.landmark_frames import Frame, clock_labels, frames_of, people_of
from geolift.keypoints.formats.landmark_values import LIMBS, read_person
from geolift.keypoints.frame_names import Frames, distinct, numbered_video, order_frames, single_images
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import NO_OPTIONS, Options, ResolvedJoints, resolve_fps, resolve_joint_set
from geolift.keypoints.recording import Recording
from geolift.keypoints.track_ids import people_by_id
from geolift.plurals import counted
from geolift.skeletons.joint_sets import COCO17, JOINT_SETS, MEDIAPIPE33

AT_HIPS = 0.03  # of a person's size: how close to 0 world landmarks have the middle of the hips; in images: a corner
MADE = (-0.001, 1.001)  # visibility beyond these is not a probability
HEADERS = ("metadata", "meta", "video", "video_info", "videoInfo", "info", "resolution", "image", "recording")
WIDTHS = ("width", "image_width", "imageWidth", "video_width", "videoWidth", "frame_width", "frameWidth")
HEIGHTS = tuple(name.replace("width", "height").replace("Width", "Height") for name in WIDTHS)
RATES = ("fps", "frame_rate", "frameRate", "video_fps", "videoFps")


class _Pose(NamedTuple):
    """A person in a frame: its place in the file, names (None: the landmarks are those of a joint set), `[K, 3]`."""

    where: str
    frame: int
    names: tuple[str | int, ...] | None
    points: np.ndarray
    score: float
    track: int | str | None


def recognize(content: Any) -> str | None:
    """Why a JSON file holds landmarks, or None."""
    if isinstance(content, dict) and {"annotations", "instance_info"} & set(content):
        return None  # COCO's layout, mmpose's
    try:
        frames = frames_of(content, "")
    except DatasetError:  # a list of landmarks with their frames, of which one is damaged: reading says which
        return "a list of landmarks with their frames"
    if not frames:
        return None
    alone = len(frames) == 1 and frames[0].content is content
    return "an object with landmarks" if alone else "frames with landmarks x, y"


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read landmarks.

    Raises:
        DatasetError: naming the frame and what is wrong with it; if the coordinates need the images' size and neither
            the file nor `options` has it; if the landmarks are in metres.
    """
    empty = content if isinstance(content, list) and not any(content) else None
    listed = [] if empty else frames_of(content, str(path))
    if not listed and not empty:
        raise DatasetError(f"{path}: found {values.describe(content)}, expected frames with landmarks x, y")
    poses = [pose for i, frame in enumerate(listed) for pose in _poses(frame, i)]
    if not poses:
        raise DatasetError(f"{path}: found no person in {len(empty or listed)} frames, expected at least one")
    rows, joints, notes = _rows(poses, path, options)
    rows[..., 2], judged = _confidences(rows[..., 2])
    header = _header(content)
    frames, which = _frames(listed, header, path, options)
    frame = frames.index[which][[pose.frame for pose in poses]]
    sizes = _size(header, path)
    person, people, tracks = people_by_id(values.alike([pose.track for pose in poses]), frame)
    return make_recording(
        rows,
        frame,
        frames,
        joints,
        path,
        options,
        person=person,
        people=people,
        image_size=None if sizes is None else np.tile(sizes, (len(frames.names), 1)),
        score=np.array([pose.score for pose in poses]),
        unit="fraction",
        notes=(*notes, *joints.notes, *judged, *frames.notes, *tracks),
    )


def merge(contents: list[Any], names: list[str]) -> list[dict[str, Any]]:
    """The contents of files of one frame each as frames of these names."""
    return [{"image": name, "pose": content} for content, name in zip(contents, names, strict=True)]


FORMAT = Format("mediapipe", "landmarks of MediaPipe, TensorFlow.js, ml5.js or ML Kit", "json", recognize, read, merge)


def _poses(frame: Frame, i: int) -> list[_Pose]:
    poses = []
    for person in people_of(frame.content, frame.where):
        names, points = read_person(person.landmarks, person.where)
        track = person.track if isinstance(person.track, int | str) and not isinstance(person.track, bool) else None
        poses.append(_Pose(person.where, i, names, points, values.optional_number(person.score), track))
    return poses


def _rows(poses: Sequence[_Pose], path: Path, options: Options) -> tuple[np.ndarray, ResolvedJoints, tuple[str, ...]]:
    """`[N, K, 3]` x, y, visibility of all people, NaN where unknown, the joints, and notes."""
    named = [pose for pose in poses if pose.names is not None]
    bare = [pose for pose in poses if pose.names is None]
    counts, full = {len(pose.points) for pose in bare}, len(MEDIAPIPE33.source)
    count = full if named or full in counts else len(bare[0].points)
    other = next((pose for pose in bare if len(pose.points) != count), None)
    if other is not None:
        raise DatasetError(f"{other.where}: found {len(other.points)} landmarks without names, expected {count}")
    if count != full:
        rows = np.stack([pose.points for pose in bare])
        assumed = np.where(np.isfinite(rows), rows, [0, 0, 1.0])
        return rows, joints_by_count(assumed, str(path), options.joints, {17: "coco17"}), ()
    if not named:
        rows = _checked(np.stack([pose.points for pose in bare]), "mediapipe33", path)
        return rows, _set("mediapipe33", path, options), ()
    poses, notes = _without_numbers(poses, options)
    found = {name for pose in poses for name in pose.names or ()}
    if len(found & LIMBS) < 2:
        raise DatasetError(f"{path}: found landmarks {sorted(found)[:5]}, expected those of a person's joints")
    joint_set = "mediapipe33" if bare or not found & set(MEDIAPIPE33.source) <= set(COCO17.source) else "coco17"
    known = JOINT_SETS[joint_set].source
    rows, places = np.zeros((len(poses), len(known), 3)), {}
    for row, pose in zip(rows, poses, strict=True):
        if pose.names not in places:
            names = MEDIAPIPE33.source if pose.names is None else pose.names
            kept = [i for i, name in enumerate(names) if name in known]
            places[pose.names] = kept, [known.index(names[i]) for i in kept]
        kept, place = places[pose.names]
        row[place] = pose.points[kept]
    return _checked(rows, joint_set, path), _set(joint_set, path, options), (*notes, *_of_names(found, known))


def _set(joint_set: str, path: Path, options: Options) -> ResolvedJoints:
    return resolve_joint_set(joint_set, len(JOINT_SETS[joint_set].source), options.joints, str(path))


def _without_numbers(poses: Sequence[_Pose], options: Options) -> tuple[list[_Pose], tuple[str, ...]]:
    """The people with names in place of the numbers of landmarks: COCO's if none is beyond its joints."""
    numbers = {name for pose in poses for name in pose.names or () if isinstance(name, int)}
    if not numbers:
        return list(poses), ()
    bare = any(pose.names is None for pose in poses)
    of_coco = max(numbers) < len(COCO17.source) and not bare and options.joints != "mediapipe33"
    source = COCO17.source if of_coco else MEDIAPIPE33.source
    spelled = {number: source[number] if 0 <= number < len(source) else str(number) for number in numbers}
    changed = [
        pose if pose.names is None else pose._replace(names=tuple(spelled.get(name, name) for name in pose.names))
        for pose in poses
    ]
    note = f"numbers of landmarks go up to {max(numbers)}: read as those of COCO's joints (--joints mediapipe33 if not)"
    return changed, (note,) if of_coco else ()


def _of_names(found: set[str], known: Sequence[str]) -> tuple[str, ...]:
    """Notes on landmarks that are no joints of the set, and on joints that the file does not have."""
    others, absent = sorted(found - set(known)), [name for name in known if name not in found]
    notes = ()
    if others:
        listed = ", ".join(others[:8]) + (", ..." if len(others) > 8 else "")
        notes += (f"{counted(len(others), 'landmark', 'landmarks')} of other names left out: {listed}",)
    if found and absent:
        listed = ", ".join(absent[:8]) + (", ..." if len(absent) > 8 else "")
        notes += (f"not in the file: {listed}",)
    return notes


def _confidences(score: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """`[N, K]` confidences, 1 where the file has none, and notes."""
    unscored = int(np.isnan(score).sum())
    notes = (f"{counted(unscored, 'landmark', 'landmarks')} without visibility: counted as seen",) if unscored else ()
    known = score[~np.isnan(score)]
    if len(known) and (known.min() < MADE[0] or known.max() > MADE[1]):
        score = np.where(score == 0, 0, 1 / (1 + np.exp(-np.clip(score, -50, 50))))
        notes += (f"visibility from {known.min():.3g} to {known.max():.3g} is not within 0..1: its logistic was taken",)
    return np.where(np.isnan(score), 1.0, score), notes


def _checked(rows: np.ndarray, joint_set: str, path: Path) -> np.ndarray:
    """People `[N, K, 3]`, whose landmarks are not in 3D: then the middle of the hips of all of them is at 0.

    Raises:
        DatasetError: if it is.
    """
    hips = [JOINT_SETS[joint_set].source.index(f"{side}_hip") for side in ("left", "right")]
    points = rows[..., :2]
    placed = (points[:, hips] != 0).any(axis=(1, 2)) & np.isfinite(points[:, hips]).all(axis=(1, 2))
    points = points[placed]
    middle = np.abs(points[:, hips].mean(axis=1)).max(axis=1)
    if not len(points) or not (points < 0).any():
        return rows
    size = np.nan_to_num(np.abs(points - points[:, hips].mean(axis=1, keepdims=True))).max(axis=(1, 2))
    if (middle < AT_HIPS * size).all():
        what = "world landmarks (3D, relative to the hips)"
        raise DatasetError(f"{path}: found {what}, expected pose_landmarks of the image")
    return rows


def _frames(listed: Sequence[Frame], header: dict[str, Any], path: Path, options: Options) -> tuple[Frames, np.ndarray]:
    """The frames, and which of their names each of the file's frames has."""
    stated = next((_positive(header[key], key, path) for key in RATES if header.get(key)), 0.0)
    fps = resolve_fps(stated, options.fps, str(path))
    labels, times = [frame.label for frame in listed], clock_labels(listed)
    known = options._replace(fps=fps or None)
    if len(listed) > 1 and None not in labels:
        names, which = distinct(labels)
        frames = order_frames(names, str(path), known, gapless=True)
        timed = (
            order_frames(times, str(path), NO_OPTIONS, gapless=True)
            if times and len(set(times)) == len(times)
            else None
        )
        if timed and frames.video and not frames.fps and timed.fps and len(timed.names) == len(frames.names):
            frames = frames._replace(fps=timed.fps, notes=(*frames.notes, *timed.notes))
        return frames, which
    if len(listed) > 1 and times:
        names, which = distinct(times)
        return order_frames(names, str(path), known, gapless=True), which
    if len(listed) > 1:
        frames = numbered_video(len(listed), fps)
        if all(isinstance(frame.content, dict) and "score" in frame.content for frame in listed):
            frames = frames._replace(notes=(f"{len(listed)} poses without a frame: each counted as one of a video",))
        return frames, np.arange(len(listed))
    return single_images([path.stem], str(path), NO_OPTIONS), np.zeros(1, int)


def _header(content: Any) -> dict[str, Any]:
    """What a file states beside its frames, also in an object within it."""
    if not isinstance(content, dict):
        return {}
    inner = [content[key] for key in HEADERS if isinstance(content.get(key), dict)]
    nested = [header["resolution"] for header in inner if isinstance(header.get("resolution"), dict)]
    stated: dict[str, Any] = {}
    for header in (*nested, *inner, content):
        stated |= {key: value for key, value in header.items() if key in (*WIDTHS, *HEIGHTS, *RATES)}
    return stated


def _size(header: dict[str, Any], path: Path) -> np.ndarray | None:
    """`[2]` width and height of the images as the file states them, or None."""
    sides = []
    for names in (WIDTHS, HEIGHTS):
        key = next((name for name in names if header.get(name) is not None), None)
        if key is None:
            return None
        sides.append(_positive(header[key], key, path))
    return np.array(sides, np.float32)


def _positive(value: Any, key: str, path: Path) -> float:
    found = values.number(value, f"{path}: {key}")
    if not 0 < found <= LARGEST_PIXEL:
        raise DatasetError(f"{path}: {key}: found {found:g}, expected a number above 0")
    return found
