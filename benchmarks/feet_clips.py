"""People with toes and heels whose 3D is known: recorded motion before virtual cameras, and triangulated video."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.triangulated_video import read_video, recordings
from benchmarks.world_rows.takes import IMAGE_SIZE, TILTS, VIEWS, place_camera, planted
from geolift.convert.mocap import bvh
from geolift.convert.mocap.bvh_file import END, Joint, forward, parse, with_points
from geolift.convert.mocap.clips import files, pelvis, text
from geolift.errors import DatasetError
from geolift.keypoints.recording import Recording, record
from geolift.skeletons.joint_sets import JOINT_SETS, foot_joints
from geolift.skeletons.skeleton import FEET, H36M21

FPS = 30.0
LONGEST = 6.0  # seconds of a clip
HEEL = (-0.045, -0.05)  # metres ahead of the ankle and above it, in the rest pose: BVH has no heels
TIP = -0.06  # metres of the tip of the toes above the ankle, in the rest pose: CMU's is that of a marker on the toes
Y_TO_Z_UP = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])


class Clip(NamedTuple):
    """One clip before one camera.

    Attributes:
        name, view: of the clip, and of the camera.
        recording: the 2D.
        truth: `[T, 21, 3]` metres, camera axes; NaN where unknown.
        up: `[3]` against gravity, camera axes.
        planted: `[T, 2]` bool: the left, the right ankle stands on the ground; None: not known.
    """

    name: str
    view: str
    recording: Recording
    truth: np.ndarray
    up: np.ndarray
    planted: np.ndarray | None


def filmed_motion(folder: str, people: Collection[str], *, noise: float, seed: int) -> Iterator[Clip]:
    """The .bvh files of some people (PERSON_NUMBER.bvh), from four sides, level and tilted in turn.

    Args:
        folder: with files by cgspeed's names of CMU's motion: LeftFoot, LeftToeBase and its end.
        people: the first parts of the names.
        noise: pixels of white noise.
        seed: of cameras and noise.

    Raises:
        DatasetError: if there are none.
    """
    chosen = {path.stem: path for path in files(folder, ".bvh") if path.stem.split("_")[0] in people}
    if not chosen:
        raise DatasetError(f"{folder}: found no .bvh of {sorted(people)}, expected some")
    for number, (name, path) in enumerate(sorted(chosen.items())):
        points, fps = read_motion(path)
        points = points[: round(LONGEST * fps)]
        for v, (view, azimuth) in enumerate(VIEWS.items()):
            rng = np.random.default_rng([seed, number, v])
            camera = place_camera(points, azimuth, TILTS[("level", "tilted")[v % 2]], rng)
            seen = camera.see(points)
            pixels = camera.focal * seen[..., :2] / seen[..., 2:] + np.array(IMAGE_SIZE) / 2
            pixels += noise * rng.normal(size=pixels.shape)
            recording = record(
                pixels, np.ones(pixels.shape[:2]), joints=H36M21.names, fps=fps, image_size=IMAGE_SIZE, origin=name
            )
            yield Clip(name, view, recording, seen, -camera.gravity, planted(points, fps))


def read_motion(path: Path) -> tuple[np.ndarray, float]:
    """`[T, 21, 3]` metres, z up, and frames per second; toes flex, heels are fixed to the ankle's bone."""
    clip = bvh.read(path)
    joints, frames, _ = parse(with_points(text(path))[0], str(path))
    unit, names = bvh.UNITS[clip.unit], [joint.name for joint in joints]
    feet = [joint for side in ("Left", "Right") for joint in _foot(joints, names, side, unit)]
    places = forward([*joints, *feet], frames[int(clip.rest) :])[len(joints) :]
    body = {**clip.motion.joints, "pelvis": pelvis(clip.motion.joints)}
    body |= {name: unit * place for name, place in zip(FEET, places, strict=True)}
    step = max(1, round(clip.motion.fps / FPS))
    points = np.stack([body[name] for name in H36M21.names], axis=1)[::step]
    return points @ Y_TO_Z_UP, clip.motion.fps / step


def _foot(joints: list[Joint], names: list[str], side: str, unit: float) -> list[Joint]:
    """A toe and a heel for one side, in the file's unit, y up in the rest pose."""
    ankle, toes = names.index(f"{side}Foot"), names.index(f"{side}ToeBase")
    end = np.array(joints[names.index(f"{side}ToeBase{END}")].offset)
    tip = np.array(joints[toes].offset) + end
    ahead = tip * [1, 0, 1] / np.linalg.norm(tip[[0, 2]])
    heel = (HEEL[0] * ahead + [0, HEEL[1], 0]) / unit
    lowered = end + np.array([0, TIP / unit - tip[1], 0])
    return [Joint(f"{side}Tip", toes, lowered.tolist(), ()), Joint(f"{side}Heel", ankle, heel.tolist(), ())]


def triangulated(path: str) -> Iterator[Clip]:
    """Each camera of a triangulated video whose joint set has feet (the layout is in benchmarks/video.py)."""
    video = read_video(path)
    mapping, world = JOINT_SETS[video.joint_set], video.arrays["positions_3d"].astype(np.float64)
    source, of = mapping.source, {**mapping.mean_of, **foot_joints(mapping.source)}
    points = np.full((len(world), len(H36M21.names), 3), np.nan)
    for joint, name in enumerate(H36M21.names):
        if of[name]:
            points[:, joint] = world[:, [source.index(one) for one in of[name]]].mean(axis=1)
    size = video.arrays.get("image_size")
    for number, (r, t, camera) in enumerate(zip(video.arrays["R"], video.arrays["t"], video.cameras, strict=True)):
        recording = recordings(video, None)[number]
        if not recording.seen.any():
            continue
        if size is not None:
            recording = recording._replace(image_size=np.tile(np.float32(size), (len(recording.frames), 1)))
        yield Clip(
            Path(path).stem, f"{Path(path).stem} {number}", recording, points @ r.T + t, camera.up @ camera.turn, None
        )
