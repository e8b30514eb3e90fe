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
from geolift.networks.tilt import PoseTilt, Tilt
from geolift.skeletons.skeleton import Skeleton, expect_skeleton

TILT = "tilt/"  # begins the paths of a tilt network's weights among those of its model


class TiltNetwork(NamedTuple):
    """A trained network for the tilt of each pose's camera.

    Attributes:
        network: it takes the same poses as the lifter.
        variables: its "params" (the moving average).

    Example:
        >>> camera, pose = PoseTilt(width=8, blocks=1), np.zeros((3, 17, 2), np.float32)
        >>> trained = TiltNetwork(camera, camera.init(jax.random.key(0), pose))
        >>> trained.network.apply(trained.variables, pose).pitch.shape
        (3,)
    """

    network: PoseTilt
    variables: Any


class Model(NamedTuple):
    """A trained lifter, ready for use.

    Attributes:
        lifter: the network.
        variables: its "params" (the moving average) and "batch_stats".
        skeleton: the J joints it was trained on.
        normalization: from keypoints to its poses `[N, J, 2]`.
        distance, min_depth: camera distance and smallest depth in training, model units.
        id: name and digest of the weights, "cmu-1a2b3c4d", which results carry; "" in a model that was not loaded.
        tilt: estimates how each pose's camera is tilted; None: the model has no such network.
        pitch: how far all cameras of its training look down, radians, as learnt or stated; None: not known.

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
    tilt: TiltNetwork | None = None
    pitch: float | None = None


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


def model_weights(model: Model) -> dict[str, np.ndarray]:
    """All weights of a model by path: the lifter's by theirs, those of its tilt network under "tilt/"."""
    weights = named_weights(model.variables)
    if model.tilt is None:
        return weights
    return weights | {f"{TILT}{path}": array for path, array in named_weights(model.tilt.variables).items()}


def identify(model: Model, name: str) -> Model:
    """The model with its id: `name` and the first eight digits of the digest of all its weights."""
    return model._replace(id=f"{name}-{digest(model_weights(model))[:8]}")


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


def estimate_tilt(model: Model, poses: np.ndarray, seen: np.ndarray | None = None) -> Tilt:
    """The tilt of each pose's camera, estimated from the pose.

    Args:
        model: a trained model with a tilt network.
        poses: `[N, J, 2]` normalized poses, as for `lift_poses`.
        seen: `[N, J]` bool, as for `lift_poses`.

    Returns:
        Pitch and roll `[N]`, radians (`geometry.gravity_of` makes the direction of gravity of them).

    Raises:
        ValueError: if the model has no tilt network.

    Source:
        Ours (docs/method.md, eq. 25).
    """
    if model.tilt is None:
        raise ValueError("model: found no tilt network, expected a model trained with view.tilt 'pose' or 'given'")
    arrays = (poses,) if seen is None else (poses, seen)
    return Tilt(*map_chunks(functools.partial(_tilt, model.tilt.network, model.tilt.variables), *arrays).T)


def lift_on_device(model: Model, poses: jax.Array, seen: jax.Array | None = None) -> jax.Array:
    """Lift normalized poses `[N, J, 2]` to root-centred points `[N, J, 3]`, compiled once for each N."""
    return _lift(model.lifter, model.variables, poses, seen, model.distance, model.min_depth, model.skeleton.root)


# Products of float32 in full: on GPUs the default rounds their operands to TF32, which moves a joint by up to 7 mm.
EXACT = "highest"


@functools.partial(jax.jit, static_argnames=("lifter", "root"))
@jax.default_matmul_precision(EXACT)
def _lift(lifter, variables, poses, seen, distance, min_depth, root) -> jax.Array:
    poses = masked(poses, seen)
    points = lift_pose(
        lambda x: lifter.apply(variables, x, seen), poses, distance=distance, min_depth=min_depth, root=root
    )
    return center(points, root)


@functools.partial(jax.jit, static_argnames="network")
@jax.default_matmul_precision(EXACT)
def _tilt(network, variables, poses, seen=None) -> jax.Array:
    """`[N, 2]` pitch and roll."""
    return jax.numpy.stack(network.apply(variables, masked(poses, seen), seen), axis=-1)


def flat_skeleton(poses: np.ndarray) -> np.ndarray:
    """The baseline: poses with all depths equal, `[N, J, 2] -> [N, J, 3]`."""
    return np.concatenate([poses, np.zeros_like(poses[..., :1])], axis=-1)


def model_bones(model: Model) -> np.ndarray:
    """`[B]` bone lengths of a person of the training set in model units, as long as their poses show them."""
    return model.distance * np.asarray(model.normalization.bones, np.float64)
