"""Shapes, sizes and the two modes of batch norm."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift.networks.mlp import Discriminator, Lifter, ResidualMLP

POSE = jax.random.normal(jax.random.key(0), (32, 17, 2))


def count(tree):
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
@pytest.mark.parametrize("joints", [5, 17])
def test_lifter_gives_one_offset_per_joint_for_any_skeleton(norm, joints):
    lifter, pose = Lifter(width=16, blocks=1, norm=norm), POSE[:, :5] if joints == 5 else POSE
    variables = lifter.init(jax.random.key(1), pose)
    assert lifter.apply(variables, pose).shape == (32, joints)
    assert lifter.apply(variables, pose.reshape(4, 8, joints, 2)).shape == (4, 8, joints)


def test_paper_sizes():
    lifter, discriminator = Lifter(), Discriminator()
    block = 2 * (1024 * 1024 + 1024)
    assert count(lifter.init(jax.random.key(0), POSE)["params"]) == (
        34 * 1024 + 1024 + 4 * block + 1024 * 17 + 17 + 9 * 2 * 1024  # nine batch norms
    )
    assert count(discriminator.init(jax.random.key(0), POSE)) == 34 * 1024 + 1024 + 3 * block + 1024 + 1


def test_discriminator_gives_one_logit_per_pose():
    network = Discriminator(width=16, blocks=1)
    assert network.apply(network.init(jax.random.key(1), POSE), POSE).shape == (32,)


def test_batch_norm_normalises_by_the_batch_only_in_training():
    lifter = Lifter(width=16, blocks=1, norm="batch")
    variables = lifter.init(jax.random.key(1), POSE)
    alone = lifter.apply(variables, POSE[:1])
    np.testing.assert_allclose(lifter.apply(variables, POSE)[:1], alone, atol=1e-5)
    trained, update = lifter.apply(variables, POSE, train=True, mutable=["batch_stats"])
    assert not np.allclose(trained[:1], alone, atol=1e-3)
    assert not np.allclose(jax.tree.leaves(update)[0], jax.tree.leaves(variables["batch_stats"])[0])


def test_residual_blocks_add_to_their_input():
    network = ResidualMLP(outputs=3, width=8, blocks=2)
    variables = network.init(jax.random.key(0), jnp.ones((1, 4)))
    silent = jax.tree_util.tree_map_with_path(
        lambda path, x: jnp.zeros_like(x) if path[1].key in {"Dense_2", "Dense_4"} else x, variables
    )
    direct = {"params": {"Dense_0": silent["params"]["Dense_0"], "Dense_1": silent["params"]["Dense_5"]}}
    x = jnp.ones((1, 4))
    expected = ResidualMLP(outputs=3, width=8, blocks=0).apply(direct, x)
    np.testing.assert_allclose(network.apply(silent, x), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("network", "pose", "message"),
    [
        (Lifter(width=4, norm="instance"), POSE, "instance"),
        (Discriminator(width=4, norm="batch"), POSE, "batch"),
        (Lifter(width=4), POSE[..., :1], "pose"),
        (Discriminator(width=4), POSE[0, 0], "pose"),
    ],
)
def test_bad_settings_and_shapes_are_refused(network, pose, message):
    with pytest.raises(ValueError, match=message):
        network.init(jax.random.key(0), pose)
