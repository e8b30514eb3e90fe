"""The domain adapter: the identity at the start, learns from its own loss alone, undoes a known shift."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geolift.data.sampling import Pools, Poses, make_pool, sample_batch
from geolift.networks.mlp import Adapter, Discriminator, Lifter
from geolift.objectives.adaptation import SourceDomain, adapt, adaptation_objectives
from geolift.objectives.adversarial import adversarial_terms
from geolift.objectives.cycle import cycle_terms
from geolift.objectives.lifting import LiftingSetup, lifting_objectives
from geolift.objectives.outcome import combine
from geolift.training import step
from geolift.training.devices import parallel
from geolift.training.train_state import create_state
from tests.training.test_step import VIEW, WEIGHTS, close

HEAD = 0.05 / 6.5  # 5 cm in normalised units: the mean root-head distance of 0.65 m is 0.1


def shifted(poses):
    """The same people with the head joint 5 cm higher along the neck and the hips wider by 10 %."""
    shifted = np.array(poses)
    up = poses[:, 10] - poses[:, 9]
    shifted[:, 10] += HEAD * up / np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-6)
    shifted[:, [1, 4]] *= 1.1
    return shifted


def make(people, poses, masks=False, width=32):
    target = make_pool(poses, people, masks=masks)
    source = make_pool(shifted(poses), people, masks=masks)
    adapter, discriminator = (
        Adapter(width=width, blocks=1, masks=masks),
        Discriminator(width=width, blocks=1, masks=masks),
    )
    objectives = adaptation_objectives(
        adapter, discriminator, weight=10.0, squared=True, adversarial_loss="logistic", root=0
    )
    pose = jnp.zeros((1, 17, 2))
    params = {
        "adapter": adapter.init(jax.random.key(1), pose)["params"],
        "domain_discriminator": discriminator.init(jax.random.key(2), pose)["params"],
    }
    return adapter, objectives, params, Pools(target, source)


def noisy(params):
    """Away from the start, where the adapter's result is exactly zero."""
    rng = np.random.default_rng(0)
    return jax.tree.map(lambda x: x + rng.normal(scale=0.1, size=x.shape).astype("f"), params)


def lifting(adapter, every=4):
    lifter, discriminator = Lifter(width=16, blocks=1, norm="none"), Discriminator(width=16, blocks=1)
    setup = LiftingSetup(lifter, VIEW, source_domain=SourceDomain(adapter, every))
    objectives = lifting_objectives(setup, [cycle_terms(), adversarial_terms(discriminator)], weights=WEIGHTS)
    pose = jnp.zeros((1, 17, 2))
    return objectives, {
        "lifter": lifter.init(jax.random.key(3), pose)["params"],
        "discriminator": discriminator.init(jax.random.key(4), pose)["params"],
    }


def test_an_untrained_adapter_changes_nothing(people, poses):
    adapter, _, params, _ = make(people, poses, masks=True)
    source = Poses(jnp.asarray(poses), jnp.asarray(people.seen))
    adapted, correction = adapt(adapter, params["adapter"], source, root=0)
    np.testing.assert_array_equal(correction, 0)
    np.testing.assert_array_equal(adapted.joints, poses)


def test_corrected_poses_stay_root_centred(people, poses):
    adapter, _, params, _ = make(people, poses)
    adapted, correction = adapt(adapter, noisy(params["adapter"]), Poses(jnp.asarray(poses)), root=0)
    assert np.abs(correction).max() > 0.01
    np.testing.assert_array_equal(adapted.joints[:, 0], 0)


