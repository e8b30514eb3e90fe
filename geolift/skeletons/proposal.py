"""A proposal of a skeleton for joints of which only names and 2D places are known: partners, tree, root, head.

People correct it in a skeleton file (`skeleton_file`); nothing here is certain, so every choice has its reason.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.skeletons.part_names import LIMBS, REAR, UNLIKELY, is_of_face, likely, limbs_of, words_of
from geolift.skeletons.skeleton import Skeleton, check_skeleton
from geolift.skeletons.stated_bones import StatedBones, partners_of

FEWEST = 3  # joints
MOST_POSES = 2000  # that lengths are measured in, evenly spread
LENGTH = 0.95  # quantile of a distance in the image that stands for its length in space: views shorten it at random
ENDS = ("nose", "snout", "beak", "rostrum", "head", "neck")  # of a body, in front
STATED = 1e-3  # factor on those that the file states
SEEN = 0.8  # share of the frames of the joint seen most, that a root needs
CENTRAL = 1.1  # a middle is in the middle of the body if others are at most so many times as far as from the best one
CENTRE = "centre"  # the name of a root that no file has: the middle of a pair


class Proposal(NamedTuple):
    """A skeleton that was proposed.

    Attributes:
        skeleton: of the K joints, and of a root `CENTRE` where all joints have a side.
        mapping: the joints whose mean such a root is, as in `skeleton_file.SkeletonFile`; else None.
        reasons: how it was found, a sentence each.

    Example:
        >>> Proposal(Skeleton(("a", "b"), (-1, 0), (), (), 1), None, ("root: a",)).skeleton.names
        ('a', 'b')
    """

    skeleton: Skeleton
    mapping: dict[str, tuple[str, ...]] | None
    reasons: tuple[str, ...]


NOTHING = StatedBones((), (), "")


def propose_skeleton(
    names: Sequence[str], keypoints: np.ndarray, seen: np.ndarray, *, stated: StatedBones = NOTHING
) -> Proposal:
    """Propose a skeleton: partners by their names, bones by lengths and names, root and head by the tree.

    The tree is one of short bones in which partners hang from partners or from joints without a side, so that both
    sides are alike. A bone's length is a high quantile of the distance of its ends. Bones that the file states come
    before all others; those whose names follow each other in a limb count half.

    Args:
        names: of K joints.
        keypoints: `[N, K, 2]` pixels of N poses, of any sizes, or `[N, K, 3]`.
        seen: `[N, K]` bool.
        stated: what the file states of these joints.

    Raises:
        DatasetError: if there are too few joints, some that are never seen together with others, or stated partners
            contradict the names.

    Source:
        Ours; trees grow as in Prim (1957).

    Example:
        A snake of five points, seen in ten frames:

        >>> x = np.arange(5.0)[None, :, None] + np.zeros((10, 5, 1))
        >>> poses = np.concatenate([x, 0.1 * np.random.default_rng(0).normal(size=x.shape)], axis=-1)
        >>> skeleton = propose_skeleton(["nose", "b", "c", "d", "tail"], poses, np.ones((10, 5), bool)).skeleton
        >>> skeleton.parents, skeleton.names[skeleton.root], skeleton.names[skeleton.head]
        ((1, 2, -1, 2, 3), 'c', 'nose')
    """
    from scipy.sparse.csgraph import shortest_path  # takes a while to import

    names = list(names)
    if len(names) < FEWEST or len(set(names)) < len(names):
        raise DatasetError(f"joints: found {', '.join(names)[:300]}, expected at least {FEWEST}, all different")
    pairs, unknown = partners_of(names, stated.partners, stated.where)
    poses = _sized(np.asarray(keypoints, np.float64), np.asarray(seen, bool))
    mapping = None
    sides = {joint for pair in pairs for joint in pair}
    if pairs and all(joint in sides or _is_of_head(name) for joint, name in enumerate(names)):
        middle = _middle_pair(poses, pairs)
        mapping = {CENTRE: tuple(names[joint] for joint in middle)}
        names, poses = [*names, CENTRE], np.concatenate([poses, poses[:, list(middle)].mean(1, keepdims=True)], axis=1)
    tree = _tree(_lengths(poses, names, _stems(names, pairs), stated.bones), pairs, names)
    away = shortest_path(tree, directed=False, unweighted=True)
    root = names.index(CENTRE) if mapping else _root(away, poses, pairs, names)
    parents = tuple(-1 if j == root else _towards(tree, away, j, root) for j in range(len(names)))
    head, why = find_head(names, poses, root, pairs)
    left, right = (tuple(pair[side] for pair in pairs) for side in (0, 1))
    skeleton = check_skeleton(Skeleton(tuple(names), parents, left, right, head))
    return Proposal(skeleton, mapping, (*_reasons(skeleton, why, stated, mapping), *_unused(skeleton, stated, unknown)))


def _sized(keypoints: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Poses `[n, K, 2]` about their middle, over their size; NaN where a joint is missing."""
    some = np.flatnonzero(seen.sum(axis=1) > 1)
    some = some[:: max(1, -(-len(some) // MOST_POSES))]
    points = np.where(seen[some, :, None], keypoints[some], np.nan)
    if not len(some):
        raise DatasetError("joints: found no pose with several joints, expected at least one")
    points -= np.nanmean(points, axis=1, keepdims=True)
    size = np.sqrt(np.nanmean(np.square(points).sum(axis=-1), axis=1))
    return points[size > 0] / size[size > 0, None, None]


def _distance(poses: np.ndarray, one: int, other: int) -> float:
    """How far two joints are apart, as long as it looks; infinite where no pose has both."""
    away = np.linalg.norm(poses[:, one] - poses[:, other], axis=-1)
    away = away[np.isfinite(away)]
    return float(np.quantile(away, LENGTH)) if len(away) else np.inf


def _lengths(
    poses: np.ndarray, names: Sequence[str], stems: Sequence[str], bones: Sequence[tuple[str, str]]
) -> np.ndarray:
    """`[K, K]` lengths of all possible bones, the likelier ones shortened."""
    stated = {frozenset(bone) for bone in bones}
    length = np.full((len(names), len(names)), np.inf)
    limbs, begins = limbs_of(stems)
    for i, one in enumerate(names):
        for j, other in enumerate(names[:i]):
            factor = likely(stems[i], stems[j])
            if not (limbs[i] & limbs[j] or (begins[i] and begins[j])):
                factor = UNLIKELY  # a limb that begins in its middle
            if frozenset((one, other)) in stated:
                factor = STATED
            length[i, j] = length[j, i] = factor * _distance(poses, i, j)
    return length


def _stems(names: Sequence[str], pairs: Sequence[tuple[int, int]]) -> list[str]:
    """The names, those of partners with what both have in place of the side."""
    stems = list(names)
    for pair in pairs:
        left, right = (names[joint] for joint in pair)
        same = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
        stems[pair[0]] = stems[pair[1]] = "_".join(left[block.a : block.a + block.size] for block in same)
    return stems


def _middle_pair(poses: np.ndarray, pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The pair of joints nearest to each other of those whose middle is in the middle of the body."""
    middle = np.nanmean(np.stack([poses[:, list(pair)] for pair in pairs], axis=1), axis=2)
    joints = np.concatenate([middle, poses], axis=1)
    others = range(len(pairs), joints.shape[1])
    away = np.array([sum(_distance(joints, pair, other) for other in others) for pair in range(len(pairs))])
    width = np.array([_distance(poses, *pair) for pair in pairs])
    return pairs[int(np.where(away <= CENTRAL * away.min(), width, np.inf).argmin())]


def _tree(length: np.ndarray, pairs: Sequence[tuple[int, int]], names: Sequence[str]) -> np.ndarray:
    """`[K, K]` bool, symmetric: the bones.

    First the minimum spanning tree of the joints without a side, then pairs, the nearest first: both partners hang
    from one joint of the tree, or each from the partner on its side of another pair.
    """
    from scipy.sparse.csgraph import minimum_spanning_tree  # takes a while to import

    sides = {joint for pair in pairs for joint in pair}
    middle = [j for j in range(len(names)) if j not in sides]
    inside = length[np.ix_(middle, middle)]
    chosen = minimum_spanning_tree(np.where(np.isfinite(inside), inside, 0)).toarray() > 0
    if chosen.sum() < len(middle) - 1:
        _refuse(names, middle)
    bones = [(middle[i], middle[j]) for i, j in np.argwhere(chosen)]
    nodes, left = [(j, j) for j in middle], list(pairs)
    while left:
        options = [(length[one[0], pair[0]] + length[one[1], pair[1]], one, pair) for one in nodes for pair in left]
        shortest, one, pair = min(options)
        if not np.isfinite(shortest):
            _refuse(names, [joint for joint, _ in left])
        bones += list(zip(one, pair, strict=True))
        nodes.append(pair)
        left.remove(pair)
    tree = np.zeros(length.shape, bool)
    one, other = np.transpose(bones)
    tree[one, other] = tree[other, one] = True
    return tree


def _refuse(names: Sequence[str], joints: Sequence[int]) -> None:
    apart = ", ".join(names[joint] for joint in joints)
    raise DatasetError(f"joints: found no pose that joins all of {apart} to others, expected poses with both")


def _is_of_head(name: str) -> bool:
    return is_of_face(name) or "head" in words_of(name)


def _root(away: np.ndarray, poses: np.ndarray, pairs: Sequence[tuple[int, int]], names: Sequence[str]) -> int:
    """The joint without a side from which the others are the fewest bones away, of those that are mostly seen.

    Not one of the head, whose distance from the root is the size of the body, where there is another.
    """
    seen = np.isfinite(poses[..., 0]).mean(axis=0)
    free = np.array([not any(j in pair for pair in pairs) for j in range(len(away))])
    trunk = free & np.array([not _is_of_head(name) for name in names])
    free = trunk if trunk.any() else free
    usable = free & (seen >= SEEN * seen[free].max())
    return int(np.where(usable, away.sum(axis=1), np.inf).argmin())


def _towards(tree: np.ndarray, away: np.ndarray, joint: int, root: int) -> int:
    """The neighbour of a joint on the way to the root."""
    near = np.flatnonzero(tree[joint])
    return int(near[away[near, root].argmin()])


def find_head(names: Sequence[str], poses: np.ndarray, root: int, pairs: Sequence[tuple[int, int]]) -> tuple[int, str]:
    """The joint ahead of the root whose distance from it is the size of the body, and why it was taken.

    Which way a body looks is known by it: a tail in its place would exchange what is near and far.

    Args:
        names: of J joints.
        poses: `[N, J, D]`, NaN where missing.
        root: index of the root.
        pairs: indices of partners.

    Source:
        Ours.

    Example:
        >>> find_head(["pelvis", "tail", "nose"], np.zeros((1, 3, 2)), 0, [])
        (2, 'by its name')
    """
    sides = {joint for pair in pairs for joint in pair}
    free = [j for j in range(len(names)) if j not in sides and j != root]
    for word in ENDS:
        for joint in free:
            if word in words_of(names[joint]):
                return joint, "by its name"
    left = [pair[0] for pair in pairs]
    faces = [joint for joint in left if is_of_face(names[joint])]
    others = [joint for joint in left if not LIMBS & set(words_of(names[joint]))]
    ahead = [joint for joint in free if not any(word.startswith(REAR) for word in words_of(names[joint]))]
    candidates = faces or ahead or free or others or left
    away = [_distance(poses, joint, root) for joint in candidates]
    farthest = np.where(np.isfinite(away), away, -1).argmax()
    why = "of the face" if faces else "the farthest from the root; correct it if it is not ahead of it"
    return candidates[int(farthest)], why


def _reasons(
    skeleton: Skeleton, why: str, stated: StatedBones, mapping: dict[str, tuple[str, ...]] | None
) -> tuple[str, ...]:
    names, sides = skeleton.names, (*skeleton.left, *skeleton.right)
    alone = ", ".join(name for j, name in enumerate(names) if j not in sides) or "none"
    by = f"their names, and as stated in {stated.where}" if stated.partners else "their names"
    pairs = f"{len(skeleton.left)} pairs by {by}" if skeleton.left else "no names of left and right"
    root = (
        f"the middle of {' and '.join(mapping[CENTRE])}, as no joint of the trunk is without a side"
        if mapping
        else "in the middle"
    )
    first = f"those stated in {stated.where}, then " if stated.bones else ""
    return (
        f"left and right: {pairs}; without a side: {alone}",
        f"bones: {first}the shortest, first those whose names follow each other",
        f"root: {names[skeleton.root]}, {root}",
        f"head, whose distance from the root is the size: {names[skeleton.head]}, {why}",
    )


def _unused(skeleton: Skeleton, stated: StatedBones, unknown: Sequence[str]) -> tuple[str, ...]:
    """What of the stated skeleton is not in the proposed one, and what is added to it."""
    reasons = []
    if unknown:
        listed = ", ".join(unknown)
        reasons.append(f"partners of which no name says which is left, so that they have no side: {listed}")
    if stated.bones:
        names = skeleton.names
        bones, given = {frozenset((names[a], names[b])) for a, b in skeleton.bones}, set(map(frozenset, stated.bones))
        texts = [", ".join(sorted("-".join(sorted(bone)) for bone in some)) for some in (given - bones, bones - given)]
        reasons.append(f"bones: {len(given & bones)} of {len(bones)} are stated")
        reasons += [f"stated, but not in a tree that is alike on both sides: {texts[0]}"] if texts[0] else []
        reasons += [f"not stated: {texts[1]}"] if texts[1] else []
    return tuple(reasons)
