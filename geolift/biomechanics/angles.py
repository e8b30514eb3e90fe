"""Joint angles of a person straight from the points, by OpenSim's names and by those of clinics (docs/joint-angles.md).

All are in degrees. A joint has three angles about z (flexion), x (adduction) and y (rotation), in this order, of the
segment against the one above: ISB's recommendation, after Grood and Suntay, and that of OpenSim's full-body models.
"""

from typing import NamedTuple

import numpy as np

from geolift.biomechanics.cardan import zxy_angles
from geolift.biomechanics.limb_angles import Limb, limb_angles
from geolift.biomechanics.segments import SIDES, Segments, joint_at, segments
from geolift.rotations import unit
from geolift.skeletons.skeleton import Skeleton

LIMIT = 3.0  # how many times an error of the points may count in an angle that is shown
Columns = dict[str, tuple[np.ndarray, np.ndarray]]  # by name: degrees and leverage


class JointAngles(NamedTuple):
    """Angles of F frames.

    Attributes:
        names: A names.
        degrees: `[F, A]`; NaN where a joint is missing, or where no frame shows the angle.
        leverage: `[F, A]` how many times an error of the points counts, by the pose: 1 or more; rotations of a limb
            whose knee or elbow is nearly straight, and flexion of one that points straight to the side, are less sure.
            NaN where the angle is not known.

    Example:
        >>> JointAngles(("knee_angle_r",), np.zeros((1, 1)), np.ones((1, 1))).shown.tolist()
        [[True]]
    """

    names: tuple[str, ...]
    degrees: np.ndarray
    leverage: np.ndarray

    @property
    def shown(self) -> np.ndarray:
        """`[F, A]` bool: the points of this frame show the angle; elsewhere it is bridged from others, or NaN."""
        return np.nan_to_num(self.leverage, nan=np.inf) <= LIMIT


def joint_angles(points: np.ndarray, skeleton: Skeleton, *, fps: float) -> JointAngles:
    """Angles as coordinates of OpenSim's full-body models, with their names, signs and order.

    pelvis_tilt, pelvis_list, pelvis_rotation; for right (_r) and left (_l) hip_flexion, hip_adduction, hip_rotation,
    knee_angle, and, where toes and heels are known, ankle_angle; lumbar_extension, lumbar_bending, lumbar_rotation;
    arm_flex, arm_add, arm_rot, elbow_flex. The rotation of thigh and upper arm is shown by the plane of a bent knee or
    elbow alone. Points show no pronation.

    Args:
        points: `[F, J, 3]`, x ahead, y up, z right, in any unit; NaN where missing.
        skeleton: whose joints are named as in `H36M17`, perhaps with toes and heels.
        fps: frames per second; 0: the frames do not follow each other.

    Returns:
        The angles of F frames, without jumps from frame to frame.

    Source:
        Wu et al. 2002; Grood and Suntay 1983; Rajagopal et al. 2016 (names and signs).

    Example:
        >>> from geolift.skeletons import H36M17
        >>> points = np.random.default_rng(0).normal(size=(1, 17, 3))
        >>> joint_angles(points, H36M17, fps=30.0).names[:4]
        ('pelvis_tilt', 'pelvis_list', 'pelvis_rotation', 'hip_flexion_r')
    """
    body = segments(points, skeleton)
    columns = _named(body.pelvis, ("pelvis_tilt", "pelvis_list", "pelvis_rotation"))
    for side in SIDES:
        end, limb = side[0], _leg(points, skeleton, body, side, fps)
        columns |= {
            f"hip_flexion_{end}": _seen(limb.flexion, limb.cosine),
            f"hip_adduction_{end}": _seen(limb.adduction),
            f"hip_rotation_{end}": _seen(limb.rotation, limb.cosine * limb.sine),
            f"knee_angle_{end}": _seen(limb.bend),
        }
        if f"{side}_toe" in skeleton.names:
            columns[f"ankle_angle_{end}"] = _seen(ankle_dorsiflexion(points, skeleton, side))
    back = body.pelvis.swapaxes(-1, -2) @ body.trunk
    columns |= _named(back, ("lumbar_extension", "lumbar_bending", "lumbar_rotation"))
    for side in SIDES:
        end, limb = side[0], _arm(points, skeleton, body, side, fps)
        columns |= {
            f"arm_flex_{end}": _seen(limb.flexion, limb.cosine),
            f"arm_add_{end}": _seen(limb.adduction),
            f"arm_rot_{end}": _seen(limb.rotation, limb.cosine * limb.sine),
            f"elbow_flex_{end}": _seen(limb.bend),
        }
    return _together(columns)


