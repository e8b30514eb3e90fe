"""The procedural quadruped: an animal's skeleton, proportions, joint limits, and the positions of its joints.

Its build is about that of a dog. A leg follows its paw by two-link inverse kinematics, so that a standing paw does not
slide. The hind leg has three links, of which the thigh and the metatarsus stay parallel, as a pantograph (Fischer &
Blickhan 2006, "The tri-segmented limbs of therian mammals", J. Exp. Zool. 305A): it is solved as two links, of which
the first has the length of both.

World in metres, z up, ground at z = 0; body x forward, y left, z up. Angles are degrees, zero where trunk, neck, head
and tail lie on one line. The unit of an `AnimalMotion` is the length of the trunk, from the base of the tail to the
withers. The last axis of its arrays is the T times; legs have an axis of length 4 before it, in the order of LEGS.
numpy only.
"""

from typing import NamedTuple

import numpy as np

from geolift.data.synthetic.body import SOFT, X, Y, Z, rotation_about, soft_clip
from geolift.skeletons.skeleton import Skeleton

# Joints and their parents. The root is the base of the tail, where both hips and the back begin.
PARENTS = {
    "tail_base": None, "spine": "tail_base", "withers": "spine", "head": "withers", "nose": "head",
    "left_ear": "head", "right_ear": "head", "tail_middle": "tail_base", "tail_tip": "tail_middle",
    "left_shoulder": "withers", "left_elbow": "left_shoulder", "left_front_paw": "left_elbow",
    "right_shoulder": "withers", "right_elbow": "right_shoulder", "right_front_paw": "right_elbow",
    "left_hip": "tail_base", "left_knee": "left_hip", "left_hock": "left_knee", "left_hind_paw": "left_hock",
    "right_hip": "tail_base", "right_knee": "right_hip", "right_hock": "right_knee", "right_hind_paw": "right_hock",
}  # fmt: skip
NAMES = tuple(PARENTS)
QUADRUPED = Skeleton(
    names=NAMES,
    parents=tuple(-1 if parent is None else NAMES.index(parent) for parent in PARENTS.values()),
    left=tuple(joint for joint, name in enumerate(NAMES) if name.startswith("left_")),
    right=tuple(joint for joint, name in enumerate(NAMES) if name.startswith("right_")),
    head=NAMES.index("head"),
)
LEGS = ("left_front", "right_front", "left_hind", "right_hind")

# Parts of the trunk's length, and how far they vary between animals (standard deviation, a share): our choice, about
# those of a dog. `ahead` and `below` place shoulders by the withers and hips by the base of the tail.
BUILD = {
    "neck": (0.42, 0.08), "muzzle": (0.30, 0.12), "ear_back": (0.05, 0.1), "ear_up": (0.11, 0.15),
    "ear_side": (0.09, 0.1), "tail": (0.36, 0.2), "shoulder_side": (0.13, 0.1), "shoulder_below": (0.28, 0.05),
    "shoulder_ahead": (0.10, 0.1), "upper_arm": (0.34, 0.05), "forearm": (0.51, 0.05), "hip_side": (0.12, 0.1),
    "hip_below": (0.06, 0.1), "hip_ahead": (0.08, 0.1), "thigh": (0.36, 0.05), "shank": (0.38, 0.05),
    "metatarsus": (0.28, 0.05), "paw": (0.035, 0.1),
}  # fmt: skip
TRUNK = (0.35, 0.75)  # metres, uniform: a terrier to a large shepherd

# Degrees. Elbow and knee: the angle between both bones (Jaegger et al. 2002, goniometry in Labrador Retrievers, Am. J.
# Vet. Res. 63); the others are our choice. `raise` is upwards, `turn` and `bend` to the left, of a part relative to the
# one before it.
LIMITS = {
    "elbow": (36, 165), "knee": (42, 162),
    "back_bend": (-40, 40), "back_raise": (-30, 30), "neck_turn": (-70, 70), "neck_raise": (-70, 80),
    "head_turn": (-50, 50), "head_raise": (-100, 30), "tail_turn": (-50, 50), "tail_raise": (-80, 80),
    "tail_curl": (-40, 60),
}  # fmt: skip
REACH = 0.01  # leg lengths over which the limit of a leg's span sets in
Rng = np.random.Generator


class AnimalMotion(NamedTuple):
    """How an animal moves over T times; units, frames and axes as in the module's docstring.

    Attributes:
        hips: `[3, T]` position of the base of the tail.
        attitude: `[3, T]` heading, rise of the chest above the hips, and roll to the right of the hips.
        paws: `[3, 4, T]` positions of the paws on or above the ground.
        lifted: `[4, T]` 0..1, how far a paw has left that place and hangs from its leg.
        hang: `[3, 4, T]` where such a paw hangs, from the shoulder or the hip in the body's axes.
        angles: `[T]` by name of LIMITS, all but elbow and knee, which follow from the paws.
    """

    hips: np.ndarray
    attitude: np.ndarray
    paws: np.ndarray
    lifted: np.ndarray
    hang: np.ndarray
    angles: dict[str, np.ndarray]


