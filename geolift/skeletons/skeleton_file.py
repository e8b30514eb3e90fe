"""Skeleton files: a custom skeleton of people or animals as a small file in TOML or JSON (docs/skeletons.md).

A dog, whose tracker gives some joints other names than the file:

    head = "nose"
    left = ["left_hip", "left_paw", "left_shoulder", "left_hand"]
    right = ["right_hip", "right_paw", "right_shoulder", "right_hand"]

    [joints]
    pelvis = ""
    left_hip = "pelvis"
    left_paw = "left_hip"
    right_hip = "pelvis"
    right_paw = "right_hip"
    withers = "pelvis"
    left_shoulder = "withers"
    left_hand = "left_shoulder"
    right_shoulder = "withers"
    right_hand = "right_shoulder"
    nose = "withers"

    [mapping]
    pelvis = "tail_base"
    withers = ["L_F_Elbow", "R_F_Elbow"]

* `joints`: every joint with its parent's name, "" for the root.
* `left`, `right`: the joints that have sides, partners in the same order. Left is the person's or animal's own left.
* `head`: the joint whose mean distance from the root sets the scale, e.g. a nose.
* `mapping`: optional; the names of the joints in the keypoint files. A list is the mean of its joints; an empty list
  means that the files lack the joint. Joints that are not in the mapping have the same name in both.

A file with a mapping alone is for people: its joints are those of Human3.6M-17.

In JSON the same names are the keys of an object.
"""

import json
import os
import tomllib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from geolift.errors import DatasetError
from geolift.safe_io import bounded_file, json_file
from geolift.skeletons import skeleton as skeletons
from geolift.skeletons.joint_sets import ANIMAL_SETS, JOINT_SETS
from geolift.skeletons.mapping import JointMapping, check_mapping
from geolift.skeletons.skeleton import H36M17, Skeleton

LARGEST = 2**20  # bytes
MOST_DOTS = 100  # in a line; the time that keys of keys take grows with the square of their parts
KEYS = ("joints", "left", "right", "head", "mapping")


class SkeletonFile(NamedTuple):
    """A skeleton, and the names of its joints in keypoint files.

    Attributes:
        skeleton: names and relations of the J joints.
        mapping: for joints of the skeleton, the source joints whose mean they are; None: the names are the same.
    """

    skeleton: Skeleton
    mapping: dict[str, tuple[str, ...]] | None


def read_skeleton(path: str | os.PathLike[str]) -> SkeletonFile:
    """Read a skeleton file, JSON if it begins with a brace, else TOML.

    Args:
        path: the file (docs/skeletons.md).

    Returns:
        The checked skeleton of J joints, and its mapping from the joints of keypoint files, if the file has one.

    Raises:
        DatasetError: naming the file, what was found and what was expected.
        FileNotFoundError: if there is no such file.

    Example:
        >>> import pathlib, tempfile
        >>> content = 'head = "nose"\\n[joints]\\nhip = ""\\nneck = "hip"\\nnose = "neck"\\n'
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "bird.toml")
        ...     _ = path.write_text(content)
        ...     read_skeleton(path).skeleton.names
        ('hip', 'neck', 'nose')
    """
    path = Path(path)
    content = _parsed(path)
    unknown = sorted(set(content) - set(KEYS))
    missing = sorted({"joints", "head"} - set(content))
    if unknown or (missing and set(content) != {"mapping"}):
        raise DatasetError(f"{path}: found unknown {unknown}, missing {missing}, expected the keys {list(KEYS)}")
    if missing:
        return SkeletonFile(H36M17, _mapping(content["mapping"], H36M17.names, path))
    joints = content["joints"]
    if not isinstance(joints, dict) or not all(isinstance(parent, str) for parent in joints.values()):
        raise DatasetError(f"{path}: joints: expected a table of names, each with its parent's name")
    if not 2 <= len(joints) <= skeletons.MOST_JOINTS:
        raise DatasetError(f"{path}: joints: found {len(joints)}, expected 2 to {skeletons.MOST_JOINTS}")
    names = tuple(joints)
    left, right = (_numbers(content.get(key, []), names, f"{path}: {key}") for key in ("left", "right"))
    if len(left) != len(right):
        raise DatasetError(f"{path}: left, right: found {len(left)} and {len(right)} joints, expected partners")
    if len(set(left + right)) < len(left + right):
        twice = sorted({names[i] for i in left + right if (left + right).count(i) > 1})
        raise DatasetError(f"{path}: left, right: found {twice} twice, expected every joint once")
    parents = tuple(-1 if parent == "" else _number(parent, names, f"{path}: joints") for parent in joints.values())
    head = _number(content["head"], names, f"{path}: head")
    try:
        skeleton = skeletons.check_skeleton(Skeleton(names, parents, left, right, head))
    except ValueError as error:
        raise DatasetError(f"{path}: {error}") from error
    mapping = _mapping(content["mapping"], names, path) if "mapping" in content else None
    return SkeletonFile(skeleton, mapping)


