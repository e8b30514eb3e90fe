"""Learning rates by the number of a network's updates: they rise at the start of its phase, and fall at its end."""

from contextlib import ExitStack

import jax
import numpy as np
import pytest

from geolift.errors import ConfigError
from geolift.skeletons import H36M17
from geolift.training.build.state import build_state
from geolift.training.config import load
from geolift.training.workdir import open_workdirs

SMALL = {
    **{f"{name}.width": 2 for name in ("lifter", "discriminator", "flow")},
    **{"lifter.blocks": 0, "discriminator.blocks": 0, "flow.layers": 1, "lifter.norm": "none"},
    **{"loss.weights.temporal": 0.0, "loss.weights.likelihood": 0.1, "optimizer.lifter": 0.5},
    **{"optimizer.decay_every": 10**6, "steps": 40, "flow.steps": 20},
}


@pytest.fixture(scope="module")
def rates():
    def of(name, updates, **changes):
        """The rates of a network's updates: with gradients that are always the same Adam moves weights by the rate."""
        state = build_state(load(SMALL | {f"optimizer.{key}": value for key, value in changes.items()}), H36M17, 100)
        transformation, weight = state.tx[name], {"w": np.zeros(1, np.float32)}
        step = jax.jit(transformation.update)
        carried, found = transformation.init(weight), []
        for _ in range(updates):
            moved, carried = step({"w": np.ones(1, np.float32)}, carried)
            found.append(-float(moved["w"][0]))
        return found

    return of


def test_rates_rise_hold_and_fall_to_zero(rates):
    risen = np.minimum(1, np.arange(1, 41) / 8)
    left = np.minimum(1, (40 - np.arange(40)) / 20)
    np.testing.assert_allclose(rates("lifter", 40, warmup=8, cooldown=0.5), 0.5 * np.minimum(risen, left), rtol=1e-4)


def test_each_phase_has_its_own_end(rates):
    found = rates("flow", 22, cooldown=1.0)
    np.testing.assert_allclose(found[:20], 0.5 * (20 - np.arange(20)) / 20, rtol=1e-4)
    assert found[20:] == [0.0, 0.0]


def test_without_them_rates_are_as_they_were(rates):
    assert rates("lifter", 5) == pytest.approx([0.5] * 5, rel=1e-4)


def test_a_run_whose_rates_depend_on_the_number_of_steps_keeps_it(tmp_path):
    def start(folder, **changes):
        with ExitStack() as locks:
            open_workdirs(locks, [load(SMALL | changes)], [tmp_path / folder], {}, 200)

    falling = {"optimizer.cooldown": 0.5}
    start("falling", **falling)
    with pytest.raises(ConfigError, match="steps: started with 40, now 80"):
        start("falling", **falling, steps=80)
    start("constant")
    start("constant", steps=80)
