"""The normalizing flow: the likelihood of a 2D pose from its principal components; trained on real poses, then frozen.

It scores synthetic poses as in ElePose (Wandt et al. 2022), or their parts as in LInKs (Hardy & Kim 2024); in place of
a discriminator, or beside one. Affine couplings: Dinh et al. 2017, "Density estimation using Real NVP"; scale and shift
of every component, and fixed rotations between couplings: Kingma & Dhariwal 2018, "Glow". The base distribution is
Student's t, so that the gradient for a pose unlike any real one is bounded: Alexanderson & Henter 2020, "Robust model
training and generalisation with Studentising flows".
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from geolift.skeletons.skeleton import Skeleton

CLAMP = 2.0  # bound of the logarithm of a coupling's scale
DEGREES = 30.0  # of freedom of the base distribution; near real poses it is almost normal


class Flow(nn.Module):
    """Log density of vectors under the flow, `[..., K] -> [...]`, nats.

    Attributes:
        layers: number of couplings.
        width: units of the one hidden layer, which computes scale and shift of half the components from the other half.

    Source:
        Dinh et al. 2017; Kingma & Dhariwal 2018; Alexanderson & Henter 2020.

    Example:
        >>> flow, x = Flow(layers=1, width=8), jnp.zeros((5, 26))
        >>> flow.apply(flow.init(jax.random.key(0), x), x).shape
        (5,)
    """

    layers: int = 8
    width: int = 1024

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        size = x.shape[-1]
        half, log_determinant = size // 2, jnp.zeros(x.shape[:-1])
        for i in range(self.layers):
            log_scale = self.param(f"log_scale_{i}", nn.initializers.zeros, (size,))
            shift = self.param(f"shift_{i}", nn.initializers.zeros, (size,))
            x = x * _broadcast(jnp.exp(log_scale), x) + _broadcast(shift, x)
            # Any rotation serves; it is the same in every run, and mixes the two halves of the couplings.
            x = x @ np.linalg.qr(np.random.default_rng(i).normal(size=(size, size)))[0].astype(np.float32)
            kept, moved = x[..., :half], x[..., half:]
            affine = nn.Dense(2 * (size - half), kernel_init=nn.initializers.zeros)(nn.relu(nn.Dense(self.width)(kept)))
            stretch, offset = jnp.split(affine, 2, axis=-1)
            stretch = CLAMP * jnp.tanh(stretch / CLAMP)
            x = jnp.concatenate([kept, moved * jnp.exp(stretch) + offset], axis=-1)
            log_determinant = log_determinant + log_scale.sum() + stretch.sum(axis=-1)
        return log_determinant + _log_student(x)


def _log_student(x: jax.Array) -> jax.Array:
    """Log density of the multivariate t-distribution of `DEGREES` of freedom and unit scale, `[..., K] -> [...]`."""
    size = x.shape[-1]
    constant = math.lgamma((DEGREES + size) / 2) - math.lgamma(DEGREES / 2) - size / 2 * math.log(DEGREES * math.pi)
    return constant - (DEGREES + size) / 2 * jnp.log1p(jnp.sum(x**2, axis=-1) / DEGREES)


def _broadcast(x: jax.Array, other: jax.Array) -> jax.Array:
    return jnp.broadcast_to(x, other.shape)


class PoseFlow(nn.Module):
    """Log density of poses, `[..., J, 2] -> [...]`, nats of whitened components; the sum over parts of the body.

    Mean and principal axes of the training poses, which whiten them, are among the parameters (`fit_whitening`) but are
    not trained.

    Attributes:
        parts: joints of each part; the root, which is always at the origin, is in none of them.
        components: principal components of each part, at most (ElePose: 26).
        layers, width: as in `Flow`.

    Source:
        ElePose, Wandt et al. 2022; parts: LInKs, Hardy & Kim 2024 (docs/method.md, eq. 21).

    Example:
        >>> from geolift import H36M17
        >>> flow, pose = PoseFlow(body_parts(H36M17, ["legs", "torso"]), layers=1, width=8), jnp.zeros((5, 17, 2))
        >>> flow.apply(flow.init(jax.random.key(0), pose), pose).shape
        (5,)
    """

    parts: tuple[tuple[int, ...], ...]
    components: int = 26
    layers: int = 8
    width: int = 1024

    @nn.compact
    def __call__(self, pose: jax.Array) -> jax.Array:
        total = jnp.zeros(pose.shape[:-2])
        for i, part in enumerate(self.parts):
            size = 2 * len(part)
            mean = self.param(f"mean_{i}", nn.initializers.zeros, (size,))
            axes = self.param(f"axes_{i}", nn.initializers.zeros, (size, min(size, self.components)))
            mean, axes = jax.lax.stop_gradient((mean, axes))
            flat = pose[..., np.array(part), :].reshape(*pose.shape[:-2], size)
            total = total + Flow(self.layers, self.width, name=f"flow_{i}")((flat - _broadcast(mean, flat)) @ axes)
        return total


def fit_whitening(flow: PoseFlow, params: Mapping[str, Any], poses: np.ndarray) -> dict[str, Any]:
    """The flow's parameters with the mean and whitening axes of training poses.

    Args:
        flow: the network.
        params: its parameters.
        poses: `[F, J, 2]`, normalized and whole.

    Returns:
        Parameters of the same shapes.

    Raises:
        ValueError: if the poses vary in fewer directions than there are components.
    """
    fitted = dict(params)
    for i, part in enumerate(flow.parts):
        flat = np.asarray(poses)[:, list(part)].reshape(len(poses), -1).astype(np.float64)
        mean = flat.mean(axis=0)
        variances, axes = np.linalg.eigh(np.cov(flat - mean, rowvar=False))  # in rising order
        variances, axes = variances[::-1], axes[:, ::-1]
        count = min(len(variances), flow.components)
        if not variances[count - 1] > 1e-9 * variances[0]:
            varied = int((variances > 1e-9 * variances[0]).sum())
            raise ValueError(f"components: found {count}, but the poses of part {i} vary in {varied} directions only")
        fitted[f"mean_{i}"] = jnp.asarray(mean, jnp.float32)
        fitted[f"axes_{i}"] = jnp.asarray(axes[:, :count] / np.sqrt(variances[:count]), jnp.float32)
    return fitted


def body_parts(skeleton: Skeleton, names: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """The joints of parts of the body by their names: "whole", "legs", "torso", "left", "right"; never the root.

    "torso" is the root's child towards the head and its descendants, "legs" the rest; "left" and "right"
    are without the joints of the other side.

    Raises:
        ValueError: if the skeleton has no such part.
    """
    joints = [joint for joint in range(len(skeleton.names)) if joint != skeleton.root]
    trunk = [skeleton.head, *skeleton.ancestors(skeleton.head)][-2]  # the child of the root towards the head
    torso = [joint for joint in joints if trunk in (joint, *skeleton.ancestors(joint))]
    found = {
        "whole": joints,
        "legs": [joint for joint in joints if joint not in torso],
        "torso": torso,
        "left": [joint for joint in joints if joint not in skeleton.right],
        "right": [joint for joint in joints if joint not in skeleton.left],
    }
    found = {name: part for name, part in found.items() if part}
    unknown = [name for name in names if name not in found]
    if unknown:
        raise ValueError(f"parts: found {', '.join(map(repr, unknown))}, expected some of {', '.join(found)}")
    return tuple(tuple(found[name]) for name in names)
