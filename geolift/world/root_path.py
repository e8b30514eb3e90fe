"""Where people and their feet are, up and the floor: one least-squares problem for a clip.

Unknown are, frame by frame, how far the root is moved, and knees and ankles against it, and, for the whole clip, two
angles of up and the height of the floor (`path_equations`). The spread of what holds for the clip is part of it. The
focal length is no unknown: errors of contact along the line of sight would decide it.
"""

from typing import NamedTuple

import numpy as np

from geolift.gauss_newton import step
from geolift.rotations import unit
from geolift.world.gravity import tangents
from geolift.world.path_equations import JOINTS, PathEquations

LEGS = range(1, len(JOINTS))
ANKLES = [JOINTS.index("left_ankle"), JOINTS.index("right_ankle")]
# Standard deviations, metres unless said otherwise. ACROSS, AGAIN and SWINGS were compared on people of `train` that
# the model was not trained on; the others are set by judgement, and were not compared.
ROOT_ACROSS, ACROSS = 1e-4, 0.003  # of the root, and of knees and ankles, across the line of sight: it is well seen
ROOT_DEPTH = 0.03  # of the root's depth, as a share of its distance, from frame to frame
LEG_DEPTH = 0.06  # of a knee's or ankle's depth against the root's
BONE = 0.003  # of a bone's length
ACCELERATION = 3.0  # m/s^2, of the root along the line of sight
SHIFT = 8.0  # m/s^2, of a leg's correction: it comes and goes slowly
STANDING = 0.05  # m/s, of an ankle whose foot stands
SWINGS = 1.0  # m/s, smoothed, of an ankle: a faster one counts less and less, whatever its contact (it swings)
SMOOTH = 0.1  # seconds, standard deviation of that filter
HEIGHT = 0.02  # of a standing ankle above the floor; farther off it counts less and less (stairs)
AGAIN = 1.0  # seconds; frames nearer in time err alike, so that a clip has one measurement in so many seconds
STANDS = 0.5  # of the contact's probability; a foot that stays there for longer than `AGAIN` is one measurement, too
LOWEST = 0.05  # metres by which the ankle of a foot that lies on its side is below those of standing feet
DEEPEST = 0.2  # metres below them, from which on there is another floor
COARSE = 0.04  # metres, as HEIGHT, before roots and feet are corrected
STARTS = np.arange(-20.0, 21.0, 2.0)  # degrees of up along the line of sight, half as far across it, that are tried
MOST = 400  # ankles that are looked at for this
ROUNDS = 4  # of Gauss and Newton
RARELY = 0.05  # of the contact's probability; with less, a foot does not stand
SECOND = (1.0, -2.0, 1.0)  # a second difference of three frames


class Path(NamedTuple):
    """The solution of a clip of N rows.

    Attributes:
        moved: `[N, 5, 3]` metres, camera axes, by which `JOINTS` are moved.
        up: `[3]` unit vector.
        up_covariance: `[2, 2]` radians squared, along the line of sight and across it.
        floor: metres, `up . X` of the ankles that stand on the floor.
        floor_spread: its standard deviation, metres.

    Example:
        >>> path = Path(np.zeros((2, 5, 3)), np.array([0.0, -1.0, 0.0]), np.eye(2), -1.5, 0.1)
        >>> path.floor
        -1.5
    """

    moved: np.ndarray
    up: np.ndarray
    up_covariance: np.ndarray
    floor: float
    floor_spread: float

    @property
    def up_spread(self) -> float:
        """Degrees, the error of up to be expected."""
        return float(np.degrees(np.sqrt(np.trace(self.up_covariance))))


class Clip(NamedTuple):
    """N rows of people before a camera that stands still.

    Attributes:
        joints: `[N, 5, 3]` metres, camera axes: `JOINTS`; NaN where missing, but never the root.
        hips: `[N, 2, 3]` left and right; NaN where missing.
        contact: `[N, 2]` probability that the left and the right foot stand.
        person: `[N]` int; rows of a person lie together.
        frame: `[N]` int, rising in a person.
        fps: frames per second.
        up: `[3]` unit vector, an estimate of up.
        up_covariance: `[3, 3]` of its error, radians squared; 0: up is given.

    Example:
        >>> rows, up = np.arange(3), np.array([0.0, -1.0, 0.0])
        >>> joints = np.zeros((3, 5, 3)) + np.array([0.0, 1.0, 5.0])
        >>> clip = Clip(joints, joints[:, :2], np.zeros((3, 2)), 0 * rows, rows, 30.0, up, 0.01 * np.eye(3))
        >>> clip.joints.shape
        (3, 5, 3)
    """

    joints: np.ndarray
    hips: np.ndarray
    contact: np.ndarray
    person: np.ndarray
    frame: np.ndarray
    fps: float
    up: np.ndarray
    up_covariance: np.ndarray


