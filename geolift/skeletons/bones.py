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


def scale_bones(joints: jax.Array, factors: jax.Array, skeleton: Skeleton, seen: jax.Array | None = None) -> jax.Array:
    """Poses whose bones are longer by factors and have the same directions. The factors' inverses undo it.

    A bone with an end that was not seen counts as part of the next one outwards: a seen joint keeps its direction from
    its nearest seen ancestor, and that distance is scaled by the factor of the joint's bone.

    Args:
        joints: `[..., J, D]` coordinates of any kind; depths are `[..., J, 1]`.
        factors: `[..., B]` of the bones, in the order of `skeleton.bones`; leading axes broadcast.
        skeleton: of the joints.
        seen: `[..., J]` bool, which joints were seen; the root is taken as seen. None: all.

    Returns:
        `[..., J, D]`; the root stays where it is, and joints that were not seen get the place of their parent.

    Example:
        >>> from geolift.skeletons.skeleton import H36M17
        >>> joints, factors = jax.random.normal(jax.random.key(0), (17, 3)), jnp.full(16, 1.1)
        >>> longer = scale_bones(joints, factors, H36M17)
        >>> bool(jnp.allclose(bone_lengths(longer, H36M17), 1.1 * bone_lengths(joints, H36M17)))
        True
        >>> bool(jnp.allclose(scale_bones(longer, 1 / factors, H36M17), joints, atol=1e-6))
        True
    """
    before, after = {skeleton.root: joints[..., skeleton.root, :]}, {skeleton.root: joints[..., skeleton.root, :]}
    number = _ending_in(skeleton)
    for joint in skeleton.outwards:
        parent = skeleton.parents[joint]
        place = joints[..., joint, :]
        before[joint] = place if seen is None else jnp.where(seen[..., joint, None], place, before[parent])
        after[joint] = after[parent] + factors[..., number[joint], None] * (before[joint] - before[parent])
    return jnp.stack([after[joint] for joint in range(len(skeleton.names))], axis=-2)


@functools.cache
def has_partners(skeleton: Skeleton) -> bool:
    """Whether the mirror image of each bone is a bone: where the root has a side, some have none."""
    return skeleton.mirrored[skeleton.root] == skeleton.root


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
