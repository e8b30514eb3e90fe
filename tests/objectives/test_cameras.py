"""Synchronised cameras in training: true 3D agrees with what another camera saw; views are drawn towards it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift.data.found_cameras import FoundCameras
from geolift.data.moments import with_moments_of_clips
from geolift.data.sampling import Pools, make_pool, sample_batch
from geolift.geometry import rotation_y
from geolift.objectives.cameras import JITTER, camera_terms, towards_cameras
from geolift.objectives.keys import split_keys
from geolift.objectives.terms import LiftedBatch
from geolift.objectives.views import View

VIEW = View()


@pytest.fixture(scope="module")
def pools(people):
    """Four cameras around simple bodies, whose 2D is what distance and rotation say."""
    data = with_moments_of_clips(people, "people")
    names = np.unique(data.camera)
    rotation = np.asarray(rotation_y(jnp.linspace(0.0, 2.0, len(names))))
    rng = np.random.default_rng(0)
    first = np.unique(np.char.add(data.subject, data.clip), return_inverse=True)[1]
    bodies = 0.5 * rng.normal(size=(first.max() + 1, len(data.skeleton.names), 3))
    bodies[:, data.skeleton.root] = 0
    camera = np.unique(data.camera, return_inverse=True)[1]
    seen_from = np.einsum("cij,cnj->cni", rotation[camera], bodies[first])[data.clip_of_frame]
    poses = (seen_from[..., :2] / (seen_from[..., 2:] + VIEW.distance)).astype(np.float32)
    found = FoundCameras(tuple(names), rotation, np.zeros((1, 17, 3)), 0.0)
    return Pools(make_pool(poses, data, cameras=found)), seen_from


@pytest.fixture(scope="module")
def batch(pools):
    return jax.jit(sample_batch)(pools[0], jax.random.key(0), jnp.arange(64))


def lifted(batch, points):
    """What terms are computed from, with these points `[N, J, 3]`."""

    class Cycle:
        lifted = jnp.asarray(points).at[..., 2].add(VIEW.distance)

    target = np.arange(len(points))
    return LiftedBatch(batch, batch.pose, batch.real, target, None, Cycle, None, {}, VIEW)


def true_points(pools, batch):
    poses = np.asarray(pools[0].target.poses.joints)
    place = {pose.tobytes(): i for i, pose in enumerate(poses)}
    return pools[1][[place[np.asarray(pose).tobytes()] for pose in batch.pose.joints]]


def test_a_partner_is_the_same_body_in_another_camera(pools, batch):
    turned = np.einsum("nij,nkj->nki", batch.partner.rotation, true_points(pools, batch))
    shown = turned[..., :2] / (turned[..., 2:] + VIEW.distance)
    assert batch.partner.known.all()
    np.testing.assert_allclose(shown, batch.partner.pose.joints, atol=1e-5)
    assert (np.abs(np.subtract(batch.partner.pose.joints, batch.pose.joints)).max(axis=(1, 2)) > 0.01).all()
    angles = set(np.trace(batch.partner.rotation, axis1=1, axis2=2).round(3).tolist())
    assert len(angles) == 3  # of four cameras at equal steps: by one, two or three of them


@jax.jit
def term(batch, points):
    return camera_terms().compute(lifted(batch, points)).terms["cameras"]


def test_true_3d_agrees_with_the_other_camera_and_mirrored_3d_does_not(pools, batch):
    points = true_points(pools, batch)
    true, flat, mirrored = (float(term(batch, points * np.float32([1, 1, z]))) for z in (1, 0, -1))
    assert true < 1e-8
    assert flat > 1e-3 and mirrored > flat
    pose = batch.partner.pose._replace(joints=0.7 * batch.partner.pose.joints)
    assert term(batch._replace(partner=batch.partner._replace(pose=pose)), points) < 1e-8  # its size is free


def test_joints_and_poses_without_another_view_do_not_count(pools, batch):
    points = np.float32(true_points(pools, batch))
    own, other, known = np.ones((64, 17), bool), np.ones((64, 17), bool), np.arange(64) % 2 == 0
    own[:, 3], other[:, 5] = False, False
    pose = batch.partner.pose._replace(seen=other)
    masked = batch._replace(pose=batch.pose._replace(seen=own), partner=batch.partner._replace(pose=pose, known=known))
    value, slope = jax.jit(jax.value_and_grad(term, argnums=1))(masked, points + 0.1)
    slope = np.abs(slope).sum(axis=2)
    assert value > 0
    assert (slope[:, [3, 5]] == 0).all() and (slope[1::2] == 0).all()
    assert (slope[::2, [1, 2, 4, 6]] > 0).all()


def test_views_are_beside_another_camera_where_there_is_one(batch):
    partner = batch.partner._replace(known=np.arange(64) % 2 == 0)
    random = np.stack([np.eye(3, dtype=np.float32)] * 64)
    draw = jax.jit(lambda partner, share: towards_cameras(random, partner, split_keys(batch.key), share))
    views = np.asarray(draw(partner, 1.0))
    np.testing.assert_array_equal(views[1::2], random[1::2])
    beside = np.einsum("nij,nkj->nik", views, batch.partner.rotation)[::2]
    angle = np.arccos(np.clip((np.trace(beside, axis1=1, axis2=2) - 1) / 2, -1, 1))
    assert 0.5 * JITTER < angle.mean() < 3 * JITTER
    some = np.asarray(draw(batch.partner, 0.5))
    assert 0.25 < (some == random).all(axis=(1, 2)).mean() < 0.75


def test_a_pool_keeps_partners_through_groups_and_gaps_of_frames(people):
    data = with_moments_of_clips(people, "people")
    found = FoundCameras(tuple(np.unique(data.camera)), np.stack([np.eye(3)] * 4), np.zeros((1, 17, 3)), 0.0)
    confidence = data.confidence.copy()
    confidence[np.random.default_rng(0).random(data.frames) < 0.5, 5] = 0  # these frames are left out
    tagged = np.zeros((data.frames, 17, 2), np.float32)
    number = data.moment[data.clip_of_frame] + np.arange(data.frames) - data.start[data.clip_of_frame]
    subject = np.unique(data.subject, return_inverse=True)[1][data.clip_of_frame]
    tagged[..., 0], tagged[..., 1] = number[:, None], subject[:, None]
    pool = make_pool(tagged, data._replace(confidence=confidence), by="action", cameras=found)
    batch = jax.jit(sample_batch)(Pools(pool), jax.random.key(3), jnp.arange(256))
    np.testing.assert_array_equal(batch.pose.joints, batch.partner.pose.joints)  # the same moment and body
    alone = ~np.asarray(batch.partner.known)
    assert 0 < alone.sum() < 128
    np.testing.assert_array_equal(batch.partner.rotation[alone], np.stack([np.eye(3)] * int(alone.sum())))
