"""Left and right partners among joint names in any spelling: Ear_L, leftEar, "ear (left)", LF_leg_Coxa."""

import re
from collections.abc import Sequence

PARTNERS = {"left": "right", "Left": "Right", "LEFT": "RIGHT", "l": "r", "L": "R"}


def find_partners(names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Pairs of joints whose names differ in the side alone.

    A name becomes its partner's if one "left" in it, or one letter l, is exchanged for "right" or r. Names that could
    belong to several pairs belong to none.

    Args:
        names: of J joints, all different.

    Returns:
        (left, right) indices, in the order of the left ones.

    Source:
        Ours.

    Example:
        >>> find_partners(["Snout", "Ear_L", "Ear_R", "SpineL", "rightPaw", "leftPaw"])
        ((1, 2), (5, 4))
    """
    number = {name: i for i, name in enumerate(names)}
    found = [(i, number[other]) for i, name in enumerate(names) for other in sorted(_mirrored(name) & number.keys())]
    used = [joint for pair in found for joint in pair]
    return tuple(pair for pair in found if used.count(pair[0]) == used.count(pair[1]) == 1)


def _mirrored(name: str) -> set[str]:
    """The names with one word for left exchanged for the one for right."""
    return {
        name[: at.start()] + right + name[at.end() :]
        for left, right in PARTNERS.items()
        for at in re.finditer(left, name)
    }
