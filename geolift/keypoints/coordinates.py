"""Coordinates of a file made pixels, x right, y down: which places are none, what unit they have, where y points.

Files give coordinates in pixels, in fractions or per cent of the image, or from -1 to 1, some with y up, and write a
constant pair (-1, -1; a corner of the image; -9999) for a joint that was not found. All are recognized by evidence in
the coordinates, noted, and made pixels; what needs the size of the images is refused where it is not known.
"""

from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.missing_pairs import without_constant_pairs
from geolift.keypoints.proportions import deviations
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.mapping import map_joints
from geolift.skeletons.skeleton import H36M17

UNITS = {
    "pixel": "pixels",
    "fraction": "fractions of the image's width and height, from 0 to 1",
    "percent": "per cent of the image's width and height, from 0 to 100",
    "signed": "fractions from -1 to 1 over the image's width and height",
    "width": "fractions from -1 to 1 over the image's width, y in the same unit",
    "height": "fractions from -1 to 1 over the image's height, x in the same unit",
}
UP = "-up"  # the end of the name of a unit whose y points up
COORDINATES = (*UNITS, *(f"{unit}{UP}" for unit in UNITS))  # what --coordinates takes
MOST_SAMPLES = 2000  # detections, evenly spaced, that are looked at
NEARLY_ALL = 0.99  # share of the coordinates that count; single joints may be anywhere
NORMALIZED = 5.0  # what nearly all coordinates are below if they are fractions: legs may be far below the image ...
USUAL = 1.5  # ... and what half of them are below; in pixels a person would be too small
PERCENT = 110.0  # what nearly all are below in per cent
LARGER = 3.0  # times PERCENT: the smaller side of images in which people within it are far in a corner, or in per cent
BEYOND = 1.05  # of a range, which joints outside the image may leave
NEGATIVE = 0.15  # share of coordinates below 0 from which on fractions begin at -1
ROUND = 0.04  # of an aspect ratio of 1, within which it is 1
BETTER = 0.1  # mean deviation of proportions by which a shape of the body must be better than another to decide
FAR_BETTER = 0.35  # the same where nothing else speaks for it: no clip of CMU or HDM05, from any side, has so much
STRETCHES = (9 / 16, 3 / 4, 4 / 3, 16 / 9)  # width over height of usual images
FEWEST = 5  # detections that a shape is judged by
OUTSIDE = 0.25  # share of people outside the image from which on it may be turned
DOWN = 0.5  # share of detections with shoulders below hips from which on y points up


class Coordinates(NamedTuple):
    """N detections of K joints in pixels.

    Attributes:
        keypoints: `[N, K, 2]` float64 pixels, x right, y down.
        confidence: `[N, K]`; 0 where a joint is missing.
        notes: what was recognized, a line each, with counts.
        exchanged: whether width and height of the images are exchanged where they were stated.
    """

    keypoints: np.ndarray
    confidence: np.ndarray
    notes: tuple[str, ...]
    exchanged: bool = False


