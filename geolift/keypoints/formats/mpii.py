"""MPII's annotations as JSON, as HRNet and mmpose have them (`mpii_val.json`): one entry for each person in an image.

An entry has `image`, `joints` (16 pairs) and `joints_vis` (16). Pixels are MATLAB's, which count from 1: 1 is
subtracted. Joints that are not visible hold junk and count as missing. Always single images.
"""

from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats import json_values as values
from geolift.keypoints.formats.base import Format
from geolift.keypoints.frame_names import rate, stills
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options, resolve_image_size
from geolift.keypoints.recording import Recording, record

MODELS = {16: "mpii16"}


def recognise(content: Any) -> str | None:
    """Why a JSON file holds MPII's annotations, or None."""
    told = isinstance(content, list) and content and isinstance(content[0], dict)
    told = told and {"image", "joints", "joints_vis"} <= set(content[0])
    return "a list of people with image, joints and joints_vis" if told else None


def read(content: Any, path: Path, options: Options) -> Recording:
    """Read annotations.

    Raises:
        DatasetError: naming the entry and what is wrong with it.
    """
    rows, images = [], []
    for i, entry in enumerate(values.listing(content, str(path))):
        where = f"{path}: [{i}]"
        points = values.rows(values.member(entry, "joints", where), f"{where}: joints")
        seen = values.numbers(values.member(entry, "joints_vis", where), f"{where}: joints_vis")
        if points.shape[1] != 2 or len(seen) != len(points):
            found = f"{list(points.shape)} and {len(seen)}"
            raise DatasetError(f"{where}: joints, joints_vis: found {found}, expected [16, 2] and 16")
        resolved = joints_by_count(len(points), where, options.joints, MODELS)
        rows.append(np.column_stack([points - 1, seen > 0]))
        images.append(values.text(values.member(entry, "image", where), f"{where}: image"))
    if not rows:
        raise DatasetError(f"{path}: found no person, expected at least one")
    names = list(dict.fromkeys(images))
    found = stills(names)
    place = dict(zip(names, found.index.tolist(), strict=True))
    stacked = np.stack(rows)
    _, unused = rate(found, options, str(path))
    return record(
        stacked[..., :2],
        stacked[..., 2],
        frame=np.array([place[image] for image in images]),
        joints=resolved.joints,
        joint_set=resolved.joint_set,
        frames=found.names,
        video=False,
        origin=str(path),
        image_size=resolve_image_size(None, options.image_size, len(names), str(path)),
        notes=("1 was subtracted from all coordinates: MPII's pixels count from 1", *unused),
    )


FORMAT = Format("mpii", "MPII annotations (HRNet, mmpose)", "json", recognise, read)
