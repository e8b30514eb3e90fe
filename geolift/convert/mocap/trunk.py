"""Spine, thorax, neck and head of Human3.6M-17 from what a file has of the trunk, and which axis is up."""

from collections.abc import Mapping, Sequence

import numpy as np

from geolift.skeletons.anthropometry import BUILD

SHORT = 0.02  # of the leg; what is nearer has no direction
LEG = BUILD["thigh"][0] + BUILD["shank"][0]  # of stature
NECK, HEAD = BUILD["neck"][0] / LEG, BUILD["head"][0] / LEG  # of the leg
TOP = (0.25, 3.0)  # of the expected distance from the neck to the head's top
MIDDLE = (0.2, 0.8)  # where the spine lies between pelvis and thorax
UPRIGHT = 0.7  # cosine
BACKWARDS = -0.5  # cosine between toes and where the body faces
MOSTLY, HARDLY = 0.5, 0.1  # of the frames

NO_NECK = "no neck: the thorax is the middle of the shoulders"
NO_SPINE = "no joint in the middle of the trunk: the spine is halfway from pelvis to thorax"
NO_SKULL = "the neck/nose joint is by Winter's proportions"
NO_TOP = "no top of the head above the neck: it is by Winter's proportions, on from thorax through neck"


def middle(joints: Mapping[str, np.ndarray], joint: str) -> np.ndarray:
    """`[T, 3]` between the left and the right `joint`."""
    return (joints[f"left_{joint}"] + joints[f"right_{joint}"]) / 2


def leg(joints: Mapping[str, np.ndarray]) -> float:
    """The median length of thigh and shank together."""
    bones = [
        np.linalg.norm(joints[f"{side}_{a}"] - joints[f"{side}_{b}"], axis=-1)
        for side in ("left", "right")
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    ]
    return _median(sum(bones) / 2)


def with_trunk(
    limbs: Mapping[str, np.ndarray],
    neck: np.ndarray | None,
    head: np.ndarray | None,
    top: np.ndarray | None,
    spines: Sequence[np.ndarray],
) -> tuple[dict[str, np.ndarray], list[str]]:
    """All joints of Human3.6M-17 but the pelvis, and notes on what was not in the file.

    Args:
        limbs: `[T, 3]` of the joints of arms and legs, by name.
        neck: `[T, 3]` of the base of the neck, or None.
        head: of the base of the skull, or None.
        top: of the top of the head, or None.
        spines: those of the joints between pelvis and neck; the one in the middle of the trunk is taken.

    Returns:
        `[T, 3]` by name, and the notes.
    """
    length, pelvis, notes = leg(limbs), middle(limbs, "hip"), []
    if neck is None or (head is not None and _distance(neck, head) < SHORT * length):
        neck = middle(limbs, "shoulder")
        notes.append(NO_NECK)
    ratios = [
        _distance(point, pelvis) / max(_distance(point, pelvis) + _distance(point, neck), 1e-9) for point in spines
    ]
    best = min(range(len(spines)), key=lambda i: abs(ratios[i] - 0.5), default=None)
    if best is None or not MIDDLE[0] <= ratios[best] <= MIDDLE[1]:
        spine = (pelvis + neck) / 2
        notes.append(NO_SPINE)
    else:
        spine = spines[best]
    if head is None or _distance(neck, head) < SHORT * length:
        head = neck + NECK * length * _unit(neck - spine if top is None else top - neck)
        notes.append(NO_SKULL)
    if top is None or not _plausible_top(neck, head, top, HEAD * length):
        top = head + HEAD * length * _unit(head - neck)
        notes.append(NO_TOP)
    return {**limbs, "spine": spine, "thorax": neck, "neck": head, "head": top}, notes


def _plausible_top(neck: np.ndarray, head: np.ndarray, top: np.ndarray, expected: float) -> bool:
    onwards = _median(np.sum((top - head) * (head - neck), axis=-1))
    return bool(TOP[0] * expected <= _distance(head, top) <= TOP[1] * expected and onwards > 0)


def _share(point: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """Where a point lies on the way from `a`, 0, to `b`, 1."""
    to_a, to_b = _distance(point, a), _distance(point, b)
    return to_a / max(to_a + to_b, 1e-9)


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return _median(np.linalg.norm(a - b, axis=-1))


def _median(values: np.ndarray) -> float:
    """The median of the finite ones; NaN if there is none."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else np.nan


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def z_is_up(joints: Mapping[str, np.ndarray], *, unless: bool = False) -> bool:
    """Whether people stand along z, not y, in most frames; `unless` where they stand along neither."""
    upright = _unit(joints["head"] - middle(joints, "ankle")) > UPRIGHT
    y, z = upright[:, 1].mean(), upright[:, 2].mean()
    if z > MOSTLY and y < HARDLY:
        return True
    return unless and not (y > MOSTLY and z < HARDLY)


def to_y_up(points: np.ndarray) -> np.ndarray:
    """Points `[..., 3]` with z up, turned so that y is up; left stays left."""
    return points @ np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def toes_backwards(joints: Mapping[str, np.ndarray], toes: Mapping[str, np.ndarray]) -> bool:
    """Whether toes point behind the person: the axes are left-handed, or left and right are swapped."""
    across = _unit(joints["left_hip"] - joints["right_hip"])
    forwards = np.cross(across, _unit(joints["thorax"] - middle(joints, "hip")))
    cosines = [np.sum(_unit(toe - joints[f"{side}_ankle"]) * forwards, axis=-1) for side, toe in toes.items()]
    return bool(cosines) and _median(np.array(cosines)) < BACKWARDS
