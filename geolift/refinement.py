"""What a clip tells beyond its frames: one person keeps their bones, and moves smoothly. No 3D and no training.

A lifter takes every frame by itself. Here the depths it gave to the frames of a clip are moved, along the rays of the
2D joints, to where they agree with each other: every bone as long all along, the person as large, depths that change
smoothly. Ours; bones that stay the same within a clip are a loss in Yu et al. 2021. docs/method.md, equations 22, 23.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from geolift.chunks import map_chunks
from geolift.skeleton import Skeleton

RATE = 30.0  # frames per second that the weights are for
BONES = 100.0  # weight of a bone's squared deviation from its mean over the clip, where the 2D is exact
DEPTHS = 0.08  # model units, about how far lifted depths are off, by which errors of the 2D are measured
ACCELERATION = 100.0  # weight of a depth's squared second difference
GROWTH = 1e4  # weight of that of the logarithm of the size in the image, which changes slowly
GAUGE = 10.0  # weight that holds the mean bone at `size`; only their product is told by one view
STEPS, STEP = 500, 0.01  # of Adam
SHORTEST = 1 << 4  # frames that a clip is filled up to; a longer one to the next power of two
WINDOW = 64  # frames that `refine_live` looks at for each
TOGETHER = 1 << 14  # frames of clips that are refined at a time; a longer clip by itself


class Refined(NamedTuple):
    """What `refine` gives.

    Attributes:
        points: `[F, J, 3]` float32, root-centred; those of joints not seen are as they were.
        scale: `[F]` float32, how many times larger the person was made, beside moving joints on their rays.
    """

    points: np.ndarray
    scale: np.ndarray


def refine(
    points: np.ndarray,
    clip: np.ndarray,
    skeleton: Skeleton,
    *,
    size: float,
    distance: float = 10.0,
    frame: np.ndarray | None = None,
    seen: np.ndarray | None = None,
    rate: float | np.ndarray = RATE,
    noise: float | np.ndarray = 0.0,
) -> Refined:
    """Make the lifted points `[F, J, 3]` of each clip agree.

    A joint moves on its ray from the camera alone. The whole person is then scaled, frame by frame, so that the mean
    bone of every clip is `size` long: how near people are is taken out.

    Args:
        points: lifted points, root-centred, model units, camera axes, the root at (0, 0, distance) (`lift_poses`).
        clip: `[F]` int, which clip each frame is of; the frames of a clip lie together.
        skeleton: of the points.
        size: length of the mean bone, model units (`mean_bone` of a model).
        distance: of the camera, as the model has it.
        frame: `[F]` int, the number of each frame in its clip, rising; what lies on two sides of a gap shares bones,
            but need not join smoothly. None: frames follow each other.
        seen: `[F, J]` bool; joints not seen stay where they are. The root is always seen. None: all are.
        rate: frames per second, one for all or `[F]`.
        noise: standard deviation of the errors that the 2D still has from frame to frame, model units, one for all or
            `[F]`: bones through wrong rays are held less firmly.

    Raises:
        ValueError: if shapes do not fit, points are not finite where seen, a clip is torn apart or out of order.
    """
    points, clip = np.asarray(points), np.asarray(clip)
    if points.ndim != 3 or points.shape[1:] != (len(skeleton.names), 3):
        raise ValueError(f"points: found shape {points.shape}, expected [F, {len(skeleton.names)}, 3]")
    seen = np.ones(points.shape[:2], bool) if seen is None else np.asarray(seen)
    frame = np.arange(len(clip)) if frame is None else np.asarray(frame)
    if not clip.shape == frame.shape == points.shape[:1] or seen.shape != points.shape[:2] or seen.dtype != bool:
        found = f"{clip.shape}, {frame.shape}, {seen.dtype} {seen.shape}"
        expected = f"[F], [F], bool [F, J] for points {points.shape}"
        raise ValueError(f"clip, frame, seen: found {found}, expected {expected}")
    if not np.isfinite(points[seen]).all():
        raise ValueError("points: found some that are not finite, expected finite ones where joints were seen")
    if not (
        seen[:, skeleton.root].all() and size > 0 and np.all(np.asarray(rate) > 0) and np.all(np.asarray(noise) >= 0)
    ):
        raise ValueError(
            "seen, size, rate, noise: expected a root in every frame, numbers above 0, errors of 0 or more"
        )
    if not len(clip):
        return Refined(np.array(points, np.float32), np.ones(0, np.float32))
    new = np.diff(clip, prepend=clip[:1] - 1) != 0
    begins = np.flatnonzero(new)
    step = np.diff(frame, prepend=frame[:1])
    if len(np.unique(clip)) < len(begins) or (step[~new] < 1).any():
        raise ValueError("clip, frame: found a clip torn apart or out of order, expected its frames together, rising")

    # Frames of a clip at their places in an array, with two empty ones for a gap, which nothing smooth crosses.
    place = np.cumsum(np.where(new, 0, np.minimum(step, 3)))
    place -= place[begins][np.cumsum(new) - 1]
    lengths = place[np.append(begins[1:], len(clip)) - 1] + 1
    padded = np.maximum(SHORTEST, 2 ** np.ceil(np.log2(lengths)).astype(int))
    rates, noises = (np.broadcast_to(np.asarray(x, np.float32), clip.shape)[begins] for x in (rate, noise))
    lifted = np.where(seen[..., None], points, 0.0).astype(np.float32)
    refined, scale = np.array(points, np.float32), np.ones(len(points), np.float32)
    solve = functools.partial(_refine, skeleton=skeleton, size=size, distance=distance)
    row_of_clip = np.cumsum(new) - 1
    for length in np.unique(padded):
        alike = np.flatnonzero(padded == length)
        for first in range(0, len(alike), max(1, TOGETHER // length)):
            chosen = alike[first : first + max(1, TOGETHER // length)]
            here = np.flatnonzero(np.isin(row_of_clip, chosen))
            at = np.searchsorted(chosen, row_of_clip[here]), place[here]
            laid, shown = (np.zeros((len(chosen), length, *x.shape[1:]), x.dtype) for x in (lifted, seen))
            laid[at], shown[at] = lifted[here], seen[here]
            moved, scales = map_chunks(solve, laid, shown, rates[chosen], noises[chosen])
            refined[here] = np.where(seen[here, :, None], moved[at], refined[here])
            scale[here] = scales[at]
    return Refined(refined, scale)


def refine_live(
    points: np.ndarray,
    clip: np.ndarray,
    skeleton: Skeleton,
    *,
    ahead: int,
    frame: np.ndarray | None = None,
    seen: np.ndarray | None = None,
    rate: float | np.ndarray = RATE,
    noise: float | np.ndarray = 0.0,
    **how: float,
) -> Refined:
    """As `refine`, but as of a stream that is told `ahead` frames late: no frame depends on later ones than that.

    Every frame comes from a window of its own, the `WINDOW` frames that end `ahead` frames after it (at the clip's end,
    if that is sooner). With 0 it is causal.

    Args:
        points, clip, skeleton, frame, seen, rate, noise: as in `refine`.
        ahead: frames, from 0 to under WINDOW.
        how: `size` and `distance`, as in `refine`.

    Raises:
        ValueError: as `refine`; if `ahead` is out of range.
    """
    if not 0 <= ahead < WINDOW:
        raise ValueError(f"ahead: found {ahead}, expected 0 to {WINDOW - 1} frames")
    points, clip = np.asarray(points), np.asarray(clip)
    count = len(clip)
    frame = np.arange(count) if frame is None else np.asarray(frame)
    seen = np.ones(points.shape[:2], bool) if seen is None else np.asarray(seen)
    rates, noises = np.broadcast_to(rate, count), np.broadcast_to(noise, count)
    new = np.diff(clip, prepend=clip[:1] - 1) != 0
    begins = np.flatnonzero(new)
    begin, end = begins[np.cumsum(new) - 1], np.append(begins[1:], count)[np.cumsum(new) - 1]
    result = Refined(np.array(points, np.float32), np.ones(count, np.float32))
    for start in range(0, count, TOGETHER // WINDOW):
        here = np.arange(start, min(count, start + TOGETHER // WINDOW))
        last = np.minimum(here + ahead, end[here] - 1)
        first = np.maximum(last - WINDOW + 1, begin[here])
        lengths = last - first + 1
        window = np.repeat(np.arange(len(here)), lengths)
        rows = np.arange(len(window)) + np.repeat(first - np.cumsum(lengths) + lengths, lengths)
        refined = refine(
            points[rows],
            window,
            skeleton,
            frame=frame[rows],
            seen=seen[rows],
            rate=rates[rows],
            noise=noises[rows],
            **how,
        )
        own = rows == here[window]
        result.points[here], result.scale[here] = refined.points[own], refined.scale[own]
    return result


@functools.partial(jax.jit, static_argnames="skeleton")
def _refine(*clips: jax.Array, size: float, distance: float, skeleton: Skeleton) -> tuple[jax.Array, jax.Array]:
    """Clips of one length: as `_refine_clip`, everything with a leading axis."""
    return jax.vmap(functools.partial(_refine_clip, size=size, distance=distance, skeleton=skeleton))(*clips)


def _refine_clip(
    lifted: jax.Array,
    seen: jax.Array,
    rate: jax.Array,
    noise: jax.Array,
    *,
    size: float,
    distance: float,
    skeleton: Skeleton,
) -> tuple[jax.Array, jax.Array]:
    """Points `[L, J, 3]` and scale `[L]` of one clip; frames that show nothing fill it up.

    Coordinates are kept apart, `[L, J]`, and bones are products, which is thrice as fast on CPUs.
    """
    x, y = jnp.moveaxis(lifted[..., :2] / (lifted[..., 2:] + distance), -1, 0)
    given, weight = lifted[..., 2], seen.astype(lifted.dtype)
    parent, child = np.transpose(skeleton.bones)
    eye = np.eye(len(skeleton.names), dtype=np.float32)
    bones = functools.partial(jnp.matmul, b=(eye[child] - eye[parent]).T, precision=jax.lax.Precision.HIGHEST)
    shown = weight[:, parent] * weight[:, child]
    times = shown.sum(axis=0)
    firmly = 1.0 / (1.0 / BONES + 2.0 * (noise / DEPTHS) ** 2)  # two ends
    in_a_row = weight[2:] * weight[1:-1] * weight[:-2] * (rate / RATE) ** 4  # over shorter times less changes

    def placed(depths: jax.Array, log_size: jax.Array) -> list[jax.Array]:
        """Coordinates of joints at these depths, the person as large in the image as all along."""
        scale = jnp.exp(-log_size)[:, None]
        return [scale * x * (depths + distance), scale * y * (depths + distance), scale * depths]

    def lengths(points: list[jax.Array]) -> jax.Array:
        return jnp.sqrt(sum(bones(p) ** 2 for p in points) + 1e-12)

    def means(lengths: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Of every bone over the clip, `[B]`, and of those that were ever shown."""
        each = (lengths * shown).sum(axis=0) / jnp.maximum(times, 1.0)
        return each, each.mean(where=times > 0)

    def acceleration(values: jax.Array, counted: jax.Array) -> jax.Array:
        return (counted * (values[2:] - 2 * values[1:-1] + values[:-2]) ** 2).sum()

    def loss(variables: tuple[jax.Array, jax.Array]) -> jax.Array:
        depths, log_size = variables
        points = placed(depths, log_size)
        long = lengths(points)
        each, mean = means(long)
        stay = (weight * (depths - given) ** 2).sum() + GAUGE * len(given) * (mean - size) ** 2
        keep = firmly * (shown * (long - jnp.broadcast_to(each, long.shape)) ** 2).sum()
        return (
            stay
            + keep
            + ACCELERATION * acceleration(points[2], in_a_row)
            + GROWTH * acceleration(log_size, in_a_row[:, skeleton.root])
        )

    def step(state, _):
        variables, optimizer_state = state
        depths, log_size = jax.grad(loss)(variables)
        updates, optimizer_state = adam.update((depths.at[:, skeleton.root].set(0.0), log_size), optimizer_state)
        return (optax.apply_updates(variables, updates), optimizer_state), None

    start = (lengths(placed(given, jnp.zeros(len(given)))) * shown).sum(-1) / jnp.maximum(shown.sum(-1), 1.0)
    start = jnp.where(shown.any(-1), start, size)
    variables = given, jnp.log(jnp.maximum(start, 1e-3 * size) / size)
    adam = optax.adam(optax.cosine_decay_schedule(STEP, STEPS))
    (variables, _), _ = jax.lax.scan(step, (variables, adam.init(variables)), length=STEPS)
    gauge = size / jnp.maximum(means(lengths(placed(*variables)))[1], 1e-3 * size)
    depths, log_size = variables[0], variables[1] - jnp.log(gauge)
    return jnp.stack(placed(depths, log_size), axis=-1), jnp.exp(-log_size)
