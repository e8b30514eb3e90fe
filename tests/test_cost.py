"""The step multiplies what it must and nothing twice: products counted by the compiler, against paper and pencil."""

import jax
import numpy as np
import pytest

from configs import cmu_cpu
from geolift import normalization
from geolift.build import build_phases, build_pools, build_state
from geolift.sampler import sample
from geolift.sources import open_dataset
from geolift.step import train_step

WIDTH, BATCH, JOINTS = 128, 64, 17


def per_pose(config):
    """Floating-point operations of the compiled step, per pose."""
    seen = open_dataset("procedural").select("train").blind()
    pools = build_pools(config, seen, normalization.fit(seen))
    state = build_state(config, seen.skeleton, 10_000)
    batch = sample(pools, jax.random.key(0), np.arange(BATCH))
    objectives = build_phases(config, seen.skeleton)[-1].objectives
    step = jax.jit(lambda state, batch: train_step(state, batch, objectives=objectives))
    return step.lower(state, batch).compile().cost_analysis()["flops"] / BATCH


def weights(outputs, blocks):
    """Of a network on poses: one product with all of them is 2 * weights operations per pose."""
    return 2 * JOINTS * WIDTH + 2 * blocks * WIDTH**2 + WIDTH * outputs


@pytest.mark.parametrize("norm", ["none", "batch"])
@pytest.mark.parametrize("motion", [False, True])
def test_no_product_is_computed_twice(norm, motion):
    config = cmu_cpu.get_config()
    config.data.path, config.batch_size = "procedural", BATCH
    for network in (config.lifter, config.discriminator, config.motion_discriminator):
        network.width = WIDTH
    config.lifter.norm = norm
    config.loss.weights.temporal = 1.0 if motion else 0.0
    lifter, judge = weights(JOINTS, blocks=4), weights(1, blocks=3)
    # A lift: forward, input gradient, weight gradient; but the first lift's poses need no gradient. A judge: forward
    # and weight gradient of real and fake, input gradients of real and fake for itself and of fake for the lifter;
    # but the first layer needs one only for the lifter.
    first = 2 * JOINTS * WIDTH
    duel = 2 * (7 * judge - 2 * first)
    expected = 2 * (6 * lifter - first) + duel
    if motion:
        expected += 2 * (3 * lifter - first) + duel
    found = per_pose(config)
    assert expected < found < 1.15 * expected, (found / expected, "geometry and Adam are under 15 % at this size")
