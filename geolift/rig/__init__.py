"""A rig of a person for animation: bones with names that programs know, fitted to joints; arrays in, arrays out.

Axes: x to the person's left, y up, z ahead. At rest the person stands in a T-pose and faces +z.
"""

from geolift.rig.fit import RigMotion, fit_rig
from geolift.rig.humanoid import HUMANOID, Rig
from geolift.rig.names import bone_names

__all__ = ["HUMANOID", "Rig", "RigMotion", "bone_names", "fit_rig"]
