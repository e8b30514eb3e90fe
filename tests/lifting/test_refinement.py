import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from geolift import metrics
from geolift.data.cameras import film
from geolift.data.synthetic.motions import procedural_clips
from geolift.lifting import refinement
from geolift.lifting.refinement import WINDOW, refine
from geolift.lifting.refinement_problem import State, losses, normal_equations
from geolift.networks.mirrored_mlp import mirror_pose
from geolift.skeletons.bones import bone_lengths, scale_bones
from geolift.skeletons.skeleton import H36M17

SIZE, DISTANCE = 0.35, 10.0
BONES = np.full(len(H36M17.bones), SIZE)  # of which only the mean counts


@pytest.fixture(scope="module")
def walk():
    """Two seconds of one person whose bones keep their lengths, root-centred, the mean bone of SIZE."""
    points = film(procedural_clips(seed=3, people=3, seconds=2.0, fps=30.0), H36M17, seed=1).points_3d[:60]
    points = points - points[:, [H36M17.root]]
    return (SIZE / np.asarray(bone_lengths(points, H36M17)).mean() * points).astype(np.float32)


@pytest.fixture(scope="module")
def noisy(walk):
    """The same as a lifter may have it: joints on their rays, depths wrong by noise from frame to frame."""
    depths = np.random.default_rng(0).normal(0, 0.05, walk.shape[:2])
    depths[:, H36M17.root] = 0
    return along_rays(walk, walk[..., 2] + depths)


def along_rays(points, depths):
    rays = points[..., :2] / (points[..., 2:] + DISTANCE)
    return np.concatenate([rays * (depths + DISTANCE)[..., None], depths[..., None]], axis=-1).astype(np.float32)


def one_clip(points, **how):
    return refine(points, np.zeros(len(points), int), H36M17, **{"bones": BONES} | how)


def error(points, truth):
    return float(np.asarray(metrics.p_mpjpe(points, truth)).mean())


def unsteadiness(points):
    """How much bones vary over time, over their lengths."""
    lengths = np.asarray(bone_lengths(points, H36M17))
    return float((lengths.std(axis=0) / lengths.mean(axis=0)).mean())


def test_points_that_agree_are_not_changed(walk):
    refined = one_clip(walk)
    assert error(refined.points, walk) < 0.01 * SIZE
    np.testing.assert_allclose(refined.scale, 1, atol=0.01)


def test_it_comes_nearer_the_truth_and_bones_keep_their_lengths(walk, noisy):
    refined = one_clip(noisy)
    assert error(refined.points, walk) < 0.6 * error(noisy, walk)
    assert unsteadiness(refined.points) < 0.3 * unsteadiness(noisy)
    speed = [np.linalg.norm(np.diff(points - walk, axis=0), axis=-1).mean() for points in (refined.points, noisy)]
    assert speed[0] < 0.4 * speed[1]
    assert np.asarray(bone_lengths(refined.points, H36M17)).mean() == pytest.approx(SIZE, rel=1e-3)


def test_joints_stay_on_their_rays_and_the_root_in_its_place(noisy):
    refined = one_clip(noisy)
    unscaled = refined.points / refined.scale[:, None, None]
    rays = [points[..., :2] / (points[..., 2:] + DISTANCE) for points in (unscaled, noisy)]
    np.testing.assert_allclose(*rays, atol=1e-6)
    np.testing.assert_array_equal(refined.points[:, H36M17.root], 0)


def test_soft_bones_are_found_and_then_not_held_at_one_length(walk, noisy, monkeypatch):
    """Each bone longer and shorter by 15 %, in a rhythm of its own: right depths must not be bent to rigid bones."""
    rhythm = np.random.default_rng(5).uniform(0.3, 1.0, len(BONES))
    factors = 1 + 0.15 * np.sin(2 * np.pi * rhythm * np.arange(len(walk))[:, None] / 30)
    soft = np.asarray(scale_bones(walk, factors.astype(np.float32), H36M17))
    found = []
    estimate = refinement.softness
    monkeypatch.setattr(refinement, "softness", lambda *a: found.append(estimate(*a)) or found[-1])
    held = error(one_clip(soft).points, soft)
    one_clip(walk), one_clip(walk, noise=0.05)
    one_clip(soft, noise=0.1)  # errors of the 2D that large explain the changes
    assert found[0][0] > 0.1 and found[1][0] < 0.02 and found[2][0] == found[3][0] == 0
    monkeypatch.setattr(refinement, "softness", hard)
    assert held < 0.5 * error(one_clip(soft).points, soft)


