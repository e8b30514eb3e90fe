"""Signs of a failing training: reported once when they last, and again only after they have cleared."""

import functools
import math
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import quickstart
from geolift.data.normalization import fit_normalization
from geolift.data.sampling import sample_batch
from geolift.training.build.phases import build_phases
from geolift.training.build.pools import build_pools
from geolift.training.build.state import build_state
from geolift.training.config import Config
from geolift.training.devices import many_steps
from geolift.training.health import PERSISTENCE, Watch

GOOD = {
    "loss/lifter": 2.0,
    "health/depth_spread": 0.18,
    "health/real_judged_real": 0.88,
    "health/fake_judged_fake": 0.78,
    "health/real_motion_judged_real": 0.7,
    "health/fake_motion_judged_fake": 0.68,
    "health/pitch_at_bound": 0.05,
    "health/pitch_reversed": 0.2,
    "validation/flip_rate": 0.5,
}
ADAPTER = {
    "loss/adapter": 7.0,
    "health/target_judged_target": 0.97,
    "health/corrected_judged_source": 0.99,
    "validation/flip_rate": 97.0,
}
WRONG = {  # the wrong metrics, and the message
    "flat": ({"health/depth_spread": 0.004}, "flat: depths spread by 0.004"),
    "wild": ({"health/depth_spread": 5.8}, "spread by 5.8"),
    "separated": (
        {"health/real_judged_real": 0.99, "health/fake_judged_fake": 0.97},
        r"the discriminator .* 97%.*loss\.weights\.adversarial",
    ),
    "chance": ({"health/real_judged_real": 0.005, "health/fake_judged_fake": 0.99}, "the discriminator .*50% right"),
    "motion separated": (
        {"health/real_motion_judged_real": 0.97, "health/fake_motion_judged_fake": 0.99},
        r"the motion_discriminator .* 97%.*loss\.weights\.temporal",
    ),
    "motion chance": (
        {"health/real_motion_judged_real": 0.5, "health/fake_motion_judged_fake": 0.5},
        "the motion_discriminator .*50% right",
    ),
    "at bound": ({"health/pitch_at_bound": 0.95}, r"at a bound .* 95%.*view\.pitch_low"),
    "reversed": ({"health/pitch_reversed": 0.9}, r"another sign than view\.pitch_start .* 90%"),
    "mirrored": ({"validation/flip_rate": 97.0}, r"mirrored in depth, 97%.*view\.pitch"),
    "no depth": ({"validation/flip_rate": 57.0}, "57% .* as chance does"),
}
wrongs = pytest.mark.parametrize(("wrong", "words"), WRONG.values(), ids=WRONG)


def messages(lines, every=50, watch=None):
    """The messages about the lines of a log, `(step, message)`."""
    watch = watch or Watch()
    steps = range(every, every * (len(lines) + 1), every)
    return [(step, message) for step, line in zip(steps, lines, strict=True) for message in watch.check(step, line)]