def test_each_of_four_networks_learns_from_its_own_loss_alone(people, poses):
    adapter, adapting, params, pools = make(people, poses)
    lift, more = lifting(adapter)
    params = params | more
    params["adapter"] = noisy(params["adapter"])
    objectives = combine(lift, adapting)
    batch = sample_batch(pools, jax.random.key(5), jnp.arange(32))

    def louder(name, *args, **kwargs):
        outcome = objectives(*args, **kwargs)
        return outcome._replace(losses={**outcome.losses, name: 5 * outcome.losses[name]})

    plain, _ = step.gradients(objectives, params, {}, batch)
    assert set(plain) == {"lifter", "discriminator", "adapter", "domain_discriminator"}
    for name in plain:
        grads, _ = step.gradients(functools.partial(louder, name), params, {}, batch)
        for other in set(plain) - {name}:
            close(grads[other], plain[other], rtol=1e-4, atol=1e-7)
        close(grads[name], jax.tree.map(lambda g: 5 * g, plain[name]), rtol=1e-3, atol=1e-5)
    alone, _ = step.gradients(adapting, params, {}, batch)
    close(alone["adapter"], plain["adapter"], rtol=1e-4, atol=1e-7)


def test_networks_without_a_loss_are_frozen_to_the_bit(people, poses):
    adapter, adapting, params, pools = make(people, poses)
    lift, more = lifting(adapter)
    params = params | more
    state = create_state(
        jax.random.key(0), apply_fn=None, params=params, batch_stats={},
        optimizers=dict.fromkeys(params, optax.adam(1e-3)), ema_decay=0.9,
    )  # fmt: skip
    batch = sample_batch(pools, jax.random.key(5), jnp.arange(32))
    for objectives, trained in ((adapting, {"adapter", "domain_discriminator"}), (lift, {"lifter", "discriminator"})):
        after, _ = step.train_step(state, batch, objectives=objectives)
        for name in params:
            same = [
                np.array_equal(a, b)
                for a, b in zip(
                    jax.tree.leaves((state.params[name], state.opt_state[name])),
                    jax.tree.leaves((after.params[name], after.opt_state[name])),
                    strict=True,
                )
            ]
            assert all(same) != (name in trained), name
        state = after


def test_every_nth_pose_is_a_corrected_one_and_others_are_shown_as_real(people, poses):
    """With an adapter that moves everything far away, the lifter's batch holds just the chosen places of it."""
    adapter, _, params, pools = make(people, poses)
    objectives, more = lifting(adapter, every=4)
    batch = sample_batch(pools, jax.random.key(5), jnp.arange(16))
    outcomes = [objectives({**params, **more}, {}, batch._replace(source=source)) for source in (
        batch.source, Poses(batch.source.joints.at[np.r_[1:16:4, 2:16:4]].set(7.0)),
        Poses(batch.source.joints.at[3].set(7.0)), Poses(batch.source.joints.at[4].set(7.0)),
    )]  # fmt: skip
    plain, unused, lifted, shown = (outcome.losses for outcome in outcomes)
    assert plain == unused
    assert lifted["lifter"] != plain["lifter"] and shown["lifter"] == plain["lifter"]
    assert shown["discriminator"] != plain["discriminator"]
    with pytest.raises(ValueError, match="every: found 5, expected a divisor"):
        lifting(adapter, every=5)[0]({**params, **more}, {}, batch)


def test_the_domain_discriminator_does_not_see_which_joints_a_domain_lacks(people, poses):
    """Poses with the head missing everywhere in the source: the discriminator's inputs lack it on both sides."""
    _, objectives, params, pools = make(people, poses, masks=True)
    batch = sample_batch(pools, jax.random.key(5), jnp.arange(16))
    headless = batch.source._replace(seen=batch.source.seen.at[:, 10].set(False))
    moved = batch.real._replace(joints=batch.real.joints.at[:, 10].add(3.0))
    a = objectives(params, {}, batch._replace(source=headless))
    b = objectives(params, {}, batch._replace(source=headless, real=moved))
    assert a.losses == b.losses
    assert objectives(params, {}, batch).losses != objectives(params, {}, batch._replace(real=moved)).losses


