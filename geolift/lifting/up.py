"""The direction up in camera axes: one for a video, whose camera is taken to stand still, or one for each image.
A video with several shots has one for each.

Some models estimate it from each pose. For bodies that are not people's it is that of the lifter's training, where all
its cameras have one pitch; people show it in each clip by how they stand. The estimates of all poses are averaged.
Frames of a clip err in the same way, so that many of them do not make the average as sure as their number suggests:
only the spread of the estimates around it is known, not how far it is off.
"""

from collections.abc import Sequence

import numpy as np

from geolift.errors import DatasetError
from geolift.geometry import gravity_of
from geolift.keypoints.shots import shot_of
from geolift.lifting.lifted import Lifted
from geolift.model import Model
from geolift.skeletons.skeleton import is_human

STEPS = 30  # of Weiszfeld's algorithm
NEAREST = 1e-3  # of an estimate from the median, below which it pulls no harder
DOUBTFUL = 45.0  # degrees between a direction that was given and the estimated one; estimates are off by 15 at most


def given_up(up: Sequence[float] | None, pitch: float | None, roll: float | None) -> np.ndarray | None:
    """The direction against gravity that the user gave.

    Args:
        up: three numbers, camera axes, of any length; None: not given.
        pitch: degrees by which the camera looks down; None: not given, 0 with `roll`.
        roll: degrees by which the camera is turned about its axis; None: not given, 0 with `pitch`.

    Returns:
        `[3]` unit vector; None where nothing is given.

    Raises:
        DatasetError: if both ways are used, or for numbers that are no direction.

    Example:
        >>> given_up(None, 30.0, None).round(2).tolist()
        [0.0, -0.87, -0.5]
    """
    if up is None and pitch is None and roll is None:
        return None
    if up is not None and (pitch is not None or roll is not None):
        raise DatasetError("up: found with pitch or roll, expected one of the two ways to give gravity")
    if up is None:
        angles = []
        for name, angle, most in (("pitch", pitch or 0.0, 90.0), ("roll", roll or 0.0, 180.0)):
            if not abs(angle) <= most:
                raise DatasetError(f"{name}: found {angle:g}, expected degrees from -{most:g} to {most:g}")
            angles.append(np.float32(np.radians(angle)))
        return -np.asarray(gravity_of(*angles), np.float64)
    vector = np.asarray(up, np.float64)
    if vector.shape != (3,) or not 0 < np.linalg.norm(vector) < np.inf:
        raise DatasetError(f"up: found {list(up)}, expected three numbers, x right, y down, z forward, not all 0")
    return vector / np.linalg.norm(vector)


def learnt_up(model: Model) -> np.ndarray | None:
    """The direction up of cameras that look down as those of a model's training.

    Args:
        model: a trained lifter.

    Returns:
        `[3]` unit vector in camera axes; None for people, and where all cameras' pitch is not known.

    Example:
        >>> from geolift.pretrained import load
        >>> learnt_up(load("human")) is None
        True
    """
    if model.pitch is None or model.tilt is not None or is_human(model.skeleton):
        return None
    return -np.asarray(gravity_of(np.float32(model.pitch), np.float32(0)), np.float64)


def compare_up(lifted: Lifted, estimated: np.ndarray | None, given: np.ndarray) -> Lifted:
    """The same, with a warning if the direction up that was given is far from what is known without it.

    Args:
        lifted: in camera axes.
        estimated: `[F, 3]`, of `locate_up`, or of `learnt_up` for all frames.
        given: `[3]`, of `given_up`.
    """
    if estimated is None or not (known := np.isfinite(estimated).all(axis=1)).any():
        return lifted
    angle = float(np.degrees(np.arccos(np.clip(np.median(estimated[known] @ given), -1, 1))))
    if angle < DOUBTFUL:
        return lifted
    known_by = "that of the cameras of the lifter's training" if lifted.up is None else "what the poses show"
    return lifted.noted(
        f"warning: the direction up that was given is {angle:.0f} degrees from {known_by} "
        "(camera axes: y points down, a level camera has up 0,-1,0)"
    )


def locate_up(lifted: Lifted) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The direction up in every frame, and the spread of the estimates around it.

    An estimate counts by the square of its pose's mean confidence: without half of the joints it is off by twice as
    much (docs/lifting.md). Joints that are missing or filled in have confidence 0.

    Args:
        lifted: N rows in camera axes, with the direction up that each pose gave.

    Returns:
        `[F, 3]` unit vectors, NaN where unknown, and `[F]` degrees, NaN where there are fewer than two estimates; of a
        video the same in all frames of a shot. None and None if the model does not estimate them.
    """
    if lifted.up is None:
        return None, None
    tracks, count = lifted.tracks, len(lifted.tracks.frames)
    weight = tracks.confidence.mean(axis=1, dtype=np.float64) ** 2
    used = np.isfinite(lifted.up).all(axis=1) & (weight > 0)
    if not tracks.video:
        return median_directions(lifted.up[used], weight[used], tracks.frame[used], count)
    group, shots = shot_of(tracks.frame, tracks.shots), max(1, len(tracks.shots))
    up, spread = median_directions(lifted.up[used], weight[used], group[used], shots)
    every = shot_of(np.arange(count), tracks.shots)
    return up[every], spread[every]


def median_directions(
    directions: np.ndarray, weight: np.ndarray, group: np.ndarray, groups: int
) -> tuple[np.ndarray, np.ndarray]:
    """The median direction of each group, and the spread around it.

    Args:
        directions: `[N, 3]` unit vectors, within a half space.
        weight: `[N]`, above 0.
        group: `[N]` int, under `groups`.
        groups: G, how many there are.

    Returns:
        `[G, 3]` unit vectors, to which the weighted sum of distances is smallest, NaN for groups without directions;
        `[G]` degrees, the root of the weighted mean squared angle, NaN for fewer than two.

    Source:
        Weiszfeld 1937, "Sur le point pour lequel la somme des distances de n points donnes est minimum".

    Example:
        Of three, one is far off:

        >>> directions = np.array([[0.0, -1.0, 0.0], [0.0, -1.0, 0.0], [0.0, -0.6, -0.8]])
        >>> median, spread = median_directions(directions, np.ones(3), np.zeros(3, int), 1)
        >>> median.round(2).tolist(), spread.round().tolist()
        ([[0.0, -1.0, -0.0]], [31.0])
    """

    def sums(values: np.ndarray) -> np.ndarray:
        return np.stack([np.bincount(group, column, groups) for column in values.T], axis=1)

    pull, found = weight, np.bincount(group, minlength=groups)
    for _ in range(STEPS):
        total = sums(pull[:, None] * directions)
        length = np.linalg.norm(total, axis=1, keepdims=True)
        median = np.divide(total, length, out=np.full_like(total, np.nan), where=length > 0)
        distance = np.linalg.norm(directions - median[group], axis=1)
        pull = weight / np.maximum(distance, NEAREST)
    angle = 2 * np.arcsin(np.clip(distance / 2, 0, 1))
    squares = sums(np.stack([weight * angle**2, weight], axis=1))
    several = found > 1
    mean = np.divide(squares[:, 0], squares[:, 1], out=np.full(groups, np.nan), where=several)
    return median, np.degrees(np.sqrt(mean))
