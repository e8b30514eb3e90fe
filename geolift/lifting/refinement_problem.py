"""What refinement minimises: its terms, their loss and their normal equations. docs/method.md, equations 22, 23.

The unknowns of a frame are the depths of its joints from the root, divided by the person's size in the image, and, in
the root's place, the logarithm of that size. Divided so, second differences of depths are linear, and the bands of the
normal equations are narrow. The lengths of a person's bones are shared by the frames of a clip.
"""

import functools
import itertools
from typing import NamedTuple

import numpy as np

from geolift.gauss_newton import AHEAD, Normal
from geolift.skeletons.skeleton import Skeleton

GAUGE = 10.0  # weight that keeps the mean bone at its expected length, frame by frame; one view does not show it
OUTLIER = 0.1  # model units; a bone or a jump that is off by more pulls no harder
PAIRS = tuple(itertools.combinations_with_replacement(range(3), 2))  # of the unknowns that a bone's length depends on
BLOCK = 256  # frames whose bones are in memory at once: they stay in the processor's cache
TINY = 1e-12  # square of a length; of a bone along which no direction is defined


class Problem(NamedTuple):
    """C clips of F frames, J joints, B bones, and how much each term counts.

    Attributes:
        x, y: `[F, J]` rays of the joints: coordinates at depth 1.
        lifted: `[F, J]` depths that the lifter gave.
        trust: `[F, J]` weight of the lifted depths; 0 for the root, and where a joint was not seen.
        stiffness: `[F, B]` weight of bone lengths; 0 where an end of the bone was not seen.
        bend: `[F, J]` weight of the second differences whose middle each frame is, in the root's place that of the log
            size; 0 where one of the three frames lacks the joint, or they do not follow each other.
        begins: `[C + 1]` the first frame of each clip, and F.
        ever: `[C, B]` bool: bones that a clip shows.
        size: `[C]` expected mean length of those.
        distance: of the camera.
        skeleton: of the joints.
    """

    x: np.ndarray
    y: np.ndarray
    lifted: np.ndarray
    trust: np.ndarray
    stiffness: np.ndarray
    bend: np.ndarray
    begins: np.ndarray
    ever: np.ndarray
    size: np.ndarray
    distance: float
    skeleton: Skeleton

    @property
    def number(self) -> np.ndarray:
        """`[F]` which of the clips each frame is of."""
        return np.repeat(np.arange(len(self.size)), np.diff(self.begins))

    def only(self, clips: np.ndarray) -> "Problem":
        """The same of some of the clips `[C]` bool."""
        rows, frames = clips[self.number], np.diff(self.begins)[clips]
        by_frame = {name: getattr(self, name)[rows] for name in ("x", "y", "lifted", "trust", "stiffness", "bend")}
        begins = np.concatenate([[0], np.cumsum(frames)])
        return self._replace(**by_frame, begins=begins, ever=self.ever[clips], size=self.size[clips])


class State(NamedTuple):
    """The unknowns: `frames` `[F, J]` scaled depths, the log size in the root's place; `bones` `[C, B]` lengths."""

    frames: np.ndarray
    bones: np.ndarray

    def log_size(self, skeleton: Skeleton) -> np.ndarray:
        """`[F]` of the person in the image."""
        return self.frames[:, skeleton.root]

    def depths(self, skeleton: Skeleton) -> np.ndarray:
        """`[F, J]` depths from the root, divided by the size; the root's are 0."""
        depths = self.frames.copy()
        depths[:, skeleton.root] = 0.0
        return depths


class Bones(NamedTuple):
    """Of each frame and bone: `off` how much too long, its `length`, `[3, F, B]` its direction."""

    off: np.ndarray
    length: np.ndarray
    direction: np.ndarray


def losses(problem: Problem, state: State) -> np.ndarray:
    """`[F]` of each frame: how far depths are from the lifted ones, bones from one length, motion from a smooth one."""
    grown = np.exp(state.log_size(problem.skeleton))[:, None]
    of_frames = (problem.trust * (grown * state.depths(problem.skeleton) - problem.lifted) ** 2).sum(axis=1)
    of_frames += (problem.stiffness * _robust(bones_of(problem, state).off)).sum(axis=1)
    of_frames += (problem.bend * _robust(_second_differences(state.frames))).sum(axis=1)
    return of_frames + GAUGE * (_mean_off(problem, state.bones) ** 2)[problem.number]


