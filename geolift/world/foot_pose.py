"""How feet are turned: a rigid triangle of ankle, toe and heel whose 2D is seen, on the floor while the foot stands.

One view shows a toe on a line of sight, and two places on it are as far from the ankle as a toe is. Which of them it is
follows from the leg (a foot points ahead of the shank, about at a right angle to it), from the frames around, and from
the floor.
"""

from typing import NamedTuple

import numpy as np

from geolift.gauss_newton import Normal, step
from geolift.rotations import cross_matrix, exponential, logarithm, unit

# Toe and heel from the ankle joint, as shares of the stature: ahead of it, and above it. Feet are 0.152 long (Winter
# 2009, Fig. 4.1), of which heels are 0.03 behind the joint; keypoints of toes are at the tips, or, as the mean of big
# and small toe, a little behind. The joint is 0.08 m above the floor in a person of 1.7 m, as in `floor.ANKLE`.
OFFSETS = ((0.108, -0.035), (-0.030, -0.029))
SOLE = (0.02, 0.03)  # metres of toe and heel above the floor on which the foot stands flat
# The other constants were compared on clips of CMU's people 02, 05, 07, 08 and 35 (`python -m benchmarks.feet`).
SIZES = (0.10, 0.20)  # standard deviation of the logarithm of how far toe and heel are from the ankle
AGAIN = 1.0  # seconds; frames nearer in time err alike, so that a clip has one measurement in so many seconds
# Degrees by which a foot is turned outwards, and toes down, from where its leg points; and standard deviations about
# the foot's axes: ahead (the sole turns in), to the left (toes go up and down), up (toes go in and out).
TURNED_OUT, TOES_DOWN = 8.0, 5.0
LEG = (18.0, 30.0, 20.0)
STRAIGHT = 0.3  # sine of a knee's flexion at which its hinge counts as much as the line of the hips
ACCELERATION = 30.0  # m/s^2 of toe and heel about the ankle
# Spreads from which on what is off counts less and less. A foot that rolls off, or a floor that is a little wrong,
# must not outweigh what is seen.
OUTLIER = 6.0  # of a keypoint
ON_FLOOR, ROLLS = 0.015, 0.02  # metres off the floor of toe and heel of a foot that stands: spread, and from where on
BELOW, DEEP = 0.01, 0.02  # metres below the floor, of any foot
# Degrees from where the leg points at which the search begins: toes up and down, in and out.
PITCHES, YAWS = np.arange(-50.0, 71.0, 15.0), np.arange(-50.0, 51.0, 25.0)
ROUNDS = 6  # of Gauss and Newton
FARTHEST = 0.5  # radians, the longest turn of one


class Feet(NamedTuple):
    """M rows of one person's feet: one foot in one frame, those of a foot together, in the order of frames.

    Attributes:
        ankle: `[M, 3]` metres, camera axes.
        expected: `[M, 3, 3]` from `expected_feet`.
        rays: `[M, 2, 3]` unit vectors from the camera to the toe and to the heel; NaN where not seen.
        spread: `[M, 2]` metres, standard deviation of what is seen, across the ray.
        follows: `[M]` bool: the row before is the same foot in the frame before.
        stands: `[M]` bool: the foot stands on the floor.
        up: `[M, 3]` unit vectors against gravity; NaN where not known.
        floor: `[M]` metres, `up . X` of the floor's points; NaN where not known.
        stature: metres; toes and heels are expected at so many `OFFSETS`.
        fps: frames per second.

    Example:
        >>> one, unknown = np.zeros((1, 3)), np.full((1, 3), np.nan)
        >>> rays, no = np.tile([0.0, 0.0, 1.0], (1, 2, 1)), np.zeros(1, bool)
        >>> feet = Feet(one, np.eye(3)[None], rays, np.ones((1, 2)), no, no, unknown, unknown[:, 0], 1.7, 30.0)
        >>> feet.rays.shape
        (1, 2, 3)
    """

    ankle: np.ndarray
    expected: np.ndarray
    rays: np.ndarray
    spread: np.ndarray
    follows: np.ndarray
    stands: np.ndarray
    up: np.ndarray
    floor: np.ndarray
    stature: float
    fps: float


