"""AI Challenger's own annotations (`keypoint_train_annotations_20170909.json`); in COCO's layout they are `coco`.

A list of images, {"image_id": "a0f6bdc065a602b7b84a67fb8d14ce403d902e0d", "keypoint_annotations": {"human1": [...]}};
a person has x, y, flag for 14 joints, flag 1: visible, 2: hidden, 3: not labelled. Always single images.
"""

from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import single_people
from geolift.keypoints.options import Options
from geolift.keypoints.recording import Recording

FLAGS = {1: 1.0, 2: 0.5, 3: 0.0}  # confidence of visible, hidden, not labelled
PEOPLE = "keypoint_annotations"
MODELS = {14: "aic14"}


def recognize(content: Any) -> str | None:
    """Why a JSON file holds AI Challenger's annotations, or None."""
    first = content[0] if isinstance(content, list) and content else None
    found = isinstance(first, dict) and "image_id" in first and isinstance(first.get(PEOPLE), dict)
    return f"a list of images with image_id and {PEOPLE}" if found else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read annotations.

    Raises:
        DatasetError: naming the person and what is wrong with it.
    """
    rows, images = [], []
    for i, image in enumerate(values.listing(content, str(path))):
        where = f"{path}: [{i}]"
        name = values.text(values.member(image, "image_id", where), f"{where}: image_id")
        for person, flat in values.mapping(values.member(image, PEOPLE, where), f"{where}: {PEOPLE}").items():
            place = f"{where}: {values.describe(person)}"
            row = values.triples(flat, place)
            if rows and len(row) != len(rows[0]):
                raise DatasetError(f"{place}: found {len(row)} joints, expected {len(rows[0])} as in the first")
            if not np.isin(row[:, 2], list(FLAGS)).all():
                raise DatasetError(f"{place}: found flags {np.unique(row[:, 2]).tolist()[:5]}, expected 1, 2, 3")
            row[:, 2] = [FLAGS[int(flag)] for flag in row[:, 2]]
            rows.append(row)
            images.append(name)
    return single_people(rows, images, MODELS, path, options)


FORMAT = Format("aic", "AI Challenger, annotations of people", "json", recognize, read)
