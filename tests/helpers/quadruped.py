"""A walking animal of few joints, and cameras that look at it from any height."""

import math

import numpy as np

from geolift.skeletons.skeleton import Skeleton

QUADRUPED = Skeleton(
    names=("hips", "neck", "nose", "left_fore", "right_fore", "left_hind", "right_hind"),
    parents=(-1, 0, 1, 1, 1, 0, 0),
    left=(3, 5),
    right=(4, 6),
    head=2,
)
UP = np.array([0.0, 0, 1])


def walking(frames, *, seed=0):
    """`[frames, 7, 3]` in body lengths, z up: bodies that turn to all sides, bend, and move their legs."""
    rng = np.random.default_rng(seed)
    step = 0.15 * np.sin(np.linspace(0, frames / 3, frames))
    body = np.zeros((frames, 7, 3))
    body[:, 1] = [0.7, 0, 0.05]
    body[:, 2] = [1.0, 0, 0]
    for joint, x, side, sign in ((3, 0.7, 1, 1), (4, 0.7, -1, -1), (5, 0, 1, -1), (6, 0, -1, 1)):
        body[:, joint, 0] = x + sign * step
        body[:, joint, 1:] = [side * 0.2, -0.3]
    body[:, 2] += rng.normal(0, 0.05, (frames, 3))
    turn = rng.uniform(-math.pi, math.pi, frames)
    c, s = np.cos(turn)[:, None], np.sin(turn)[:, None]
    return np.stack([c * body[..., 0] - s * body[..., 1], s * body[..., 0] + c * body[..., 1], body[..., 2]], axis=-1)


def filmed(points, pitch):
    """`points` (z up) in the axes of a camera that looks down by `pitch` degrees: x right, y down, z forward."""
    c, s = math.cos(math.radians(pitch)), math.sin(math.radians(pitch))
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    return np.stack([x, -s * y - c * z, c * y - s * z], axis=-1)
