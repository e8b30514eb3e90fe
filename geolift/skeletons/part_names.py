"""What the names of joints say of bones: parts of one limb that follow each other, limbs and heads that do not join."""

import re
from collections.abc import Sequence

# Factors on the length of bones that names suggest: of parts next to each other, and with one between.
LIKELY = (0.4, 0.7)
UNLIKELY = 4.0  # on those from a fore to a hind limb, from one leg to the next, from an eye to a limb: never right
# Parts that follow each other from the trunk outwards, in the words of trackers' names.
CHAINS = (
    ("scapula clavicle withers", "shoulder", "elbow", "wrist carpus", "forepaw hand arm", "paw hoof fingers"),
    ("pelvis tti tailbase", "hip thigh thai", "knee stifle", "ankle hock heel shin",
     "lisfranc", "hindpaw foot paw hoof mtp toe"),
    ("thorax", "coxa", "femur", "tibia", "tarsus", "claw pretarsus"),
    ("tti base root", "mid middle", "tip end"),
    ("trunk body thorax", "spine back", "neck", "head", "nose snout beak", "eye ear"),
    ("head thorax", "scape", "pedicel", "antenna"),
    ("f front", "m mid middle", "l b rear", "tailbase tail"),
)  # fmt: skip
IN_FRONT, BEHIND = {"front", "fore"}, {"hind", "rear", "back"}  # say which limb a knee is of
FORE = {"shoulder", "elbow", "wrist", "carpus", "forepaw", "forelimb", "hand", "arm", "fore", "front"}
HIND = {"hip", "knee", "stifle", "ankle", "hock", "heel", "hindpaw", "hindlimb", "foot", "shin", "hind", "rear"}
LIMB_CHAINS = 3  # the first of these are limbs
RANKS = [{word: rank for rank, words in enumerate(chain) for word in words.split()} for chain in CHAINS]
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
# Words that name parts of a head, as beginnings; and limbs, which begin at a trunk.
FACE = ("nose", "snout", "beak", "rostrum", "jaw", "mouth", "eye", "ear", "antler", "horn", "crown", "forehead", "bill",
        "antenna", "scape", "pedicel", "arista", "proboscis")  # fmt: skip
LEGS = {"leg", "foreleg", "midleg", "hindleg", "wing", "fin", "pec", "pectoral", "paw", "thigh", "thai", "coxa"}
LIMBS = FORE | HIND | LEGS
NEAREST = {"shoulder", "scapula", "clavicle", "hip", "pelvis"}  # to the trunk, which others than them may join

REAR = ("tail", "tti", "abdomen", "caudal", "peduncle", "anus", "rump", "back")  # beginnings of what is never ahead


def words_of(name: str) -> list[str]:
    """The words and numbers of a name, in small letters.

    Example:
        >>> words_of("LF_leg2_TailBase")
        ['lf', 'leg', '2', 'tail', 'base']
    """
    return [word.lower() for word in WORDS.findall(name)]


def is_of_face(name: str) -> bool:
    """Whether a joint is a part of a head: an eye, a beak.

    Example:
        >>> is_of_face("left_earbase"), is_of_face("head"), is_of_face("forepaw")
        (True, False, False)
    """
    return any(word.startswith(FACE) for word in words_of(name))


def likely(one: str, other: str) -> float:
    """The factor for two names without their side: of parts of one limb, like F_Femur and F_Tibia, or tail2 and tail3.

    One word of each differs: numbers that follow each other, or words near each other in one of `CHAINS`.

    Example:
        >>> likely("tail2", "tail3"), likely("leg1_2", "leg2_2"), likely("eye", "shoulder")
        (0.4, 4.0, 4.0)
    """
    a, b = words_of(one), words_of(other)
    limbs = {_limb(a), _limb(b)}
    if limbs == {"fore", "hind"} and not (NEAREST & set(a) and NEAREST & set(b)):
        return UNLIKELY
    if any(is_of_face(face) and LIMBS & set(limb) for face, limb in ((one, b), (other, a))):
        return UNLIKELY
    numbered = all(LIMBS & set(words) and words[-1].isdecimal() for words in (a, b))
    if numbered and a[:-1] != b[:-1]:
        return UNLIKELY  # leg1_2 and leg2_3, foreleg2 and midleg2: parts of two limbs
    only_a, only_b = ([word for word in words if word not in others] for words, others in ((a, b), (b, a)))
    if len(only_a) != 1 or len(only_b) != 1:
        return 1.0
    (first,), (second,) = only_a, only_b
    if first.isdecimal() and second.isdecimal():
        return LIKELY[0] if abs(int(first) - int(second)) == 1 else 1.0
    steps = [abs(rank[first] - rank[second]) for rank in RANKS if first in rank and second in rank]
    return min((LIKELY[step - 1] for step in steps if 0 < step <= len(LIKELY)), default=1.0)


def _limb(words: list[str]) -> str:
    """Which limb the words of a name are of, "fore" or "hind"; "" if of none, or of any."""
    found = set(words)
    if found & LIMBS and found & (IN_FRONT | BEHIND):
        return "fore" if found & IN_FRONT else "hind"
    return "fore" if found & FORE else "hind" if found & HIND else ""


def limbs_of(stems: Sequence[str]) -> tuple[list[set[tuple[int, tuple[str, ...]]]], list[bool]]:
    """For each joint which limbs it is a part of, and whether no other part of them is nearer to the trunk.

    Args:
        stems: names of joints without their sides.

    Example:
        >>> limbs_of(["spine", "knee", "ankle"])[1]
        [True, True, False]
    """
    ranks: list[dict[tuple[int, tuple[str, ...]], int]] = []
    for stem in stems:
        words = words_of(stem)
        ranks.append({})
        for row, rank in enumerate(RANKS[:LIMB_CHAINS]):
            for word in words:
                if rank.get(word, 0):  # 0 is the trunk
                    ranks[-1][row, tuple(other for other in words if other not in {word, *IN_FRONT, *BEHIND})] = rank[
                        word
                    ]
    nearest = {limb: min(of[limb] for of in ranks if limb in of) for limb in set().union(*ranks)}
    return [set(of) for of in ranks], [all(rank == nearest[limb] for limb, rank in of.items()) for of in ranks]