def test_people_who_come_nearer_do_not_grow(walk):
    nearer = np.linspace(0.7, 1.4, len(walk))
    refined = one_clip(walk * nearer[:, None, None].astype(np.float32))
    sizes = np.asarray(bone_lengths(refined.points, H36M17)).mean(axis=1)
    np.testing.assert_allclose(sizes, SIZE, rtol=0.03)
    np.testing.assert_allclose(refined.scale * nearer, 1, rtol=0.05)
    assert error(refined.points, walk) < 0.02 * SIZE


def test_clips_do_not_affect_each_other(walk, noisy):
    clip = np.repeat([7, 3], [40, 20])
    together = refine(noisy, clip, H36M17, bones=BONES)
    for part in (slice(0, 40), slice(40, 60)):
        np.testing.assert_allclose(together.points[part], one_clip(noisy[part]).points, atol=2e-4)
    assert not np.allclose(together.points[40:], one_clip(noisy).points[40:], atol=1e-3)


def test_a_frame_alone_has_only_its_size_changed(noisy):
    refined = one_clip(2 * noisy[:1])
    np.testing.assert_allclose(refined.points, 2 * refined.scale[0] * noisy[:1], atol=1e-4)
    assert np.asarray(bone_lengths(refined.points, H36M17)).mean() == pytest.approx(SIZE, rel=1e-3)


def test_no_frames_give_no_points():
    for how in ({}, {"ahead": 2}):
        nothing = refine(np.zeros((0, 17, 3)), np.zeros(0, int), H36M17, bones=BONES, **how)
        assert nothing.points.shape == (0, 17, 3) and nothing.scale.shape == (0,)


def test_a_gap_shares_bones_but_not_smoothness(walk, noisy):
    frame = np.concatenate([np.arange(30), 10**6 + np.arange(30)])
    torn = one_clip(noisy, frame=frame)
    assert unsteadiness(torn.points) < 0.3 * unsteadiness(noisy)
    jump = noisy.copy()
    jump[30:] = noisy[30:, ::1] * [1, 1, -1]  # another person's depths behind the gap
    before = [one_clip(points, frame=frame).points[:28] for points in (noisy, jump)]
    smooth = [one_clip(points).points[:28] for points in (noisy, jump)]
    apart = [np.abs(a - b)[-3:].mean() for a, b in (before, smooth)]
    assert apart[0] < 0.5 * apart[1]


def test_joints_not_seen_are_not_changed_and_not_used(noisy):
    seen = np.ones(noisy.shape[:2], bool)
    seen[5:25, [3, 13]] = False
    junk = np.where(seen[..., None], noisy, np.nan)
    results = [one_clip(points, seen=seen).points for points in (junk, np.where(seen[..., None], noisy, 99.0))]
    np.testing.assert_array_equal(results[0][seen], results[1][seen])
    assert np.isnan(results[0][~seen]).all() and (results[1][~seen] == 99).all()


def test_legs_out_of_sight_for_a_while_do_not_change_the_size(walk, noisy):
    seen = np.ones(noisy.shape[:2], bool)
    seen[30:, [2, 3, 5, 6]] = False  # knees and ankles
    part, whole = one_clip(noisy, seen=seen), one_clip(noisy)
    np.testing.assert_allclose(part.scale, whole.scale, rtol=0.03)
    assert error(part.points[:30], walk[:30]) < 0.7 * error(noisy[:30], walk[:30])


def test_one_frame_of_junk_affects_none_far_from_it(walk, rng):
    junk = walk.copy()
    junk[30, 1:] = along_rays(rng.uniform(-0.5, 0.5, (1, 16, 3)), rng.uniform(-0.5, 0.5, (1, 16)))
    others = np.flatnonzero(np.abs(np.arange(60) - 30) > 8)
    assert error(one_clip(junk).points[others], walk[others]) < 0.1 * SIZE