def place(problem: Problem, state: State) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates x, y, z `[F, J]` of the joints, the person as large in the image in all frames."""
    depths = state.depths(problem.skeleton)
    far = depths + problem.distance * np.exp(-state.log_size(problem.skeleton))[:, None]
    return problem.x * far, problem.y * far, depths


def bones_of(problem: Problem, state: State) -> Bones:
    """How long bones are, and where they point."""
    parent, child = np.transpose(problem.skeleton.bones)
    across = np.stack([coordinate[:, child] - coordinate[:, parent] for coordinate in place(problem, state)])
    length = np.sqrt((across**2).sum(axis=0) + TINY)
    return Bones(length - state.bones[problem.number], length, across / length)


def _across(off: np.ndarray, length: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Curvature of a bone's squared deviation across the bone, as a share of that along it.

    Gauss-Newton has none, and steps far too far where a bone lies in the image plane: there its length hardly depends
    on its depth. Such a curvature is added that the parabola in depth, alone, has its minimum where the deviation has.

    Args:
        off, length: by how much a bone is too long, and how long it is.
        depth: the part of its direction along the camera's axis.
    """
    wanted, deep = length - off, np.abs(depth)
    seen = length * np.sqrt(np.maximum(1 - depth**2, 0))
    reach = np.sqrt(np.maximum(wanted**2 - seen**2, 0)) / length
    secant = deep * (reach + deep) * length / (wanted + length)
    return np.where(
        seen >= wanted, np.maximum(off, 0) / length, np.maximum(secant - depth**2, 0) / (1 - depth**2 + TINY)
    )


def normal_equations(problem: Problem, state: State) -> Normal:
    """Of the loss about a state, robust terms weighted by how far they are off (IRLS)."""
    frames, joints = problem.x.shape
    normal = Normal(
        bands=np.zeros((frames, joints, AHEAD * joints + 1)),
        border=np.zeros((len(problem.skeleton.bones), frames, joints)),
        corner=np.zeros((*problem.ever.shape, problem.ever.shape[1])),
        gradient=np.zeros((frames, joints)),
        shared=np.zeros(problem.ever.shape),
        begins=problem.begins,
    )
    bands = np.moveaxis(normal.bands, -1, 0)
    bands[0] += problem.trust == 0  # of joints that were not seen
    _add_lifted(problem, state, normal, bands)
    _add_bones(problem, state, normal, bands)
    _add_motion(problem, state, normal, bands)
    return normal


def _add_lifted(problem: Problem, state: State, normal: Normal, bands: np.ndarray) -> None:
    root, joints = problem.skeleton.root, problem.x.shape[1]
    grown = np.exp(state.log_size(problem.skeleton))[:, None]
    depths = grown * state.depths(problem.skeleton)
    off = problem.trust * (depths - problem.lifted)
    normal.gradient[...] += off * grown
    normal.gradient[:, root] += (off * depths).sum(axis=1)
    bands[0] += problem.trust * grown**2
    bands[0, :, root] += (problem.trust * depths**2).sum(axis=1)
    both = problem.trust * grown * depths
    for joint in range(joints):
        if joint != root:
            bands[abs(joint - root), :, min(joint, root)] += both[:, joint]


def _add_bones(problem: Problem, state: State, normal: Normal, bands: np.ndarray) -> None:
    bones = bones_of(problem, state)
    weight = problem.stiffness * _slack(bones.off)
    across = weight * _across(bones.off, bones.length, bones.direction[2])
    for first in range(0, len(weight), BLOCK):
        rows = slice(first, first + BLOCK)
        _add_curves(problem, state, normal, bands, bones, weight[rows].T, across[rows].T, rows)
    total = np.add.reduceat(weight, problem.begins[:-1])
    mean = problem.ever / problem.ever.sum(axis=1, keepdims=True).clip(1)
    gauge = GAUGE * np.diff(problem.begins)[:, None]
    normal.shared[...] -= np.add.reduceat(weight * bones.off, problem.begins[:-1])
    normal.shared[...] += gauge * _mean_off(problem, state.bones)[:, None] * mean
    normal.corner[...] += (gauge * mean)[:, :, None] * mean[:, None]
    normal.corner[...] += np.eye(mean.shape[1]) * (total + ~problem.ever)[:, None]


def _add_curves(
    problem: Problem,
    state: State,
    normal: Normal,
    bands: np.ndarray,
    bones: Bones,
    weight: np.ndarray,
    across: np.ndarray,
    rows: slice,
) -> None:
    """What bones add to the frames' unknowns in some rows, given `weight` and `across` `[B, F]` of these."""
    slots, moves = _slots(problem.skeleton), _moves(problem, state, rows)
    along = (moves * bones.direction[:, rows].swapaxes(1, 2)).sum(axis=1)
    pull = weight * along
    normal.gradient[rows] += (pull * bones.off[rows].T).reshape(-1, weight.shape[1]).T @ slots.unknowns
    for bone, slot in np.argwhere(slots.places >= 0):
        normal.border[bone, rows, slots.places[bone, slot]] -= pull[slot, bone]
    curves = np.empty((len(PAIRS), *weight.shape))
    for curve, (one, other) in zip(curves, PAIRS, strict=True):
        both = along[one] * along[other]
        curve[...] = weight * both + across * ((moves[one] * moves[other]).sum(axis=0) - both)
    sums = np.add.reduceat(curves.reshape(-1, weight.shape[1])[slots.order], slots.begins, axis=0)
    bands[slots.below, rows, slots.column] += sums