def skeleton_text(file: SkeletonFile, comments: Sequence[str] = ()) -> str:
    """The TOML of a skeleton file, which `read_skeleton` reads.

    Args:
        file: a skeleton, and its mapping.
        comments: sentences that begin the file, a line each.

    Source:
        TOML 1.0 (toml.io).

    Example:
        >>> from geolift.skeletons.skeleton import Skeleton
        >>> print(skeleton_text(SkeletonFile(Skeleton(("hip", "nose"), (-1, 0), (), (), 1), None)), end="")
        head = "nose"
        left = []
        right = []
        <BLANKLINE>
        [joints]
        "hip" = ""
        "nose" = "hip"
    """
    skeleton, quoted = file.skeleton, partial(json.dumps, ensure_ascii=False)
    names = skeleton.names
    above = ["" if parent < 0 else names[parent] for parent in skeleton.parents]
    sides = {key: [names[joint] for joint in getattr(skeleton, key)] for key in ("left", "right")}
    lines = [f"# {' '.join(comment.split())}" for comment in comments]
    lines += [f"head = {quoted(names[skeleton.head])}", *(f"{key} = {quoted(value)}" for key, value in sides.items())]
    lines += [
        "",
        "[joints]",
        *(f"{quoted(name)} = {quoted(parent)}" for name, parent in zip(names, above, strict=True)),
    ]
    if file.mapping is not None:
        lines += ["", "[mapping]", *(f"{quoted(name)} = {quoted(list(of))}" for name, of in file.mapping.items())]
    return "\n".join(lines) + "\n"


def resolve_mapping(
    joints: tuple[str, ...], joint_set: str, path: str | os.PathLike[str] | None, origin: str
) -> JointMapping:
    """Find the mapping from a recording's joints: to the skeleton of a file, or from a known joint set to Human3.6M-17.

    Joints that are a part of known joint sets, by their names, count as joints of those sets if the sets agree on them.

    Args:
        joints: K names of the recording's joints.
        joint_set: the name of these joints in `joint_sets.SOURCES`, or "" if they are in none.
        path: the skeleton file, or None.
        origin: where the recording is from, for errors.

    Raises:
        DatasetError: if the joints are of no known set and there is no skeleton file, or as `joint_mapping`,
            `read_skeleton`.
        FileNotFoundError: if there is no such skeleton file.
    """
    if path is not None:
        file = read_skeleton(path)
        try:
            return joint_mapping(file, joints)
        except DatasetError as error:
            raise DatasetError(f"{path}: {error}") from error
    if joint_set in ANIMAL_SETS:
        raise DatasetError(
            f"{origin}: joints: found those of {joint_set}, animals, expected people, or a skeleton file (--skeleton) "
            "and a model trained on it"
        )
    if joint_set:
        return JOINT_SETS[joint_set]
    parts = {name: part for name in JOINT_SETS if (part := _part(name, joints))}
    most = max((sum(map(bool, part.mean_of.values())) for part in parts.values()), default=0)
    best = {name: part for name, part in parts.items() if sum(map(bool, part.mean_of.values())) == most}
    if not best or any(part.mean_of != next(iter(best.values())).mean_of for part in best.values()):
        which = f"their names are those of {list(best)}" if best else "no known joint set has them all"
        raise DatasetError(
            f"{origin}: joints: found {', '.join(joints)[:300]}; {which}: expected a skeleton file "
            "that names them (--skeleton; geolift skeleton proposes one), and to lift an animal a lifter for it "
            "(geolift train, then --model)"
        )
    return next(iter(best.values()))


