"""The step multiplies what it must and nothing twice: products counted by the compiler, against paper and pencil."""

import functools
import re

import jax
import numpy as np
import pytest

from benchmarks import operations
from benchmarks.step import setting
from geolift.data.normalization import fit_normalization
from geolift.data.sampling import sample_batch
from geolift.data.sources import PROCEDURAL, open_dataset
from geolift.training.build.phases import build_phases
from geolift.training.build.pools import build_pools
from geolift.training.build.state import build_state
from geolift.training.devices import AXIS, many_steps
from geolift.training.step import train_step

WIDTH, BATCH = 128, 64


def parts(config):
    """State, pools and objectives of a run."""
    seen = open_dataset(PROCEDURAL).select("train").without_3d()
    normalization = fit_normalization(seen)
    pools = build_pools(config, seen, normalization)
    state = build_state(config, seen.skeleton, 10_000)
    return state, pools, build_phases(config, seen.skeleton, normalization)[-1].objectives


def per_pose(config):
    """Floating-point operations of the compiled step, per pose."""
    state, pools, objectives = parts(config)
    batch = sample_batch(pools, jax.random.key(0), np.arange(BATCH))
    step = jax.jit(lambda state, batch: train_step(state, batch, objectives=objectives))
    return step.lower(state, batch).compile().cost_analysis()["flops"] / BATCH


@pytest.mark.parametrize("norm", ["none", "batch"])
@pytest.mark.parametrize("motion", [False, True])
def test_no_product_is_computed_twice(norm, motion):
    config = setting(WIDTH, BATCH, "float32")
    config.motion_discriminator.width, config.lifter.norm = WIDTH, norm
    config.loss.weights.temporal = 1.0 if motion else 0.0
    expected = operations.step(WIDTH, motion=motion)
    found = per_pose(config)
    assert expected < found < 1.15 * expected, (found / expected, "geometry and Adam are under 15 % at this size")


def test_a_pitch_that_is_learnt_and_a_mirror_cost_what_they_should():
    config = setting(WIDTH, BATCH, "float32")
    plain = per_pose(config)
    config.view.tilt = "mean"  # its gradient is the lifter's, computed once for both
    assert plain < per_pose(config) < 1.01 * plain
    config.view.tilt, config.mirror_equivariant = "fixed", True
    assert per_pose(config) < 0.65 * plain  # half the products, and geometry and Adam


def sharded(devices, batch, *, norm="none"):
    """The compiled program of an update on some devices, `batch` poses on all together."""
    config = setting(WIDTH, batch, "float32")
    config.lifter.norm = norm
    state, pools, objectives = parts(config)
    step = functools.partial(many_steps, sample=sample_batch, objectives=objectives, steps=1, axis_name=AXIS)
    mapped = jax.pmap(
        step, AXIS, in_axes=(None, None, 0), out_axes=None, devices=jax.devices()[:devices], donate_argnums=0
    )
    return mapped.lower(state, pools, np.arange(batch).reshape(devices, -1)).compile()


def test_devices_communicate_once_an_update():
    """All gradients and metrics go in one all-reduce; batch norm, over the whole batch, asks for more in each layer."""

    def count(program):
        return len(re.findall(r" all-reduce(?:-start)?\(", program.as_text()))

    assert count(sharded(8, 64)) == 1
    layers, lifts = 9, 2
    assert 1 < count(sharded(8, 64, norm="batch")) <= 1 + 2 * layers * lifts


def test_the_work_of_a_device_does_not_grow_with_their_number():
    alone, eighth = (sharded(*sizes).cost_analysis()["flops"] for sizes in ((1, 64), (8, 512)))
    assert eighth == pytest.approx(alone, rel=0.01)