def test_at_many_frames_a_second_bones_still_keep_their_lengths(noisy):
    assert unsteadiness(one_clip(noisy, fps=240.0).points) < 0.5 * unsteadiness(noisy)


def test_a_mirror_makes_no_difference(noisy):
    def mirror(points):
        return np.concatenate(
            [np.asarray(mirror_pose(jnp.asarray(points[..., :2]), H36M17.mirrored)), points[:, H36M17.mirrored, 2:]], -1
        )

    np.testing.assert_allclose(one_clip(mirror(noisy)).points, mirror(one_clip(noisy).points), atol=2e-4)


def test_the_more_frames_in_a_second_the_less_they_differ(noisy):
    points = [one_clip(noisy, fps=fps).points for fps in (5.0, 30.0)]
    rough = [np.abs(np.diff(p[..., 2], 2, axis=0)).mean() for p in points]
    assert rough[1] < 0.7 * rough[0]


def test_long_clips_and_many_short_ones_come_back_in_order(noisy, monkeypatch):
    clip = np.repeat(np.arange(12), [1, 9, 3, 20, 2, 5, 1, 4, 6, 2, 3, 4])
    whole = refine(noisy, clip, H36M17, bones=BONES)
    monkeypatch.setattr(refinement, "AT_ONCE", 32)
    pieces = refine(noisy, clip, H36M17, bones=BONES)
    np.testing.assert_allclose(pieces.points, whole.points, atol=2e-3)
    np.testing.assert_allclose(pieces.scale, whole.scale, rtol=1e-3)


def test_in_a_stream_frames_later_than_ahead_have_no_effect(noisy):
    clip = np.repeat([0, 1], [35, 25])
    later = noisy.copy()
    later[20:35] = noisy[20:35] * [1, 1, -1]
    before, after = (refine(points, clip, H36M17, ahead=3, bones=BONES) for points in (noisy, later))
    np.testing.assert_array_equal(before.points[:17], after.points[:17])
    np.testing.assert_array_equal(before.points[35:], after.points[35:])
    assert np.abs(before.points[17:20] - after.points[17:20]).max() > 1e-3


def test_in_a_stream_with_a_short_clip_ahead_it_is_the_whole_clip(walk, noisy):
    live = refine(noisy, np.zeros(60, int), H36M17, ahead=WINDOW - 1, bones=BONES)
    whole = one_clip(noisy)
    assert error(live.points, whole.points) < 0.01 * SIZE
    np.testing.assert_allclose(live.scale, whole.scale, rtol=0.01)
    errors = [error(refine(noisy, np.zeros(60, int), H36M17, ahead=a, bones=BONES).points, walk) for a in (0, 8)]
    assert error(whole.points, walk) < errors[1] < errors[0] < error(noisy, walk)
    with pytest.raises(ValueError, match="ahead: found 64"):
        refine(noisy, np.zeros(60, int), H36M17, ahead=WINDOW, bones=BONES)


def test_the_order_of_clips_and_the_direction_of_time_make_no_difference(noisy):
    clip = np.repeat([0, 1, 2], [25, 5, 30])
    whole = refine(noisy, clip, H36M17, bones=BONES)
    order = np.concatenate([np.arange(30, 60), np.arange(25), np.arange(25, 30)])
    moved = refine(noisy[order], clip[order], H36M17, bones=BONES)
    np.testing.assert_allclose(moved.points, whole.points[order], atol=1e-4)
    np.testing.assert_allclose(one_clip(noisy[::-1]).points, one_clip(noisy).points[::-1], atol=1e-4)


def test_the_same_motion_at_twice_the_rate_is_refined_alike(walk):
    fast = np.repeat(walk, 2, axis=0)
    fast[1:-1:2] = (walk[:-1] + walk[1:]) / 2
    slow = along_rays(walk, walk[..., 2] + 0.03 * np.sin(np.arange(60) / 9)[:, None])
    fast = along_rays(fast, fast[..., 2] + 0.03 * np.sin(np.arange(120) / 18)[:, None])
    assert error(one_clip(fast, fps=60.0).points[::2], one_clip(slow).points) < 0.02 * SIZE


