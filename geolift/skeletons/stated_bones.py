"""What a file states of its joints' skeleton: bones, and partners of which it may not say which is left."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from geolift.errors import DatasetError
from geolift.skeletons.side_names import find_partners

MOST_BONES = 10_000  # a file may state each several times
SIDE_WORDS = {"l": "left", "left": "left", "r": "right", "right": "right"}
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


class StatedBones(NamedTuple):
    """What a file states of a skeleton.

    Attributes:
        bones: pairs of names of joints.
        partners: pairs of names of joints that are each other's mirror image, in any order.
        where: the file, and where in it.

    Example:
        >>> StatedBones((("neck", "nose"),), (), "a.slp: skeletons").bones
        (('neck', 'nose'),)
    """

    bones: tuple[tuple[str, str], ...]
    partners: tuple[tuple[str, str], ...]
    where: str


def stated_by_number(
    bones: Sequence[tuple[int, int]], partners: Sequence[tuple[int, int]], names: Sequence[str], where: str
) -> StatedBones | None:
    """What a file states by numbers of its joints; None if it states nothing.

    Args:
        bones: pairs of numbers from 0.
        partners: likewise.
        names: of the joints.
        where: the file, and where in it.

    Raises:
        DatasetError: if a number is of no joint, or there are too many.

    Source:
        Ours.

    Example:
        >>> stated_by_number([(0, 1)], [], ["neck", "nose"], "a.json: skeleton").bones
        (('neck', 'nose'),)
    """
    if len(bones) + len(partners) > MOST_BONES:
        raise DatasetError(f"{where}: found {len(bones) + len(partners)} pairs, expected up to {MOST_BONES}")
    for pair in (*bones, *partners):
        if not all(0 <= joint < len(names) for joint in pair):
            raise DatasetError(f"{where}: found the joints {list(pair)}, expected numbers of {len(names)} joints")
    of_bones, of_partners = (
        tuple(dict.fromkeys((names[a], names[b]) for a, b in pairs if a != b)) for pairs in (bones, partners)
    )
    return StatedBones(of_bones, of_partners, where) if of_bones or of_partners else None


def join_stated(several: Sequence[StatedBones | None], joints: Sequence[str]) -> tuple[StatedBones | None, list[str]]:
    """What several files state of one skeleton, without joints that it has not; and notes on these.

    Raises:
        DatasetError: if two files state different bones or partners.
    """
    found = [one for one in several if one is not None]
    if not found:
        return None, []
    first = found[0]
    for one in found[1:]:
        for key in ("bones", "partners"):
            if set(map(frozenset, getattr(one, key))) != set(map(frozenset, getattr(first, key))):
                raise DatasetError(f"{one.where}: found other {key} than in {first.where}, expected the same")
    known, notes = [], []
    for key in ("bones", "partners"):
        pairs = getattr(first, key)
        known.append(tuple(pair for pair in pairs if set(pair) <= set(joints)))
        beyond = sorted({joint for pair in pairs for joint in pair} - set(joints))
        if beyond:
            notes.append(f"{key} of joints that the keypoints lack are left out: {', '.join(beyond)[:200]}")
    return StatedBones(known[0], known[1], first.where), notes


def partners_of(
    names: Sequence[str], stated: Sequence[tuple[str, str]], where: str
) -> tuple[tuple[tuple[int, int], ...], tuple[str, ...]]:
    """(left, right) indices of partners, by their names and as a file states them; and the stated ones without sides.

    Names alone say which of two stated partners is left. Where they do not, the two have no side: it is not guessed.

    Args:
        names: of J joints.
        stated: pairs of names, in any order.
        where: the file that states them, for errors.

    Raises:
        DatasetError: if a file states other partners than the names say.

    Source:
        Ours.

    Example:
        >>> partners_of(["nose", "EarL", "EarR", "fin1", "fin2"], [("EarR", "EarL"), ("fin1", "fin2")], "a.slp")
        (((1, 2),), ('fin1 and fin2',))
    """
    pairs, unknown = list(find_partners(names)), []
    partner = {names[a]: names[b] for pair in pairs for a, b in (pair, pair[::-1])}
    number = {name: i for i, name in enumerate(names)}
    for one, other in dict.fromkeys(tuple(sorted(pair)) for pair in stated):
        if partner.get(one) == other:
            continue
        if one in partner or other in partner:
            named = one if one in partner else other
            raise DatasetError(
                f"{where}: found {one} and {other} as partners, but by its name {named} is that of {partner[named]}; "
                "expected the same partners (correct one of them, or give --skeleton)"
            )
        sides = [_side(name) for name in (one, other)]
        if sorted(sides) == ["left", "right"]:
            pairs.append((number[one], number[other]) if sides[0] == "left" else (number[other], number[one]))
            partner |= {one: other, other: one}
        else:
            unknown.append(f"{one} and {other}")
    return tuple(pairs), tuple(unknown)


def _side(name: str) -> str:
    """The side that a name states, "" if it states none or both."""
    sides = {SIDE_WORDS[word.lower()] for word in WORDS.findall(name) if word.lower() in SIDE_WORDS}
    return sides.pop() if len(sides) == 1 else ""
