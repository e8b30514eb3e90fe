"""A result as one picture: evenly spaced poses, 2D beside 3D from three views. Needs `pip install 'geolift[viz]'`."""

import os

import numpy as np

from geolift.errors import DatasetError
from geolift.output.result import Result
from geolift.output.view.layout import level_axes, strength

NAME = 16  # characters of a person's or a frame's name, the last, that are shown


def write_sheet(result: Result, path: str | os.PathLike[str]) -> None:
    """Write the picture of `result`, poses in the order of people, then of frames (.png, .pdf, .svg).

    A joint is drawn where it has 2D and 3D; poses without a bone to draw are left out. Poses stand upright where the
    result has world axes. Bones are the thicker and fainter, the less sure they are.

    Raises:
        DatasetError: if no pose has a bone to draw, or matplotlib is not installed; it does not name the path.
    """
    try:
        from geolift.output.view.figures import lifted_sheet
    except ImportError as error:
        raise DatasetError("pictures need matplotlib: pip install 'geolift[viz]'") from error
    skeleton = result.skeleton
    seen = np.isfinite(result.points).all(axis=-1) & np.isfinite(result.keypoints).all(axis=-1)
    drawn = np.any([seen[:, parent] & seen[:, child] for parent, child in skeleton.bones], axis=0)
    if not drawn.any():
        raise DatasetError(f"found no bone with both ends in {len(seen)} poses, expected one to draw")
    points = result.points
    if (level := level_axes(result)) is not None:
        turned = np.einsum("nij,nkj->nki", level[result.frame, :, :3], points).astype(np.float32)
        points = np.where(np.isfinite(turned), turned, points)  # an image without a direction up stays as it is
    centred = [_centred(values[drawn], seen[drawn], skeleton.root) for values in (points, result.keypoints)]
    unsure = {} if result.uncertainty is None else {"strength": strength(result)[drawn]}
    names = [_name(result, row) for row in np.flatnonzero(drawn)]
    lifted_sheet(*centred, seen[drawn], skeleton, path, names=names, **unsure)


def label(name: str, most: int) -> str:
    """At most the last `most` characters of a name, on one line, as text that can be drawn."""
    name = " ".join(name.encode("utf-8", "replace").decode().split())
    return name if len(name) <= most else "…" + name[1 - most :]


def _name(result: Result, row: int) -> str:
    """The person, if there are several, and the frame of a row."""
    names = {"person": result.people[result.person[row]], "frame": result.frames[result.frame[row]]}
    if len(result.people) == 1:
        del names["person"]
    short = {kind: label(name, NAME) for kind, name in names.items()}
    return ", ".join(f"{kind} {name}" if name.isdecimal() else name for kind, name in short.items())


def _centred(values: np.ndarray, seen: np.ndarray, root: int) -> np.ndarray:
    """`[N, J, D]` with 0 for joints that are missing; around the root, or where it is missing around the mean."""
    values = np.where(seen[..., None], values, 0)
    mean = values.sum(axis=1) / seen.sum(axis=1)[:, None]
    centre = np.where(seen[:, [root]], values[:, root], mean)
    return np.where(seen[..., None], values - centre[:, None], 0)
