"""Sampling: training poses in groups, and batches drawn from them on the device, inside the compiled step.

The types in order: `Poses` are normalized poses with their seen joints; a `Pool` is the poses of a data set, in groups;
`Pools` are the pool of the target domain and, for an adapter, that of the source domain; a `Batch` is what one training
step gets, drawn from `Pools`. All but `Batch` are made once, before training.

What a step gets depends on the seed, the step's number and the example's index alone: not on the number of devices, and
not on where a run was interrupted.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift.data.dataset import Dataset
from geolift.data.found_cameras import FoundCameras
from geolift.data.other_views import OtherViews, draw_others, other_views
from geolift.errors import DatasetError

BY = ("frame", "clip", "action", "subject")


class Poses(NamedTuple):
    """Normalized poses, which of their joints were seen, and the direction of gravity.

    Attributes:
        joints: `[..., J, 2]` in the model's units; values at joints that were not seen mean nothing.
        seen: `[..., J]` bool, or None: every joint was seen.
        gravity: `[..., 3]` unit vectors, downwards, in the axes of each pose's camera (x right, y down, z forward); NaN
            where it is not known. None: not used.

    Example:
        >>> Poses(np.zeros((5, 17, 2))).whole
        array([ True,  True,  True,  True,  True])
    """

    joints: jax.Array
    seen: jax.Array | None = None
    gravity: jax.Array | None = None

    @property
    def whole(self) -> jax.Array:
        """`[...]` bool: whether every joint of a pose was seen."""
        return np.ones(self.joints.shape[:-2], bool) if self.seen is None else self.seen.all(axis=-1)


class Partner(NamedTuple):
    """What another camera saw at the moment of each of N poses.

    Attributes:
        pose: `[N, J, 2]` poses.
        rotation: `[N, 3, 3]` from the axes of each pose's camera to those of its partner's.
        known: `[N]` bool; where no other camera filmed the moment, the partner is the pose itself.

    Example:
        >>> Partner(Poses(jnp.zeros((4, 17, 2))), jnp.stack([jnp.eye(3)] * 4), jnp.ones(4, bool)).known.sum().item()
        4
    """

    pose: Poses
    rotation: jax.Array
    known: jax.Array


class Pool(NamedTuple):
    """The training poses of a data set in groups; a draw picks a group, then one of its poses, both uniformly.

    Its arrays are numpy's until they are placed on devices.

    Attributes:
        poses: `[F, J, 2]` poses, those of a group next to each other.
        later: `[F, J, 2]` the same people some frames later (the gap of the motion discriminator), or None.
        start: `[G]` int32, index of each group's first pose.
        size: `[G]` int32, number of poses in each group.
        views: other views of the F poses, or None: not known, or not used.

    Example:
        >>> pool = Pool(Poses(np.zeros((5, 17, 2))), None, start=np.array([0, 3]), size=np.array([3, 2]))
        >>> pool.poses.joints[pool.start[1] :].shape  # the second group
        (2, 17, 2)
    """

    poses: Poses
    later: Poses | None
    start: jax.Array
    size: jax.Array
    views: OtherViews | None = None


class Pools(NamedTuple):
    """What training draws from.

    Attributes:
        target: poses of the target domain.
        source: poses of the source domain, for the adapter; None without one.

    Example:
        >>> pool = Pool(Poses(np.zeros((5, 17, 2))), None, np.zeros(1, np.int32), np.full(1, 5, np.int32))
        >>> Pools(pool).source is None
        True
    """

    target: Pool
    source: Pool | None = None


class Batch(NamedTuple):
    """The N examples of one training step.

    Attributes:
        pose: `[N, J, 2]` poses to lift.
        real: `[N, J, 2]` other poses, drawn independently: the discriminators' real examples.
        key: `[N]` one PRNG key for each example, for its random view.
        later: `[N, J, 2]` `pose` a gap later in the same clip; None without a motion discriminator.
        real_later: `[N, J, 2]` `real` a gap later in the same clip; None without a motion discriminator.
        source: `[N, J, 2]` poses of the source domain; None without an adapter.
        partner: `pose` as another camera sees it at the same moment; None without synchronised cameras.

    Example:
        >>> pose = Poses(jnp.zeros((8, 17, 2)))
        >>> Batch(pose, real=pose, key=jax.random.split(jax.random.key(0), 8)).source is None
        True
    """

    pose: Poses
    real: Poses
    key: jax.Array
    later: Poses | None = None
    real_later: Poses | None = None
    source: Poses | None = None
    partner: Partner | None = None


def make_pool(
    poses: np.ndarray,
    dataset: Dataset,
    *,
    by: str = "frame",
    masks: bool = False,
    gap: int | None = None,
    gravity: bool = False,
    cameras: FoundCameras | None = None,
) -> Pool:
    """Group the poses of a data set for drawing.

    Frames with a joint that was not seen (confidence 0) are left out; with `masks` only those without the root are.
    With `gap` every pose has a partner, `gap` frames later in its clip; frames without one are left out.

    Args:
        poses: `[F, J, 2]` normalized poses of `dataset`.
        dataset: states the clips, actions and subjects of the F frames.
        by: "frame": every frame is equally likely; "clip": every clip of a person, however long (the views of all
            cameras together); "action": every action; "subject": every person.
        masks: keep `seen` with the poses.
        gap: frames between the two poses of a pair.
        gravity: keep `gravity` with the poses; NaN if the data set has none.
        cameras: of the data set's moments; None: poses of other cameras are not kept.

    Returns:
        The pool of the frames that are left.

    Raises:
        ValueError: if `by` is none of these.
        DatasetError: if no frame is left, or pairs are wanted but the frame rate is not one constant number.

    Example:
        >>> from geolift.data import film, fit_normalization, normalize
        >>> from geolift.data.synthetic import procedural_clips
        >>> from geolift.skeletons import H36M17
        >>> people = film(procedural_clips(people=3, seconds=1.0, fps=10.0), H36M17)
        >>> pool = make_pool(normalize(people, fit_normalization(people)), people, by="action")
        >>> pool.poses.joints.shape, pool.size.shape
        ((1560, 17, 2), (13,))
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
    person_clip = np.char.add(np.char.add(dataset.subject, "\t"), dataset.clip)
    label = {
        "frame": np.zeros(len(dataset.start)),
        "clip": person_clip,
        "action": dataset.action,
        "subject": dataset.subject,
    }[by]
    group = np.unique(label, return_inverse=True)[1][dataset.clip_of_frame[frames]]
    size = np.bincount(group)
    size = size[size > 0]
    grouped = frames[np.argsort(group, kind="stable")]
    start = np.cumsum(size) - size

    def poses_of(frames: np.ndarray) -> Poses:
        down = None
        if gravity:
            down = np.full((len(frames), 3), np.nan, np.float32) if dataset.gravity is None else dataset.gravity[frames]
        return Poses(poses[frames], dataset.seen[frames] if masks else None, down)

    later = None if gap is None else poses_of(grouped + gap)
    views = None if cameras is None else other_views(dataset, grouped, cameras)
    return Pool(poses_of(grouped), later, start.astype(np.int32), size.astype(np.int32), views)


