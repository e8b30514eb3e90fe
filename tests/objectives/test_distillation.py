"""A lifter learns what its teachers lift, on given poses and on new views of what they lift."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift.data.sampling import Batch, Poses
from geolift.networks.mlp import Lifter
from geolift.objectives.augmentation import Augmentation
from geolift.objectives.distillation import distillation_objectives
from geolift.objectives.lifting import LiftingSetup
from geolift.objectives.views import View
from geolift.skeletons.skeleton import H36M17

LIFTER = Lifter(width=16, blocks=1, norm="none", masks=True)
POSES = Poses(0.05 * jax.random.normal(jax.random.key(0), (32, 17, 2)).at[:, 0].set(0))
PARAMS = {"lifter": LIFTER.init(jax.random.key(1), POSES.joints)["params"]}
KEYS = jax.random.split(jax.random.key(2), 32)


def teacher_of(params):
    return lambda poses: LIFTER.apply({"params": params["lifter"]}, poses.joints, poses.seen).at[:, 0].set(0.0)


def outcome(poses=POSES, params=PARAMS, taught=PARAMS, **setup):
    objectives = distillation_objectives(LiftingSetup(LIFTER, View(), **setup), teacher_of(taught))
    return objectives(params, {}, Batch(poses, poses, KEYS))


def test_a_student_that_is_its_teacher_has_no_loss_and_another_has():
    assert outcome().losses["lifter"] == 0
    other = jax.tree.map(lambda x: 1.1 * x, PARAMS)
    assert outcome(params=other).losses["lifter"] > 1e-4


def test_teachers_lift_the_poses_without_noise():
    noisy = Augmentation(noise=0.01, hidden=0.1, skeleton=H36M17)
    assert outcome(augmentation=noisy).losses["lifter"] > 1e-4


def test_other_bodies_are_lifted_by_both():
    bodies = Augmentation(noise=0.0, hidden=0.0, skeleton=H36M17, proportions=0.2)
    assert outcome(augmentation=bodies).losses["lifter"] < 1e-8
    found = [outcome(augmentation=a).metrics["health/depth_spread"] for a in (bodies, None)]
    assert abs(found[0] - found[1]) > 1e-4  # they are other poses


def test_missing_joints_have_no_influence():
    seen = jax.random.bernoulli(jax.random.key(3), 0.8, (32, 17)).at[:, 0].set(True)
    other = jax.tree.map(lambda x: 1.1 * x, PARAMS)
    nonsense = jnp.where(seen[..., None], POSES.joints, 7.0)
    losses = [outcome(Poses(joints, seen), other).losses["lifter"] for joints in (POSES.joints, nonsense)]
    assert losses[0] == losses[1] > 0


@pytest.mark.parametrize("proportions", [0.0, 0.1])
def test_the_student_learns(proportions):
    augmentation = Augmentation(noise=0.002, hidden=0.05, skeleton=H36M17, proportions=proportions)
    taught = {"lifter": LIFTER.init(jax.random.key(5), POSES.joints)["params"]}

    @jax.jit
    def step(params):
        loss = lambda p: outcome(params=p, taught=taught, augmentation=augmentation).losses["lifter"]  # noqa: E731
        value, gradient = jax.value_and_grad(loss)(params)
        return value, jax.tree.map(lambda p, g: p - 0.003 * g, params, gradient)

    params, losses = PARAMS, []
    for _ in range(200):
        value, params = step(params)
        losses.append(float(value))
    assert np.isfinite(losses).all() and np.mean(losses[-10:]) < 0.5 * losses[0]
