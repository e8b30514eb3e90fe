"""A proposal of a skeleton for joints whose parents are stated, as BVH files state them: what is kept, sides, head."""

from collections.abc import Sequence

import numpy as np

from geolift.errors import DatasetError
from geolift.skeletons.proposal import Proposal, find_head
from geolift.skeletons.side_names import find_partners
from geolift.skeletons.skeleton import Skeleton, check_skeleton

MOST_MEASURED = 500  # frames by which a body is measured, evenly spread
SHORT = 1e-3  # of the body's size; joints that are nearer to their parent are the same place
STEADY = 0.02  # of the body's size, by which a bone's length varies; what varies more is a body that moves in a scene


def body_size(points: np.ndarray) -> float:
    """The largest distance between two joints in a frame, the median over frames, in the points' units.

    Args:
        points: `[T, J, D]`; NaN where not seen.

    Source:
        Ours.

    Example:
        >>> body_size(np.array([[[0.0, 0, 0], [3, 4, 0], [np.nan, 0, 0]]]))
        5.0
    """
    some = points[:: max(1, len(points) // MOST_MEASURED)]
    away = np.linalg.norm(some[:, :, None] - some[:, None], axis=-1)
    return float(np.median(np.where(np.isfinite(away), away, 0).max(axis=(1, 2))))


def skeleton_of_hierarchy(names: Sequence[str], parents: Sequence[int], points: np.ndarray) -> Proposal:
    """Propose the skeleton of a hierarchy: its joints without those of the scene and those in their parents' places.

    Args:
        names: of K joints.
        parents: `[K]` of each joint, -1: none; parents before children.
        points: `[T, K, D]` motion, in any unit.

    Raises:
        DatasetError: if fewer than two joints are left.

    Source:
        Ours.

    Example:
        A tail in a scene, of which a joint is in its parent's place:

        >>> points = np.array([[[0.0, 0], [5, 0], [5, 0], [6, 0]], [[0.0, 0], [9, 0], [9, 0], [10, 0]]])
        >>> found = skeleton_of_hierarchy(["World", "Hips", "Hips2", "Tail"], [-1, 0, 1, 2], points)
        >>> found.skeleton.names, found.skeleton.parents
        (('Hips', 'Tail'), (-1, 0))
    """
    root, scene = _root(parents, points)
    size = body_size(points[:, root:])
    length = [0.0 if p < 0 else float(np.median(np.linalg.norm(points[:, j] - points[:, p], axis=-1)))
              for j, p in enumerate(parents)]  # fmt: skip
    stands_for, kept = list(range(len(names))), [root]
    for joint in range(root + 1, len(names)):
        if parents[joint] in scene:
            continue
        if length[joint] <= SHORT * size:
            stands_for[joint] = stands_for[parents[joint]]
        else:
            kept.append(joint)
    if len(kept) < 2:
        raise DatasetError(f"joints: found {len(kept)} that lie apart, expected two or more")
    above = tuple(-1 if joint == root else kept.index(stands_for[parents[joint]]) for joint in kept)
    called = [names[joint] for joint in kept]
    pairs, odd = _alike(called, above)
    head, why = find_head(called, points[:, kept], above.index(-1), pairs)
    left, right = (tuple(pair[side] for pair in pairs) for side in (0, 1))
    skeleton = check_skeleton(Skeleton(tuple(called), above, left, right, head))
    same = [names[joint] for joint in range(len(names)) if stands_for[joint] != joint]
    reasons = [
        f"left and right: {len(pairs)} pairs by their names" if pairs else "left and right: no names of them",
        f"bones and root, {called[above.index(-1)]}: those of the file's hierarchy",
        f"head, whose distance from the root is the size: {called[head]}, {why}",
        *([f"left out, as it is of the scene: {', '.join(names[joint] for joint in scene)}"] if scene else []),
        *([f"left out, as they are in their parents' places: {', '.join(same)}"] if same else []),
        *([f"without a side, as their parents are no partners: {', '.join(odd)}"] if odd else []),
    ]
    return Proposal(skeleton, None, tuple(reasons))


def _root(parents: Sequence[int], points: np.ndarray) -> tuple[int, list[int]]:
    """The first joint of the body, and those above it: nodes of the scene, to which its distance changes or is large.

    Such a node has one child alone: what else begins there would be a part of the body.
    """
    root, scene = list(parents).index(-1), []
    while True:
        below = [joint for joint, parent in enumerate(parents) if parent == root]
        if len(below) != 1:
            return root, scene
        size, away = body_size(points[:, below[0] :]), np.linalg.norm(points[:, below[0]] - points[:, root], axis=-1)
        if np.ptp(away) <= STEADY * size and np.median(away) <= size:
            return root, scene
        scene.append(root)
        root = below[0]


def _alike(names: Sequence[str], parents: Sequence[int]) -> tuple[list[tuple[int, int]], list[str]]:
    """Partners by their names whose parents are partners or the same joint, and the names of other partners."""
    pairs, odd = list(find_partners(names)), []
    while True:
        partner = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
        wrong = [(a, b) for a, b in pairs if partner.get(parents[a], parents[a]) != parents[b]]
        if not wrong:
            return pairs, odd
        pairs = [pair for pair in pairs if pair not in wrong]
        odd += [names[joint] for pair in wrong for joint in pair]
