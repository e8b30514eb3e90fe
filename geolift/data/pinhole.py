"""A camera without a lens's distortion, which stands still or moves along with a person.

World frame: metres, z up, right-handed. Camera frame: metres, x right, y down, z forward. numpy only.
"""

from typing import NamedTuple

import numpy as np

IMAGE_SIZE = 1000.0  # pixels, square
FOCAL = 1145.0  # pixels, unless said otherwise
UP = np.array([0.0, 0.0, 1.0])


class Camera(NamedTuple):
    """A pinhole camera whose image is 1000 pixels wide and high, with the principal point in the middle.

    Attributes:
        camera_from_world: `[3, 3]` rotation; its rows are the directions right, down and forward.
        centre: `[3]` in world metres, or `[T, 3]` for a camera that moves.
        focal: length in pixels.
    """

    camera_from_world: np.ndarray
    centre: np.ndarray
    focal: float = FOCAL

    @property
    def gravity(self) -> np.ndarray:
        """`[3]` the direction down in camera axes."""
        return -self.camera_from_world[:, 2]

    def see(self, points: np.ndarray) -> np.ndarray:
        """World points `[T, J, 3]` in the camera's frame."""
        centre = self.centre[:, None] if self.centre.ndim == 2 else self.centre
        return (points - centre) @ self.camera_from_world.T


def look_at(centre: np.ndarray, target: np.ndarray) -> Camera:
    """The upright camera at `centre` `[3]` aimed at `target` `[3]` (world, z up; not straight up or down)."""
    forward = (target - centre) / np.linalg.norm(target - centre)
    right = np.cross(forward, UP)
    right /= np.linalg.norm(right)
    return Camera(np.stack([right, np.cross(forward, right), forward]), centre)
