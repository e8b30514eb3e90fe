"""Virtual cameras around an animal: 2D with 3D truth, as a data set with the splits `train` and `test` by time.

Lengths are in body lengths. World axes: z up. Images are 1000 x 1000 pixels, exact pinhole projections, and keypoints
may get a detector's noise and gaps.
"""

from typing import NamedTuple

import numpy as np

from geolift.data.dataset import Dataset, check_dataset
from geolift.data.pinhole import Camera, look_at
from geolift.skeletons.skeleton import Skeleton

IMAGE = 1000.0  # pixels, square
FOCAL = 1500.0  # pixels: at six body lengths a body is 250 pixels long
JITTER = 3.0  # degrees, of each camera's elevation
TURN = 0.2  # radians, of each camera's azimuth
GAP_LENGTH = 10  # frames, the mean of a joint that is lost
TEST_SHARE = 0.2  # of the time, the last part of which is for testing
BETWEEN = 60  # frames left out between both parts, so that no moment of one is nearly that of the other


class Motion(NamedTuple):
    """`points` `[T, J, 3]` of one animal in body lengths, z up; `fps` 0 where frames do not follow each other."""

    points: np.ndarray
    skeleton: Skeleton
    fps: float
    source: str


class Filming(NamedTuple):
    """Where cameras stand, and what a detector does to their 2D.

    Attributes:
        elevation: degrees by which cameras look down, give or take `jitter`.
        cameras: how many, evenly around.
        around: degrees of the circle on which they stand.
        distance: from the animals' mean place, body lengths.
        focal: pixels.
        noise: standard deviation of each coordinate, pixels.
        lost: share of the joints that are not seen, in stretches of `GAP_LENGTH` frames on average.
        synchronized: whether training knows which frames of the cameras show the same moments.
        jitter: degrees by which each camera's elevation differs, at most.
    """

    elevation: float
    cameras: int = 6
    around: float = 360.0
    distance: float = 6.0
    focal: float = FOCAL
    noise: float = 0.0
    lost: float = 0.0
    synchronized: bool = False
    jitter: float = JITTER


def place_cameras(filming: Filming, target: np.ndarray, *, seed: int) -> list[Camera]:
    """Upright cameras around `target` `[3]` that look at it."""
    rng = np.random.default_rng(seed)
    cameras = []
    for k in range(filming.cameras):
        azimuth = np.radians(filming.around) * k / filming.cameras + rng.uniform(-TURN, TURN)
        elevation = np.radians(filming.elevation + rng.uniform(-filming.jitter, filming.jitter))
        flat, high = np.cos(elevation), np.sin(elevation)
        away = filming.distance * np.array([flat * np.cos(azimuth), flat * np.sin(azimuth), high])
        cameras.append(look_at(target + away, target)._replace(focal=filming.focal))
    return cameras


def film(motion: Motion, filming: Filming, *, seed: int = 0) -> Dataset:
    """Film a motion; the last fifth of the time is the split `test`, seen by the same cameras."""
    points = np.asarray(motion.points, np.float64)
    parts = split_times(len(points))
    pieces, names = [], []
    for k, camera in enumerate(place_cameras(filming, points.mean(axis=(0, 1)), seed=seed)):
        for split, time in parts.items():
            pieces.append(camera.see(points[time]))
            names.append((f"cam{k}", split, time.start))
    points_3d = np.concatenate(pieces)
    rng = np.random.default_rng([seed, 1])
    keypoints = project(points_3d, filming.focal) + filming.noise * rng.normal(size=(*points_3d.shape[:2], 2))
    stop = np.cumsum([len(piece) for piece in pieces])
    start = np.append(0, stop[:-1])
    lost = np.concatenate([lose(*piece.shape[:2], filming.lost, rng) for piece in pieces])
    clips, camera, split, moment = len(pieces), *(np.array(column) for column in zip(*names, strict=True))
    return check_dataset(
        Dataset(
            keypoints=np.where(lost[..., None], 0, keypoints).astype(np.float32),
            confidence=(~lost).astype(np.float32),
            skeleton=motion.skeleton,
            start=start,
            stop=stop,
            fps=np.full(clips, motion.fps, np.float32),
            subject=np.full(clips, "animal"),
            action=np.full(clips, "unknown"),
            camera=camera,
            split=split,
            clip=split,
            image_size=np.full((clips, 2), IMAGE, np.float32),
            intrinsics=np.tile(np.array([filming.focal, filming.focal, IMAGE / 2, IMAGE / 2], np.float32), (clips, 1)),
            points_3d=points_3d.astype(np.float32),
            moment=moment if filming.synchronized else None,
            source=f"{motion.source} Filmed by virtual cameras; 1 m is one body length.",
        ),
        "film",
    )


def project(points: np.ndarray, focal: float) -> np.ndarray:
    """`[..., 2]` pixels of camera-axes points `[..., 3]`."""
    return focal * points[..., :2] / points[..., 2:] + IMAGE / 2


def split_times(frames: int) -> dict[str, slice]:
    """The frames of both splits."""
    first = frames - round(TEST_SHARE * frames) + BETWEEN
    return {"train": slice(0, first - BETWEEN), "test": slice(first, frames)}


def lose(frames: int, joints: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """`[T, J]` bool: joints that are lost in stretches, `share` of all in the mean."""
    if not share:
        return np.zeros((frames, joints), bool)
    ends = 1 / GAP_LENGTH
    begins = ends * share / (1 - share)  # so that the chain is lost for `share` of the time
    state, lost = rng.random(joints) < share, np.empty((frames, joints), bool)
    for t in range(frames):
        state = np.where(state, rng.random(joints) >= ends, rng.random(joints) < begins)
        lost[t] = state
    return lost


def thin(data: Dataset, frames: int) -> Dataset:
    """About `frames` frames of the split `train`, evenly spread over each clip; `test` is kept whole."""
    train = data.split == "train"
    step = max(1, -(-int((data.stop - data.start)[train].sum()) // frames))
    kept = [np.arange(a, b, step if chosen else 1) for a, b, chosen in zip(data.start, data.stop, train, strict=True)]
    thinned = data.rows(np.concatenate(kept), np.arange(len(kept)), np.cumsum([len(part) for part in kept]))
    return thinned._replace(
        fps=np.where(train, data.fps / step, data.fps).astype(np.float32),
        moment=None if data.moment is None else np.where(train, data.moment // step, data.moment),
    )