def solve_path(clip: Clip) -> Path:
    """Move roots along their lines of sight and feet that stand to one place each, on one floor where they agree.

    Args:
        clip: N rows.

    Returns:
        What is moved, and what holds for the whole clip, with its spread.

    Source:
        Ours (docs/method.md, eq. 31); foot contact and reprojection together: Rempe et al. 2020.

    Example:
        A person who stands still stays where they are:

        >>> rows, up = np.arange(9), np.array([0.0, -1.0, 0.0])
        >>> joints = np.array([[0, 0.2, 5], [0.1, 0.6, 5], [0.1, 1, 5], [-0.1, 0.6, 5], [-0.1, 1, 5]])
        >>> joints, hips = np.tile(joints, (9, 1, 1)), np.tile([[0.1, 0.2, 5], [-0.1, 0.2, 5]], (9, 1, 1))
        >>> clip = Clip(joints, hips, np.ones((9, 2)), 0 * rows, rows, 30.0, up, 0.01 * np.eye(3))
        >>> path = solve_path(clip)
        >>> bool(np.abs(path.moved).max() < 1e-3), round(path.floor, 2)
        (True, -1.0)
    """
    missing = ~np.isfinite(clip.joints).all(axis=-1)
    start = np.where(missing[..., None], clip.joints[:, :1], clip.joints)
    first, directions = clip.up, tangents(clip.up, start[:, 0].mean(axis=0))
    moved = np.zeros_like(start)
    shared = _first_shared(clip, start[:, ANKLES], missing[:, ANKLES], directions)
    for _ in range(ROUNDS):
        equations = PathEquations(len(start))
        _add_terms(equations, clip, start, moved, shared, missing, directions)
        found = step(equations.normal(), np.zeros(len(start)))
        change = found.frames.reshape(moved.shape)
        moved[:, 0] += change[:, 0]
        moved[:, 1:] += change[:, :1] + change[:, 1:]
        shared = shared + found.shared[0]
    covariance = np.linalg.inv(found.information[0]) * _alike(clip)
    up = first + shared[0] * directions[0] + shared[1] * directions[1]
    floor, floor_spread = (float(x / np.linalg.norm(up)) for x in (shared[2], np.sqrt(covariance[2, 2])))
    return Path(moved, unit(up), covariance[:2, :2], floor, floor_spread)


def _first_shared(clip: Clip, ankles: np.ndarray, missing: np.ndarray, directions: tuple) -> np.ndarray:
    """Up and the height of the floor `[3]` to start from: where most feet stand at one height, given what is known."""
    weight, spread = np.where(missing, 0, clip.contact).ravel(), _spread(clip, directions)
    heights = ankles.reshape(-1, 3)
    if weight.sum() < 1e-6:
        return np.array([0, 0, np.percentile(heights @ clip.up, 5)])
    chosen = np.linspace(0, len(weight) - 1, min(len(weight), MOST)).astype(int)
    share, weight, heights = len(weight) / len(chosen), weight[chosen], heights[chosen]
    known, best = np.linalg.inv(spread + 1e-10 * np.eye(2)) * _alike(clip), (np.inf, np.zeros(3))
    tilts = np.tan(np.radians(STARTS)) if spread.max() > 1e-9 else np.zeros(1)
    for tilt in (np.array([a, b]) for a in tilts for b in tilts if abs(b) <= abs(tilts[0]) / 2):
        above = heights @ unit(clip.up + tilt @ np.stack(directions))
        grid = np.linspace(above.min(), above.max(), 100)
        squares = ((above - grid[:, None]) / (2 * COARSE)) ** 2
        cost = share * 4 * (weight * squares / (1 + squares)).sum(axis=1)
        if (total := cost.min() + tilt @ known @ tilt) < best[0]:
            best = total, np.array([*tilt, grid[cost.argmin()] * np.sqrt(1 + tilt @ tilt)])
    return best[1]


