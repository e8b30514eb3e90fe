"""Real video of one person by calibrated cameras with triangulated truth: the data of benchmarks/video.py."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.options import Options
from geolift.keypoints.recognition import open_content, read_keypoints
from geolift.keypoints.recording import Recording, record
from geolift.safe_io.npz import read_arrays
from geolift.skeletons.joint_sets import JOINT_SETS, MEDIAPIPE33
from geolift.skeletons.mapping import JointMapping
from geolift.skeletons.skeleton import H36M17

AXES = {"positions_3d": "TK3", "K": "C33", "R": "C33", "t": "C3"}  # of the arrays that are needed
WORLD = "pose_world_landmarks"


class Camera(NamedTuple):
    """A calibrated camera, its image turned upright.

    Attributes:
        matrix: `[3, 3]`, from camera metres to pixels.
        distortion: `[5]` of OpenCV.
        turn: `[3, 3]` from camera axes to those of the upright image: a roll by quarters.
        truth: `[T, J, 3]` camera metres, upright axes, joints of `H36M17`; NaN where unknown.
        up: `[3]` against gravity, upright axes.
    """

    matrix: np.ndarray
    distortion: np.ndarray
    turn: np.ndarray
    truth: np.ndarray
    up: np.ndarray

    def project(self, points: np.ndarray) -> np.ndarray:
        """Points `[..., 3]` in upright axes as pixels `[..., 2]` of an image without distortion; NaN behind it."""
        focal = np.sqrt(self.matrix[0, 0] * self.matrix[1, 1])
        depth = np.where(points[..., 2:] > 0, points[..., 2:], np.nan)
        return focal * points[..., :2] / depth + self.matrix[:2, 2].max()


class Video(NamedTuple):
    """Cameras, the joint set of truth and keypoints, frames per second (0: unknown), and all arrays of the file."""

    path: str
    cameras: list[Camera]
    joint_set: str
    fps: float
    arrays: Mapping[str, np.ndarray]


def read_video(path: str) -> Video:
    """Read truth and cameras; the layout is in benchmarks/video.py.

    Raises:
        DatasetError: if an array is missing or of another shape, or the joint set is not known.
    """
    arrays = read_arrays(path)
    missing = sorted({*AXES, "layout"} - set(arrays))
    if missing:
        raise DatasetError(f"{path}: found {sorted(arrays)}, expected {missing}, too")
    joint_set = str(np.ravel(arrays["layout"])[0]).replace("-", "")
    if joint_set not in JOINT_SETS:
        raise DatasetError(f"{path}: layout: found {joint_set!r}, expected one of {sorted(JOINT_SETS)}")
    mapping = JOINT_SETS[joint_set]
    size = {"T": len(arrays["positions_3d"]), "K": len(mapping.source), "C": len(arrays["K"]), "3": 3}
    for key, axes in AXES.items():
        expected = [size[axis] for axis in axes]
        if list(arrays[key].shape) != expected:
            raise DatasetError(f"{path}: {key}: found shape {list(arrays[key].shape)}, expected {expected}")
    world = mapped(mapping, arrays["positions_3d"].astype(np.float64))
    up = arrays["up"] if "up" in arrays else trunk_direction(world)
    distortion = arrays.get("dist", np.zeros((size["C"], 5)))
    cameras = []
    for k, r, t, dist in zip(arrays["K"], arrays["R"], arrays["t"], distortion, strict=True):
        turn = upright(r @ up)
        cameras.append(Camera(k, dist, turn, (world @ r.T + t) @ turn.T, turn @ r @ up))
    return Video(path, cameras, joint_set, float(arrays.get("fps", 0.0)), arrays)


def mapped(mapping: JointMapping, points: np.ndarray) -> np.ndarray:
    """`[..., J, 3]` joints of the mapping's target of points `[..., K, 3]`; NaN where the mapping has none."""
    joints = np.full((*points.shape[:-2], len(mapping.target.names), 3), np.nan)
    for j, name in enumerate(mapping.target.names):
        if mapping.mean_of[name]:
            sources = [mapping.source.index(source) for source in mapping.mean_of[name]]
            joints[..., j, :] = points[..., sources, :].mean(axis=-2)
    return joints


