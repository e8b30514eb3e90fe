"""COCO's keypoint JSON: annotations (`person_keypoints_val2017.json`) and results of the COCO evaluation.

Annotations are an object with `images`, `annotations` and `categories`; the joints' names and order are those of the
category. Flags 0, 1, 2 (not labelled, hidden, visible) become confidences 0, 0.5, 1. Crowds and people without labelled
joints are left out. Results are a list of {"image_id", "category_id", "keypoints": [x, y, score, ...], "score"} without
names: 17 joints are COCO's, of 133 (COCO-WholeBody) the first 17 are taken.

Both are single images, unless the user gives a frame rate: then annotations are a video in the order of file names, and
results one in the order of image numbers, absent ones being frames without people.
"""

from pathlib import Path
from typing import Any

import numpy as np

from geolift.data.dataset import LARGEST_PIXEL
from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import Frames, distinct, order_frames, single_images
from geolift.keypoints.joint_names import body_joints, joints_by_count, joints_by_name
from geolift.keypoints.options import NO_OPTIONS, Options, resolve_fps
from geolift.keypoints.recording import Recording

CONFIDENCE = (0.0, 0.5, 1.0)  # not labelled, hidden, visible
MODELS = {17: "coco17", 26: "halpe26"}


def recognize_annotations(content: Any) -> str | None:
    """Why a JSON file holds COCO annotations, or None."""
    lists = ("images", "annotations")
    found = isinstance(content, dict) and all(isinstance(content.get(key), list) for key in lists)
    return "an object with images and annotations" if found else None


def recognize_results(content: Any) -> str | None:
    """Why a JSON file holds COCO results, or None."""
    if not isinstance(content, list) or not content or not isinstance(content[0], dict):
        return None
    first = content[0]
    found = "keypoints" in first and isinstance(first.get("image_id"), int) and not {"box", "idx"} & set(first)
    return "a list of people with image_id, a number, and keypoints" if found else None


def read_annotations(content: Any, path: Path, options: Options) -> Recording:
    """Read annotations.

    Raises:
        DatasetError: naming the entry and what is wrong with it.
    """
    images = _images(values.member(content, "images", str(path)), path)
    names, notes = _joint_names(content, path, options)
    people, left_out = _annotated_people(content, images, 0 if names is None else len(names), path)
    notes += left_out
    if not people:
        raise DatasetError(f"{path}: found no person in {len(images)} images, expected at least one")
    rows = np.stack([row for row, _ in people])
    kept, cut = body_joints(rows.shape[1], options.joints, names)
    if names is None:
        joints = joints_by_count(kept, str(path), options.joints, MODELS)
    else:
        joints = joints_by_name(names[:kept], str(path), options.joints)
    rows = rows[:, :kept]
    rows[..., 2] = np.array(CONFIDENCE)[rows[..., 2].astype(int)]
    frames, sizes = _frames(images, path, options)
    place = dict(zip(images, frames.index.tolist(), strict=True))
    frame = np.array([place[image] for _, image in people])
    notes = (*notes, *joints.notes, *cut)
    return make_recording(rows, frame, frames, joints, path, options, image_size=sizes, notes=notes)


def read_results(content: Any, path: Path, options: Options) -> Recording:
    """Read results.

    Raises:
        DatasetError: naming the entry and what is wrong with it.
    """
    rows, images, scores, count = [], [], [], 0
    for i, entry in enumerate(values.listing(content, str(path))):
        where = f"{path}: [{i}]"
        flat = values.numbers(values.member(entry, "keypoints", where), f"{where}: keypoints")
        count = count or len(flat) // 3
        rows.append(_triples(flat, count, where))
        images.append(str(values.whole(values.member(entry, "image_id", where), f"{where}: image_id", least=0)))
        scores.append(values.optional_number(entry.get("score")))
    if not rows:
        raise DatasetError(f"{path}: found no person, expected at least one")
    kept, notes = body_joints(count, options.joints)
    joints = joints_by_count(kept, str(path), options.joints, MODELS)
    names, which = distinct(images)
    frames = (single_images if options.fps is None else order_frames)(names, str(path), options)
    notes = (*notes, *frames.notes)
    rows, frame, score = np.stack(rows)[:, :kept], frames.index[which], np.array(scores)
    return make_recording(rows, frame, frames, joints, path, options, score=score, notes=notes)


FORMATS = (
    Format("coco", "COCO keypoint annotations", "json", recognize_annotations, read_annotations),
    Format("coco-results", "COCO keypoint results", "json", recognize_results, read_results),
)

Id = int | str
Images = dict[Id, tuple[str, tuple[float, float]]]  # name and size of each image by its id; size 0, 0 if absent


