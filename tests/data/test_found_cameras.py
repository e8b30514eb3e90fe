"""Rotations of synchronised cameras from 2D: right for random bodies, from few cameras, with gaps and noise."""

import numpy as np
import pytest

from geolift.data.found_cameras import find_cameras
from geolift.data.moments import Moments
from geolift.errors import DatasetError
from geolift.geometry import tilt_rotation
from geolift.rotations import exponential
from geolift.skeletons.skeleton import H36M17

POSES, JOINTS = 150, len(H36M17.names)


def bodies(rng):
    """`[N, J, 3]` bodies with constant bones and random directions of them, units of the longest bone."""
    length = rng.uniform(0.3, 1.0, JOINTS)
    points = np.zeros((POSES, JOINTS, 3))
    for child in np.argsort([len(H36M17.ancestors(j)) for j in range(JOINTS)]):
        if child != H36M17.root:
            way = rng.normal(size=(POSES, 3)) * [1, 0.7, 1]
            way *= length[child] / np.linalg.norm(way, axis=1, keepdims=True)
            points[:, child] = points[:, H36M17.parents[child]] + way
    return points


def film(azimuths, pitch=0.3, distance=30.0, noise=0.0, missing=0.0, seed=0):
    """Poses of every camera, the joints seen, moments, and the cameras' rotations."""
    rng = np.random.default_rng(seed)
    points, cameras = bodies(rng), len(azimuths)
    level = [exponential(np.array([0, a, 0.0])) for a in np.radians(azimuths)]
    rotation = np.array([np.asarray(tilt_rotation(np.float32(pitch), np.float32(0))) @ r for r in level])
    seen_from = np.einsum("cij,mnj->cmni", rotation, points)
    poses = seen_from[..., :2] / (1 + seen_from[..., 2:] / distance)
    poses *= rng.uniform(0.9, 1.1, (cameras, POSES, 1, 1))  # bodies come nearer and go away
    poses += noise * rng.normal(size=poses.shape)
    seen = rng.random(poses.shape[:3]) >= missing
    seen[:, :, H36M17.root], poses[:, :, H36M17.root] = True, 0.0
    names = tuple(f"cam{i}" for i in range(cameras))
    moments = Moments(names, np.arange(cameras * POSES).reshape(cameras, POSES).T)
    return poses.reshape(-1, JOINTS, 2), seen.reshape(-1, JOINTS), moments, rotation


def error(found, rotation):
    """The largest angle, degrees, by which a turn from the first camera to another one is wrong."""
    turns = [r @ r[0].T for r in (found.rotation, rotation)]
    cosine = (np.einsum("cij,cij->c", *turns) - 1) / 2
    return np.degrees(np.arccos(np.clip(cosine, -1, 1))).max()


@pytest.mark.parametrize(
    ("azimuths", "options", "most"),
    [
        ((0, 40, 100), {}, 2.0),
        ((0, 40, 100, 180, 260), {"noise": 0.03, "missing": 0.3}, 2.0),
        ((0, 60), {}, 4.0),
        ((0, 40, 100), {"pitch": -0.4}, 2.0),
    ],
)
def test_turns_between_cameras_and_their_pitch_are_found(azimuths, options, most):
    poses, seen, moments, rotation = film(azimuths, **options)
    pitch = options.get("pitch", 0.3)
    found = find_cameras(poses, seen, moments, H36M17, look_down=pitch > 0)
    assert error(found, rotation) < most
    np.testing.assert_allclose(found.pitch, pitch, atol=np.radians(2 * most))
    mirrored = find_cameras(poses, seen, moments, H36M17, look_down=pitch < 0)
    np.testing.assert_allclose(mirrored.pitch, -found.pitch, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(mirrored.rotation), 1, atol=1e-9)
    shown = [np.einsum("cij,mnj->cmni", f.rotation[:, :2], f.points) for f in (found, mirrored)]
    np.testing.assert_allclose(*shown, atol=1e-9)  # both explain the same 2D


def test_joints_far_off_do_not_matter():
    poses, seen, moments, rotation = film((0, 40, 100))
    rng = np.random.default_rng(1)
    wild = rng.random(seen.shape) < 0.02
    wild[:, H36M17.root] = False
    poses = np.where(wild[..., None], poses + 3 * rng.normal(size=poses.shape), poses)
    assert error(find_cameras(poses, seen, moments, H36M17, look_down=True), rotation) < 3


def test_the_angle_between_cameras_is_that_of_their_lines_of_sight():
    for azimuths, expected in {(0, 40, 70): 70, (0, 30): 30, (0, 60, 180): 60}.items():
        found = find_cameras(*film(azimuths, pitch=0.0)[:3], H36M17, look_down=True)
        np.testing.assert_allclose(np.degrees(found.largest_angle), expected, atol=6)


def test_other_moments_and_cameras_that_see_nothing_are_refused():
    poses, seen, moments, _ = film((0, 40, 100))
    late = moments.frame.copy()
    late[:, 1] = np.roll(late[:, 1], 20)
    with pytest.raises(DatasetError, match="synchronized: cam1 fits the other cameras hardly better"):
        find_cameras(poses, seen, moments._replace(frame=late), H36M17, look_down=True)
    blind = seen.copy()
    blind[moments.frame[:, 2]] = False
    with pytest.raises(DatasetError, match="synchronized: cam2 sees no joint"):
        find_cameras(poses, blind, moments, H36M17, look_down=True)
