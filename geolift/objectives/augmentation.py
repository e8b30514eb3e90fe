"""Augmentation of the lifter's input: noise, hidden joints, the trunk of other joint sets, bones of other lengths.

Noise and hidden joints are as keypoints of a detector have them, and so is the trunk of joint sets without one. Only
the input is corrupted; depths are applied to the clean pose, so the lifter learns to ignore what was changed. Bones of
other lengths are other bodies: the lifter is shown a pose whose 2D bones are longer or shorter, and the depths that it
gives are scaled back bone by bone. Ours.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift.data.sampling import Poses
from geolift.objectives.keys import ExampleKeys
from geolift.skeletons.bones import partners, scale_bones
from geolift.skeletons.joint_sets import TRUNK_FROM_LIMBS
from geolift.skeletons.skeleton import Skeleton

MIDLINE = 3.0  # noise of joints without a side over that of the others: data sets define spine, neck, head differently
NO_HEAD_TOP = 0.7  # share of those with COCO's trunk; COCO and OpenPose have none, Halpe has one


class Augmentation(NamedTuple):
    """How strongly the lifter's input is corrupted; all 0: not at all.

    Attributes:
        noise: how far joints are moved, normalized units: each pose has a strength from U[0, 2 noise], which is the
            standard deviation of its joints with sides; of those without it is `MIDLINE` times as much.
        hidden: probability that a joint other than the root is hidden, with all its descendants. Needs networks with
            masks.
        skeleton: of the joints.
        proportions: how far bones are lengthened or shortened: each pose has a strength from U[0, 2 proportions],
            which is the standard deviation of the logarithm of a bone's factor. It is the same for left and right, and
            its logarithm has mean 0 over a pose's bones.
        coco_trunk: probability that spine and thorax are where joint sets without a trunk have them: between hips and
            shoulders (`joint_sets.TRUNK_FROM_LIMBS`); `NO_HEAD_TOP` of these poses lack the top of the head. Needs
            networks with masks.

    Example:
        >>> from geolift import H36M17
        >>> Augmentation(noise=0.004, hidden=0.1, skeleton=H36M17).hidden
        0.1
    """

    noise: float
    hidden: float
    skeleton: Skeleton
    proportions: float = 0.0
    coco_trunk: float = 0.0


def augment(key: jax.Array, poses: Poses, augmentation: Augmentation) -> Poses:
    """Move and hide joints at random, never the root, and place the trunk as other joint sets do.

    Args:
        key: `[N]` one PRNG key for each pose.
        poses: joints `[N, J, 2]`, root-centred, normalized units.
        augmentation: how strongly.

    Returns:
        Poses of the same shape; with `hidden` or `coco_trunk` above 0 they have a mask.

    Raises:
        ValueError: with `coco_trunk`, if the skeleton lacks joints of a person's trunk.

    Source:
        Ours.

    Example:
        >>> import jax
        >>> from geolift import H36M17
        >>> from geolift.data.sampling import Poses
        >>> keys = jax.random.split(jax.random.key(0), 100)
        >>> poses = augment(keys, Poses(jax.numpy.zeros((100, 17, 2))), Augmentation(0.004, 0.1, H36M17))
        >>> float(abs(poses.joints).max()) > 0, bool(poses.seen.all()), bool(poses.seen[:, H36M17.root].all())
        (True, False, True)
    """
    spread, descends = _spread(augmentation.skeleton)[:, None], _descends(augmentation.skeleton)
    between = _coco_trunk(augmentation.skeleton) if augmentation.coco_trunk else None
    head = np.arange(len(augmentation.skeleton.names)) == augmentation.skeleton.head

    def one(key: jax.Array, joints: jax.Array, seen: jax.Array) -> tuple[jax.Array, jax.Array]:
        strength_key, move_key, hide_key, trunk_key, head_key = jax.random.split(key, 5)
        strength = 2 * augmentation.noise * jax.random.uniform(strength_key)
        moved = joints + strength * spread * jax.random.normal(move_key, joints.shape, joints.dtype)
        lost = jax.random.bernoulli(hide_key, augmentation.hidden, (1, len(joints)))
        seen = seen & ~(lost & descends).any(axis=1)
        if between is None:
            return moved, seen
        changed = jax.random.bernoulli(trunk_key, augmentation.coco_trunk)
        no_head = head & jax.random.bernoulli(head_key, NO_HEAD_TOP)
        complete = (seen[None] | (between == 0)).all(axis=1)  # a mean of joints needs all of them
        placed = jnp.matmul(between, moved, precision="highest")
        return jnp.where(changed, placed, moved), jnp.where(changed, complete & ~no_head, seen)

    seen = jnp.ones(poses.joints.shape[:-1], bool) if poses.seen is None else poses.seen
    joints, seen = jax.vmap(one)(key, poses.joints, seen)
    if not augmentation.hidden and between is None:
        return poses._replace(joints=joints)
    return poses._replace(joints=joints, seen=seen)


def augment_input(keys: ExampleKeys, poses: Poses, augmentation: Augmentation) -> Poses:
    """All that is done to the lifter's input: bones of other lengths, then noise and hidden joints."""
    if augmentation.proportions:
        factors = draw_bone_factors(keys.proportions, augmentation)
        poses = poses._replace(joints=scale_bones(poses.joints, factors, augmentation.skeleton, poses.seen))
    return augment(keys.augmentation, poses, augmentation)


