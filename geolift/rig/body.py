"""The size of a person's bones for a whole clip: both sides equally long, whatever the noise of single frames.

Every length is a weighted median over all frames and both sides. Bones that the points do not show have the length that
they have in people of this size (Drillis & Contini 1966, Winter 2009).
"""

from typing import NamedTuple

import numpy as np

from geolift.rig.humanoid import HUMANOID
from geolift.rotations import axes_of
from geolift.skeletons.skeleton import Skeleton

SIDES = {"left": 1.0, "right": -1.0}  # and the sign of x
# Shares of stature. What points show: as in geolift/skeletons/anthropometry.py, the trunk halved. What they do not
# show: the hand (Winter 2009); the ankle above the floor (0.08 m of people of 1.7 m, as docs/world.md has it); the heel
# behind the ankle, the ball ahead of it and above the floor, the toes, which make a foot of 0.152 (Winter).
SHOWN = {
    "hip": 0.065, "thigh": 0.245, "shank": 0.246, "lower trunk": 0.150, "upper trunk": 0.150, "neck": 0.065,
    "head": 0.105, "upper arm": 0.186, "forearm": 0.146,
}  # fmt: skip
ENDS = {
    "hip": ("left_hip", "right_hip"), "thigh": ("hip", "knee"), "shank": ("knee", "ankle"),
    "lower trunk": ("pelvis", "spine"), "upper trunk": ("spine", "thorax"), "upper arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
}  # fmt: skip
SHOULDER = 0.110
HAND, ANKLE, HEEL, BALL, BALL_HEIGHT, TOES = 0.108, 0.047, 0.035, 0.077, 0.012, 0.040
SPINE = 0.4  # of the way from pelvis to spine: where the first bone of the spine begins
COLLAR = 0.15  # of the way from thorax to shoulder: where the collar bone begins
NOSE = 0.03  # of stature: a neck joint that is farther ahead is a nose
NECK_SHARE = SHOWN["neck"] / (SHOWN["neck"] + SHOWN["head"])
TOES_OF_FOOT = 0.26  # of the way from toe to heel, where the file has both: where the toes begin (0.040 / 0.152)


class Marker(NamedTuple):
    """A point that is fixed to a bone.

    Attributes:
        joint: its index in the skeleton.
        bone: index of the bone.
        offset: `[3]` from where the bone begins.
    """

    joint: int
    bone: int
    offset: np.ndarray


class Body(NamedTuple):
    """A person of one size.

    Attributes:
        offset: `[B, 3]` where each bone begins, from where its parent does, at rest.
        end: `[B, 3]` where the bones without children end, from where they begin; 0 for the others.
        markers: the skeleton's joints on it.
        stature: the person's, estimated from the bones, in the units of the points.
        unknown: names of lengths that no frame shows.
        nose: whether the joint "neck" is a nose, ahead of the neck.
    """

    offset: np.ndarray
    end: np.ndarray
    markers: tuple[Marker, ...]
    stature: float
    unknown: tuple[str, ...]
    nose: bool


def measure(points: np.ndarray, skeleton: Skeleton, weight: np.ndarray, ankle: float = ANKLE) -> Body:
    """The body of a person.

    Args:
        points: `[F, J, 3]`, NaN where missing.
        skeleton: `H36M17` or `H36M21`.
        weight: `[F, J]` how much each joint counts; 0 where it is missing.
        ankle: how high it is above the sole, in shares of stature; for feet that no joints show.
    """
    tape = _Tape(points, skeleton, weight)
    found = {name: tape.length(*ends) for name, ends in ENDS.items()}
    found["hip"] /= 2
    found["neck"], ahead, found["head"] = tape.head()
    known = {name: length for name, length in found.items() if length > 0}
    stature = sum(known.values()) / sum(SHOWN[name] for name in known) if known else 1.0
    length = {name: found[name] if name in known else SHOWN[name] * stature for name in SHOWN}
    shoulder = tape.shoulder()
    if not np.isfinite(shoulder).all():
        shoulder = np.array([SHOULDER * stature, 0, 0])
    heel, toe = tape.foot(stature, ankle)
    offset, end = _bones(length, shoulder, heel, toe, stature)
    markers = _markers(skeleton, ahead, heel, toe, end)
    unknown = tuple(name for name in SHOWN if name not in known)
    return Body(offset, end, markers, stature, unknown, bool(ahead > NOSE * stature))


