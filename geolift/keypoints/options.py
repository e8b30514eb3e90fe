"""What a file says and what the user says of it, brought together; where they contradict each other is an error."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.skeletons.joint_sets import JOINT_SETS


class Arranged(NamedTuple):
    """Which of a file's K joints are meant.

    Attributes:
        order: `[K]` int: the file's joints in the order of `joints`.
        joints, joint_set, notes: as in `Recording`.
    """

    order: np.ndarray
    joints: tuple[str, ...]
    joint_set: str
    notes: tuple[str, ...] = ()


def joints(names: Sequence[str], joint_set: str | None, origin: str) -> Arranged:
    """The joints of a file that names them as its user likes.

    Names that are those of a joint set, in whatever order, are taken for that set, in its order. Otherwise they are
    joints of their own, for which a skeleton file says what they are; or, if the user names a joint set of as many
    joints, the joints of that set in its order, whatever the file calls them.

    Args:
        names: K names.
        joint_set: what the user says (`Options.joints`).
        origin: the file, which errors name.

    Raises:
        DatasetError: if names are empty or not different, or the user's joint set is unknown or another one.
    """
    names = tuple(names)
    if not all(names) or len(set(names)) < len(names):
        raise DatasetError(f"{origin}: found joints {list(names)}, expected names that differ")
    if joint_set is not None:
        known = _known(joint_set, origin)
    found = [key for key, mapping in JOINT_SETS.items() if set(mapping.source) == set(names)]
    found = [joint_set] if joint_set in found else found
    if len(found) > 1:
        raise DatasetError(f"{origin}: the joints are those of {found}: say which with --joints")
    if found and joint_set in (None, found[0]):
        target = JOINT_SETS[found[0]].source
        return Arranged(np.array([names.index(name) for name in target]), target, found[0])
    if joint_set is None:
        return Arranged(np.arange(len(names)), names, "")
    if found or len(known) != len(names):
        said = f"those of {found[0]}" if found else f"{len(names)}: {list(names)}"
        raise DatasetError(
            f"{origin}: the file has other joints than {joint_set}: found {said}, expected {list(known)}"
        )
    note = f"joints {list(names)} were taken for those of {joint_set} in its order, as asked"
    return Arranged(np.arange(len(names)), known, joint_set, (note,))


def joint_set(found: str, count: int, said: str | None, origin: str) -> tuple[tuple[str, ...], str]:
    """The names and the set of a file's joints that have no names: of the set `found` ("": unknown), or as said.

    Args:
        found: the joint set that the file tells.
        count: how many joints it has.
        said: what the user says (`Options.joints`).
        origin: the file, which errors name.

    Raises:
        DatasetError: if nothing tells the set, it has another number of joints, or the user names another one.
    """
    if found and said not in (None, found):
        raise DatasetError(f"{origin}: --joints: found {said}, expected {found} as in the file")
    name = found or said
    if not name:
        fitting = [key for key, mapping in JOINT_SETS.items() if len(mapping.source) == count]
        raise DatasetError(f"{origin}: found {count} joints without names: say which with --joints, one of {fitting}")
    names = _known(name, origin)
    if len(names) != count:
        raise DatasetError(f"{origin}: found {count} joints, expected {len(names)} of {name}")
    return names, name


def fps(found: float, said: float | None, origin: str) -> float:
    """Frames per second: `found` in the file (0: it does not tell), else what the user says, else 0."""
    if said is None:
        return found
    if not (np.isfinite(said) and said > 0) or (found and abs(found - said) > 0.01 * found):
        expected = f"{found:g} as in the file" if found else "a positive number"
        raise DatasetError(f"{origin}: frames per second: found {said:g}, expected {expected}")
    return found or float(said)


def image_size(
    found: np.ndarray | None, said: tuple[float, float] | None, count: int, origin: str
) -> np.ndarray | None:
    """`[F, 2]` width and height of `count` images: `found` in the file (`[F, 2]` or None), else what the user says."""
    if said is None:
        return found
    if found is not None and (found != said).any():
        sizes = np.unique(found, axis=0).tolist()
        raise DatasetError(f"{origin}: image size: found {list(said)}, expected {sizes[0]} as in the file")
    return np.tile(np.asarray(said, np.float32), (count, 1))


def _known(name: str, origin: str) -> tuple[str, ...]:
    if name not in JOINT_SETS:
        raise DatasetError(f"{origin}: joints: found {name!r}, expected one of {sorted(JOINT_SETS)}")
    return JOINT_SETS[name].source