def in_pixels(
    keypoints: np.ndarray,
    confidence: np.ndarray,
    image_size: np.ndarray | None,
    *,
    joint_set: str = "",
    unit: str = "pixel",
    given: str | None = None,
    origin: str = "recording",
) -> Coordinates:
    """Coordinates of a file in pixels, joints at a constant pair that is no place missing.

    Args:
        keypoints: `[N, K, 2]` as in the file; missing joints are not finite or (0, 0).
        confidence: `[N, K]`; 0 where a joint is missing.
        image_size: `[N, 2]` width and height in pixels of each detection's image, or None.
        joint_set: the joints' name in `JOINT_SETS`; "": shapes and directions of bodies are not looked at.
        unit: what the documentation of the format says: "pixel"; "fraction"; or "signed", pixels or fractions over
            width and height.
        given: what the user says, one of `COORDINATES`; None: recognized.
        origin: the file, named in errors.

    Raises:
        DatasetError: if they are no pixels and the size of the images is not known, or relative to the hips.

    Source:
        Ours. VideoPose3D's screen coordinates ("width") are those of Pavllo et al. 2019.

    Example:
        >>> half = np.full((1, 2, 2), [[0.5, 0.5], [0.5, 0.6]])
        >>> made = in_pixels(half, np.ones((1, 2)), np.array([[640, 480]]), unit="fraction")
        >>> made.keypoints[0].tolist(), made.notes
        ([[320.0, 240.0], [320.0, 288.0]], ("coordinates are fractions of the image's width and height, from 0 to 1: \
made pixels by its size of 640 x 480",))
    """
    if given is not None and given not in COORDINATES:
        raise DatasetError(f"{origin}: --coordinates: found {given!r}, expected one of {', '.join(COORDINATES)}")
    keypoints, confidence, constant = without_constant_pairs(keypoints, confidence, image_size)
    seen = _seen(keypoints, confidence)
    if not seen.any():
        return Coordinates(keypoints, confidence, constant)
    kind = (given or "").removesuffix(UP)
    doubts: tuple[str, ...] = ()
    if not kind:
        kind, doubts = _recognized(keypoints, seen, image_size, joint_set, unit, origin)
    if kind == "pixel":
        upward = given.endswith(UP) if given else _negative(keypoints, seen)
        made = _pixels(keypoints, seen, confidence, image_size, upward, (*constant, *doubts))
        if upward or image_size is None or not _fits_turned_image(keypoints, seen, image_size):
            return made
        note = f"people are outside the image of {_size(image_size)}, not if its sides are exchanged: they were"
        return made._replace(notes=(*made.notes, note), exchanged=True)
    if image_size is None:
        raise DatasetError(
            f"{origin}: found coordinates that are {UNITS[kind]}, expected pixels, or --image-size WIDTHxHEIGHT to get "
            f"them{'' if given else ' (--coordinates pixel if they are pixels)'}"
        )
    image_size, exchanged = np.asarray(image_size, np.float64), False
    if kind in ("fraction", "percent", "signed") and not given:
        exchanged = _sides_exchanged(keypoints, seen, image_size, joint_set)
        image_size = image_size[:, ::-1] if exchanged else image_size
    documented = unit != "pixel" and not given
    upward = given.endswith(UP) if given else not documented and _upside_down(keypoints, seen, joint_set)
    made = _from_unit(keypoints, kind, image_size[:, None], upward)
    note = f"coordinates are {UNITS[kind]}{', y up' * upward}: made pixels by its size of {_size(image_size)}"
    if kind == "width" and not given:
        note += " (or over its height: --coordinates height)"
    if exchanged:
        note += ", width and height exchanged: as they were stated, the people are distorted (--coordinates keeps them)"
    notes = (*constant, *doubts, note)
    return Coordinates(np.where(seen[..., None], made, 0), np.where(seen, confidence, 0), notes, exchanged)