def expected_feet(legs: np.ndarray, across: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Where feet point by the legs above them.

    Args:
        legs: `[M, 3, 3]` hip, knee and ankle, any axes.
        across: `[M, 3]` from the right hip to the left one.
        sign: `[M]` 1 for left feet, -1 for right ones.

    Returns:
        `[M, 3, 3]` rotations whose columns are the axes of the foot: ahead, to the person's left, and up from the sole.

    Source:
        Ours (docs/method.md, eq. 35).

    Example:
        A person who stands and faces x, z up: feet point ahead and outwards.

        >>> legs = np.tile([[0.0, 0.0, 0.9], [0.0, 0.0, 0.5], [0.0, 0.0, 0.1]], (2, 1, 1))
        >>> ahead = expected_feet(legs, np.tile([0.0, 0.2, 0.0], (2, 1)), np.array([1, -1]))[:, :, 0]
        >>> ahead.round(2).tolist()
        [[0.99, 0.14, -0.09], [0.99, -0.14, -0.09]]
    """
    thigh, shank = unit(legs[:, 1] - legs[:, 0]), unit(legs[:, 2] - legs[:, 1])
    hinge = np.cross(thigh, shank) + STRAIGHT * unit(across)
    left = unit(hinge - np.sum(hinge * shank, axis=-1, keepdims=True) * shank)
    frame = np.stack([np.cross(left, -shank), left, -shank], axis=-1)
    outwards = np.radians(TURNED_OUT) * sign
    return frame @ exponential(outwards[:, None] * [0, 0, 1]) @ exponential(np.radians(TOES_DOWN) * np.array([0, 1, 0]))


def place_feet(feet: Feet) -> np.ndarray:
    """Toes and heels of one person: one least-squares problem for all frames, both feet and their sizes.

    Args:
        feet: M rows.

    Returns:
        `[M, 2, 3]` toe and heel from the ankle, metres, camera axes.

    Source:
        Ours (docs/method.md, eq. 36).

    Example:
        A foot that points along x, seen from the side, whose leg says that it points 30 degrees out of the image:

        >>> ahead = exponential(np.array([[0.0, 0.0, np.pi]])) @ exponential(np.array([[np.pi / 2, 0.0, 0.0]]))
        >>> seen = np.array([[0.0, 1.0, 5.0]]) + points_of(ahead, np.zeros(2), 1.7)[0]
        >>> feet = Feet(
        ...     ankle=np.array([[0.0, 1.0, 5.0]]), expected=ahead @ exponential(np.array([[0.0, 0.0, 0.5]])),
        ...     rays=unit(seen)[None], spread=np.full((1, 2), 0.01), follows=np.zeros(1, bool),
        ...     stands=np.zeros(1, bool), up=np.full((1, 3), np.nan), floor=np.full(1, np.nan), stature=1.7, fps=30.0,
        ... )
        >>> bool(np.abs(place_feet(feet)[0] - seen + feet.ankle).max() < 0.05)
        True
    """
    rotation, size = _start(feet), np.zeros(2)
    for _ in range(ROUNDS):
        normal = _Equations(len(rotation))
        _add_terms(normal, feet, rotation, size)
        turned, longer = normal.solve()
        length = np.linalg.norm(turned, axis=-1, keepdims=True)
        rotation = exponential(turned * np.minimum(1, FARTHEST / np.maximum(length, 1e-9))) @ rotation
        size = size + longer
    return points_of(rotation, size, feet.stature)


def points_of(rotation: np.ndarray, size: np.ndarray, stature: float) -> np.ndarray:
    """`[M, 2, 3]` toes and heels from ankles, of feet turned by `[M, 3, 3]`, by the logarithms of their sizes `[2]`."""
    offsets = stature * np.array([[ahead, 0.0, above] for ahead, above in OFFSETS]) * np.exp(size)[:, None]
    return np.einsum("mij,kj->mki", rotation, offsets)


def _start(feet: Feet) -> np.ndarray:
    """`[M, 3, 3]` the best of some turns from where each leg points, frame by frame: it finds the right one of two."""
    best, rotation = np.full(len(feet.ankle), np.inf), feet.expected.copy()
    for yaw in np.radians(YAWS):
        for pitch in np.radians(PITCHES):
            turn = exponential(np.array([0, 0, yaw])) @ exponential(np.array([0, pitch, 0]))
            turned = feet.expected @ turn
            points = points_of(turned, np.zeros(2), feet.stature)
            cost = np.full(len(best), np.sum(np.square(logarithm(turn) / np.radians(LEG))))
            for k in range(2):
                cost += _cost(feet, points, k)
            better = cost < best
            best[better], rotation[better] = cost[better], turned[better]
    return rotation


def _cost(feet: Feet, points: np.ndarray, k: int) -> np.ndarray:
    """`[M]` what is seen of the toe or heel, and the floor, say against its place."""
    off, above = np.sum(np.square(_off_ray(feet, points, k)), axis=-1), _above(feet, points, k)
    below = _bounded((np.minimum(above, 0) / BELOW) ** 2, DEEP / BELOW)
    stands = feet.stands * _bounded(((above - SOLE[k]) / ON_FLOOR) ** 2, ROLLS / ON_FLOOR)
    return sum(np.nan_to_num(part) for part in (_bounded(off, OUTLIER), below, stands))


def _bounded(squares: np.ndarray, most: float) -> np.ndarray:
    """Geman's and McClure's cost of squared spreads: it stays below the square of `most`."""
    return squares / (1 + squares / most**2)


def _weight(squares: np.ndarray, most: float) -> np.ndarray:
    """By what a term is multiplied, so that its square has the derivative of `_bounded`."""
    return 1 / (1 + squares / most**2)


def _off_ray(feet: Feet, points: np.ndarray, k: int) -> np.ndarray:
    """`[M, 3]` spreads, from the ray to the toe or heel; NaN where it is not seen."""
    at, ray = feet.ankle + points[:, k], feet.rays[:, k]
    return (at - np.sum(at * ray, axis=-1, keepdims=True) * ray) / feet.spread[:, k, None]


def _above(feet: Feet, points: np.ndarray, k: int) -> np.ndarray:
    """`[M]` metres of the toe or heel above the floor; NaN where it is not known."""
    return np.sum(feet.up * (feet.ankle + points[:, k]), axis=-1) - feet.floor


class _Equations:
    """Normal equations of turns `[M, 3]`, of which each meets those of the two rows before and after, and two sizes."""

    def __init__(self, count: int):
        self.bands = np.zeros((3, count, 3, 3))
        self.right, self.border = np.zeros((count, 3)), np.zeros((count, 3, 2))
        self.corner, self.sizes = np.zeros((2, 2)), np.zeros(2)

    def add(self, first: np.ndarray, jacobians: list[np.ndarray], left: np.ndarray) -> None:
        """Terms `left` `[K, R]`, by the turns of the rows `first` `[K]`, and of those after: `[K, R, 3]` each."""
        for i, one in enumerate(jacobians):
            self.right[first + i] += np.einsum("kri,kr->ki", one, left)
            for j, other in enumerate(jacobians[i:]):
                self.bands[j, first + i] += other.swapaxes(1, 2) @ one

    def add_size(self, rows: np.ndarray, jacobian: np.ndarray, by_size: np.ndarray, left: np.ndarray, k: int) -> None:
        """What terms that depend on size `k`, too, by `[K, R]`, add beside `add`."""
        self.border[rows, :, k] += np.einsum("kri,kr->ki", jacobian, by_size)
        self.corner[k, k] += np.sum(by_size * by_size)
        self.sizes[k] += np.sum(by_size * left)

    def solve(self) -> tuple[np.ndarray, np.ndarray]:
        """Turns `[M, 3]`, and changes of the sizes `[2]`."""
        count = len(self.right)
        bands = np.zeros((count, 3, 9))
        for apart, blocks in enumerate(self.bands):
            for i, j in np.ndindex(3, 3):  # of row j of a block, column i
                if (below := 3 * apart + j - i) >= 0:
                    bands[:, i, below] = blocks[:, j, i]
        border, whole = np.moveaxis(self.border, 2, 0), np.array([0, count])
        normal = Normal(bands, border, self.corner[None], self.right, self.sizes[None], whole)
        turns, sizes, _ = step(normal, np.zeros(count))
        return turns, sizes[0]


def _add_terms(normal: _Equations, feet: Feet, rotation: np.ndarray, size: np.ndarray) -> None:
    """All terms of the problem, linear around how feet are turned now."""
    points = points_of(rotation, size, feet.stature)
    back, weight = feet.expected.swapaxes(1, 2), 1 / np.radians(LEG)
    normal.add(np.arange(len(points)), [weight[:, None] * back], weight * logarithm(back @ rotation))
    known = max(1.0, AGAIN * feet.fps) / np.square(SIZES)
    normal.corner += np.diag(known)
    normal.sizes += known * size
    for k in range(2):
        turns = -cross_matrix(points[:, k])
        _add_seen(normal, feet, points, turns, k)
        _add_smooth(normal, feet, points[:, k], turns)
        _add_floor(normal, feet, points, turns, k)


def _add_seen(normal: _Equations, feet: Feet, points: np.ndarray, turns: np.ndarray, k: int) -> None:
    """Toes and heels are where they are seen."""
    rows = np.flatnonzero(np.isfinite(feet.rays[:, k]).all(axis=-1))
    off, ray = _off_ray(feet, points, k)[rows], feet.rays[rows, k]
    weight = _weight(np.sum(off**2, axis=-1), OUTLIER)
    across = (np.eye(3) - ray[:, :, None] * ray[:, None]) * (weight / feet.spread[rows, k])[:, None, None]
    jacobian, left = across @ turns[rows], weight[:, None] * off
    normal.add(rows, [jacobian], left)
    normal.add_size(rows, jacobian, np.einsum("kij,kj->ki", across, points[rows, k]), left, k)


def _add_smooth(normal: _Equations, feet: Feet, points: np.ndarray, turns: np.ndarray) -> None:
    """They change their speed about the ankle slowly."""
    first, weight = np.flatnonzero(feet.follows[1:-1] & feet.follows[2:]), feet.fps**2 / ACCELERATION
    second = points[first + 2] - 2 * points[first + 1] + points[first]
    normal.add(first, [weight * times * turns[first + i] for i, times in enumerate((1, -2, 1))], weight * second)


def _add_floor(normal: _Equations, feet: Feet, points: np.ndarray, turns: np.ndarray, k: int) -> None:
    """They are not below the floor, and on it while the foot stands."""
    above, down = _above(feet, points, k), np.einsum("mi,mij->mj", feet.up, turns)[:, None]
    for rows, off, spread, far in (
        (above < 0, above, BELOW, DEEP),
        (feet.stands & np.isfinite(above), above - SOLE[k], ON_FLOOR, ROLLS),
    ):
        rows = np.flatnonzero(rows)
        weight = _weight((off[rows] / spread) ** 2, far / spread) / spread
        normal.add(rows, [weight[:, None, None] * down[rows]], (weight * off[rows])[:, None])
