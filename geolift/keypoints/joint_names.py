"""Joint sets of JSON files and tables: found by the names in the file, the user's option, or the number of joints."""

import re
from collections.abc import Mapping, Sequence

from geolift.errors import DatasetError
from geolift.keypoints.options import ResolvedJoints, resolve_joint_set, resolve_joints
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.skeleton import MOST_JOINTS

# Larger sets that begin with one of our joint sets; the other joints are feet, face and hands.
BODY_OF = {133: "coco17", 136: "halpe26"}
# Other names of joints, tried where the names as they are form no known set: mmpose's for Human3.6M.
SYNONYMS = {"root": "pelvis", "left_foot": "left_ankle", "right_foot": "right_ankle", "neck_base": "neck"}


def joints_by_name(names: Sequence[str], origin: str, given: str | None) -> ResolvedJoints:
    """The joints of a file that names them, merged with the user's joint set `given`.

    Raises:
        DatasetError: as `resolve_joints`; if there are more than `MOST_JOINTS`.
    """
    if len(names) > MOST_JOINTS:
        raise DatasetError(f"{origin}: found {len(names)} joints, expected up to {MOST_JOINTS}")
    return resolve_joints(canonical_names(names), given, origin)


def joints_by_count(count: int, origin: str, given: str | None, by_count: Mapping[int, str]) -> ResolvedJoints:
    """The joints of a file that does not name them: the user's joint set `given`, else the one with K = `count` joints.

    Raises:
        DatasetError: as `resolve_joint_set`.
    """
    return resolve_joint_set(given or by_count.get(count, ""), count, given, origin)


def body_joints(count: int, given: str | None, names: Sequence[str] | None = None) -> tuple[int, tuple[str, ...]]:
    """How many of K joints, from the first on, belong to the body, and a note on those that are left out.

    A set with feet, face and hands is recognized by its number of joints and, in a file with names, also by the names.
    """
    joint_set = BODY_OF.get(count)
    if joint_set is None or given not in (None, joint_set):
        return count, ()
    source = JOINT_SETS[joint_set].source
    if names is not None and canonical_names(names[: len(source)]) != source:
        return count, ()
    note = f"of {count} joints the first {len(source)} ({joint_set}) were read; feet, face and hands were left out"
    return len(source), (note,)


def canonical_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names in the spelling of the joint set that has exactly these joints, in any order; else as they are.

    Case, separators and l_ for left_ make no difference.
    """
    plain = [_plain(name) for name in names]
    for called in (plain, [SYNONYMS.get(name, name) for name in plain]):
        for mapping in JOINT_SETS.values():
            spelling = {_plain(name): name for name in mapping.source}
            if len(called) == len(spelling) and set(called) == set(spelling):
                return tuple(spelling[name] for name in called)
    return tuple(names)


def _plain(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return re.sub(r"^l_", "left_", re.sub(r"^r_", "right_", plain))
