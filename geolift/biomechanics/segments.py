"""Axes of pelvis and trunk, and lines of limbs, from the joints of a person.

Axes as in ISB's recommendations and in OpenSim: x ahead, y up, z to the person's right, for the ground and for every
segment of a person who stands upright.
"""

from typing import NamedTuple

import numpy as np

from geolift.rotations import unit
from geolift.skeletons.skeleton import Skeleton

SIDES = ("right", "left")


class Segments(NamedTuple):
    """Pelvis and trunk of F frames; NaN where a joint is missing.

    Attributes:
        pelvis: `[F, 3, 3]`, its columns are the axes x, y, z of the pelvis in the ground's.
        trunk: `[F, 3, 3]` of the trunk.
    """

    pelvis: np.ndarray
    trunk: np.ndarray


def joint_at(points: np.ndarray, skeleton: Skeleton, name: str) -> np.ndarray:
    """`[F, 3]`, the joint of that name; NaN where the skeleton has none."""
    if name not in skeleton.names:
        return np.full((len(points), 3), np.nan)
    return points[:, skeleton.names.index(name)]


def segments(points: np.ndarray, skeleton: Skeleton) -> Segments:
    """Axes of pelvis and trunk.

    Pelvis: z leads from the left hip to the right one, y as far as it can from the pelvis to the spine. Trunk: y leads
    from the spine to the middle of the shoulders, z as far as it can from the left shoulder to the right one.

    Args:
        points: `[F, J, 3]`, x ahead, y up, z right.
        skeleton: whose joints are named as in `H36M17`.
    """
    at = {name: joint_at(points, skeleton, name) for name in ("pelvis", "spine")}
    hips, shoulders = (
        [joint_at(points, skeleton, f"{side}_{joint}") for side in SIDES] for joint in ("hip", "shoulder")
    )
    up = at["spine"] - at["pelvis"]
    across = hips[0] - hips[1]
    trunk = (shoulders[0] + shoulders[1]) / 2 - at["spine"]
    x = np.cross(up, across)
    pelvis = np.stack([x, np.cross(across, x), across], axis=-1)
    x = np.cross(trunk, shoulders[0] - shoulders[1])
    return Segments(_unit_columns(pelvis), _unit_columns(np.stack([x, trunk, np.cross(x, trunk)], axis=-1)))


def _unit_columns(axes: np.ndarray) -> np.ndarray:
    return unit(axes.swapaxes(-1, -2)).swapaxes(-1, -2)
