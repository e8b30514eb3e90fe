"""Moments: which frames of a data set show one body at the same time in several synchronised cameras."""

from typing import NamedTuple

import numpy as np

from geolift.data.dataset import Dataset
from geolift.errors import DatasetError


class Moments(NamedTuple):
    """The M moments that at least two cameras filmed.

    Attributes:
        cameras: names of the C cameras.
        frame: `[M, C]` int, the frame of each moment in each camera; -1 where there is none.

    Example:
        >>> moments = Moments(("left", "right"), np.array([[0, 5], [1, -1]]))
        >>> int((moments.frame >= 0).sum())
        3
    """

    cameras: tuple[str, ...]
    frame: np.ndarray


def find_moments(data: Dataset) -> Moments:
    """The moments of a data set.

    Args:
        data: of F frames, with `moment`.

    Returns:
        Moments that at least two cameras filmed, in the order of subjects and time.

    Raises:
        DatasetError: if clips have no moments, if two clips show the same moment in one camera, or if no moment was
            filmed by two.

    Source:
        Ours.

    Example:
        >>> from geolift.data import open_dataset
        >>> people = with_moments_of_clips(open_dataset("procedural").select("test"), "procedural people")
        >>> moments = find_moments(people)
        >>> len(moments.cameras), moments.frame.shape[1]
        (4, 4)
    """
    if data.moment is None:
        raise DatasetError(
            "moment: found none, expected moments of synchronised cameras (geolift convert --synchronized)"
        )
    clip = data.clip_of_frame
    number = data.moment[clip] + np.arange(data.frames) - data.start[clip]
    subject = np.unique(data.subject, return_inverse=True)[1][clip]
    cameras, camera = np.unique(data.camera, return_inverse=True)
    camera = camera[clip]
    row = np.unique(np.stack([subject, number]), axis=1, return_inverse=True)[1].reshape(-1)
    place = row * len(cameras) + camera
    order = np.argsort(place, kind="stable")
    twice = np.flatnonzero(np.diff(place[order]) == 0)
    if len(twice):
        first, second = clip[order[twice[0]]], clip[order[twice[0] + 1]]
        raise DatasetError(
            f"moment: clips {first} and {second} show {data.subject[first]} at the same moments in one camera, "
            f"{data.camera[first]}, expected each once"
        )
    frame = np.full((row.max() + 1, len(cameras)), -1)
    frame[row, camera] = np.arange(data.frames)
    frame = frame[(frame >= 0).sum(axis=1) >= 2]
    if not len(frame):
        raise DatasetError(
            f"moment: found no moment that two of {len(cameras)} cameras filmed, expected those of synchronised cameras"
        )
    return Moments(tuple(cameras.tolist()), frame)


def with_moments_of_clips(data: Dataset, origin: str) -> Dataset:
    """A data set whose clips of the same name and length were filmed at the same time, frame by frame.

    Cameras differ by their names; where these are the same, by those of the subjects.

    Args:
        data: a data set; if it has moments, it stays as it is.
        origin: the file or argument, for errors.

    Raises:
        DatasetError: if no two clips have the same name and length.

    Source:
        Ours.

    Example:
        >>> from geolift.data import open_dataset
        >>> people = with_moments_of_clips(open_dataset("procedural").select("test"), "procedural people")
        >>> people.moment[:5].tolist()
        [0, 0, 0, 0, 180]
    """
    if data.moment is not None:
        return data
    length = (data.stop - data.start).astype(str)
    keys = (data.clip, data.split, length)
    by_subject, by_clip = _groups(*keys, data.subject), _groups(*keys)
    if _repeated(by_subject) and _are_different(by_subject, data.camera):
        group = by_subject
    elif _repeated(by_clip) and _are_different(by_clip, data.subject):
        group = by_clip
        data = data._replace(camera=data.subject, subject=np.full(len(data.start), "1"))
    else:
        raise DatasetError(
            f"{origin}: synchronized: found no clips of the same name and length in several cameras, expected for each "
            "clip one for every camera, with different names of cameras"
        )
    size = np.zeros(group.max() + 1, int)
    size[group] = data.stop - data.start
    return data._replace(moment=(np.cumsum(size) - size)[group])


def _groups(*labels: np.ndarray) -> np.ndarray:
    """`[C]` int: equal for clips with equal labels, numbered in the order in which they come first."""
    joined = ["\t".join(row) for row in zip(*labels, strict=True)]
    number = {name: i for i, name in enumerate(dict.fromkeys(joined))}
    return np.array([number[name] for name in joined])


def _repeated(group: np.ndarray) -> bool:
    return bool((np.bincount(group) > 1).any())


def _are_different(group: np.ndarray, names: np.ndarray) -> bool:
    """Whether in every group all names are different."""
    return len(set(zip(group.tolist(), names.tolist(), strict=True))) == len(group)
