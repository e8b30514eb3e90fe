"""Bones of a skeleton: their lengths, their ratios, and which bone is the partner of which on the other side."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from geolift.geometry import safe_norm
from geolift.skeletons.skeleton import Skeleton


def bone_lengths(points: jax.Array, skeleton: Skeleton) -> jax.Array:
    """Length of every bone, in the order of `skeleton.bones`, in the points' units: `[..., J, D] -> [..., B]`.

    All joints count, and gradients are finite; where joints may be missing use `seen_bone_lengths`.

    Raises:
        ValueError: if the points have another number of joints.
    """
    joints = len(skeleton.names)
    if points.ndim < 2 or points.shape[-2] != joints:
        raise ValueError(f"points: found shape {points.shape}, expected [..., {joints}, D], the skeleton's joints")
    parent, child = np.transpose(skeleton.bones)
    return safe_norm(points[..., child, :] - points[..., parent, :])


def seen_bone_lengths(joints: np.ndarray, seen: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Length of every bone whose two ends were seen, NaN for the others: measuring people, outside of training.

    Args:
        joints: `[N, J, D]`, any values where not seen.
        seen: `[N, J]` bool.
        skeleton: of the joints.

    Returns:
        `[N, B]` in the order of `skeleton.bones`, in the joints' units.

    Example:
        >>> from geolift.skeletons.skeleton import H36M17
        >>> seen = np.ones((1, 17), bool)
        >>> seen[0, H36M17.head] = False
        >>> int(np.isnan(seen_bone_lengths(np.ones((1, 17, 2)), seen, H36M17)).sum())
        1
    """
    parent, child = np.transpose(skeleton.bones)
    both = seen[:, parent] & seen[:, child]
    return np.where(both, np.linalg.norm(joints[:, child] - joints[:, parent], axis=-1), np.nan)


def bone_ratios(points: jax.Array, skeleton: Skeleton) -> jax.Array:
    """Each bone's length over the mean of its pose's bones, `[..., J, 3] -> [..., B]` (Wandt et al. 2022).

    Raises:
        ValueError: as `bone_lengths`.
    """
    lengths = bone_lengths(points, skeleton)
    mean = lengths.mean(axis=-1, keepdims=True)
    return lengths / jnp.where(mean > 0, mean, 1.0)


@functools.cache
def partners(skeleton: Skeleton) -> np.ndarray:
    """`[B]` for each bone the number of its partner on the other side; for a bone in the middle the bone itself."""
    number, mirrored = _ending_in(skeleton), skeleton.mirrored
    return np.array([number[mirrored[child]] for _, child in skeleton.bones])


def sides(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the bones that end in joints of the left, and of their partners."""
    number = _ending_in(skeleton)
    return tuple(np.array([number[joint] for joint in side], int) for side in (skeleton.left, skeleton.right))


def _ending_in(skeleton: Skeleton) -> dict[int, int]:
    return {child: i for i, (_, child) in enumerate(skeleton.bones)}
