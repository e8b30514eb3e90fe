"""The lifter's objectives: pairs seen from one view, joints that are missing, five networks at once."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from geolift import losses
from geolift.data.sampling import BY, Pools, make_pool, sample_batch
from geolift.errors import DatasetError
from geolift.geometry import inverse, project, sample_rotation
from geolift.networks.mlp import Adapter, Discriminator, Lifter
from geolift.objectives import motion
from geolift.objectives.adaptation import SourceDomain, adaptation_objectives
from geolift.objectives.adversarial import adversarial_terms
from geolift.objectives.cycle import cycle_terms
from geolift.objectives.lifting import LiftingSetup, lifting_objectives
from geolift.objectives.motion import motion_terms
from geolift.objectives.outcome import combine
from geolift.training import step
from geolift.training.devices import parallel, stack, unstack
from geolift.training.train_state import create_state
from tests.training.test_step import VIEW, close

WEIGHTS = {"adversarial": 1.0, "consistency_2d": 10.0, "consistency_3d": 0.001, "temporal": 1.0}
POSE = jnp.zeros((1, 17, 2))


def make(*, masks=False, with_pose=False, domain=False, weights=WEIGHTS):
    """The paper's full objectives with small networks: objectives and params."""
    size = {"width": 16, "blocks": 1, "masks": masks}
    networks = {
        "lifter": Lifter(**size, norm="none"), "discriminator": Discriminator(**size),
        "motion_discriminator": Discriminator(**size),
    }  # fmt: skip
    if domain:
        networks |= {"adapter": Adapter(**size), "domain_discriminator": Discriminator(**size)}
    wide = jnp.zeros((1, 34, 2))
    params = {
        name: network.init(
            jax.random.key(i), wide if with_pose and name == "motion_discriminator" else POSE
        )["params"]
        for i, (name, network) in enumerate(networks.items())
    }  # fmt: skip
    setup = LiftingSetup(
        networks["lifter"], VIEW, source_domain=SourceDomain(networks["adapter"], every=4) if domain else None
    )
    groups = [
        cycle_terms(), adversarial_terms(networks["discriminator"]),
        motion_terms(networks["motion_discriminator"], gain=10.0, with_pose=with_pose),
    ]  # fmt: skip
    objectives = lifting_objectives(setup, groups, weights=weights)
    if domain:
        adapter = (networks["adapter"], networks["domain_discriminator"])
        adapting = adaptation_objectives(*adapter, weight=1.0, squared=True, adversarial_loss="logistic", root=0)
        objectives = combine(objectives, adapting)
        params["adapter"] = jax.tree.map(lambda x: x + 0.01, params["adapter"])
    return objectives, params


@pytest.fixture
def pairs(people, poses):
    return make_pool(poses, people, gap=2)


@pytest.fixture
def missing(people):
    """The procedural people with joints that were not seen, never the root."""
    rng = np.random.default_rng(1)
    unseen = rng.random(people.confidence.shape) < 0.2
    unseen[:, people.skeleton.root] = False
    return people._replace(confidence=people.confidence * ~unseen)


def draw(pool, n=32, source=None):
    return sample_batch(Pools(pool, source), jax.random.key(7), jnp.arange(n))


# Pairs


def test_pairs_are_of_one_clip_and_the_gap_apart(people, poses):
    frame = {pose.tobytes(): i for i, pose in enumerate(poses)}
    for by in BY:
        pool = make_pool(poses, people, by=by, gap=3)
        a, b = (np.array([frame[np.asarray(x).tobytes()] for x in p.joints]) for p in (pool.poses, pool.later))
        np.testing.assert_array_equal(b - a, 3)
        np.testing.assert_array_equal(people.clip_of_frame[a], people.clip_of_frame[b])
        assert len(a) == people.frames - 3 * len(people.start)  # the last three frames of a clip have no partner
        batch = draw(pool, 200)
        for now, later in ((batch.pose, batch.later), (batch.real, batch.real_later)):
            a, b = (np.array([frame[np.asarray(x).tobytes()] for x in p.joints]) for p in (now, later))
            np.testing.assert_array_equal(b - a, 3)


def test_a_frame_that_misses_a_joint_is_in_no_pair(people, poses):
    confidence = people.confidence.copy()
    confidence[5, 3] = 0
    pool = make_pool(poses, people._replace(confidence=confidence), gap=3)
    for side in (pool.poses, pool.later):
        assert not (np.asarray(side.joints) == poses[5]).all((1, 2)).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d._replace(fps=np.where(np.arange(len(d.fps)) == 1, 25, d.fps)), "found 10, 25 frames per second"),
        (lambda d: d._replace(fps=0 * d.fps), "found 0 frames per second, expected one constant rate"),
    ],
)
def test_temporal_training_needs_a_constant_rate(people, poses, change, message):
    with pytest.raises(DatasetError, match=message):
        make_pool(poses, change(people), gap=1)
    make_pool(poses, change(people))  # without pairs it does not matter


