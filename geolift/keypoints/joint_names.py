"""Joint sets of JSON files and tables: by the names in the file, the user's option, or the anatomy of the rows."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.options import (
    ResolvedJoints,
    begins_with,
    read_as,
    readings_of,
    resolve_joint_set,
    resolve_joints,
)
from geolift.keypoints.readings import choose
from geolift.skeletons.joint_sets import ANIMAL_SETS, LARGER_SETS, SOURCES
from geolift.skeletons.skeleton import MOST_JOINTS

# Other names of joints, tried where the names as they are form no known set: mmpose's for Human3.6M and CrowdPose.
SYNONYMS = {
    "root": "pelvis", "root_pelvis": "pelvis", "left_foot": "left_ankle", "right_foot": "right_ankle",
    "neck_base": "neck", "top_head": "head",
}  # fmt: skip
SIDES = {"l": "left", "r": "right", "left": "left", "right": "right"}
WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")  # of LeftEye, LEye


def joints_by_name(names: Sequence[str], origin: str, given: str | None, of: Sequence[str] = ()) -> ResolvedJoints:
    """The joints of a file that names them, merged with the user's joint set `given`.

    A set with feet, face and hands (`LARGER_SETS`) is known by its number of joints and the names of its body. `of` is
    what the file says the joints are of, categories or a data set: macaques have the joints of people.

    Raises:
        DatasetError: as `resolve_joints`; if there are more than `MOST_JOINTS`.
    """
    if len(names) > MOST_JOINTS:
        raise DatasetError(f"{origin}: found {len(names)} joints, expected up to {MOST_JOINTS}")
    for name, larger in LARGER_SETS.items():
        if larger.count == len(names) and (given in (None, name) or begins_with(larger, given)):
            body = [names[number] for number in larger.numbers]
            if canonical_names(body) == SOURCES[larger.body]:
                return read_as(name, len(names))
    names = canonical_names(names)
    animals = [key for key in ANIMAL_SETS if any(_plain(name).startswith(key.rstrip("0123456789")) for name in of)]
    same = next((key for key in animals if set(ANIMAL_SETS[key]) == set(names)), None)
    return resolve_joints(names, given or same, origin)


def joints_by_count(
    rows: np.ndarray, origin: str, given: str | None, documented: Mapping[int, str] | None = None
) -> ResolvedJoints:
    """The joints of a file that does not name them: the user's joint set, else the one that the rows' anatomy fits.

    Several sets may have K joints. What the format documents for K is taken unless the anatomy speaks against it.

    Args:
        rows: `[N, K, 3]` x, y, confidence of all people, in any unit; a missing joint has confidence 0, is not finite,
            is at 0, 0, or at a constant pair that is no place.
        origin: the file, named in errors.
        given: the user's joint set (`Options.joints`), which decides.
        documented: the set that the format's documentation names for a number of joints.

    Returns:
        The joints. `order` picks them from the rows, which may have more.

    Raises:
        DatasetError: if no set has K joints, none fits, several fit and the format documents none, or the rows are of
            animals; as `resolve_joint_set`.
    """
    count = rows.shape[1]
    found = readings_of(count)
    if given is not None:
        found = {name: reading for name, reading in found.items() if given in (name, reading.joint_set)}
    if not found or given in ANIMAL_SETS:
        return resolve_joint_set("", count, given, origin)
    if given is not None and len(found) == 1:
        return next(iter(found.values()))
    name, notes = choose(rows, found, _stated(count, found, given, documented or {}), origin)
    return found[name]._replace(notes=(*notes, *found[name].notes))


def _stated(count: int, found: Mapping[str, ResolvedJoints], given: str | None, documented: Mapping[int, str]) -> str:
    """The reading that the user, the format or the document of a larger set states for K joints, or the only one."""
    larger = [name for name in found if name in LARGER_SETS]
    stated = documented.get(count) or next(iter(larger), "")
    return next(iter(found)) if given is not None or len(found) == 1 else stated if stated in found else ""


def canonical_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names in the spelling of the joint set that has exactly these joints, in any order; else as they are.

    Case, separators, l for left and the place of the side make no difference.
    """
    plain = [_plain(name) for name in names]
    for called in (plain, [SYNONYMS.get(name, name) for name in plain]):
        for source in SOURCES.values():
            spelling = {_plain(name): name for name in source}
            if len(called) == len(spelling) and set(called) == set(spelling):
                return tuple(spelling[name] for name in called)
    return tuple(names)


def names_in(source: Sequence[str], names: Sequence[str]) -> tuple[str, ...] | None:
    """The names in the spelling of a joint set that has all of them, and perhaps others; None if it has not."""
    spelling = {_plain(name): name for name in source}
    plain = [_plain(name) for name in names]
    if len(set(plain)) < len(plain) or not spelling.keys() >= set(plain):
        return None
    return tuple(spelling[name] for name in plain)


def _plain(name: str) -> str:
    """A name in small letters, words joined by _, the side first: "LeftEye", "eye (L)", "l_eye" are "left_eye"."""
    words = re.sub(r"[^a-z0-9]+", "_", WORD_STARTS.sub("_", name).lower()).strip("_").split("_")
    words = [SIDES.get(word, word) if i in (0, len(words) - 1) else word for i, word in enumerate(words)]
    if len(words) > 1 and words[-1] in SIDES.values() and words[0] not in SIDES.values():
        words = [words[-1], *words[:-1]]
    return "_".join(words)
