"""Image sizes for a data set that states neither these nor intrinsics: each clip's person becomes equally large."""

import numpy as np

from geolift.data.dataset import Dataset
from geolift.data.normalization import fit_normalization, person_sizes

PERSON = 0.4  # size of a person in the assumed images, from root to head, as a share of their side
ROUNDS = 3  # the bones to compare with are those of people who are equally large; they settle at once
MEASURED = 1 << 20  # frames by which people are measured, evenly spread, at most


def with_assumed_sizes(data: Dataset) -> Dataset:
    """The data set with square images whose side is in proportion to the person of each clip.

    Training needs sizes for their ratio alone: one factor for all poses follows (`fit_normalization`). So the poses of
    people are equally large, whatever camera saw them, as `geolift lift` makes them. A data set that has sizes or
    intrinsics is returned as it is.

    Args:
        data: C clips.

    Raises:
        DatasetError: as `fit_normalization`, if people cannot be measured.

    Example:
        >>> from geolift.data import open_dataset
        >>> known = open_dataset("procedural").select("test").without_3d()
        >>> with_assumed_sizes(known) is known
        True
        >>> with_assumed_sizes(known._replace(intrinsics=None, image_size=None)).image_size.shape
        (208, 2)
    """
    if data.intrinsics is not None or data.image_size is not None:
        return data
    data = data._replace(image_size=np.ones((len(data.start), 2), np.float32))
    for _ in range(ROUNDS):
        data = _sized(data)
    return data


def _sized(data: Dataset) -> Dataset:
    """The data set with sides in proportion to people whose bones are compared with those of its present sizes."""
    fitted = fit_normalization(data)
    frames = np.arange(0, data.frames, -(-data.frames // MEASURED))
    size = person_sizes(data.keypoints[frames], data.seen[frames], data.skeleton, fitted)
    measured, side = np.isfinite(size), np.full(len(data.start), np.nan)
    clip, first = np.unique(data.clip_of_frame[frames][measured], return_index=True)
    side[clip] = [np.median(part) for part in np.split(size[measured], first[1:])]
    side = np.where(side > 0, side, np.nanmedian(side)) / (10 * PERSON)
    return data._replace(image_size=np.repeat(side[:, None], 2, axis=1).astype(np.float32))
