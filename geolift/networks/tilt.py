"""Networks for the tilt of cameras, radians: one pitch for all of them, a pitch per pose, or pitch and roll per pose.

A camera's pitch is how far it looks down; its roll is how far it is rotated about its optical axis. The sign of the
pitch sets the true skeleton apart from its depth-mirrored twin: a range of one sign, or the sign of the first value,
decides which of the two is learnt.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn

from geolift.networks.mlp import Lifter, ResidualMLP, mirrored_mlp, pose_inputs, unfolded_variables

SWAPPED = (0, 2, 1)  # order of the outputs of `PoseTilt` for the mirrored pose: pitch, and two whose difference is roll


class Tilt(NamedTuple):
    """The tilt of N cameras.

    Attributes:
        pitch: `[N]` radians, how far each looks down.
        roll: `[N]` radians, how far each is rotated about its optical axis; None: not at all.

    Example:
        >>> Tilt(jnp.zeros(3)).roll is None
        True
    """

    pitch: jax.Array
    roll: jax.Array | None = None


class PitchRange(NamedTuple):
    """The range of a learnt pitch, radians.

    Attributes:
        low, high: it lies between them.
        start: where it starts, between the two.

    Example:
        >>> PitchRange().high
        0.35
    """

    low: float = 0.0
    high: float = 0.35
    start: float = 0.175

    def pitch(self, raw: jax.Array) -> jax.Array:
        """A number without bounds as a pitch of the range; 0 is the start."""
        share = (self.start - self.low) / (self.high - self.low)
        return self.low + (self.high - self.low) * jax.nn.sigmoid(raw + math.log(share / (1 - share)))


class MeanPitch(nn.Module):
    """One pitch for all cameras, `[N, J, 2] -> Tilt` of `[N]`.

    Attributes:
        range: of the pitch.

    Source:
        Ours (docs/method.md, eq. 20).

    Example:
        >>> network, pose = MeanPitch(), jnp.zeros((3, 17, 2))
        >>> network.apply(network.init(jax.random.key(0), pose), pose).pitch.shape
        (3,)
    """

    range: PitchRange = PitchRange()

    @nn.compact
    def __call__(self, pose: jax.Array, seen: jax.Array | None = None) -> Tilt:
        logit = self.param("logit", nn.initializers.zeros, ())
        return Tilt(jnp.broadcast_to(self.range.pitch(logit), (len(pose),)))


def mean_pitch(network: MeanPitch, params: Any) -> float:
    """The pitch of `MeanPitch` for its parameters, radians."""
    return float(network.apply({"params": params}, jnp.zeros((1, 1, 2))).pitch[0])


class PosePitch(nn.Module):
    """The pitch of each pose's camera, estimated from the pose, `[N, J, 2] -> Tilt` of `[N]`, as in ElePose.

    In ElePose it is any angle, and depths are right up to a mirror image, which its error measure allows: here half of
    all poses came out as their mirrored twins (docs/research-log.md). So it has a range.

    Attributes:
        network: a lifter; the pitch is computed from the mean of its depths.
        range: of the pitch.

    Source:
        ElePose, Wandt et al. 2022 (docs/method.md, eq. 20); there the pitch shares the lifter's first layers.

    Example:
        >>> camera, pose = PosePitch(Lifter(width=8, blocks=1, norm="none")), jnp.zeros((3, 17, 2))
        >>> camera.apply(camera.init(jax.random.key(0), pose), pose).pitch.shape
        (3,)
    """

    network: Lifter
    range: PitchRange = PitchRange()

    @nn.compact
    def __call__(self, pose: jax.Array, seen: jax.Array | None = None) -> Tilt:
        return Tilt(self.range.pitch(self.network(pose, seen).mean(axis=-1)))


class PoseTilt(nn.Module):
    """Pitch and roll of each pose's camera, estimated from the pose, `[N, J, 2] -> Tilt` of `[N]`.

    It starts at the first pitch of its range, without roll, for all poses. For a pose and its mirror image a network
    with `mirrored` gives the same pitch and opposite rolls: the roll is the difference of two outputs that are swapped.

    Attributes:
        width, blocks, gain, masks, bfloat16, mirrored: as in `Lifter`.
        range: of the pitch.
        roll_limit: the roll lies between -roll_limit and roll_limit, radians.

    Raises:
        ValueError: when called, if the shape or the mask does not fit.

    Source:
        Ours (docs/method.md, eq. 25).

    Example:
        >>> camera, pose = PoseTilt(width=8, blocks=1), jnp.zeros((3, 17, 2))
        >>> pitch, roll = camera.apply(camera.init(jax.random.key(0), pose), pose)
        >>> bool(jnp.allclose(pitch, PitchRange().start)), roll.tolist()
        (True, [0.0, 0.0, 0.0])
    """

    width: int = 256
    blocks: int = 2
    gain: float = 10.0
    masks: bool = False
    bfloat16: bool = False
    mirrored: tuple[int, ...] = ()
    range: PitchRange = PitchRange()
    roll_limit: float = 0.5

    @nn.compact
    def __call__(self, pose: jax.Array, seen: jax.Array | None = None) -> Tilt:
        inputs = pose_inputs(pose, seen, self.gain, self.masks)
        if self.mirrored:
            mlp = mirrored_mlp(self, len(SWAPPED), self.mirrored, SWAPPED, starts_at_zero=True)
        else:
            mlp = ResidualMLP(len(SWAPPED), self.width, self.blocks, starts_at_zero=True, bfloat16=self.bfloat16)
        pitch, right, left = jnp.moveaxis(mlp(inputs), -1, 0)
        return Tilt(self.range.pitch(pitch), self.roll_limit * jnp.tanh(right - left))


def unfold_tilt(network: PoseTilt, variables: Mapping[str, Any]) -> tuple[PoseTilt, dict[str, Any]]:
    """The network without `mirrored` that computes the same, and its variables: these are kept after training."""
    if not network.mirrored:
        return network, dict(variables)
    mlp = mirrored_mlp(network, len(SWAPPED), network.mirrored, SWAPPED)
    return network.clone(mirrored=()), unfolded_variables(mlp, variables)
