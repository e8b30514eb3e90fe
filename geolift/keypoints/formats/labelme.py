"""labelme's annotations: a JSON file for each image, alone or in a folder; X-AnyLabeling writes the same.

`shapes` holds points ({"label": "left_hip", "points": [[x, y]], "group_id": 1, "shape_type": "point"}); the points of a
person have one `group_id`, which may be absent where an image shows one person. Shapes that are no points are left out.
The images are frames if their files' names have numbers.
"""

from pathlib import Path
from typing import Any

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.named_points import Point, read_points
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording
from geolift.plurals import counted

HOW = "points of several people with a group_id for each"


def recognize(content: Any) -> str | None:
    """Why a JSON file is labelme's, or None."""
    if isinstance(content, list):
        content = content[0] if content else None
    found = isinstance(content, dict) and isinstance(content.get("shapes"), list) and "imagePath" in content
    return "an object with shapes and imagePath" if found else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read annotations of one image, or of a list of them.

    Raises:
        DatasetError: naming the shape and what is wrong with it.
    """
    points, images, sizes, others = [], [], {}, 0
    listed = values.listing(content if isinstance(content, list) else [content], str(path))
    for i, image in enumerate(listed):
        where = f"{path}: [{i}]" if isinstance(content, list) else str(path)
        name = values.text(values.member(image, "imagePath", where), f"{where}: imagePath")
        images.append(name)
        sides = [image.get(side) for side in ("imageWidth", "imageHeight")]
        if None not in sides:
            width, height = (values.number(side, f"{where}: imageWidth, imageHeight") for side in sides)
            sizes[name] = (width, height)
        for j, shape in enumerate(values.listing(values.member(image, "shapes", where), f"{where}: shapes")):
            point = _point(shape, name, f"{where}: shapes[{j}]")
            others += point is None
            points += [] if point is None else [point]
    notes = (f"{counted(others, 'shape that is no point', 'shapes that are no points')}: left out",) if others else ()
    return read_points(points, images, sizes, path, options, how=HOW, notes=notes)


def merge(contents: list[Any], names: list[str]) -> list[dict[str, Any]]:
    """The contents of files of one image each, their images named after the files."""
    return [dict(content, imagePath=name) for content, name in zip(contents, names, strict=True)]


FORMAT = Format("labelme", "labelme, points of joints", "json", recognize, read, merge)


def _point(shape: Any, image: str, where: str) -> Point | None:
    """A point with its label, or None for another shape."""
    listed = values.listing(values.member(shape, "points", where), f"{where}: points")
    if shape.get("shape_type", "point" if len(listed) == 1 else "") != "point":
        return None
    if len(listed) != 1:
        raise DatasetError(f"{where}: points: found {len(listed)}, expected one of a point")
    place = values.numbers(listed[0], f"{where}: points")
    if len(place) != 2:
        raise DatasetError(f"{where}: points: found {len(place)} numbers, expected x and y")
    label = values.text(values.member(shape, "label", where), f"{where}: label")
    group = shape.get("group_id")
    person = "" if group is None else str(values.whole(group, f"{where}: group_id"))
    return Point(where, image, person, label, *place.tolist())