def test_clips_shorter_than_the_gap_give_no_pair(people, poses):
    with pytest.raises(DatasetError, match="no clip holds two usable frames that are 500 apart"):
        make_pool(poses, people, gap=500)


# Motion


def test_both_frames_of_a_pair_are_rotated_alike(pairs, monkeypatch):
    """The motion discriminator sees one rigid rotation of both lifted frames, and no other."""
    seen = []
    plain = motion.displacement
    monkeypatch.setattr(motion, "displacement", lambda *a, **k: (seen.append(a), plain(*a, **k))[1])
    objectives, params = make()
    batch = draw(pairs)
    objectives(params, {}, batch)
    lifter = Lifter(width=16, blocks=1, norm="none")
    rotation = jnp.stack([sample_rotation(key) for key in batch.key])
    (real, real_later), (now, later) = seen
    for found, pose in ((now, batch.pose), (later, batch.later)):
        lifted = losses.lift_pose(lambda x: lifter.apply({"params": params["lifter"]}, x), pose.joints)
        np.testing.assert_allclose(found, project(losses.rotate_about_root(lifted, rotation)), atol=1e-6)
    np.testing.assert_array_equal(real, batch.real.joints)
    np.testing.assert_array_equal(real_later, batch.real_later.joints)
    assert not np.allclose(later, project(losses.rotate_about_root(lifted, inverse(rotation))), atol=1e-3)


def test_motion_is_displacement_alone_or_beside_the_pose():
    pose, later = jax.random.normal(jax.random.key(0), (2, 5, 17, 2))
    np.testing.assert_allclose(losses.displacement(pose, later, gain=3.0), 3 * (later - pose), rtol=1e-6)
    np.testing.assert_allclose(losses.displacement(pose, pose), 0)
    both = losses.displacement(pose, later, with_pose=True)
    assert both.shape == (5, 34, 2)
    np.testing.assert_array_equal(both[:, 17:], pose)
    with pytest.raises(ValueError, match="later: found shape"):
        losses.displacement(pose, later[:2])


@pytest.mark.parametrize("with_pose", [False, True])
def test_the_motion_terms_by_hand(pairs, with_pose):
    objectives, params = make(with_pose=with_pose)
    batch = draw(pairs)
    outcome = objectives(params, {}, batch)
    lifter, discriminator = Lifter(width=16, blocks=1, norm="none"), Discriminator(width=16, blocks=1)
    rotation = jnp.stack([sample_rotation(key) for key in batch.key])

    def novel(pose):
        lifted = losses.lift_pose(lambda x: lifter.apply({"params": params["lifter"]}, x), pose.joints)
        return project(losses.rotate_about_root(lifted, rotation))

    def output(now, later):
        seen = losses.displacement(now, later, gain=10.0, with_pose=with_pose)
        return discriminator.apply({"params": params["motion_discriminator"]}, seen)

    fake = output(novel(batch.pose), novel(batch.later))
    real = output(batch.real.joints, batch.real_later.joints)
    expected = -jnp.log(jax.nn.sigmoid(fake)).mean()
    np.testing.assert_allclose(outcome.metrics["term/temporal"], expected, rtol=1e-5)
    expected = -(jnp.log(jax.nn.sigmoid(real)) + jnp.log(1 - jax.nn.sigmoid(fake))).mean()
    np.testing.assert_allclose(outcome.losses["motion_discriminator"], expected, rtol=1e-5)
    without = make(with_pose=with_pose, weights={**WEIGHTS, "temporal": 0.0})[0](params, {}, batch)
    np.testing.assert_allclose(
        outcome.losses["lifter"] - without.losses["lifter"], outcome.metrics["term/temporal"], rtol=1e-4
    )


# Each network's own loss


def test_each_of_five_networks_learns_from_its_own_loss_alone(pairs, people, poses):
    objectives, params = make(domain=True)
    batch = draw(pairs, source=make_pool(1.1 * poses, people))

    def louder(name, *args, **kwargs):
        outcome = objectives(*args, **kwargs)
        return outcome._replace(losses={**outcome.losses, name: 5 * outcome.losses[name]})

    plain, _ = step.gradients(objectives, params, {}, batch)
    assert set(plain) == set(params) and len(params) == 5
    for name in params:
        assert any(np.abs(g).max() > 0 for g in jax.tree.leaves(plain[name])), name
        grads, _ = step.gradients(functools.partial(louder, name), params, {}, batch)
        for other in set(params) - {name}:
            close(grads[other], plain[other], rtol=1e-4, atol=1e-7)
        close(grads[name], jax.tree.map(lambda g: 5 * g, plain[name]), rtol=1e-3, atol=1e-5)


# Masks


def junk(poses, rng):
    """The same poses with something else at every joint that was not seen."""
    if poses is None:
        return None
    other = rng.normal(scale=1e3, size=poses.joints.shape).astype("f")
    return poses._replace(joints=jnp.where(poses.seen[..., None], poses.joints, other))


