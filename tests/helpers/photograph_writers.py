"""Small archives of MPII and COCO persons like the real ones: three persons, two of them in one image."""

import numpy as np

from geolift.skeletons.joint_sets import COCO17, MPII16
from tests.helpers.figure import standing


def mpii_arrays():
    joints = standing(MPII16.source, "mpii16").astype(np.float32)
    return {
        "joints": np.stack([joints * 10 + 101, joints * 20 + 301, joints * 5 + 51]),
        "visible": np.array([[1] * 16, [1] * 16, [0] * 16], np.uint8),
        "image": np.array(["b.jpg", "a.jpg", "b.jpg"]),
        "person": np.array([0, 0, 3]),
        "joint_names": np.array(MPII16.source),
    }


def coco_arrays():
    joints = standing(COCO17.source, "coco17").astype(np.float32)
    return {
        "joints": np.stack([joints * 10 + 100, joints * 20 + 300, joints * 5 + 50]),
        "visibility": np.array([[2] * 17, [2, 0] + [1] * 15, [2] * 11 + [0] + [2] * 5], np.uint8),
        "image_id": np.array([20, 3, 20]),
        "annotation_id": np.array([7, 8, 9]),
        "image_size": np.array([[640, 480]] * 3),
        "joint_names": np.array(COCO17.source),
    }
