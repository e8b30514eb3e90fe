"""The people in COCO's annotations: their joints by the file's categories, flags or scores, and tracks.

Programs differ in what they write: CVAT lists labels without joints and has the track among `attributes`; Halpe's
category names no joints; Human-Art has 21 joints beside COCO's 17; labels of other programs have scores in place of
flags, or a list for each joint.
"""

from collections import Counter
from collections.abc import Container
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.joint_names import canonical_names
from geolift.keypoints.options import begins_with
from geolift.plurals import counted
from geolift.skeletons.joint_sets import JOINT_SETS, LARGER_SETS, find_joint_set
from geolift.skeletons.stated_bones import StatedBones, stated_by_number

FLAGS = (0.0, 0.5, 1.0)  # confidence of not labelled, hidden, visible
TRACKS = ("track_id", "instance_id")  # of an annotation, or among its attributes
PARTS = ("foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts")  # COCO-WholeBody
NO_KEYPOINTS, OTHER, CROWD, UNLABELLED = (  # what is left out, one and many of it
    ("annotation without keypoints was", "annotations without keypoints were"),
    ("annotation of another category was", "annotations of other categories were"),
    ("crowd was", "crowds were"),
    ("person without labelled joints was", "people without labelled joints were"),
)
Id = int | str


class People(NamedTuple):
    """N people of a file.

    Attributes:
        rows: `[N, K, 3]` x, y, confidence.
        images: the id of each person's image.
        tracks: track ids; None where a person has none.
        scores: `[N]` scores of the detections; NaN where one has none.
        names: the K joints' names, or None.
        categories: names of the categories that have joints.
        notes: what was left out or assumed.
        stated: the bones of the category.
    """

    rows: np.ndarray
    images: tuple[Id, ...]
    tracks: tuple[Id | None, ...]
    scores: np.ndarray
    names: tuple[str, ...] | None
    categories: tuple[str, ...]
    notes: tuple[str, ...]
    stated: StatedBones | None = None


def read_people(content: dict[str, Any], path: Path, image_key: str, images: Container[Id] | None) -> People:
    """The people of `annotations`, without crowds and those without labelled joints.

    Args:
        content: the file.
        path: the file's, named in errors.
        image_key: the key under which an annotation names its image.
        images: the ids of the file's images; None: it lists none.

    Raises:
        DatasetError: naming the annotation and what is wrong with it; if no person is left; if categories have
            different joints, and not just one of them those of a known joint set.
    """
    category, names, notes = _joints_of_categories(content, path)
    entries = values.listing(values.member(content, "annotations", str(path)), f"{path}: annotations")
    kept, left = [], Counter()
    for i, entry in enumerate(entries):
        where = f"{path}: annotations[{i}]"
        found, why = _joints(entry, where, category, names)
        if found is None:
            left[why] += 1
            continue
        if names is not None and len(found) != len(names):
            names = _of_body(names, len(found), where)
        if kept and len(found) != len(kept[0][0]):
            raise DatasetError(f"{where}: found {len(found)} joints, expected {len(kept[0][0])} as in the first")
        kept.append((found, entry, where))
    notes += tuple(f"{counted(number, *what)} left out" for what, number in left.items())
    if not kept:
        raise DatasetError(f"{path}: found no person in {len(entries)} annotations, expected at least one")
    rows, assumed = _confidences(np.stack([row for row, _, _ in kept]), path)
    labelled = (rows[..., 2] > 0).any(axis=1)
    if unlabelled := int((~labelled).sum()):
        notes += (f"{counted(unlabelled, *UNLABELLED)} left out",)
    if not labelled.any():
        raise DatasetError(f"{path}: found no person with labelled joints in {len(rows)}, expected at least one")
    people = [person for person, keep in zip(kept, labelled, strict=True) if keep]
    parts = sorted({part for _, entry, _ in people for part in PARTS if part in entry})
    if parts:
        notes += (f"feet, face and hands ({', '.join(parts)}) were left out",)
    return People(
        rows[labelled],
        tuple(_image_of(entry, where, image_key, images) for _, entry, where in people),
        tuple(track_of(entry, where) for _, entry, where in people),
        np.array([values.optional_number(entry.get("score")) for _, entry, _ in people]),
        names,
        tuple(str(category.get("name")) for category in content.get("categories", []) if category.get("keypoints")),
        (*notes, *assumed),
        None if names is None else _bones(content, names, path),
    )


def track_of(entry: dict[str, Any], where: str) -> Id | None:
    """A person's track id, of the entry or among its attributes; None if it has none, or a negative number."""
    attributes = entry.get("attributes")
    for source in (entry, attributes if isinstance(attributes, dict) else {}):
        for key in TRACKS:
            if source.get(key) is not None:
                track = name_or_number(source[key], f"{where}: {key}")
                return None if isinstance(track, int) and track < 0 else track
    return None


def _image_of(entry: dict[str, Any], where: str, key: str, images: Container[Id] | None) -> Id:
    image = name_or_number(values.member(entry, key, where), f"{where}: {key}")
    if images is not None and image not in images:
        raise DatasetError(f"{where}: {key}: found {values.describe(image)}, expected one of images")
    return image


