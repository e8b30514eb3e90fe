"""People before cameras of many settings, and before those of a geolift data set: the rows of benchmarks/cameras.py."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np

from geolift.convert.mocap import cmu
from geolift.data.bodies import change_bodies
from geolift.data.cameras import CAMERAS, place
from geolift.data.dataset import load_dataset
from geolift.data.orbit import RANGES, orbit_camera, place_in_range
from geolift.data.pinhole import IMAGE_SIZE, Camera
from geolift.data.world import WorldClip
from geolift.errors import DatasetError
from geolift.safe_io.npz import Archive
from geolift.skeletons.skeleton import H36M17, expect_skeleton

NEAREST = 0.5  # metres; a frame with a joint nearer to the camera is left out


class Setting(NamedTuple):
    """A camera that follows the person, and the bodies before it.

    Attributes:
        pitch: how far it looks down, degrees.
        roll: degrees.
        distance: from the mean root, metres.
        bodies: spread of the bones' lengths (`geolift.data.bodies`).
        any: pitch, roll and distance are drawn for each camera instead, of the range "any" (docs/cameras.md).
    """

    pitch: float = 8.0
    roll: float = 0.0
    distance: float = 5.0
    bodies: float = 0.0
    any: bool = False


ALL = "all cameras"
PROTOCOL = "level, CMU protocol"
SETTINGS = {
    **{f"pitch {pitch}": Setting(pitch=pitch) for pitch in (-30, -20, -10, 0, 8, 15, 25, 40, 50)},
    **{f"pitch 8, roll {roll}": Setting(roll=roll) for roll in (10, 20, 30)},
    **{f"pitch 8, {distance:g} m": Setting(distance=distance) for distance in (2, 2.5, 3, 8, 40)},
    "pitch 8, bodies 10 % changed": Setting(bodies=0.1),
    "pitch 25, roll 15, 3.5 m": Setting(25.0, 15.0, 3.5),
    "any": Setting(any=True),
}


class Filmed(NamedTuple):
    """People before cameras, N frames.

    Attributes:
        points: `[N, J, 3]` metres, camera frame; NaN where not seen.
        keypoints: `[N, J, 2]` pixels.
        seen: `[N, J]` bool.
        gravity: `[N, 3]` unit vectors down, camera axes.
        view: `[N]` int, rises: frames of one clip by one camera have the same.
    """

    points: np.ndarray
    keypoints: np.ndarray
    seen: np.ndarray
    gravity: np.ndarray
    view: np.ndarray


def read_rows(
    path: str, *, split: str, subjects: Collection[str] | None, every: int, seed: int
) -> Iterator[tuple[str, Filmed]]:
    """What each row shows, by its name: motion before all settings, or the cameras of a geolift data set with 3D.

    Args:
        path: of motion as `geolift convert cmu` reads it, or of a geolift data set.
        split: its split, or "all".
        subjects: only these people; None: all.
        every: one frame in so many of each clip.
        seed: of azimuths, bodies and random cameras.

    Raises:
        DatasetError: if there are no such frames, or no 3D.
    """
    if "positions" not in Archive(path).names:
        yield from _dataset_rows(path, split, subjects, every)
        return
    clips = [(i, clip) for i, clip in enumerate(cmu.read(path)) if split in (clip.split, "all")]
    clips = [(i, clip) for i, clip in clips if subjects is None or clip.subject in subjects]
    if not clips:
        raise DatasetError(f"{path}: found no clip of split {split!r} of {subjects or 'all people'}, expected some")
    for name, setting in {PROTOCOL: None, **SETTINGS}.items():
        yield name, film_clips(clips, setting, every=every, seed=seed)


def film_clips(clips: list[tuple[int, WorldClip]], setting: Setting | None, *, every: int, seed: int) -> Filmed:
    """Numbered clips before four cameras each of a setting; None: those of the CMU protocol."""
    points, pixels, gravity = [], [], []
    for i, clip in clips:
        if setting is not None and setting.bodies:
            (clip,) = change_bodies([clip], H36M17, setting.bodies, seed=seed)
        world = np.asarray(clip.points, np.float64)
        for k in range(CAMERAS):
            camera = place_camera(world, setting, k, np.random.default_rng([seed, i, k]))
            filmed = camera.see(world)[::every].astype(np.float32)
            points.append(filmed)
            pixels.append(camera.focal * filmed[..., :2] / filmed[..., 2:] + IMAGE_SIZE / 2)
            gravity.append(np.broadcast_to(camera.gravity, (len(filmed), 3)))
    view = np.repeat(np.arange(len(points)), [len(filmed) for filmed in points])
    points, pixels, gravity = (np.concatenate(arrays) for arrays in (points, pixels, gravity))
    far = (points[..., 2] >= NEAREST).all(axis=1)
    return Filmed(points[far], pixels[far], np.ones(points[far].shape[:2], bool), gravity[far], view[far])


def place_camera(points: np.ndarray, setting: Setting | None, k: int, rng: np.random.Generator) -> Camera:
    """Camera k of a clip `[T, J, 3]` in the world; with one `rng` it has the same azimuth in all settings but None."""
    if setting is None:
        return place(points, H36M17.root, k, rng)
    if setting.any:
        return place_in_range(points, H36M17.root, k, rng, kind=RANGES["any"], views=CAMERAS)
    azimuth = 2 * np.pi * (k + rng.uniform()) / CAMERAS
    return orbit_camera(points, H36M17.root, azimuth, *np.radians([setting.pitch, setting.roll]), setting.distance)


def _dataset_rows(path: str, split: str, subjects: Collection[str] | None, every: int) -> Iterator[tuple[str, Filmed]]:
    """All cameras of a geolift data set, and each; where it does not hold gravity, they count as level."""
    data = load_dataset(path).select(split)
    expect_skeleton(data.skeleton, H36M17)
    if data.points_3d is None:
        raise DatasetError(f"{path}: points_3d: found none, expected 3D to measure errors against")
    clip = data.clip_of_frame
    of_people = np.ones(data.frames, bool) if subjects is None else np.isin(data.subject, list(subjects))[clip]
    chosen = of_people & ((np.arange(data.frames) - data.start[clip]) % every == 0)
    if not chosen.any():
        raise DatasetError(f"{path}: subject: found {np.unique(data.subject).tolist()}, expected {list(subjects)}")
    gravity = np.tile([0.0, 1.0, 0.0], (data.frames, 1)) if data.gravity is None else data.gravity
    cameras = np.unique(data.camera[clip[chosen]])
    for camera in (ALL, *cameras) if len(cameras) > 1 else cameras:
        rows = chosen & ((camera == ALL) | (data.camera[clip] == camera))
        truth = np.where(data.seen[rows, :, None], data.points_3d[rows], np.nan)
        yield str(camera), Filmed(truth, data.keypoints[rows], data.seen[rows], gravity[rows], clip[rows])
