"""The joints of a table by their names: those of a known set, numbers, or others, which a skeleton file explains."""

import re
from collections.abc import Sequence

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.joint_names import canonical_names, joints_by_count, joints_by_name, names_in
from geolift.keypoints.options import ResolvedJoints, sets_of
from geolift.keypoints.readings import GOOD, fits_of
from geolift.skeletons.joint_sets import JOINT_SETS, SOURCES

# What programs number: MediaPipe's landmarks, alone or, from its Holistic, with face (468) and hands (21 each) after.
DOCUMENTED = {33: "mediapipe33", 501: "holistic501", 543: "holistic543"}
# Sets of which a table may name a few joints: their names have one meaning in all sets, Halpe's beside its hip.
NAMED_IN_PART = ("coco17", "mediapipe33", "halpe26")
NEEDED = {"left_shoulder", "right_shoulder"}
HANDS = re.compile(r"(?i)(face|(left|right|l|r)?[\s_.-]*hand|lh|rh)(?![a-z])")
LONGEST = 200  # characters of a name with a number
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
    names, rows, notes = _without_hands(names, rows)
    joints, rows = _joints_of(_without_common_words(names), rows, origin, given)
    return joints._replace(notes=(*notes, *joints.notes)), rows


def _joints_of(
    names: Sequence[str], rows: np.ndarray, origin: str, given: str | None
) -> tuple[ResolvedJoints, np.ndarray]:
    names, rows = _without_centres(names, rows)
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
    if max(map(len, names), default=0) > LONGEST:
        return None
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
        if whole and len(numbers) in DOCUMENTED:
            return joints_by_count(rows[:, order], origin, None, DOCUMENTED), rows[:, order]
        bare = all(name.isdecimal() for name in names)
        if whole and (found := _by_anatomy(rows[:, order], origin, bare)):
            return found, rows[:, order]
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


def _by_anatomy(rows: np.ndarray, origin: str, bare: bool) -> ResolvedJoints | None:
    """The set that numbered joints are of. Where they have a word beside the number, that may be an animal's: None
    unless they look like people beyond doubt."""
    if not sets_of(rows.shape[1]):
        return None
    try:
        found = joints_by_count(rows, origin, None)
    except DatasetError:
        if bare:
            raise
        return None
    if bare or found.joint_set not in JOINT_SETS:
        return found
    fit = fits_of(rows, {found.joint_set: found})[0]
    return found if fit.people and fit.by_joint >= GOOD else None


def _without_hands(names: Sequence[str], rows: np.ndarray) -> tuple[list[str], np.ndarray, tuple[str, ...]]:
    """The names and rows of the body, if the names of others begin with face or hand; and a note on those."""
    body = [i for i, name in enumerate(names) if re.match(r"(?i)(pose|body)(?![a-z])", name)]
    others = [name for i, name in enumerate(names) if i not in set(body)]
    if not body or not others or not all(HANDS.match(name) for name in others):
        return list(names), rows, ()
    note = f"{len(others)} joints of face and hands were left out"
    return [names[i] for i in body], rows[:, body], (note,)


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