class _Tape:
    """Measures distances between joints, over all frames and both sides."""

    def __init__(self, points: np.ndarray, skeleton: Skeleton, weight: np.ndarray) -> None:
        self.points = dict(zip(skeleton.names, np.moveaxis(points, 1, 0), strict=True))
        self.weight = dict(zip(skeleton.names, weight.T, strict=True))

    def length(self, one: str, other: str) -> float:
        """Of a bone by the names of its ends, which both sides have or the middle; NaN if no frame shows it."""
        lengths, weights = [], []
        for side in SIDES:
            a, b = (name if name in self.points else f"{side}_{name}" for name in (one, other))
            if a in self.points and b in self.points:
                lengths.append(np.linalg.norm(self.points[a] - self.points[b], axis=-1))
                weights.append(self._sure(a, b))
        return _median(np.concatenate(lengths), np.concatenate(weights)) if lengths else np.nan

    def shoulder(self) -> np.ndarray:
        """`[3]` of the left shoulder from the thorax, in the axes of the upper trunk, both sides alike."""
        axes, known, seen = self._trunk(), [], []
        for side, sign in SIDES.items():
            away = self.points[f"{side}_shoulder"] - self.points["thorax"]
            known.append(np.einsum("fji,fj->fi", axes, away) * (sign, 1, 1))
            seen.append(self._sure(f"{side}_shoulder", "thorax", "spine"))
        known, seen = np.concatenate(known), np.concatenate(seen)
        return np.array([_median(known[:, axis], seen) for axis in range(3)])

    def head(self) -> tuple[float, float, float]:
        """Of the neck joint along the line from thorax to head top, ahead of it, and what is left of that line.

        Many detectors have a nose for the neck, which is ahead of the line and rotates with the head.
        """
        thorax, neck, top = (self.points[name] for name in ("thorax", "neck", "head"))
        sure = self._sure("thorax", "neck", "head")
        whole = _median(np.linalg.norm(top - thorax, axis=-1), self._sure("thorax", "head"))
        if (sure > 0).any():
            axes = axes_of(top - thorax, self._trunk()[..., 2], "yz")
        elif np.isfinite(whole):
            return NECK_SHARE * whole, 0.0, (1 - NECK_SHARE) * whole
        else:  # no head top: as the neck or nose mostly is, the head looks straight on
            axes, sure = self._trunk(), self._sure("thorax", "neck", "spine")
        _, up, ahead = np.einsum("fji,fj->if", axes, neck - thorax)
        if np.isnan(whole):
            return _median(up, sure), np.nan_to_num(_median(ahead, sure)), np.nan
        up, ahead = _median(up, sure), _median(ahead, sure)
        up = float(np.clip(up, 0.2 * whole, 0.8 * whole))  # neither the neck nor the head vanishes
        return up, np.nan_to_num(ahead), whole - up

    def foot(self, stature: float, ankle: float) -> tuple[np.ndarray, np.ndarray]:
        """`[3]`, `[3]` of heel and toe from the ankle, of a foot that stands: both equally high."""
        down = -(ankle - BALL_HEIGHT) * stature
        heel, toe = np.array([0, down, -HEEL * stature]), np.array([0, down, (BALL + TOES) * stature])
        back, front = self.length("ankle", "heel"), self.length("ankle", "toe")
        whole = self.length("heel", "toe")
        if np.isfinite([back, front, whole]).all() and whole > abs(back - front):
            behind = (back**2 + whole**2 - front**2) / (2 * whole)
            down = -np.sqrt(max(back**2 - behind**2, 0.0))
            return np.array([0, down, -behind]), np.array([0, down, whole - behind])
        if np.isfinite(front) and front > -down:
            toe[2] = np.sqrt(front**2 - down**2)
        return heel, toe

    def _trunk(self) -> np.ndarray:
        """`[F, 3, 3]` axes of the upper trunk."""
        across = self.points["left_shoulder"] - self.points["right_shoulder"]
        return axes_of(self.points["thorax"] - self.points["spine"], across, "yx")

    def _sure(self, *names: str) -> np.ndarray:
        """`[F]` the least weight of some joints."""
        return np.min([self.weight[name] for name in names], axis=0)


