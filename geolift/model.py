"""A trained lifter with all it needs to be used: skeleton, normalisation, camera distance."""

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
    """A lifter ready for use.

    Attributes:
        lifter: the network.
        variables: its "params" (the moving average) and "batch_stats".
        skeleton: the joints it was trained on.
        normalization: from keypoints to its poses.
        distance, min_depth: camera distance and nearest depth, as trained.
        id: name and digest of the weights, "cmu-1a2b3c4d", which results carry; "" in a model that was not loaded.
    """

    lifter: Lifter
    variables: Any
    skeleton: Skeleton
    normalization: Normalization
    distance: float
    min_depth: float
    id: str = ""


def weights(variables: Any) -> dict[str, np.ndarray]:
    """Float32 arrays by path, "params/ResidualMLP_0/Dense_0/kernel", in the order of paths."""
    named = {path_name(path): np.asarray(leaf, np.float32) for path, leaf in jax.tree.leaves_with_path(variables)}
    return dict(sorted(named.items()))


def path_name(path: jax.tree_util.KeyPath) -> str:
    """A path in a tree of weights as text, "params/ResidualMLP_0/Dense_0/kernel"."""
    return jax.tree_util.keystr(path, simple=True, separator="/")


def digest(variables: Any) -> str:
    """sha256 of the weights' paths, shapes and float32 values: the same whatever file they were kept in."""
    sha = hashlib.sha256()
    for path, array in weights(variables).items():
        sha.update(f"{path} {array.shape} ".encode())
        sha.update(array.astype("<f4").tobytes())
    return sha.hexdigest()


def identify(model: Model, name: str) -> Model:
    """The model with its id: `name` and the first eight digits of the digest."""
    return model._replace(id=f"{name}-{digest(model.variables)[:8]}")


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


def model_bones(model: Model) -> np.ndarray:
    """`[B]` bones of a training person in the units of points: those of poses, seen from the camera's distance."""
    return model.distance * np.asarray(model.normalization.bones, np.float64)
