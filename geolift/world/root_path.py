"""Where people and their feet are, up and the floor: one least-squares problem for a clip.

Unknown are, frame by frame, how far the root, the knees and the ankles are moved, and, for the whole clip, two angles
of up and the height of the floor. The first make a banded system, which the others border, so that time and memory
grow with the frames alone. The spread of what holds for the clip is part of it. The focal length is no unknown: errors
of contact along the line of sight would decide it.
"""

from typing import NamedTuple

import numpy as np

from geolift.rotations import unit
from geolift.world.gravity import tangents

JOINTS = ("root", "left_knee", "left_ankle", "right_knee", "right_ankle")  # that move; hips move with the root
SIZE = 3 * len(JOINTS)  # unknowns of a frame
BAND = 3 * SIZE - 1  # a second difference joins three frames
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
    shared = _first_shared(clip, start[:, [2, 4]], missing[:, [2, 4]], directions)
    for _ in range(ROUNDS):
        terms = _Terms(len(start))
        _add_terms(terms, clip, start, moved, shared, missing, directions)
        moved, shared, covariance = _solve(terms, moved, shared)
    covariance *= _alike(clip)
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


class _Terms:
    """Rows of a linear least-squares problem: weighted coefficients of each unknown, and what is left over."""

    def __init__(self, frames: int):
        self.unknowns = frames * SIZE
        self.rows, self.columns, self.values, self.shared, self.left = [], [], [], [], []
        self.count = 0

    def add(self, parts: list[tuple[np.ndarray, np.ndarray]], left: np.ndarray, shared: np.ndarray | None = None):
        """Add M terms of K rows.

        Args:
            parts: first unknown `[M]` of a joint, and coefficients `[M, K, 3]` of its three.
            left: `[M, K]` the value now, which is to become 0.
            shared: `[M, K, 3]` coefficients of what holds for the whole clip.
        """
        many, each = left.shape
        row = self.count + np.arange(many * each).reshape(many, each, 1)
        for first, coefficients in parts:
            self.rows.append(np.broadcast_to(row, coefficients.shape).ravel())
            columns = first[:, None, None] + np.arange(3)
            self.columns.append(np.broadcast_to(columns, coefficients.shape).ravel())
            self.values.append(coefficients.ravel())
        self.left.append(left.ravel())
        self.shared.append(np.zeros((many * each, 3)) if shared is None else shared.reshape(-1, 3))
        self.count += many * each


def _add_terms(terms, clip, start, moved, shared, missing, directions) -> None:
    """All terms of the problem, linear around where joints are now."""
    from scipy.ndimage import gaussian_filter1d  # takes a while to import

    rows, fps = np.arange(len(start)), clip.fps
    place = SIZE * rows[:, None] + 3 * np.arange(len(JOINTS))
    now = start + moved
    sight = unit(start)
    _add_measured(terms, place, start, moved, missing, sight)
    _add_bones(terms, clip, place, now, start, moved, missing)
    inside = (np.diff(clip.person) == 0) & (np.diff(clip.frame) == 1)
    _add_smooth(terms, place, inside, now, moved, sight, fps)
    up = clip.up + shared[0] * directions[0] + shared[1] * directions[1]
    contact = np.where(missing[:, [2, 4]], 0, clip.contact)
    for side, joint in enumerate((2, 4)):
        both = np.flatnonzero(inside & (np.minimum(contact[1:, side], contact[:-1, side]) > 0.05))
        speed = np.linalg.norm(np.diff(gaussian_filter1d(now[:, joint], SMOOTH * fps, axis=0), axis=0), axis=-1) * fps
        slow = 1 / (1 + (speed[both] / SWINGS) ** 4)
        weight = np.sqrt(contact[both, side] * contact[both + 1, side]) * slow * fps / STANDING
        eye = weight[:, None, None] * np.eye(3)
        step = weight[:, None] * (now[both + 1, joint] - now[both, joint])
        terms.add([(place[both + 1, joint], eye), (place[both, joint], -eye)], step)
        stands = np.flatnonzero(contact[:, side] > 0.05)
        above = now[stands, joint] @ up - shared[2]
        weight = np.sqrt(contact[stands, side]) / HEIGHT / (1 + (above / (2 * HEIGHT)) ** 2)
        common = np.stack([*(now[stands, joint] @ d for d in directions), np.full(len(stands), -1.0)], axis=-1)
        coefficients = np.broadcast_to(up, (len(stands), 1, 3))
        terms.add(
            [(place[stands, joint], weight[:, None, None] * coefficients)],
            (weight * above)[:, None],
            (weight[:, None] * common)[:, None],
        )
        _add_above_floor(terms, place[:, joint], now[:, joint] @ up - shared[2], up, missing[:, joint])
    _add_priors(terms, clip, shared, directions)


def _add_above_floor(terms, place, above, up, missing) -> None:
    """Ankles that are somewhat below the floor are lifted; far below there is another one. The floor is not moved."""
    low = np.flatnonzero(~missing & (above < -LOWEST) & (above > -DEEPEST))
    weight = np.full(len(low), 1 / HEIGHT)
    lifted = np.broadcast_to(up, (len(low), 1, 3)) * weight[:, None, None]
    terms.add([(place[low], lifted)], (weight * (above[low] + LOWEST))[:, None])


