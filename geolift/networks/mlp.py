"""The paper's networks in linen: residual MLPs over flattened poses. Flat vectors live here and nowhere else.

Every network takes poses `[..., J, 2]`. One built with `masks=True` also takes `seen` `[..., J]` bool, and has J more
inputs that tell which joints are missing; whatever stands at a missing joint does not reach it. One built with
`mirrored` treats a pose and its mirror image alike (geolift/networks/mirrored_mlp.py).
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from geolift.geometry import masked
from geolift.networks.bfloat16 import bfloat16_dot_general
from geolift.networks.mirrored_mlp import MirroredMLP, mirrored_inputs, unfold

NORMALISATIONS = ("none", "batch", "layer")


class ResidualMLP(nn.Module):
    """Martinez et al. 2017: Dense, then blocks of twice (Dense, norm, ReLU) plus the block's input, then Dense.

    `[..., D] -> [..., outputs]`. With `norm="batch"`, `train=True` normalises by the batch (all leading axes, and all
    devices when `axis_name` is given) and updates the collection "batch_stats"; `train=False` uses that collection.

    Attributes:
        outputs: size of the last axis of the result; no activation there.
        width: units of every hidden layer (paper: 1024).
        blocks: number of residual blocks (paper: 4 in the lifter, 3 in the discriminator).
        norm: "none", "batch" or "layer".
        starts_at_zero: the last layer's weights start at zero, and so does the result.
        bfloat16: products of the hidden layers are of bfloat16, their sums of float32; the first and the last layer,
            which poses and depths pass, and all weights stay float32.
    """

    outputs: int
    width: int = 1024
    blocks: int = 4
    norm: str = "none"
    starts_at_zero: bool = False
    bfloat16: bool = False

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool = False, axis_name: str | None = None) -> jax.Array:
        if self.norm not in NORMALISATIONS:
            raise ValueError(f"norm: found {self.norm!r}, expected one of {NORMALISATIONS}")

        def layer(x: jax.Array, dot_general: Callable | None = None) -> jax.Array:
            x = nn.Dense(self.width, dot_general=dot_general)(x)
            if self.norm == "batch":
                x = nn.BatchNorm(use_running_average=not train, momentum=0.99, axis_name=axis_name)(x)
            elif self.norm == "layer":
                x = nn.LayerNorm()(x)
            return nn.relu(x)

        hidden = functools.partial(layer, dot_general=bfloat16_dot_general if self.bfloat16 else None)
        x = layer(x)
        for _ in range(self.blocks):
            x = x + hidden(hidden(x))
        start = nn.initializers.zeros if self.starts_at_zero else nn.linear.default_kernel_init
        return nn.Dense(self.outputs, kernel_init=start)(x)


class Lifter(nn.Module):
    """Depth offsets from poses, `[..., J, 2] -> [..., J]`, normalised units (paper: width 1024, 4 blocks, batch norm).

    Attributes:
        width, blocks, norm: as in `ResidualMLP`.
        gain: factor on the input. A normalised pose has size 1 / distance; times 10 the network sees numbers of size 1.
        masks: whether missing joints can be told (see above).
        bfloat16: as in `ResidualMLP`.
        flat_start: before training all depths are equal, as the last layer's weights are zero.
        mirrored: `Skeleton.mirrored`, for depths that are mirrored with the pose; needs norm "none". Empty: not.
    """

    width: int = 1024
    blocks: int = 4
    norm: str = "batch"
    gain: float = 10.0
    masks: bool = False
    bfloat16: bool = False
    flat_start: bool = False
    mirrored: tuple[int, ...] = ()

    @nn.compact
    def __call__(
        self, pose: jax.Array, seen: jax.Array | None = None, *, train: bool = False, axis_name: str | None = None
    ) -> jax.Array:
        inputs = _inputs(pose, seen, self.gain, self.masks)
        if self.mirrored:
            return _mirrored_mlp(self, pose.shape[-2], self.mirrored, self.mirrored, self.flat_start)(inputs)
        mlp = ResidualMLP(pose.shape[-2], self.width, self.blocks, self.norm, self.flat_start, self.bfloat16)
        return mlp(inputs, train=train, axis_name=axis_name)


class Discriminator(nn.Module):
    """How real a pose looks, one logit each, `[..., J, 2] -> [...]` (paper: width 1024, 3 blocks, no normalisation).

    The judge of poses, of motion (`losses.displacement`, any number of rows for J) and of domains alike.

    Attributes:
        width, blocks, norm: as in `ResidualMLP`; "batch" is refused, real and fake poses would leak into each other.
        gain, masks, bfloat16: as in `Lifter`.
        mirrored: as in `Lifter`, for every row: what it judges looks the same to it in a mirror.
    """

    width: int = 1024
    blocks: int = 3
    norm: str = "none"
    gain: float = 10.0
    masks: bool = False
    bfloat16: bool = False
    mirrored: tuple[int, ...] = ()

    @nn.compact
    def __call__(self, pose: jax.Array, seen: jax.Array | None = None) -> jax.Array:
        if self.norm == "batch":
            raise ValueError(
                "norm: a discriminator with batch norm compares poses by their batch; use 'none' or 'layer'"
            )
        inputs = _inputs(pose, seen, self.gain, self.masks)
        if self.mirrored:
            return _mirrored_mlp(self, 1, self._rows(pose.shape[-2]))(inputs)[..., 0]
        return ResidualMLP(1, self.width, self.blocks, self.norm, bfloat16=self.bfloat16)(inputs)[..., 0]

    def _rows(self, rows: int) -> np.ndarray:
        """The mirrored order of rows that hold every joint, once or several times over."""
        joints = len(self.mirrored)
        return np.concatenate([np.array(self.mirrored) + first for first in range(0, rows, joints)])


class Adapter(nn.Module):
    """C: what to add to a pose of another domain, `[..., J, 2] -> [..., J, 2]`, normalised units; zero before training.

    Attributes:
        width, blocks: as in `ResidualMLP`.
        gain, masks, bfloat16: as in `Lifter`; the result is divided by `gain`.
    """

    width: int = 1024
    blocks: int = 4
    gain: float = 10.0
    masks: bool = False
    bfloat16: bool = False

    @nn.compact
    def __call__(self, pose: jax.Array, seen: jax.Array | None = None) -> jax.Array:
        inputs = _inputs(pose, seen, self.gain, self.masks)
        mlp = ResidualMLP(pose.shape[-2] * 2, self.width, self.blocks, starts_at_zero=True, bfloat16=self.bfloat16)
        return mlp(inputs).reshape(pose.shape) / self.gain


def unfolded(lifter: Lifter, variables: Mapping[str, Any]) -> tuple[Lifter, dict[str, Any]]:
    """The lifter without `mirrored` that computes the same, and its variables: what is kept once training is over."""
    if not lifter.mirrored:
        return lifter, dict(variables)
    mlp = _mirrored_mlp(lifter, len(lifter.mirrored), lifter.mirrored, lifter.mirrored)
    params = unfold(mlp, variables["params"]["MirroredMLP_0"])
    return lifter.clone(mirrored=()), {**variables, "params": {"ResidualMLP_0": params}}


def _mirrored_mlp(
    network: Lifter | Discriminator,
    outputs: int,
    mirrored: Sequence[int],
    result: Sequence[int] = (),
    starts_at_zero: bool = False,
) -> MirroredMLP:
    if network.norm != "none":
        raise ValueError(f"norm: found {network.norm!r}, expected 'none' for a network that mirrors its input")
    order, sign = mirrored_inputs(mirrored, network.masks)
    return MirroredMLP(
        outputs, network.width, network.blocks, order, sign, tuple(result), starts_at_zero, network.bfloat16
    )


def _inputs(pose: jax.Array, seen: jax.Array | None, gain: float, masks: bool) -> jax.Array:
    """`[..., 2 J]`, or `[..., 3 J]` with masks: coordinates, then 1 for every missing joint."""
    if pose.ndim < 2 or pose.shape[-1] != 2:
        raise ValueError(f"pose: found shape {pose.shape}, expected [..., J, 2]")
    if seen is not None and not masks:
        raise ValueError("seen: found a mask, expected none: this network was built without masks=True")
    if seen is not None and seen.shape != pose.shape[:-1]:
        raise ValueError(f"seen: found shape {seen.shape}, expected {pose.shape[:-1]}, that of the pose")
    flat = masked(pose, seen).reshape(*pose.shape[:-2], -1) * gain
    if not masks:
        return flat
    missing = jnp.zeros(pose.shape[:-1], flat.dtype) if seen is None else 1.0 - seen.astype(flat.dtype)
    return jnp.concatenate([flat, missing], axis=-1)
