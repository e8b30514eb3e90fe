"""Mirror-equivariant networks, and the ordinary ones that they unfold to."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift.geometry import mirror_depth, unproject
from geolift.networks.mirrored_mlp import mirror_pose
from geolift.networks.mlp import Discriminator, Lifter, unfold_lifter
from geolift.skeletons.skeleton import H36M17

MIRRORED = H36M17.mirrored
SIZE = {"width": 16, "blocks": 2, "norm": "none", "mirrored": MIRRORED}
POSE = 0.1 * jax.random.normal(jax.random.key(0), (9, 17, 2))
SEEN = jax.random.bernoulli(jax.random.key(1), 0.8, (9, 17))


def trained(network, *inputs):
    """Variables with no zero left, as after training."""
    variables = network.init(jax.random.key(2), *inputs)
    leaves, structure = jax.tree.flatten(variables)
    keys = jax.random.split(jax.random.key(3), len(leaves))
    return structure.unflatten([x + 0.1 * jax.random.normal(k, x.shape) for k, x in zip(keys, leaves, strict=True)])


def test_mirroring_twice_is_the_identity_and_sides_are_swapped():
    np.testing.assert_array_equal(mirror_pose(mirror_pose(POSE, MIRRORED), MIRRORED), POSE)
    left, right = H36M17.left[0], H36M17.right[0]
    np.testing.assert_array_equal(mirror_pose(POSE, MIRRORED)[:, left], POSE[:, right] * jnp.array([[-1.0, 1.0]]))


@pytest.mark.parametrize("masks", [False, True])
def test_the_mirrored_pose_is_lifted_to_the_mirrored_depths(masks):
    lifter = Lifter(**SIZE, masks=masks)
    seen, seen_mirrored = (SEEN, SEEN[:, np.array(MIRRORED)]) if masks else (None, None)
    variables = trained(lifter, POSE, seen)
    depths = lifter.apply(variables, POSE, seen)
    mirrored = lifter.apply(variables, mirror_pose(POSE, MIRRORED), seen_mirrored)
    np.testing.assert_allclose(mirrored, depths[:, np.array(MIRRORED)], atol=1e-5)
    assert np.abs(np.asarray(mirrored - depths)).max() > 0.1
    # It is a mirror left to right: a person and the one mirrored in depth are different people to it.
    points = unproject(POSE, 10 + depths)
    assert np.abs(np.asarray(mirror_depth(points, 0) - points)).max() > 0.1


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("masks", [False, True])
def test_a_discriminator_sees_no_difference(rows, masks):
    discriminator = Discriminator(**SIZE, masks=masks)
    poses = [POSE, POSE[::-1]][:rows]
    seen = jnp.concatenate([SEEN] * rows, axis=-1) if masks else None
    other = jnp.concatenate([SEEN[:, np.array(MIRRORED)]] * rows, axis=-1) if masks else None
    x = jnp.concatenate(poses, axis=-2)
    variables = trained(discriminator, x, seen)
    logits = discriminator.apply(variables, x, seen)
    mirrored = jnp.concatenate([mirror_pose(pose, MIRRORED) for pose in poses], axis=-2)
    np.testing.assert_allclose(discriminator.apply(variables, mirrored, other), logits, atol=1e-5)
    assert np.ptp(logits) > 0.01  # it does tell poses apart
    changed = x.at[..., 0].multiply(-1.0)  # a mirror that left the names of the sides alone would not be one
    assert np.abs(np.asarray(discriminator.apply(variables, changed, seen) - logits)).max() > 1e-3


@pytest.mark.parametrize("masks", [False, True])
def test_unfolded_it_is_an_ordinary_lifter(masks):
    lifter = Lifter(**SIZE, masks=masks)
    seen = SEEN if masks else None
    variables = trained(lifter, POSE, seen)
    plain, weights = unfold_lifter(lifter, variables)
    assert not plain.mirrored and plain.width == lifter.width
    expected = jax.tree.map(jnp.shape, plain.init(jax.random.key(0), POSE, seen))
    assert jax.tree.map(jnp.shape, weights) == expected
    np.testing.assert_allclose(plain.apply(weights, POSE, seen), lifter.apply(variables, POSE, seen), atol=1e-5)
    same, again = unfold_lifter(plain, weights)
    assert same is plain and jax.tree.all(jax.tree.map(np.array_equal, again, weights))


@pytest.mark.parametrize("mirrored", [(), MIRRORED])
def test_a_flat_start_gives_equal_depths(mirrored):
    lifter = Lifter(width=16, blocks=1, norm="none", flat_start=True, mirrored=mirrored)
    variables = lifter.init(jax.random.key(0), POSE)
    np.testing.assert_array_equal(lifter.apply(variables, POSE), 0.0)
    grads = jax.grad(lambda v: (lifter.apply(v, POSE) * POSE[..., 0]).sum())(variables)
    assert max(float(jnp.abs(grad).max()) for grad in jax.tree.leaves(grads)) > 0  # it can leave it


def test_it_costs_half_the_products_of_an_ordinary_one():
    def products(lifter):
        shapes = jax.eval_shape(lifter.init, jax.random.key(0), POSE)["params"]
        kernels = [x.shape for path, x in jax.tree.leaves_with_path(shapes) if "kernel" in str(path[-1])]
        return sum(a * b for a, b in kernels if a >= 128)  # the hidden layers, and the last

    free, tied = (products(Lifter(width=256, blocks=4, norm="none", mirrored=m)) for m in ((), MIRRORED))
    assert tied == pytest.approx(free / 2, rel=0.02)


def test_what_cannot_be_mirrored_is_refused():
    with pytest.raises(ValueError, match="norm: found 'batch', expected 'none' for a mirror-equivariant network"):
        Lifter(**SIZE | {"norm": "batch"}).init(jax.random.key(0), POSE)
    with pytest.raises(ValueError, match="width: found 15, expected an even number"):
        Lifter(**SIZE | {"width": 15}).init(jax.random.key(0), POSE)
