"""Layout of views: where people and cameras are, what panels show, how fast time runs, in which colours."""

import numpy as np

from geolift.output.result import ASSUMED_FPS, Result
from geolift.skeletons.skeleton import is_human

SLIDES = 2.0  # single images shown per second
# Name: angle about the vertical, radians. Views are level where the direction up is known.
VIEWS = {"from the camera's direction": 0.0, "from the side": np.pi / 2}
FAINTEST, FADING = 0.35, 4.0  # of bones that are not sure; the page has the same numbers
LEFT, RIGHT, MIDDLE = "#1f77b4", "#ff7f0e", "#000000"  # colours of the person's left and right: blue, orange; black


def planes(result: Result) -> np.ndarray:
    """What the 2D panel shows, `[1 or F, 4]` left, top, right, bottom in pixels: the image where its size is known.

    Else it is what the keypoints span: of a video once for all frames, all but the outermost half per cent.
    """
    if result.image_size is not None:
        return np.concatenate([np.zeros_like(result.image_size), result.image_size], axis=1)
    if result.video:
        return _around(result.keypoints, 0.5)[None]
    return np.stack([_around(result.keypoints[result.frame == i], 0) for i in range(len(result.frames))])


def shown_fps(result: Result) -> float:
    """Frames that are shown per second at normal speed."""
    if not result.video:
        return SLIDES
    return float(result.fps) if result.fps > 0 else ASSUMED_FPS


def scenes(result: Result, points: np.ndarray) -> np.ndarray:
    """What 3D panels show, `[1 or F, 7]`: centre, half extents, and the y of the ground; of single images one for each.

    Of a video it is one for all frames with people: the extent leaves out the outermost 5 % of these frames on each
    side, the ground the lowest 10 %, so that people who are seen briefly do not move it.

    Args:
        result: whose `frame` the rows of `points` have.
        points: `[N, J, 3]` where the joints stand.
    """
    low, high = np.full((len(result.frames), 3), np.inf), np.full((len(result.frames), 3), -np.inf)
    finite = np.isfinite(points).all(axis=-1, keepdims=True)
    np.minimum.at(low, result.frame, np.where(finite, points, np.inf).min(axis=1))
    np.maximum.at(high, result.frame, np.where(finite, points, -np.inf).max(axis=1))
    occupied = np.isfinite(low).all(axis=1)
    low[~occupied], high[~occupied] = -1, 1
    ground = high[:, 1]
    if result.video:
        kept = occupied | ~occupied.any()
        ground = np.percentile(ground[kept], [90])
        low, high = (np.percentile(ends[kept], [q], axis=0) for ends, q in ((low, 5), (high, 95)))
    half = (high - low) / 2
    half = np.maximum(half, 1e-3 + 0.1 * half.max(axis=1, keepdims=True))
    return np.concatenate([(low + high) / 2, half, ground[:, None]], axis=1)


def level_axes(result: Result) -> np.ndarray | None:
    """`[F, 3, 4]` rotation and shift from camera axes to level ones: x right, y down, z as the camera looks, levelled.

    The floor is at y = 0. A video has one azimuth, that of its first frame. None: no direction up is known; NaN where a
    frame has none.
    """
    if result.to_world is None or not (known := np.isfinite(result.to_world[:, 0, 0])).any():
        return None
    world = result.to_world.astype(np.float64)
    x, y = azimuth(result).T
    zero, one = np.zeros_like(x), np.ones_like(x)
    level = np.stack([np.stack(row, axis=-1) for row in ((y, -x, zero), (zero, zero, -one), (x, y, zero))], axis=1)
    return np.where(known[:, None, None], level @ world, np.nan)


def azimuth(result: Result) -> np.ndarray:
    """`[F, 2]` unit vectors: where the cameras look in world axes, seen from above; of a video that of the first frame.

    A camera that looks straight down or up looks where the top of its image points.
    """
    ahead, top = result.to_world[:, :2, 2].astype(np.float64), -result.to_world[:, :2, 1].astype(np.float64)
    steep = ~(np.linalg.norm(ahead, axis=1, keepdims=True) > 0.1)
    ahead = np.where(steep, top, ahead)
    known = np.isfinite(ahead).all(axis=1)
    if result.video:
        ahead = np.broadcast_to(ahead[known.argmax()], ahead.shape)
    return ahead / np.linalg.norm(ahead, axis=1, keepdims=True)


