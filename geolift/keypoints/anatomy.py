"""Anatomy of 2D keypoints: how well they fit the body of a joint set, read in its order.

A body is a tree: every joint is expected at a distance from joints near it, or anywhere if these are missing. The
distances are those of an adult in metres; a projection shortens them. The fit of a detection is the logarithm of how
much more likely its joints are on such a body, of any size and in any posture, than anywhere in a cloud of the same
extent. Left and right, up and down make no difference: mirrored, lying and hanging people fit as well as others.

All readings of the same joints are measured against the same cloud, so their fits can be compared.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from geolift.skeletons.joint_sets import SOURCES

# Where a joint is expected, by its name without the side: the joints that it is near, the first that were seen, and the
# distance from their middle in metres. "~" is the partner on the other side; several names: the middle of both sides.
FACE = (("nose", 0.06), ("~", 0.1), ("shoulders", 0.3))
FOOT, HAND = (("ankle", 0.15), ("knee", 0.5)), (("wrist", 0.1), ("elbow", 0.35))
LOOSE = {  # around the joint
    **dict.fromkeys(("eye", "eye_inner", "eye_outer", "mouth"), FACE),
    "ear": (("nose", 0.11), ("~", 0.14), ("shoulders", 0.3)),
    **dict.fromkeys(("big_toe", "small_toe", "toe", "foot", "foot_index", "toe_base", "toe_tip"), FOOT),
    "heel": (("ankle", 0.08), ("knee", 0.45)),
    **dict.fromkeys(("thumb", "pinky", "index", "finger", "hand", "wrist_end", "thumb_base"), HAND),
    **dict.fromkeys(("clavicle", "collar"), (("shoulder", 0.16), ("shoulders", 0.1))),
    **dict.fromkeys(("neck", "thorax", "spine4", "spine3"), (("shoulders", 0.09), ("shoulder", 0.2), ("nose", 0.25))),
    **dict.fromkeys(("upper_neck", "head_bottom"), (("shoulders", 0.13), ("shoulder", 0.22), ("nose", 0.15))),
    **dict.fromkeys(("pelvis", "mid_hip", "body_center", "hip", "spine_base"), (("hips", 0.07), ("shoulders", 0.5))),
    **dict.fromkeys(("spine", "belly", "chest", "spine2"), (("shoulders hips", 0.13), ("shoulders", 0.3))),
}
RIGID = {  # at the end of a bone
    "shoulder": (("~", 0.38),),
    "elbow": (("shoulder", 0.31), ("~", 0.6)),
    "wrist": (("elbow", 0.27), ("shoulder", 0.5), ("~", 0.6)),
    "hip": (("~", 0.22), ("shoulder", 0.56), ("shoulders", 0.56), ("nose", 0.8)),
    "knee": (("hip", 0.43), ("~", 0.4)),
    "ankle": (("knee", 0.43), ("hip", 0.8), ("~", 0.5)),
    "nose": (("shoulders", 0.27), ("shoulder", 0.35)),
    "head": (("shoulders", 0.34), ("shoulder", 0.4), ("nose", 0.15)),
    "head_top": (("shoulders", 0.38), ("shoulder", 0.44), ("nose", 0.2)),
}
# A four-legged animal, of any size; the joints are named in full.
ANIMAL_LOOSE = {
    **{f"{side}_eye": (("nose", 0.11),) for side in ("left", "right")},
    **{f"{side}_shoulder": (("neck", 0.22),) for side in ("left", "right")},
    **{f"{side}_hip": (("root_of_tail", 0.2),) for side in ("left", "right")},
}
ANIMAL_RIGID = {
    "nose": (("neck", 0.33),),
    "root_of_tail": (("neck", 0.65),),
    **{
        f"{side}_{end}": ((f"{side}_{start}", length),)
        for side in ("left", "right")
        for start, end, length in (
            ("shoulder", "elbow", 0.25), ("elbow", "front_paw", 0.33), ("hip", "knee", 0.25), ("knee", "back_paw", 0.33)
        )
    },
}  # fmt: skip
SIDES = {"left": "right", "right": "left", "l": "r", "r": "l"}
PAIRS = {"shoulders": "shoulder", "hips": "hip"}
WRONG = 0.05  # share of joints that are anywhere
METRE = np.exp(np.linspace(np.log(0.6), np.log(7), 24))  # tried lengths of a metre, in radii of the cloud
FEWEST = 6  # joints that must be seen of a person


class Edge(NamedTuple):
    """Joint number `joint` is expected `length` metres from the middle of the joints `near`; `rigid`: of a bone."""

    joint: int
    near: tuple[int, ...]
    length: float
    rigid: bool


@cache
def body_of(joint_set: str) -> tuple[Edge, ...]:
    """The body of a joint set of people or animals: for each joint the places where it may be expected, best first."""
    names = SOURCES[joint_set]
    if "root_of_tail" in names:
        loose, rigid = ANIMAL_LOOSE, ANIMAL_RIGID
        return tuple(
            Edge(names.index(joint), (names.index(near),), length, rules is rigid)
            for rules in (loose, rigid)
            for joint, places in rules.items()
            for near, length in places
        )
    edges = []
    for i, name in enumerate(names):
        side, part = _side_and_part(name)
        rules = LOOSE if part in LOOSE and not (side and part == "hip") else RIGID
        for near, length in rules[part]:
            for wanted in _near(near, side, part, "l_hip" in names):
                if set(wanted) <= set(names):
                    edges.append(Edge(i, tuple(names.index(joint) for joint in wanted), length, rules is RIGID))
    return tuple(edge for edge in edges if not _later_partner(edge, names))


def fit_of(points: np.ndarray, seen: np.ndarray, joint_set: str) -> np.ndarray:
    """How well detections fit the body of a joint set.

    Args:
        points: `[N, K, 2]` in any unit, in the order of the set.
        seen: `[N, K]` bool.
        joint_set: name of a set of people or animals with K joints.

    Returns:
        `[N]`: the logarithm of the ratio of likelihoods, body against cloud; NaN where less than `FEWEST` were seen.
    """
    mask = seen[..., None]
    count = seen.sum(axis=1)
    centre = (points * mask).sum(axis=1) / np.maximum(count, 1)[:, None]
    offset = np.where(mask, points - centre[:, None], 0)
    square = np.square(offset).sum(axis=-1)
    variance = np.maximum(square.sum(axis=1) / np.maximum(2 * count, 1), 1e-12)[:, None]  # of the cloud, by axis
    cloud = np.exp(-square / (2 * variance)) / (2 * np.pi * variance)  # [N, K]
    metre = np.sqrt(2 * variance) * METRE  # [N, M]
    total, placed = np.zeros(metre.shape), np.zeros(seen.shape, bool)
    for edge in body_of(joint_set):
        rows = np.flatnonzero(seen[:, [edge.joint, *edge.near]].all(axis=1) & ~placed[:, edge.joint])
        placed[rows, edge.joint] = True
        distance = np.linalg.norm(offset[rows, edge.joint] - offset[rows][:, edge.near].mean(axis=1), axis=-1)
        density = _density(distance[:, None] / metre[rows] / edge.length, edge.rigid) / (edge.length * metre[rows]) ** 2
        total[rows] += np.log((1 - WRONG) * density / cloud[rows, edge.joint, None] + WRONG)
    return np.where(count >= FEWEST, total.max(axis=1), np.nan)


def _density(distance: np.ndarray, rigid: bool) -> np.ndarray:
    """The density in the plane at a distance in lengths: of a bone's end, seen shortened, or of a joint near by."""
    if not rigid:
        return sum(
            share * np.exp(-np.square(distance / spread) / 2) / (2 * np.pi * spread**2)
            for share, spread in ((0.9, 0.75), (0.1, 1.8))
        )
    ring = np.exp(-np.square((distance - 0.85) / 0.2) / 2) / (0.2 * np.sqrt(2 * np.pi))
    ring = ring / (2 * np.pi * np.maximum(distance, 0.25))
    disc = 1 / (np.pi * (1 + np.exp(np.minimum((distance - 1) / 0.06, 50))))
    return 0.6 * ring + 0.4 * disc


def _side_and_part(name: str) -> tuple[str, str]:
    side, _, part = name.partition("_")
    return (side, part) if side in SIDES else ("", name)


def _near(near: str, side: str, part: str, short: bool) -> list[list[str]]:
    """The joints near which one is expected, in the order of preference; `short`: sides are written l_ and r_."""
    sides = ("l", "r") if short else ("left", "right")
    if near == "~":
        return [[f"{SIDES[side]}_{part}"]]
    if set(near.split()) <= set(PAIRS):
        return [[f"{one}_{PAIRS[pair]}" for pair in near.split() for one in sides]]
    if near in RIGID and near != "nose":  # a joint with sides
        return [[f"{one}_{near}"] for one in ((side,) if side else sides)]
    return [[near]]


def _later_partner(edge: Edge, names: Sequence[str]) -> bool:
    """Whether the joint is expected near its own partner, which stands later: only the second of two is."""
    side, part = _side_and_part(names[edge.joint])
    return bool(side) and [names[i] for i in edge.near] == [f"{SIDES[side]}_{part}"] and edge.near[0] > edge.joint
