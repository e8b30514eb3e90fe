"""Data sets of 2D poses: reading, normalization, sampling, virtual cameras, and the procedural human.

A pose from file to batch: `open_dataset` reads a `Dataset`; `fit_normalization` measures a training set once and
`normalize` turns its keypoints into poses; `make_pool` groups the poses into a `Pool`; `sample_batch` draws a `Batch`
for one training step.
"""

from geolift.data.cameras import film
from geolift.data.dataset import Dataset, check_dataset, save_dataset
from geolift.data.normalization import Normalization, fit_normalization, normalize, normalize_persons
from geolift.data.sampling import Batch, Pool, Pools, Poses, make_pool, sample_batch
from geolift.data.sources import open_dataset

__all__ = [
    # data sets
    "Dataset", "check_dataset", "open_dataset", "save_dataset",
    # normalization
    "Normalization", "fit_normalization", "normalize", "normalize_persons",
    # sampling
    "Batch", "Pool", "Pools", "Poses", "make_pool", "sample_batch",
    # virtual cameras
    "film",
]  # fmt: skip
