"""bfloat16 in all three products of a layer, float32 in all sums."""

import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from geolift.networks.bfloat16 import bfloat16_dot_general
from geolift.networks.mlp import Adapter, Discriminator, Lifter

NETWORKS = [Lifter(64, 2, "none", bfloat16=True), Discriminator(64, 2, bfloat16=True), Adapter(64, 2, bfloat16=True)]
POSE = jax.random.normal(jax.random.key(0), (32, 17, 2))


def normal(seed, *shape):
    return jax.random.normal(jax.random.key(seed), shape)


def rounded(x):
    return np.asarray(x.astype(jnp.bfloat16), np.float64)


def product(x, kernel):
    return bfloat16_dot_general(x, kernel, (((x.ndim - 1,), (0,)), ((), ())))


@pytest.mark.parametrize("lead", [(), (24,), (3, 8)])
@pytest.mark.parametrize(("inputs", "outputs"), [(16, 32), (5, 7), (64, 1)])
def test_every_product_is_the_exact_one_of_rounded_operands(lead, inputs, outputs):
    x, kernel, cotangent = normal(1, *lead, inputs), normal(2, inputs, outputs), normal(3, *lead, outputs)
    y, pull_back = jax.vjp(jax.jit(product), x, kernel)
    dx, dkernel = pull_back(cotangent)
    assert {a.dtype for a in (y, dx, dkernel)} == {jnp.dtype("float32")}
    np.testing.assert_allclose(y, rounded(x) @ rounded(kernel), atol=1e-4)
    np.testing.assert_allclose(dx, rounded(cotangent) @ rounded(kernel).T, atol=1e-4)
    rows, columns = rounded(x).reshape(-1, inputs), rounded(cotangent).reshape(-1, outputs)
    np.testing.assert_allclose(dkernel, rows.T @ columns, atol=1e-4)


def test_side_by_side_as_one_by_one():
    x, kernel = normal(1, 3, 32, 16), normal(2, 3, 16, 24)
    gradient = jax.grad(lambda x, k: (product(x, k) ** 2).sum(), argnums=(0, 1))
    several = jax.jit(jax.vmap(gradient))(x, kernel)
    single = [jnp.stack(gradients) for gradients in zip(*map(gradient, x, kernel), strict=True)]
    for a, b in zip(several, single, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(
    "arguments",
    [
        {"dimension_numbers": (((0,), (0,)), ((), ()))},
        {"dimension_numbers": (((1,), (0,)), ((), ())), "precision": jax.lax.Precision.HIGHEST},
        {"dimension_numbers": (((1,), (0,)), ((), ())), "preferred_element_type": jnp.bfloat16},
    ],
)
def test_other_products_are_refused(arguments):
    with pytest.raises(ValueError, match=r"dimension_numbers|precision"):
        bfloat16_dot_general(normal(1, 8, 8), normal(2, 8, 8), **arguments)


def loss_and_gradients(network, params):
    def loss(params, pose):
        return (network.apply({"params": params}, pose) ** 2).mean()

    return jax.jit(jax.value_and_grad(loss, argnums=(0, 1))).lower(params, POSE)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: type(n).__name__)
def test_hidden_layers_multiply_bfloat16_forward_and_backward(network):
    params = network.init(jax.random.key(1), POSE)["params"]
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {jnp.dtype("float32")}
    lowered = loss_and_gradients(network, params).as_text()
    signature = r"dot_general .*: \(tensor<([\dx]+)x(\w+)>, tensor<([\dx]+)x(\w+)>\) -> tensor<([\dx]+)x(\w+)>"
    found = [match for line in lowered.splitlines() if (match := re.search(signature, line))]
    hidden = [m for m in found if "64x64" in (m[1], m[3], m[5])]
    assert len(hidden) >= 3 * 4  # two blocks of two layers, three products each
    assert {(m[2], m[4], m[6]) for m in hidden} == {("bf16", "bf16", "f32")}
    rest = [m for m in found if m not in hidden]
    assert rest and {m[2] for m in rest} == {"f32"}  # the first and the last layer


@pytest.mark.parametrize(("platform", "between"), [("cpu", "f32"), ("cuda", "bf16")])
def test_only_gpus_write_bfloat16_between_layers_and_none_in_gradients_of_kernels(platform, between):
    gradient = jax.grad(lambda x, kernel: (product(x, kernel) ** 2).sum(), argnums=(0, 1))
    lowered = jax.jit(gradient).trace(normal(1, 32, 16), normal(2, 16, 8)).lower(lowering_platforms=(platform,))
    lines = [line for line in lowered.as_text().splitlines() if "dot_general" in line]
    written = {re.search(r"-> tensor<([\dx]+)x(\w+)>", line).groups() for line in lines}
    assert written == {("32x8", between), ("32x16", between), ("16x8", "f32")}


def products(compiled):
    """Shape of the result and types of the operands of every product in a compiled program."""
    kinds = {}
    for line in compiled.splitlines():
        if line.endswith("{"):  # a computation; names are its own
            kinds = {}
        if defined := re.match(r"\s*(?:ROOT )?%([\w.\-]+) = (\w+)\[([\d,]*)\]\S* ([\w\-]+)\((.*)", line):
            name, kind, shape, operation, rest = defined.groups()
            kinds[name] = kind
            if operation == "dot":
                yield shape, {kinds[operand] for operand in re.findall(r"%([\w.\-]+)", rest.partition(")")[0])}


def test_the_compiler_of_a_cpu_keeps_bfloat16():
    """XLA turns into float32 what its library cannot multiply: a product whose left operand is transposed, for one."""
    if jax.default_backend() != "cpu" or "avx512_bf16" not in Path("/proc/cpuinfo").read_text():
        pytest.skip("needs a CPU with avx512_bf16")
    network = Lifter(256, 2, "none", bfloat16=True)
    params = network.init(jax.random.key(1), POSE)["params"]
    found = list(products(loss_and_gradients(network, params).compile().as_text()))
    weights = [kinds for shape, kinds in found if shape == "256,256"]
    assert len(weights) == 4 and all(kinds == {"bf16"} for kinds in weights), found
    hidden = [kinds for shape, kinds in found if shape == "32,256"]
    # The first layer's product and the input gradient of the last are float32.
    assert len(hidden) == 4 + 4 + 2 and hidden.count({"bf16"}) == 4 + 4, found


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: type(n).__name__)
def test_close_to_float32(network):
    params = network.init(jax.random.key(1), POSE)["params"]
    params = jax.tree.map(lambda x: x + 0.02 * normal(4, *x.shape), params)  # an adapter starts at zero
    bf16 = loss_and_gradients(network, params).compile()(params, POSE)[1]
    exact = loss_and_gradients(network.clone(bfloat16=False), params).compile()(params, POSE)[1]
    for a, b in zip(jax.tree.leaves(bf16), jax.tree.leaves(exact), strict=True):
        assert jnp.linalg.norm(a - b) < 0.06 * jnp.linalg.norm(b) + 1e-6  # some units change sides of the ReLU


def test_dense_takes_it():
    layer = nn.Dense(8, dot_general=bfloat16_dot_general)
    variables = layer.init(jax.random.key(0), POSE)
    expected = rounded(POSE) @ rounded(variables["params"]["kernel"])
    np.testing.assert_allclose(layer.apply(variables, POSE), expected, atol=1e-4)