def levelled(result: Result, placed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Points `[N, J, 3]` in the axes of `level_axes`, and what panels show of them, `[1 or F, 7]` as `scenes`.

    Args:
        result: with a world.
        placed: where they are, with the floor as the ground if it is known; else beside each other.
    """
    level = level_axes(result)[result.frame]
    points = result.points + result.position[:, None] if placed else result.points
    points = np.einsum("nij,nkj->nki", level[..., :3], points)
    points = points + (level[:, None, :, 3] if placed else beside(result)[:, None, None] * np.array([1, 0, 0]))
    limits = scenes(result, points)
    if placed and result.video and result.floor is not None and np.isfinite(result.floor).any():
        limits[:, 6] = 0
    return points, limits


def strength(result: Result) -> np.ndarray:
    """`[N, J]` 0 to 1, how strongly a joint and its bone are drawn: less where it is less sure; 1 where unknown.

    Of animals, whose uncertainty is not calibrated, all are 1.
    """
    if result.uncertainty is None or not is_human(result.skeleton):
        return np.ones(result.points.shape[:2])
    there = np.isfinite(result.points)
    high = np.where(there, result.points, -np.inf).max(axis=1)
    low = np.where(there, result.points, np.inf).min(axis=1)
    half = np.maximum(high - low, 1e-6).max(axis=1, keepdims=True) / 2
    sure = np.clip(1.1 - FADING * result.uncertainty / half, FAINTEST, 1)
    return np.where(np.isfinite(sure), sure, 1)


def foot_joints(result: Result) -> list[int]:
    """The joints of the left and the right foot, by which contact is drawn; none of other skeletons."""
    names = result.skeleton.names
    return [names.index(name) for name in ("left_ankle", "right_ankle") if name in names]


def beside(result: Result) -> np.ndarray:
    """`[N]` how far to the right of the origin each root stands where people stand side by side, in their order.

    In a video a person keeps their place; people who share no frame may share a place. A place is as wide as the joints
    on it reach, in every direction about the vertical.
    """
    radius = np.hypot(result.points[..., 0], result.points[..., 2])
    radius = np.where(np.isfinite(radius), radius, 0).max(axis=1)
    place = _places(result)
    shared = np.zeros_like(result.frame) if result.video else result.frame
    reach = np.zeros((shared.max() + 1, place.max() + 1))
    np.maximum.at(reach, (shared, place), radius)
    steps = 1.1 * (reach[:, :-1] + reach[:, 1:])
    return np.insert(np.cumsum(steps, axis=1), 0, 0, axis=1)[shared, place]


def side_by_side(result: Result) -> np.ndarray:
    """Points `[N, J, 3]` of people who stand `beside` each other."""
    return result.points + beside(result)[:, None, None] * np.array([1, 0, 0])


def _places(result: Result) -> np.ndarray:
    """`[N]` a person's number among those of their frames: the lowest that no earlier person has in one of them."""
    place = np.zeros(len(result.person), int)
    taken: list[np.ndarray] = []
    for rows in np.split(np.arange(len(place)), np.flatnonzero(np.diff(result.person)) + 1):
        frames = result.frame[rows]
        free = next((k for k, frames_taken in enumerate(taken) if not frames_taken[frames].any()), len(taken))
        if free == len(taken):
            taken.append(np.zeros(len(result.frames), bool))
        taken[free][frames] = True
        place[rows] = free
    return place


def _around(keypoints: np.ndarray, percent: float) -> np.ndarray:
    """Left, top, right, bottom of the box around all keypoints but the outermost `percent`, with a margin."""
    finite = keypoints[np.isfinite(keypoints).all(axis=-1)]
    if not len(finite):
        return np.array([0.0, 0.0, 1.0, 1.0])
    low, high = np.percentile(finite, [percent, 100 - percent], axis=0)
    margin = 0.08 * max(*(high - low), 1.0)
    return np.concatenate([low - margin, high + margin])
