"""The names that programs give to the joints of a body, as one table, and which of a file's joints are meant.

A name is compared without case and without what separates its words: `UpperLeg_L`, `LeftUpperLeg`, `lUpperLeg` and
`upper_leg.l` are one. What all names of a file begin with (`mixamorig:`, `Bip01 `, `Character1_`) is found, not listed.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

from geolift.errors import DatasetError
from geolift.skeletons.skeleton import H36M17

# The joints of a limb from the trunk outwards: the names of each, without its side, the first found one counts. A
# bone is named where it begins: `LeftLeg` is the knee where `LeftUpLeg` is the hip; `LeftHip` is the hip only where
# nothing else is, and `LeftShoulder`, elsewhere the collar bone, likewise.
LIMBS: Mapping[str, tuple[str, ...]] = {
    "hip": ("upleg", "upperleg", "thigh", "thighbend", "femur", "hip", "leg"),
    "knee": ("lowleg", "lowerleg", "shin", "calf", "tibia", "knee", "leg"),
    "ankle": ("ankle", "foot"),
    "shoulder": ("uparm", "upperarm", "uarm", "shldr", "shldrbend", "humerus", "arm", "shoulder"),
    "elbow": ("forearm", "forearmbend", "lowarm", "lowerarm", "farm", "radius", "elbow"),
    "wrist": ("wrist", "hand"),
}
CHAINS = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
TOES = ("toebase", "toe", "toes", "toe0", "ball", "foot")
# The base of the neck, the base of the skull, and the top of the head. The numbered spines are Blender's Rigify.
NECKS = ("neck", "lowerneck", "necklower", "neckbase", "neck0", "neck01", "neck1", "necktwist01", "spine004")
HEADS = ("head", "skull", "upperneck", "spine006")
TOPS = ("headtopend", "headtop", "headend", "headnub", "headtip", "headsite")
SIDES = {"left": ("left", "l"), "right": ("right", "r")}
ENDINGS = ("", "jnt", "joint", "jt", "bone")  # that some programs put after every name
RADIUS = "radius"  # bones named as in ASF: the wrist is where the hand begins, the bone `wrist` begins before it
MOST_BEGINNINGS = 20  # that are tried
SHOWN = 300  # characters of the names in an error


class BodyNames(NamedTuple):
    """Which joints of a file are which of the body; "" where it has none.

    Attributes:
        limbs: the file's name of each joint of Human3.6M-17 in arms and legs.
        neck: of the base of the neck.
        head: of the base of the skull.
        top: of the top of the head.
        toes: by side, "left" and "right".
    """

    limbs: Mapping[str, str]
    neck: str
    head: str
    top: str
    toes: Mapping[str, str]


def body_names(parents: Mapping[str, str], where: str) -> BodyNames:
    """The joints of a body among those of a hierarchy.

    Args:
        parents: for every joint its parent's name, "" for the root.
        where: the file, for the error.

    Raises:
        DatasetError: naming the joints found and those expected, if arms, legs or the head are not all there.
    """
    plain = {}
    for name in parents:
        plain.setdefault(_plain(name), name)
    for begin, ending in _frames_of_names(plain):
        found = {p[len(begin) : len(p) - len(ending)]: n for p, n in plain.items() if _within(p, begin, ending)}
        names = _matched(found, parents)
        if names is not None:
            return names
    raise DatasetError(
        f"{where}: found the joints {', '.join(sorted(parents))[:SHOWN]}, expected hip, knee, ankle, shoulder, elbow "
        "and wrist of both sides, and a head or neck, by names such as LeftUpLeg, LeftHip, LeftThigh, UpperLeg_L, "
        "Bip01 L Thigh, lThigh (docs/convert.md); animals: --skeleton FILE, which `geolift skeleton` proposes"
    )


def own_names(names: Sequence[str]) -> bool:
    """Whether these are the joints of Human3.6M-17, as geolift writes them, if need be without the head's top."""
    return set(H36M17.names) - {"head"} <= set(names)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _within(name: str, begin: str, ending: str) -> bool:
    return len(name) > len(begin) + len(ending) and name.startswith(begin) and name.endswith(ending)


def _sided(stem: str, side: str) -> list[str]:
    return [name for word in SIDES[side] for name in (word + stem, stem + word)]


PATTERNS = sorted(
    {name for stems in LIMBS.values() for stem in stems for side in SIDES for name in _sided(stem, side)},
    key=lambda name: (-len(name), name),
)


def _frames_of_names(plain: Mapping[str, str]) -> list[tuple[str, str]]:
    """What may stand before and after all names of a file, what fits the most names first."""
    votes: Counter[tuple[str, str]] = Counter()
    for name in plain:
        for ending in ENDINGS:
            body = name[: len(name) - len(ending)]
            if name.endswith(ending):
                begins = {body[: -len(pattern)] for pattern in PATTERNS if body.endswith(pattern)}
                votes.update((begin, ending) for begin in begins)
    return [frame for frame, _ in votes.most_common(MOST_BEGINNINGS)]


def _matched(found: Mapping[str, str], parents: Mapping[str, str]) -> BodyNames | None:
    limbs: dict[str, str] = {}
    for side, chain in product(SIDES, CHAINS):
        names = _chain(found, parents, side, chain)
        if names is None:
            return None
        limbs |= {f"{side}_{joint}": name for joint, name in zip(chain, names, strict=True)}
    neck, head, top = (
        next((found[n] for stem in stems for n in (stem, "c" + stem) if n in found), "")
        for stems in (NECKS, HEADS, TOPS)
    )
    if not head:
        return None
    toes = {side: _first(found, side, TOES, below=limbs[f"{side}_ankle"], parents=parents) for side in SIDES}
    return BodyNames(limbs, neck if is_above(parents, head, neck) else "", head, top, toes)


def _chain(
    found: Mapping[str, str], parents: Mapping[str, str], side: str, chain: tuple[str, ...]
) -> tuple[str, ...] | None:
    """The joints of a limb, each below the one before it; None if there are none."""
    choices = [[found[n] for stem in LIMBS[joint] for n in _sided(stem, side) if n in found] for joint in chain]
    for first, middle, last in product(*choices):
        if is_above(parents, middle, first) and is_above(parents, last, middle):
            if _plain(middle).endswith((RADIUS, *_sided(RADIUS, side))):
                last = next((n for n in choices[2] if is_above(parents, n, last)), last)
            return first, middle, last
    return None


def _first(
    found: Mapping[str, str], side: str, stems: tuple[str, ...], *, below: str, parents: Mapping[str, str]
) -> str:
    names = (found[n] for stem in stems for n in _sided(stem, side) if n in found)
    return next((name for name in names if is_above(parents, name, below)), "")


def is_above(parents: Mapping[str, str], joint: str, other: str) -> bool:
    """Whether `other` is a parent of `joint`, or one of its parents."""
    joint = parents[joint]
    while joint and joint != other:
        joint = parents[joint]
    return bool(joint)
