"""Virtual cameras: they film world motion in metres into a geolift data set, always by the same protocol.

World frame: metres, z up, right-handed. Camera frame: metres, x right, y down, z forward. numpy only.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.data.dataset import Dataset, check_dataset
from geolift.errors import DatasetError
from geolift.skeletons.skeleton import Skeleton

# The CMU protocol (docs/cmu-protocol.md). Changing a number makes another data set.
CAMERAS = 4
AZIMUTH_JITTER = np.radians(15.0)
DISTANCE = (4.5, 5.5)  # metres, horizontally from the clip's mean root
WANDER = 1.5  # metres that a person may walk from the centre before the camera is placed farther away
HEIGHT = (1.4, 1.8)  # metres above the ground
TARGET_HEIGHT = 0.9  # metres above the ground, the point that every camera is aimed at
IMAGE_SIZE = 1000.0  # pixels, square
FOCAL = 1145.0  # pixels
NEAREST = 1.0  # metres; a frame with a joint nearer than this is dropped


class WorldClip(NamedTuple):
    """One person's continuous motion in the world.

    Attributes:
        points: `[T, J, 3]` joint positions in world metres, z up.
        fps: frames per second.
        name: of the clip.
        subject: who moves.
        action: what the person does.
        split: "train", "test", ...
    """

    points: np.ndarray
    fps: float
    name: str
    subject: str
    action: str
    split: str


class Camera(NamedTuple):
    """A pinhole camera: `camera_from_world` `[3, 3]` (rows right, down, forward), `centre` `[3]` in world metres."""

    camera_from_world: np.ndarray
    centre: np.ndarray


def look_at(centre: np.ndarray, target: np.ndarray) -> Camera:
    """The upright camera at `centre` `[3]` aimed at `target` `[3]` (world, z up; not straight up or down)."""
    forward = (target - centre) / np.linalg.norm(target - centre)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    return Camera(np.stack([right, np.cross(forward, right), forward]), centre)


def place(points: np.ndarray, root: int, k: int, rng: np.random.Generator) -> Camera:
    """Place camera `k` of a clip by the CMU protocol; draws azimuth, distance, height from `rng`, in that order.

    Args:
        points: `[T, J, 3]` world metres, z up.
        root: index of the root joint.
        k: number of the camera; cameras stand 90 degrees apart, jittered.
        rng: the generator of this clip and camera alone.
    """
    middle = points[:, root, :2].mean(axis=0)
    ground = np.percentile(points[..., 2].min(axis=1), 5)
    wander = np.percentile(np.linalg.norm(points[:, root, :2] - middle, axis=-1), 90)
    azimuth = 2 * np.pi * k / CAMERAS + rng.uniform(-AZIMUTH_JITTER, AZIMUTH_JITTER)
    distance = rng.uniform(*DISTANCE) + max(0.0, wander - WANDER)
    height = rng.uniform(*HEIGHT)
    away = distance * np.array([np.cos(azimuth), np.sin(azimuth)])
    return look_at(np.append(middle + away, ground + height), np.append(middle, ground + TARGET_HEIGHT))


def film(clips: Sequence[WorldClip], skeleton: Skeleton, *, seed: int = 0, source: str = "") -> Dataset:
    """Film every clip with the protocol's four cameras; camera k of clip i is drawn from the seed (seed, i, k) alone.

    Frames with a joint nearer than 1 m to the camera are dropped, and the clip is cut there: the frames of every clip
    of the data set are consecutive.

    Args:
        clips: motion of J joints in world metres, z up.
        skeleton: of the J joints.
        seed: of the camera placement.
        source: one line on where the motion is from, kept in the data set.

    Returns:
        A data set with keypoints `[F, J, 2]` in pixels, intrinsics, `points_3d` `[F, J, 3]` in camera metres, and
        gravity `[F, 3]` in camera axes.

    Raises:
        DatasetError: if no frame remains.

    Source:
        The CMU protocol, ours (docs/cmu-protocol.md).

    Example:
        >>> from geolift.data.synthetic import procedural_clips
        >>> from geolift.skeletons import H36M17
        >>> clips = procedural_clips(people=3, seconds=1.0, fps=10.0)
        >>> people = film(clips, H36M17)
        >>> len(clips), len(people.start), people.keypoints.shape
        (39, 156, (1560, 17, 2))
    """
    points, gravity = [], []
    rows = {key: [] for key in ("length", "fps", "subject", "action", "camera", "split", "clip")}
    for i, clip in enumerate(clips):
        for k in range(CAMERAS):
            camera = place(np.asarray(clip.points, np.float64), skeleton.root, k, np.random.default_rng([seed, i, k]))
            filmed = (clip.points - camera.centre) @ camera.camera_from_world.T
            near = np.flatnonzero((filmed[..., 2] < NEAREST).any(axis=1))
            for piece in np.split(filmed, np.union1d(near, near + 1)):
                if len(piece) and (piece[..., 2] >= NEAREST).all():
                    points.append(piece.astype(np.float32))
                    gravity.append(-camera.camera_from_world[:, 2])
                    values = (len(piece), clip.fps, clip.subject, clip.action, f"camera{k}", clip.split, clip.name)
                    for key, value in zip(rows, values, strict=True):
                        rows[key].append(value)
    if not points:
        raise DatasetError(f"clips: no frame of {len(clips)} clips has all joints {NEAREST:g} m or more from a camera")
    points_3d = np.concatenate(points)
    length = rows.pop("length")
    stop = np.cumsum(length)
    intrinsics = np.array([FOCAL, FOCAL, IMAGE_SIZE / 2, IMAGE_SIZE / 2], np.float32)
    dataset = Dataset(
        keypoints=(FOCAL * points_3d[..., :2] / points_3d[..., 2:] + IMAGE_SIZE / 2).astype(np.float32),
        confidence=np.ones(points_3d.shape[:2], np.float32),
        skeleton=skeleton,
        start=np.append(0, stop[:-1]),
        stop=stop,
        fps=np.array(rows.pop("fps"), np.float32),
        image_size=np.full((len(stop), 2), IMAGE_SIZE, np.float32),
        intrinsics=np.tile(intrinsics, (len(stop), 1)),
        points_3d=points_3d,
        gravity=np.repeat(np.array(gravity, np.float32), length, axis=0),
        source=source,
        **{key: np.array(value, np.str_) for key, value in rows.items()},
    )
    return check_dataset(dataset, "clips")
