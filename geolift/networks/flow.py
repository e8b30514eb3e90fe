"""How likely a 2D pose is: a normalising flow on principal components, trained on real poses first, then at rest.

The judge of synthetic poses in ElePose (Wandt et al. 2022), for parts of the body in LInKs (Hardy & Kim 2024); in place
of a discriminator, or beside one. Affine couplings: Dinh et al. 2017, "Density estimation using Real NVP"; scale and
shift of every component, and fixed rotations between couplings: Kingma & Dhariwal 2018, "Glow". What poses become is
distributed as Student's t, so that the pull on a pose that is nothing like a real one is bounded: Alexanderson & Henter
2020, "Robust model training and generalisation with Studentising flows".
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
DEGREES = 30.0  # of freedom of the distribution that poses become; near real poses it is as good as normal


class Flow(nn.Module):
    """Log density of vectors under the flow, `[..., K] -> [...]`, nats.

    Attributes:
        layers: number of couplings.
        width: units of the one hidden layer that tells scale and shift of half the components from the other half.
    """

    layers: int = 8
    width: int = 1024

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        size = x.shape[-1]
        half, gained = size // 2, jnp.zeros(x.shape[:-1])
        for i in range(self.layers):
            log_scale = self.param(f"log_scale_{i}", nn.initializers.zeros, (size,))
            shift = self.param(f"shift_{i}", nn.initializers.zeros, (size,))
            x = x * _like(jnp.exp(log_scale), x) + _like(shift, x)
            # Any rotation will do; it is the same for everybody, and mixes what the couplings keep apart.
            x = x @ np.linalg.qr(np.random.default_rng(i).normal(size=(size, size)))[0].astype(np.float32)
            kept, moved = x[..., :half], x[..., half:]
            told = nn.Dense(2 * (size - half), kernel_init=nn.initializers.zeros)(nn.relu(nn.Dense(self.width)(kept)))
            stretch, offset = jnp.split(told, 2, axis=-1)
            stretch = CLAMP * jnp.tanh(stretch / CLAMP)
            x = jnp.concatenate([kept, moved * jnp.exp(stretch) + offset], axis=-1)
            gained = gained + log_scale.sum() + stretch.sum(axis=-1)
        return gained + _log_student(x)


def _log_student(x: jax.Array) -> jax.Array:
    """Log density of the multivariate t-distribution of `DEGREES` of freedom and unit scale, `[..., K] -> [...]`."""
    size = x.shape[-1]
    constant = math.lgamma((DEGREES + size) / 2) - math.lgamma(DEGREES / 2) - size / 2 * math.log(DEGREES * math.pi)
    return constant - (DEGREES + size) / 2 * jnp.log1p(jnp.sum(x**2, axis=-1) / DEGREES)


def _like(x: jax.Array, other: jax.Array) -> jax.Array:
    return jnp.broadcast_to(x, other.shape)


class PoseFlow(nn.Module):
    """Log density of poses, `[..., J, 2] -> [...]`, nats of whitened components; the sum over parts of the body.

    What whitens them, mean and principal axes of the training poses, stands among the parameters (`fit`) but is not
    learnt.

    Attributes:
        parts: joints of each part; the root, which is always at the origin, in none of them.
        components: how many principal components of each part are judged, at most (ElePose: 26).
        layers, width: as in `Flow`.
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
            total = total + Flow(self.layers, self.width, name=f"flow_{i}")((flat - _like(mean, flat)) @ axes)
        return total


def fit(flow: PoseFlow, params: Mapping[str, Any], poses: np.ndarray) -> dict[str, Any]:
    """The parameters with mean and whitening axes of training poses `[F, J, 2]`, normalised and whole.

    Raises:
        ValueError: if the poses vary in fewer directions than there are components.
    """
    fitted = dict(params)
    for i, part in enumerate(flow.parts):
        flat = np.asarray(poses)[:, list(part)].reshape(len(poses), -1).astype(np.float64)
        mean = flat.mean(axis=0)
        variances, axes = np.linalg.eigh(np.cov(flat - mean, rowvar=False))  # rising
        variances, axes = variances[::-1], axes[:, ::-1]
        count = min(len(variances), flow.components)
        if not variances[count - 1] > 1e-9 * variances[0]:
            varied = int((variances > 1e-9 * variances[0]).sum())
            raise ValueError(f"components: found {count}, but the poses of part {i} vary in {varied} directions only")
        fitted[f"mean_{i}"] = jnp.asarray(mean, jnp.float32)
        fitted[f"axes_{i}"] = jnp.asarray(axes[:, :count] / np.sqrt(variances[:count]), jnp.float32)
    return fitted


def parts_of(skeleton: Skeleton, names: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """The joints of parts of the body by their names: "whole", "legs", "torso", "left", "right"; never the root.

    "torso" is what hangs from the root on the head's side, "legs" the rest; "left" and "right" are without the joints
    of the other side.

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
