"""Whether poses in 3D are those of a body or of its mirror image, by left and right, gravity and where the head is."""

import numpy as np

from geolift.skeletons.skeleton import Skeleton

LYING = 0.7  # of the line from root to head, the share along the ground from which a body lies: about 45 degrees


def right_handed_share(points: np.ndarray, up: np.ndarray, skeleton: Skeleton) -> float:
    """The share of poses whose left is on the left of a body with its back up and its head ahead.

    Left, that is (left - right) . (up x ahead) > 0 with ahead from root to head. Of a body with four or more legs on
    the ground it is nearly 1; of its mirror image nearly 0. A body that rolls over has the other sign, too.

    Args:
        points: `[N, J, 3]`, right-handed axes (camera: x right, y down, z forward), any unit; NaN where missing.
        up: `[3]` against gravity, unit length, in the same axes.
        skeleton: of the joints.

    Returns:
        From 0 to 1; NaN if it cannot be known: there are no sides, or the head is above the root, as of people, so that
        nothing points ahead.

    Source:
        Ours.

    Example:
        >>> skeleton = Skeleton(("tail", "nose", "left_paw", "right_paw"), (-1, 0, 0, 0), (2,), (3,), head=1)
        >>> pose = np.array([[[0.0, 0, 0], [1, 0, 0], [0, 0.2, -0.1], [0, -0.2, -0.1]]])  # x ahead, y left, z up
        >>> right_handed_share(pose, np.array([0, 0, 1.0]), skeleton)
        1.0
        >>> right_handed_share(pose * [1, 1, -1], np.array([0, 0, -1.0]), skeleton)  # the mirror image, its back up
        0.0
    """
    if not skeleton.left or not lies(points, up, skeleton):
        return float("nan")
    ahead = points[:, skeleton.head] - points[:, skeleton.root]
    inwards = np.einsum("ni,ni->n", across(points, skeleton), np.cross(up, ahead))
    inwards = inwards[np.isfinite(inwards)]
    return float((inwards > 0).mean()) if len(inwards) else float("nan")


def across(points: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """From right to left, `[N, D]`: the mean over the pairs of joints that are there; NaN without any.

    Args:
        points: `[N, J, D]`, in the image (D = 2) or in space; NaN where missing.
        skeleton: of the joints, with sides.

    Example:
        >>> skeleton = Skeleton(("tail", "nose", "left_paw", "right_paw"), (-1, 0, 0, 0), (2,), (3,), head=1)
        >>> across(np.array([[[0.0, 0], [9, 0], [4, 3], [4, -3]]]), skeleton)
        array([[0., 6.]])
    """
    sides = points[:, list(skeleton.left)] - points[:, list(skeleton.right)]
    seen = np.isfinite(sides).all(axis=-1, keepdims=True)
    count = seen.sum(axis=1)
    total = np.where(seen, sides, 0).sum(axis=1)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def lies(points: np.ndarray, up: np.ndarray, skeleton: Skeleton) -> bool:
    """Whether the head is rather beside the root than above or below it, in half of the poses or more.

    Args:
        points, up, skeleton: as in `right_handed_share`.

    Example:
        >>> from geolift.skeletons.skeleton import H36M17
        >>> upright = np.zeros((1, 17, 3))
        >>> upright[:, H36M17.head] = [0, -0.7, 0.1]
        >>> lies(upright, np.array([0, -1.0, 0]), H36M17)
        False
    """
    ahead = points[:, skeleton.head] - points[:, skeleton.root]
    length = np.linalg.norm(ahead, axis=1)
    along = np.linalg.norm(ahead - (ahead @ up)[:, None] * up, axis=1)
    share = np.divide(along, length, out=np.full(len(points), np.nan), where=length > 0)
    share = share[np.isfinite(share)]
    return bool(len(share)) and float(np.median(share)) >= LYING