def _part(name: str, joints: tuple[str, ...]) -> JointMapping | None:
    """The mapping from some joints of a set, by name; None if others are among them, or the root cannot be made."""
    whole = JOINT_SETS[name]
    if not set(joints) <= set(whole.source):
        return None
    mean_of = {joint: sources if set(sources) <= set(joints) else () for joint, sources in whole.mean_of.items()}
    return JointMapping(joints, mean_of) if mean_of[H36M17.names[H36M17.root]] else None


def joint_mapping(file: SkeletonFile, source_joints: tuple[str, ...]) -> JointMapping:
    """The mapping from a recording's joints to the skeleton; joints that the recording lacks are masked.

    Args:
        file: the skeleton, and its mapping if the recording's joints have other names.
        source_joints: K names of the recording's joints.

    Raises:
        DatasetError: if the recording has none of the joints, lacks one that the mapping names, or sides do not fit.
    """
    mapping, names = file.mapping or {}, file.skeleton.names
    unknown = sorted({source for sources in mapping.values() for source in sources} - set(source_joints))
    if unknown:
        raise DatasetError(f"mapping: found {unknown}, expected joints of the keypoints: {list(source_joints)}")
    mean_of = {name: mapping.get(name, (name,) if name in source_joints else ()) for name in names}
    if not any(mean_of.values()):
        raise DatasetError(f"skeleton: found none of {list(names)} in the keypoints, which have {list(source_joints)}")
    if not mean_of[names[file.skeleton.root]]:
        root = names[file.skeleton.root]
        raise DatasetError(f"skeleton: the root {root} is not in the keypoints: map it to one or more of their joints")
    try:
        return check_mapping(JointMapping(tuple(source_joints), mean_of, target=file.skeleton))
    except ValueError as error:
        raise DatasetError(str(error)) from error


def _parsed(path: Path) -> dict[str, Any]:
    try:
        text = bounded_file.content(path, LARGEST, "TOML or JSON").decode("utf-8-sig")
        content = json_file.parse_json(text) if text.lstrip()[:1] == "{" else _toml(text)
    except DatasetError:
        raise
    except (ValueError, RecursionError, MemoryError) as error:
        what = " ".join(str(error).split())[:200]
        raise DatasetError(f"{path}: found neither TOML nor JSON: {what}") from error
    if not isinstance(content, dict):
        raise DatasetError(f"{path}: found {type(content).__name__}, expected a table with {list(KEYS)}")
    return content


def _toml(text: str) -> dict[str, Any]:
    dots = max(line.count(".") for line in text.split("\n"))
    if dots > MOST_DOTS:
        raise ValueError(f"found a line with {dots} dots, expected up to {MOST_DOTS}")
    return tomllib.loads(text)


def _number(name: Any, names: tuple[str, ...], origin: str) -> int:
    if not isinstance(name, str) or name not in names:
        raise DatasetError(f"{origin}: found {name!r}, expected one of {list(names)}")
    return names.index(name)


def _numbers(found: Any, names: tuple[str, ...], origin: str) -> tuple[int, ...]:
    if not isinstance(found, list):
        raise DatasetError(f"{origin}: found {type(found).__name__}, expected a list of joints")
    return tuple(_number(name, names, origin) for name in found)


def _mapping(found: Any, names: tuple[str, ...], path: Path) -> dict[str, tuple[str, ...]]:
    if not isinstance(found, dict):
        raise DatasetError(f"{path}: mapping: found {type(found).__name__}, expected a table of joints")
    mapping = {}
    for joint, sources in found.items():
        _number(joint, names, f"{path}: mapping")
        sources = [sources] if isinstance(sources, str) else sources
        if not isinstance(sources, list) or not all(isinstance(source, str) and source for source in sources):
            raise DatasetError(f"{path}: mapping: {joint}: found {sources!r}, expected a name or a list of names")
        mapping[joint] = tuple(sources)
    return mapping
