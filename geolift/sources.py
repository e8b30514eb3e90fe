"""Where data sets come from: geolift files, the embedded procedural human, foreign archives."""

import os
from collections.abc import Callable

from geolift import cmu, dataset, procedural
from geolift.cameras import film
from geolift.dataset import Dataset
from geolift.skeleton import H36M17

PROCEDURAL = "procedural"


def open_dataset(source: str | os.PathLike) -> Dataset:
    """The data set `source`: a geolift .npz, or "procedural" for the embedded human.

    Raises:
        DatasetError: if the file is not a good data set.
        FileNotFoundError: if there is no such file.
    """
    if str(source) == PROCEDURAL:
        return film(procedural.clips(), H36M17, source="geolift's procedural human, made by formulas, no recorded data")
    return dataset.load(source)


def convert_cmu(path: str | os.PathLike, *, seed: int = 0) -> Dataset:
    """CMU motion in Human3.6M-17 joints, filmed by the CMU protocol (docs/cmu-protocol.md). Raises as `cmu.read`."""
    return film(cmu.read(path), H36M17, seed=seed, source=cmu.NOTICE)


# What `geolift convert KIND IN OUT` knows: (path, *, seed) -> Dataset.
CONVERTERS: dict[str, Callable[..., Dataset]] = {"cmu": convert_cmu}
