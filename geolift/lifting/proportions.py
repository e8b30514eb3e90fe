"""The proportions of a person in a video: how long their bones are compared with the training set's.

A lifter that knows the training set's bodies takes a short leg for a leg that is bent in depth. So a video is lifted
twice: from the first pass the proportions are estimated, in the second the person is shown to the lifter with the
bones of the training set, and the depths are scaled back bone by bone. docs/method.md, equation 26, has the same for
training.
"""

import numpy as np

from geolift.model import Model, model_bones
from geolift.skeletons.bones import partners, seen_bone_lengths

LONGEST = 0.95  # quantile over frames at which a bone's length in 2D counts as hardly foreshortened
# Power of the ratios that is used, and how far they are from 1 at which none is: they are wrong, too, and the lifter
# has learnt part of the bodies. Means over seven people whom the lifter did not see (research log).
TRUST, WRONG = 0.5, 0.1
WHOLE = 0.75  # share of the bones whose ratios must be estimated: of upper bodies alone they make results worse
FEWEST, BRIEFEST = 60, 2.0  # frames that show a bone, and how many seconds of them, before its ratio is estimated


def bone_proportions(points: np.ndarray, seen: np.ndarray, model: Model, fps: float) -> np.ndarray:
    """`[B]` length of each bone over the training set's, of one person; its weighted geometric mean is 1.

    The mean of two estimates, in logarithms: the median length of the lifted bone over the frames, and a high quantile
    of its length in 2D, as foreshortening only shortens. Left and right have one ratio. A bone seen in fewer than
    `FEWEST` frames, or for less than `BRIEFEST`, has 1; so have all of a person of whom less than `WHOLE` is seen.

    Args:
        points: `[T, J, 3]` lifted points of one person in model units.
        seen: `[T, J]` bool.
        model: whose normalization has the bones.
        fps: frames per second.

    Source:
        Ours (docs/research-log.md).
    """
    bones, partner = model_bones(model), partners(model.skeleton)
    flat = points[..., :2] * (model.distance / (model.distance + points[..., 2:]))
    lifted, drawn = (seen_bone_lengths(x, seen, model.skeleton) for x in (points, flat))
    often = (np.isfinite(lifted).sum(axis=0) >= max(FEWEST, BRIEFEST * fps)) & (bones > 0)
    ratio = np.zeros(len(bones))
    if often.mean() < WHOLE:
        return np.exp(ratio)
    lengths = np.stack([np.nanmedian(lifted[:, often], axis=0), np.nanquantile(drawn[:, often], LONGEST, axis=0)])
    ratio[often] = np.log(np.maximum(lengths, 1e-6) / bones[often]).mean(axis=0)
    both = often.astype(float) + often[partner]
    ratio = np.divide(ratio + ratio[partner], both, out=np.zeros_like(ratio), where=both > 0)
    known = (both > 0) * bones
    return np.exp(np.where(both > 0, ratio - np.average(ratio, weights=known), 0.0))


def trusted(ratio: np.ndarray) -> np.ndarray:
    """The part `[B]` of a person's ratios `[B]` that is used: the less, the nearer they are to 1 altogether.

    Source:
        Shrinkage by what the estimate is wrong by: James and Stein 1961, "Estimation with quadratic loss".

    Example:
        >>> trusted(np.full(3, 1.05)).tolist(), trusted(np.exp([0.2, -0.2])).round(2).tolist()
        ([1.0, 1.0, 1.0], [1.08, 0.93])
    """
    square = (np.log(ratio) ** 2).mean()
    return ratio ** (TRUST * max(0.0, 1 - WRONG**2 / max(square, 1e-12)))
