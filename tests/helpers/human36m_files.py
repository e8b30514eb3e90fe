"""Synthetic people in Human3.6M's cameras, in the layout of its files, without the package's tables of joints."""

import functools

import numpy as np

from geolift.data.synthetic.motions import procedural_clips

SUBJECTS = ("S1", "S9", "S11")
ACTIONS = (
    "Directions", "Discussion", "Eating", "Greeting", "Phoning", "Photo", "Posing", "Purchases", "Sitting",
    "SittingDown", "Smoking", "Waiting", "WalkDog", "Walking", "WalkTogether",
)  # fmt: skip
CAMERAS = ("54138969", "55011271", "58860488", "60457274")
# Of the 32 joints: the index of each of the 17, and the joint whose place every other one shares.
PLACE = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]
COPIES = {
    4: 3,
    5: 3,
    9: 8,
    10: 8,
    11: 0,
    16: 13,
    20: 19,
    21: 19,
    22: 19,
    23: 19,
    24: 13,
    28: 27,
    29: 27,
    30: 27,
    31: 27,
}
# One camera of S1 with its lens, and what it sees of two points (metres, pixels).
RADIAL, TANGENTIAL = (
    (-0.20709891617298126, 0.24777518212795258, -0.0030751503072679043),
    (-0.00097569887, -0.00142447161),
)
GOLDEN = {
    (0.0, 0.0, 1.0): ((-0.32030, -0.43527, 5.28866), (443.317, 421.484), (443.193, 421.316)),
    (0.5, -0.3, 0.9): ((-0.90110, -0.36538, 5.37692), (321.809, 438.160), (320.646, 437.728)),
}


@functools.cache
def people(frames):
    """`[frames, 17, 3]` world metres of a walking person for each subject, z up, near the middle of the room."""
    made = procedural_clips(seed=3, people=3, seconds=frames / 50, fps=50)
    walks = [clip.points for clip in made[:: len(made) // 3]]
    return {name: walk - walk[:1, :1] * [1, 1, 0] for name, walk in zip(SUBJECTS, walks, strict=True)}


def all32(points):
    """`[T, 32, D]` of `[T, 17, D]`."""
    full = np.zeros((len(points), 32, points.shape[-1]))
    full[:, PLACE] = points
    for joint, other in COPIES.items():
        full[:, joint] = full[:, other]
    return full


def project(points, intrinsics, radial=RADIAL, tangential=TANGENTIAL):
    """Pixels `[..., 2]` of camera points, by VideoPose3D's model of the lens."""
    fx, fy, cx, cy = intrinsics
    xy = points[..., :2] / points[..., 2:]
    r2 = (xy**2).sum(-1, keepdims=True)
    bend = 1 + sum(k * r2 ** (i + 1) for i, k in enumerate(radial)) + (xy * tangential).sum(-1, keepdims=True)
    return (xy * bend + np.array(tangential) * r2) * [fx, fy] + [cx, cy]


def sequences(actions=ACTIONS):
    """Names of both sequences of every action, as the distributed files have them."""
    return [name for action in actions for name in (f"{action} 1", action)]
