"""Models: a trained lifter with all it needs to be used: skeleton, normalization, camera distance."""

import functools
import hashlib
from typing import Any, NamedTuple

import jax
import numpy as np

from geolift.batching import map_chunks
from geolift.data.dataset import Dataset
from geolift.data.normalization import Normalization, normalize
from geolift.geometry import center, masked
from geolift.losses import lift_pose
from geolift.networks.mlp import Lifter
from geolift.skeletons.skeleton import Skeleton, expect_skeleton


class Model(NamedTuple):
    """A trained lifter, ready for use.

    Attributes:
        lifter: the network.
        variables: its "params" (the moving average) and "batch_stats".
        skeleton: the J joints it was trained on.
        normalization: from keypoints to its poses `[N, J, 2]`.
        distance, min_depth: camera distance and smallest depth in training, model units.
        id: name and digest of the weights, "cmu-1a2b3c4d", which results carry; "" in a model that was not loaded.

    Example:
        >>> import geolift
        >>> model = geolift.load("cmu")
        >>> model.distance, model.skeleton.names[0]
        (10.0, 'pelvis')
    """

    lifter: Lifter
    variables: Any
    skeleton: Skeleton
    normalization: Normalization
    distance: float
    min_depth: float
    id: str = ""


def named_weights(variables: Any) -> dict[str, np.ndarray]:
    """Float32 arrays by path, "params/ResidualMLP_0/Dense_0/kernel", in the order of paths."""
    named = {path_name(path): np.asarray(leaf, np.float32) for path, leaf in jax.tree.leaves_with_path(variables)}
    return dict(sorted(named.items()))


def path_name(path: jax.tree_util.KeyPath) -> str:
    """A path in a tree of weights as text, "params/ResidualMLP_0/Dense_0/kernel"."""
    return jax.tree_util.keystr(path, simple=True, separator="/")


def digest(variables: Any) -> str:
    """sha256 of the weights' paths, shapes and float32 values: the same for every file that holds them."""
    sha = hashlib.sha256()
    for path, array in named_weights(variables).items():
        sha.update(f"{path} {array.shape} ".encode())
        sha.update(array.astype("<f4").tobytes())
    return sha.hexdigest()


def identify(model: Model, name: str) -> Model:
    """The model with its id: `name` and the first eight digits of the digest."""
    return model._replace(id=f"{name}-{digest(model.variables)[:8]}")


def normalized_poses(model: Model, dataset: Dataset) -> np.ndarray:
    """The `[F, J, 2]` poses of a data set, normalized as `model` was trained.

    Raises:
        DatasetError: if the data set has other joints, another order, or lacks what the normalization needs.
    """
    expect_skeleton(dataset.skeleton, model.skeleton)
    return normalize(dataset, model.normalization)


def lift_poses(model: Model, poses: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
    """Lift normalized poses to points.

    Args:
        model: a trained lifter.
        poses: `[N, J, 2]` normalized poses (`normalized_poses`).
        seen: `[N, J]` bool, which joints were seen, for a model trained with masks; the points of the others have no
            meaning. None: all were.

    Returns:
        `[N, J, 3]` root-centred points in model units, camera axes (x right, y down, z forward).

    Source:
        Chen et al. 2019 (docs/method.md).

    Example:
        >>> import geolift
        >>> poses = np.random.default_rng(0).normal(size=(4, 17, 2)).astype(np.float32) / 20
        >>> geolift.lift_poses(geolift.load("cmu"), poses).shape
        (4, 17, 3)
    """
    arrays = (poses,) if seen is None else (poses, seen)
    return map_chunks(functools.partial(lift_on_device, model), *arrays)


def lift_on_device(model: Model, poses: jax.Array, seen: jax.Array | None = None) -> jax.Array:
    """Lift normalized poses `[N, J, 2]` to root-centred points `[N, J, 3]`, compiled once for each N."""
    return _lift(model.lifter, model.variables, poses, seen, model.distance, model.min_depth, model.skeleton.root)


@functools.partial(jax.jit, static_argnames=("lifter", "root"))
def _lift(lifter, variables, poses, seen, distance, min_depth, root) -> jax.Array:
    poses = masked(poses, seen)
    points = lift_pose(
        lambda x: lifter.apply(variables, x, seen), poses, distance=distance, min_depth=min_depth, root=root
    )
    return center(points, root)


def flat_skeleton(poses: np.ndarray) -> np.ndarray:
    """The baseline: poses with all depths equal, `[N, J, 2] -> [N, J, 3]`."""
    return np.concatenate([poses, np.zeros_like(poses[..., :1])], axis=-1)


def model_bones(model: Model) -> np.ndarray:
    """`[B]` bone lengths of a person of the training set in model units, as long as their poses show them."""
    return model.distance * np.asarray(model.normalization.bones, np.float64)
