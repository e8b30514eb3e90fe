"""The rotations of synchronised cameras, from 2D alone: structure from motion of bodies that move (docs/method.md).

But for perspective, root-centred 2D of all moments and joints is a matrix of rank 3: two rows for each camera times the
points of the bodies. Its factors are known up to a linear map, which follows from the two rows of each camera: they are
perpendicular and equally long. With two cameras one parameter is left, for which bones are as constant as they can be.
What stays open is a mirror image: all depths, and the turns between cameras, the other way round.
"""

import math
from typing import NamedTuple

import numpy as np

from geolift.data.moments import Moments
from geolift.data.synchrony import expect_in_time, expect_synchronised
from geolift.errors import DatasetError
from geolift.skeletons.bones import seen_bone_lengths
from geolift.skeletons.skeleton import Skeleton

MEASURED = 600  # moments, evenly spread, that rotations are found from, at most
ROUNDS = 5  # of rows, points, sizes and outliers after each other; further ones change less than 0.1 degrees
FILLS = 30  # in a round, of values that are missing from the matrix, by its rank-3 approximation
OUTLIER = 5.0  # a joint is one beyond so many times the median distance from where the rigid cameras see it
ANGLES = 90  # of the one parameter that two cameras leave open, tried evenly
AMBIGUOUS = 4.0  # so many times less may the best solution solve than the next one; opposite cameras count as one
LARGEST_REST = 0.25  # share of the 2D (root mean square) that rigid cameras may leave
LARGEST_LOST = 0.4  # share of the joints of a camera that may be outliers
LEVEL_WEIGHT = 0.03  # of cameras that look level beside cameras that are not rolled, where all of them look one way
MIRROR = np.diag([1.0, 1.0, -1.0])


class FoundCameras(NamedTuple):
    """The C cameras of moments.

    Attributes:
        names: of the cameras.
        rotation: `[C, 3, 3]` from axes of the room (x, y down, z) to those of each camera (x right, y down, z forward).
        points: `[M, J, 3]` root-centred bodies in axes of the room, of the moments that were used; NaN: not known.
        rest: root mean square of what rigid cameras leave unexplained, over that of the 2D.

    Example:
        >>> FoundCameras(("a", "b"), np.stack([np.eye(3)] * 2), np.zeros((1, 17, 3)), 0.02).largest_angle
        0.0
    """

    names: tuple[str, ...]
    rotation: np.ndarray
    points: np.ndarray
    rest: float

    @property
    def pitch(self) -> np.ndarray:
        """`[C]` radians, how far each camera looks down."""
        return np.arcsin(np.clip(self.rotation[:, 2, 1], -1, 1))

    @property
    def largest_angle(self) -> float:
        """Radians, 0 to pi / 2: the largest angle between the lines along which two cameras look."""
        axes = self.rotation[:, 2]
        return float(np.arccos(np.clip(np.abs(axes @ axes.T), 0, 1)).max())

    def mirrored(self) -> "FoundCameras":
        """The other solution: the same 2D, with depths the other way and cameras that look up instead of down."""
        return self._replace(rotation=MIRROR @ self.rotation @ MIRROR, points=self.points @ MIRROR)


