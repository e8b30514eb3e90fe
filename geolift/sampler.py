"""Training poses on the device, and batches drawn from them inside the compiled step.

What a step sees depends on the seed, the step's number and the example's index alone: not on the number of devices,
and not on where a run was interrupted.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift.dataset import Dataset, DatasetError

BY = ("frame", "clip", "action")


class Pool(NamedTuple):
    """Training poses in groups; a draw takes a group, then one of its poses, uniformly each time.

    Attributes:
        poses: `[F, J, 2]`, the members of a group next to each other.
        start, size: `[G]` int32, where each group lies in `poses`.
    """

    poses: jax.Array
    start: jax.Array
    size: jax.Array


class Batch(NamedTuple):
    """What one step of the game is played with, N examples.

    Attributes:
        pose: `[N, J, 2]` poses to lift.
        real: `[N, J, 2]` other poses, drawn independently, shown to the discriminator as real.
        key: `[N]` one PRNG key per example, for its random view.
    """

    pose: jax.Array
    real: jax.Array
    key: jax.Array


def make_pool(poses: np.ndarray, dataset: Dataset, *, by: str = "frame") -> Pool:
    """Group the poses of a data set for drawing. Frames with a joint that was not seen (confidence 0) are left out.

    Args:
        poses: `[F, J, 2]` normalised poses of `dataset`.
        dataset: whose clips and actions the frames belong to.
        by: "frame": every frame is equally likely; "clip": every clip of a person, however long (the views of all
            cameras together); "action": every action.

    Raises:
        ValueError: if `by` is none of these.
        DatasetError: if no frame has all joints.
    """
    if by not in BY:
        raise ValueError(f"by: found {by!r}, expected one of {BY}")
    whole = np.flatnonzero(dataset.whole)
    if not len(whole):
        raise DatasetError(f"confidence: none of {dataset.frames} frames has all joints; nothing to train on")
    recording = np.char.add(np.char.add(dataset.subject, "\t"), dataset.clip)
    label = {"frame": np.zeros(len(dataset.start)), "clip": recording, "action": dataset.action}[by]
    group = np.unique(label, return_inverse=True)[1][dataset.clip_of_frame[whole]]
    size = np.bincount(group)
    size = size[size > 0]
    order = whole[np.argsort(group, kind="stable")]
    start = np.cumsum(size) - size
    return Pool(jnp.asarray(poses[order]), jnp.asarray(start, jnp.int32), jnp.asarray(size, jnp.int32))


def sample(pool: Pool, key: jax.Array, examples: jax.Array) -> Batch:
    """Draw the examples numbered `examples` `[N]` of the step whose key is `key`."""
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, examples)
    pose_key, real_key, view_key = jnp.moveaxis(jax.vmap(lambda k: jax.random.split(k, 3))(keys), 1, 0)
    return Batch(pool.poses[_draw(pool, pose_key)], pool.poses[_draw(pool, real_key)], view_key)


def _draw(pool: Pool, keys: jax.Array) -> jax.Array:
    def one(key: jax.Array) -> jax.Array:
        group_key, member_key = jax.random.split(key)
        group = jax.random.randint(group_key, (), 0, len(pool.size))
        return pool.start[group] + jax.random.randint(member_key, (), 0, pool.size[group])

    return jax.vmap(one)(keys)
