"""The PyTorch step that ours is timed against computes the same losses and gradients."""

import jax
import numpy as np
import pytest

from benchmarks.step import setting
from geolift.data.normalization import fit_normalization
from geolift.data.sampling import sample_batch
from geolift.data.sources import open_dataset
from geolift.geometry import sample_rotation
from geolift.training.build.phases import build_phases
from geolift.training.build.pools import build_pools
from geolift.training.build.state import build_state
from geolift.training.step import gradients

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install 'geolift[bench]')")


def as_torch(network, params):
    """Load `Dense_0`, `Dense_1`, ... into the linear layers of a network, in order."""
    layers = [m for m in network.modules() if isinstance(m, torch.nn.Linear)]
    dense = params["ResidualMLP_0"]
    with torch.no_grad():
        for i, layer in enumerate(layers):
            layer.weight.copy_(torch.tensor(np.asarray(dense[f"Dense_{i}"]["kernel"]).T))
            layer.bias.copy_(torch.tensor(np.asarray(dense[f"Dense_{i}"]["bias"])))
    assert len(layers) == len(dense)
    return network


def close(found, params):
    """Gradients of PyTorch in the order of its layers are those of `params`."""
    dense = params["ResidualMLP_0"]
    for i in range(len(dense)):
        kernel, bias = (x.detach().numpy() for x in found[2 * i : 2 * i + 2])
        for ours, theirs in ((dense[f"Dense_{i}"]["kernel"], kernel.T), (dense[f"Dense_{i}"]["bias"], bias)):
            np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-4 * np.abs(ours).max())


def test_it_computes_the_losses_and_gradients_of_ours():
    from benchmarks import torch_step

    config = setting(width=32, batch=64, precision="float32")
    seen = open_dataset("procedural").select("train").without_3d()
    normalization = fit_normalization(seen)
    pools = build_pools(config, seen, normalization)
    state = build_state(config, seen.skeleton, 10_000)
    batch = sample_batch(pools, jax.random.key(3), np.arange(config.batch_size))
    ours, outcome = gradients(
        build_phases(config, seen.skeleton, normalization)[-1].objectives, state.params, {}, batch
    )

    limits = {name: config.view[name] for name in ("azimuth", "elevation", "pitch")}
    rotation = jax.vmap(lambda key: sample_rotation(key, **limits))(batch.key)
    pose, real, rotation = (torch.tensor(np.asarray(x)) for x in (batch.pose.joints, batch.real.joints, rotation))
    lifter = as_torch(torch_step.network(32, 4, 17), state.params["lifter"])
    judge = as_torch(torch_step.network(32, 3, 1), state.params["discriminator"])
    for loss, name in zip(
        torch_step.of_both(lifter, judge, pose, real, rotation), ("lifter", "discriminator"), strict=True
    ):
        np.testing.assert_allclose(loss.item(), outcome.losses[name], rtol=1e-4)
    whole = torch_step.gradients(lifter, judge, pose, real, rotation)
    parts = torch_step.gradients_in_two(
        torch_step.of_lifter, torch_step.of_discriminator, lifter, judge, pose, real, rotation
    )
    for found in (whole, parts):
        close(found[0], ours["lifter"])
        close(found[1], ours["discriminator"])
