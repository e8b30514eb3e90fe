"""One state, several networks: each learns from its own loss, on one device as on eight, compiled once."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geolift.data.found_cameras import FoundCameras
from geolift.data.moments import with_moments_of_clips
from geolift.data.sampling import Pools, Poses, make_pool, sample_batch
from geolift.geometry import rotation_y
from geolift.networks.mlp import Discriminator, Lifter
from geolift.objectives.adversarial import adversarial_terms
from geolift.objectives.bones import bone_terms
from geolift.objectives.cameras import camera_terms
from geolift.objectives.cycle import cycle_terms
from geolift.objectives.lifting import LiftingSetup, lifting_objectives
from geolift.objectives.views import View
from geolift.skeletons.skeleton import H36M17
from geolift.training import step
from geolift.training.devices import parallel
from geolift.training.train_state import create_state

WEIGHTS = {"adversarial": 1.0, "consistency_2d": 10.0, "consistency_3d": 0.001}
VIEW = View(azimuth=np.pi, elevation=np.pi / 9, pitch=0.0, distance=10.0, min_depth=1.0, root=0)


def make_objectives(norm="none", weights=WEIGHTS, adversarial_loss="logistic"):
    lifter, discriminator = Lifter(width=16, blocks=1, norm=norm), Discriminator(width=16, blocks=1)
    groups = [cycle_terms(), adversarial_terms(discriminator, adversarial_loss=adversarial_loss)]
    if "rigidity" in weights:
        groups.append(bone_terms(H36M17))
    setup = LiftingSetup(lifter, VIEW)
    if "cameras" in weights:
        groups.append(camera_terms())
        setup = setup._replace(towards_cameras=0.5)
    return lifter, discriminator, lifting_objectives(setup, groups, weights=weights)


def make_state(norm="none", optimizer=None, weights=WEIGHTS):
    lifter, discriminator, objectives = make_objectives(norm, weights)
    pose = jnp.zeros((1, 17, 2))
    variables = lifter.init(jax.random.key(1), pose)
    optimizer = optimizer or optax.adam(1e-3)
    state = create_state(
        jax.random.key(0),
        apply_fn=lifter.apply,
        params={
            "lifter": variables["params"],
            "discriminator": discriminator.init(jax.random.key(2), pose)["params"],
        },
        batch_stats=variables.get("batch_stats", {}),
        optimizers={"lifter": optimizer, "discriminator": optimizer},
        ema_decay=0.9,
    )
    return state, objectives


@pytest.fixture
def source(people, poses):
    return Pools(make_pool(poses, people))


@pytest.fixture
def batch(source):
    return sample_batch(source, jax.random.key(3), jnp.arange(32))


def close(a, b, **tolerance):
    jax.tree.map(functools.partial(np.testing.assert_allclose, **tolerance), a, b)


def differs(a, b):
    return any(not np.array_equal(x, y) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


def test_each_network_learns_from_its_own_loss_alone(batch):
    state, objectives = make_state()

    def louder(name):
        def changed(*args, **kwargs):
            outcome = objectives(*args, **kwargs)
            return outcome._replace(losses={**outcome.losses, name: 5 * outcome.losses[name]})

        return changed

    plain, _ = step.gradients(objectives, state.params, {}, batch)
    for name, other in (("lifter", "discriminator"), ("discriminator", "lifter")):
        grads, _ = step.gradients(louder(name), state.params, {}, batch)
        close(grads[other], plain[other], rtol=1e-5, atol=1e-8)
        close(grads[name], jax.tree.map(lambda g: 5 * g, plain[name]), rtol=1e-4, atol=1e-6)


def test_the_objectives_are_what_the_paper_says(batch):
    """Gradients written out with stop_gradient, one network after the other, for one batch."""
    from geolift.geometry import sample_rotation
    from geolift.losses import consistency_2d, consistency_3d, lift_reproject_lift

    lifter, discriminator, objectives = make_objectives()
    state, _ = make_state()
    rotation = jnp.stack([sample_rotation(key) for key in batch.key])

    def cycle_of(p):
        return lift_reproject_lift(lambda x: lifter.apply({"params": p}, x), batch.pose.joints, rotation)

    def lifter_loss(p):
        cycle = cycle_of(p)
        fake = discriminator.apply({"params": state.params["discriminator"]}, cycle.novel)
        fooled = -jnp.log(jax.nn.sigmoid(fake))
        return (fooled + 10 * consistency_2d(cycle, batch.pose.joints) + 0.001 * consistency_3d(cycle)).mean()

    def discriminator_loss(p):
        novel = jax.lax.stop_gradient(cycle_of(state.params["lifter"]).novel)
        real, fake = (discriminator.apply({"params": p}, x) for x in (batch.real.joints, novel))
        return -(jnp.log(jax.nn.sigmoid(real)) + jnp.log(1 - jax.nn.sigmoid(fake))).mean()

    grads, outcome = step.gradients(objectives, state.params, {}, batch)
    close(grads["lifter"], jax.grad(lifter_loss)(state.params["lifter"]), rtol=1e-3, atol=1e-5)
    close(grads["discriminator"], jax.grad(discriminator_loss)(state.params["discriminator"]), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(outcome.losses["lifter"], lifter_loss(state.params["lifter"]), rtol=1e-5)


def test_one_step_moves_every_network_the_average_and_the_count(batch):
    state, objectives = make_state(norm="batch")
    after, metrics = jax.jit(functools.partial(step.train_step, objectives=objectives))(state, batch)
    for name in ("lifter", "discriminator"):
        assert differs(state.params[name], after.params[name])
    assert differs(state.batch_stats, after.batch_stats)
    assert after.step == 1
    decay = min(0.9, 2 / 11)  # t = 1: the average is still short
    now = {"params": after.params["lifter"], "batch_stats": after.batch_stats}
    expected = jax.tree.map(lambda old, new: decay * old + (1 - decay) * new, state.ema["lifter"], now)
    close(after.ema["lifter"], expected, rtol=1e-5, atol=1e-7)
    assert all(np.isfinite(value) for value in metrics.values())
    np.testing.assert_array_equal(jax.random.key_data(after.key), jax.random.key_data(state.key))


def test_batch_statistics_follow_the_given_poses_not_the_synthetic_ones(batch):
    state, objectives = make_state(norm="batch")
    lifter, _, _ = make_objectives("batch")
    variables = {"params": state.params["lifter"], "batch_stats": state.batch_stats}
    _, expected = lifter.apply(variables, batch.pose.joints, train=True, mutable=["batch_stats"])
    outcome = objectives(state.params, state.batch_stats, batch)
    close(outcome.batch_stats, expected["batch_stats"], rtol=1e-6)


def test_a_third_network_joins_without_a_change_to_the_step(batch):
    """The adapter's place: any network with parameters and a loss of its own is trained beside the others."""
    state, objectives = make_state()

    def three(params, batch_stats, batch, *, axis_name=None):
        adapted = batch._replace(pose=Poses(batch.pose.joints + params["adapter"]["shift"]))
        outcome = objectives(params, batch_stats, adapted, axis_name=axis_name)
        return outcome._replace(losses={**outcome.losses, "adapter": jnp.sum((params["adapter"]["shift"] - 0.1) ** 2)})

    params = {**state.params, "adapter": {"shift": jnp.zeros((1, 17, 2))}}
    state = create_state(
        state.key, apply_fn=state.apply_fn, params=params, batch_stats={},
        optimizers=dict.fromkeys(params, optax.sgd(0.25)), ema_decay=0.9,
    )  # fmt: skip
    for _ in range(2):
        state, _ = step.train_step(state, batch, objectives=three)
    np.testing.assert_allclose(state.params["adapter"]["shift"], 0.075, atol=1e-6)


