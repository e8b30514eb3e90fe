"""Which side of a body cameras see, its back or its belly, by left and right in the image.

Of a body whose head is ahead of its root, with a = head - root and l = left - right in the image, x right and y up, the
cross product a x l is positive if the back is seen, and is the sine of the angle of view against the ground times both
lengths. A head above the root, as of bodies that rear, adds its height times the part of l across the image, which is
fitted and taken off.
"""

from typing import NamedTuple

import numpy as np

from geolift.skeletons.handedness import across
from geolift.skeletons.skeleton import Skeleton

LONG = 90  # percentile of lengths in the image: those of bodies that lie in its plane, but for errors of detection
ALIKE = 30  # frames that follow each other and count as one, about a second of video
CAMERA = 0.15  # standard deviation of the sine of one camera around that of its pitch, as bodies tilt to one side: 0.11
# of a mouse and 0.17 of a tethered fly before level cameras (docs/seen-side.md)
HEIGHT = 1.0  # standard deviation of the height of heads in body lengths before anything is seen: any posture
CLEAR = 2  # standard deviations from 0
ENOUGH = 8  # poses that differ, of bodies that point away from a camera, and of those that point aside
ONE_RATIO = 0.04  # standard deviation of `foreshortening` by one camera: of a mouse before cameras at 45 to 85 degrees
SECTORS = 12  # of the directions around a body
SECTOR = 0.02  # share of the poses that a sector has if bodies are seen from there
MOST = 20000  # frames that are looked at, evenly spread


class SeenSide(NamedTuple):
    """Which side of the bodies is seen.

    Attributes:
        sine: of the angle under which the back is seen, about; negative: the belly is seen.
        spread: standard deviation of `sine`; infinite if nothing can be known.
        share: of the poses that show the back.
        height: of heads above roots, about, as a share of the distance from root to head.
        cameras: the same of each camera by its name.

    Example:
        >>> SeenSide(-0.5, 0.1, 0.02, 0.0, {}).side, SeenSide(0.1, 0.2, 0.6, 0.0, {}).side
        ('belly', '')
    """

    sine: float
    spread: float
    share: float
    height: float
    cameras: "dict[str, CameraSide]"

    @property
    def side(self) -> str:
        """ "back", "belly", or "" if it is not clear."""
        return _side(self.sine, self.spread)


class CameraSide(NamedTuple):
    """Which side of the bodies one camera sees, by its poses alone: bodies may rear before this one.

    Attributes:
        sine, spread, share: as in `SeenSide`.
        poses: how many.
        directions: from how many of `SECTORS` it sees the bodies.

    Example:
        >>> CameraSide(0.5, 0.15, 0.97, 1000, 12).side
        'back'
    """

    sine: float
    spread: float
    share: float
    poses: int
    directions: int

    @property
    def side(self) -> str:
        """ "back", "belly", or "" if it is not clear."""
        return _side(self.sine, self.spread)


