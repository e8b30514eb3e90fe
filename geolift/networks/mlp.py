"""The paper's networks in linen: residual MLPs over flattened poses.

Every network takes poses `[..., J, 2]`; vectors of all coordinates are used here only. A network built with
`masks=True` also takes `seen` `[..., J]` bool, and has J more inputs that state which joints are missing; the
coordinates of a missing joint do not reach it. One built with `mirrored` treats a pose and its mirror image alike
(geolift/networks/mirrored_mlp.py).
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
from geolift.networks.mirrored_mlp import MirroredMLP, mirrored_inputs, unfold_params

NORMS = ("none", "batch", "layer")


class ResidualMLP(nn.Module):
    """A residual MLP, `[..., D] -> [..., outputs]`.

    Dense, then blocks of twice (Dense, norm, ReLU) plus the block's input, then Dense. With `norm="batch"`,
    `train=True` normalizes by the batch (all leading axes, and all devices when `axis_name` is given) and updates the
    collection "batch_stats"; `train=False` uses that collection.

    Attributes:
        outputs: size of the last axis of the result; no activation there.
        width: units of every hidden layer (paper: 1024).
        blocks: number of residual blocks (paper: 4 in the lifter, 3 in the discriminator).
        norm: "none", "batch" or "layer".
        starts_at_zero: the last layer's weights start at zero, and so does the result.
        bfloat16: products of the hidden layers are of bfloat16, their sums of float32; the first and the last layer,
            which poses and depths pass, and all weights stay float32.

    Raises:
        ValueError: when called, if there is no such norm.

    Source:
        Martinez et al. 2017.

    Example:
        >>> network, x = ResidualMLP(outputs=3, width=8, blocks=1), jnp.zeros((5, 34))
        >>> network.apply(network.init(jax.random.key(0), x), x).shape
        (5, 3)
    """

    outputs: int
    width: int = 1024
    blocks: int = 4
    norm: str = "none"
    starts_at_zero: bool = False
    bfloat16: bool = False

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool = False, axis_name: str | None = None) -> jax.Array:
        if self.norm not in NORMS:
            raise ValueError(f"norm: found {self.norm!r}, expected one of {NORMS}")

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
    """The lifter G: depth offsets of poses, `[..., J, 2] -> [..., J]`, normalized units.

    Attributes:
        width, blocks, norm: as in `ResidualMLP` (paper: width 1024, 4 blocks, batch norm).
        gain: factor on the input. A normalized pose has size 1 / distance; times 10 the network sees numbers of size 1.
        masks: whether it takes `seen` (see above).
        bfloat16: as in `ResidualMLP`.
        flat_start: before training all depths are equal, as the last layer's weights are zero.
        mirrored: `Skeleton.mirrored`, for depths that are mirrored with the pose; needs norm "none". Empty: not.

    Raises:
        ValueError: when called, if the shape or the mask does not fit, or `mirrored` has a norm.

    Source:
        Chen et al. 2019, section 3 (docs/method.md, eq. 1).

    Example:
        >>> lifter, pose = Lifter(width=8, blocks=1, norm="none"), jnp.zeros((5, 17, 2))
        >>> lifter.apply(lifter.init(jax.random.key(0), pose), pose).shape
        (5, 17)
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
        inputs = pose_inputs(pose, seen, self.gain, self.masks)
        if self.mirrored:
            _expect_no_norm(self.norm)
            return mirrored_mlp(self, pose.shape[-2], self.mirrored, self.mirrored, self.flat_start)(inputs)
        mlp = ResidualMLP(pose.shape[-2], self.width, self.blocks, self.norm, self.flat_start, self.bfloat16)
        return mlp(inputs, train=train, axis_name=axis_name)