def _joints(
    entry: Any, where: str, category: Id | None, names: tuple[str, ...] | None
) -> tuple[np.ndarray | None, tuple[str, str] | None]:
    """`[K, 3]` x, y, flag or score of an annotation; or None, and what it is, one and many of it."""
    joints = values.mapping(entry, where).get("keypoints")
    if names is not None and f"keypoints_{len(names)}" in entry:
        joints = entry[f"keypoints_{len(names)}"]
    if joints is None or joints == []:
        return None, NO_KEYPOINTS
    if category is not None and entry.get("category_id") != category:
        return None, OTHER
    if entry.get("iscrowd") in (1, True):
        return None, CROWD
    found = values.triples(joints, f"{where}: keypoints")
    return found, None


def _of_body(names: tuple[str, ...], count: int, where: str) -> None:
    """Nothing if K = `count` joints are those of a set with face and hands, of which the category names the body.

    Raises:
        DatasetError: if they are not.
    """
    body = find_joint_set(canonical_names(names))
    larger_sets = [larger for larger in LARGER_SETS.values() if larger.count == count]
    if not any(begins_with(larger, body) for larger in larger_sets):
        expected = f"x, y, flag for {len(names)} joints"
        raise DatasetError(f"{where}: keypoints: found {3 * count} numbers, expected {expected}")


def _confidences(rows: np.ndarray, path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """People `[N, K, 3]` with confidences in place of the flags 0, 1, 2; scores, known by their fractions, stay."""
    flags = rows[..., 2]
    known = flags[np.isfinite(flags)]
    if (known != np.round(known)).any():
        return rows, ("the joints have scores, not flags: they were read as confidences",)
    strange = np.unique(known[(known < 0) | (known >= len(FLAGS))])
    if len(strange):
        raise DatasetError(f"{path}: keypoints: found flags {strange.tolist()[:5]}, expected 0, 1, 2, or scores")
    labelled, notes = np.nan_to_num(flags).astype(int), ()
    placed = np.isfinite(rows[..., :2]).all(axis=-1) & (rows[..., :2] != 0).any(axis=-1)
    if not labelled.any() and placed.any():
        labelled, notes = np.where(placed, 2, 0), ("the flags of all joints are 0: they were not used",)
    elif not (labelled == 2).any():  # PoseTrack has 0 and 1 only
        labelled, notes = labelled * 2, ("no joint has the flag 2: those with 1 were read as visible",)
    return np.concatenate([rows[..., :2], np.array(FLAGS)[labelled][..., None]], axis=-1), notes


def _joints_of_categories(
    content: dict[str, Any], path: Path
) -> tuple[Id | None, tuple[str, ...] | None, tuple[str, ...]]:
    """The category that is read (None: all of them), the names of its joints (None: it has none), and notes."""
    lists: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for i, category in enumerate(values.listing(content.get("categories", []), f"{path}: categories")):
        where = f"{path}: categories[{i}]: keypoints"
        listed = values.mapping(category, f"{path}: categories[{i}]").get("keypoints") or []
        names = tuple(values.text(name, where) for name in values.listing(listed, where))
        if names:
            lists.setdefault(names, []).append(category)
    if not lists:
        return None, None, ()
    if len(lists) == 1:
        return None, next(iter(lists)), ()
    sets = [set(mapping.source) for mapping in JOINT_SETS.values()]
    known = [names for names in lists if set(canonical_names(names)) in sets]
    if len(known) == 1 and len(lists[known[0]]) == 1:
        chosen = lists[known[0]][0]
        return name_or_number(chosen.get("id"), f"{path}: categories: id"), known[0], ()
    found = ", ".join(f"{values.describe(same[0].get('name'))} {len(names)}" for names, same in lists.items())
    raise DatasetError(f"{path}: categories: found {len(lists)} different lists of joints ({found}), expected one")


def _bones(content: dict[str, Any], names: tuple[str, ...], path: Path) -> StatedBones | None:
    """The bones of the categories with these joints; their numbers begin at 1, in files with a 0 at 0."""
    found: dict[frozenset[frozenset[int]], StatedBones | None] = {}
    for i, category in enumerate(content.get("categories", [])):
        where = f"{path}: categories[{i}]: skeleton"
        if tuple(category.get("keypoints") or ()) != names or not category.get("skeleton"):
            continue
        pairs = []
        for pair in values.listing(category["skeleton"], where):
            ends = [values.whole(end, where, least=0) for end in values.listing(pair, where)]
            if len(ends) != 2:
                raise DatasetError(f"{where}: found {values.describe(pair)}, expected pairs of numbers of joints")
            pairs.append(ends)
        first = 0 if any(0 in pair for pair in pairs) else 1
        numbers = [(a - first, b - first) for a, b in pairs]
        found.setdefault(frozenset(map(frozenset, numbers)), stated_by_number(numbers, [], names, where))
    if len(found) > 1:
        raise DatasetError(f"{path}: categories: skeleton: found {len(found)} different ones, expected one")
    return next(iter(found.values()), None)


def name_or_number(value: Any, where: str) -> Id:
    """A number or text."""
    return value if isinstance(value, str) else values.whole(value, where)
