"""Training for the detectors that will feed the lifter: it is shown noisy poses with joints hidden.

What the lifter is shown is spoilt, what its depths are put on is not: it learns to see through the damage. Ours, not
the paper's.
"""

from typing import NamedTuple

import jax
import numpy as np

from geolift.data.sampling import Poses
from geolift.skeletons.skeleton import Skeleton

MIDLINE = 3.0  # noise of joints without a side over that of the others: every data set defines spine, neck, head anew


class Augmentation(NamedTuple):
    """How much is spoilt; all 0: nothing.

    Attributes:
        noise: how far joints are moved, normalised units: each pose has a strength from U[0, 2 noise], which is the
            standard deviation of its joints with sides; of those without it is `MIDLINE` times as much.
        hidden: chance of each joint but the root to be hidden, with all that hangs from it in the tree. Needs networks
            with masks.
        skeleton: of the joints.
    """

    noise: float
    hidden: float
    skeleton: Skeleton


def augment(key: jax.Array, poses: Poses, augmentation: Augmentation) -> Poses:
    """What a detector might make of `poses`: joints moved and hidden, the root neither.

    Args:
        key: `[N]` a key for each pose.
        poses: of joints `[N, J, 2]`, root-centred.
        augmentation: what it does.
    """
    spread, hangs_from = _spread(augmentation.skeleton)[:, None], _hangs_from(augmentation.skeleton)

    def one(key: jax.Array, joints: jax.Array) -> tuple[jax.Array, jax.Array]:
        strength_key, move_key, hide_key = jax.random.split(key, 3)
        strength = 2 * augmentation.noise * jax.random.uniform(strength_key)
        moved = joints + strength * spread * jax.random.normal(move_key, joints.shape, joints.dtype)
        lost = jax.random.bernoulli(hide_key, augmentation.hidden, (1, len(joints)))
        return moved, (lost & hangs_from).any(axis=1)

    joints, hidden = jax.vmap(one)(key, poses.joints)
    if not augmentation.hidden:
        return Poses(joints, poses.seen)
    return Poses(joints, ~hidden if poses.seen is None else poses.seen & ~hidden)


def _spread(skeleton: Skeleton) -> np.ndarray:
    """`[J]` noise of each joint, that of joints with a side being 1."""
    spread = np.full(len(skeleton.names), MIDLINE, np.float32)
    spread[[*skeleton.left, *skeleton.right]] = 1
    spread[skeleton.root] = 0
    return spread


def _hangs_from(skeleton: Skeleton) -> np.ndarray:
    """`[J, J]` bool: whether the first joint is the second or hangs from it; nothing hangs from the root."""
    hangs = np.eye(len(skeleton.names), dtype=bool)
    for joint in range(len(skeleton.names)):
        hangs[joint, list(skeleton.ancestors(joint))] = True
    hangs[:, skeleton.root] = False
    return hangs
