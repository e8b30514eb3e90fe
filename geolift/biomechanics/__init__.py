"""Joint angles, gait events and measures of gait of one person; arrays in, arrays out.

Points are in the axes of ISB's recommendations and of OpenSim's ground: x ahead, y up, z right; metres.
"""

from geolift.biomechanics.angles import JointAngles, clinical_angles, joint_angles
from geolift.biomechanics.expected_errors import VIEWS, angle_errors, side_free, view_names
from geolift.biomechanics.strikes import GaitEvents, gait_events
from geolift.biomechanics.walking import Gait, GaitMeasures, gait_measures

__all__ = [
    "VIEWS",
    "Gait",
    "GaitEvents",
    "GaitMeasures",
    "JointAngles",
    "angle_errors",
    "clinical_angles",
    "gait_events",
    "gait_measures",
    "joint_angles",
    "side_free",
    "view_names",
]