def _images(value: Any, path: Path) -> Images:
    images: Images = {}
    for i, image in enumerate(values.listing(value, f"{path}: images")):
        where = f"{path}: images[{i}]"
        number = _id(values.member(image, "id", where), f"{where}: id")
        if number in images:
            raise DatasetError(f"{where}: id: found {values.describe(number)} again, expected another for each image")
        name = values.text(image.get("file_name", str(number)), f"{where}: file_name")
        sides = [image.get(side) for side in ("width", "height")]
        size = (0.0, 0.0) if None in sides else tuple(values.number(side, f"{where}: width, height") for side in sides)
        if not all(0 <= side <= LARGEST_PIXEL for side in size):
            raise DatasetError(f"{where}: width, height: found {list(size)}, expected pixels")
        images[number] = (name, size)
    return images


def _annotated_people(
    content: dict[str, Any], images: Images, count: int, path: Path
) -> tuple[list[tuple[np.ndarray, Id]], tuple[str, ...]]:
    """`[K, 3]` x, y, flag and the image of each person, and notes on annotations left out; `count` is K, 0: unknown."""
    people, crowds, unlabelled, others = [], 0, 0, 0
    annotations = values.member(content, "annotations", str(path))
    for i, annotation in enumerate(values.listing(annotations, f"{path}: annotations")):
        where = f"{path}: annotations[{i}]"
        if "keypoints" not in values.mapping(annotation, where):
            others += 1
            continue
        flat = values.numbers(annotation["keypoints"], f"{where}: keypoints")
        count = count or len(flat) // 3
        if annotation.get("iscrowd") in (1, True):
            crowds += 1
        elif not (flat[2::3] > 0).any():
            unlabelled += 1
        else:
            people.append((_flagged(flat, count, where), _image_of(annotation, images, where)))
    left = {"crowds": crowds, "people without labelled joints": unlabelled, "annotations without keypoints": others}
    return people, tuple(f"{number} {what} were left out" for what, number in left.items() if number)


def _flagged(flat: np.ndarray, count: int, where: str) -> np.ndarray:
    """`[K, 3]` x, y, flag."""
    row = _triples(flat, count, where)
    if not np.isin(row[:, 2], range(len(CONFIDENCE))).all():
        raise DatasetError(f"{where}: keypoints: found flags {row[:, 2].tolist()[:5]}, expected 0, 1, 2")
    return row


def _image_of(annotation: dict[str, Any], images: Images, where: str) -> Id:
    image = _id(values.member(annotation, "image_id", where), f"{where}: image_id")
    if image not in images:
        raise DatasetError(f"{where}: image_id: found {values.describe(image)}, expected one of images")
    return image


def _frames(images: Images, path: Path, options: Options) -> tuple[Frames, np.ndarray | None]:
    """The images as frames, of a video if the user gives a frame rate, and `[F, 2]` sizes, None if one is unknown."""
    frames = single_images([name for name, _ in images.values()], str(path), NO_OPTIONS)
    sizes = np.zeros((len(images), 2), np.float32)
    sizes[frames.index] = [size for _, size in images.values()]
    if options.fps is not None:
        different = len(np.unique(sizes, axis=0))
        if different > 1:
            raise DatasetError(
                f"{path}: frames per second: found images of {different} sizes, expected one size in a video"
            )
        frames = frames._replace(video=True, fps=resolve_fps(0.0, options.fps, str(path)))
    return frames, sizes if (sizes >= 1).all() else None


def _joint_names(
    content: dict[str, Any], path: Path, options: Options
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The names of the joints, None if the file has none, and a note."""
    categories = values.listing(content.get("categories", []), f"{path}: categories")
    lists = []
    for i, category in enumerate(categories):
        where = f"{path}: categories[{i}]"
        if "keypoints" in values.mapping(category, where):
            found = values.listing(category["keypoints"], f"{where}: keypoints")
            lists.append(tuple(values.text(name, f"{where}: keypoints") for name in found))
    if not lists:
        how = "--joints" if options.joints else "their number"
        return None, (f"the file names no joints: they are known by {how}",)
    if len(set(lists)) > 1:
        raise DatasetError(f"{path}: categories: found {len(set(lists))} different lists of joints, expected one")
    return lists[0], ()


def _triples(flat: np.ndarray, count: int, where: str) -> np.ndarray:
    """`[K, 3]` of a list of numbers."""
    if len(flat) != 3 * count or not count:
        raise DatasetError(f"{where}: keypoints: found {len(flat)} numbers, expected x, y, flag for {count} joints")
    return flat.reshape(-1, 3)


def _id(value: Any, where: str) -> Id:
    """A number or text."""
    return value if isinstance(value, str) else values.whole(value, where)
