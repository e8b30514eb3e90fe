"""MPI-INF-3DHP's test set as its authors ship it."""

import numpy as np

from geolift.evaluation.protocols import MPI_INF_3DHP_FRAMES
from geolift.skeletons.joint_sets import MPI_INF_3DHP17
from geolift.skeletons.skeleton import H36M17

INTRINSICS = (1499.2, 1497.1, 1024.7, 1051.4)
OF_3DHP = {"neck": "thorax", "head": "neck", "head_top": "head"}
TALL = 0.9  # of the universal labels' persons
INVALID = 7


def write_3dhp(folder, people, frames=MPI_INF_3DHP_FRAMES):
    """The test set as its authors ship it: MATLAB v7.3, dimensions reversed, frames that are not valid in the middle.

    The universal labels are scaled about the root; as in the published TS6, its universal knees are a little off.
    """
    import h5py

    order = [H36M17.names.index(OF_3DHP.get(name, name)) for name in MPI_INF_3DHP17.source]
    taken = 0
    for name, valid in frames.items():
        number = valid + INVALID
        points = np.take(people.points_3d, np.arange(taken, taken + number), axis=0, mode="wrap").astype(float) * 1000
        taken += number
        points = points[:, order]
        fx, fy, cx, cy = INTRINSICS
        keypoints = points[..., :2] / points[..., 2:] * [fx, fy] + [cx, cy]
        root = points[:, [14]]
        universal = root + TALL * (points - root)
        if name == "TS6":
            universal[:, [9, 12], 2] += 20
        valid_frame = np.ones((number, 1))
        valid_frame[100 : 100 + INVALID] = 0
        keypoints[100 : 100 + INVALID] = np.nan
        activity = np.where(np.arange(number) < 200, 1.0, 7.0)[:, None]
        arrays = {
            "annot2": keypoints[:, None], "annot3": points[:, None], "univ_annot3": universal[:, None],
            "valid_frame": valid_frame, "activity_annotation": activity, "bb_crop": np.zeros((number, 34)),
        }  # fmt: skip
        path = folder / name / "annot_data.mat"
        path.parent.mkdir(parents=True)
        with h5py.File(path, "w", userblock_size=512) as file:
            for key, array in arrays.items():
                file.create_dataset(key, data=array).attrs["MATLAB_class"] = np.bytes_("double")
        with path.open("r+b") as file:
            file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")