def _add_measured(terms, place, start, moved, missing, sight) -> None:
    """Joints stay where they are seen, and, less surely, as deep as they were lifted."""
    across = np.eye(3) - sight[..., :, None] * sight[..., None, :]
    for joint in range(len(JOINTS)):
        a = across[:, joint] / (ROOT_ACROSS if joint == 0 else ACROSS)
        terms.add([(place[:, joint], a)], np.einsum("nij,nj->ni", a, moved[:, joint]))
        if joint == 0:
            along = sight[:, 0, None] / (ROOT_DEPTH * np.linalg.norm(start[:, 0], axis=-1))[:, None, None]
            terms.add([(place[:, 0], along)], np.einsum("nij,nj->ni", along, moved[:, 0]))
            continue
        along = sight[:, joint, None] / np.where(missing[:, joint], 1e-3, LEG_DEPTH)[:, None, None]
        off = np.einsum("nij,nj->ni", along, moved[:, joint] - moved[:, 0])
        terms.add([(place[:, joint], along), (place[:, 0], -along)], off)


def _add_bones(terms, clip, place, now, start, moved, missing) -> None:
    """Thighs and shanks keep their lengths."""
    for side, (knee, ankle) in enumerate(((1, 2), (3, 4))):
        hip, hip_now = clip.hips[:, side], clip.hips[:, side] + (now - start)[:, 0]
        for upper, lower, above, below in ((0, knee, (hip, hip_now), knee), (knee, ankle, None, ankle)):
            rest, is_now = above or (start[:, knee], now[:, knee])
            bone, bone_now = start[:, below] - rest, now[:, below] - is_now
            shown = ~missing[:, lower] & ~missing[:, upper] & np.isfinite(bone).all(axis=1)
            kept = np.flatnonzero(shown & (np.linalg.norm(bone, axis=-1) > 1e-6))
            length, length_now = (np.linalg.norm(x[kept], axis=-1) for x in (bone, bone_now))
            along = (bone_now[kept] / length_now[:, None])[:, None] / BONE
            off = ((length_now - length) / BONE)[:, None]
            terms.add([(place[kept, lower], along), (place[kept, upper], -along)], off)


def _add_smooth(terms, place, inside, now, moved, sight, fps) -> None:
    """Roots change their speed along the line of sight slowly; so do the corrections of legs."""
    middle = np.flatnonzero(inside[1:] & inside[:-1]) + 1
    if not len(middle):
        return
    along = sight[middle, 0][:, None] * fps**2 / ACCELERATION
    second = now[middle + 1, 0] - 2 * now[middle, 0] + now[middle - 1, 0]
    parts = [(place[middle + 1, 0], along), (place[middle, 0], -2 * along), (place[middle - 1, 0], along)]
    terms.add(parts, np.einsum("nij,nj->ni", along, second))
    eye = np.broadcast_to(np.eye(3) * fps**2 / SHIFT, (len(middle), 3, 3))
    for joint in range(1, len(JOINTS)):
        relative = moved[:, joint] - moved[:, 0]
        second = (relative[middle + 1] - 2 * relative[middle] + relative[middle - 1]) * fps**2 / SHIFT
        parts = [
            (place[middle + i, j], sign * times * eye)
            for i, times in ((1, 1.0), (0, -2.0), (-1, 1.0))
            for j, sign in ((joint, 1.0), (0, -1.0))
        ]
        terms.add(parts, second)


def _add_priors(terms, clip, shared, directions) -> None:
    """What is known of up; it counts as much as `AGAIN` seconds of frames that err alike."""
    often = _alike(clip)
    spread = _spread(clip, directions)
    root = np.linalg.cholesky(np.linalg.inv(spread + 1e-10 * np.eye(2)) * often).T
    common, left = np.zeros((1, 3, 3)), np.zeros((1, 3))
    common[0, :2, :2], left[0, :2] = root, root @ shared[:2]
    common[0, 2, 2] = 1e-6  # a floor that no foot shows is nowhere
    terms.add([], left, common)


def _alike(clip: Clip) -> float:
    """How many frames count as one measurement of what holds for the whole clip."""
    second = max(1.0, AGAIN * clip.fps)
    stands = clip.contact > STANDS
    new = np.ones(stands.shape, bool)
    new[1:] = ~stands[:-1] | (np.diff(clip.person) != 0)[:, None]
    stance = np.cumsum((new & stands).T)[stands.T.ravel()]
    lengths = np.bincount(stance)[1:]
    return float(lengths.sum() / (np.minimum(lengths, second) / second).sum()) if len(lengths) else second


def _solve(terms: _Terms, moved: np.ndarray, shared: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of Gauss and Newton; the covariance `[3, 3]` of what is shared, as if all frames were independent."""
    from scipy.linalg import solveh_banded  # takes a while to import
    from scipy.sparse import coo_matrix  # takes a while to import

    values, rows, columns = (np.concatenate(x) for x in (terms.values, terms.rows, terms.columns))
    jacobian = coo_matrix((values, (rows, columns)), shape=(terms.count, terms.unknowns)).tocsr()
    left, common = np.concatenate(terms.left), np.concatenate(terms.shared)
    normal = (jacobian.T @ jacobian).tocoo()
    lower = normal.row >= normal.col
    banded = np.zeros((BAND + 1, terms.unknowns))
    banded[(normal.row - normal.col)[lower], normal.col[lower]] = normal.data[lower]
    right = jacobian.T @ np.column_stack([left, common])
    solved = solveh_banded(banded, right, lower=True, overwrite_ab=True, check_finite=False)
    inner = common.T @ common - right[:, 1:].T @ solved[:, 1:]
    step = np.linalg.solve(inner, -(common.T @ left - right[:, 1:].T @ solved[:, 0]))
    change = -solved[:, 0] - solved[:, 1:] @ step
    return moved + change.reshape(moved.shape), shared + step, np.linalg.inv(inner)
