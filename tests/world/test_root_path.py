"""The path of a clip: feet that stand are locked, bones keep their lengths, jumps stay, roots lose their jitter."""

import numpy as np
import pytest

from geolift.world.root_path import Clip, solve_path
from tests.world.test_contact import UP, walk

FPS = 30.0


def walker(lift=0.0):
    """A walker's true joints `[T, 5, 3]`, hips `[T, 2, 3]` and contacts `[T, 2]`."""
    ankles, stands = walk(FPS, length=0.7)
    root = ankles.mean(axis=1) + np.array([0.0, -0.85 - lift, 0.0])
    hips = root[:, None] + np.array([[0.0, 0.0, -0.1], [0.0, 0.0, 0.1]])
    knees = (hips + ankles) / 2 + np.array([0.05, 0.0, 0.0])
    return np.stack([root, knees[:, 0], ankles[:, 0], knees[:, 1], ankles[:, 1]], axis=1), hips, stands


def away_from_the_camera(joints, hips, stands):
    """The same walk along the line of sight."""
    turn, middle = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]), np.array([0.0, 0.0, 5.0])
    return *((x - middle) @ turn.T + middle for x in (joints, hips)), stands


def as_lifted(joints, hips, contact, up=UP, spread=4.0):
    covariance = np.radians(spread) ** 2 * (np.eye(3) - np.outer(up, up))
    rows = np.arange(len(joints))
    return Clip(joints, hips, contact.astype(float), 0 * rows, rows, FPS, up, covariance)


def noisy(joints, hips, rng, root=0.05, legs=0.03):
    """Jitter of the root, slow errors of the legs, both along lines of sight."""
    sight = joints / np.linalg.norm(joints, axis=-1, keepdims=True)
    off = root * rng.normal(size=(len(joints), 1, 1)) * sight[:, :1].repeat(5, axis=1)
    drift = np.cumsum(rng.normal(size=(len(joints), 4)), axis=0)
    off[:, 1:] += legs * (drift / np.abs(drift).max())[..., None] * sight[:, 1:]
    return joints + off, hips + off[:, :1]


def extent(path, stands):
    edges = np.flatnonzero(np.diff(np.r_[0, stands.astype(int), 0]))
    runs = list(zip(edges[::2], edges[1::2], strict=True))
    return np.mean([np.ptp(path[a:b], axis=0).max() for a, b in runs if b - a > 3])


def test_feet_stand_still_and_roots_move_smoothly(rng):
    joints, hips, stands = walker()
    given, given_hips = noisy(joints, hips, rng)
    path = solve_path(as_lifted(given, given_hips, stands))
    found = given + path.moved
    for side, ankle in enumerate((2, 4)):
        assert extent(found[:, ankle], stands[:, side]) < 0.02 < extent(given[:, ankle], stands[:, side])
    jerky, smooth, true = (
        np.linalg.norm(np.diff(x[:, 0], 2, axis=0), axis=1).mean() * FPS**2 for x in (given, found, joints)
    )
    assert smooth < 1.5 * true < jerky
    assert np.abs(found - joints).mean() < np.abs(given - joints).mean()
    bones = [np.linalg.norm(x[:, 1] - x[:, 2], axis=1) for x in (given, found)]
    np.testing.assert_allclose(bones[1], bones[0], atol=0.01)


def test_a_right_clip_is_hardly_changed():
    joints, hips, stands = walker()
    path = solve_path(as_lifted(joints, hips, stands))
    assert np.abs(path.moved).max() < 0.02
    assert np.degrees(np.arccos(path.up @ UP)) < 0.3
    assert path.floor == pytest.approx(-1.0, abs=0.005)


def test_feet_on_one_floor_mend_a_wrong_up():
    joints, hips, stands = walker()
    wrong = np.array([np.sin(0.1), -np.cos(0.1), 0.0])  # 5.7 degrees, across the line of sight
    path = solve_path(as_lifted(joints, hips, stands, up=wrong))
    assert np.degrees(np.arccos(path.up @ UP)) < 1.0


def test_up_that_is_given_stays():
    joints, hips, stands = walker()
    wrong = np.array([np.sin(0.1), -np.cos(0.1), 0.0])
    path = solve_path(as_lifted(joints, hips, stands, up=wrong, spread=0.0))
    np.testing.assert_allclose(path.up, wrong, atol=1e-3)


