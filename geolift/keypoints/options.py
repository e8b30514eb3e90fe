"""User options for a keypoint file, merged with what the file itself states; contradictions are errors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.skeletons.joint_sets import LARGER_SETS, SOURCES, LargerSet, distinct_sets, foot_joints

MANY = 60  # joints from which on most must be of face and hands


class Options(NamedTuple):
    """What a user states about a keypoint file where the file itself does not.

    An option that contradicts the file is an error.

    Attributes:
        joints: name of the joint set (of people, animals, or with face and hands, `skeletons.joint_sets`), or None.
        fps: frames per second, or None.
        image_size: `(width, height)` of all images in pixels, or None.
        min_score: detections with a lower score are left out, whatever scale the file's scores have; None: only what is
            beyond doubt no person (`detection_scores`).
        coordinates: what the coordinates are, one of `coordinates.COORDINATES`, or None.
        clip: of a file or folder with several clips, the beginning of the name of the one to read; None: all.

    Example:
        >>> options = Options(fps=25.0, image_size=(1280, 720))
        >>> options.fps, options.image_size, options.joints
        (25.0, (1280, 720), None)
    """

    joints: str | None = None
    fps: float | None = None
    image_size: tuple[float, float] | None = None
    min_score: float | None = None
    coordinates: str | None = None
    clip: str | None = None


NO_OPTIONS = Options()


class ResolvedJoints(NamedTuple):
    """Which of a file's K joints are read, their names and their order.

    Attributes:
        order: `[J]` int: where each of `joints` is among the file's K joints; J is less than K where face and hands are
            left out.
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
        check_joint_set(given, origin)
    found = [key for key, source in SOURCES.items() if set(source) == set(names)]
    found = sorted(found, key=lambda key: (key != given, SOURCES[key] != names))  # sets of equal names: by their order
    if found and given in (None, found[0]):
        target = SOURCES[found[0]]
        return ResolvedJoints(np.array([names.index(name) for name in target]), target, found[0])
    if given is None:
        return ResolvedJoints(np.arange(len(names)), names, "")
    read = read_as(given, len(names))
    if found or read is None:
        what = f"those of {found[0]}" if found else f"{len(names)}: {list(names)}"
        expected = list(SOURCES[given]) if given in SOURCES else f"{LARGER_SETS[given].count} joints"
        raise DatasetError(f"{origin}: the file has other joints than {given}: found {what}, expected {expected}")
    note = f"joints {list(names)} were read as those of {given} in its order, as asked"
    return read._replace(notes=(note, *read.notes))


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
        fitting = ", ".join(readings_of(count))
        which = f"say which with --joints, one of {fitting}" if fitting else "no known joint set has as many"
        raise DatasetError(f"{origin}: found {count} joints without names: {which}")
    check_joint_set(name, origin)
    read = read_as(name, count)
    if read is None:
        expected = len(SOURCES[name]) if name in SOURCES else LARGER_SETS[name].count
        raise DatasetError(f"{origin}: found {count} joints, expected {expected} of {name}")
    return read


def sets_of(count: int) -> tuple[str, ...]:
    """The names of all sets of `count` joints, of people and animals, and with face and hands."""
    return (*distinct_sets(count), *(name for name, larger in LARGER_SETS.items() if larger.count == count))


def readings_of(count: int) -> dict[str, ResolvedJoints]:
    """What `count` joints without names may be, by the name for --joints: a set in its order, the body in a larger one.

    Of sets with the same joints in the same order only the first is listed. Of many joints that are of no set, the
    first may be COCO's.
    """
    found = {name: ResolvedJoints(np.arange(count), source, name) for name, source in distinct_sets(count).items()}
    found |= {name: _body(larger, count) for name, larger in LARGER_SETS.items() if larger.count == count}
    first = LargerSet(count, "coco17", tuple(range(17)))
    larger_sets = [LARGER_SETS[name] for name in found if name in LARGER_SETS]
    if count >= MANY and not any(
        begins_with(larger, first.body) and larger.numbers[:17] == first.numbers for larger in larger_sets
    ):
        found["coco17"] = _body(first, count)
    return found


def read_as(name: str, count: int) -> ResolvedJoints | None:
    """`count` joints in the order of a known set, or of one with face and hands whose body is that set; else None."""
    if name in SOURCES and len(SOURCES[name]) == count:
        return ResolvedJoints(np.arange(count), SOURCES[name], name)
    return next(
        (
            read
            for key, read in readings_of(count).items()
            if name in (key, read.joint_set) or (key in LARGER_SETS and begins_with(LARGER_SETS[key], name))
        ),
        None,
    )


def begins_with(larger: LargerSet, name: str) -> bool:
    """Whether the body of a larger set begins with the joints of a set: COCO-WholeBody's with COCO's, before feet."""
    source = SOURCES.get(name, ())
    return bool(source) and SOURCES[larger.body][: len(source)] == source


def _body(larger: LargerSet, count: int) -> ResolvedJoints:
    source = SOURCES[larger.body]
    which = "the first" if larger.numbers == tuple(range(len(source))) else "those of the body,"
    rest = "face and hands" if any(foot_joints(source).values()) else "feet, face and hands"
    note = f"of {count} joints {which} {len(source)} ({larger.body}) were read; {rest} were left out"
    return ResolvedJoints(np.array(larger.numbers), source, larger.body, (note,))


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


def check_joint_set(name: str, origin: str) -> None:
    """Raise DatasetError unless a joint set has this name."""
    if name not in SOURCES and name not in LARGER_SETS:
        known = sorted([*SOURCES, *LARGER_SETS])
        raise DatasetError(f"{origin}: joints: found {name!r}, expected one of {known}")