def test_the_penalty_holds_the_correction_back(people, poses):
    """Two objectives that differ in the penalty alone: after the same steps the heavier one has moved poses less."""
    sizes = {}
    for weight in (1.0, 1e6):
        adapter, _, params, pools = make(people, poses)
        discriminator = Discriminator(width=32, blocks=1)
        objectives = adaptation_objectives(
            adapter, discriminator, weight=weight, squared=True, adversarial_loss="logistic", root=0
        )
        state = create_state(
            jax.random.key(0), apply_fn=None, params={**params, "lifter": {}}, batch_stats={},
            optimizers=dict.fromkeys((*params, "lifter"), optax.adam(1e-3)), ema_decay=0.9,
        )  # fmt: skip
        program = parallel(jax.devices()[:1], batch_size=32, steps=50, sample=sample_batch, objectives=objectives)
        state, log = program.run(program.place(state), program.place(pools))
        sizes[weight] = float(log["term/correction_size"])
    assert 0 < sizes[1e6] < 0.1 * sizes[1.0]


def test_a_known_shift_is_undone_on_people_never_seen(people, poses):
    """A good part of it, after a short training on two people; benchmarks/shift.py has figures on real motion."""

    def shifted_head(poses):
        moved = np.array(poses)
        moved[:, 10] += 0.015 * np.float32([0.6, -0.8])  # 15 % of the root-head length
        return moved

    train = people.split[people.clip_of_frame] == "train"
    train |= people.split[people.clip_of_frame] == "validation"
    known = people._replace(confidence=people.confidence * train[:, None])
    target, source = (make_pool(p, known) for p in (poses, shifted_head(poses)))
    adapter, discriminator = Adapter(width=64, blocks=1), Discriminator(width=64, blocks=1)
    objectives = adaptation_objectives(
        adapter, discriminator, weight=20.0, squared=False, adversarial_loss="logistic", root=0
    )
    pose = jnp.zeros((1, 17, 2))
    params = {
        "adapter": adapter.init(jax.random.key(1), pose)["params"],
        "domain_discriminator": discriminator.init(jax.random.key(2), pose)["params"],
        "lifter": {},
    }
    rates = {"adapter": 3e-4, "domain_discriminator": 1e-3, "lifter": 0.0}
    state = create_state(
        jax.random.key(0), apply_fn=None, params=params, batch_stats={},
        optimizers={name: optax.adam(rate) for name, rate in rates.items()}, ema_decay=0.999,
        averages=("lifter", "adapter"),
    )  # fmt: skip
    program = parallel(jax.devices()[:1], batch_size=128, steps=100, sample=sample_batch, objectives=objectives)
    state, pools = program.place(state), program.place(Pools(target, source))
    true = poses[~train]
    wrong = Poses(jnp.asarray(shifted_head(true)))
    for _ in range(10):
        state, _ = program.run(state, pools)
    # The two networks circle around the truth; the average is the middle of their way.
    found, _ = adapt(adapter, state.ema["adapter"]["params"], wrong, root=0)
    before, after = (np.linalg.norm(x - true, axis=-1) for x in (wrong.joints, found.joints))
    assert after[:, 10].mean() < 0.5 * before[:, 10].mean()
    assert np.delete(after, 10, axis=1).mean() < 0.05 * before[:, 10].mean()


def test_a_frozen_adapter_corrects_by_its_average(people, poses):
    """The lifter's step is the same whatever the adapter's last weights are, and not whatever their average is."""
    adapter, _, params, pools = make(people, poses)
    lift, more = lifting(adapter)
    params = params | more
    state = create_state(
        jax.random.key(0), apply_fn=None, params=params, batch_stats={},
        optimizers=dict.fromkeys(params, optax.sgd(0.1)), ema_decay=0.9, averages=("lifter", "adapter"),
    )  # fmt: skip
    batch = sample_batch(pools, jax.random.key(5), jnp.arange(32))

    def lifter_after(state):
        return step.train_step(state, batch, objectives=lift)[0].params["lifter"]

    plain = lifter_after(state)
    close(lifter_after(state.replace(params={**params, "adapter": noisy(params["adapter"])})), plain, rtol=0)
    averages = {**state.ema, "adapter": {"params": noisy(params["adapter"])}}
    other = lifter_after(state.replace(ema=averages))
    assert any(not np.allclose(a, b) for a, b in zip(*map(jax.tree.leaves, (plain, other)), strict=True))
