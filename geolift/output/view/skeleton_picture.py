"""A skeleton as a picture, to check it by eye. Needs matplotlib (`pip install 'geolift[viz]'`)."""

import os

import numpy as np

from geolift.errors import DatasetError
from geolift.output.view.layout import LEFT, MIDDLE, RIGHT
from geolift.skeletons.skeleton import Skeleton


def draw_skeleton(skeleton: Skeleton, pose: np.ndarray, path: str | os.PathLike[str]) -> None:
    """Draw the bones and the names of a skeleton on one pose (.png).

    Args:
        skeleton: of J joints.
        pose: `[J, 2]` pixels; NaN where missing.
        path: the file.

    Raises:
        DatasetError: if matplotlib is missing.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DatasetError("pictures need matplotlib: pip install 'geolift[viz]'") from error
    figure = Figure(figsize=(10, 8), layout="constrained")
    axes = figure.subplots()
    root, head = (skeleton.names[joint] for joint in (skeleton.root, skeleton.head))
    axes.set_title(f"blue: left, orange: right; root (ring): {root}; head: {head}", fontsize=10, parse_math=False)
    colours = [LEFT if j in skeleton.left else RIGHT if j in skeleton.right else MIDDLE for j in range(len(pose))]
    for parent, child in skeleton.bones:
        axes.plot(*pose[[parent, child]].T, color=colours[child], linewidth=2, marker="o", markersize=4)
    for name, place, colour in zip(skeleton.names, pose, colours, strict=True):
        if np.isfinite(place).all():
            axes.annotate(
                name, place, xytext=(5, 4), textcoords="offset points", fontsize=8, color=colour, parse_math=False
            )
    axes.plot(*pose[skeleton.root], marker="o", markersize=13, fillstyle="none", color="black")
    axes.set_aspect("equal")
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.set_yticks([])
    figure.savefig(path, format="png", dpi=90, metadata={"Software": "geolift"})
