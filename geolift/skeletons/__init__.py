"""Skeletons of people and animals, the joint sets that keypoints come in, and mappings between them."""

from geolift.skeletons.joint_sets import COCO17, JOINT_SETS
from geolift.skeletons.mapping import JointMapping, check_mapping, map_joints
from geolift.skeletons.pose_angles import JOINT_ANGLES, facing, joint_angles, limb_joints
from geolift.skeletons.skeleton import H36M17, H36M21, Skeleton, check_skeleton, is_human
from geolift.skeletons.skeleton_file import read_skeleton

__all__ = [
    "COCO17",
    "H36M17",
    "H36M21",
    "JOINT_ANGLES",
    "JOINT_SETS",
    "JointMapping",
    "Skeleton",
    "check_mapping",
    "check_skeleton",
    "facing",
    "is_human",
    "joint_angles",
    "limb_joints",
    "map_joints",
    "read_skeleton",
]
