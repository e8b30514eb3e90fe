"""What a clip tells beyond its frames: one person keeps their bones, and moves smoothly. No 3D and no training.

A lifter takes every frame by itself. Here the depths it gave to the frames of a clip are moved, along the rays of the
2D joints, to where they agree with each other: every bone as long all along, the person as large, depths that change
smoothly. Ours; bones that stay the same within a clip are a loss in Yu et al. 2021. docs/method.md, equations 22, 23.
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

RATE = 30.0  # frames per second that the weights are for
BONES = 100.0  # weight of a bone's squared deviation from its mean over the clip, where the 2D is exact
DEPTHS = 0.08  # model units, about how far lifted depths are off, by which errors of the 2D are measured
ACCELERATION = 100.0  # weight of a depth's squared second difference
GROWTH = 1e4  # weight of that of the logarithm of the size in the image, which changes slowly
GAUGE = 10.0  # weight that holds the mean bone at its expected length, frame for frame; one view does not tell it
OUTLIER = 0.1  # model units; a bone or a jump further off than that pulls no harder the further it is
FASTEST = 60.0  # frames per second beyond which differences count no more, as Adam would not get anywhere
STEPS, STEP = 500, 0.01  # of Adam
NEAR = 15  # frames before and after whose median a frame's size starts from
SHORTEST = 1 << 4  # frames that a clip is filled up to; a longer one to the next power of two
WINDOW = 64  # frames that each is refined from in a stream
TOGETHER = 1 << 14  # frames of clips that are refined at a time; a longer clip by itself


class Refined(NamedTuple):
    """What `refine` gives.

    Attributes:
        points: `[F, J, 3]` float32, root-centred; those of joints not seen are as they were.
        scale: `[F]` float32, how many times larger the person was made, beside moving joints on their rays.
    """

    points: np.ndarray
    scale: np.ndarray


class Clips(NamedTuple):
    """What `refine` is given, checked: arrays by frame, `bones` `[B]`."""

    points: np.ndarray
    clip: np.ndarray
    frame: np.ndarray
    seen: np.ndarray
    rate: np.ndarray
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
    rate: float | np.ndarray = RATE,
    noise: float | np.ndarray = 0.0,
    ahead: int | None = None,
) -> Refined:
    """Make the lifted points `[F, J, 3]` of each clip agree.

    A joint moves on its ray from the camera alone. The whole person is then scaled, frame by frame, so that the mean of
    the bones that a clip shows is as long as expected: how near people are is taken out.

    Args:
        points: lifted points, root-centred, model units, camera axes, the root at (0, 0, distance) (`lift_poses`).
        clip: `[F]` int, which clip each frame is of; the frames of a clip lie together.
        skeleton: of the points.
        bones: `[B]` lengths of a person's bones, model units, of which the mean counts (`body_size.model_bones`).
        distance: of the camera, as the model has it.
        frame: `[F]` int, the number of each frame in its clip, rising; what lies on two sides of a gap shares bones,
            but need not join smoothly. None: frames follow each other.
        seen: `[F, J]` bool; joints not seen stay where they are. The root is always seen. None: all are.
        rate: frames per second, one for all or `[F]`, the same all through a clip.
        noise: standard deviation of the errors that the 2D still has from frame to frame, model units, one for all or
            `[F]`: bones through wrong rays are held less firmly.
        ahead: as of a stream that is told so many frames late, under WINDOW: every frame comes from the WINDOW frames
            that end `ahead` after it (or with the clip); with 0 it is causal. None: from its whole clip.

    Raises:
        ValueError: if shapes or numbers do not fit, points are not finite where seen, a clip is torn apart, out of
            order or of several rates.
    """
    if ahead is not None and not 0 <= ahead < WINDOW:
        raise ValueError(f"ahead: found {ahead}, expected 0 to {WINDOW - 1} frames")
    given = _checked(points, clip, skeleton, bones, distance, frame, seen, rate, noise)
    return _refined(given, skeleton) if ahead is None else _refined_live(given, skeleton, ahead)


def _checked(points, clip, skeleton, bones, distance, frame, seen, rate, noise) -> Clips:
    points, clip, bones = np.asarray(points), np.asarray(clip), np.asarray(bones, np.float32)
    if points.ndim != 3 or points.shape[1:] != (len(skeleton.names), 3):
        raise ValueError(f"points: found shape {points.shape}, expected [F, {len(skeleton.names)}, 3]")
    count = len(points)
    seen = np.ones(points.shape[:2], bool) if seen is None else np.asarray(seen)
    frame = np.arange(count) if frame is None else np.asarray(frame)
    rate, noise = (
        np.full(count, x, np.float32) if np.ndim(x) == 0 else np.asarray(x, np.float32) for x in (rate, noise)
    )
    shapes = {"clip": clip, "frame": frame, "rate": rate, "noise": noise}
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
    if not 0 < distance < np.inf or not (np.isfinite(rate) & (rate > 0)).all() or not (noise >= 0).all():
        raise ValueError("distance, rate, noise: expected finite numbers above 0, errors of 0 or more")
    inside = np.diff(clip) == 0
    if len(np.unique(clip)) < (~inside).sum() + min(count, 1) or (np.diff(frame)[inside] < 1).any():
        raise ValueError("clip, frame: found a clip torn apart or out of order, expected its frames together, rising")
    if np.diff(rate)[inside].any():
        raise ValueError("rate: found a clip of several rates, expected one")
    return Clips(points, clip, frame, seen, rate, noise, bones, float(distance))


def _refined(given: Clips, skeleton: Skeleton) -> Refined:
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
        for first in range(0, len(alike), max(1, TOGETHER // length)):
            chosen = alike[first : first + max(1, TOGETHER // length)]
            here = np.flatnonzero(np.isin(number, chosen))
            at = np.searchsorted(chosen, number[here]), place[here]
            laid = [np.zeros((len(chosen), length, *x.shape[1:]), x.dtype) for x in (lifted, seen, given.noise)]
            for array, values in zip(laid, (lifted, seen, given.noise), strict=True):
                array[at] = values[here]
            moved, scales = map_chunks(solve, *laid, given.rate[begins[chosen]])
            refined[here] = np.where(seen[here, :, None], moved[at], refined[here])
            scale[here] = scales[at]
    return Refined(refined, scale)


def _refined_live(given: Clips, skeleton: Skeleton, ahead: int) -> Refined:
    """Every frame from a window of its own."""
    count = len(given.clip)
    new = np.diff(given.clip, prepend=given.clip[:1] - 1) != 0
    begins, number = np.flatnonzero(new), np.cumsum(new) - 1
    begin, end = begins[number], np.append(begins[1:], count)[number]
    result = Refined(np.array(given.points, np.float32), np.ones(count, np.float32))
    for start in range(0, count, TOGETHER // WINDOW):
        here = np.arange(start, min(count, start + TOGETHER // WINDOW))
        last = np.minimum(here + ahead, end[here] - 1)
        first = np.maximum(last - WINDOW + 1, begin[here])
        lengths = last - first + 1
        window = np.repeat(np.arange(len(here)), lengths)
        rows = np.arange(len(window)) + np.repeat(first - np.cumsum(lengths) + lengths, lengths)
        seen_there = {name: getattr(given, name)[rows] for name in ("points", "frame", "seen", "rate", "noise")}
        refined = _refined(given._replace(**seen_there, clip=window), skeleton)
        own = rows == here[window]
        result.points[here], result.scale[here] = refined.points[own], refined.scale[own]
    return result


@functools.partial(jax.jit, static_argnames="skeleton")
def _refine(*clips: jax.Array, expected: jax.Array, distance: float, skeleton: Skeleton) -> tuple[jax.Array, jax.Array]:
    """Clips of one length: as `_refine_clip`, everything with a leading axis."""
    return jax.vmap(functools.partial(_refine_clip, expected=expected, distance=distance, skeleton=skeleton))(*clips)


def _refine_clip(
    lifted: jax.Array,
    seen: jax.Array,
    noise: jax.Array,
    rate: jax.Array,
    *,
    expected: jax.Array,
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
    along = functools.partial(jnp.matmul, b=(eye[child] - eye[parent]).T, precision=jax.lax.Precision.HIGHEST)
    shown = weight[:, parent] * weight[:, child]
    frames, ever = weight[:, skeleton.root].sum(), shown.any(axis=0)
    size = expected.mean(where=ever)
    firmly = (1.0 / (1.0 / BONES + 2.0 * (noise / DEPTHS) ** 2))[:, None]  # two ends
    fast = (jnp.minimum(rate, FASTEST) / RATE) ** 4  # over shorter times less changes
    in_a_row = weight[2:] * weight[1:-1] * weight[:-2] * fast

    def placed(depths: jax.Array, log_size: jax.Array) -> list[jax.Array]:
        """Coordinates of joints at these depths, the person as large in the image as all along."""
        scale = jnp.exp(-log_size)[:, None]
        return [scale * x * (depths + distance), scale * y * (depths + distance), scale * depths]

    def lengths(points: list[jax.Array]) -> jax.Array:
        return jnp.sqrt(sum(along(p) ** 2 for p in points) + 1e-12)

    def robust(off: jax.Array) -> jax.Array:
        """A square for small values, a straight line beyond OUTLIER."""
        return 2 * OUTLIER**2 * (jnp.sqrt(1 + (off / OUTLIER) ** 2) - 1)

    def acceleration(values: jax.Array, counted: jax.Array) -> jax.Array:
        return (counted * robust(values[2:] - 2 * values[1:-1] + values[:-2])).sum()

    def loss(variables: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
        depths, log_size, own = variables
        points = placed(depths, log_size)
        stay = (weight * (depths - given) ** 2).sum() + GAUGE * frames * (own.mean(where=ever) - size) ** 2
        keep = (firmly * shown * robust(lengths(points) - jnp.broadcast_to(own, shown.shape))).sum()
        smooth = ACCELERATION * acceleration(points[2], in_a_row)
        return stay + keep + smooth + GROWTH * acceleration(log_size, in_a_row[:, skeleton.root])

    def step(state, _):
        variables, optimizer_state = state
        depths, log_size, own = jax.grad(loss)(variables)
        updates, optimizer_state = adam.update((depths.at[:, skeleton.root].set(0.0), log_size, own), optimizer_state)
        return (optax.apply_updates(variables, updates), optimizer_state), None

    # The first guess of a frame's size compares the bones it shows with the person's, the clip's medians.
    long = lengths(placed(given, jnp.zeros(len(given))))
    own = jnp.where(ever, jnp.nanmedian(jnp.where(shown > 0, long, jnp.nan), axis=0), expected)
    own = own * size / own.mean(where=ever)
    same = (shown * jnp.broadcast_to(own, shown.shape)).sum(-1)
    log_size = jnp.log(jnp.maximum((long * shown).sum(-1) / same, 1e-3))  # of frames that show nothing: NaN
    near = jnp.arange(len(given))[:, None] + jnp.arange(-NEAR, NEAR + 1)[None]
    log_size = jnp.nanmedian(log_size[jnp.clip(near, 0, len(given) - 1)], axis=1)
    variables = given, jnp.nan_to_num(log_size), own
    adam = optax.adam(optax.cosine_decay_schedule(STEP, STEPS))
    (variables, _), _ = jax.lax.scan(step, (variables, adam.init(variables)), length=STEPS)
    depths, log_size, own = variables
    log_size = log_size - jnp.log(size / own.mean(where=ever))
    return jnp.stack(placed(depths, log_size), axis=-1), jnp.exp(-log_size)
