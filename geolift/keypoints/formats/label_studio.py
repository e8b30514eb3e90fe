"""Label Studio's exports of images with key points: JSON, and JSON-MIN.

JSON is a list of tasks; a task has `data` with the image's address and `annotations`, each a list `result` of regions.
A key point is {"type": "keypointlabels", "value": {"x", "y", "keypointlabels": ["nose"]}, "original_width": ...}, x and
y in per cent of the image's width and height. Of several annotations of an image the first is read that was not
cancelled; predictions where there is none. Points of one person have the same `parentID`, or lie in a rectangle; an
image that shows one person needs neither. JSON-MIN has the values of the points under the name of their tag.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.named_points import Point, read_points
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording
from geolift.plurals import counted

KIND, BOX = "keypointlabels", "rectanglelabels"
UPLOADED = re.compile(r"\A[0-9a-f]{8}-(?=.)")  # what Label Studio puts before the name of an uploaded image
HOW = "each person's points in a rectangle, or in one region (parentID)"

Region = tuple[dict[str, Any], str]  # a region of an image, and the place in the file


def recognize(content: Any) -> str | None:
    """Why a JSON file is Label Studio's, or None."""
    listed = content if isinstance(content, list) else [content]
    for task in listed[:1000]:
        if isinstance(task, dict) and isinstance(task.get("data"), dict) and {"annotations", "predictions"} & set(task):
            return "tasks with data and annotations"
        if isinstance(task, dict) and any(_is_minimal(value) for value in task.values()):
            return "images with keypointlabels (JSON-MIN)"
    return None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read an export.

    Raises:
        DatasetError: naming the task and what is wrong with it.
    """
    tasks = values.listing([content] if isinstance(content, dict) else content, str(path))
    points, images, sizes, several = [], [], {}, 0
    for i, task in enumerate(tasks):
        where = f"{path}: [{i}]"
        name = _image(values.mapping(task, where), where)
        images.append(name)
        regions, others = _regions(task, where)
        several += others
        boxes = [region for region, _ in regions if isinstance(region.get("value"), dict) and BOX in region["value"]]
        for region, place in regions:
            if isinstance(region.get("value"), dict) and KIND in region["value"]:
                point, size = _point(region, name, boxes, place)
                points.append(point)
                sizes[name] = size
    notes = (
        (f"{counted(several, 'annotation', 'annotations')} beside the first of an image: left out",) if several else ()
    )
    return read_points(points, images, sizes, path, options, how=HOW, notes=notes)


FORMAT = Format("label-studio", "Label Studio, exports with key points", "json", recognize, read)


def _is_minimal(value: Any) -> bool:
    """Whether a value of a task of JSON-MIN holds key points."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict) and KIND in value[0]


def _image(task: dict[str, Any], where: str) -> str:
    """The image's name: the end of its address."""
    data = values.mapping(task.get("data", task), f"{where}: data")
    keys = [key for key in ("image", "img", "photo", "picture", "frame", "url") if isinstance(data.get(key), str)]
    texts = keys or [key for key, value in data.items() if isinstance(value, str) and "." in value]
    if not texts:
        raise DatasetError(f"{where}: data: found {values.describe(data)}, expected the image's address")
    name = re.split(r"[/\\=]", data[texts[0]].partition("?X-Amz")[0])[-1]
    return UPLOADED.sub("", name) or f"task {where}"


def _regions(task: dict[str, Any], where: str) -> tuple[list[Region], int]:
    """The regions of a task, and how many of its annotations are not read."""
    if "data" not in task:
        found = [
            (value, key, j) for key, listed in task.items() if _is_minimal(listed) for j, value in enumerate(listed)
        ]
        mapped = [(values.mapping(value, f"{where}: {key}[{j}]"), f"{where}: {key}[{j}]") for value, key, j in found]
        return [({**value, "value": value}, place) for value, place in mapped], 0
    for key in ("annotations", "completions", "predictions"):
        listed = values.listing(task.get(key) or [], f"{where}: {key}")
        kept = [
            (annotation["result"], f"{where}: {key}[{j}]: result")
            for j, annotation in enumerate(listed)
            if isinstance(annotation, dict) and not annotation.get("was_cancelled") and annotation.get("result")
        ]
        if kept:
            regions, place = kept[0]
            mapped = enumerate(values.listing(regions, place))
            return [(values.mapping(region, f"{place}[{j}]"), f"{place}[{j}]") for j, region in mapped], len(kept) - 1
    return [], 0


def _point(
    region: dict[str, Any], image: str, boxes: Sequence[dict[str, Any]], where: str
) -> tuple[Point, tuple[float, float]]:
    """A point in pixels, and the size of its image."""
    value = region["value"]
    width, height = (
        values.number(values.member(region, f"original_{side}", where), f"{where}: original_{side}")
        for side in ("width", "height")
    )
    if region.get("image_rotation"):
        found = values.describe(region["image_rotation"])
        raise DatasetError(f"{where}: image_rotation: found {found}, expected images that are not turned")
    labels = value[KIND] if isinstance(value[KIND], list) else [value[KIND]]
    if len(labels) != 1:
        raise DatasetError(f"{where}: {KIND}: found {values.describe(labels)}, expected one label for a point")
    x, y = (values.number(values.member(value, axis, where), f"{where}: {axis}") for axis in "xy")
    person = region.get("parentID") or _box_of(x, y, boxes)
    label = values.text(labels[0], f"{where}: {KIND}")
    return Point(where, image, str(person), label, x * width / 100, y * height / 100), (width, height)


def _box_of(x: float, y: float, boxes: Sequence[dict[str, Any]]) -> str:
    """The rectangle that a point is in, "" if it is in none or in several."""
    inside = []
    for i, box in enumerate(boxes):
        left, top, width, height = (
            values.optional_number(box["value"].get(key)) for key in ("x", "y", "width", "height")
        )
        if left <= x <= left + width and top <= y <= top + height:
            inside.append(str(box.get("id", i)))
    return inside[0] if len(inside) == 1 else ""
