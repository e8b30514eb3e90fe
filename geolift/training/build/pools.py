"""The pools of poses that training draws from."""

import functools
from collections.abc import Callable

import numpy as np

from geolift.data.dataset import Dataset
from geolift.data.found_cameras import FoundCameras, find_cameras
from geolift.data.moments import find_moments
from geolift.data.normalization import Normalization, normalize, normalize_persons
from geolift.data.sampling import Pool, Pools, make_pool, merge_pools
from geolift.data.sources import open_dataset
from geolift.errors import DatasetError
from geolift.skeletons.skeleton import expect_skeleton
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
    pool = functools.partial(make_pool, masks=config.data.masks, gravity=given)
    poses = normalize(dataset, normalization)
    target = pool(
        poses,
        dataset,
        by=config.data.sampling,
        gap=config.motion.gap if config.loss.weights.temporal else None,
        cameras=_cameras(config, dataset, poses) if uses_cameras(config) else None,
    )
    if not config.adapter.data:
        return Pools(target)
    paths = config.adapter.data.split(",")
    return Pools(target, merge_pools([_source(path, config, dataset, normalization, pool) for path in paths]))


def uses_cameras(config: Config) -> bool:
    """Whether training uses what synchronised cameras see at the same moment."""
    return bool(config.loss.weights.cameras or config.view.cameras)


def _cameras(config: Config, dataset: Dataset, poses: np.ndarray) -> FoundCameras:
    """The rotations of the cameras, of the two mirrored solutions that with the sign of `view.pitch_start`."""
    start = config.view.pitch if config.view.tilt == "fixed" else config.view.pitch_start
    moments = find_moments(dataset)
    return find_cameras(poses, dataset.seen, moments, dataset.skeleton, look_down=start >= 0)


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
