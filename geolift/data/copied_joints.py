"""Joints that are copies of others: a file that states one keypoint under two names. numpy only."""

import numpy as np

FEWEST = 20  # frames that show both; joints of a few pictures may lie behind each other
LOOKED_AT = 64  # frames, evenly spread, that rule nearly all pairs out


def copied_joints(keypoints: np.ndarray, seen: np.ndarray) -> list[tuple[int, int]]:
    """The pairs of joints that are exactly the same point in every frame that shows both.

    Args:
        keypoints: `[F, J, 2]`.
        seen: `[F, J]` bool.

    Example:
        >>> clip = np.random.default_rng(0).uniform(size=(30, 3, 2))
        >>> clip[:, 2] = clip[:, 0]
        >>> copied_joints(clip, np.ones((30, 3), bool))
        [(0, 2)]
    """
    some = np.linspace(0, len(keypoints) - 1, min(LOOKED_AT, len(keypoints))).astype(int)
    apart = (keypoints[some, :, None] != keypoints[some, None]).any(axis=-1) & seen[some, :, None] & seen[some, None]
    pairs = np.argwhere(np.triu(~apart.any(axis=0), 1)).tolist()
    return [(a, b) for a, b in pairs if _are_same(keypoints[:, a], keypoints[:, b], seen[:, a] & seen[:, b])]


def _are_same(one: np.ndarray, other: np.ndarray, both: np.ndarray) -> bool:
    return int(both.sum()) >= FEWEST and bool((one[both] == other[both]).all())
