"""Which joint set the keypoints of a JSON file are of: by the names in the file, the user's word, or their number."""

import re
from collections.abc import Mapping, Sequence

from geolift.errors import DatasetError
from geolift.keypoints import options
from geolift.keypoints.options import Arranged
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.skeleton import MOST_JOINTS

# Larger sets whose first joints are one of ours; the rest are feet, face and hands.
BEGINNINGS = {133: "coco17", 136: "halpe26"}
# Other names of joints, tried where the names as they are make no known set: mmpose's for Human3.6M.
ALSO_CALLED = {"root": "pelvis", "left_foot": "left_ankle", "right_foot": "right_ankle", "neck_base": "neck"}


def canonical(names: Sequence[str]) -> tuple[str, ...]:
    """The names that the joint set with these joints, in any order, has for them; without such a set as they are.

    Case, separators and l_ for left_ make no difference.
    """
    plain = [_plain(name) for name in names]
    for called in (plain, [ALSO_CALLED.get(name, name) for name in plain]):
        for mapping in JOINT_SETS.values():
            known = {_plain(name): name for name in mapping.source}
            if len(called) == len(known) and set(called) == set(known):
                return tuple(known[name] for name in called)
    return tuple(names)


def named(names: Sequence[str], origin: str, said: str | None) -> Arranged:
    """The joints of a file that names them, brought together with what the user says.

    Raises:
        DatasetError: as `reconcile.joints`; if there are more than `MOST_JOINTS`.
    """
    if len(names) > MOST_JOINTS:
        raise DatasetError(f"{origin}: found {len(names)} joints, expected up to {MOST_JOINTS}")
    return options.joints(canonical(names), said, origin)


def counted(count: int, origin: str, said: str | None, by_count: Mapping[int, str]) -> tuple[tuple[str, ...], str]:
    """Names and joint set of a file that only has K joints for each person: what the user says, else by their number.

    Raises:
        DatasetError: as `reconcile.joint_set`.
    """
    return options.joint_set(said or by_count.get(count, ""), count, said, origin)


def body(count: int, said: str | None, names: Sequence[str] | None = None) -> tuple[int, tuple[str, ...]]:
    """How many of K joints, from the first on, are the body's, and a note on those that are left out.

    Joints beyond the body are known by their number alone, or, in a file that names them, also by the names.
    """
    joint_set = BEGINNINGS.get(count)
    if joint_set is None or said not in (None, joint_set):
        return count, ()
    source = JOINT_SETS[joint_set].source
    if names is not None and canonical(names[: len(source)]) != source:
        return count, ()
    note = f"of {count} joints the first {len(source)} ({joint_set}) were taken; feet, face and hands were left out"
    return len(source), (note,)


def _plain(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return re.sub(r"^l_", "left_", re.sub(r"^r_", "right_", plain))
