"""Views about a tilt that is fixed, given or learnt."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift.data.sampling import Poses
from geolift.geometry import gravity_of, rotate, rotation_x, sample_rotation, tilt_of
from geolift.networks.mirrored_mlp import mirror_pose
from geolift.networks.mlp import Lifter
from geolift.networks.tilt import MeanPitch, PitchRange, PosePitch, PoseTilt, unfold_tilt
from geolift.objectives.keys import split_keys
from geolift.objectives.views import View, random_views
from geolift.skeletons.skeleton import H36M17

VIEW = View(azimuth=np.pi, elevation=0.05, pitch=0.15, distance=10.0, min_depth=1.0, root=0)
POSES = Poses(0.1 * jax.random.normal(jax.random.key(0), (500, 17, 2)))
OTHERS = Poses(0.1 * jax.random.normal(jax.random.key(3), (500, 17, 2)))
KEYS = jax.random.split(jax.random.key(1), 500)
UP = jnp.array([0.0, -1.0, 0.0])
WIDE = PitchRange(-0.3, 0.9, 0.26)


def mean_pitch():
    return MeanPitch(), {"logit": jnp.float32(0.3)}


def pose_pitch():
    camera = PosePitch(Lifter(width=16, blocks=1, norm="none"))
    return camera, camera.init(jax.random.key(2), POSES.joints)["params"]


def pose_tilt(mirrored=(), **changes):
    """A network as it may be after training: its last layer is not zero."""
    camera = PoseTilt(width=16, blocks=1, range=WIDE, mirrored=mirrored, **changes)
    params = camera.init(jax.random.key(2), POSES.joints)["params"]
    return camera, jax.tree.map(lambda x: x + 0.1 * jax.random.normal(jax.random.key(4), x.shape), params)


LEARNT = {"mean": mean_pitch, "elepose": pose_pitch, "pose": pose_tilt}


def draw(camera, params, poses=POSES, view=VIEW):
    return random_views(view, camera)(params, poses, OTHERS, split_keys(KEYS))


def test_a_fixed_pitch_is_that_of_the_geometry():
    views = draw(None, None)
    expected = jax.vmap(lambda key: sample_rotation(key, elevation=0.05, pitch=0.15))(KEYS)
    np.testing.assert_allclose(views.rotation, expected, atol=1e-6)
    assert not views.health and not views.losses


def test_views_from_anywhere_use_no_angle():
    views, other = (draw(None, None, view=View(anywhere=True, pitch=pitch)) for pitch in (0.0, 0.4))
    np.testing.assert_array_equal(views.rotation, other.rotation)
    down = np.asarray(views.rotation)[:, 1, 1]
    assert (down > 0.5).mean() > 0.2 and (down < -0.5).mean() > 0.2  # a quarter each, upright and upside down
    assert not views.health and not views.losses


def test_gravity_stays_what_it_is_but_for_the_elevation():
    camera, params = mean_pitch()
    views = draw(camera, params)
    pitch = float(views.health["pitch"])
    assert 0 < pitch < PitchRange().high
    gravity = rotation_x(jnp.array(pitch)) @ UP  # as seen by a camera that looks down by it
    angle = jnp.arccos(jnp.clip(views.rotation @ gravity @ gravity, -1, 1))
    assert angle.max() <= 0.05 + 1e-3
    assert angle.max() > 0.04


@pytest.mark.parametrize("logit", [-50.0, 50.0])
def test_a_pitch_stays_in_its_range_however_far_it_is_pushed(logit):
    pitch = MeanPitch(WIDE).apply({"params": {"logit": jnp.float32(logit)}}, POSES.joints).pitch
    assert pitch.min() >= WIDE.low - 1e-6 and pitch.max() <= WIDE.high + 1e-6


@pytest.mark.parametrize("range", [PitchRange(), WIDE, PitchRange(-0.9, 0.1, -0.3)])
def test_a_pitch_starts_where_its_range_says(range):
    for network in (MeanPitch(range), PoseTilt(width=16, blocks=1, range=range)):
        tilt = network.apply(network.init(jax.random.key(0), POSES.joints), POSES.joints)
        np.testing.assert_allclose(tilt.pitch, range.start, atol=1e-6)
        assert tilt.roll is None or not tilt.roll.any()


def test_with_elepose_every_pose_is_levelled_by_its_pitch_and_tilted_as_others_are():
    camera, params = pose_pitch()
    views = draw(camera, params, view=VIEW._replace(azimuth=0.0, elevation=0.0))
    rotation, health = views.rotation, views.health
    pitch = camera.apply({"params": params}, POSES.joints).pitch
    np.testing.assert_allclose(health["pitch"], pitch.mean(), rtol=1e-4)
    np.testing.assert_allclose(health["pitch_deviation"], pitch.std(), rtol=1e-3)
    turned = jnp.arctan2(rotation[:, 2, 1], rotation[:, 1, 1])  # without azimuth, new pitch - pitch about x
    new = turned + pitch
    np.testing.assert_allclose(new.mean(), pitch.mean(), atol=4 * float(pitch.std()) / 500**0.5)
    np.testing.assert_allclose(new.std(), pitch.std(), rtol=0.15)
    assert abs(np.corrcoef(new, pitch)[0, 1]) < 0.2


def gravity_after(views, tilt):
    """Gravity of each pose, as its random view sees it."""
    return rotate(gravity_of(*tilt)[:, None], views.rotation)[:, 0]


def test_with_a_tilt_per_pose_its_gravity_becomes_that_of_another_pose():
    camera, params = pose_tilt()
    views = draw(camera, params, view=VIEW._replace(elevation=0.0))
    tilt, other = (camera.apply({"params": params}, poses.joints) for poses in (POSES, OTHERS))
    assert tilt.pitch.std() > 0.02 and tilt.roll.std() > 0.02
    np.testing.assert_allclose(gravity_after(views, tilt), gravity_of(*other), atol=1e-5)


def test_given_gravity_is_used_where_it_is_known_and_learnt_from():
    camera, params = pose_tilt()
    given = gravity_of(jnp.linspace(-0.2, 0.8, 500), jnp.linspace(0.3, -0.3, 500)).at[::2].set(jnp.nan)
    views = draw(camera, params, POSES._replace(gravity=given), VIEW._replace(elevation=0.0))
    estimated = camera.apply({"params": params}, POSES.joints)
    known = np.arange(500) % 2 == 1
    used = [np.where(known, g, e) for g, e in zip(tilt_of(given), estimated, strict=True)]
    other = camera.apply({"params": params}, OTHERS.joints)
    np.testing.assert_allclose(gravity_after(views, used), gravity_of(*other), atol=1e-5)
    cosine = (gravity_of(*estimated) * given).sum(-1)[known]
    np.testing.assert_allclose(views.losses["camera"], (1 - cosine).mean(), rtol=1e-4)
    # Where gravity is given, it decides which twin is learnt, whatever the sign of the pitch.
    np.testing.assert_allclose(views.health["pitch_reversed"], (~known & (estimated.pitch < 0)).mean(), atol=1e-6)
    right = draw(camera, params, POSES._replace(gravity=gravity_of(*estimated)))
    np.testing.assert_allclose(right.losses["camera"], 0, atol=1e-6)


def test_a_mirrored_pose_has_the_same_pitch_and_the_opposite_roll():
    camera, params = pose_tilt(H36M17.mirrored)
    pitch, roll = camera.apply({"params": params}, POSES.joints)
    same, opposite = camera.apply({"params": params}, mirror_pose(POSES.joints, H36M17.mirrored))
    np.testing.assert_allclose(same, pitch, atol=1e-6)
    np.testing.assert_allclose(opposite, -roll, atol=1e-6)
    assert np.abs(roll).max() > 0.02
    kept, variables = unfold_tilt(camera, {"params": params})
    assert not kept.mirrored
    np.testing.assert_allclose(kept.apply(variables, POSES.joints), (pitch, roll), atol=1e-6)


def test_health_shows_a_pitch_at_its_bound_and_one_whose_sign_has_changed():
    camera = MeanPitch(WIDE)
    at = {logit: draw(camera, {"logit": jnp.float32(logit)}).health for logit in (-20.0, 0.0, 20.0)}
    assert [health["pitch_at_bound"] for health in at.values()] == [1, 0, 1]
    assert [health["pitch_reversed"] for health in at.values()] == [1, 0, 0]


@pytest.mark.parametrize("kind", LEARNT)
def test_the_camera_learns_from_the_views(kind):
    camera, params = LEARNT[kind]()

    def leaning(params):
        return (draw(camera, params).rotation @ UP)[:, 2].mean()

    grads = jax.tree.leaves(jax.grad(leaning)(params))
    assert all(jnp.isfinite(grad).all() for grad in grads)
    assert max(jnp.abs(grad).max() for grad in grads) > 1e-6


def test_gradients_are_finite_where_gravity_is_not_known():
    camera, params = pose_tilt()
    poses = POSES._replace(gravity=jnp.full((500, 3), jnp.nan))
    grads = jax.tree.leaves(jax.grad(lambda p: draw(camera, p, poses).rotation.sum())(params))
    assert all(jnp.isfinite(grad).all() for grad in grads)


@pytest.mark.parametrize("kind", LEARNT)
def test_shared_over_devices_the_views_are_the_same(kind):
    camera, params = LEARNT[kind]()
    draw = random_views(VIEW, camera)
    whole = draw(params, POSES, OTHERS, split_keys(KEYS)).rotation

    def share(joints, others, keys):
        return draw(params, Poses(joints), Poses(others), split_keys(keys), "devices").rotation

    apart = jax.vmap(share, axis_name="devices")(
        POSES.joints.reshape(4, 125, 17, 2), OTHERS.joints.reshape(4, 125, 17, 2), KEYS.reshape(4, 125)
    )
    np.testing.assert_allclose(apart.reshape(500, 3, 3), whole, atol=1e-4)
