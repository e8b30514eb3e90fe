"""The pools of poses that training draws from."""

import functools
from collections.abc import Callable

from geolift.data.dataset import Dataset
from geolift.data.normalization import Normalization, normalize, normalize_persons
from geolift.data.sampling import Pool, Pools, make_pool, merge_pools
from geolift.data.sources import open_dataset
from geolift.errors import DatasetError
from geolift.skeletons.skeleton import expect_skeleton
from geolift.training.build.networks import uses_subjects
from geolift.training.config import Config


def build_pools(config: Config, dataset: Dataset, normalization: Normalization) -> Pools:
    """The poses that training draws from: of the training set, and of the source domain if there is an adapter.

    Args:
        config: a whole config.
        dataset: the training set, without 3D points.
        normalization: of its poses.

    Raises:
        DatasetError, FileNotFoundError: if a data set cannot be used.
    """
    given = config.view.tilt == "given"
    if given and dataset.gravity is None:
        raise DatasetError(
            "gravity: found none, expected that of every frame with view.tilt=given (view.tilt=pose learns it)"
        )
    pool = functools.partial(make_pool, masks=config.data.masks, gravity=given, subject=uses_subjects(config))
    target = pool(
        normalize(dataset, normalization),
        dataset,
        by=config.data.sampling,
        gap=config.motion.gap if config.loss.weights.temporal else None,
    )
    if not config.adapter.data:
        return Pools(target)
    paths = config.adapter.data.split(",")
    return Pools(target, merge_pools([_source(path, config, dataset, normalization, pool) for path in paths]))


def _source(
    path: str, config: Config, dataset: Dataset, normalization: Normalization, pool: Callable[..., Pool]
) -> Pool:
    """Poses of another domain, scaled to the size of the training set's.

    If the cameras' intrinsics are known for both, one factor serves both; otherwise every person has a separate factor.
    """
    source = open_dataset(path)
    try:
        source = source.select(config.adapter.split).without_3d()
        expect_skeleton(source.skeleton, dataset.skeleton)
        one_factor = normalization.plane == "camera" and source.intrinsics is not None
        scale = normalize if one_factor else normalize_persons
        return pool(scale(source, normalization), source)
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from error
