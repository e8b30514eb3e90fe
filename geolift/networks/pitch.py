"""Networks for the camera's pitch, how far it looks down (radians): one for all cameras, or one per pose."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from geolift.networks.mlp import Lifter

STEEPEST = 0.35  # radians, 20 degrees: most that cameras look down


class MeanPitch(nn.Module):
    """One pitch for all cameras, from 0 to `STEEPEST`: they look down.

    Which way they look is what sets the true skeleton apart from its mirrored twin, so it is not left to be learnt.
    """

    @nn.compact
    def __call__(self, pose: jax.Array, seen: jax.Array | None = None) -> jax.Array:
        """The pitch of every pose's camera, `[N, J, 2] -> [N]`; the same for all."""
        logit = self.param("logit", nn.initializers.zeros, ())
        return jnp.broadcast_to(STEEPEST * jax.nn.sigmoid(logit), (len(pose),))


def mean_pitch(params: Any) -> float:
    """The pitch that the parameters of `MeanPitch` stand for, radians."""
    return float(MeanPitch().apply({"params": params}, jnp.zeros((1, 1, 2)))[0])


class PosePitch(nn.Module):
    """The pitch of each pose's camera, told from the pose (ElePose, Wandt et al. 2022; there by the lifter's trunk).

    From 0 to `STEEPEST`, as `MeanPitch`. In ElePose it is any angle, and depths are right but for a mirror, which its
    measure of error allows: here half of all poses came out as their twins (docs/research-log.md).

    Attributes:
        network: a lifter, of whose depths the mean is taken.
    """

    network: Lifter

    @nn.compact
    def __call__(self, pose: jax.Array, seen: jax.Array | None = None) -> jax.Array:
        """`[N, J, 2] -> [N]`."""
        return STEEPEST * jax.nn.sigmoid(self.network(pose, seen).mean(axis=-1))
