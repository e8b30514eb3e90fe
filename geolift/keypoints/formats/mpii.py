"""MPII's annotations as JSON, as HRNet and mmpose have them (`mpii_val.json`): one entry for each person in an image.

An entry has `image`, `joints` (16 pairs) and `joints_vis` (16). Pixels are MATLAB's, which count from 1: 1 is
subtracted. Coordinates of joints that are not visible are junk: these joints are missing. Always single images.
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

MODELS = {16: "mpii16"}


def recognize(content: Any) -> str | None:
    """Why a JSON file holds MPII's annotations, or None."""
    found = isinstance(content, list) and content and isinstance(content[0], dict)
    found = found and {"image", "joints", "joints_vis"} <= set(content[0])
    return "a list of people with image, joints and joints_vis" if found else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read annotations.

    Raises:
        DatasetError: naming the entry and what is wrong with it.
    """
    rows, images = [], []
    for i, entry in enumerate(values.listing(content, str(path))):
        where = f"{path}: [{i}]"
        points = values.rows(values.member(entry, "joints", where), f"{where}: joints")
        visible = values.numbers(values.member(entry, "joints_vis", where), f"{where}: joints_vis")
        if points.shape[1] != 2 or len(visible) != len(points):
            found = f"{list(points.shape)} and {len(visible)}"
            raise DatasetError(f"{where}: joints, joints_vis: found {found}, expected [16, 2] and 16")
        if rows and len(points) != len(rows[0]):
            raise DatasetError(f"{where}: joints: found {len(points)}, expected {len(rows[0])} as in the first")
        rows.append(np.column_stack([points - 1, visible > 0]))
        images.append(values.text(values.member(entry, "image", where), f"{where}: image"))
    note = "1 was subtracted from all coordinates: MPII's pixels count from 1"
    return single_people(rows, images, MODELS, path, options, notes=(note,))


FORMAT = Format("mpii", "MPII annotations (HRNet, mmpose)", "json", recognize, read)