def _median(values: np.ndarray, weight: np.ndarray) -> float:
    """The weighted median; NaN without a value of some weight."""
    kept = np.isfinite(values) & (weight > 0)
    if not kept.any():
        return np.nan
    values, weight = values[kept], weight[kept]
    order = np.argsort(values)
    share = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(share, share[-1] / 2)])


def _bones(
    length: dict[str, float], shoulder: np.ndarray, heel: np.ndarray, toe: np.ndarray, stature: float
) -> tuple[np.ndarray, np.ndarray]:
    """Offsets and ends of the bones."""
    up, ahead = np.array([0.0, 1, 0]), np.array([0.0, 0, 1])
    ball = toe + TOES_OF_FOOT * (heel - toe)
    where = {
        "Spine": SPINE * length["lower trunk"] * up,
        "Spine1": (1 - SPINE) * length["lower trunk"] * up,
        "Neck": length["upper trunk"] * up,
        "Head": length["neck"] * up,
    }
    ends = {"Head": length["head"] * up}
    for side, sign in SIDES.items():
        name, out = side.capitalize(), np.array([sign, 0, 0])
        where |= {
            f"{name}Shoulder": length["upper trunk"] * up + COLLAR * shoulder * (sign, 1, 1),
            f"{name}Arm": (1 - COLLAR) * shoulder * (sign, 1, 1),
            f"{name}ForeArm": length["upper arm"] * out,
            f"{name}Hand": length["forearm"] * out,
            f"{name}UpLeg": length["hip"] * out,
            f"{name}Leg": -length["thigh"] * up,
            f"{name}Foot": -length["shank"] * up,
            f"{name}ToeBase": ball,
        }
        ends |= {f"{name}Hand": HAND * stature * out, f"{name}ToeBase": (toe - ball)[2] * ahead}
    return tuple(np.array([table.get(bone, np.zeros(3)) for bone in HUMANOID.names]) for table in (where, ends))


def _markers(
    skeleton: Skeleton, ahead: float, heel: np.ndarray, toe: np.ndarray, end: np.ndarray
) -> tuple[Marker, ...]:
    """The joints of the skeleton on the bones."""
    bone = HUMANOID.names.index
    at = {"pelvis": ("Hips", 0), "spine": ("Spine1", 0), "thorax": ("Neck", 0), "neck": ("Head", (0, 0, ahead))}
    at["head"] = ("Head", end[bone("Head")])
    for side in SIDES:
        name = side.capitalize()
        begins = {"shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand", "hip": "UpLeg", "knee": "Leg"}
        at |= {f"{side}_{joint}": (f"{name}{begun}", 0) for joint, begun in begins.items()}
        at |= {f"{side}_ankle": (f"{name}Foot", 0), f"{side}_heel": (f"{name}Foot", heel)}
        at[f"{side}_toe"] = (f"{name}ToeBase", end[bone(f"{name}ToeBase")])
    return tuple(
        Marker(joint, bone(at[name][0]), np.zeros(3) + at[name][1]) for joint, name in enumerate(skeleton.names)
    )
