"""Pose2Sim's demonstration: one person before four calibrated cameras, with Pose2Sim's own 3D of all four.

Its wheels hold them (BSD-3-Clause): 0.4.5 the calibration, OpenPose's 2D (BODY_25B) and the 3D that Pose2Sim made of it
(triangulated, filled and filtered; .trc), 0.7.0 the videos of the same 100 frames.
"""

from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from benchmarks.triangulated_video import Video, read_video
from geolift.convert.mocap import trc
from geolift.errors import DatasetError
from geolift.skeletons.joint_sets import JOINT_SETS

CALIBRATION, TRUTH = "calibration/Calib.qca.txt", "opensim/Balancing_for_IK.trc"  # in the folder Demo of 0.4.5
OPENPOSE, VIDEO = "pose/cam{}_json", "videos/cam0{}.mp4"
LAYOUT = "body25b"
SUBPIXELS = 64.0  # Qualisys states focal lengths and principal points in 64ths of a pixel
MILLIMETRES = 1000.0
MARKERS = {"Neck": "upper_neck", "Head": "head_top", "Nose": "nose"}  # Pose2Sim's names of joints without sides
SIDES = {"R": "right", "L": "left"}
PARTS = {"BigToe": "big_toe", "SmallToe": "small_toe"}


class Calibration(NamedTuple):
    """C cameras.

    Attributes:
        matrix: `[C, 3, 3]` pixels.
        distortion: `[C, 5]` of OpenCV.
        rotation: `[C, 3, 3]`; x = R X + t: x right, y down, z forward.
        translation: `[C, 3]` metres.
        size: `[C, 2]` width and height, pixels.
    """

    matrix: np.ndarray
    distortion: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray
    size: np.ndarray


def read_qualisys(path: Path) -> Calibration:
    """A Qualisys calibration (.qca.txt): cameras look along -z with y up, and state where they are in millimetres.

    Raises:
        DatasetError: if it is no such file.
    """
    try:
        cameras = ElementTree.parse(path).getroot().findall("cameras/camera")
        found = [_camera(camera) for camera in cameras]
    except (ElementTree.ParseError, KeyError, AttributeError) as error:
        raise DatasetError(f"{path}: found {error!r}, expected a Qualisys calibration") from error
    if not found:
        raise DatasetError(f"{path}: found no cameras/camera, expected a Qualisys calibration")
    return Calibration(*map(np.array, zip(*found, strict=True)))


def _camera(camera: ElementTree.Element) -> tuple[np.ndarray, ...]:
    """Matrix, distortion, rotation, translation and image size of one camera."""
    inner, place, view = (camera.find(name).attrib for name in ("intrinsic", "transform", "fov_video"))
    matrix = np.eye(3)
    for i, (axis, edge) in enumerate((("U", "left"), ("V", "top"))):
        matrix[i, i] = float(inner[f"focalLength{axis}"]) / SUBPIXELS
        matrix[i, 2] = float(inner[f"centerPoint{axis}"]) / SUBPIXELS - float(view[edge])
    names = ("radialDistortion1", "radialDistortion2", "tangentalDistortion1", "tangentalDistortion2")
    distortion = np.array([float(inner[name]) for name in (*names, "radialDistortion3")])
    to_camera = np.array([[float(place[f"r{row}{column}"]) for column in (1, 2, 3)] for row in (1, 2, 3)])
    rotation = np.diag([1.0, -1.0, -1.0]) @ to_camera
    centre = np.array([float(place[axis]) for axis in "xyz"]) / MILLIMETRES
    size = [float(view[far]) - float(view[near]) + 1 for near, far in (("left", "right"), ("top", "bottom"))]
    return matrix, distortion, rotation, -rotation @ centre, np.array(size)


def read_truth(path: Path) -> tuple[np.ndarray, float]:
    """`[T, 25, 3]` joints of BODY_25B in the calibration's world (metres, z up), NaN where Pose2Sim has none, and fps.

    Raises:
        DatasetError: if it is no TRC file, or has none of the joints.
    """
    markers, names = trc.read(path), JOINT_SETS[LAYOUT].source
    points = np.full((len(markers.points), len(names), 3), np.nan)
    for i, marker in enumerate(markers.names):
        side, part = SIDES.get(marker[:1]), marker[1:]
        joint = MARKERS.get(marker) or f"{side}_{PARTS.get(part, part.lower())}"
        if joint in names:
            points[:, names.index(joint)] = markers.points[:, i][:, [2, 0, 1]]  # Pose2Sim writes y, z, x
    if np.isnan(points).all():
        raise DatasetError(f"{path}: found {list(markers.names)}, expected Pose2Sim's names of joints")
    return points, markers.fps


def read_demo(folder: Path, out: Path) -> Video:
    """Cameras and truth of the folder Demo, as what benchmarks/video.py takes, written to `out`."""
    cameras, (points, fps) = read_qualisys(folder / CALIBRATION), read_truth(folder / TRUTH)
    arrays = {"positions_3d": points, "layout": np.array([LAYOUT]), "fps": np.array(fps), "up": np.array([0.0, 0, 1])}
    arrays |= {"K": cameras.matrix, "dist": cameras.distortion, "R": cameras.rotation, "t": cameras.translation}
    np.savez(out, **arrays)
    return read_video(str(out))
