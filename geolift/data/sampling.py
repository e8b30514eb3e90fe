"""Training poses in groups, and batches drawn from them on the device, inside the compiled step.

What a step sees depends on the seed, the step's number and the example's index alone: not on the number of devices,
and not on where a run was interrupted.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift.data.dataset import Dataset
from geolift.errors import DatasetError

BY = ("frame", "clip", "action")


class Poses(NamedTuple):
    """Normalised poses, and which of their joints were seen.

    Attributes:
        joints: `[..., J, 2]`; what stands at a joint that was not seen means nothing.
        seen: `[..., J]` bool, or None: every joint was seen.
    """

    joints: jax.Array
    seen: jax.Array | None = None

    @property
    def whole(self) -> jax.Array:
        """`[...]` bool: whether every joint of a pose was seen."""
        return np.ones(self.joints.shape[:-2], bool) if self.seen is None else self.seen.all(axis=-1)


class Pool(NamedTuple):
    """Training poses in groups; a draw takes a group, then one of its poses, uniformly each time.

    Attributes:
        poses: F poses, the members of a group next to each other.
        later: the same people the motion discriminator's gap later, or None.
        start, size: `[G]` int32, where each group lies in `poses`.

    Its arrays are numpy's until they are placed on devices.
    """

    poses: Poses
    later: Poses | None
    start: jax.Array
    size: jax.Array


class Pools(NamedTuple):
    """What training draws from: the target domain's poses, and the source domain's for the adapter, or None."""

    target: Pool
    source: Pool | None = None


class Batch(NamedTuple):
    """What one step of the game is played with, N examples.

    Attributes:
        pose: poses to lift.
        real: other poses, drawn independently, shown to the discriminators as real.
        key: `[N]` one PRNG key per example, for its random view.
        later, real_later: `pose` and `real` a gap later in the same clip; None without a motion discriminator.
        source: poses of the source domain; None without an adapter.
    """

    pose: Poses
    real: Poses
    key: jax.Array
    later: Poses | None = None
    real_later: Poses | None = None
    source: Poses | None = None


def make_pool(
    poses: np.ndarray, dataset: Dataset, *, by: str = "frame", masks: bool = False, gap: int | None = None
) -> Pool:
    """Group the poses of a data set for drawing.

    Frames with a joint that was not seen (confidence 0) are left out; with `masks` only those without the root are.
    With `gap` every pose has a partner, `gap` frames later in its clip; frames without one are left out.

    Args:
        poses: `[F, J, 2]` normalised poses of `dataset`.
        dataset: whose clips and actions the frames belong to.
        by: "frame": every frame is equally likely; "clip": every clip of a person, however long (the views of all
            cameras together); "action": every action.
        masks: keep `seen` with the poses.
        gap: frames between the two poses of a pair.

    Raises:
        ValueError: if `by` is none of these.
        DatasetError: if no frame is left, or pairs are asked of frames that have no one constant rate.
    """
    if by not in BY:
        raise ValueError(f"by: found {by!r}, expected one of {BY}")
    usable = dataset.seen[:, dataset.skeleton.root] if masks else dataset.whole
    if not usable.any():
        what = "the root" if masks else "all joints"
        hint = "" if masks else " (data.masks would train on frames that miss some)"
        raise DatasetError(f"confidence: none of {dataset.frames} frames has {what}; nothing to train on{hint}")
    if gap is not None:
        usable = usable & _has_partner(dataset, usable, gap)
    frames = np.flatnonzero(usable)
    recording = np.char.add(np.char.add(dataset.subject, "\t"), dataset.clip)
    label = {"frame": np.zeros(len(dataset.start)), "clip": recording, "action": dataset.action}[by]
    group = np.unique(label, return_inverse=True)[1][dataset.clip_of_frame[frames]]
    size = np.bincount(group)
    size = size[size > 0]
    order = frames[np.argsort(group, kind="stable")]
    start = np.cumsum(size) - size

    def take(frames: np.ndarray) -> Poses:
        return Poses(poses[frames], dataset.seen[frames] if masks else None)

    later = None if gap is None else take(order + gap)
    return Pool(take(order), later, start.astype(np.int32), size.astype(np.int32))


def merge_pools(pools: Sequence[Pool]) -> Pool:
    """Several pools without pairs as one, every pose equally likely."""
    return _one_group(jax.tree.map(lambda *parts: np.concatenate(parts), *(pool.poses for pool in pools)), None)


def shard_pools(pools: Pools, size: int, number: int) -> Pools:
    """Shard `number` of pools on the host that are too large for a device.

    `size` poses of each pool, drawn with replacement as a step draws; so what a step draws from it has the chances that
    it has in the whole pool, by frame, clip or action. It depends on its number alone. A pool of up to `size` poses
    comes whole.
    """

    def draw(pool: Pool | None, generator: np.random.Generator) -> Pool | None:
        if pool is None or len(pool.poses.joints) <= size:
            return pool
        group = generator.integers(len(pool.size), size=size)
        chosen = pool.start[group] + generator.integers(pool.size[group])
        chosen.sort()  # memory is read once, from front to back
        return _one_group(*jax.tree.map(lambda x: x[chosen], (pool.poses, pool.later)))

    return Pools(*(draw(pool, np.random.default_rng((number, i))) for i, pool in enumerate(pools)))


def _one_group(poses: Poses, later: Poses | None) -> Pool:
    return Pool(poses, later, np.zeros(1, np.int32), np.full(1, len(poses.joints), np.int32))


def _has_partner(dataset: Dataset, usable: np.ndarray, gap: int) -> np.ndarray:
    """`[F]` bool: whether the frame `gap` later is of the same clip and usable."""
    rates = np.unique(dataset.fps)
    if len(rates) > 1 or rates[0] == 0:
        found = ", ".join(f"{rate:g}" for rate in rates)
        raise DatasetError(
            f"fps: found {found} frames per second, expected one constant rate above 0: a motion discriminator "
            "compares displacements over the same time (loss.weights.temporal=0 trains without one)"
        )
    partner = np.zeros(dataset.frames, bool)
    clip = dataset.clip_of_frame
    partner[:-gap] = (clip[:-gap] == clip[gap:]) & usable[gap:]
    if not (partner & usable).any():
        raise DatasetError(f"start, stop: no clip holds two usable frames that are {gap} apart; no pair to train on")
    return partner


def sample_batch(pools: Pools, key: jax.Array, examples: jax.Array) -> Batch:
    """Draw the examples numbered `examples` `[N]` of the step whose key is `key`."""
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, examples)
    pose_key, real_key, view_key, source_key = jnp.moveaxis(jax.vmap(lambda k: jax.random.split(k, 4))(keys), 1, 0)
    pose, later = _draw(pools.target, pose_key)
    real, real_later = _draw(pools.target, real_key)
    source = None if pools.source is None else _draw(pools.source, source_key)[0]
    return Batch(pose, real, view_key, later, real_later, source)


def _draw(pool: Pool, keys: jax.Array) -> tuple[Poses, Poses | None]:
    start, size = jnp.asarray(pool.start), jnp.asarray(pool.size)

    def one(key: jax.Array) -> jax.Array:
        group_key, member_key = jax.random.split(key)
        group = jax.random.randint(group_key, (), 0, len(size))
        return start[group] + jax.random.randint(member_key, (), 0, size[group])

    chosen = jax.vmap(one)(keys)
    return jax.tree.map(lambda x: jnp.asarray(x)[chosen], (pool.poses, pool.later))