def test_no_general_optimizer_finds_a_smaller_loss(noisy):
    rows = slice(10, 26)
    given = refinement._checked(
        noisy[rows], np.zeros(16, int), H36M17, BONES, DISTANCE, np.arange(16) + np.repeat([0, 3], 8), None, 30.0, 0.01
    )
    problem = refinement.make_problem(given, slice(None), np.array([0, 16]), H36M17)
    first = refinement.first_guess(problem, given.frame, given.bones)
    found = refinement.minimise(problem, first)

    def state(flat):
        return State(flat[: 16 * 17].reshape(16, 17), flat[16 * 17 :].reshape(1, -1))

    def gradient(flat):
        normal = normal_equations(problem, state(flat))
        return 2 * np.concatenate([normal.gradient.ravel(), normal.shared.ravel()])

    def total(flat):
        return losses(problem, state(flat)).sum()

    start = np.concatenate([first.frames.ravel(), first.bones.ravel()])
    assert optimize.check_grad(total, gradient, start) < 1e-3 * np.linalg.norm(gradient(start))
    general = optimize.minimize(total, start, jac=gradient, method="L-BFGS-B", options={"maxiter": 2000})
    assert losses(problem, found).sum() < 1.005 * general.fun
    assert general.fun < 0.5 * total(start)


def lasting(points, size, seed=0):
    """The same with rays off by `size` and depths off by DEPTHS model units, for half a second."""
    rng, keep = np.random.default_rng(seed), 0.93
    off = rng.normal(size=points.shape)
    for now, before in zip(off[1:], off[:-1], strict=True):
        now[:] = keep * before + np.sqrt(1 - keep**2) * now
    moved = points + size * off * [1, 1, 0]
    moved = along_rays(moved, points[..., 2] + refinement.DEPTHS * off[..., 2])
    return moved - moved[:, [H36M17.root]]


def mean_error(clips, truth):
    return np.mean([error(points, truth) for points in clips])


def test_errors_that_last_make_bones_count_less_and_refinement_does_no_harm(walk, monkeypatch):
    for size in (0.025, 0.05):
        lifted = [lasting(walk, size, seed) for seed in range(5)]
        assert mean_error(lifted, walk) > 0.95 * mean_error([one_clip(points).points for points in lifted], walk)
    found = mean_error([one_clip(points).points for points in lifted], walk)
    monkeypatch.setattr(refinement, "softness", hard)
    assert found < 0.95 * mean_error([one_clip(points).points for points in lifted], walk)


def hard(problem, state, noise):
    """No bone changes its length."""
    return np.zeros(len(problem.size))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": np.zeros((4, 3, 3))}, r"points: found shape \(4, 3, 3\), expected \[F, 17, 3\]"),
        ({"clip": np.zeros(3, int)}, r"clip: found shape \(3,\), expected \(4,\)"),
        ({"fps": np.ones(3)}, r"fps: found shape \(3,\), expected \(4,\)"),
        ({"seen": np.ones((4, 17))}, "seen: found float64"),
        ({"points": np.full((4, 17, 3), np.nan)}, "points: found some that are not finite"),
        ({"seen": np.zeros((4, 17), bool)}, "seen: found frames without pelvis"),
        ({"fps": 0.0}, "distance, fps, noise"),
        ({"fps": np.inf}, "distance, fps, noise"),
        ({"distance": 0.0}, "distance, fps, noise"),
        ({"noise": -1.0}, "distance, fps, noise"),
        ({"fps": np.array([30.0, 30.0, 25.0, 25.0])}, "fps: found a clip of several frame rates"),
        ({"bones": [0.3]}, r"bones: found .*, expected 16 lengths above 0"),
        ({"clip": np.array([0, 1, 0, 1])}, "torn apart"),
        ({"frame": np.array([0, 2, 1, 3])}, "out of order"),
    ],
)
def test_bad_input_is_refused(change, message):
    given = {"points": np.ones((4, 17, 3), np.float32), "clip": np.zeros(4, int), "bones": BONES} | change
    points, clip = given.pop("points"), given.pop("clip")
    for how in ({}, {"ahead": 2}):
        with pytest.raises(ValueError, match=message):
            refine(points, clip, H36M17, **given, **how)
