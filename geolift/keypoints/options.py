"""User options for a keypoint file, merged with what the file itself states; contradictions are errors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.skeletons.joint_sets import JOINT_SETS


class Options(NamedTuple):
    """What a user states about a keypoint file where the file itself does not.

    An option that contradicts the file is an error.

    Attributes:
        joints: name of the joint set (`skeletons.joint_sets.JOINT_SETS`), or None.
        fps: frames per second, or None.
        image_size: `(width, height)` of all images in pixels, or None.
        min_score: detections with a lower score are left out, whatever scale the file's scores have; None: only what is
            beyond doubt no person (`detection_scores`).

    Example:
        >>> Options(fps=25.0, image_size=(1280, 720))
        Options(joints=None, fps=25.0, image_size=(1280, 720), min_score=None)
    """

    joints: str | None = None
    fps: float | None = None
    image_size: tuple[float, float] | None = None
    min_score: float | None = None


NO_OPTIONS = Options()


class ResolvedJoints(NamedTuple):
    """Names and order of a file's K joints.

    Attributes:
        order: `[K]` int: the file's joints in the order of `joints`.
        joints, joint_set, notes: as in `Recording`.
    """

    order: np.ndarray
    joints: tuple[str, ...]
    joint_set: str
    notes: tuple[str, ...] = ()


def resolve_joints(names: Sequence[str], given: str | None, origin: str) -> ResolvedJoints:
    """The joints of a file that names them.

    If the names are those of a joint set, in any order, the joints are that set, in its order. Otherwise they form a
    custom set, which a skeleton file explains; or, if the user gives a joint set of as many joints, they are
    read as that set's joints in its order, whatever their names.

    Args:
        names: K names.
        given: the user's joint set (`Options.joints`).
        origin: the file, named in errors.

    Raises:
        DatasetError: if a name is empty or repeated, or the user's joint set is unknown or contradicts the names.
    """
    names = tuple(names)
    if not all(names) or len(set(names)) < len(names):
        raise DatasetError(f"{origin}: found joints {list(names)}, expected names that differ")
    if given is not None:
        expected = _names_of(given, origin)
    found = [key for key, mapping in JOINT_SETS.items() if set(mapping.source) == set(names)]
    found = [given] if given in found else found
    if len(found) > 1:
        raise DatasetError(f"{origin}: the joints are those of {found}: say which with --joints")
    if found and given in (None, found[0]):
        target = JOINT_SETS[found[0]].source
        return ResolvedJoints(np.array([names.index(name) for name in target]), target, found[0])
    if given is None:
        return ResolvedJoints(np.arange(len(names)), names, "")
    if found or len(expected) != len(names):
        what = f"those of {found[0]}" if found else f"{len(names)}: {list(names)}"
        raise DatasetError(f"{origin}: the file has other joints than {given}: found {what}, expected {list(expected)}")
    note = f"joints {list(names)} were read as those of {given} in its order, as asked"
    return ResolvedJoints(np.arange(len(names)), expected, given, (note,))


def resolve_joint_set(stated: str, count: int, given: str | None, origin: str) -> ResolvedJoints:
    """The joints of a file that does not name them: those of the joint set it states, or of the user's.

    Args:
        stated: the joint set that the file states; "": none.
        count: how many joints the file has.
        given: the user's joint set (`Options.joints`).
        origin: the file, named in errors.

    Raises:
        DatasetError: if neither the file nor the user states a joint set, they contradict each other, or the set has
            another number of joints.
    """
    if stated and given not in (None, stated):
        raise DatasetError(f"{origin}: --joints: found {given}, expected {stated} as in the file")
    name = stated or given
    if not name:
        fitting = [key for key, mapping in JOINT_SETS.items() if len(mapping.source) == count]
        raise DatasetError(f"{origin}: found {count} joints without names: say which with --joints, one of {fitting}")
    names = _names_of(name, origin)
    if len(names) != count:
        raise DatasetError(f"{origin}: found {count} joints, expected {len(names)} of {name}")
    return ResolvedJoints(np.arange(count), names, name)


def resolve_fps(stated: float, given: float | None, origin: str) -> float:
    """Frames per second: `stated` by the file (0: unknown), else `given` by the user, else 0.

    Raises:
        DatasetError: if `given` is not a positive number, or differs from `stated` by more than 1 %.
    """
    if given is None:
        return stated
    if not (np.isfinite(given) and given > 0) or (stated and abs(stated - given) > 0.01 * stated):
        expected = f"{stated:g} as in the file" if stated else "a positive number"
        raise DatasetError(f"{origin}: frames per second: found {given:g}, expected {expected}")
    return stated or float(given)


def resolve_image_size(
    stated: np.ndarray | None, given: tuple[float, float] | None, count: int, origin: str
) -> np.ndarray | None:
    """`[F, 2]` width and height of `count` images: `stated` by the file (`[F, 2]` or None), else `given` by the user.

    Raises:
        DatasetError: if `given` differs from `stated`.
    """
    if given is None:
        return stated
    if stated is not None and (stated != given).any():
        sizes = np.unique(stated, axis=0).tolist()
        raise DatasetError(f"{origin}: image size: found {list(given)}, expected {sizes[0]} as in the file")
    return np.tile(np.asarray(given, np.float32), (count, 1))


def _names_of(joint_set: str, origin: str) -> tuple[str, ...]:
    if joint_set not in JOINT_SETS:
        raise DatasetError(f"{origin}: joints: found {joint_set!r}, expected one of {sorted(JOINT_SETS)}")
    return JOINT_SETS[joint_set].source