def merge_pools(pools: Sequence[Pool]) -> Pool:
    """Several pools without pairs as one, every pose equally likely."""
    return _one_group(jax.tree.map(lambda *parts: np.concatenate(parts), *(pool.poses for pool in pools)), None)


def shard_pools(pools: Pools, size: int, number: int) -> Pools:
    """Shard `number` of pools on the host that are too large for a device.

    Of each pool `size` poses are drawn with replacement, as a step draws: so a pose has the same chance in the shards
    as in the whole pool, however it is grouped. The shard depends on its number alone. A pool of at most `size`
    poses stays whole.
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
    """Draw some examples of a training step; each depends on the step's key and its own number alone.

    Args:
        pools: on the device, or numpy arrays.
        key: the PRNG key of the step.
        examples: `[N]` int, numbers of the examples in the step's batch.

    Returns:
        The batch of N examples.

    Example:
        >>> pool = Pool(Poses(np.zeros((5, 17, 2))), None, np.zeros(1, np.int32), np.full(1, 5, np.int32))
        >>> batch = sample_batch(Pools(pool), jax.random.key(0), jnp.arange(8))
        >>> batch.pose.joints.shape, batch.key.shape
        ((8, 17, 2), (8,))
    """
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, examples)
    pose_key, real_key, view_key, source_key = jnp.moveaxis(jax.vmap(lambda k: jax.random.split(k, 4))(keys), 1, 0)
    chosen, real_chosen = _draw(pools.target, pose_key), _draw(pools.target, real_key)
    pose, later = _poses(pools.target, chosen)
    real, real_later = _poses(pools.target, real_chosen)
    source = None if pools.source is None else _poses(pools.source, _draw(pools.source, source_key))[0]
    partner = None if pools.target.views is None else _draw_partners(pools.target, chosen, pose_key)
    return Batch(pose, real, view_key, later, real_later, source, partner)


def _draw(pool: Pool, keys: jax.Array) -> jax.Array:
    """One pose for each of the `[N]` keys, `[N]` int."""
    start, size = jnp.asarray(pool.start), jnp.asarray(pool.size)

    def one(key: jax.Array) -> jax.Array:
        group_key, member_key = jax.random.split(key)
        group = jax.random.randint(group_key, (), 0, len(size))
        return start[group] + jax.random.randint(member_key, (), 0, size[group])

    return jax.vmap(one)(keys)


def _poses(pool: Pool, chosen: jax.Array) -> tuple[Poses, Poses | None]:
    """The chosen poses, and those a gap later."""
    return jax.tree.map(lambda x: jnp.asarray(x)[chosen], (pool.poses, pool.later))


def _draw_partners(pool: Pool, chosen: jax.Array, keys: jax.Array) -> Partner:
    """For each of the `[N]` chosen poses one of another camera."""
    rows, turn, known = draw_others(pool.views, chosen, keys)
    return Partner(jax.tree.map(lambda x: jnp.asarray(x)[rows], pool.poses), turn, known)