@pytest.mark.parametrize("with_pose", [False, True])
def test_missing_joints_change_nothing(missing, poses, rng, with_pose):
    """Losses, metrics and gradients are the same to the bit whatever stands at joints that were not seen."""
    objectives, params = make(masks=True, domain=True, with_pose=with_pose)
    pool = make_pool(poses, missing, masks=True, gap=2)
    batch = draw(pool, source=make_pool(1.1 * poses, missing, masks=True))
    assert not batch.pose.seen.all()
    filled = batch._replace(
        **{key: junk(getattr(batch, key), rng) for key in ("pose", "real", "later", "real_later", "source")}
    )
    gradients = jax.jit(functools.partial(step.gradients, objectives))
    (a, outcome_a), (b, outcome_b) = (gradients(params, {}, x) for x in (batch, filled))
    for x, y in zip(jax.tree.leaves((a, outcome_a)), jax.tree.leaves((b, outcome_b)), strict=True):
        np.testing.assert_array_equal(x, y)
        assert np.isfinite(x).all()


def test_which_joints_are_missing_is_seen(missing, poses):
    objectives, params = make(masks=True)
    batch = draw(make_pool(poses, missing, masks=True, gap=2))
    whole = batch._replace(pose=batch.pose._replace(seen=jnp.ones_like(batch.pose.seen)))
    assert objectives(params, {}, batch).losses["lifter"] != objectives(params, {}, whole).losses["lifter"]


def test_with_nothing_missing_masks_change_nothing_in_the_losses():
    cycle = losses.lift_reproject_lift(lambda x: jnp.sin(7 * x.sum(-1)), 0.1 * jax.random.normal(
        jax.random.key(0), (4, 17, 2)), sample_rotation(jax.random.key(1), (4,)))  # fmt: skip
    seen = jnp.ones((4, 17), bool)
    np.testing.assert_array_equal(losses.consistency_3d(cycle, seen), losses.consistency_3d(cycle))
    one = seen.at[:, 3].set(False)
    expected = jnp.delete(cycle.rotated - cycle.relifted, 3, axis=1)
    np.testing.assert_allclose(losses.consistency_3d(cycle, one), (expected**2).sum((1, 2)), rtol=1e-5)
    assert losses.correction_size(jnp.ones((4, 17, 2)), one)[0] == 32
    lengths = losses.correction_size(3 * jnp.ones((4, 17, 2)), one, squared=False)
    np.testing.assert_allclose(lengths, 16 * 3 * np.sqrt(2), rtol=1e-6)


def test_frames_without_the_root_are_left_out(missing, poses):
    confidence = missing.confidence.copy()
    confidence[:9, 0] = 0
    pool = make_pool(poses, missing._replace(confidence=confidence), masks=True)
    assert len(pool.poses.joints) == missing.frames - 9
    np.testing.assert_array_equal(pool.poses.seen, confidence[9:] > 0)


def test_a_network_without_a_mask_channel_refuses_masks():
    network = Discriminator(width=8, blocks=1)
    variables = network.init(jax.random.key(0), POSE)
    with pytest.raises(ValueError, match="seen: found a mask, expected none"):
        network.apply(variables, POSE, jnp.ones((1, 17), bool))
    network = Discriminator(width=8, blocks=1, masks=True)
    variables = network.init(jax.random.key(0), POSE)
    with pytest.raises(ValueError, match=r"seen: found shape \(1, 5\)"):
        network.apply(variables, POSE, jnp.ones((1, 5), bool))


# Several seeds at once


def test_seeds_side_by_side_equal_each_alone(pairs, people, poses):
    """Five networks, four steps: the state and the log of every seed are those of its run alone."""
    objectives, params = make(domain=True)
    pools = Pools(pairs, make_pool(1.1 * poses, people))
    states = [
        create_state(
            jax.random.key(seed), apply_fn=None, params=jax.tree.map(lambda x, s=seed: x * (1 + 0.1 * s), params),
            batch_stats={}, optimizers=dict.fromkeys(params, optax.sgd(0.01)), ema_decay=0.9,
        )
        for seed in range(3)
    ]  # fmt: skip
    arguments = {"batch_size": 32, "steps": 2, "sample": sample_batch, "objectives": objectives}
    several = parallel(jax.devices()[:2], **arguments, replicas=True)
    alone = parallel(jax.devices()[:2], **arguments)
    state, source = several.place(stack(states)), several.place(pools)
    for _ in range(2):
        state, log = several.run(state, source)
    for i, single in enumerate(states):
        one = alone.place(single)
        for _ in range(2):
            one, expected = alone.run(one, source)
        found = unstack(state, i)
        close((found.params, found.ema), (one.params, one.ema), rtol=1e-4, atol=1e-6)
        assert found.step == one.step == 4
        np.testing.assert_array_equal(jax.random.key_data(found.key), jax.random.key_data(one.key))
        close({k: v[i] for k, v in log.items()}, expected, rtol=1e-3, atol=1e-5)
