"""Several data sets as one: of the same skeleton, clips one after the other."""

from collections.abc import Sequence

import numpy as np

from geolift.data.dataset import CLIP_TEXT, Dataset, check_dataset
from geolift.errors import DatasetError

PER_FRAME, PER_CLIP = ("points_3d", "gravity"), ("image_size", "intrinsics", "moment")


def join_datasets(parts: Sequence[Dataset], origin: str) -> Dataset:
    """Put the clips of several data sets into one.

    What not all of them have (image sizes, intrinsics, 3D, gravity, moments) is left out, which `source` says. Moments
    are numbered on, so that no two of the data sets share any.

    Args:
        parts: at least one, of one skeleton.
        origin: what they are, for errors.

    Raises:
        DatasetError: if there is none, or skeletons differ.

    Source:
        Ours.

    Example:
        >>> from geolift.data import open_dataset
        >>> parts = [open_dataset("procedural").select(split) for split in ("train", "test")]
        >>> join_datasets(parts, "procedural people").frames == parts[0].frames + parts[1].frames
        True
    """
    if not parts:
        raise DatasetError(f"{origin}: found no data set, expected at least one")
    skeleton = parts[0].skeleton
    for i, part in enumerate(parts):
        if part.skeleton != skeleton:
            names = ", ".join(part.skeleton.names)[:300]
            raise DatasetError(
                f"{origin}: data set {i + 1}: found another skeleton ({names}), expected that of the first"
            )
    parts = _with_different_moments(parts)
    offset = np.cumsum([0, *(part.frames for part in parts[:-1])])
    optional, notes = {}, []
    for key in (*PER_FRAME, *PER_CLIP):
        values = [getattr(part, key) for part in parts]
        known = [value is not None for value in values]
        optional[key] = np.concatenate(values) if all(known) else None
        if any(known) and not all(known):
            notes.append(f"{key} was left out: {sum(known)} of {len(known)} data sets have it.")
    joined = Dataset(
        keypoints=np.concatenate([part.keypoints for part in parts]),
        confidence=np.concatenate([part.confidence for part in parts]),
        skeleton=skeleton,
        start=np.concatenate([part.start + first for part, first in zip(parts, offset, strict=True)]),
        stop=np.concatenate([part.stop + first for part, first in zip(parts, offset, strict=True)]),
        fps=np.concatenate([part.fps for part in parts]),
        **{key: np.concatenate([getattr(part, key) for part in parts]) for key in CLIP_TEXT},
        **optional,
        source=" ".join([*dict.fromkeys(part.source for part in parts), *notes]),
    )
    return check_dataset(joined, origin)


def _with_different_moments(parts: Sequence[Dataset]) -> list[Dataset]:
    changed, following = [], 0
    for part in parts:
        if part.moment is not None:
            moment = part.moment - part.moment.min() + following
            following = int((moment + part.stop - part.start).max())
            part = part._replace(moment=moment)
        changed.append(part)
    return changed
