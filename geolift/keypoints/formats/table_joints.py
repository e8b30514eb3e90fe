"""The joints of a table by their names: those of a known set, numbers, or others, which a skeleton file explains."""

import re
from collections.abc import Sequence

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.joint_names import canonical_names, joints_by_count, joints_by_name, names_in
from geolift.keypoints.options import ResolvedJoints, sets_of
from geolift.skeletons.joint_sets import SOURCES

# What programs number: MediaPipe's landmarks, alone or, from its Holistic, with face (468) and hands (21 each) after.
DOCUMENTED = {33: "mediapipe33", 501: "holistic501", 543: "holistic543"}
# Sets of which a table may name a few joints: their names have one meaning in all sets, Halpe's beside its hip.
NAMED_IN_PART = ("coco17", "mediapipe33", "halpe26")
NEEDED = {"left_shoulder", "right_shoulder"}
CENTRES = {"centroid", "center", "centre", "com", "cog", "mean"}
NUMBERED = re.compile(r"(?P<before>.*?)0*(?P<number>\d{1,4})")
WORDS = re.compile(r"[\s_.:/-]+")
KNOWN = {frozenset(source) for source in SOURCES.values()}
SHOWN = 8  # names in an error


def table_joints(
    names: Sequence[str], rows: np.ndarray, origin: str, given: str | None
) -> tuple[ResolvedJoints, np.ndarray]:
    """The joints of a table.

    Args:
        names: K names in the table.
        rows: `[N, K, 3]` x, y, confidence, NaN where missing.
        origin: the file, named in errors.
        given: the user's joint set.

    Returns:
        The joints; the rows that `order` picks them from: joints that the table lacks are missing in all of them.

    Raises:
        DatasetError: as `joints_by_name`, `joints_by_count`; if a number is beyond the user's joint set.
    """
    names, rows = _without_centres(_without_common_words(names), rows)
    numbers = joint_numbers(names)
    if numbers is not None:
        return _numbered(names, numbers, rows, origin, given)
    known = frozenset(canonical_names(names)) in KNOWN
    for joint_set in () if known else NAMED_IN_PART:
        source = SOURCES[joint_set]
        if given in (None, joint_set) and len(names) < len(source):
            called = names_in(source, names)
            needed = NEEDED | ({"hip"} if joint_set == "halpe26" else set())
            if called is not None and set(called) >= needed:
                return _placed([source.index(name) for name in called], rows, joint_set)
    return joints_by_name(names, origin, given), rows


def joint_numbers(names: Sequence[str]) -> list[int] | None:
    """The numbers of joints that are called after their numbers alone: 0, 1, ...; L0, L1, ...; landmark_0, ..."""
    found = [NUMBERED.fullmatch(name) for name in names]
    if not all(found) or len({match["before"].lower() for match in found}) > 1:
        return None
    numbers = [int(match["number"]) for match in found]
    return numbers if len(set(numbers)) == len(numbers) > 1 else None


def _numbered(
    names: Sequence[str], numbers: list[int], rows: np.ndarray, origin: str, given: str | None
) -> tuple[ResolvedJoints, np.ndarray]:
    """Joints by their numbers, from 0 or from 1."""
    order, first, last = np.argsort(numbers), min(numbers), max(numbers)
    whole = first <= 1 and last - first + 1 == len(numbers)
    if given is None:
        bare = all(name.isdecimal() for name in names)
        if whole and (len(numbers) in DOCUMENTED or (bare and sets_of(len(numbers)))):
            rows = rows[:, order]
            return joints_by_count(rows, origin, None, DOCUMENTED), rows
        if bare:
            raise DatasetError(
                f"{origin}: found {len(numbers)} joints with numbers from {first} to {last}, expected all of a joint "
                "set, or --joints with the set whose numbers they are (as mediapipe33)"
            )
        return joints_by_name(names, origin, None), rows
    source = SOURCES.get(given, ())
    start = 1 if first >= 1 and (whole or last == len(source)) else 0
    if last - start >= len(source) or (whole and len(source) == len(numbers)):
        return joints_by_name([names[i] for i in order], origin, given), rows[:, order]
    return _placed([number - start for number in numbers], rows, given)


def _placed(places: Sequence[int], rows: np.ndarray, joint_set: str) -> tuple[ResolvedJoints, np.ndarray]:
    """Joints at their places in a set; the set's other joints are missing."""
    source = SOURCES[joint_set]
    placed = np.zeros((len(rows), len(source), 3))
    placed[:, places] = rows
    absent = [name for i, name in enumerate(source) if i not in set(places)]
    listed = ", ".join(absent[:SHOWN]) + (", ..." if len(absent) > SHOWN else "")
    note = f"the table has {len(places)} of the {len(source)} joints of {joint_set}: {listed} are missing in all rows"
    return ResolvedJoints(np.arange(len(source)), source, joint_set, (note,)), placed


def _without_centres(names: list[str], rows: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The names and rows without points such as a centroid, if the rest are names of a known set, or numbers."""
    kept = [i for i, name in enumerate(names) if name.lower() not in CENTRES]
    inside = [names[i] for i in kept]
    if len(kept) < len(names) and (joint_numbers(inside) is not None or frozenset(canonical_names(inside)) in KNOWN):
        return inside, rows[:, kept]
    return names, rows


def _without_common_words(names: Sequence[str]) -> list[str]:
    """The names without the words that all begin or end with, if the rest are names of a known set."""
    names = list(names)
    words = [WORDS.split(name) for name in names]
    for start, stop in ((1, None), (0, -1), (1, -1)):
        outside = {(tuple(word[:start]), tuple(word[stop:] if stop else ())) for word in words}
        inside = ["_".join(word[start:stop]) for word in words]
        if len(names) > 1 and len(outside) == 1 and all(inside) and frozenset(canonical_names(inside)) in KNOWN:
            return inside
    return names