def grow_animal(rng: Rng) -> dict[str, float]:
    """One animal's lengths in metres by name of BUILD, and its `trunk`."""
    trunk = rng.uniform(*TRUNK)
    varied = {name: part * (1 + sd * np.clip(rng.normal(), -2, 2)) for name, (part, sd) in BUILD.items()}
    return {name: trunk * part for name, part in varied.items()} | {"trunk": trunk}


def leg_span(first: float, second: float, degrees: float) -> float:
    """The distance between the ends of two links that meet at an angle."""
    return np.sqrt(first**2 + second**2 - 2 * first * second * np.cos(np.radians(degrees)))


def bend_leg(
    ball: np.ndarray, paw: np.ndarray, first: float, second: float, way: np.ndarray, hinge: str
) -> tuple[np.ndarray, np.ndarray]:
    """Two links `[..., 3]` from `ball` towards `paw`: the unit vector of the first, and where the second ends.

    The hinge between them, limited by LIMITS, lies on the side `way` `[..., 3]` of the line between the ends.
    """
    reach = paw - ball
    distance = np.linalg.norm(reach, axis=-1, keepdims=True)
    along = reach / distance
    low, high = (leg_span(first, second, degrees) for degrees in LIMITS[hinge])
    span = soft_clip(distance, low, high, REACH * (first + second))
    across = way - (way * along).sum(-1, keepdims=True) * along
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    cosine = (first**2 + span**2 - second**2) / (2 * first * span)
    return cosine * along + np.sqrt(1 - cosine**2) * across, ball + span * along


def move_animal(body: dict[str, float], motion: AnimalMotion) -> np.ndarray:
    """Joint positions `[T, J, 3]` of QUADRUPED in metres."""
    trunk = body["trunk"]
    angles = {name: soft_clip(degrees, *LIMITS[name], SOFT) for name, degrees in motion.angles.items()}
    heading, rise, roll = motion.attitude

    def turned(frame: np.ndarray, turn: np.ndarray, up: np.ndarray) -> np.ndarray:
        return frame @ rotation_about(Z, turn) @ rotation_about(Y, -up)

    hips = rotation_about(Z, heading) @ rotation_about(Y, -rise) @ rotation_about(X, roll)
    chest = turned(hips, angles["back_bend"], angles["back_raise"])
    neck = turned(chest, angles["neck_turn"], angles["neck_raise"])
    skull = turned(neck, angles["head_turn"], angles["head_raise"])
    root = turned(hips, angles["tail_turn"], -angles["tail_raise"])  # of the tail, which points backwards
    tip = turned(root, angles["tail_turn"], -angles["tail_curl"])

    joints = {"tail_base": trunk * motion.hips.T}
    joints["spine"] = joints["tail_base"] + trunk / 2 * hips[..., X]
    joints["withers"] = joints["spine"] + trunk / 2 * chest[..., X]
    joints["head"] = joints["withers"] + body["neck"] * neck[..., X]
    joints["nose"] = joints["head"] + body["muzzle"] * skull[..., X]
    for side, sign in (("left", 1), ("right", -1)):
        ear = np.array([-body["ear_back"], sign * body["ear_side"], body["ear_up"]])
        joints[f"{side}_ear"] = joints["head"] + skull @ ear
    joints["tail_middle"] = joints["tail_base"] - body["tail"] * root[..., X]
    joints["tail_tip"] = joints["tail_middle"] - body["tail"] * tip[..., X]
    for leg, name in enumerate(LEGS):
        frame, start = (chest, "withers") if "front" in name else (hips, "tail_base")
        joints |= _leg(body, motion, leg, frame, joints[start])
    return np.stack([joints[name] for name in QUADRUPED.names], axis=1)


def _leg(
    body: dict[str, float], motion: AnimalMotion, leg: int, frame: np.ndarray, start: np.ndarray
) -> dict[str, np.ndarray]:
    """The joints `[T, 3]` of one leg, which begins by the joint `start` in the axes of `frame` `[T, 3, 3]`."""
    side, pair = LEGS[leg].split("_")
    ball = "shoulder" if pair == "front" else "hip"
    place = body[f"{ball}_ahead"], (1 if side == "left" else -1) * body[f"{ball}_side"], -body[f"{ball}_below"]
    top = start + frame @ np.array(place)
    trunk, lifted = body["trunk"], motion.lifted[leg][:, None]
    stand = trunk * motion.paws[:, leg].T + [0, 0, body["paw"]]
    paw = (1 - lifted) * stand + lifted * (top + np.einsum("tij,jt->ti", frame, trunk * motion.hang[:, leg]))
    if pair == "front":  # elbows bend backwards
        upper, end = bend_leg(top, paw, body["upper_arm"], body["forearm"], -frame[..., X], "elbow")
        return {
            f"{side}_shoulder": top,
            f"{side}_elbow": top + body["upper_arm"] * upper,
            f"{side}_front_paw": end,
        }
    thigh, end = bend_leg(top, paw, body["thigh"] + body["metatarsus"], body["shank"], frame[..., X], "knee")
    return {
        f"{side}_hip": top,
        f"{side}_knee": top + body["thigh"] * thigh,
        f"{side}_hock": end - body["metatarsus"] * thigh,
        f"{side}_hind_paw": end,
    }
