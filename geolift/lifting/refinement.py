"""Test-time refinement of a clip: constant bone lengths, smooth depths. No 3D and no training.

A lifter takes every frame by itself. Here the depths it gave to the frames of a clip are moved, along the rays of the
2D joints, until they agree: each bone keeps its length, the person keeps their size, depths change smoothly. Ours;
bones that stay the same within a clip are a loss in Yu et al. 2021. docs/method.md, equations 22, 23.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from geolift.batching import map_chunks
from geolift.skeletons.skeleton import Skeleton

FPS = 30.0  # frames per second that the weights are for
BONES = 100.0  # weight of a bone's squared deviation from its length, where the 2D is exact
PARTLY, BONES_OF_PART = 0.75, 10.0  # the same in a clip that shows less than this share of the bones
DEPTHS = 0.08  # model units, about how far lifted depths are off, by which errors of the 2D are measured
ACCELERATION = 100.0  # weight of a depth's squared second difference
GROWTH = 1e4  # weight of that of the logarithm of the size in the image, which changes slowly
GAUGE = 10.0  # weight that keeps the mean bone at its expected length, frame by frame; one view does not show it
OUTLIER = 0.1  # model units; a bone or a jump that is off by more pulls no harder
FASTEST = 60.0  # frames per second from which on differences get no more weight, as Adam would not converge
STEPS, LEARNING_RATE = 500, 0.01  # of Adam
NEAR = 15  # frames before and after over whose median the first guess of a frame's size is taken
SHORTEST = 1 << 4  # frames that a clip is padded to; a longer one to the next power of two
WINDOW = 64  # frames that each frame of a stream is refined from
AT_ONCE = 1 << 14  # frames of clips that are refined at a time; a longer clip by itself


class Refined(NamedTuple):
    """What `refine` returns.

    Attributes:
        points: `[F, J, 3]` float32, root-centred; joints that were not seen are not changed.
        scale: `[F]` float32, how many times larger the person was made, beside moving joints on their rays.

    Example:
        >>> Refined(points=np.zeros((2, 17, 3), np.float32), scale=np.ones(2, np.float32)).scale.shape
        (2,)
    """

    points: np.ndarray
    scale: np.ndarray


class Clips(NamedTuple):
    """The checked arguments of `refine`: arrays by frame, `bones` `[B]`."""

    points: np.ndarray
    clip: np.ndarray
    frame: np.ndarray
    seen: np.ndarray
    fps: np.ndarray
    noise: np.ndarray
    bones: np.ndarray
    distance: float


def refine(
    points: np.ndarray,
    clip: np.ndarray,
    skeleton: Skeleton,
    *,
    bones: Sequence[float],
    distance: float = 10.0,
    frame: np.ndarray | None = None,
    seen: np.ndarray | None = None,
    fps: float | np.ndarray = FPS,
    noise: float | np.ndarray = 0.0,
    ahead: int | None = None,
) -> Refined:
    """Refine the lifted points of each clip: constant bone lengths, smooth depths.

    A joint moves only along its ray from the camera. The whole person is then scaled, frame by frame, so that the mean
    of the bones that a clip shows has its expected length: the change of size by coming nearer is removed.

    Args:
        points: `[F, J, 3]` lifted points, root-centred, model units, camera axes, the root at (0, 0, distance)
            (`lift_poses`).
        clip: `[F]` int, which clip each frame is of; the frames of a clip lie together.
        skeleton: of the points.
        bones: `[B]` lengths of a person's bones, model units, of which the mean counts (`model.model_bones`).
        distance: of the camera, as the model has it.
        frame: `[F]` int, the number of each frame in its clip, rising; the frames on two sides of a gap share bones,
            but need not join smoothly. None: frames follow each other.
        seen: `[F, J]` bool; joints not seen are not changed. The root is always seen. None: all are.
        fps: frames per second, one for all or `[F]`, constant in a clip.
        noise: standard deviation of the errors that the 2D still has from frame to frame, model units, one for all or
            `[F]`: the larger, the less bone lengths count.
        ahead: for streams: every frame is refined from the WINDOW frames that end `ahead` frames after it (or with the
            clip), under WINDOW; 0: it is causal. None: every frame is refined from its whole clip.

    Returns:
        Points `[F, J, 3]` and scale `[F]`.

    Raises:
        ValueError: if shapes or numbers do not fit, points are not finite where seen, a clip is torn apart, out of
            order or of several frame rates.

    Source:
        Ours (docs/method.md, eq. 22 and 23); constant bones within a clip: Yu et al. 2021.

    Example:
        >>> from geolift.skeletons.skeleton import H36M17
        >>> walk = np.random.default_rng(0).normal(size=(8, 17, 3)) / 4
        >>> walk[:, H36M17.root] = 0
        >>> refined = refine(walk, np.zeros(8, int), H36M17, bones=[0.35] * 16)
        >>> refined.points.shape, refined.scale.shape
        ((8, 17, 3), (8,))
    """
    if ahead is not None and not 0 <= ahead < WINDOW:
        raise ValueError(f"ahead: found {ahead}, expected 0 to {WINDOW - 1} frames")
    given = _checked(points, clip, skeleton, bones, distance, frame, seen, fps, noise)
    return _refine_clips(given, skeleton) if ahead is None else _refine_stream(given, skeleton, ahead)


def _checked(points, clip, skeleton, bones, distance, frame, seen, fps, noise) -> Clips:
    points, clip, bones = np.asarray(points), np.asarray(clip), np.asarray(bones, np.float32)
    if points.ndim != 3 or points.shape[1:] != (len(skeleton.names), 3):
        raise ValueError(f"points: found shape {points.shape}, expected [F, {len(skeleton.names)}, 3]")
    count = len(points)
    seen = np.ones(points.shape[:2], bool) if seen is None else np.asarray(seen)
    frame = np.arange(count) if frame is None else np.asarray(frame)
    fps, noise = (np.full(count, x, np.float32) if np.ndim(x) == 0 else np.asarray(x, np.float32) for x in (fps, noise))
    shapes = {"clip": clip, "frame": frame, "fps": fps, "noise": noise}
    for name, array in shapes.items():
        if array.shape != (count,):
            raise ValueError(f"{name}: found shape {array.shape}, expected ({count},), one for each of the points")
    if seen.shape != points.shape[:2] or seen.dtype != bool:
        raise ValueError(f"seen: found {seen.dtype} of shape {seen.shape}, expected bool of {points.shape[:2]}")
    if not np.isfinite(points[seen]).all():
        raise ValueError("points: found some that are not finite, expected finite ones where joints were seen")
    if not seen[:, skeleton.root].all():
        raise ValueError(f"seen: found frames without {skeleton.names[skeleton.root]}, expected the root in all")
    if bones.shape != (len(skeleton.bones),) or not (np.isfinite(bones) & (bones > 0)).all():
        raise ValueError(f"bones: found {bones.tolist()}, expected {len(skeleton.bones)} lengths above 0")
    if not 0 < distance < np.inf or not (np.isfinite(fps) & (fps > 0)).all() or not (noise >= 0).all():
        raise ValueError("distance, fps, noise: expected finite numbers above 0, noise of 0 or more")
    inside = np.diff(clip) == 0
    if len(np.unique(clip)) < (~inside).sum() + min(count, 1) or (np.diff(frame)[inside] < 1).any():
        raise ValueError("clip, frame: found a clip torn apart or out of order, expected its frames together, rising")
    if np.diff(fps)[inside].any():
        raise ValueError("fps: found a clip of several frame rates, expected one")
    return Clips(points, clip, frame, seen, fps, noise, bones, float(distance))


def _refine_clips(given: Clips, skeleton: Skeleton) -> Refined:
    points, seen = given.points, given.seen
    refined, scale = np.array(points, np.float32), np.ones(len(points), np.float32)
    if not len(points):
        return Refined(refined, scale)
    new = np.diff(given.clip, prepend=given.clip[0] - 1) != 0
    begins, number = np.flatnonzero(new), np.cumsum(new) - 1
    # Frames of a clip at their places in an array, with two empty ones for a gap, which nothing smooth crosses.
    place = np.cumsum(np.where(new, 0, np.minimum(np.diff(given.frame, prepend=given.frame[0]), 3)))
    place -= place[begins][number]
    lengths = place[np.append(begins[1:], len(points)) - 1] + 1
    padded = np.maximum(SHORTEST, 2 ** np.ceil(np.log2(lengths)).astype(int))
    lifted = np.where(seen[..., None], points, 0.0).astype(np.float32)
    solve = functools.partial(_refine, skeleton=skeleton, expected=given.bones, distance=given.distance)
    for length in np.unique(padded):
        alike = np.flatnonzero(padded == length)
        for first in range(0, len(alike), max(1, AT_ONCE // length)):
            chosen = alike[first : first + max(1, AT_ONCE // length)]
            here = np.flatnonzero(np.isin(number, chosen))
            at = np.searchsorted(chosen, number[here]), place[here]
            laid = [np.zeros((len(chosen), length, *x.shape[1:]), x.dtype) for x in (lifted, seen, given.noise)]
            for array, values in zip(laid, (lifted, seen, given.noise), strict=True):
                array[at] = values[here]
            moved, scales = map_chunks(solve, *laid, given.fps[begins[chosen]])
            refined[here] = np.where(seen[here, :, None], moved[at], refined[here])
            scale[here] = scales[at]
    return Refined(refined, scale)


def _refine_stream(given: Clips, skeleton: Skeleton, ahead: int) -> Refined:
    """Refine every frame from a separate window."""
    count = len(given.clip)
    new = np.diff(given.clip, prepend=given.clip[:1] - 1) != 0
    begins, number = np.flatnonzero(new), np.cumsum(new) - 1
    begin, end = begins[number], np.append(begins[1:], count)[number]
    result = Refined(np.array(given.points, np.float32), np.ones(count, np.float32))
    for start in range(0, count, AT_ONCE // WINDOW):
        here = np.arange(start, min(count, start + AT_ONCE // WINDOW))
        last = np.minimum(here + ahead, end[here] - 1)
        first = np.maximum(last - WINDOW + 1, begin[here])
        lengths = last - first + 1
        window = np.repeat(np.arange(len(here)), lengths)
        rows = np.arange(len(window)) + np.repeat(first - np.cumsum(lengths) + lengths, lengths)
        in_windows = {name: getattr(given, name)[rows] for name in ("points", "frame", "seen", "fps", "noise")}
        refined = _refine_clips(given._replace(**in_windows, clip=window), skeleton)
        wanted = rows == here[window]
        result.points[here], result.scale[here] = refined.points[wanted], refined.scale[wanted]
    return result


@functools.partial(jax.jit, static_argnames="skeleton")
def _refine(*clips: jax.Array, expected: jax.Array, distance: float, skeleton: Skeleton) -> tuple[jax.Array, jax.Array]:
    """Clips of one length: as `_refine_clip`, everything with a leading axis."""
    return jax.vmap(functools.partial(_refine_clip, expected=expected, distance=distance, skeleton=skeleton))(*clips)


class _Variables(NamedTuple):
    """What is optimised: `[L, J]` depths, `[L]` logarithms of the size in the image, `[B]` bone lengths."""

    depths: jax.Array
    log_size: jax.Array
    bone_lengths: jax.Array


class _Clip(NamedTuple):
    """One clip of L frames, and how much its terms count.

    Attributes:
        x, y: `[L, J]` rays of the joints: coordinates at depth 1.
        lifted: `[L, J]` depths that the lifter gave.
        weight: `[L, J]` 1 where a joint was seen, else 0.
        shown: `[L, B]` 1 where both ends of a bone were seen, else 0.
        ever: `[B]` bool: bones that some frame shows.
        frames: how many frames show the person.
        size: expected mean of the bones `ever` shown.
        stiffness: `[L, 1]` weight of bone lengths: noise makes it less.
        in_a_row: `[L - 2, J]` weight of second differences; 0 where one of three frames lacks the joint.
    """

    x: jax.Array
    y: jax.Array
    lifted: jax.Array
    weight: jax.Array
    shown: jax.Array
    ever: jax.Array
    frames: jax.Array
    size: jax.Array
    stiffness: jax.Array
    in_a_row: jax.Array


def _refine_clip(
    lifted: jax.Array,
    seen: jax.Array,
    noise: jax.Array,
    fps: jax.Array,
    *,
    expected: jax.Array,
    distance: float,
    skeleton: Skeleton,
) -> tuple[jax.Array, jax.Array]:
    """Points `[L, J, 3]` and scale `[L]` of one clip, padded with frames that show nothing.

    Coordinates are kept apart, `[L, J]`, and bones are products, which is three times as fast on CPUs.
    """
    clip = _make_clip(lifted, seen, noise, fps, expected, distance, skeleton)
    variables = _first_guess(clip, expected, distance, skeleton)
    adam = optax.adam(optax.cosine_decay_schedule(LEARNING_RATE, STEPS))

    def step(state, _):
        variables, optimizer_state = state
        gradient = jax.grad(_loss)(variables, clip, distance, skeleton)
        gradient = gradient._replace(depths=gradient.depths.at[:, skeleton.root].set(0.0))
        updates, optimizer_state = adam.update(gradient, optimizer_state)
        return (optax.apply_updates(variables, updates), optimizer_state), None

    (variables, _), _ = jax.lax.scan(step, (variables, adam.init(variables)), length=STEPS)
    depths, log_size, bone_lengths = variables
    log_size = log_size - jnp.log(clip.size / bone_lengths.mean(where=clip.ever))
    return jnp.stack(_place(clip, depths, log_size, distance), axis=-1), jnp.exp(-log_size)


def _make_clip(lifted, seen, noise, fps, expected, distance, skeleton) -> _Clip:
    x, y = jnp.moveaxis(lifted[..., :2] / (lifted[..., 2:] + distance), -1, 0)
    weight = seen.astype(lifted.dtype)
    parent, child = np.transpose(skeleton.bones)
    shown = weight[:, parent] * weight[:, child]
    ever = shown.any(axis=0)
    weight_of_bones = jnp.where(ever.mean() < PARTLY, BONES_OF_PART, BONES)
    per_time = (jnp.minimum(fps, FASTEST) / FPS) ** 4  # over shorter times less changes
    return _Clip(
        x=x,
        y=y,
        lifted=lifted[..., 2],
        weight=weight,
        shown=shown,
        ever=ever,
        frames=weight[:, skeleton.root].sum(),
        size=expected.mean(where=ever),
        stiffness=(1.0 / (1.0 / weight_of_bones + 2.0 * (noise / DEPTHS) ** 2))[:, None],  # a bone has two ends
        in_a_row=weight[2:] * weight[1:-1] * weight[:-2] * per_time,
    )


def _first_guess(clip: _Clip, expected: jax.Array, distance: float, skeleton: Skeleton) -> _Variables:
    """Depths as lifted, bones as long as their medians, and sizes from the bones that each frame shows."""
    lengths = _lengths(_place(clip, clip.lifted, jnp.zeros(len(clip.lifted)), distance), skeleton)
    medians = jnp.nanmedian(jnp.where(clip.shown > 0, lengths, jnp.nan), axis=0)
    bone_lengths = jnp.where(clip.ever, medians, expected)
    bone_lengths = bone_lengths * clip.size / bone_lengths.mean(where=clip.ever)
    same = (clip.shown * jnp.broadcast_to(bone_lengths, clip.shown.shape)).sum(-1)
    log_size = jnp.log(jnp.maximum((lengths * clip.shown).sum(-1) / same, 1e-3))  # of frames that show nothing: NaN
    near = jnp.arange(len(clip.lifted))[:, None] + jnp.arange(-NEAR, NEAR + 1)[None]
    log_size = jnp.nanmedian(log_size[jnp.clip(near, 0, len(clip.lifted) - 1)], axis=1)
    return _Variables(clip.lifted, jnp.nan_to_num(log_size), bone_lengths)


def _loss(variables: _Variables, clip: _Clip, distance: float, skeleton: Skeleton) -> jax.Array:
    """How far depths are from the lifted ones, bones from one length each, and motion from a smooth one."""
    depths, log_size, bone_lengths = variables
    points = _place(clip, depths, log_size, distance)
    gauge = GAUGE * clip.frames * (bone_lengths.mean(where=clip.ever) - clip.size) ** 2
    data_term = (clip.weight * (depths - clip.lifted) ** 2).sum() + gauge
    off = _lengths(points, skeleton) - jnp.broadcast_to(bone_lengths, clip.shown.shape)
    length_term = (clip.stiffness * clip.shown * _robust(off)).sum()
    depth_term = ACCELERATION * _acceleration(points[2], clip.in_a_row)
    return data_term + length_term + depth_term + GROWTH * _acceleration(log_size, clip.in_a_row[:, skeleton.root])


def _place(clip: _Clip, depths: jax.Array, log_size: jax.Array, distance: float) -> list[jax.Array]:
    """Coordinates x, y, z `[L, J]` of joints at these depths, the person as large in the image in all frames."""
    scale = jnp.exp(-log_size)[:, None]
    return [scale * clip.x * (depths + distance), scale * clip.y * (depths + distance), scale * depths]


def _lengths(points: list[jax.Array], skeleton: Skeleton) -> jax.Array:
    """`[L, B]` lengths of bones."""
    parent, child = np.transpose(skeleton.bones)
    eye = np.eye(len(skeleton.names), dtype=np.float32)
    along = functools.partial(jnp.matmul, b=(eye[child] - eye[parent]).T, precision=jax.lax.Precision.HIGHEST)
    return jnp.sqrt(sum(along(p) ** 2 for p in points) + 1e-12)


def _robust(off: jax.Array) -> jax.Array:
    """A square for small values, a straight line beyond OUTLIER."""
    return 2 * OUTLIER**2 * (jnp.sqrt(1 + (off / OUTLIER) ** 2) - 1)


def _acceleration(values: jax.Array, weight: jax.Array) -> jax.Array:
    """Weighted sum of robust second differences along time."""
    return (weight * _robust(values[2:] - 2 * values[1:-1] + values[:-2])).sum()
