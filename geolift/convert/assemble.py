"""Assembling a data set from the clips of an archive, and fitting cameras to its 2D and 3D."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.data.dataset import CLIP_TEXT, LARGEST_PIXEL, Dataset, check_dataset
from geolift.errors import DatasetError
from geolift.plurals import counted
from geolift.skeletons.skeleton import H36M17

TRUNK = (0.3, 1.5)  # metres from pelvis to head top
LARGEST_SLOPE = 1e3  # of a line of sight; no lens sees beyond


class CameraClip(NamedTuple):
    """T frames of one person in one camera, in Human3.6M-17 joints.

    Attributes:
        keypoints: `[T, 17, 2]` pixels; not finite where a joint was not seen.
        subject: as in `Dataset`.
        action: as in `Dataset`.
        camera: as in `Dataset`.
        split: as in `Dataset`.
        clip: as in `Dataset`.
        fps: frames per second; 0 where frames do not follow each other at a constant rate.
        confidence: `[T, 17]` in 0..1, or None: all joints were seen.
        image_size: width and height in pixels, or None.
        intrinsics: fx, fy, cx, cy in pixels, or None.
        points_3d: `[T, 17, 3]` camera metres, or None.
        gravity: `[3]` the direction down in camera axes, or None.
    """

    keypoints: np.ndarray
    subject: str
    action: str
    camera: str
    split: str
    clip: str
    fps: float
    confidence: np.ndarray | None = None
    image_size: Sequence[float] | None = None
    intrinsics: Sequence[float] | None = None
    points_3d: np.ndarray | None = None
    gravity: np.ndarray | None = None


@np.errstate(over="ignore")  # values beyond float32 become infinite, which is checked
def assemble(clips: Sequence[CameraClip], *, origin: str, source: str, notes: Sequence[str] = ()) -> Dataset:
    """The data set of all clips, in their order. Joints that are not finite get confidence 0, and are counted.

    Args:
        clips: at least one; either all have image_size, intrinsics, points_3d, or none has. Gravity is kept if all
            have it, and noted as left out if some have.
        origin: the archive, for errors.
        source: where the data is from, with its terms of use.
        notes: what was left out or assumed, one sentence each; they are kept in `Dataset.source`.

    Raises:
        DatasetError: if there is no clip, or the data set is not as documented.
    """
    if not clips:
        raise DatasetError(f"{origin}: found no frame, expected at least one")
    keypoints, confidence, changes = _keypoints(clips)
    length = [len(clip.keypoints) for clip in clips]
    stop = np.cumsum(length)
    down = [clip.gravity for clip in clips if clip.gravity is not None]
    gravity = np.repeat(np.array(down, np.float32), length, axis=0) if len(down) == len(clips) else None
    if down and gravity is None:
        unknown = sorted({clip.subject for clip in clips if clip.gravity is None})
        changes.append(f"Gravity is left out: that of {', '.join(unknown)} is not known.")
    optional = {
        key: None if getattr(clips[0], key) is None else np.array([getattr(clip, key) for clip in clips], np.float32)
        for key in ("image_size", "intrinsics")
    }
    dataset = Dataset(
        keypoints=keypoints,
        confidence=confidence,
        skeleton=H36M17,
        start=np.append(0, stop[:-1]),
        stop=stop,
        fps=np.array([clip.fps for clip in clips], np.float32),
        **{key: np.array([getattr(clip, key) for clip in clips], np.str_) for key in CLIP_TEXT},
        **optional,
        points_3d=None if clips[0].points_3d is None else _points(clips, origin),
        gravity=gravity,
        source=" ".join([source, *notes, *changes]),
    )
    return check_dataset(dataset, origin)


def _keypoints(clips: Sequence[CameraClip]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Keypoints `[F, 17, 2]` and confidence `[F, 17]`, float32, 0 where not finite; and notes on what was changed."""
    keypoints = np.concatenate([clip.keypoints for clip in clips])
    confidence = np.concatenate(
        [np.ones(clip.keypoints.shape[:2]) if clip.confidence is None else clip.confidence for clip in clips]
    )
    finite = np.isfinite(keypoints).all(axis=-1) & np.isfinite(confidence)
    keypoints, confidence = keypoints.astype(np.float32), confidence.astype(np.float32)
    changes = []
    if not finite.all():
        joints = counted(int((~finite).sum()), "joint", "joints")
        changes.append(f"{joints} with coordinates or confidence that are not finite: counted as not seen.")
    confidence = np.where(finite, confidence, 0)
    too_sure = int((confidence > 1).sum())
    if too_sure:
        changes.append(f"{counted(too_sure, 'confidence above 1 was', 'confidences above 1 were')} counted as 1.")
        confidence = np.minimum(confidence, 1)
    return np.where(confidence[..., None] > 0, keypoints, 0), confidence, changes


def _points(clips: Sequence[CameraClip], origin: str) -> np.ndarray:
    """`[F, 17, 3]` float32 camera metres, of people of human size."""
    with np.errstate(all="ignore"):  # values that are not finite are refused later
        points = np.concatenate([clip.points_3d for clip in clips]).astype(np.float32)
        height = np.median(np.linalg.norm(points[:, H36M17.head] - points[:, H36M17.root], axis=-1))
    if not TRUNK[0] < height < TRUNK[1]:
        expected = f"expected {TRUNK[0]}..{TRUNK[1]} metres"
        raise DatasetError(f"{origin}: points_3d: head and pelvis are {height:g} apart (median), {expected}")
    return points


def fit_intrinsics(keypoints: np.ndarray, points: np.ndarray, origin: str) -> np.ndarray:
    """fx, fy, cx, cy of the camera that projects `points` `[N, J, 3]` onto `keypoints` `[N, J, 2]` best.

    Raises:
        DatasetError: beginning with `origin`, if no camera can project these points to these keypoints.
    """
    with np.errstate(all="ignore"):
        plane = points[..., :2] / points[..., 2:]
        spread = np.ptp(plane, axis=(0, 1)).min()
    if not (np.abs(keypoints) <= LARGEST_PIXEL).all() or not (np.abs(plane) <= LARGEST_SLOPE).all() or not spread > 0:
        raise DatasetError(f"{origin}: found no lens that projects the 3D onto the 2D, expected pixels, camera points")
    (fx, cx), (fy, cy) = (np.polyfit(plane[..., i].ravel(), keypoints[..., i].ravel(), 1) for i in range(2))
    return np.array([fx, fy, cx, cy])


def follow_gaze(points: np.ndarray, recorded: np.ndarray) -> np.ndarray:
    """Move scaled people `points` `[N, J, 3]` so that they project onto the keypoints of the `recorded` ones again.

    Universal labels scale every person about the root to one height and do not move the root. Here it moves along its
    line of sight by the same factor (least squares over all frames); the people keep the shape they have in `points`.
    """
    root = recorded[:, [H36M17.root]]
    body, shape = recorded - root, points - points[:, [H36M17.root]]
    return shape + root * np.vdot(body, shape) / np.vdot(body, body)
