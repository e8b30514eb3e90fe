"""A virtual camera that is turned to each person, and knows how far they are where the focal length is known.

A person beside the image's centre is seen at an angle, and one who is near is seen with more perspective than the
lifter expects. Both follow from the focal length: rays through the root give the angle, the person's size on the plane
at unit focal length gives the distance. The angle hardly depends on it, so a usual focal length serves where the true
one is not known; the distance does, and is then not used. docs/method.md, equation 27.
"""

from typing import NamedTuple

import numpy as np

# Focal length over the larger side of the image, if not given. Phones and tablets have 0.78 to 0.87, those that steady
# the image, and show less of it, up to 0.9.
ASSUMED_FOCAL_RATIO = 0.85
WIDEST = 75.0  # degrees between the rays of a joint and of the root, from which on a person is not lifted


class Turned(NamedTuple):
    """N people as cameras that are turned to their roots see them.

    Attributes:
        keypoints: `[N, J, 2]` pixels from the image's centre, where the root is.
        rotation: `[N, 3, 3]` from the real camera's axes to those of the turned one.
        inside: `[N, J]` bool: joints less than `WIDEST` from the root; the keypoints of others have no meaning.
    """

    keypoints: np.ndarray
    rotation: np.ndarray
    inside: np.ndarray


def focal_lengths(image_size: np.ndarray, focal: float | None) -> np.ndarray:
    """`[N]` focal lengths in pixels: as given, or `ASSUMED_FOCAL_RATIO` times the larger side of images `[N, 2]`."""
    if focal:
        return np.full(len(image_size), focal, np.float64)
    return ASSUMED_FOCAL_RATIO * image_size.max(axis=1).astype(np.float64)


def turn_to_root(keypoints: np.ndarray, root: int, centre: np.ndarray, focal: np.ndarray) -> Turned:
    """Turn the camera to each person's root, by the shortest rotation.

    Args:
        keypoints: `[N, J, 2]` pixels.
        root: index of the root joint.
        centre: `[N, 2]` pixels, where the camera's axis meets the image.
        focal: `[N]` focal lengths in pixels.

    Source:
        Standard (perspective crops).

    Example:
        >>> keypoints = np.array([[[1500.0, 500.0], [1500.0, 400.0]]])
        >>> turned = turn_to_root(keypoints, 0, np.array([[500.0, 500.0]]), np.array([1000.0]))
        >>> turned.keypoints[0].round(1).tolist()
        [[0.0, 0.0], [0.0, -70.7]]
    """
    plane = (keypoints - centre[:, None]) / focal[:, None, None]
    rays = np.concatenate([plane, np.ones_like(plane[..., :1])], axis=-1)
    x, y, z = np.moveaxis(rays[:, root] / np.linalg.norm(rays[:, root], axis=-1, keepdims=True), -1, 0)
    across = -x * y / (1 + z)
    rows = [[1 - x * x / (1 + z), across, -x], [across, 1 - y * y / (1 + z), -y], [x, y, z]]
    rotation = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    rays = np.einsum("nik,njk->nji", rotation, rays)
    inside = rays[..., 2] > np.cos(np.radians(WIDEST)) * np.linalg.norm(rays, axis=-1)
    depth = np.where(inside, rays[..., 2], 1.0)
    return Turned(focal[:, None, None] * rays[..., :2] / depth[..., None], rotation, inside)


def turn_back(vectors: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Vectors `[N, ..., 3]` in the axes of turned cameras in those of the real one; `rotation` as in `Turned`."""
    return np.einsum("nki,n...k->n...i", rotation, vectors)


def move_on_rays(
    points: np.ndarray, depths: np.ndarray, *, distance: float, nearness: np.ndarray, min_depth: float
) -> np.ndarray:
    """Points at other depths, each on its ray from the camera.

    In model units the root is at `distance` / `nearness`. A point (x, y, d) is on the ray of the 2D pose
    p = (x, y) / (distance + nearness d), whose size is that of a person at `distance`.

    Args:
        points: `[N, J, 3]` root-centred points, model units, camera axes, the root on the camera's axis.
        depths: `[N, J]` new depths from the root; brought to those `min_depth` before the camera where they are nearer.
        distance: from the camera to the root that the lifter assumes.
        nearness: `[N]` how many times nearer than that the person is; 1 where it is not known.
        min_depth: the smallest depth of a point.

    Returns:
        `[N, J, 3]`.

    Source:
        Ours (docs/method.md, eq. 27).

    Example:
        A joint at 10 moves to 12 from the camera: its ray is 1.2 times as far from the axis there.

        >>> about = {"distance": 10.0, "nearness": np.array([1.0]), "min_depth": 1.0}
        >>> move_on_rays(np.array([[[1.0, 0.0, 0.0]]]), np.array([[2.0]]), **about).tolist()
        [[[1.2, 0.0, 2.0]]]
    """
    nearness = nearness[:, None]
    depths = np.maximum(depths, min_depth - distance / nearness)
    farther = (distance + nearness * depths) / (distance + nearness * points[..., 2])
    return np.concatenate([points[..., :2] * farther[..., None], depths[..., None]], axis=-1)


def as_expected(points: np.ndarray, distance: float) -> np.ndarray:
    """The 2D poses `[N, J, 2]` of points `[N, J, 3]` from the `distance` that the lifter assumes: what it is shown."""
    return points[..., :2] / (points[..., 2:] + distance)
