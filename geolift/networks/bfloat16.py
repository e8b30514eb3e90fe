"""Matrix products with bfloat16 operands and float32 sums, in the forward and in both backward passes.

JAX's own derivative of such a product multiplies float32 by bfloat16, which runs at the speed of float32.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental.layout import Layout, with_layout_constraint


def bfloat16_dot_general(
    x: jax.Array, kernel: jax.Array, dimension_numbers: Any, precision: Any = None, preferred_element_type: Any = None
) -> jax.Array:
    """For `nn.Dense(dot_general=...)`: float32 `x [..., K] @ kernel [K, N] -> [..., N]`, operands rounded to bfloat16.

    The cotangent is rounded, too; both gradients are float32 sums, and the saved operands take half the memory.

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
    return _sum(x, kernel, x.ndim - 1, 0), (x, kernel)


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
    return _sum(cotangent, kernel, cotangent.ndim - 1, 1), weights


_product.defvjp(_forward, _backward)


def _sum(a: jax.Array, b: jax.Array, axis_a: int, axis_b: int) -> jax.Array:
    dot = functools.partial(jax.lax.dot_general, preferred_element_type=jnp.float32)
    return dot(a, b, (((axis_a,), (axis_b,)), ((), ())))