def trunk_direction(points: np.ndarray) -> np.ndarray:
    """`[3]`: the mean direction from pelvis to thorax of `[T, J, 3]`, which is up if people mostly stand."""
    trunk = points[:, H36M17.names.index("thorax")] - points[:, H36M17.root]
    mean = np.nanmean(trunk / np.linalg.norm(trunk, axis=-1, keepdims=True), axis=0)
    return mean / np.linalg.norm(mean)


def upright(up: np.ndarray) -> np.ndarray:
    """`[3, 3]`: the roll by quarters that brings `up` `[3]` (camera axes) nearest to the image's top."""
    c, s = [(1, 0), (0, 1), (-1, 0), (0, -1)][round(np.arctan2(up[0], -up[1]) / (np.pi / 2)) % 4]
    return np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]], float)


def levelling(up: np.ndarray) -> np.ndarray:
    """`[3, 3]`: the smallest rotation that brings `up` `[3]`, a unit vector, to the image's top, (0, -1, 0)."""
    axis = np.cross(-up, [0.0, 1.0, 0.0])
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + cross + cross @ cross / (1 - up[1])


def seen_by(camera: Camera, recording: Recording, rotation: np.ndarray) -> Recording:
    """A recording of the camera's image as it would be without distortion and turned by `rotation` (upright axes)."""
    import cv2  # of the extra "detect"

    pixels = recording.keypoints.reshape(-1, 1, 2).astype(np.float64)
    plane = cv2.undistortPoints(pixels, camera.matrix, camera.distortion).reshape(recording.keypoints.shape)
    rays = np.concatenate([plane, np.ones_like(plane[..., :1])], axis=-1) @ (rotation @ camera.turn).T
    turned = camera.project(rays)
    ahead = recording.seen & np.isfinite(turned).all(axis=-1)
    return recording._replace(
        keypoints=np.where(ahead[..., None], turned, 0).astype(np.float32),
        confidence=np.where(ahead, recording.confidence, 0),
        image_size=None,
    )


def recordings(video: Video, files: Sequence[str] | None) -> list[Recording]:
    """The detector's 2D of each camera: of a file or folder each, or of the array `keypoints_2d`.

    Raises:
        DatasetError: if there are not as many as cameras, or as frames of the truth.
    """
    cameras, frames = len(video.cameras), len(video.arrays["positions_3d"])
    if files is None:
        keypoints = video.arrays.get("keypoints_2d")
        expected = (cameras, frames, len(JOINT_SETS[video.joint_set].source), 2)
        if keypoints is None or keypoints.shape != expected:
            found = "none" if keypoints is None else f"shape {list(keypoints.shape)}"
            raise DatasetError(f"{video.path}: keypoints_2d: found {found}, expected {list(expected)}, or files")
        return [_recording(video, of_camera) for of_camera in keypoints]
    if len(files) != cameras:
        raise DatasetError(f"keypoints: found {len(files)} files or folders, expected {cameras}, as cameras")
    size = video.arrays.get("image_size")
    options = Options(fps=video.fps or None, image_size=None if size is None else tuple(map(float, size)))
    found = [read_keypoints(path, options=options).recording for path in files]
    for path, recording in zip(files, found, strict=True):
        if len(recording.frames) != frames:
            raise DatasetError(f"{path}: found {len(recording.frames)} frames, expected {frames}, as the truth has")
    return found


def _recording(video: Video, keypoints: np.ndarray) -> Recording:
    there, count = np.isfinite(keypoints).all(axis=-1), len(keypoints)
    return record(
        keypoints,
        there.astype(float),
        joints=JOINT_SETS[video.joint_set].source,
        frame=np.arange(count),
        frames=tuple(map(str, range(count))),
        person=np.zeros(count, int),
        people=("0",),
        fps=video.fps,
        origin=video.path,
    )


def world_landmarks(path: str) -> np.ndarray | None:
    """`[T, J, 3]` of MediaPipe's own 3D in a file, of the first person; None if the file has none."""
    kind, content = open_content(path)
    frames = content.get("frames", []) if isinstance(content, dict) else content
    if kind != "json" or not any(isinstance(frame, dict) and frame.get(WORLD) for frame in frames):
        return None
    points = np.full((len(frames), len(MEDIAPIPE33.source), 3), np.nan)
    for i, frame in enumerate(frames):
        person = (frame or {}).get(WORLD) or []
        person = person[0] if person and isinstance(person[0], list) else person
        if person:
            points[i] = [[landmark[axis] for axis in "xyz"] for landmark in person]
    return mapped(MEDIAPIPE33, points)
