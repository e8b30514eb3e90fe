"""Errors of the 2D keypoints that last for several frames, estimated from bones that lie in the image plane.

Such errors look like motion, and no filter can separate them. But the length of a bone that lies in the image plane
hardly depends on its depth: if it varies, the 2D is wrong. A bone that is lifted flat and is not looks too short, never
too long, so only bones that are longer than usual count.
"""

import numpy as np

from geolift.lifting.refinement_problem import Problem, State, bones_of, clip_medians

FLAT = 0.15  # of a bone's direction along the camera's axis, under which it lies in the image plane: 9 degrees
FEWEST = 30  # bones that the errors of a clip are estimated from; with fewer they are 0
MEDIAN = 0.4549  # of the square of a normal variable of variance 1


def lasting_errors(problem: Problem, state: State) -> np.ndarray:
    """Standard deviation of the 2D's errors in each clip, quick and lasting ones, from the lifted bones.

    Args:
        problem: C clips.
        state: the lifted depths, each frame's size and the bones' usual lengths (a first guess).

    Returns:
        `[C]` model units; 0 where too few bones lie in the image plane.

    Source:
        Ours (docs/method.md, eq. 23).
    """
    bones = bones_of(problem, state)
    flat = (np.abs(bones.direction[2]) < FLAT) & (problem.stiffness > 0)
    usual = clip_medians(np.where(flat, bones.off, np.nan), problem.begins)
    longer = bones.off - usual[problem.number]
    squares = np.where(flat & (longer > 0), longer**2, np.nan)
    count = np.add.reduceat(np.isfinite(squares).sum(axis=1), problem.begins[:-1])
    median = clip_medians(squares.reshape(-1, 1), problem.begins * squares.shape[1])[:, 0]
    return np.where(count > FEWEST, np.sqrt(np.nan_to_num(median) / MEDIAN / 2), 0.0)  # a bone has two ends
