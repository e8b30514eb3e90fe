"""A trained lifter with all it needs to be used: skeleton, normalisation, camera distance."""

import functools
from typing import Any, NamedTuple

import jax
import numpy as np

from geolift.chunks import map_chunks
from geolift.dataset import Dataset
from geolift.errors import DatasetError
from geolift.geometry import center, masked
from geolift.losses import lift_pose
from geolift.networks import Lifter
from geolift.normalization import Normalization, normalize
from geolift.skeleton import Skeleton


class Model(NamedTuple):
    """A lifter ready for use.

    Attributes:
        lifter: the network.
        variables: its "params" (the moving average) and "batch_stats".
        skeleton: the joints it was trained on.
        normalization: from keypoints to its poses.
        distance, min_depth: camera distance and nearest depth, as trained.
    """

    lifter: Lifter
    variables: Any
    skeleton: Skeleton
    normalization: Normalization
    distance: float
    min_depth: float


def expect_skeleton(found: Skeleton, expected: Skeleton) -> None:
    """Refuse other joints, another order, other sides.

    Raises:
        DatasetError: naming what differs.
    """
    if found.names != expected.names:
        pairs = enumerate(zip(found.names, expected.names, strict=False))
        differ = [f"{i}: {a} for {b}" for i, (a, b) in pairs if a != b]
        raise DatasetError(
            f"joint_names: found {len(found.names)} joints, expected the model's {len(expected.names)} in its order; "
            f"they differ at {', '.join(differ) or 'the end'}"
        )
    for key in Skeleton._fields:
        if getattr(found, key) != getattr(expected, key):
            raise DatasetError(f"{key}: found {getattr(found, key)}, expected the model's {getattr(expected, key)}")


def poses(model: Model, dataset: Dataset) -> np.ndarray:
    """The `[F, J, 2]` poses of a data set as `model` wants them.

    Raises:
        DatasetError: if the data set has other joints, another order, or lacks what the normalisation needs.
    """
    expect_skeleton(dataset.skeleton, model.skeleton)
    return normalize(dataset, model.normalization)


def lift_poses(model: Model, poses: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
    """Lift normalised poses `[N, J, 2]` to root-centred points `[N, J, 3]` in model units, camera axes.

    Args:
        model: a trained lifter.
        poses: the poses.
        seen: `[N, J]` bool, which joints were seen, for a model trained with masks; the points of the others mean
            nothing. None: every joint was.
    """
    arrays = (poses,) if seen is None else (poses, seen)
    return map_chunks(functools.partial(lift_on_device, model), *arrays)


def lift_on_device(model: Model, poses: jax.Array, seen: jax.Array | None = None) -> jax.Array:
    """Lift normalised poses `[N, J, 2]` to root-centred points `[N, J, 3]`, compiled once for each N."""
    return _lift(model.lifter, model.variables, poses, seen, model.distance, model.min_depth, model.skeleton.root)


@functools.partial(jax.jit, static_argnames=("lifter", "root"))
def _lift(lifter, variables, poses, seen, distance, min_depth, root) -> jax.Array:
    poses = masked(poses, seen)
    points = lift_pose(
        lambda x: lifter.apply(variables, x, seen), poses, distance=distance, min_depth=min_depth, root=root
    )
    return center(points, root)


def flat(poses: np.ndarray) -> np.ndarray:
    """The lifter that knows nothing: all depths equal, `[N, J, 2] -> [N, J, 3]`."""
    return np.concatenate([poses, np.zeros_like(poses[..., :1])], axis=-1)
