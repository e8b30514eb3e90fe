"""Angles of one limb, thigh or upper arm: where it points in its parent's axes, how far it is bent, how it is turned.

The left limb is mirrored first, so that both sides have the signs of the right one: flexion forward, adduction inward,
rotation inward.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from geolift.biomechanics.cardan import angle_about_y, direction_angles
from geolift.rotations import unit

LEAST_SINE = 1 / 3  # of knee's or elbow's bend from which its plane shows how the limb above is turned: 19.5 degrees
BACKWARD = 90.0  # degrees of a thigh's rotation; more, and the knee bends the wrong way
AGREED = 0.5  # length of the mean of unit numbers around a frame; less, and they point anywhere
CUTOFF = 6.0  # Hz; the rotation of a limb whose joint is bent by 45 degrees passes below it (gait has little above)


class Limb(NamedTuple):
    """Angles of a limb in degrees, `[F]` each; NaN where unknown.

    Attributes:
        flexion: about z.
        adduction: about x, after flexion.
        rotation: about y, after both, inward; between frames that show it, it is bridged.
        bend: of knee or elbow.
        plane: in which the limb is raised: 0 to the side, 90 ahead.
        elevation: how far it is raised from straight down.
        plane_rotation: inward, after plane and elevation.
        sine: of the bend, by which an error of the points counts less in `rotation`.
        cosine: of the adduction, by which it counts less in `flexion` and `rotation`.
        level: sine of the elevation, by which it counts less in `plane` and `plane_rotation`.
    """

    flexion: np.ndarray
    adduction: np.ndarray
    rotation: np.ndarray
    bend: np.ndarray
    plane: np.ndarray
    elevation: np.ndarray
    plane_rotation: np.ndarray
    sine: np.ndarray
    cosine: np.ndarray
    level: np.ndarray


def limb_angles(
    joints: tuple[np.ndarray, np.ndarray, np.ndarray], parent: np.ndarray, *, left: bool, forward: bool, fps: float
) -> Limb:
    """Angles of thigh and knee, or of upper arm and elbow.

    Args:
        joints: `[F, 3]` each: hip, knee, ankle or shoulder, elbow, wrist.
        parent: `[F, 3, 3]` whose columns are the axes of pelvis or trunk.
        left: whether it is the left limb.
        forward: whether its joint bends the lower part forward (an elbow) or backward (a knee).
        fps: frames per second; 0: the frames do not follow each other.
    """
    mirror = np.array([1.0, 1.0, -1.0 if left else 1.0])
    upper, lower = (mirror * np.einsum("fji,fj->fi", parent, unit(end - start)) for start, end in pairwise(joints))
    axis = np.cross(upper, lower) * (1 if forward else -1)
    sine = np.linalg.norm(axis, axis=-1)
    bend = np.degrees(np.arctan2(sine, (upper * lower).sum(axis=-1)))
    angles = direction_angles(-upper)
    turned = angle_about_y(axis, angles)
    if not forward:  # a knee that bends the wrong way, as from the front at times, shows no rotation of the thigh
        sine = np.where((np.abs(turned) > BACKWARD) & (np.abs(angles[:, 1]) <= 90), 0.0, sine)
    rotation = _steady(turned, sine, fps)
    level = np.hypot(upper[:, 0], upper[:, 2])
    elevation = np.degrees(np.arctan2(level, -upper[:, 1]))
    plane = _unwrapped(np.degrees(np.arctan2(upper[:, 0], upper[:, 2])), level >= LEAST_SINE)
    about = np.stack([np.zeros_like(plane), -elevation], axis=-1)
    turned_back = _about_vertical(axis, -plane)
    return Limb(
        flexion=angles[:, 0],
        adduction=angles[:, 1],
        rotation=rotation,
        bend=bend,
        plane=plane,
        elevation=elevation,
        plane_rotation=_steady(angle_about_y(turned_back, about), sine, fps),
        sine=sine,
        cosine=np.hypot(upper[:, 0], upper[:, 1]),
        level=level,
    )


def _about_vertical(vectors: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """`[F, 3]` turned about y by `[F]` degrees."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    x, y, z = vectors.T
    return np.stack([cosine * x + sine * z, y, cosine * z - sine * x], axis=-1)


def _steady(rotation: np.ndarray, sine: np.ndarray, fps: float) -> np.ndarray:
    """Degrees `[F]` that count by how far the joint is bent (its sine), bridged where they hardly count.

    The path z of unit complex numbers that minimises sum w |z - exp(i r)|^2 + stiffness sum |z''|^2, w = sine^2.
    """
    from scipy.linalg import solveh_banded  # takes a while to import

    weight = np.where(np.isfinite(rotation), np.nan_to_num(sine) ** 2, 0.0)
    enough = np.isfinite(rotation) & (sine >= LEAST_SINE)
    if not enough.any() or len(rotation) < 3 or not fps:
        return np.where(enough, rotation, np.nan)
    stiffness = 0.5 / (2 - 2 * np.cos(2 * np.pi * min(CUTOFF / fps, 0.5))) ** 2
    second = np.diff(np.eye(3), 2, axis=0)[0]
    bands = np.zeros((3, len(rotation)))
    bands[2] = weight + 1e-9
    for i in range(3):
        bands[2, i : len(rotation) - 2 + i] += stiffness * second[i] ** 2
    bands[1, 1:-1] += stiffness * second[0] * second[1]
    bands[1, 2:] += stiffness * second[1] * second[2]
    bands[0, 2:] += stiffness * second[0] * second[2]
    there = weight * np.exp(1j * np.radians(np.nan_to_num(rotation)))
    real, imaginary = solveh_banded(bands, np.stack([there.real, there.imag], axis=-1)).T
    agreed = enough & (np.hypot(real, imaginary) >= AGREED)  # elsewhere the path may pass by 0, where its angle jumps
    sure = np.flatnonzero(agreed if agreed.any() else enough)
    shown = _unwrapped(np.degrees(np.arctan2(imaginary, real))[sure], np.ones(len(sure), bool))
    return np.interp(np.arange(len(rotation)), sure, shown)


def _unwrapped(degrees: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """`[F]` without jumps by 360, around 0; NaN stays.

    Whole turns between frames `sure` `[F]` are no motion, as nothing shows them: these frames follow each other the
    short way, and the turn is taken out evenly in between.
    """
    known = np.isfinite(degrees)
    if not known.any():
        return degrees
    result = degrees.copy()
    result[known] = np.unwrap(degrees[known], period=360)
    sure = np.flatnonzero(sure & known)
    if len(sure):
        turns = np.unwrap(degrees[sure], period=360) - result[sure]
        result += np.interp(np.arange(len(result)), sure, turns)
    else:
        sure = np.flatnonzero(known)
    return result - 360 * np.round(np.median(result[sure]) / 360)