def find_cameras(
    poses: np.ndarray, seen: np.ndarray, moments: Moments, skeleton: Skeleton, *, look_down: bool
) -> FoundCameras:
    """Find how synchronised cameras are rotated.

    Args:
        poses: `[F, J, 2]` root-centred poses in one unit (`normalize`).
        seen: `[F, J]` bool.
        moments: of the F frames.
        skeleton: of the joints.
        look_down: whether the cameras look down on average, which decides between two mirrored solutions.

    Raises:
        DatasetError: if bodies and cameras cannot be rigid: the files do not film the same moments, or cameras move.

    Source:
        Tomasi & Kanade 1992, for weak perspective (docs/method.md, eq. 40); for bodies that move: ours.

    Example:
        >>> from geolift.data import fit_normalization, normalize, open_dataset
        >>> from geolift.data.moments import find_moments, with_moments_of_clips
        >>> people = open_dataset("procedural").select("test")
        >>> moments = find_moments(with_moments_of_clips(people, "people"))
        >>> poses = normalize(people, fit_normalization(people))
        >>> found = find_cameras(poses, people.seen, moments, people.skeleton, look_down=True)
        >>> found.rotation.shape
        (4, 3, 3)
    """
    observed, known = _observations(poses, seen, moments, skeleton)
    expect_synchronised(observed, known, moments.cameras)
    there = seen & seen[:, [skeleton.root]] & (np.arange(seen.shape[1]) != skeleton.root)
    expect_in_time(poses, there, moments.frame, moments.cameras)
    size = np.ones(known.shape[:2])
    used, shown = known, observed
    for i in range(ROUNDS):
        scaled = observed * size[..., None, None]
        rows = _rows(np.where(used[..., None], scaled, shown), used, skeleton)
        points = _points(scaled, used, rows)
        shown = np.einsum("cij,mnj->mcni", rows, points)
        error = np.linalg.norm(shown - scaled, axis=-1)
        if i:
            used = known & (error < OUTLIER * np.median(error[known]))
            used &= used.sum(axis=1, keepdims=True) >= 2
        size = _sizes(observed, shown, used)
    rest = math.sqrt((error[used] ** 2).sum() / (observed[used] ** 2).sum())
    lost = 1 - used.sum(axis=(0, 2)) / known.sum(axis=(0, 2))
    if not (rest < LARGEST_REST and lost.max() < LARGEST_LOST):  # true for NaN as well
        raise DatasetError(
            f"synchronized: found cameras that do not see one rigid body: {rest:.0%} of the 2D is left, and "
            f"{lost.max():.0%} of the joints of {moments.cameras[int(lost.argmax())]} lie elsewhere, expected under "
            f"{LARGEST_REST:.0%} and {LARGEST_LOST:.0%}; do all files film one body at the same moments, by cameras "
            "that do not move?"
        )
    unit = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    rotation = np.concatenate([unit, np.cross(unit[:, :1], unit[:, 1:])], axis=1)
    room = _room(rotation)
    points = np.where(used.any(axis=1)[..., None], points @ room.T, np.nan)
    points[:, skeleton.root] = 0.0
    found = FoundCameras(moments.cameras, rotation @ room.T, points, rest)
    return found if (found.pitch.mean() >= 0) == look_down else found.mirrored()


