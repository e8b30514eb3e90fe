"""The paper's networks in linen: residual MLPs over flattened poses. Flat vectors live here and nowhere else."""

import jax
import jax.numpy as jnp
from flax import linen as nn

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
    """

    outputs: int
    width: int = 1024
    blocks: int = 4
    norm: str = "none"

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool = False, axis_name: str | None = None) -> jax.Array:
        if self.norm not in NORMALISATIONS:
            raise ValueError(f"norm: found {self.norm!r}, expected one of {NORMALISATIONS}")

        def layer(x: jax.Array) -> jax.Array:
            x = nn.Dense(self.width)(x)
            if self.norm == "batch":
                x = nn.BatchNorm(use_running_average=not train, momentum=0.99, axis_name=axis_name)(x)
            elif self.norm == "layer":
                x = nn.LayerNorm()(x)
            return nn.relu(x)

        x = layer(x)
        for _ in range(self.blocks):
            x = x + layer(layer(x))
        return nn.Dense(self.outputs)(x)


class Lifter(nn.Module):
    """Depth offsets from poses, `[..., J, 2] -> [..., J]`, normalised units (paper: width 1024, 4 blocks, batch norm).

    Attributes:
        width, blocks, norm: as in `ResidualMLP`.
        gain: factor on the input. A normalised pose has size 1 / distance; times 10 the network sees numbers of size 1.
    """

    width: int = 1024
    blocks: int = 4
    norm: str = "batch"
    gain: float = 10.0

    @nn.compact
    def __call__(self, pose: jax.Array, *, train: bool = False, axis_name: str | None = None) -> jax.Array:
        mlp = ResidualMLP(pose.shape[-2], self.width, self.blocks, self.norm)
        return mlp(_flat(pose) * self.gain, train=train, axis_name=axis_name)


class Discriminator(nn.Module):
    """How real a pose looks, one logit each, `[..., J, 2] -> [...]` (paper: width 1024, 3 blocks, no normalisation).

    Attributes:
        width, blocks, norm: as in `ResidualMLP`; "batch" is refused, real and fake poses would leak into each other.
        gain: as in `Lifter`.
    """

    width: int = 1024
    blocks: int = 3
    norm: str = "none"
    gain: float = 10.0

    @nn.compact
    def __call__(self, pose: jax.Array) -> jax.Array:
        if self.norm == "batch":
            raise ValueError(
                "norm: a discriminator with batch norm compares poses by their batch; use 'none' or 'layer'"
            )
        return ResidualMLP(1, self.width, self.blocks, self.norm)(_flat(pose) * self.gain)[..., 0]


def _flat(pose: jax.Array) -> jax.Array:
    if pose.ndim < 2 or pose.shape[-1] != 2:
        raise ValueError(f"pose: found shape {pose.shape}, expected [..., J, 2]")
    return jnp.reshape(pose, (*pose.shape[:-2], -1))
