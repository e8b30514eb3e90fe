"""Cameras that follow a person, from any side, tilted as phones, tripods, balconies and drones are (docs/cameras.md).

Angles of `Range` are degrees, all others radians. numpy only.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from geolift.data.pinhole import FOCAL, UP, Camera

METRE = FOCAL / 5  # pixels per metre at the person, in every orbit camera: the CMU protocol's at 5 m


class Range(NamedTuple):
    """What cameras of one kind are like; azimuths are any.

    Attributes:
        what: the kind of camera, one line.
        pitch: lowest and highest, degrees, uniform; how far the camera looks down.
        roll: mean size of the roll, degrees; its distribution is Laplace's, around 0.
        distance: nearest and farthest, metres, uniform; along the optical axis to the person's mean root.
    """

    what: str
    pitch: tuple[float, float]
    roll: float
    distance: tuple[float, float]


# Numbers and reasons: docs/cameras.md. Changing a number makes other data sets.
RANGES: Mapping[str, Range] = MappingProxyType({
    "any": Range("any of the cameras below", (-15, 45), 7, (2.5, 8)),
    "level": Range("level, at the height of the pelvis", (0, 0), 0, (5, 5)),
    "tripod": Range("on a stand at the height of chest or eyes", (0, 15), 1, (3, 8)),
    "phone": Range("held in the hand, or leaned against something on a table or on the floor", (-15, 30), 7, (2.5, 6)),
    "balcony": Range("looking down from a window, a gallery or a stand", (20, 45), 3, (5, 8)),
    "drone": Range("flying, its gimbal keeps it from rolling", (10, 45), 1, (4, 8)),
})  # fmt: skip


def orbit_camera(
    points: np.ndarray, root: int, azimuth: float, pitch: float, roll: float, distance: float, focal: float = 0.0
) -> Camera:
    """The camera that follows a person over the ground, at a fixed offset and with a fixed orientation.

    The mean root is in the middle of the image at `distance`; from frame to frame the root moves in the image only as
    it rises and falls. camera_from_world is R_z(roll) R_x(pitch) L with L of the level camera at that azimuth, so
    gravity in camera axes is (-sin roll cos pitch, cos roll cos pitch, sin pitch).

    Args:
        points: `[T, J, 3]` world metres, z up.
        root: index of the root joint.
        azimuth: radians, where the camera stands, counterclockwise from world x seen from the person.
        pitch: radians, how far the camera looks down.
        roll: radians; a positive one turns what is seen clockwise in the image.
        distance: metres from the camera to the mean root, along the optical axis.
        focal: length in pixels; 0: the one by which a metre at the mean root is 229 pixels, as if the photographer
            zoomed.

    Returns:
        The camera; its centre is `[T, 3]`.

    Source:
        Ours (docs/cameras.md).

    Example:
        >>> person = np.array([[[0.0, 0.0, 0.9]], [[1.0, 0.0, 1.1]]])  # a root that moves by a metre and rises
        >>> camera = orbit_camera(person, 0, azimuth=0.0, pitch=0.0, roll=0.0, distance=5.0)
        >>> camera.see(person)[:, 0].round(3).tolist(), camera.focal
        ([[0.0, 0.1, 5.0], [0.0, -0.1, 5.0]], 1145.0)
    """
    forward = -np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    level = np.stack([np.cross(forward, UP), -UP, forward])
    rotation = _about(2, roll) @ _about(0, pitch) @ level
    target = np.array(points[:, root], np.float64)
    target[:, 2] = target[:, 2].mean()
    return Camera(rotation, target - distance * rotation[2], focal or METRE * distance)


def place_in_range(
    points: np.ndarray, root: int, k: int, rng: np.random.Generator, *, kind: Range, views: int
) -> Camera:
    """Camera `k` of `views` that follow a clip; draws azimuth, pitch, roll, distance from `rng`, in that order.

    Args:
        points: `[T, J, 3]` world metres, z up.
        root: index of the root joint.
        k: number of the camera; each stands in a sector of 360 / views degrees, anywhere in it.
        rng: the generator of this clip and camera alone.
        kind: what is drawn.
        views: cameras of the clip.
    """
    azimuth = 2 * np.pi * (k + rng.uniform()) / views
    pitch = np.radians(rng.uniform(*kind.pitch))
    roll = np.radians(rng.laplace(0.0, kind.roll))
    return orbit_camera(points, root, azimuth, pitch, roll, rng.uniform(*kind.distance))


def _about(axis: int, angle: float) -> np.ndarray:
    """`[3, 3]` right-handed rotation about the x (0), y (1) or z (2) axis."""
    rotation, (i, j) = np.eye(3), ((axis + 1) % 3, (axis + 2) % 3)
    rotation[i, i] = rotation[j, j] = np.cos(angle)
    rotation[j, i], rotation[i, j] = np.sin(angle), -np.sin(angle)
    return rotation
