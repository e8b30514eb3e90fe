"""Where data sets come from: geolift files, the embedded procedural human, foreign archives."""

import functools
import os
from collections.abc import Callable

from geolift import cmu, dataset, mpi_inf_3dhp, procedural, wild
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


def convert_mpii(path: str | os.PathLike, *, seed: int = 0) -> Dataset:
    """MPII persons in Human3.6M-17 joints (docs/bridges.md); nothing is drawn. Raises as `wild.read_mpii`."""
    return wild.read_mpii(path)


def convert_coco(path: str | os.PathLike, *, seed: int = 0) -> Dataset:
    """COCO persons in Human3.6M-17 joints (docs/bridges.md); nothing is drawn. Raises as `wild.read_coco`."""
    return wild.read_coco(path)


def convert_mpi_inf_3dhp(path: str | os.PathLike, *, labels: str, seed: int = 0) -> Dataset:
    """The MPI-INF-3DHP test set (docs/protocols.md); nothing is drawn. Raises as `mpi_inf_3dhp.read`."""
    return mpi_inf_3dhp.read(path, labels=labels)


# What `geolift convert KIND IN OUT` knows: (path, *, seed) -> Dataset.
CONVERTERS: dict[str, Callable[..., Dataset]] = {
    "cmu": convert_cmu,
    "mpii": convert_mpii,
    "coco": convert_coco,
    "mpi_inf_3dhp": functools.partial(convert_mpi_inf_3dhp, labels="universal"),
    "mpi_inf_3dhp_plain": functools.partial(convert_mpi_inf_3dhp, labels="plain"),
}
