"""Matrix products with bfloat16 operands and float32 sums, in the forward and in both backward passes.

JAX's own derivative of such a product multiplies float32 by bfloat16, which runs at the speed of float32.

On NVIDIA GPUs the sums of the forward pass and of the input gradient are rounded to bfloat16 when they are written:
there a step is limited by the memory that it moves (docs/performance.md). Gradients of kernels stay float32.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental.layout import Layout, with_layout_constraint


def bfloat16_dot_general(
    x: jax.Array, kernel: jax.Array, dimension_numbers: Any, precision: Any = None, preferred_element_type: Any = None
) -> jax.Array:
    """For `nn.Dense(dot_general=...)`: float32 `x [..., K] @ kernel [K, N] -> [..., N]`, operands rounded to bfloat16.

    The cotangent is rounded, too; all sums are of float32, and the saved operands take half the memory.

    Raises:
        ValueError: if another contraction, precision or type is given.
    """
    expected = (((x.ndim - 1,), (0,)), ((), ()))
    if dimension_numbers != expected or kernel.ndim != 2:
        raise ValueError(f"dimension_numbers: found {dimension_numbers}, expected {expected}, of a kernel [K, N]")
    if precision is not None or preferred_element_type not in (None, jnp.float32):
        raise ValueError(f"precision: found {precision}, {preferred_element_type}, expected none: it is bfloat16")
    return _product(x, kernel)


@jax.custom_vjp
def _product(x: jax.Array, kernel: jax.Array) -> jax.Array:
    return _forward(x, kernel)[0]


def _forward(x: jax.Array, kernel: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    x, kernel = x.astype(jnp.bfloat16), kernel.astype(jnp.bfloat16)
    return _between_layers(x, kernel, x.ndim - 1, 0), (x, kernel)


def _backward(kept: tuple[jax.Array, jax.Array], cotangent: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, kernel = kept
    cotangent = cotangent.astype(jnp.bfloat16)
    rows, columns = x.reshape(-1, x.shape[-1]), cotangent.reshape(-1, cotangent.shape[-1])
    # XLA's fast product on CPUs wants the summed axis of its left operand last, in memory as well; without the
    # constraint the transposition would be folded into the product, which then runs in float32.
    weights = jax.lax.platform_dependent(
        rows,
        columns,
        cpu=lambda a, b: _sum(with_layout_constraint(a.T, Layout((0, 1))), b, 1, 0),
        default=lambda a, b: _sum(a, b, 0, 0),
    )
    return _between_layers(cotangent, kernel, cotangent.ndim - 1, 1), weights


_product.defvjp(_forward, _backward)


def _between_layers(a: jax.Array, b: jax.Array, axis_a: int, axis_b: int) -> jax.Array:
    """A product as large as the batch, float32, on NVIDIA GPUs with the values of bfloat16."""
    return jax.lax.platform_dependent(
        a,
        b,
        cuda=lambda a, b: _sum(a, b, axis_a, axis_b, jnp.bfloat16).astype(jnp.float32),
        default=lambda a, b: _sum(a, b, axis_a, axis_b),
    )


def _sum(a: jax.Array, b: jax.Array, axis_a: int, axis_b: int, kind: Any = jnp.float32) -> jax.Array:
    return jax.lax.dot_general(a, b, (((axis_a,), (axis_b,)), ((), ())), preferred_element_type=kind)