class _Slots(NamedTuple):
    """Which unknowns the length of a bone depends on: the size (in the root's place), the child's and parent's depths.

    Attributes:
        places: `[B, 3]` these unknowns; -1 for the depth of the root, which is none.
        unknowns: `[3 B, J]` adds values of slots, slot by slot, to unknowns.
        order, begins: products of two slots, PAIRS by PAIRS and bone by bone, put in order of their cell of the bands,
            and where each cell begins.
        below, column: of the cells, how far below the diagonal in which column.
    """

    places: np.ndarray
    unknowns: np.ndarray
    order: np.ndarray
    begins: np.ndarray
    below: np.ndarray
    column: np.ndarray


@functools.lru_cache(maxsize=64)
def _slots(skeleton: Skeleton) -> _Slots:
    joints, root, (parent, child) = len(skeleton.names), skeleton.root, np.transpose(skeleton.bones)
    places = np.stack([np.full(len(child), root), child, np.where(parent == root, -1, parent)])
    one, other = (places[[pair[end] for pair in PAIRS]].ravel() for end in (0, 1))
    cell = np.where((one < 0) | (other < 0), -1, np.abs(one - other) * joints + np.minimum(one, other))
    order = np.argsort(cell, kind="stable")[(cell < 0).sum() :]
    cells, begins = np.unique(cell[order], return_index=True)
    unknowns = (places.reshape(-1, 1) == np.arange(joints)).astype(float)
    return _Slots(places.T, unknowns, order, begins, *np.divmod(cells, joints))


def _moves(problem: Problem, state: State, rows: slice) -> np.ndarray:
    """`[3, 3, B, F]` how x, y, z of a bone change with its slots in some rows."""
    parent, child = np.transpose(problem.skeleton.bones)
    away = -problem.distance * np.exp(-state.log_size(problem.skeleton)[rows])
    x, y = problem.x[rows].T, problem.y[rows].T
    rays = np.stack([x, y, np.ones_like(x)])
    ends = rays[:, child], rays[:, parent]
    return np.stack([away * (ends[0] - ends[1]), ends[0], -ends[1]])


def _add_motion(problem: Problem, state: State, normal: Normal, bands: np.ndarray) -> None:
    joints, off = problem.x.shape[1], _second_differences(state.frames)
    weight = (problem.bend * _slack(off))[1:-1]
    off = weight * off[1:-1]
    for late, factor in enumerate((1.0, -2.0, 1.0)):
        rows = slice(late, len(state.frames) - 2 + late)
        normal.gradient[rows] += factor * off
        bands[0, rows] += factor**2 * weight
    for first in (0, 1):
        bands[joints, first : len(state.frames) - 2 + first] -= 2.0 * weight
    bands[2 * joints, : len(state.frames) - 2] += weight


def mean_length(bones: np.ndarray, ever: np.ndarray) -> np.ndarray:
    """`[C]` the mean of `bones` `[C, B]`, or `[B]`, over those that a clip ever shows, `[C, B]`; 0 for none."""
    return (bones * ever).sum(axis=1) / ever.sum(axis=1).clip(1)


def _mean_off(problem: Problem, bones: np.ndarray) -> np.ndarray:
    """`[C]` how much larger the mean of the bones that a clip shows is than expected."""
    return mean_length(bones, problem.ever) - problem.size * problem.ever.any(axis=1)


def _second_differences(values: np.ndarray) -> np.ndarray:
    """Of each frame and those before and after it; 0 at the ends."""
    result = np.zeros_like(values)
    result[1:-1] = values[2:] - 2 * values[1:-1] + values[:-2]
    return result


def _robust(off: np.ndarray) -> np.ndarray:
    """A square for small values, a straight line beyond OUTLIER."""
    return 2 * OUTLIER**2 * (np.sqrt(1 + (off / OUTLIER) ** 2) - 1)


def _slack(off: np.ndarray) -> np.ndarray:
    """How much less a term that is off counts: the derivative of `_robust`, divided by that of a square."""
    return 1 / np.sqrt(1 + (off / OUTLIER) ** 2)