def _seen(keypoints: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """`[N, K]` bool: joints that have a place."""
    x, y = keypoints[..., 0], keypoints[..., 1]
    return np.isfinite(x) & np.isfinite(y) & np.isfinite(confidence) & (confidence > 0) & ((x != 0) | (y != 0))


def _from_unit(keypoints: np.ndarray, kind: str, size: np.ndarray, upward: bool) -> np.ndarray:
    """Pixels of coordinates that are none; `size` `[N, 1, 2]`."""
    if kind in ("fraction", "percent"):
        share = keypoints / (100.0 if kind == "percent" else 1.0)
        return (np.stack([share[..., 0], 1 - share[..., 1]], axis=-1) if upward else share) * size
    unit = {"signed": size, "width": size[..., :1], "height": size[..., 1:]}[kind]
    return (keypoints * [1.0, -1.0 if upward else 1.0] * unit + size) / 2


def _pixels(
    keypoints: np.ndarray,
    seen: np.ndarray,
    confidence: np.ndarray,
    image_size: np.ndarray | None,
    upward: bool,
    notes: tuple[str, ...],
) -> Coordinates:
    """Pixels, turned if y points up: from the bottom of the image, or from its top, which all are then below 0."""
    if not upward:
        return Coordinates(keypoints, confidence, notes)
    y = keypoints[..., 1]
    if _negative(keypoints, seen):
        turned, note = -y, "y points up from the top of the image"
    elif image_size is not None:
        turned, note = image_size[:, None, 1] - y, "y points up from the bottom of the image"
    else:
        turned, note = y[seen].max() + y[seen].min() - y, "y points up"
    turned = np.stack([keypoints[..., 0], turned], axis=-1)
    note = f"{note}: coordinates were made pixels with y down"
    return Coordinates(np.where(seen[..., None], turned, 0), np.where(seen, confidence, 0), (*notes, note))


def _recognized(
    keypoints: np.ndarray,
    seen: np.ndarray,
    image_size: np.ndarray | None,
    joint_set: str,
    unit: str,
    origin: str,
) -> tuple[str, tuple[str, ...]]:
    """The unit of the coordinates, one of `UNITS`, and a warning where it is doubtful."""
    rows = _samples(keypoints)
    keypoints, seen = keypoints[rows], seen[rows]
    found = np.abs(keypoints[seen])
    if not len(found):
        return unit, ()
    most = np.quantile(found, NEARLY_ALL)
    if unit == "fraction" and most <= 2 * NORMALIZED:
        return unit, ()
    if most > PERCENT or (found == np.round(found)).all():
        return "pixel", ()
    wide = None if image_size is None else float(np.median(image_size[:, 0] / image_size[:, 1]))
    if most <= NORMALIZED and np.median(found) <= USUAL:
        if unit == "pixel":
            _check_places(keypoints, seen, joint_set, origin)
        kind = _normalized(keypoints, seen, wide, joint_set, unit)
        if kind is None:
            listed = ", ".join(f"{kind} ({UNITS[kind]})" for kind in ("signed", "width", "height"))
            raise DatasetError(
                f"{origin}: found coordinates from -1 to 1, expected --coordinates to say which: {listed}"
            )
        return kind, ()
    if joint_set not in JOINT_SETS or (keypoints[seen] < 0).mean() > NEGATIVE:
        return "pixel", ()
    sides = STRETCHES if wide is None else (wide, 1 / wide)
    if wide is not None and image_size.min() < LARGER * PERCENT:
        return "pixel", ()
    better = _distorted(keypoints, seen, joint_set, sides)
    if better > (FAR_BETTER if wide is None else BETTER):
        return "percent", ()
    doubtful = better > (BETTER if wide is None else 0) and seen.any(axis=1).sum() >= FEWEST
    within = f"all people are within {PERCENT:g} pixels of a corner of the image"
    return "pixel", (f"warning: {within}: are coordinates per cent (--coordinates percent)?",) if doubtful else ()


def _normalized(keypoints: np.ndarray, seen: np.ndarray, wide: float | None, joint_set: str, unit: str) -> str | None:
    """Which fractions: from 0, or from -1 over width and height, over the width or over the height; None: unclear."""
    points = keypoints[seen]
    if (points < 0).mean() < NEGATIVE:
        return "fraction"
    if wide is None or unit == "signed" or abs(wide - 1) < ROUND:
        return "signed"
    across, down = np.quantile(np.abs(points), NEARLY_ALL, axis=0) / BEYOND
    kinds = {"width": across <= 1 and down <= 1 / wide, "height": across <= wide and down <= 1}
    same = next((kind for kind, fits in kinds.items() if fits), None)
    if same is None:
        return "signed"
    if across > 1 or down > 1:
        return same
    better = _distorted(keypoints, seen, joint_set, (wide,))
    return None if abs(better) < BETTER else "signed" if better > 0 else same


def _distorted(keypoints: np.ndarray, seen: np.ndarray, joint_set: str, stretches: tuple[float, ...]) -> float:
    """How much more bodies look like people with x times the best of some factors; below 0: less. 0: it is not seen."""
    shapes = _deviations(keypoints, seen, joint_set, (1.0, *stretches))
    return 0.0 if shapes is None or abs(stretches[0] - 1) < ROUND else float(shapes[0] - shapes[1:].min())


def _fits_turned_image(keypoints: np.ndarray, seen: np.ndarray, size: np.ndarray) -> bool:
    """Whether many people have most joints outside their images, and nearly no joint is if these are turned.

    Legs below the image of a webcam are outside, too.
    """
    rows = _samples(keypoints)
    keypoints, seen, size = keypoints[rows], seen[rows], size[rows, None]
    outside, outside_turned = (seen & (keypoints > limits).any(axis=-1) for limits in (size, size[..., ::-1]))
    most = outside.sum(axis=1) > seen.sum(axis=1) / 2
    return bool(most.mean() > OUTSIDE and outside_turned.sum() < (1 - NEARLY_ALL) * seen.sum())


def _sides_exchanged(keypoints: np.ndarray, seen: np.ndarray, image_size: np.ndarray, joint_set: str) -> bool:
    """Whether people are distorted beyond doubt by their images' width and height, and not if these are swapped."""
    wide = float(np.median(image_size[:, 0] / image_size[:, 1]))
    shapes = _deviations(keypoints, seen, joint_set, (wide, 1 / wide))
    return shapes is not None and shapes[0] - shapes[1] > FAR_BETTER


def _deviations(
    keypoints: np.ndarray, seen: np.ndarray, joint_set: str, stretches: tuple[float, ...]
) -> np.ndarray | None:
    """The mean deviation from a person's proportions with x times each factor; None: too few people, or animals."""
    if joint_set not in JOINT_SETS:
        return None
    rows = _samples(keypoints)
    points, confidence = _people(keypoints[rows], seen[rows], joint_set)
    found = np.stack([deviations(points * [factor, 1.0], confidence) for factor in stretches])
    found = found[:, np.isfinite(found).all(axis=0)]
    return found.mean(axis=1) if found.shape[1] >= FEWEST else None


def _samples(keypoints: np.ndarray) -> np.ndarray:
    """Rows, evenly spaced, that are looked at."""
    return np.unique(np.linspace(0, len(keypoints) - 1, min(MOST_SAMPLES, len(keypoints))).astype(int))


def _people(keypoints: np.ndarray, seen: np.ndarray, joint_set: str) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints and confidence in the joints of Human3.6M-17."""
    return map_joints(JOINT_SETS[joint_set], np.where(seen[..., None], keypoints, 0), seen.astype(np.float64))


def _check_places(keypoints: np.ndarray, seen: np.ndarray, joint_set: str, origin: str) -> None:
    """Raise if small coordinates are relative to the middle of the hips, which is then always at 0."""
    if joint_set not in JOINT_SETS:
        return
    points, confidence = _people(keypoints, seen, joint_set)
    hips = [H36M17.names.index(f"{side}_hip") for side in ("left", "right")]
    both = (confidence[:, hips] > 0).all(axis=1)
    middle = points[both][:, hips].mean(axis=1)
    extent = np.median(np.ptp(points[both], axis=1)) if both.any() else 0.0
    if both.sum() >= FEWEST and np.abs(middle).max() < extent / 50:
        raise DatasetError(
            f"{origin}: found coordinates relative to the hips (their middle is at 0 in all {both.sum()} detections), "
            "expected places in the image (--coordinates pixel lifts them as they are)"
        )


def _upside_down(keypoints: np.ndarray, seen: np.ndarray, joint_set: str) -> bool:
    """Whether the shoulders are below the hips where y points down."""
    if joint_set not in JOINT_SETS:
        return False
    points, confidence = _people(keypoints, seen, joint_set)
    top, root = H36M17.names.index("thorax"), H36M17.names.index("pelvis")
    both = (confidence[:, [top, root]] > 0).all(axis=1)
    return bool(both.any() and (points[both, top, 1] > points[both, root, 1]).mean() > DOWN)


def _negative(keypoints: np.ndarray, seen: np.ndarray) -> bool:
    """Whether y is below 0 nearly everywhere, and x is not: it points up from the top of the image."""
    rows = _samples(keypoints)
    x, y = keypoints[rows][seen[rows]].T
    if not len(y):
        return False
    return bool((y < 0).mean() > NEARLY_ALL and (x < 0).mean() < DOWN and np.abs(y).max(initial=0) > PERCENT)


def _size(image_size: np.ndarray) -> str:
    sizes = np.unique(np.asarray(image_size), axis=0)
    return f"{sizes[0][0]:g} x {sizes[0][1]:g}" if len(sizes) == 1 else f"{len(sizes)} different sizes"
