"""A person built from joint angles by the axes of OpenSim's full-body models: what the angles of points must give back.

x ahead, y up, z right; metres. Independent of geolift: rotations are SciPy's, about the axes of the model files.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from geolift.skeletons.skeleton import H36M17, H36M21

PELVIS = ("pelvis_tilt", "pelvis_list", "pelvis_rotation")
LUMBAR = ("lumbar_extension", "lumbar_bending", "lumbar_rotation")
DOWN = np.array([0.0, -1.0, 0.0])


def figure(degrees, *, feet=False):
    """`[F, 17 or 21, 3]` of a person with these angles, `{name: number or [F]}`; those that are not given are 0."""
    frames = max((np.size(values) for values in degrees.values()), default=1)

    def turned(names, axes):
        """Rotations about the axes, in this order."""
        rotation = Rotation.identity(frames)
        for name, axis in zip(names, axes, strict=True):
            angle = np.broadcast_to(np.radians(degrees.get(name, 0.0)), frames)
            rotation = rotation * Rotation.from_rotvec(angle[:, None] * np.array(axis, float))
        return rotation

    axes = ((0, 0, 1), (1, 0, 0), (0, 1, 0))
    pelvis = turned(PELVIS, axes)
    trunk = pelvis * turned(LUMBAR, axes)
    at = {"pelvis": np.tile([0, 0.95, 0], (frames, 1))}
    at["spine"] = at["pelvis"] + pelvis.apply([0, 0.23, 0])
    at["thorax"] = at["spine"] + trunk.apply([0, 0.25, 0])
    at["neck"] = at["thorax"] + trunk.apply([0.02, 0.1, 0])
    at["head"] = at["neck"] + trunk.apply([0, 0.12, 0])
    for side, out in (("right", 1), ("left", -1)):
        end, ways = side[0], ((0, 0, 1), (out, 0, 0), (0, out, 0))
        at[f"{side}_hip"] = at["pelvis"] + pelvis.apply([0, 0, 0.13 * out])
        thigh = pelvis * turned([f"hip_{part}_{end}" for part in ("flexion", "adduction", "rotation")], ways)
        at[f"{side}_knee"] = at[f"{side}_hip"] + thigh.apply(0.44 * DOWN)
        shank = thigh * turned([f"knee_angle_{end}"], [(0, 0, -1)])
        at[f"{side}_ankle"] = at[f"{side}_knee"] + shank.apply(0.43 * DOWN)
        foot = shank * turned([f"ankle_angle_{end}"], [(0, 0, 1)])
        at[f"{side}_heel"] = at[f"{side}_ankle"] + foot.apply([-0.05, -0.08, 0])
        at[f"{side}_toe"] = at[f"{side}_ankle"] + foot.apply([0.15, -0.08, 0])
        at[f"{side}_shoulder"] = at["thorax"] + trunk.apply([0, 0, 0.17 * out])
        upper = trunk * turned([f"arm_{part}_{end}" for part in ("flex", "add", "rot")], ways)
        at[f"{side}_elbow"] = at[f"{side}_shoulder"] + upper.apply(0.3 * DOWN)
        fore = upper * turned([f"elbow_flex_{end}"], [(0, 0, 1)])
        at[f"{side}_wrist"] = at[f"{side}_elbow"] + fore.apply(0.26 * DOWN)
    return np.stack([at[name] for name in (H36M21 if feet else H36M17).names], axis=1)