def seen_side(keypoints: np.ndarray, camera: np.ndarray, skeleton: Skeleton) -> SeenSide:
    """Measure which side of bodies is seen.

    Right where heads are ahead of roots in space, as of four-legged animals. Heads above roots (people) have no sign:
    the sine is near 0. People who lie on their backs show their bellies to cameras from above.

    Args:
        keypoints: `[F, J, 2]` pixels of undistorted images, x right, y down; NaN where missing.
        camera: `[F]` the name of the camera of each.
        skeleton: of the joints.

    Returns:
        The sine with its spread; 0 and infinity without sides, or if no frame has head, root and a pair of joints.

    Source:
        Ours.

    Example:
        >>> skeleton = Skeleton(("tail", "nose", "left_paw", "right_paw"), (-1, 0, 0, 0), (2,), (3,), head=1)
        >>> turn = np.linspace(0, 2 * np.pi, 3000)[:, None]
        >>> body = np.array([[0.0, 0], [1, 0], [0.5, 0.2], [0.5, -0.2]])  # x ahead, y left
        >>> x, away = np.cos(turn) * body[:, 0] - np.sin(turn) * body[:, 1], np.sin(turn) * body[:, 0]
        >>> image = np.stack([x, -0.5 * (away + np.cos(turn) * body[:, 1])], axis=-1)  # from above by 30 degrees
        >>> found = seen_side(image, np.full(3000, "side"), skeleton)
        >>> round(found.sine, 1), found.share, found.side
        (0.5, 1.0, 'back')
    """
    unknown = SeenSide(0.0, np.inf, 0.5, 0.0, {})
    if not skeleton.left:
        return unknown
    ahead = keypoints[:, skeleton.head] - keypoints[:, skeleton.root]
    sides = across(keypoints, skeleton)
    usable = np.flatnonzero(np.isfinite(ahead).all(axis=1) & np.isfinite(sides).all(axis=1))
    usable = usable[:: max(1, -(-len(usable) // MOST))]
    names, which = np.unique(camera[usable], return_inverse=True)
    sines, turned = np.full((2, len(usable)), np.nan)
    for i in range(len(names)):
        sines[which == i], turned[which == i] = _sines(ahead[usable[which == i]], sides[usable[which == i]])
    known = np.isfinite(sines)
    if not known.any():
        return unknown
    sine, height, spread = _fit(sines[known], turned[known])
    cameras = {}
    for i, name in enumerate(names):
        if (here := (which == i) & known).any():
            of, tall, apart = _fit(sines[here], turned[here])
            share = float((sines[here] > tall * turned[here]).mean())
            directions = _sectors(ahead[usable[here]], sides[usable[here]])
            cameras[str(name)] = CameraSide(of, float(np.hypot(apart, CAMERA)), share, int(here.sum()), directions)
    spread = float(np.hypot(spread, CAMERA / np.sqrt(len(cameras))))
    share = float((sines[known] > height * turned[known]).mean())
    return SeenSide(sine, spread, share, height, cameras)


def foreshortening(keypoints: np.ndarray, camera: np.ndarray, skeleton: Skeleton) -> tuple[float, float]:
    """The sine of the angle between cameras and ground, by how wide bodies are along the view and across it.

    Lines from right to left are level, but for a roll: those that point away from the camera are shorter in the image
    by this sine. Accurate where `SeenSide.sine`, which legs and bent bodies make smaller, is not: for steep cameras.

    Args:
        keypoints, camera, skeleton: as in `seen_side`.

    Returns:
        The median over cameras of a sine, up to a little over 1, and its standard deviation; NaN and infinity where
        no camera has enough bodies in both directions.

    Source:
        Ours.

    Example:
        >>> skeleton = Skeleton(("tail", "nose", "left_paw", "right_paw"), (-1, 0, 0, 0), (2,), (3,), head=1)
        >>> turn = np.linspace(0, 2 * np.pi, 20000)
        >>> image = np.zeros((20000, 4, 2))
        >>> image[:, 2] = np.stack([np.cos(turn), 0.5 * np.sin(turn)], axis=1)
        >>> round(foreshortening(image, np.full(20000, "side"), skeleton)[0], 1)
        0.5
    """
    if not skeleton.left:
        return float("nan"), np.inf
    sides = across(keypoints, skeleton)
    angle = np.arctan2(np.abs(sides[:, 1]), np.abs(sides[:, 0]))
    width = np.linalg.norm(sides, axis=1)
    ratios = []
    for name in np.unique(camera):
        away, aside = (width[(camera == name) & near] for near in (angle > 3 * np.pi / 8, angle < np.pi / 8))
        if min(len(away), len(aside)) >= ENOUGH * ALIKE:
            ratios.append(np.percentile(away, LONG) / np.percentile(aside, LONG))
    return (float(np.median(ratios)), ONE_RATIO / np.sqrt(len(ratios))) if ratios else (float("nan"), np.inf)


def seen_sectors(keypoints: np.ndarray, skeleton: Skeleton) -> int:
    """From how many of `SECTORS` directions around bodies cameras see them, by what lies across the image.

    A body that turns by t against the image has cos t of its length and -sin t of its width across it. Lengths are
    those of the largest bodies in the image: animals that never turn may seem to turn more than they do, not less.

    Args:
        keypoints, skeleton: as in `seen_side`, with sides and heads ahead of roots.

    Source:
        Ours.

    Example:
        >>> skeleton = Skeleton(("tail", "nose", "left_paw", "right_paw"), (-1, 0, 0, 0), (2,), (3,), head=1)
        >>> turn = np.linspace(-0.5, 0.5, 1000)  # radians, from the side
        >>> image = np.zeros((1000, 4, 2))
        >>> image[:, 1, 0], image[:, 2, 0] = np.cos(turn), -np.sin(turn)
        >>> image[:, 2, 1] = -np.cos(turn)
        >>> seen_sectors(image, skeleton)
        2
    """
    ahead, sides = keypoints[:, skeleton.head] - keypoints[:, skeleton.root], across(keypoints, skeleton)
    usable = np.isfinite(ahead).all(axis=1) & np.isfinite(sides).all(axis=1)
    return _sectors(ahead[usable], sides[usable]) if usable.any() else 0


def _sectors(ahead: np.ndarray, sides: np.ndarray) -> int:
    """`seen_sectors` of the lines `[N, 2]` from root to head, and from right to left."""
    long, wide = (np.percentile(np.linalg.norm(v, axis=1), LONG) for v in (ahead, sides))
    turned = np.arctan2(-sides[:, 0] * long, ahead[:, 0] * wide)
    sector = np.floor((turned / (2 * np.pi) + 0.5) * SECTORS).astype(int) % SECTORS
    return int((np.bincount(sector, minlength=SECTORS) >= SECTOR * len(sector)).sum())


def _side(sine: float, spread: float) -> str:
    return ("back" if sine > 0 else "belly") if abs(sine) > CLEAR * spread else ""


def _sines(ahead: np.ndarray, sides: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of one camera's poses: the cross product, and how far each is turned away, 1 seen from behind, -1 in front."""
    long, wide = (np.percentile(np.linalg.norm(v, axis=1), LONG) for v in (ahead, sides))
    if not long > 0 < wide:
        return np.full(len(ahead), np.nan), np.full(len(ahead), np.nan)
    cross = ahead[:, 1] * sides[:, 0] - ahead[:, 0] * sides[:, 1]  # y down
    return cross / (long * wide), -sides[:, 0] / wide


def _fit(sines: np.ndarray, turned: np.ndarray) -> tuple[float, float, float]:
    """sine and height in sines = sine + height * turned, and the standard deviation of sine.

    Least squares, with a height of 0 +- `HEIGHT` beforehand: bodies that never turn say nothing about it.
    """
    design = np.stack([np.ones(len(sines)), turned], axis=1)
    fit = np.zeros(2)
    variance = max(float(sines.var()), 1e-6)
    for _ in range(2):  # the second time with the variance that the first one leaves
        precision = design.T @ design / variance / ALIKE + np.diag([0.0, 1 / HEIGHT**2])
        fit = np.linalg.solve(precision, design.T @ sines / variance / ALIKE)
        variance = max(float((sines - design @ fit).var()), 1e-6)
    return float(fit[0]), float(fit[1]), float(np.sqrt(np.linalg.inv(precision)[0, 0]))
