"""VGG Image Annotator's points: a project (`_via_img_metadata`), or its annotations as JSON.

An image is {"filename", "size", "regions"}; a region that is a point has `shape_attributes` {"name": "point", "cx",
"cy"} and `region_attributes`, of which one is the joint's name. Where an image shows several people, another attribute
(`person`, `id`, ...) names the person. The images' sizes are not in the file.
"""

from pathlib import Path
from typing import Any

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.landmark_values import LIMBS, plain_name
from geolift.keypoints.formats.named_points import Point, read_points
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording
from geolift.plurals import counted

IMAGES = "_via_img_metadata"
PERSON = ("person", "person_id", "id", "track", "object", "instance", "player", "subject", "group")
HOW = f"points of several people with an attribute that names the person ({', '.join(PERSON)})"


def recognize(content: Any) -> str | None:
    """Why a JSON file is VIA's, or None."""
    if not isinstance(content, dict):
        return None
    images = content.get(IMAGES, content)
    first = next(iter(images.values()), None) if isinstance(images, dict) else None
    found = isinstance(first, dict) and "regions" in first and "filename" in first
    return "an object of images with filename and regions" if found else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read annotations.

    Raises:
        DatasetError: naming the region and what is wrong with it; if no attribute holds names of joints.
    """
    listed = values.mapping(values.mapping(content, str(path)).get(IMAGES, content), f"{path}: {IMAGES}")
    images, regions, others = [], [], 0
    for key, image in listed.items():
        where = f"{path}: {values.describe(key)}"
        name = values.text(values.member(image, "filename", where), f"{where}: filename")
        images.append(name)
        found = values.member(image, "regions", where)
        found = list(found.values()) if isinstance(found, dict) else values.listing(found, f"{where}: regions")
        for i, region in enumerate(found):
            place = f"{where}: regions[{i}]"
            shape = values.mapping(values.member(region, "shape_attributes", place), f"{place}: shape_attributes")
            if shape.get("name") != "point":
                others += 1
                continue
            attributes = values.mapping(region.get("region_attributes", {}), f"{place}: region_attributes")
            regions.append((place, name, shape, {key: _text(value) for key, value in attributes.items()}))
    joint, person = _attributes([attributes for *_, attributes in regions], path)
    points = [
        Point(
            place,
            name,
            attributes.get(person, "") if person else "",
            attributes.get(joint, ""),
            values.number(values.member(shape, "cx", place), f"{place}: cx"),
            values.number(values.member(shape, "cy", place), f"{place}: cy"),
        )
        for place, name, shape, attributes in regions
    ]
    notes = (f"{counted(others, 'region that is no point', 'regions that are no points')}: left out",) if others else ()
    return read_points(points, images, {}, path, options, how=HOW, notes=notes)


FORMAT = Format("via", "VGG Image Annotator, points of joints", "json", recognize, read)


def _text(value: Any) -> str:
    """The value of an attribute: text, or the option that is chosen."""
    if isinstance(value, dict):
        chosen = [key for key, is_chosen in value.items() if is_chosen]
        return chosen[0] if len(chosen) == 1 else ""
    return str(value) if isinstance(value, str | int | float) else ""


def _attributes(found: list[dict[str, str]], path: Path) -> tuple[str, str | None]:
    """The attribute that holds joints, and the one that names the person, if any."""
    if not found:
        raise DatasetError(f"{path}: found no points, expected those of joints")
    names = list(dict.fromkeys(key for attributes in found for key in attributes))
    texts = {key: {attributes.get(key, "") for attributes in found} for key in names}
    if not names:
        raise DatasetError(f"{path}: found points without region_attributes, expected one that names the joint")
    joint = max(names, key=lambda key: (len({plain_name(text) for text in texts[key]} & LIMBS), len(texts[key])))
    others = [key for key in names if key != joint and key.lower() in PERSON]
    return joint, others[0] if others else None
