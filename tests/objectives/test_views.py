"""Views about a pitch that is given or learnt."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift.data.sampling import Poses
from geolift.geometry import rotation_x, sample_rotation
from geolift.networks.mlp import Lifter
from geolift.networks.pitch import STEEPEST, MeanPitch, PosePitch
from geolift.objectives.keys import split_keys
from geolift.objectives.views import View, random_views

VIEW = View(azimuth=np.pi, elevation=0.05, pitch=0.15, distance=10.0, min_depth=1.0, root=0)
POSES = Poses(0.1 * jax.random.normal(jax.random.key(0), (500, 17, 2)))
KEYS = jax.random.split(jax.random.key(1), 500)
UP = jnp.array([0.0, -1.0, 0.0])


def pose_pitch():
    camera = PosePitch(Lifter(width=16, blocks=1, norm="none"))
    return camera, camera.init(jax.random.key(2), *POSES)["params"]


def test_a_given_pitch_is_that_of_the_geometry():
    rotation, health = random_views(VIEW)(None, POSES, split_keys(KEYS))
    expected = jax.vmap(lambda key: sample_rotation(key, elevation=0.05, pitch=0.15))(KEYS)
    np.testing.assert_allclose(rotation, expected, atol=1e-6)
    assert not health


def test_gravity_stays_what_it_is_but_for_the_elevation():
    camera = MeanPitch()
    params = camera.init(jax.random.key(0), *POSES)["params"]
    rotation, health = random_views(VIEW, camera)(params, POSES, split_keys(KEYS))
    pitch = float(health["pitch"])
    assert 0 < pitch < STEEPEST
    gravity = rotation_x(jnp.array(pitch)) @ UP  # as seen by a camera that looks down by it
    angle = jnp.arccos(jnp.clip(rotation @ gravity @ gravity, -1, 1))
    assert angle.max() <= 0.05 + 1e-3
    assert angle.max() > 0.04


@pytest.mark.parametrize("logit", [-50.0, 50.0])
def test_cameras_never_look_up_however_far_the_pitch_is_pushed(logit):
    pitch = MeanPitch().apply({"params": {"logit": jnp.float32(logit)}}, *POSES)
    assert pitch.min() >= 0 and pitch.max() <= STEEPEST


def test_every_pose_is_levelled_by_its_own_pitch_and_tilted_as_others_are():
    camera, params = pose_pitch()
    view = VIEW._replace(azimuth=0.0, elevation=0.0)
    rotation, health = random_views(view, camera)(params, POSES, split_keys(KEYS))
    pitch = camera.apply({"params": params}, *POSES)
    np.testing.assert_allclose(health["pitch"], pitch.mean(), rtol=1e-4)
    np.testing.assert_allclose(health["pitch_deviation"], pitch.std(), rtol=1e-3)
    turned = jnp.arctan2(rotation[:, 2, 1], rotation[:, 1, 1])  # without azimuth, tilt - pitch about x
    tilt = turned + pitch
    np.testing.assert_allclose(tilt.mean(), pitch.mean(), atol=4 * float(pitch.std()) / 500**0.5)
    np.testing.assert_allclose(tilt.std(), pitch.std(), rtol=0.15)
    assert abs(np.corrcoef(tilt, pitch)[0, 1]) < 0.2


@pytest.mark.parametrize("kind", ["mean", "pose"])
def test_the_camera_learns_from_the_views(kind):
    camera, params = (MeanPitch(), {"logit": jnp.float32(0.3)}) if kind == "mean" else pose_pitch()

    def leaning(params):
        rotation, _ = random_views(VIEW, camera)(params, POSES, split_keys(KEYS))
        return (rotation @ UP)[:, 2].mean()

    grads = jax.tree.leaves(jax.grad(leaning)(params))
    assert all(jnp.isfinite(grad).all() for grad in grads)
    assert max(jnp.abs(grad).max() for grad in grads) > 1e-6


@pytest.mark.parametrize("kind", ["mean", "pose"])
def test_shared_over_devices_the_views_are_the_same(kind):
    camera, params = (MeanPitch(), {"logit": jnp.float32(0.3)}) if kind == "mean" else pose_pitch()
    draw = random_views(VIEW, camera)
    whole, _ = draw(params, POSES, split_keys(KEYS))
    shares = jax.vmap(lambda poses, keys: draw(params, poses, split_keys(keys), "devices")[0], axis_name="devices")
    apart = shares(Poses(POSES.joints.reshape(4, 125, 17, 2)), KEYS.reshape(4, 125))
    np.testing.assert_allclose(apart.reshape(500, 3, 3), whole, atol=1e-4)
