"""Skeletons of people and animals, the joint sets that keypoints come in, and mappings between them."""

from geolift.skeletons.joint_sets import COCO17, JOINT_SETS
from geolift.skeletons.mapping import JointMapping, check_mapping, map_joints
from geolift.skeletons.skeleton import H36M17, Skeleton, check_skeleton
from geolift.skeletons.skeleton_file import read_skeleton

__all__ = [
    "COCO17",
    "H36M17",
    "JOINT_SETS",
    "JointMapping",
    "Skeleton",
    "check_mapping",
    "check_skeleton",
    "map_joints",
    "read_skeleton",
]
