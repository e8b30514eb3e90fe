"""Test-time refinement of a clip: constant bone lengths, smooth depths. No 3D and no training.

A lifter takes every frame by itself. Here the depths it gave to the frames of a clip are moved, along the rays of the
2D joints, until they agree: each bone keeps its length, as far as the clip does not show that its bones are soft, the
body keeps its size, depths change smoothly. Ours; bones that stay the same within a clip are a loss in Yu et al. 2021.
docs/method.md, equations 22, 23.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.gauss_newton import step
from geolift.lifting.grouped import grouped_median, row_medians
from geolift.lifting.refinement_problem import Problem, State, bones_of, losses, mean_length, normal_equations, place
from geolift.lifting.soft_bones import softness
from geolift.skeletons.skeleton import Skeleton, is_human

FPS = 30.0  # frames per second that the weights are for
BONES = 100.0  # weight of a bone's squared deviation from its length, where the 2D is exact
PARTLY, BONES_OF_PART = 0.75, 10.0  # the same in a clip that shows less than this share of the bones
DEPTHS = 0.08  # model units, about how far lifted depths are off, by which errors of the 2D are measured
ACCELERATION = 100.0  # weight of a depth's squared second difference
# The same of animals: small bodies are fast for their size, and 100 costs exact 2D of a fly (docs/research-log.md).
ACCELERATION_OF_ANIMALS = 10.0
GROWTH = 1e4  # weight of that of the logarithm of the size in the image, which changes slowly
STEPS = 50  # of Levenberg-Marquardt at most; most clips take under ten
ENOUGH = 3e-3  # share of the loss; a clip whose loss falls by less in a step is done
STUCK = 1e6  # damping at which no step can make the loss fall
DAMPING, EASIER, HARDER = 1e-3, 0.1, 10.0  # share of the diagonal that is added, and how it changes with success
NEAR = 15  # frames before and after over whose median the first guess of a frame's size is taken, in one stretch
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
    """Refine every frame from its whole clip, so many clips at a time."""
    refined, scale = np.array(given.points, np.float32), np.ones(len(given.points), np.float32)
    begins = np.append(np.flatnonzero(np.diff(given.clip, prepend=given.clip[:1] - 1)), len(given.clip))
    first = 0
    while first < len(begins) - 1:
        last = max(first + 1, int(np.searchsorted(begins, begins[first] + AT_ONCE, "right")) - 1)
        rows = slice(begins[first], begins[last])
        problem = make_problem(given, rows, begins[first : last + 1] - begins[first], skeleton)
        guess = first_guess(problem, given.frame[rows], given.bones)
        state = minimise(loosened(problem, softness(problem, guess, given.noise[rows])), guess)
        found = placed(problem, state)
        refined[rows] = np.where(given.seen[rows, :, None], found.points, refined[rows])
        scale[rows] = found.scale
        first = last
    return Refined(refined, scale)


def placed(problem: Problem, state: State) -> Refined:
    """The points of a state, float64, the bones that each clip shows as long on average as expected."""
    mean = mean_length(state.bones, problem.ever)
    exact = np.where(problem.ever.any(axis=1), problem.size / np.where(mean > 0, mean, 1.0), 1.0)[problem.number]
    points = exact[:, None, None] * np.stack(place(problem, state), axis=-1)
    return Refined(points, exact * np.exp(-state.log_size(problem.skeleton)))


def minimise(problem: Problem, state: State) -> State:
    """The state of the smallest loss near a first one, clip by clip.

    Clips do not affect each other: each is done where its loss hardly falls. Damping is by frame: it rises where a step
    made a frame worse.
    """
    frames, bones, clips = state.frames.copy(), state.bones.copy(), np.arange(len(problem.size))  # that are not done
    left, damping, before = problem, np.full(len(frames), DAMPING), losses(problem, state)
    rows = np.arange(len(frames))
    for _ in range(STEPS):
        here = State(frames[rows], bones[clips])
        change = step(normal_equations(left, here), damping)
        there = State(here.frames + change.frames, here.bones + change.shared)
        after = losses(left, there)
        worse = after > before
        fall = np.add.reduceat(before - after, left.begins[:-1])
        better, number = fall > 0, left.number
        frames[rows[better[number]]] = there.frames[better[number]]
        bones[clips[better]] = there.bones[better]
        near = worse.copy()
        near[1:] |= worse[:-1]
        near[:-1] |= worse[1:]
        rejected = ~better[number]
        damping = np.where(
            near & rejected, np.maximum(HARDER * damping, DAMPING), np.where(rejected, damping, EASIER * damping)
        )
        going = ~((fall >= 0) & (fall <= ENOUGH * np.add.reduceat(before, left.begins[:-1])))
        going &= np.maximum.reduceat(damping, left.begins[:-1]) < STUCK
        before = np.where(better[number], after, before)
        if not going.all():
            kept = going[number]
            rows, damping, before, clips, left = rows[kept], damping[kept], before[kept], clips[going], left.only(going)
        if not len(clips):
            break
    return State(frames, bones)


def make_problem(given: Clips, rows: slice, begins: np.ndarray, skeleton: Skeleton) -> Problem:
    """The problem of some rows, in which clips begin at `begins` `[C + 1]`."""
    seen, root = given.seen[rows], skeleton.root
    lifted = np.where(seen[..., None], given.points[rows], 0.0).astype(np.float64)
    number = np.repeat(np.arange(len(begins) - 1), np.diff(begins))
    parent, child = np.transpose(skeleton.bones)
    shown = seen[:, parent] & seen[:, child]
    ever = np.logical_or.reduceat(shown, begins[:-1])
    partly = (ever.mean(axis=1) < PARTLY)[number]
    slack = (
        1.0 / np.where(partly, BONES_OF_PART, BONES) + 2.0 * (given.noise[rows] / DEPTHS) ** 2
    )  # a bone has two ends
    joined = (np.diff(given.frame[rows]) == 1) & (np.diff(number) == 0)
    bend = np.zeros(seen.shape)
    bend[1:-1] = seen[2:] & seen[1:-1] & seen[:-2] & (joined[1:] & joined[:-1])[:, None]
    smooth = ACCELERATION if is_human(skeleton) else ACCELERATION_OF_ANIMALS
    bend *= (given.fps[rows, None] / FPS) ** 4 * np.where(np.arange(seen.shape[1]) == root, GROWTH, smooth)
    rays = lifted[..., :2] / (lifted[..., 2:] + given.distance)
    return Problem(
        x=rays[..., 0],
        y=rays[..., 1],
        lifted=lifted[..., 2],
        trust=np.where(np.arange(seen.shape[1]) == root, 0.0, seen),
        stiffness=shown / slack[:, None],
        bend=bend,
        begins=begins,
        ever=ever,
        size=mean_length(given.bones, ever),
        distance=given.distance,
        skeleton=skeleton,
    )


def loosened(problem: Problem, soft: np.ndarray) -> Problem:
    """The problem with bones that count less in clips whose bones change their lengths, by `soft` `[C]` model units."""
    slack = (soft[problem.number] / DEPTHS)[:, None] ** 2
    return problem._replace(stiffness=problem.stiffness / (1.0 + problem.stiffness * slack))


def first_guess(problem: Problem, frame: np.ndarray, expected: np.ndarray) -> State:
    """Depths as lifted, bones as long as their medians, and sizes from the bones that each frame shows."""
    number, ever, shown = problem.number, problem.ever, problem.stiffness > 0
    frames = np.where(np.arange(problem.x.shape[1]) == problem.skeleton.root, 0.0, problem.lifted)
    lengths = bones_of(problem, State(frames, np.zeros(ever.shape))).length
    medians = grouped_median(np.where(shown, lengths, np.nan), number, len(problem.begins) - 1)
    bones = np.where(ever, medians, expected)
    mean = mean_length(bones, ever)
    bones *= np.where(mean > 0, problem.size / np.where(mean > 0, mean, 1.0), 1.0)[:, None]
    same = (shown * bones[number]).sum(axis=1)
    ratio = np.where(same > 0, (lengths * shown).sum(axis=1) / np.where(same > 0, same, 1.0), np.nan)
    log_size = np.log(np.maximum(ratio, 1e-3))
    near = np.arange(len(frames))[:, None] + np.arange(-NEAR, NEAR + 1)
    inside = np.clip(near, problem.begins[number][:, None], problem.begins[number + 1][:, None] - 1)
    shared = (near == inside) & (np.abs(frame[inside] - frame[:, None]) <= NEAR)
    log_size = np.nan_to_num(row_medians(np.where(shared, log_size[inside], np.nan)))
    frames *= np.exp(-log_size)[:, None]
    frames[:, problem.skeleton.root] = log_size
    return State(frames, bones)


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
