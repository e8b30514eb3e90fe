"""The flow is a density, learns from real poses, and gives unlike poses a low one."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.stats import multivariate_t

from geolift.data.sampling import Batch, Poses
from geolift.networks.flow import DEGREES, Flow, PoseFlow, body_parts, fit_whitening
from geolift.networks.mirrored_mlp import mirror_pose
from geolift.objectives.flow import flow_objectives
from geolift.skeletons.skeleton import H36M17
from geolift.training.step import train_step
from geolift.training.train_state import create_state
from tests.networks.test_mirrored_mlp import trained

ROOT = H36M17.root


def test_density_integrates_to_one():
    flow = Flow(layers=3, width=8)
    variables = trained(flow, jnp.zeros((1, 2)))
    axis = jnp.linspace(-14, 14, 1401)
    grid = jnp.stack(jnp.meshgrid(axis, axis), axis=-1)
    density = jnp.exp(flow.apply(variables, grid)).sum() * (axis[1] - axis[0]) ** 2
    np.testing.assert_allclose(density, 1.0, rtol=0.01)


def test_untrained_it_is_student_s_distribution():
    x = jax.random.normal(jax.random.key(2), (7, 5))
    flow = Flow(layers=4, width=8)
    expected = multivariate_t(loc=np.zeros(5), shape=np.eye(5), df=DEGREES).logpdf(np.asarray(x))
    np.testing.assert_allclose(flow.apply(flow.init(jax.random.key(0), x), x), expected, rtol=1e-4)


def test_the_gradient_of_a_pose_unlike_all_others_is_bounded():
    flow, near = Flow(layers=4, width=8), jax.random.normal(jax.random.key(2), (64, 5))
    variables = flow.init(jax.random.key(0), near)
    pull = jax.vmap(jax.grad(lambda x: flow.apply(variables, x)))
    strongest = jnp.linalg.norm(pull(near), axis=-1).max()
    for far in (30.0, 1e3, 1e6):
        assert jnp.linalg.norm(pull(far * near), axis=-1).max() < 2 * strongest


def test_parts_are_of_the_tree_and_leave_the_root_out():
    parts = {name: body_parts(H36M17, [name])[0] for name in ("whole", "legs", "torso", "left", "right")}
    names = {part: {H36M17.names[joint] for joint in joints} for part, joints in parts.items()}
    assert all(ROOT not in joints for joints in parts.values())
    assert names["legs"] == {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")}
    assert names["torso"] == names["whole"] - names["legs"]
    assert {n for n in names["left"] if n.startswith("right")} == set() and len(names["left"]) == len(names["right"])
    with pytest.raises(ValueError, match="parts: found 'arms', expected some of whole, legs, torso, left, right"):
        body_parts(H36M17, ["arms"])


def test_whitening_is_of_the_training_poses(poses):
    flow = PoseFlow(body_parts(H36M17, ["whole", "legs"]), components=8, layers=1, width=8)
    params = fit_whitening(flow, flow.init(jax.random.key(0), poses[:1])["params"], poses)
    for i, part in enumerate(flow.parts):
        flat = np.asarray(poses)[:, list(part)].reshape(len(poses), -1)
        scores = (flat - np.asarray(params[f"mean_{i}"])) @ np.asarray(params[f"axes_{i}"])
        np.testing.assert_allclose(scores.mean(axis=0), 0.0, atol=1e-2)
        np.testing.assert_allclose(np.cov(scores, rowvar=False), np.eye(8), atol=1e-2)
    flat = np.asarray(poses).copy()
    flat[:, 1:] = flat[:, 1:2]
    with pytest.raises(ValueError, match="components: found 8, but the poses of part 0 vary in 2 directions only"):
        fit_whitening(flow, params, flat)


def test_it_learns_from_poses_and_leaves_the_whitening_alone(poses):
    flow = PoseFlow(body_parts(H36M17, ["whole"]), components=10, layers=4, width=32)
    params = fit_whitening(flow, flow.init(jax.random.key(0), poses[:1])["params"], poses)
    state = create_state(
        jax.random.key(1), apply_fn=None, params={"lifter": {}, "flow": params}, batch_stats={}, ema_decay=0.9,
        optimizers={"lifter": optax.sgd(0.0), "flow": optax.adam(3e-3)}, averages=["lifter", "flow"],
    )  # fmt: skip
    objectives = flow_objectives(flow)

    def batch(key):
        a, b = jax.random.randint(key, (2, 128), 0, len(poses))
        return Batch(Poses(jnp.asarray(poses)[a]), Poses(jnp.asarray(poses)[b]), jax.random.split(key, 128))

    step = jax.jit(lambda state, key: train_step(state, batch(key), objectives=objectives))
    losses = []
    for i in range(150):
        state, metrics = step(state, jax.random.key(i))
        losses.append(float(metrics["loss/flow"]))
    assert np.mean(losses[-20:]) < np.mean(losses[:5]) - 0.5
    for name in ("mean_0", "axes_0"):
        np.testing.assert_array_equal(state.params["flow"][name], params[name])

    def density(poses):
        return float(flow.apply({"params": state.ema["flow"]["params"]}, poses).mean())

    real = jnp.asarray(poses)[::37]
    upside_down, swapped = real.at[..., 1].multiply(-1.0), real[:, np.array(H36M17.mirrored)]
    assert density(real) > density(swapped) + 1  # left and right swapped without mirroring
    assert density(real) > density(upside_down) + 10


def test_with_a_mirror_it_learns_from_both_sides(poses):
    flow = PoseFlow(body_parts(H36M17, ["legs"]), components=6, layers=1, width=8)
    params = {"flow": fit_whitening(flow, flow.init(jax.random.key(0), poses[:1])["params"], poses)}
    few = Poses(jnp.asarray(poses)[:8])
    batch = Batch(few, few, jax.random.split(jax.random.key(0), 8))
    mirrored = Batch(few, Poses(mirror_pose(few.joints, H36M17.mirrored)), batch.key)
    losses = [flow_objectives(flow, H36M17.mirrored)(params, {}, b).losses["flow"] for b in (batch, mirrored)]
    plain = flow_objectives(flow)(params, {}, mirrored).losses["flow"]
    np.testing.assert_allclose(losses[0], plain, rtol=1e-5)
    assert abs(losses[1] - plain) > 1e-4


def test_poses_that_miss_joints_do_not_count(poses):
    flow = PoseFlow(body_parts(H36M17, ["whole"]), components=6, layers=1, width=8)
    params = {"flow": fit_whitening(flow, flow.init(jax.random.key(0), poses[:1])["params"], poses)}
    few, seen = jnp.asarray(poses)[:8], jnp.ones((8, 17), bool).at[::2, 3].set(False)
    whole, junk = Poses(few[1::2], seen[1::2]), Poses(few.at[::2, 3].set(99.0), seen)

    def loss(poses, axis_name=None):
        keys = jax.random.split(jax.random.key(0), len(poses.joints))
        return flow_objectives(flow)(params, {}, Batch(poses, poses, keys), axis_name=axis_name).losses["flow"]

    np.testing.assert_allclose(loss(junk), loss(whole), rtol=1e-6)
    shares = jax.tree.map(
        lambda x: x.reshape(2, 4, *x.shape[1:]), Poses(few.at[:6, 3].set(99.0), seen.at[:6, 3].set(False))
    )
    parts = jax.vmap(lambda p: loss(p, "devices"), axis_name="devices")(shares)  # one has no whole pose at all
    np.testing.assert_allclose(parts.mean(), loss(Poses(few[7:], seen[7:])), rtol=1e-6)
    none = Poses(few, jnp.zeros((8, 17), bool))
    assert loss(none) == 0


def test_gradients_towards_poses_are_finite_far_away():
    flow = PoseFlow(body_parts(H36M17, ["whole"]), components=8, layers=4, width=16)
    variables = trained(flow, jnp.zeros((1, 17, 2)))
    for size in (0.0, 1.0, 1e3):
        grads = jax.grad(lambda x: flow.apply(variables, x).sum())(jnp.full((2, 17, 2), size))
        assert jnp.isfinite(grads).all()
