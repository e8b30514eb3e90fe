"""Where data sets come from: geolift files and the embedded procedural human."""

import os

from geolift.data.cameras import film
from geolift.data.dataset import Dataset, load_dataset
from geolift.data.synthetic.motions import procedural_clips
from geolift.skeletons.skeleton import H36M17

PROCEDURAL = "procedural"


def open_dataset(source: str | os.PathLike) -> Dataset:
    """The data set `source`: a geolift .npz, or "procedural" for the embedded human.

    Raises:
        DatasetError: if the file is not a good data set.
        FileNotFoundError: if there is no such file.
    """
    if str(source) == PROCEDURAL:
        return film(procedural_clips(), H36M17, source="geolift's procedural human, made by formulas, no recorded data")
    return load_dataset(source)