def run(devices, source, steps, calls, **kwargs):
    state, objectives = make_state(**kwargs)
    program = parallel(jax.devices()[:devices], batch_size=32, steps=steps, sample=sample_batch, objectives=objectives)
    state, source = program.place(state), program.place(source)
    for _ in range(calls):
        state, metrics = program.run(state, source)
    return state, metrics


@pytest.fixture
def synchronised(people, poses):
    data = with_moments_of_clips(people, "people")
    turns = rotation_y(jnp.arange(len(np.unique(data.camera))) * 1.0)
    return Pools(make_pool(poses, data, cameras=FoundCameras((), np.asarray(turns), poses[:0], 0.0)))


@pytest.mark.parametrize(
    ("norm", "drawn", "weights"),
    [
        ("none", "source", WEIGHTS | {"rigidity": 0.01}),
        ("batch", "source", WEIGHTS | {"rigidity": 0.01}),
        ("layer", "synchronised", WEIGHTS | {"rigidity": 0.01, "cameras": 10.0}),
    ],
)
def test_one_device_equals_eight(request, norm, drawn, weights):
    source, kwargs = request.getfixturevalue(drawn), {"norm": norm, "optimizer": optax.sgd(0.01), "weights": weights}
    (one, metrics_1), (eight, metrics_8) = (run(n, source, steps=3, calls=1, **kwargs) for n in (1, 8))
    for a, b in ((one.params, eight.params), (one.batch_stats, eight.batch_stats), (one.ema, eight.ema)):
        close(a, b, rtol=2e-4, atol=2e-6)
    close(metrics_1, metrics_8, rtol=1e-3, atol=1e-5)