def draw_bone_factors(key: jax.Array, augmentation: Augmentation) -> jax.Array:
    """Draw the factors of each pose's bones, for `skeletons.bones.scale_bones`.

    Args:
        key: `[N]` one PRNG key for each pose.
        augmentation: its `proportions` and `skeleton`.

    Returns:
        `[N, B]` factors, in the order of `skeleton.bones`.

    Source:
        Ours (docs/method.md, eq. 26).

    Example:
        >>> from geolift import H36M17
        >>> factors = draw_bone_factors(jax.random.split(jax.random.key(0), 5), Augmentation(0.0, 0.0, H36M17, 0.1))
        >>> bool((factors == factors[:, partners(H36M17)]).all())
        True
    """
    partner = partners(augmentation.skeleton)

    def one(key: jax.Array) -> jax.Array:
        strength_key, factor_key = jax.random.split(key)
        strength = 2 * augmentation.proportions * jax.random.uniform(strength_key)
        drawn = jax.random.normal(factor_key, (len(partner),))
        drawn = drawn[np.minimum(partner, np.arange(len(partner)))]  # left and right share one number
        return jnp.exp(strength * (drawn - drawn.mean()))

    return jax.vmap(one)(key)


def _spread(skeleton: Skeleton) -> np.ndarray:
    """`[J]` noise of each joint, that of joints with a side being 1."""
    spread = np.full(len(skeleton.names), MIDLINE, np.float32)
    spread[[*skeleton.left, *skeleton.right]] = 1
    spread[skeleton.root] = 0
    return spread


def _coco_trunk(skeleton: Skeleton) -> np.ndarray:
    """`[J, J]`: each joint as a mean of joints, with spine and thorax between hips and shoulders."""
    lacking = [name for name in ("spine", *TRUNK_FROM_LIMBS["spine"], "thorax") if name not in skeleton.names]
    if lacking:
        raise ValueError(f"coco_trunk: found a skeleton without {lacking}, expected that of people, or 0")
    mean_of = np.eye(len(skeleton.names), dtype=np.float32)
    for joint in ("spine", "thorax"):
        row = skeleton.names.index(joint)
        mean_of[row] = np.isin(skeleton.names, TRUNK_FROM_LIMBS[joint]) / len(TRUNK_FROM_LIMBS[joint])
    return mean_of


def _descends(skeleton: Skeleton) -> np.ndarray:
    """`[J, J]` bool: whether the first joint is the second or its descendant; the root has none."""
    descends = np.eye(len(skeleton.names), dtype=bool)
    for joint in range(len(skeleton.names)):
        descends[joint, list(skeleton.ancestors(joint))] = True
    descends[:, skeleton.root] = False
    return descends
