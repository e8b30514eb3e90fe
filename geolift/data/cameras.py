"""Virtual cameras: they film world motion in metres into a geolift data set, always by the same protocols.

World frame: metres, z up, right-handed. Camera frame: metres, x right, y down, z forward. numpy only.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from geolift.data.bodies import change_bodies
from geolift.data.dataset import Dataset, check_dataset
from geolift.data.orbit import RANGES, place_in_range
from geolift.data.pinhole import IMAGE_SIZE, Camera, look_at
from geolift.data.world import WorldClip, ground_of
from geolift.errors import DatasetError
from geolift.skeletons.skeleton import Skeleton

PROTOCOLS = ("cmu", *RANGES)
CAMERAS = 4  # of a clip
MOST_VIEWS = 100
LARGEST_SPREAD = 0.5  # of bodies; beyond it, people are none
# The CMU protocol (docs/cmu-protocol.md). Changing a number makes another data set.
AZIMUTH_JITTER = np.radians(15.0)
DISTANCE = (4.5, 5.5)  # metres, horizontally from the clip's mean root
WANDER = 1.5  # metres that a person may walk from the centre before the camera is placed farther away
HEIGHT = (1.4, 1.8)  # metres above the ground
TARGET_HEIGHT = 0.9  # metres above the ground, the point that every camera is aimed at
NEAREST = 1.0  # metres; a frame with a joint nearer than this is dropped


class Piece(NamedTuple):
    """Consecutive frames of a clip in camera number `view`: `points` `[T, J, 3]` float32 camera metres.

    `seen`: `[T, J]` bool.
    """

    points: np.ndarray
    seen: np.ndarray
    clip: WorldClip
    camera: Camera
    view: int


def place(points: np.ndarray, root: int, k: int, rng: np.random.Generator) -> Camera:
    """Place camera `k` of a clip by the CMU protocol; draws azimuth, distance, height from `rng`, in that order.

    Args:
        points: `[T, J, 3]` world metres, z up.
        root: index of the root joint.
        k: number of the camera; cameras stand 90 degrees apart, jittered.
        rng: the generator of this clip and camera alone.
    """
    middle = points[:, root, :2].mean(axis=0)
    ground = ground_of(points)
    wander = np.percentile(np.linalg.norm(points[:, root, :2] - middle, axis=-1), 90)
    azimuth = 2 * np.pi * k / CAMERAS + rng.uniform(-AZIMUTH_JITTER, AZIMUTH_JITTER)
    distance = rng.uniform(*DISTANCE) + max(0.0, wander - WANDER)
    height = rng.uniform(*HEIGHT)
    away = distance * np.array([np.cos(azimuth), np.sin(azimuth)])
    return look_at(np.append(middle + away, ground + height), np.append(middle, ground + TARGET_HEIGHT))


def film(
    clips: Sequence[WorldClip],
    skeleton: Skeleton,
    *,
    cameras: str = "cmu",
    views: int | None = None,
    bodies: float = 0.0,
    seed: int = 0,
    source: str = "",
) -> Dataset:
    """Film every clip with virtual cameras; camera k of clip i is drawn from (seed, i, k) and their number alone.

    Frames with a joint nearer than 1 m to the camera are dropped, and the clip is cut there: the frames of every clip
    of the data set are consecutive.

    Args:
        clips: motion of J joints in world metres, z up.
        skeleton: of the J joints.
        cameras: "cmu", the CMU protocol, or a name in `orbit.RANGES`, such as "any": cameras that follow the person.
        views: cameras of each clip; None: 4, the only number that the CMU protocol has.
        bodies: spread of the bones' lengths: before every camera but the first each subject has another body
            (`bodies.change_bodies`); 0: all have their recorded bodies.
        seed: of cameras and bodies.
        source: one line on where the motion is from, kept in the data set.

    Returns:
        A data set with keypoints `[F, J, 2]` in pixels, `points_3d` `[F, J, 3]` in camera metres, and gravity `[F, 3]`
        in camera axes. The CMU protocol's cameras have intrinsics. Those that follow the person are zoomed so that all
        people are equally large in pixels: without intrinsics one factor scales them all (docs/cameras.md).

    Raises:
        DatasetError: if no frame remains, or for another name, number of views or spread.

    Source:
        The protocols, ours (docs/cmu-protocol.md, docs/cameras.md).

    Example:
        >>> from geolift.data.synthetic import procedural_clips
        >>> from geolift.skeletons import H36M17
        >>> clips = procedural_clips(people=3, seconds=1.0, fps=10.0)
        >>> people = film(clips, H36M17)
        >>> len(clips), len(people.start), people.keypoints.shape
        (39, 156, (1560, 17, 2))
    """
    place_camera, views = _protocol(cameras, views)
    if not 0 <= bodies <= LARGEST_SPREAD:
        raise DatasetError(f"bodies: found {bodies:g}, expected a spread from 0 to {LARGEST_SPREAD:g}")
    notes = [source] if source else []
    if bodies:
        notes.append(
            "Bodies changed before all cameras but the first: the bones of each subject by factors whose logarithm has "
            f"the spread {bodies:g}."
        )
    if cameras != "cmu":
        notes.append(f"Filmed by {views} cameras that follow the person, {cameras!r}.")
    pieces = []
    for i, recorded in enumerate(clips):
        draws = (seed, i if recorded.number is None else recorded.number)
        for k in range(views):
            (clip,) = change_bodies([recorded], skeleton, bodies, seed=seed, body=k) if bodies and k else [recorded]
            points = np.asarray(clip.points, np.float64)
            camera = place_camera(points, skeleton.root, k, np.random.default_rng([*draws, k]))
            pieces += _pieces(clip, camera, k)
    if not pieces:
        raise DatasetError(f"clips: no frame of {len(clips)} clips has all joints {NEAREST:g} m or more from a camera")
    data = check_dataset(_dataset(pieces, skeleton, " ".join(notes)), "clips")
    return data if cameras == "cmu" else data._replace(intrinsics=None)


def _protocol(cameras: str, views: int | None) -> tuple[Callable[..., Camera], int]:
    """How a protocol places a camera, and how many cameras a clip has."""
    if cameras not in PROTOCOLS:
        raise DatasetError(f"cameras: found {cameras!r}, expected one of {', '.join(PROTOCOLS)}")
    if cameras == "cmu":
        if views is not None:
            raise DatasetError(f"views: found {views}, expected none with cameras=cmu, which are always {CAMERAS}")
        return place, CAMERAS
    views = CAMERAS if views is None else views
    if not 1 <= views <= MOST_VIEWS:
        raise DatasetError(f"views: found {views}, expected 1 to {MOST_VIEWS} cameras of a clip")
    return partial(place_in_range, kind=RANGES[cameras], views=views), views


def _pieces(clip: WorldClip, camera: Camera, view: int) -> list[Piece]:
    """The runs of frames in which no joint is too near."""
    filmed = camera.see(clip.points)
    near = np.flatnonzero((filmed[..., 2] < NEAREST).any(axis=1))
    seen = np.ones(filmed.shape[:2], bool) if clip.seen is None else clip.seen
    cuts = np.union1d(near, near + 1)
    parts = zip(np.split(filmed, cuts), np.split(seen, cuts), strict=True)
    far = [(part, there) for part, there in parts if len(part) and (part[..., 2] >= NEAREST).all()]
    return [Piece(part.astype(np.float32), there, clip, camera, view) for part, there in far]


def _dataset(pieces: Sequence[Piece], skeleton: Skeleton, source: str) -> Dataset:
    """The data set of all pieces, a clip each."""
    points_3d = np.concatenate([piece.points for piece in pieces])
    seen = np.concatenate([piece.seen for piece in pieces])
    length = [len(piece.points) for piece in pieces]
    stop = np.cumsum(length)
    focal = np.array([piece.camera.focal for piece in pieces], np.float32)
    centre = np.full(len(pieces), IMAGE_SIZE / 2, np.float32)
    frames_focal = np.repeat(focal, length)[:, None, None]
    keypoints = frames_focal * points_3d[..., :2] / points_3d[..., 2:] + np.float32(IMAGE_SIZE / 2)
    return Dataset(
        keypoints=np.where(seen[..., None], keypoints, np.float32(0)),
        confidence=seen.astype(np.float32),
        skeleton=skeleton,
        start=np.append(0, stop[:-1]),
        stop=stop,
        fps=np.array([piece.clip.fps for piece in pieces], np.float32),
        subject=np.array([piece.clip.subject for piece in pieces], np.str_),
        action=np.array([piece.clip.action for piece in pieces], np.str_),
        camera=np.array([f"camera{piece.view}" for piece in pieces], np.str_),
        split=np.array([piece.clip.split for piece in pieces], np.str_),
        clip=np.array([piece.clip.name for piece in pieces], np.str_),
        image_size=np.full((len(pieces), 2), IMAGE_SIZE, np.float32),
        intrinsics=np.stack([focal, focal, centre, centre], axis=1),
        points_3d=points_3d,
        gravity=np.repeat(np.array([piece.camera.gravity for piece in pieces], np.float32), length, axis=0),
        source=source,
    )
