"""Mirror-equivariant networks: the mirror image of a pose is lifted to the mirrored depths, exactly.

The mirror image of a pose has its x negated and left and right swapped; people and cameras look alike in a mirror. A
network of `width` units keeps them in pairs (u, v), where v is what u would be for the mirrored pose. Its weights
between pairs, [[P, Q], [Q, P]], are block-diagonal in even = (u + v) / 2 and odd = (u - v) / 2, so that a layer costs
half the products of one with free weights. After training `unfold_params` makes an ordinary `ResidualMLP` of it.

Weights shared over a group: Cohen & Welling 2016, "Group Equivariant Convolutional Networks"; here the group is the
mirror, and the lifter is ours.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from geolift.networks.bfloat16 import bfloat16_dot_general


def mirror_pose(pose: jax.Array, mirrored: Sequence[int]) -> jax.Array:
    """The mirror image of a pose `[..., J, 2]`: x negated, joints in the order `mirrored` (`Skeleton.mirrored`)."""
    return pose[..., np.asarray(mirrored), :].at[..., 0].multiply(-1.0)


class MirroredMLP(nn.Module):
    """A mirror-equivariant `ResidualMLP` without norm, in even and odd parts: `[..., D] -> [..., outputs]`.

    Attributes:
        outputs: size of the last axis of the result.
        width: units of every hidden layer, even; half of them are even.
        blocks: number of residual blocks.
        order, sign: `[D]` the mirrored input is `x[..., order] * sign`.
        result: `[outputs]` order of the mirrored result; empty: it is the same for the mirrored input.
        starts_at_zero, bfloat16: as in `ResidualMLP`.

    Raises:
        ValueError: when called, if `width` is odd.

    Source:
        Ours, after Cohen & Welling 2016.

    Example:
        A function of one number that is its own mirror image when negated:

        >>> network, x = MirroredMLP(outputs=1, width=8, blocks=1, order=(0,), sign=(-1.0,)), jnp.array([[2.0]])
        >>> params = network.init(jax.random.key(0), x)
        >>> bool(jnp.allclose(network.apply(params, x), network.apply(params, -x), atol=1e-6))
        True
    """

    outputs: int
    width: int
    blocks: int
    order: tuple[int, ...]
    sign: tuple[float, ...]
    result: tuple[int, ...] = ()
    starts_at_zero: bool = False
    bfloat16: bool = False

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        if self.width % 2:
            raise ValueError(f"width: found {self.width}, expected an even number: mirrored units come in pairs")
        hidden = bfloat16_dot_general if self.bfloat16 else None
        start = nn.initializers.zeros if self.starts_at_zero else nn.linear.default_kernel_init

        def dense(i: int, even: jax.Array, odd: jax.Array, units: int, **how: Any) -> tuple[jax.Array, jax.Array]:
            even = nn.Dense(units, name=f"even_{i}", **how)(even)
            return even, nn.Dense(units, use_bias=False, name=f"odd_{i}", **how)(odd)

        def layer(i: int, even: jax.Array, odd: jax.Array, **how: Any) -> tuple[jax.Array, jax.Array]:
            even, odd = dense(i, even, odd, self.width // 2, **how)
            return _parts(nn.relu(even + odd), nn.relu(even - odd))

        sign = jnp.broadcast_to(jnp.array(self.sign, x.dtype), x.shape)
        even, odd = layer(0, *_parts(x, x[..., np.array(self.order)] * sign))
        for i in range(1, 2 * self.blocks, 2):
            more_even, more_odd = layer(i + 1, *layer(i, even, odd, dot_general=hidden), dot_general=hidden)
            even, odd = even + more_even, odd + more_odd
        last = 2 * self.blocks + 1
        if not self.result:
            return nn.Dense(self.outputs, kernel_init=start, name=f"even_{last}")(even)
        result = np.array(self.result)
        even, odd = dense(last, even, odd, self.outputs, kernel_init=start)
        return _parts(even, even[..., result])[0] + _parts(odd, odd[..., result])[1]


def _parts(x: jax.Array, mirrored: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The even and the odd part."""
    return (x + mirrored) / 2, (x - mirrored) / 2


def mirrored_inputs(mirrored: Sequence[int], masks: bool) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """`order` and `sign` of flat inputs, `[2 J]` coordinates or `[3 J]` with masks, from the joints' order `[J]`."""
    joints = np.asarray(mirrored)
    order = (2 * joints[:, None] + np.arange(2)).ravel()
    sign = np.tile([-1.0, 1.0], len(joints))
    if masks:
        order = np.concatenate([order, 2 * len(joints) + joints])
        sign = np.concatenate([sign, np.ones(len(joints))])
    return tuple(map(int, order)), tuple(map(float, sign))


def unfold_params(network: MirroredMLP, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the `ResidualMLP` of the same width and blocks that computes the same."""
    last = 2 * network.blocks + 1

    def kernels(i: int) -> tuple[jax.Array, jax.Array]:
        return params[f"even_{i}"]["kernel"], params[f"odd_{i}"]["kernel"]

    def dense(kernel: jax.Array, bias: jax.Array) -> dict[str, jax.Array]:
        return {"kernel": kernel, "bias": bias}

    def projections(order: Sequence[int], sign: Sequence[float]) -> tuple[jax.Array, jax.Array]:
        """The matrices that take rows to their even and to their odd part."""
        eye = np.eye(len(order), dtype=np.float32)
        return _parts(eye, eye[:, np.array(order)] * np.array(sign, np.float32))

    product = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
    even, odd = (product(p, k) for p, k in zip(projections(network.order, network.sign), kernels(0), strict=True))
    unfolded = {"Dense_0": dense(jnp.hstack([even + odd, even - odd]), jnp.tile(params["even_0"]["bias"], 2))}
    for i in range(1, last):
        same, other = _parts(*kernels(i))
        tied = jnp.block([[same, other], [other, same]])
        unfolded[f"Dense_{i}"] = dense(tied, jnp.tile(params[f"even_{i}"]["bias"], 2))
    bias, result = params[f"even_{last}"]["bias"], network.result
    if not result:
        kernel = params[f"even_{last}"]["kernel"] / 2
        return unfolded | {f"Dense_{last}": dense(jnp.vstack([kernel, kernel]), bias)}
    to_even, to_odd = projections(result, np.ones(len(result)))
    even, odd = product(kernels(last)[0], to_even) / 2, product(kernels(last)[1], to_odd) / 2
    return unfolded | {f"Dense_{last}": dense(jnp.vstack([even + odd, even - odd]), product(bias, to_even))}
