"""MPI-INF-3DHP's training set in MATLAB v5 files, a cell for each camera."""

import functools

import numpy as np

from geolift.data import human36m
from geolift.data.synthetic.motions import procedural_clips

INTRINSICS = (1497.7, 1497.1, 1024.7, 1051.4)
FRAMES, BEYOND = 6, 3
TALL = 0.9
# Of the 28 joints: the index of each of the 17, and the joint whose place every other one shares.
PLACE = [4, 23, 24, 25, 18, 19, 20, 3, 5, 6, 7, 9, 10, 11, 14, 15, 16]
COPIES = {0: 3, 1: 3, 2: 3, 8: 5, 12: 11, 13: 5, 17: 16, 21: 20, 22: 20, 26: 25, 27: 25}


@functools.cache
def points(camera):
    """`[FRAMES + BEYOND, 17, 3]` camera metres of a walking person."""
    walk = procedural_clips(seed=5, people=3, seconds=1, fps=FRAMES + BEYOND)[0].points
    return human36m.to_camera(walk - walk[:1, :1] * [1, 1, 0], "S1", human36m.CAMERAS[camera % 4])


def write_3dhp_training(path, change=lambda cells: None):
    """annot.mat of one sequence; `change` is applied to its cells."""
    from scipy.io import savemat

    cells = {key: np.empty((14, 1), object) for key in ("annot2", "annot3", "univ_annot3", "cameras", "frames")}
    for camera in range(14):
        full = np.zeros((FRAMES + BEYOND, 28, 3))
        full[:, PLACE] = points(camera) * 1000
        for joint, other in COPIES.items():
            full[:, joint] = full[:, other]
        fx, fy, cx, cy = INTRINSICS
        pixels = full[..., :2] / full[..., 2:] * [fx, fy] + [cx, cy]
        universal = full[:, [4]] + TALL * (full - full[:, [4]])
        for key, value in (("annot2", pixels), ("annot3", full), ("univ_annot3", universal)):
            cells[key][camera, 0] = value.reshape(len(value), -1)
        cells["cameras"][camera, 0] = camera
        cells["frames"][camera, 0] = np.arange(len(full))[:, None]
    change(cells)
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, cells)
