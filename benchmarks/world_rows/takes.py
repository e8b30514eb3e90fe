"""Recorded motion before cameras that stand still, level and tilted, from four sides, as a phone films it."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from geolift.convert.mocap import cmu
from geolift.data.orbit import orbit_camera
from geolift.data.pinhole import Camera
from geolift.data.world import WorldClip, ground_of
from geolift.errors import DatasetError
from geolift.keypoints.recording import Recording, record
from geolift.skeletons.skeleton import H36M17

VIEWS = {"front": 0.0, "oblique": 45.0, "side": 90.0, "back": 180.0}  # degrees from where people face at first
TILTS = {"level": ((0, 12), (0, 0)), "tilted": ((0, 40), (-20, 20))}  # degrees of pitch and roll, uniform
FOCAL_RATIO = (0.8, 0.9)  # of the larger side
IMAGE_SIZE = (1920.0, 1080.0)  # pixels
DISTANCES = np.geomspace(3.5, 40.0, 50)  # metres; the nearest from which the whole clip is in the image
MARGIN = 0.02  # of the image's sides that people keep free
LONGEST = 10.0  # seconds of a clip
SLOW = 0.3  # m/s, an ankle that stands
LOW = 0.16  # metres above the ground, an ankle that stands
ANKLES = [H36M17.names.index(f"{side}_ankle") for side in ("left", "right")]


class Take(NamedTuple):
    """One clip before one camera.

    Attributes:
        name: of the clip.
        subject: who moves.
        action: what the person does.
        view: one of `VIEWS`, or of those that were asked for.
        tilt: one of `TILTS`, or of those that were asked for.
        recording: the 2D.
        truth: `[T, 17, 3]` metres, camera axes.
        up: `[3]` against gravity, camera axes.
        focal: pixels.
        planted: `[T, 2]` bool: left, right ankle stands on the ground.
    """

    name: str
    subject: str
    action: str
    view: str
    tilt: str
    recording: Recording
    truth: np.ndarray
    up: np.ndarray
    focal: float
    planted: np.ndarray


def read_clips(
    path: str, splits: Collection[str], subjects: Collection[str] | None, every: int
) -> list[tuple[int, WorldClip]]:
    """Numbered clips of some splits and people, one of so many of each action.

    Raises:
        DatasetError: if there are none.
    """
    chosen = [
        (i, clip)
        for i, clip in enumerate(cmu.read(path))
        if clip.split in splits and (subjects is None or clip.subject in subjects) and len(clip.points) > clip.fps
    ]
    if not chosen:
        raise DatasetError(f"{path}: found no clip of {sorted(splits)} of {subjects or 'all people'}, expected some")
    chosen.sort(key=lambda numbered: (numbered[1].action, numbered[1].subject, numbered[0]))
    return chosen[::every]


def film(
    clips: list[tuple[int, WorldClip]],
    *,
    noise: float,
    seed: int,
    views: Mapping[str, float] = VIEWS,
    tilts: Mapping[str, tuple] = TILTS,
) -> Iterator[Take]:
    """Every clip from all sides, level and tilted; `noise` in pixels is added to the 2D."""
    for i, clip in clips:
        points = np.asarray(clip.points[: round(LONGEST * clip.fps)], np.float64)
        for t, tilt in enumerate(tilts):
            for v, view in enumerate(views):
                rng = np.random.default_rng([seed, i, t, v])
                camera = place_camera(points, views[view], tilts[tilt], rng)
                filmed = camera.see(points)
                pixels = camera.focal * filmed[..., :2] / filmed[..., 2:] + np.array(IMAGE_SIZE) / 2
                pixels += noise * rng.normal(size=pixels.shape)
                yield Take(
                    name=clip.name,
                    subject=clip.subject,
                    action=clip.action,
                    view=view,
                    tilt=tilt,
                    recording=_recording(pixels, clip),
                    truth=filmed,
                    up=-camera.gravity,
                    focal=camera.focal,
                    planted=planted(points, clip.fps),
                )


def planted(points: np.ndarray, fps: float) -> np.ndarray:
    """`[T, 2]` bool: left, right ankle of a clip `[T, 17, 3]` (metres, z up) is slow and near the ground."""
    ankles = points[:, ANKLES]
    speed = np.linalg.norm(np.gradient(ankles, 1 / fps, axis=0), axis=-1)
    return (speed < SLOW) & (ankles[..., 2] < ground_of(points) + LOW)


def stances(standing: np.ndarray, fps: float) -> list[slice]:
    """The runs of True of `[T]` that last for a tenth of a second or longer."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], standing.astype(int), [0]])))
    return [slice(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= max(2, 0.1 * fps)]


def _recording(pixels: np.ndarray, clip: WorldClip) -> Recording:
    return record(
        pixels,
        np.ones(pixels.shape[:2]),
        joints=H36M17.names,
        joint_set="h36m17",
        fps=float(clip.fps),
        image_size=IMAGE_SIZE,
        origin=clip.name,
    )


def place_camera(points: np.ndarray, view: float, tilt: tuple, rng: np.random.Generator) -> Camera:
    """The camera of a view (degrees), as near as the whole clip is in its image."""
    pitch, roll = (np.radians(rng.uniform(*limits)) for limits in tilt)
    focal = rng.uniform(*FOCAL_RATIO) * max(IMAGE_SIZE)
    box = points.reshape(-1, 3)
    middle = (box.min(axis=0) + box.max(axis=0)) / 2
    azimuth = _forward(points[:15]) + np.radians(view) * rng.choice([-1, 1])  # of the first half second
    for distance in DISTANCES:
        camera = orbit_camera(middle[None, None], 0, azimuth, pitch, roll, distance, focal)
        camera = camera._replace(centre=camera.centre[0])
        seen = camera.see(points)
        plane = np.abs(focal * seen[..., :2] / np.maximum(seen[..., 2:], 0.1))
        if (seen[..., 2] > 1).all() and (plane < (0.5 - MARGIN) * np.array(IMAGE_SIZE)).all():
            break
    return camera


def _forward(points: np.ndarray) -> float:
    """The direction in which a person `[T, 17, 3]` faces, radians from x, counterclockwise."""
    left, right = (points[:, list(joints)].mean(axis=(0, 1)) for joints in (H36M17.left, H36M17.right))
    across = left - right
    return float(np.arctan2(-across[0], across[1]))
