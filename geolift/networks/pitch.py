"""Networks for the camera's pitch, how far it looks down (radians): one for all cameras, or one per pose."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from geolift.networks.mlp import Lifter

STEEPEST = 0.35  # radians, 20 degrees: the largest pitch


class MeanPitch(nn.Module):
    """One pitch for all cameras, from 0 to `STEEPEST`: they look down, `[N, J, 2] -> [N]`, radians.

    The sign of the pitch sets the true skeleton apart from its mirrored twin, so it is not learnt.

    Source:
        Ours (docs/method.md, eq. 20).

    Example:
        >>> pitch, pose = MeanPitch(), jnp.zeros((3, 17, 2))
        >>> pitch.apply(pitch.init(jax.random.key(0), pose), pose).shape
        (3,)
    """

    @nn.compact
    def __call__(self, pose: jax.Array, seen: jax.Array | None = None) -> jax.Array:
        """`[N, J, 2] -> [N]`, the same for all."""
        logit = self.param("logit", nn.initializers.zeros, ())
        return jnp.broadcast_to(STEEPEST * jax.nn.sigmoid(logit), (len(pose),))


def mean_pitch(params: Any) -> float:
    """The pitch of `MeanPitch` for its parameters, radians."""
    return float(MeanPitch().apply({"params": params}, jnp.zeros((1, 1, 2)))[0])


class PosePitch(nn.Module):
    """The pitch of each pose's camera, estimated from the pose, `[N, J, 2] -> [N]`, radians.

    From 0 to `STEEPEST`, as `MeanPitch`. In ElePose it is any angle, and depths are right up to a mirror image, which
    its error measure allows: here half of all poses came out as their mirrored twins (docs/research-log.md).

    Attributes:
        network: a lifter; the pitch is computed from the mean of its depths.

    Source:
        ElePose, Wandt et al. 2022 (docs/method.md, eq. 20); there the pitch shares the lifter's first layers.

    Example:
        >>> camera, pose = PosePitch(Lifter(width=8, blocks=1, norm="none")), jnp.zeros((3, 17, 2))
        >>> camera.apply(camera.init(jax.random.key(0), pose), pose).shape
        (3,)
    """

    network: Lifter

    @nn.compact
    def __call__(self, pose: jax.Array, seen: jax.Array | None = None) -> jax.Array:
        """`[N, J, 2] -> [N]`."""
        return STEEPEST * jax.nn.sigmoid(self.network(pose, seen).mean(axis=-1))