def test_a_jump_stays(rng):
    time = np.arange(0, 2, 1 / FPS)
    flying = (time > 0.8) & (time < 1.2)
    height = np.where(flying, 2.0 * (time - 0.8) - 5.0 * (time - 0.8) ** 2, 0)
    joints, hips, _ = walker()
    joints, hips = (
        np.tile(x[:1], (len(time), 1, 1)) - height[:, None, None] * np.array([0, 1, 0]) for x in (joints, hips)
    )
    given, given_hips = noisy(joints, hips, rng, legs=0.0)
    stands = np.repeat(~flying[:, None], 2, axis=1)
    path = solve_path(as_lifted(given, given_hips, stands))
    np.testing.assert_allclose((given + path.moved)[..., 1], joints[..., 1], atol=0.02)


def test_stairs_stay_stairs():
    joints, hips, stands = walker()
    rise = 0.17 * np.round(joints[:, 0, 0] / 0.35)
    for ankle in (2, 4):
        of_foot = 0.17 * np.round(joints[:, ankle, 0] / 0.35)
        joints[:, ankle, 1] -= of_foot
        joints[:, ankle - 1, 1] -= (of_foot + rise) / 2
    joints[:, 0, 1] -= rise
    hips = hips - rise[:, None, None] * np.array([0, 1, 0])
    path = solve_path(as_lifted(joints, hips, stands, spread=1.0))
    for side, ankle in enumerate((2, 4)):
        moved = path.moved[stands[:, side], ankle, 1]
        assert np.abs(moved).max() < 0.03


def test_missing_joints_and_gaps_do_no_harm(rng):
    joints, hips, stands = walker()
    given, given_hips = noisy(joints, hips, rng)
    given[50:60, 2] = np.nan
    given[70:75, 3] = np.nan
    clip = as_lifted(given, given_hips, stands)
    path = solve_path(clip._replace(frame=clip.frame + 50 * (clip.frame > 90)))
    assert np.isfinite(path.moved).all()
    assert np.abs(path.moved[:, 0]).max() < 0.3


def test_a_swinging_foot_that_counts_as_standing_does_not_stop_a_walk_away():
    joints, hips, stands = away_from_the_camera(*walker())
    assert np.ptp(joints[:, 0, 2]) > 3 > joints[:, 0, 2].min() > 1
    wrong = np.maximum(stands, 0.6)  # every swing is taken for a stance, if not surely
    path = solve_path(as_lifted(joints, hips, wrong))
    length = np.ptp((joints + path.moved)[:, 0, 2]) / np.ptp(joints[:, 0, 2])
    assert 0.93 < length < 1.05
    assert np.degrees(np.arccos(path.up @ UP)) < 3


def test_a_floor_is_less_sure_where_up_is():
    joints, hips, stands = walker()
    sure, unsure = (solve_path(as_lifted(joints, hips, stands, spread=s)) for s in (1.0, 10.0))
    assert 0 < sure.floor_spread < unsure.floor_spread < 1


@pytest.mark.parametrize("degrees", [-14.0, 14.0])
def test_feet_on_one_floor_mend_an_up_that_is_far_off_along_the_line_of_sight(degrees):
    joints, hips, stands = away_from_the_camera(*walker())
    angle = np.radians(degrees)
    path = solve_path(as_lifted(joints, hips, stands, up=np.array([0.0, -np.cos(angle), np.sin(angle)]), spread=6.0))
    assert np.degrees(np.arccos(path.up @ UP)) < 1
    assert path.floor == pytest.approx(-1.0, abs=0.02)


def test_a_foot_that_stays_in_place_does_not_make_up_surer_by_staying():
    joints, hips, _ = walker()
    brief, long = (
        solve_path(as_lifted(joints[:1].repeat(count, 0), hips[:1].repeat(count, 0), np.ones((count, 2)))).up_spread
        for count in (30, 300)
    )
    assert long == pytest.approx(brief, rel=0.1)


def test_ankles_somewhat_below_the_floor_are_lifted_and_those_far_below_are_not(monkeypatch):
    joints, hips, stands = walker()
    frames = np.flatnonzero(~stands[:, 0])[3:8]  # swings; the floor's ankles are at y = 1
    for farther, moves in ((1.1, True), (1.6, False)):
        given = joints.copy()
        given[frames, 2] *= farther / joints[frames, 2, 1:2]  # lifted too far away
        path = solve_path(as_lifted(given, hips, stands))
        with monkeypatch.context() as without:
            without.setattr("geolift.world.root_path.DEEPEST", 0.0)
            low = solve_path(as_lifted(given, hips, stands))
        higher = (low.moved - path.moved)[frames, 2, 1].mean()
        assert higher > 1e-3 if moves else higher == 0
        assert path.floor == pytest.approx(low.floor, abs=0.005)
