"""Whether a data set is one to learn from: how many of its frames can be used, and how many poses differ."""

from typing import NamedTuple

import numpy as np

from geolift.data.copied_joints import copied_joints
from geolift.data.dataset import Dataset
from geolift.data.normalization import root_centered
from geolift.errors import DatasetError
from geolift.plurals import counted
from geolift.skeletons.skeleton import is_human

FEWEST = 20  # poses that differ; from fewer nothing can be learnt
FEW = 1000  # up to as many are counted; from fewer, little is learnt (docs/dataset.md)
APART = 0.05  # of a person's size, by which at least one joint of two poses differs that are not the same
LOOKED_AT = 1 << 13  # frames, evenly spread, among which different poses are counted, at most
UNTRAINED = "people need no training: geolift lift"
CURE = (
    "a lifter cannot be trained on joints that are never seen: convert with --head extrapolate if it is the top of the "
    "head, or leave joints out by a skeleton file (--skeleton)"
)


class Content(NamedTuple):
    """What a data set has to learn from.

    Attributes:
        frames: how many there are.
        whole: of these, with all joints.
        rooted: of these, with the root.
        different: whole poses (with masks: rooted ones) that differ from each other, counted up to `FEW`.
        unseen: joints that no frame has.
        copied: pairs of joints that are the same point in every frame.
        people: whether they are people, whom lifters that come with geolift know.
    """

    frames: int
    whole: int
    rooted: int
    different: int
    unseen: tuple[str, ...]
    copied: tuple[tuple[str, str], ...] = ()
    people: bool = False


def measure_content(data: Dataset, *, masks: bool = False) -> Content:
    """Count what training can use of a data set.

    Args:
        data: of F frames.
        masks: whether frames that lack joints, but not the root, are used (`data.masks`).

    Example:
        >>> from geolift.data import open_dataset
        >>> measure_content(open_dataset("procedural").select("test"))
        Content(frames=37440, whole=37440, rooted=37440, different=1000, unseen=(), copied=(), people=True)
    """
    seen, root = data.seen, data.skeleton.root
    usable = np.flatnonzero(seen[:, root] if masks else seen.all(axis=1))
    chosen = usable[:: max(1, -(-len(usable) // LOOKED_AT))]
    unseen = tuple(name for name, ever in zip(data.skeleton.names, seen.any(axis=0), strict=True) if not ever)
    different = count_different(data.keypoints[chosen], seen[chosen], root)
    whole, rooted = int(seen.all(axis=1).sum()), int(seen[:, root].sum())
    names = data.skeleton.names
    copied = tuple((names[a], names[b]) for a, b in copied_joints(data.keypoints, seen))
    return Content(data.frames, whole, rooted, different, unseen, copied, is_human(data.skeleton))


def count_different(keypoints: np.ndarray, seen: np.ndarray, root: int) -> int:
    """How many poses `[N, J, 2]` differ from all that came before, in place and size alike; counted up to `FEW`.

    Two poses are the same if no joint that both show is `APART` of the person's size (the root mean square distance
    of the joints from the root) or more from the other.
    """
    poses = root_centered(keypoints.astype(np.float64), seen, root)
    shown = np.maximum(seen.sum(axis=1), 1)
    size = np.sqrt((poses**2).sum(axis=(1, 2)) / shown)
    poses = np.divide(poses, size[:, None, None], where=size[:, None, None] > 0, out=np.zeros_like(poses))
    kept, places = 0, np.zeros(FEW, int)
    for i in np.flatnonzero(size > 0):
        before = places[:kept]
        apart = np.linalg.norm(poses[before] - poses[i], axis=-1) * (seen[before] & seen[i])
        if not kept or (apart.max(axis=1) >= APART).all():
            places[kept] = i
            kept += 1
        if kept == FEW:
            break
    return kept


def doubts(content: Content, *, masks: bool | None = None) -> tuple[str, ...]:
    """What to know before training on a data set, a sentence each.

    Args:
        content: of the data set.
        masks: whether the training uses frames that lack joints; None: it is not known yet.

    Example:
        >>> doubts(Content(frames=400, whole=96, rooted=390, different=300, unseen=(), people=True), masks=False)
        ('96 of 400 frames have all joints, the others are left out (390 can be used with data.masks=True)', \
'300 poses differ: few to learn from (people need no training: geolift lift)')
    """
    found = []
    if content.unseen:
        found.append(f"no frame has {', '.join(content.unseen)}: {CURE}")
    for one, other in content.copied:
        found.append(
            f"{one} and {other} are the same point in every frame: one is a copy; leave it out by a skeleton file"
        )
    used = content.rooted if masks else content.whole
    if used < content.frames and not (content.unseen and not masks):
        what = "the root" if masks else "all joints"
        hint = "" if masks else f" ({content.rooted} can be used with data.masks=True)"
        left_out = "the others are left out" + (" in training" if masks is None else "")
        found.append(f"{used} of {content.frames} frames have {what}, {left_out}{hint}")
    if content.different < FEW and used:
        enough = f"training expects at least {FEWEST}" if content.different < FEWEST else "few to learn from"
        poses = "no two poses differ" if content.different < 2 else f"{content.different} poses differ"
        found.append(f"{poses}: {enough}{f' ({UNTRAINED})' if content.people else ''}")
    return tuple(found)


def expect_learnable(content: Content, origin: str, *, masks: bool) -> None:
    """Raise DatasetError, beginning with `origin`, if nothing can be learnt; `masks` as in `measure_content`."""
    if content.unseen:
        raise DatasetError(f"{origin}: no frame has {', '.join(content.unseen)}: {CURE}")
    used = content.rooted if masks else content.whole
    if not used:
        what = "the root" if masks else f"all joints ({content.rooted} can be used with data.masks=True)"
        raise DatasetError(f"{origin}: none of {content.frames} frames has {what}, expected some to train on")
    if content.different < FEWEST:
        found = "the same pose" if content.different < 2 else f"{content.different} poses that differ"
        found = f"{found} in {counted(used, 'frame', 'frames')}"
        more = "" if used == content.frames else f" of {content.frames}; the others lack joints"
        hint = "data.masks=True uses more" if more and not masks else UNTRAINED if content.people else ""
        hint = f" ({hint})" if hint else ""
        raise DatasetError(f"{origin}: found {found}{more}, expected at least {FEWEST} to learn from{hint}")
