"""Geometry of BlazePose: the crops that its networks take, and their outputs in pixels (boxes, heat maps).

The numbers are those of MediaPipe's published graphs (pose_detection, pose_detection_to_roi, pose_landmark_by_roi),
except `LONG`: MediaPipe only takes the whole image. A crop is a matrix `[2, 3]` that maps pixels of a network's square
image to pixels of the whole image.
"""

import functools

import numpy as np

DETECTION_SIZE, LANDMARK_SIZE = 224, 256  # sides of the networks' images, pixels
GRIDS = ((8, 2), (16, 2), (32, 6))  # spacing of the anchors in pixels, and how many are at each place
MIN_SCORE = 0.5  # of a detection, and of there being a person in a crop
OVERLAP = 0.3  # detections whose boxes share more of their union are of one person
MARGIN = 1.25  # side of a person's crop over the diameter of the circle around the body
WINDOW = 4  # pixels of a heat map around a landmark within which it is refined
LONG = 1.2  # long side over short side; longer images are also searched in parts

Square = tuple[tuple[float, float], float]  # centre and side, pixels


def views(width: int, height: int) -> list[list[Square]]:
    """Centres and sides of the squares that the detector takes: first a long image's parts, then the whole image.

    In a wide image scaled as a whole, people become small, and two of them have been detected as one. The whole image
    is searched only if its parts show no people. Neighbouring parts share at least half.
    """
    long, short = max(width, height), min(width, height)
    whole = [((width / 2, height / 2), float(long))]
    if long < LONG * short:
        return [whole]
    along = np.linspace(short / 2, long - short / 2, int(np.ceil(2 * (long - short) / short)) + 1).tolist()
    return [[((at, height / 2) if width > height else (width / 2, at), float(short)) for at in along], whole]


@functools.cache
def anchors() -> np.ndarray:
    """`[2254, 2]` pixels of the detector's image: the points that its outputs are relative to."""
    grids = []
    for step, count in GRIDS:
        at = np.arange(step / 2, DETECTION_SIZE, step)
        grids.append(np.repeat(np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2), count, axis=0))
    return np.concatenate(grids)


def decode(raw: np.ndarray, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The detector's outputs `[2254, 12]` and `[2254]` as boxes, points and scores of its D likely people.

    Returns:
        Boxes `[D, 4]` (left, top, right, bottom), points `[D, 4, 2]` (middle of the hips, end of the body's circle,
        middle of the shoulders, end of the upper body's circle), pixels of its image; scores `[D]`, at least 0.5.
    """
    scores = sigmoid(logits)
    likely = scores >= MIN_SCORE
    centre = anchors()[likely]
    middle, half = raw[likely, :2] + centre, raw[likely, 2:4] / 2
    points = raw[likely, 4:].reshape(-1, 4, 2) + centre[:, None]
    return np.concatenate([middle - half, middle + half], axis=-1), points, scores[likely]


def suppress(boxes: np.ndarray, points: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merge detections of one person: all whose boxes overlap the surest one's, averaged with their scores as weights.

    Args and returns:
        Boxes `[D, 4]`, points `[D, 4, 2]` and scores `[D]`, as from `decode`; those returned have the surest first,
        each with the highest score of those merged.
    """
    merged, left = [], np.argsort(-scores, kind="stable")
    while len(left):
        same = overlap(boxes[left[0]], boxes[left]) > OVERLAP
        same[0] = True
        group, weights = left[same], scores[left[same]]
        merged.append([np.average(a[group], axis=0, weights=weights) for a in (boxes, points)] + [scores[left[0]]])
        left = left[~same]
    if not merged:
        return boxes, points, scores
    return tuple(np.stack(a) for a in zip(*merged, strict=True))


def overlap(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """`[D]`: the intersection of `box` `[4]` and each of `boxes` `[D, 4]` over their union."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=-1)
    area, areas = np.prod(box[2:] - box[:2]), np.prod(boxes[:, 2:] - boxes[:, :2], axis=-1)
    return shared / np.maximum(area + areas - shared, 1e-9)


def body_crop(hips: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The crop `[2, 3]` in which a person stands upright, of the two points of a `Pose.circle`, `[2]` each."""
    across, up = end - hips
    side = max(2 * MARGIN * float(np.hypot(across, up)), 1.0)
    return crop(hips, side, float(np.arctan2(across, -up)), LANDMARK_SIZE)


def crop(centre: tuple[float, float] | np.ndarray, side: float, angle: float, size: int) -> np.ndarray:
    """The crop `[2, 3]` of a square of `side` pixels around `centre`, rotated clockwise by `angle`, `size` pixels."""
    scale = side / size
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([rotation, np.asarray(centre) - rotation @ [size / 2, size / 2]])


def transform(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points `[..., 2]` of a crop as pixels of the image."""
    return points @ matrix[:, :2].T + matrix[:, 2]


def refine(landmarks: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Landmarks `[K, 2]`, pixels of the crop, moved to the mean of their heat maps `[h, w, K]` (logits) nearby.

    A landmark outside the crop, or where the heat map is unsure, is not moved.
    """
    height, width, count = heat.shape
    scale = LANDMARK_SIZE / np.array([width, height])
    start = np.trunc(landmarks / scale).astype(int)
    near = np.arange(-WINDOW, WINDOW + 1)
    columns, rows = start[:, :1] + near, start[:, 1:] + near
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    rows_in, columns_in = np.clip(rows, 0, height - 1)[:, :, None], np.clip(columns, 0, width - 1)[:, None, :]
    weight = np.where(inside, sigmoid(heat[rows_in, columns_in, np.arange(count)[:, None, None]]), 0)
    total = np.maximum(weight.sum(axis=(1, 2)), 1e-9)
    mean = np.stack([(weight * columns[:, None, :]).sum((1, 2)), (weight * rows[:, :, None]).sum((1, 2))], axis=-1)
    sure = inside[:, WINDOW, WINDOW] & (weight.max(axis=(1, 2)) >= MIN_SCORE)
    return np.where(sure[:, None], mean / total[:, None] * scale, landmarks)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits, float64."""
    return 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100)))