def _spread(clip: Clip, directions: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The covariance `[2, 2]` of up, along the line of sight and across it."""
    return np.array([[a @ clip.up_covariance @ b for b in directions] for a in directions])


def _add_terms(equations, clip, start, moved, shared, missing, directions) -> None:
    """All terms of the problem, linear around where joints are now."""
    fps, now, sight = clip.fps, start + moved, unit(start)
    up = clip.up + shared[0] * directions[0] + shared[1] * directions[1]
    inside = (np.diff(clip.person) == 0) & (np.diff(clip.frame) == 1)
    _add_measured(equations, start, moved, missing, sight)
    _add_bones(equations, clip, start, moved, missing)
    _add_smooth(equations, inside, now, moved, sight[:, 0], fps)
    for contact, joint in zip(clip.contact.T, ANKLES, strict=True):
        stands = np.where(missing[:, joint] | (contact <= RARELY), 0.0, contact)
        _add_standing(equations, joint, now[:, joint], stands, inside, fps)
        above = now[:, joint] @ up - shared[2]
        common = np.stack([*(now[:, joint] @ d for d in directions), np.full(len(now), -1.0)])
        weight = stands / (HEIGHT * (1 + (above / (2 * HEIGHT)) ** 2)) ** 2
        equations.add([(0, 0, up), (0, joint, up)], weight, above, common)
        # Ankles that are somewhat below the floor are lifted; far below there is another one. The floor is not moved.
        low = ~missing[:, joint] & (above < -LOWEST) & (above > -DEEPEST)
        equations.add([(0, 0, up), (0, joint, up)], low / HEIGHT**2, above + LOWEST)
    equations.add_shared(*_prior(clip, shared, directions))


def _add_measured(equations, start, moved, missing, sight) -> None:
    """Joints stay where they are seen, and, less surely, as deep as they were lifted."""
    for joint in range(len(JOINTS)):
        parts, along = ([(0, 0, 1.0)] + [(0, joint, 1.0)] * (joint > 0)), sight[:, joint]
        across = 1 / (ROOT_ACROSS if joint == 0 else ACROSS) ** 2
        equations.add_vectors(parts, np.full(len(start), across), moved[:, joint])
        parts = [(late, which, along) for late, which, _ in parts]
        equations.add(parts, np.full(len(start), -across), _dot(along, moved[:, joint]))
    depth = ROOT_DEPTH * np.linalg.norm(start[:, 0], axis=-1)
    equations.add([(0, 0, sight[:, 0])], depth**-2, _dot(sight[:, 0], moved[:, 0]))
    for joint in LEGS:
        along, spread = sight[:, joint], np.where(missing[:, joint], 1e-3, LEG_DEPTH)
        equations.add([(0, joint, along)], spread**-2, _dot(along, moved[:, joint] - moved[:, 0]))


def _add_bones(equations, clip, start, moved, missing) -> None:
    """Thighs and shanks keep their lengths; hips move with the root."""
    legs = moved - moved[:, :1]
    for hip, knee, ankle in ((clip.hips[:, 0], 1, 2), (clip.hips[:, 1], 3, 4)):
        thigh, shank = start[:, knee] - hip, start[:, ankle] - start[:, knee]
        for bone, stretched, ends in (
            (thigh, thigh + legs[:, knee], [(knee, 1.0)]),
            (shank, shank + legs[:, ankle] - legs[:, knee], [(ankle, 1.0), (knee, -1.0)]),
        ):
            length, length_now = np.linalg.norm(bone, axis=-1), np.linalg.norm(stretched, axis=-1)
            kept = ~missing[:, [joint for joint, _ in ends]].any(axis=1) & (length > 1e-6)  # hips may be missing: NaN
            along = np.where(kept[:, None], stretched / np.where(kept, length_now, 1.0)[:, None], 0.0)
            off = np.where(kept, length_now - length, 0.0)
            equations.add([(0, joint, sign * along) for joint, sign in ends], kept / BONE**2, off)


def _add_smooth(equations, inside, now, moved, sight, fps) -> None:
    """Roots change their speed along the line of sight slowly; so do the corrections of legs."""
    if len(now) < 3:
        return
    middle, sight = (inside[1:] & inside[:-1]).astype(float), sight[1:-1]
    parts = [(late, 0, times * sight) for late, times in enumerate(SECOND)]
    equations.add(parts, middle * (fps**2 / ACCELERATION) ** 2, _dot(sight, np.diff(now[:, 0], 2, axis=0)))
    for joint in LEGS:
        parts = [(late, joint, times) for late, times in enumerate(SECOND)]
        bend = np.diff(moved[:, joint] - moved[:, 0], 2, axis=0)
        equations.add_vectors(parts, middle * (fps**2 / SHIFT) ** 2, bend)


def _add_standing(equations, joint, path, stands, inside, fps) -> None:
    """An ankle `[N, 3]` stays where it is between two frames in which it stands, `stands` `[N]`, and is slow."""
    from scipy.ndimage import gaussian_filter1d  # takes a while to import

    steps = np.diff(path, axis=0)
    speed = np.linalg.norm(np.diff(gaussian_filter1d(path, SMOOTH * fps, axis=0), axis=0), axis=-1) * fps
    slow = 1 / (1 + (speed / SWINGS) ** 4)
    weight = inside * stands[1:] * stands[:-1] * slow**2 * (fps / STANDING) ** 2
    parts = [(late, which, sign) for late, sign in ((1, 1.0), (0, -1.0)) for which in (0, joint)]
    equations.add_vectors(parts, weight, steps)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("ni,ni->n", a, b)


def _prior(clip, shared, directions) -> tuple[np.ndarray, np.ndarray]:
    """What is known of up, matrix and gradient; it counts as much as `AGAIN` seconds of frames that err alike."""
    matrix = np.zeros((3, 3))
    matrix[:2, :2] = np.linalg.inv(_spread(clip, directions) + 1e-10 * np.eye(2)) * _alike(clip)
    gradient = matrix @ shared
    matrix[2, 2] = 1e-12  # a floor that no foot shows is nowhere
    return matrix, gradient


def _alike(clip: Clip) -> float:
    """How many frames count as one measurement of what holds for the whole clip."""
    second = max(1.0, AGAIN * clip.fps)
    stands = clip.contact > STANDS
    new = np.ones(stands.shape, bool)
    new[1:] = ~stands[:-1] | (np.diff(clip.person) != 0)[:, None]
    stance = np.cumsum((new & stands).T)[stands.T.ravel()]
    lengths = np.bincount(stance)[1:]
    return float(lengths.sum() / (np.minimum(lengths, second) / second).sum()) if len(lengths) else second