def _observations(
    poses: np.ndarray, seen: np.ndarray, moments: Moments, skeleton: Skeleton
) -> tuple[np.ndarray, np.ndarray]:
    """`[M, C, J, 2]` 2D of some moments, 0 where not known, and `[M, C, J]` which are: by two cameras at least."""
    frame = moments.frame[:: -(-len(moments.frame) // MEASURED)]
    known = (frame >= 0)[..., None] & seen[frame] & seen[frame][..., [skeleton.root]]
    known[..., skeleton.root] = False  # it is the origin
    known &= known.sum(axis=1, keepdims=True) >= 2
    by_two = known.any(axis=(1, 2))
    apart = np.flatnonzero(~known.any(axis=(0, 2)))
    if len(apart):
        raise DatasetError(
            f"synchronized: {moments.cameras[apart[0]]} sees no joint at a moment at which another camera sees it, "
            f"expected that of each of {len(moments.cameras)} cameras"
        )
    known = known[by_two]
    return np.where(known[..., None], poses[frame[by_two]], 0.0).astype(np.float64), known


def _rows(observed: np.ndarray, known: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """`[C, 2, 3]` the first two rows of each camera's rotation, times its scale."""
    cameras = observed.shape[1]
    matrix = observed.transpose(1, 3, 0, 2).reshape(2 * cameras, -1)
    missing = ~np.repeat(known.transpose(1, 0, 2).reshape(cameras, -1), 2, axis=0)
    for _ in range(FILLS if missing[:, (~missing).any(axis=0)].any() else 1):
        basis = np.linalg.eigh(matrix @ matrix.T)[1][:, -3:]
        matrix = np.where(missing, basis @ (basis.T @ matrix), matrix)
    basis = basis.reshape(cameras, 2, 3)
    maps = _metric_maps(basis)
    if len(maps) == 1:
        return _as_cameras(basis @ maps[0])
    # Of the maps that two cameras leave, the one with the most constant bones.
    candidates = [_as_cameras(basis @ each) for each in maps]
    few = slice(None, None, -(-len(observed) // (MEASURED // ANGLES)))
    spreads = [_bone_spread(_points(observed[few], known[few], rows), known[few], skeleton) for rows in candidates]
    return candidates[int(np.argmin(spreads))]


def _metric_maps(basis: np.ndarray) -> list[np.ndarray]:
    """`[3, 3]` maps A after which the rows `[C, 2, 3]` of each camera are perpendicular and equally long: A A^T = Q."""
    pairs = np.array([(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)])

    def form(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """a^T Q b as factors `[C, 6]` of the entries of Q."""
        products = a[:, pairs[:, 0]] * b[:, pairs[:, 1]]
        return products + np.where(pairs[:, 0] != pairs[:, 1], a[:, pairs[:, 1]] * b[:, pairs[:, 0]], 0.0)

    x, y = basis[:, 0], basis[:, 1]
    power = (x**2 + y**2).sum(axis=1, keepdims=True)  # so that every camera counts alike
    equations = np.concatenate([(form(x, x) - form(y, y)) / power, 2 * form(x, y) / power])
    _, rest, solutions = np.linalg.svd(equations)
    entries = solutions[-1:]
    if len(basis) == 2 or rest[4] < AMBIGUOUS * rest[5]:
        turn = np.arange(ANGLES)[:, None] * np.pi / ANGLES
        entries = np.cos(turn) * solutions[-1] + np.sin(turn) * solutions[-2]
    maps, positive = [], []
    for entry in entries:
        form_ = np.empty((3, 3))
        form_[pairs[:, 0], pairs[:, 1]] = form_[pairs[:, 1], pairs[:, 0]] = entry
        values, vectors = np.linalg.eigh(form_ if np.trace(form_) > 0 else -form_)
        maps.append(vectors * np.sqrt(np.maximum(values, 1e-6 * values[-1])))
        positive.append(values[0] > 0)
    return [each for each, real in zip(maps, positive, strict=True) if real] or maps[:1]


def _as_cameras(rows: np.ndarray) -> np.ndarray:
    """The nearest rows `[C, 2, 3]` that are perpendicular and equally long in each camera."""
    u, s, vt = np.linalg.svd(rows, full_matrices=False)
    return (u @ vt) * s.mean(axis=1)[:, None, None]


def _points(observed: np.ndarray, known: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`[M, J, 3]` least-squares points that cameras see where they are observed; 0 where fewer than two see them."""
    weight = known.astype(float)
    normal = np.einsum("mcn,cjk->mnjk", weight, np.einsum("cij,cik->cjk", rows, rows))
    right = np.einsum("mcni,cij->mnj", observed * weight[..., None], rows)
    tiny = 1e-6 * (rows**2).sum() * np.eye(3)
    return np.linalg.solve(normal + tiny, right[..., None])[..., 0]


def _sizes(observed: np.ndarray, shown: np.ndarray, used: np.ndarray) -> np.ndarray:
    """`[M, C]` factors by which bodies must be scaled in each camera, as they come nearer; 1 on average of a moment."""
    inside = used[..., None] * observed
    fit, power = (inside * shown).sum(axis=(2, 3)), (inside * observed).sum(axis=(2, 3))
    factor = np.where((power > 0) & (fit > 0), fit / np.where(power > 0, power, 1.0), 1.0)
    return factor / factor.mean(axis=1, keepdims=True)


def _bone_spread(points: np.ndarray, known: np.ndarray, skeleton: Skeleton) -> float:
    """How little constant bones are: standard deviation over mean of their lengths, averaged over the bones."""
    seen = known.any(axis=1)
    seen[:, skeleton.root] = True
    lengths = seen_bone_lengths(points, seen, skeleton)
    lengths = lengths[:, ~np.isnan(lengths).all(axis=0)]
    return float((np.nanstd(lengths, axis=0) / np.nanmean(lengths, axis=0)).mean())


def _room(rotation: np.ndarray) -> np.ndarray:
    """`[3, 3]` to axes of the room: y is the direction down, if cameras `[C, 3, 3]` are not rolled."""
    across, ahead = rotation[:, 0], rotation[:, 2]
    level = np.linalg.eigh(across.T @ across + LEVEL_WEIGHT**2 * ahead.T @ ahead)[1][:, 0]
    down = level if (rotation[:, 1] @ level).sum() > 0 else -level
    right = np.cross(down, ahead[0] if abs(ahead[0] @ down) < 0.9 else rotation[0, 1])
    right /= np.linalg.norm(right)
    return np.stack([right, down, np.cross(right, down)])
