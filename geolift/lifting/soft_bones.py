"""How much the bones of a clip seem to change their lengths, estimated from the clip itself.

What keypoints of an animal span is often no bone: skin slides over shoulders, a spine bends between two points. And 2D
errors that last for several frames change lengths, too, which no filter separates from motion. In both cases refinement
must not hold bones at one length. The length of a bone that lies near the image plane hardly depends on its lifted
depth, so that its spread shows how soft it is, once errors from frame to frame are taken off. A bone that is lifted
flat and is not looks too short, never too long, so only lengths above the median count.
"""

import itertools

import numpy as np

from geolift.lifting.refinement_problem import Problem, State, bones_of

FLAT = 0.3  # of a bone's direction along the camera's axis: 17 degrees from the image plane
FEWEST = 15  # frames that show a bone so; with fewer its spread is not known
LONG, DEVIATIONS = 0.9, 1.2816  # quantile of the lengths, and how many standard deviations it is over the median
LEAST = 0.012  # model units, of the 2D's errors at least; exact 2D has up to as much, where people move fast
# Times the spread: a soft bone stays long or short for as long as a posture lasts, which no other frame evens out. With
# 6 a mouse is refined without loss, and people as well as by rigid bones (both of `train`; docs/research-log.md).
FACTOR = 6.0
MOST = 0.15  # model units; bones as soft hardly count, and softer ones would let the size of the body drift


def softness(problem: Problem, state: State, noise: np.ndarray) -> np.ndarray:
    """By how much the bones of each clip may change their lengths, standard deviation in model units.

    It is one number for all bones of a clip: that of one bone alone is often wrong.

    Args:
        problem: C clips of F frames.
        state: the lifted depths, each frame's size and the bones' usual lengths (a first guess).
        noise: `[F]` model units, standard deviation of the 2D's errors from frame to frame.

    Returns:
        `[C]`; 0 in a clip in which no bone lies near the image plane for long enough.

    Source:
        Ours (docs/method.md, eq. 23).
    """
    bones, begins = bones_of(problem, state), problem.begins
    flat = (np.abs(bones.direction[2]) < FLAT) & (problem.stiffness > 0)
    known = np.add.reduceat(flat.astype(int), begins[:-1]) >= FEWEST
    spread = np.zeros(known.shape)
    for clip, rows in enumerate(itertools.starmap(slice, itertools.pairwise(begins))):
        if not known[clip].any():
            continue
        lengths = np.where(flat[rows], bones.length[rows], np.nan)[:, known[clip]]
        usual, longest = np.nanquantile(lengths, (0.5, LONG), axis=0)
        spread[clip, known[clip]] = ((longest - usual) / DEVIATIONS) ** 2
    errors = np.add.reduceat(np.maximum(noise, LEAST) ** 2, begins[:-1]) / np.diff(begins)
    own = spread - 2 * errors[:, None]  # a bone has two ends
    mean = np.where(known, own, 0.0).sum(axis=1) / known.sum(axis=1).clip(1)
    return np.minimum(FACTOR * np.sqrt(np.maximum(mean, 0.0)), MOST)