def clinical_angles(points: np.ndarray, skeleton: Skeleton, *, fps: float) -> JointAngles:
    """Angles by the names of clinics; each is positive in the direction that its name says.

    pelvis_anterior_tilt, pelvis_right_drop, pelvis_left_rotation and trunk_flexion, trunk_right_bending,
    trunk_left_rotation, against the ground; spine_flexion, spine_right_bending, spine_left_rotation, of the trunk
    against the pelvis; for right_ and left_ hip_flexion, hip_adduction, hip_internal_rotation, knee_flexion,
    ankle_dorsiflexion (where feet are known), shoulder_plane (0 to the side, 90 ahead), shoulder_elevation,
    shoulder_internal_rotation, elbow_flexion.

    Args:
        points: `[F, J, 3]` as in `joint_angles`.
        skeleton: as in `joint_angles`.
        fps: as in `joint_angles`.

    Returns:
        The angles of F frames.

    Source:
        Wu et al. 2002, 2005; Grood and Suntay 1983.

    Example:
        >>> from geolift.skeletons import H36M17
        >>> points = np.random.default_rng(0).normal(size=(1, 17, 3))
        >>> [name for name in clinical_angles(points, H36M17, fps=30.0).names if "knee" in name]
        ['right_knee_flexion', 'left_knee_flexion']
    """
    body = segments(points, skeleton)
    back = body.pelvis.swapaxes(-1, -2) @ body.trunk
    columns: Columns = {}
    for rotation, names in (
        (body.pelvis, ("pelvis_anterior_tilt", "pelvis_right_drop", "pelvis_left_rotation")),
        (body.trunk, ("trunk_flexion", "trunk_right_bending", "trunk_left_rotation")),
        (back, ("spine_flexion", "spine_right_bending", "spine_left_rotation")),
    ):
        columns |= _named(rotation, names, signs=(-1, 1, 1))
    for side in SIDES:
        leg, arm = _leg(points, skeleton, body, side, fps), _arm(points, skeleton, body, side, fps)
        columns |= {
            f"{side}_hip_flexion": _seen(leg.flexion, leg.cosine),
            f"{side}_hip_adduction": _seen(leg.adduction),
            f"{side}_hip_internal_rotation": _seen(leg.rotation, leg.cosine * leg.sine),
            f"{side}_knee_flexion": _seen(leg.bend),
        }
        if f"{side}_toe" in skeleton.names:
            columns[f"{side}_ankle_dorsiflexion"] = _seen(ankle_dorsiflexion(points, skeleton, side))
        columns |= {
            f"{side}_shoulder_plane": _seen(arm.plane, arm.level),
            f"{side}_shoulder_elevation": _seen(arm.elevation),
            f"{side}_shoulder_internal_rotation": _seen(arm.plane_rotation, arm.level * arm.sine),
            f"{side}_elbow_flexion": _seen(arm.bend),
        }
    return _together(columns)


def ankle_dorsiflexion(points: np.ndarray, skeleton: Skeleton, side: str) -> np.ndarray:
    """`[F]` degrees by which the line from heel to toe is raised from a right angle to the shank."""
    knee, ankle, heel, toe = (joint_at(points, skeleton, f"{side}_{j}") for j in ("knee", "ankle", "heel", "toe"))
    return np.degrees(np.arcsin(np.clip((unit(knee - ankle) * unit(toe - heel)).sum(axis=-1), -1, 1)))


def _leg(points: np.ndarray, skeleton: Skeleton, body: Segments, side: str, fps: float) -> Limb:
    joints = tuple(joint_at(points, skeleton, f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
    return limb_angles(joints, body.pelvis, left=side == "left", forward=False, fps=fps)


def _arm(points: np.ndarray, skeleton: Skeleton, body: Segments, side: str, fps: float) -> Limb:
    joints = tuple(joint_at(points, skeleton, f"{side}_{joint}") for joint in ("shoulder", "elbow", "wrist"))
    return limb_angles(joints, body.trunk, left=side == "left", forward=True, fps=fps)


def _named(rotation: np.ndarray, names: tuple[str, ...], signs: tuple[int, ...] = (1, 1, 1)) -> Columns:
    degrees = zxy_angles(rotation) * signs
    cosine = np.abs(np.cos(np.radians(degrees[:, 1])))
    share = (cosine, np.ones(len(degrees)), cosine)
    return {name: _seen(degrees[:, i], share[i]) for i, name in enumerate(names)}


def _seen(degrees: np.ndarray, share: np.ndarray | float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """An angle `[F]` in which an error of the points counts 1 / `share` times."""
    with np.errstate(divide="ignore"):
        leverage = 1 / np.broadcast_to(share, degrees.shape)
    return degrees, np.where(np.isfinite(degrees), leverage, np.nan)


def _together(columns: Columns) -> JointAngles:
    degrees, leverage = (np.stack(values, axis=1) for values in zip(*columns.values(), strict=True))
    return JointAngles(tuple(columns), degrees, leverage)