class Discriminator(nn.Module):
    """A discriminator D of poses, motion (`losses.displacement`) or domains: one logit each, `[..., J, 2] -> [...]`.

    Attributes:
        width, blocks, norm: as in `ResidualMLP` (paper: width 1024, 3 blocks, no norm). "batch" is refused: real and
            fake poses would influence each other.
        gain, masks, bfloat16: as in `Lifter`.
        mirrored: as in `Lifter`, for any multiple of J rows: a pose and its mirror image have the same logit.

    Raises:
        ValueError: when called, if the shape, the mask or the norm does not fit.

    Source:
        Chen et al. 2019, section 3 (docs/method.md, eq. 9).

    Example:
        >>> discriminator, pose = Discriminator(width=8, blocks=1), jnp.zeros((5, 17, 2))
        >>> discriminator.apply(discriminator.init(jax.random.key(0), pose), pose).shape
        (5,)
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
                "norm: found 'batch' in a discriminator, expected 'none' or 'layer': it would mix real and fake poses"
            )
        inputs = pose_inputs(pose, seen, self.gain, self.masks)
        if self.mirrored:
            _expect_no_norm(self.norm)
            return mirrored_mlp(self, 1, self._rows(pose.shape[-2]))(inputs)[..., 0]
        return ResidualMLP(1, self.width, self.blocks, self.norm, bfloat16=self.bfloat16)(inputs)[..., 0]

    def _rows(self, rows: int) -> np.ndarray:
        """The mirrored order of rows that contain every joint once or several times."""
        joints = len(self.mirrored)
        return np.concatenate([np.array(self.mirrored) + first for first in range(0, rows, joints)])


class Adapter(nn.Module):
    """The domain adapter C: a correction of poses of another domain, `[..., J, 2] -> [..., J, 2]`, normalized units.

    Before training the correction is zero.

    Attributes:
        width, blocks: as in `ResidualMLP`.
        gain, masks, bfloat16: as in `Lifter`; the result is divided by `gain`.

    Raises:
        ValueError: when called, if the shape or the mask does not fit.

    Source:
        Chen et al. 2019, section 3.4 (docs/method.md, eq. 12).

    Example:
        >>> adapter, pose = Adapter(width=8, blocks=1), jnp.ones((5, 17, 2))
        >>> float(abs(adapter.apply(adapter.init(jax.random.key(0), pose), pose)).max())
        0.0
    """

    width: int = 1024
    blocks: int = 4
    gain: float = 10.0
    masks: bool = False
    bfloat16: bool = False

    @nn.compact
    def __call__(self, pose: jax.Array, seen: jax.Array | None = None) -> jax.Array:
        inputs = pose_inputs(pose, seen, self.gain, self.masks)
        mlp = ResidualMLP(pose.shape[-2] * 2, self.width, self.blocks, starts_at_zero=True, bfloat16=self.bfloat16)
        return mlp(inputs).reshape(pose.shape) / self.gain


def unfold_lifter(lifter: Lifter, variables: Mapping[str, Any]) -> tuple[Lifter, dict[str, Any]]:
    """The lifter without `mirrored` that computes the same, and its variables: these are kept after training."""
    if not lifter.mirrored:
        return lifter, dict(variables)
    mlp = mirrored_mlp(lifter, len(lifter.mirrored), lifter.mirrored, lifter.mirrored)
    return lifter.clone(mirrored=()), unfolded_variables(mlp, variables)


def unfolded_variables(mlp: MirroredMLP, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a network with this one inside, as those of the same network with a `ResidualMLP` inside."""
    params = unfold_params(mlp, variables["params"]["MirroredMLP_0"])
    return {**variables, "params": {"ResidualMLP_0": params}}


def _expect_no_norm(norm: str) -> None:
    if norm != "none":
        raise ValueError(f"norm: found {norm!r}, expected 'none' for a mirror-equivariant network")


def mirrored_mlp(
    network: nn.Module,
    outputs: int,
    mirrored: Sequence[int],
    result: Sequence[int] = (),
    starts_at_zero: bool = False,
) -> MirroredMLP:
    """The mirror-equivariant network of `outputs` numbers for the inputs of `network`, in its size."""
    order, sign = mirrored_inputs(mirrored, network.masks)
    return MirroredMLP(
        outputs, network.width, network.blocks, order, sign, tuple(result), starts_at_zero, network.bfloat16
    )


def pose_inputs(pose: jax.Array, seen: jax.Array | None, gain: float, masks: bool) -> jax.Array:
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