def test_replicas_stay_equal(source):
    state, _ = run(8, source, steps=2, calls=2)
    for leaf in jax.tree.leaves(state.params):
        first, *others = (np.asarray(shard.data) for shard in leaf.addressable_shards)
        assert len(others) == 7
        for other in others:
            np.testing.assert_array_equal(first, other)


def test_grouping_steps_into_dispatches_changes_nothing(source):
    (a, _), (b, _) = run(1, source, steps=4, calls=1), run(1, source, steps=2, calls=2)
    close((a.params, a.opt_state, a.ema), (b.params, b.opt_state, b.ema), rtol=1e-5, atol=1e-7)


def test_one_compile_for_the_whole_run(source):
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, *_, **__: compiled.append(event) if "backend_compile" in event else None
    )
    state, objectives = make_state()
    program = parallel(jax.devices(), batch_size=32, steps=2, sample=sample_batch, objectives=objectives)
    state, source = program.place(state), program.place(source)
    state, _ = program.run(state, source)
    jax.block_until_ready(state)
    before = len(compiled)
    assert before > 0, "the listener hears nothing; this test would prove nothing"
    for _ in range(3):
        state, _ = program.run(state, source)
    jax.block_until_ready(state)
    assert len(compiled) == before


def test_state_is_donated(source):
    state, objectives = make_state()
    program = parallel(jax.devices()[:1], batch_size=32, steps=1, sample=sample_batch, objectives=objectives)
    state, source = program.place(state), program.place(source)
    kernel = jax.tree.leaves(state.params)[0]
    program.run(state, source)
    assert kernel.is_deleted() and not source.target.poses.joints.is_deleted()


def test_weights_scale_their_terms(batch):
    state, _ = make_state()
    terms = {}
    for name in WEIGHTS:
        _, _, objectives = make_objectives(weights={**dict.fromkeys(WEIGHTS, 0.0), name: 2.0})
        outcome = objectives(state.params, {}, batch)
        np.testing.assert_allclose(outcome.losses["lifter"], 2 * outcome.metrics[f"term/{name}"], rtol=1e-6)
        terms[name] = outcome.metrics[f"term/{name}"]
    _, _, objectives = make_objectives()
    total = sum(WEIGHTS[name] * value for name, value in terms.items())
    np.testing.assert_allclose(objectives(state.params, {}, batch).losses["lifter"], total, rtol=1e-6)


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="weights: found adversary, expected terms of the groups given"):
        make_objectives(weights={"adversary": 0.0})
    for name in ("likelihood", "proportions", "spread", "symmetry", "temporal"):  # nothing here measures them
        with pytest.raises(ValueError, match=f"weights: found {name}, expected terms of the groups given"):
            make_objectives(weights={"adversarial": 1.0, name: 1.0})
    with pytest.raises(ValueError, match="wasserstein"):
        make_objectives(adversarial_loss="wasserstein")
    with pytest.raises(ValueError, match="found 30, expected a multiple of the 8 devices"):
        parallel(jax.devices(), batch_size=30, steps=1, sample=sample_batch, objectives=None)
    state, _ = make_state()
    with pytest.raises(ValueError, match=r"optimizers: found \['lifter'\]"):
        create_state(
            state.key, apply_fn=None, params=state.params, batch_stats={}, optimizers={"lifter": 0}, ema_decay=0.9
        )
