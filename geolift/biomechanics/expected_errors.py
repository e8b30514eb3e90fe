"""How far each angle can be trusted, by where the person faces: errors measured on recorded motion.

Angles in a plane across the line of sight are seen; those along it are the lifter's estimate. So a knee is three times
as exact from the side as from the front.
"""

import numpy as np

from geolift.biomechanics.angles import JointAngles

VIEWS = ("front", "oblique", "side", "oblique back", "back")
FACING = (0.0, 45.0, 90.0, 135.0, 180.0)  # degrees between where the person faces and where the camera is
# Root mean square errors in degrees from these views: walks and other actions of `train`, half of each, through the
# whole of `geolift.lift`, 1.5 px of noise on people of some 800 px (benchmarks/angles.py). Ankles: people 02, 05, 07,
# 08 and 35 (benchmarks/ankle_angles.py).
ERRORS = {
    "pelvis_anterior_tilt": (10.5, 4.8, 2.0, 3.9, 7.6),
    "pelvis_right_drop": (3.7, 3.3, 3.3, 3.4, 3.7),
    "pelvis_left_rotation": (8.7, 4.9, 2.0, 4.2, 7.4),
    "trunk_flexion": (8.3, 4.3, 2.4, 4.4, 8.5),
    "trunk_right_bending": (3.9, 4.2, 4.9, 4.8, 2.5),
    "trunk_left_rotation": (8.5, 4.6, 1.7, 3.8, 8.4),
    "spine_flexion": (12.6, 5.6, 2.3, 6.4, 11.0),
    "spine_right_bending": (3.1, 3.8, 4.6, 4.2, 2.0),
    "spine_left_rotation": (10.0, 5.4, 1.7, 4.8, 8.9),
    "hip_flexion": (12.5, 6.2, 2.2, 5.2, 9.2),
    "hip_adduction": (4.7, 4.2, 5.5, 4.1, 3.1),
    "hip_internal_rotation": (7.5, 5.5, 6.8, 8.3, 7.9),
    "knee_flexion": (9.2, 5.4, 3.9, 6.4, 8.2),
    "ankle_dorsiflexion": (8.5, 11.7, 6.9, 12.2, 10.9),
    "shoulder_plane": (14.0, 7.3, 5.7, 8.5, 13.3),
    "shoulder_elevation": (7.1, 5.4, 4.7, 5.3, 5.8),
    "shoulder_internal_rotation": (8.4, 9.3, 7.9, 7.6, 10.4),
    "elbow_flexion": (11.9, 9.8, 7.9, 8.4, 11.1),
    "arm_flex": (12.7, 6.0, 2.2, 6.7, 12.3),
    "arm_add": (4.6, 6.1, 6.6, 6.5, 5.2),
    "arm_rot": (10.8, 7.8, 13.2, 8.4, 10.4),
}  # fmt: skip
LIKE = {  # the names of OpenSim's models
    "pelvis_tilt": "pelvis_anterior_tilt", "pelvis_list": "pelvis_right_drop",
    "pelvis_rotation": "pelvis_left_rotation", "lumbar_extension": "spine_flexion",
    "lumbar_bending": "spine_right_bending", "lumbar_rotation": "spine_left_rotation",
    "hip_rotation": "hip_internal_rotation", "knee_angle": "knee_flexion", "ankle_angle": "ankle_dorsiflexion",
    "elbow_flex": "elbow_flexion",
}  # fmt: skip


def angle_errors(angles: JointAngles, view: np.ndarray) -> np.ndarray:
    """The error to be expected of each angle in each frame, by the view and by its leverage.

    Args:
        angles: of F frames, from `joint_angles` or `clinical_angles`.
        view: `[F]` degrees, where the person faces: 0 to the camera, 90 to a side of the image, 180 away; NaN unknown.

    Returns:
        `[F, A]` degrees, root mean square; NaN where the angle is not shown, the view is not known, or no error of the
        angle has been measured.

    Source:
        Ours (docs/joint-angles.md).

    Example:
        >>> knee = JointAngles(("knee_angle_r",), np.zeros((2, 1)), np.ones((2, 1)))
        >>> front, side = angle_errors(knee, np.array([0.0, 90.0]))[:, 0]
        >>> bool(front > 2 * side)
        True
    """
    away = np.abs((view + 180) % 360 - 180)
    columns = [np.interp(away, FACING, ERRORS.get(_kind(name), (np.nan,) * len(FACING))) for name in angles.names]
    errors = np.stack(columns, axis=1) * angles.leverage
    return np.where(angles.shown & np.isfinite(away)[:, None], errors, np.nan)


def view_names(view: np.ndarray) -> list[str]:
    """The nearest of `VIEWS` for each of `[F]` degrees; "" where it is not known.

    Args:
        view: `[F]` degrees, as in `angle_errors`.

    Source:
        Ours.

    Example:
        >>> view_names(np.array([10.0, -100.0, np.nan]))
        ['front', 'side', '']
    """
    away = np.abs((view + 180) % 360 - 180)
    nearest = np.abs(away[:, None] - np.array(FACING)).argmin(axis=1)
    return np.where(np.isnan(away), "", np.array(VIEWS)[nearest]).tolist()


def side_free(name: str) -> str:
    """The name of an angle without its side.

    Args:
        name: as in `JointAngles`.

    Source:
        Ours.

    Example:
        >>> side_free("left_knee_flexion"), side_free("knee_angle_l"), side_free("pelvis_left_rotation")
        ('knee_flexion', 'knee_angle', 'pelvis_left_rotation')
    """
    for side in ("right", "left"):
        name = name.removeprefix(f"{side}_").removesuffix(f"_{side[0]}")
    return name


def _kind(name: str) -> str:
    plain = side_free(name)
    return LIKE.get(plain, plain)
