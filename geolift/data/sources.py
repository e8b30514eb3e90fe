"""Where data sets come from: geolift files, and the procedural human that needs no file."""

import os

from geolift.data.cameras import film
from geolift.data.dataset import Dataset, load_dataset
from geolift.data.synthetic.motions import procedural_clips
from geolift.skeletons.skeleton import H36M17

PROCEDURAL = "procedural"


def open_dataset(source: str | os.PathLike[str]) -> Dataset:
    """Read a geolift data set, or make the one of the procedural human.

    Args:
        source: the path of a geolift .npz, or "procedural".

    Returns:
        The checked data set. Large arrays stay in the file, read-only: it may be replaced, not changed.

    Raises:
        DatasetError: if the file is not a good data set, naming the array, what was found and what was expected.
        FileNotFoundError: if there is no such file.

    Source:
        File format: ours (docs/dataset.md).

    Example:
        >>> people = open_dataset("procedural")
        >>> people.keypoints.shape, sorted(set(people.split.tolist()))
        ((224640, 17, 2), ['test', 'train', 'validation'])
    """
    if str(source) == PROCEDURAL:
        return film(procedural_clips(), H36M17, source="geolift's procedural human, made by formulas, no recorded data")
    return load_dataset(source)