@wrongs
@pytest.mark.parametrize("every", [2, 50, 1000])
def test_a_sign_that_lasts_is_reported_once_with_its_value_and_steps(wrong, words, every):
    [(step, message)] = messages([GOOD | wrong] * (4 + 4 * PERSISTENCE // every), every)
    fewest = 2 if "validation/flip_rate" in wrong else 3
    assert step == max(every + PERSISTENCE, fewest * every)
    assert message.startswith(f"steps {every} to {step}: ")
    assert re.search(words, message), message
    assert "\n" not in message


@wrongs
def test_a_sign_that_does_not_last_is_not_reported(wrong, words):
    few = PERSISTENCE // 50 // 2
    assert not messages([GOOD] * 20 + [GOOD | wrong] * few + [GOOD] * 20)
    assert not messages([GOOD | wrong] * few + [GOOD] * 40)
    assert not messages([GOOD | wrong] * (2 * few - 1) + [GOOD] * 40), "it has ended when it could be reported first"
    assert not messages([GOOD, GOOD | wrong, GOOD] * 40), "one line in three"


@wrongs
def test_a_sign_with_single_good_lines_is_reported_once(wrong, words):
    assert len(messages(([GOOD | wrong] * 4 + [GOOD]) * 20)) == 1


@wrongs
def test_a_sign_that_returns_after_it_cleared_is_reported_again(wrong, words):
    bad, good = [GOOD | wrong] * 30, [GOOD] * 30
    found = messages(bad + good + bad)
    assert len(found) == 2
    assert found[1][0] >= 60 * 50 + PERSISTENCE // 2
    assert len(messages(bad + good[: PERSISTENCE // 50 - 1] + bad)) == 1, "it had not cleared"


@wrongs
@pytest.mark.parametrize("hole", [math.nan, math.inf, None])
def test_numbers_that_are_missing_or_not_finite_count_for_nothing(wrong, words, hole):
    """Between good lines they report nothing; between wrong ones they clear nothing."""

    def missing(line):
        names = {name: hole for name in wrong}
        return {k: v for k, v in (line | names).items() if v is not None}

    assert not messages([missing(GOOD)] * 40)
    assert not messages([GOOD, missing(GOOD)] * 40)
    assert len(messages([GOOD | wrong, missing(GOOD)] * 40)) == 1


def test_one_verdict_that_is_not_finite_spoils_the_other():
    line = {"health/real_judged_real": 0.99, "health/fake_judged_fake": math.nan}
    assert not messages([line] * 40)
    assert not messages([dict(zip(line, reversed(line.values()), strict=True))] * 40)


def test_several_signs_are_reported_separately():
    everything = GOOD | WRONG["flat"][0] | WRONG["separated"][0] | WRONG["motion chance"][0] | WRONG["mirrored"][0]
    assert len(messages([everything] * 40)) == 4


@pytest.mark.parametrize("spread", [0.16, 0.35])
def test_a_good_run_s_shape_tells_nothing(spread):
    """A discriminator that rises from chance to nine in ten, the motion's at two thirds, depths settling, noise."""
    rng = np.random.default_rng(0)
    lines = []
    for t in np.linspace(0, 1, 240):
        clean = {
            "loss/lifter": 1 + 9 * t,
            "health/depth_spread": spread + 0.25 * np.exp(-40 * t),
            "health/real_judged_real": 0.96 - 0.38 * np.exp(-6 * t),
            "health/fake_judged_fake": 0.90 - 0.33 * np.exp(-4 * t),
            "health/real_motion_judged_real": 0.58 + 0.14 * t,
            "health/fake_motion_judged_fake": 0.62 + 0.06 * t,
        }
        lines.append({name: value * rng.normal(1, 0.01) for name, value in clean.items()})
    for i, line in enumerate(lines[9::10]):
        line["validation/flip_rate"] = 56.0 if not i else 3.0  # still as at random when looked at first
    assert not messages(lines)


def test_an_adapter_that_trains_alone_tells_nothing_and_delays_nothing():
    """Its discriminator wins in good runs, too, and the lifter's flip rate is that of random weights."""
    assert not messages([ADAPTER] * 40)
    assert [step for step, _ in messages([ADAPTER] * 40 + [WRONG["flat"][0]] * 40)] == [41 * 50 + PERSISTENCE]


def test_without_validation_or_with_a_lifter_alone_nothing_is_missed():
    flat = {"loss/lifter": 0.1, "health/depth_spread": 0.001}
    assert len(messages([flat] * 40)) == 1
    assert not messages([{}] * 40)
    assert not messages([{"loss/lifter": 0.1, "health/depth_spread": 0.2}] * 40)


def test_two_validations_far_apart_are_enough():
    assert [step for step, _ in messages([GOOD | WRONG["mirrored"][0]] * 5, every=5000)] == [10000]
    assert not messages([GOOD | WRONG["mirrored"][0]] + [GOOD] * 5, every=5000)


def test_steps_that_are_done_again_replace_those_before():
    """A run that goes back to a checkpoint: what was seen of the steps after it counts no more."""
    watch, bad = Watch(), [GOOD | WRONG["flat"][0]] * 40
    assert len(messages(bad, watch=watch)) == 1
    assert not messages(bad, watch=watch), "it never cleared"
    assert not messages([GOOD] * 40, watch=watch)
    assert [step for step, _ in messages(bad, watch=watch)] == [50 + PERSISTENCE]


def real_run(people, **changes):
    """The messages about the log of the first steps of a small run."""
    config = quickstart.get_config()
    config.lifter = Config({"width": 16, "blocks": 1, "norm": "none"})
    config.discriminator = Config({"width": 16, "blocks": 1})
    config.batch_size = 32
    config.update_from_flattened_dict(changes)
    seen = people.select("train").without_3d()
    normalization = fit_normalization(seen)
    pools = build_pools(config, seen, normalization)
    state = build_state(config, people.skeleton, len(pools.target.poses.joints))
    objectives = build_phases(config, people.skeleton, normalization)[0].objectives
    run = jax.jit(functools.partial(many_steps, sample=sample_batch, objectives=objectives, steps=50))
    lines = []
    for _ in range(2 + PERSISTENCE // 50):
        state, metrics = run(state, pools, jnp.arange(config.batch_size))
        lines.append({name: float(value) for name, value in metrics.items()})
    return " ".join(message for _, message in messages(lines))


def test_a_healthy_training_reports_nothing(people):
    assert real_run(people) == ""


def test_without_new_views_the_discriminator_learns_nothing(people):
    """Projected as it was seen, every pose is real, whatever its depths."""
    message = real_run(people, **{"view.azimuth": 0.0, "view.elevation": 0.0})
    expected = "the discriminator separates lifted from real poses no better than chance"
    assert re.match(f"steps 50 to {50 + PERSISTENCE}: {expected}", message)
