"""Every measure against a short numpy reference, and against what it must and must not ignore."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift import geometry as geo
from geolift import metrics
from geolift.skeletons.skeleton import H36M17


@pytest.fixture
def pair(rng):
    """Predicted and true `[8, 17, 3]` points, millimetres."""
    target = rng.normal(scale=300, size=(8, 17, 3)).astype(np.float32)
    return (0.004 * (target + rng.normal(scale=80, size=target.shape)) + 1).astype(np.float32), target


# The reference is written for one pose at a time, with numpy alone.


def procrustes(p, g, reflection=False):
    mp, mg = p.mean(0), g.mean(0)
    p0, g0 = p - mp, g - mg
    u, s, vt = np.linalg.svd(p0.T @ g0)
    signs = np.ones(3)
    if not reflection and np.linalg.det(u @ vt) < 0:
        signs[-1] = -1
    return (s * signs).sum() / (p0**2).sum() * p0 @ (u * signs @ vt) + mg


def ref_mpjpe(p, g):
    return np.sqrt(((p - p[0] - g + g[0]) ** 2).sum(-1)).mean()


def ref_p_mpjpe(p, g, reflection=False):
    return np.sqrt(((procrustes(p, g, reflection) - g) ** 2).sum(-1)).mean()


def ref_n_mpjpe(p, g):
    p, g = p - p[0], g - g[0]
    return ref_mpjpe((p * g).sum() / (p * p).sum() * p, g)


def ref_n_mpjpe_norm(p, g):
    p, g = p - p[0], g - g[0]
    return ref_mpjpe(np.linalg.norm(g) / np.linalg.norm(p) * p, g)


def ref_cps(e):
    return sum(e.max() <= t for t in range(301))


def ref_auc(e):
    return np.mean([100 * (e < t).mean() for t in range(0, 151, 5)])


POSE_MEASURES = [
    (metrics.mpjpe, ref_mpjpe),
    (metrics.p_mpjpe, ref_p_mpjpe),
    (lambda p, g: metrics.p_mpjpe(p, g, reflection=True), lambda p, g: ref_p_mpjpe(p, g, True)),
    (metrics.n_mpjpe, ref_n_mpjpe),
    (metrics.n_mpjpe_norm, ref_n_mpjpe_norm),
]


@pytest.mark.parametrize(("ours", "reference"), POSE_MEASURES)
def test_agreement_with_the_reference(pair, ours, reference):
    p, g = pair
    for points in (p, g * [1, 1, -1] + p):  # the second has reflections to resist
        points = points.astype(np.float32)
        expected = [reference(a.astype(np.float64), b.astype(np.float64)) for a, b in zip(points, g, strict=True)]
        np.testing.assert_allclose(ours(jnp.asarray(points), jnp.asarray(g)), expected, rtol=2e-4)


@pytest.mark.parametrize(
    ("ours", "reference"),
    [(metrics.pck, lambda e: 100 * (e < 150).mean()), (metrics.auc, ref_auc), (metrics.cps, ref_cps)],
)
def test_threshold_measures_agree_with_the_reference(rng, ours, reference):
    errors = rng.gamma(2, 40, size=(50, 17)).astype(np.float32)
    np.testing.assert_allclose(ours(jnp.asarray(errors)), [reference(e) for e in errors], rtol=1e-5)


def test_threshold_measures_at_their_ends():
    perfect, hopeless = jnp.zeros((1, 17)), jnp.full((1, 17), 1e4)
    assert metrics.pck(perfect)[0] == 100 and metrics.pck(hopeless)[0] == 0
    np.testing.assert_allclose(metrics.auc(perfect), 100 * 30 / 31, rtol=1e-6)  # nothing is under the threshold 0
    assert metrics.cps(perfect)[0] == 301 and metrics.cps(hopeless)[0] == 0


def test_what_each_measure_ignores(pair):
    _, g = pair
    g = jnp.asarray(g)
    turn = geo.sample_rotation(jax.random.key(0), (8,), elevation=1.0)
    shifted, scaled, turned = g + 50.0, 0.1 * g, geo.rotate(g, turn)
    assert metrics.mpjpe(shifted, g).max() < 1e-2
    assert metrics.n_mpjpe(scaled + 7.0, g).max() < 1e-2 and metrics.mpjpe(scaled, g).min() > 100
    assert metrics.n_mpjpe_norm(scaled + 7.0, g).max() < 1e-2
    assert metrics.p_mpjpe(0.1 * turned + 7.0, g).max() < 1e-1 and metrics.n_mpjpe(turned, g).min() > 1


def test_no_measure_ignores_a_mirror_image_or_swapped_sides(pair):
    _, g = pair
    g = jnp.asarray(g)
    for wrong in (geo.mirror_depth(g, 0), g[:, jnp.array(H36M17.mirrored)]):
        for measure in (metrics.mpjpe, metrics.p_mpjpe, metrics.n_mpjpe, metrics.n_mpjpe_norm):
            assert measure(wrong, g).min() > 10
    assert metrics.p_mpjpe(geo.mirror_depth(g, 0), g, reflection=True).max() < 1e-1


def test_flip_rate_sees_flipped_depth_and_nothing_else(pair):
    _, g = pair
    g = jnp.asarray(g)
    assert metrics.flipped(geo.mirror_depth(g, 0), g).all()
    assert not metrics.flipped(g, g).any()
    turn = geo.sample_rotation(jax.random.key(0), (8,), elevation=1.0)
    assert not metrics.flipped(3 * geo.rotate(g, turn), g).any()


def test_order_of_the_scale_rules(pair):
    p, g = map(jnp.asarray, pair)

    def squared(x):
        return jnp.sum((x - geo.center(g, 0)) ** 2, axis=(-2, -1))

    by_norm = geo.center(p, 0)
    by_norm = by_norm * jnp.sqrt(
        jnp.sum(geo.center(g, 0) ** 2, axis=(-2, -1), keepdims=True) / jnp.sum(by_norm**2, axis=(-2, -1), keepdims=True)
    )
    assert (squared(metrics.scale_to(p, g)) <= squared(by_norm) + 1e-3).all()


def test_velocity_error_by_hand():
    still = jnp.zeros((3, 2, 3))
    moving = still.at[:, 1, 0].set(jnp.array([0.0, 4.0, 4.0]))
    np.testing.assert_allclose(metrics.mpjve(moving, still), [2, 0])  # one of two joints moves 4, the root never
    np.testing.assert_allclose(metrics.mpjve(moving + 9.0, moving), 0)


def test_degenerate_points_give_finite_values_and_gradients(pair):
    _, g = pair
    zero = jnp.zeros_like(g)
    for measure in (metrics.mpjpe, metrics.p_mpjpe, metrics.n_mpjpe, metrics.n_mpjpe_norm):
        for a, b in ((zero, jnp.asarray(g)), (jnp.asarray(g), zero), (zero, zero)):
            value, grads = jax.value_and_grad(lambda p, q, m=measure: m(p, q).sum(), argnums=(0, 1))(a, b)
            assert np.isfinite(value) and all(np.isfinite(grad).all() for grad in grads)


# Masks: `seen` names the joints that align and count.

MASKED = {
    "mpjpe": metrics.mpjpe,
    "p_mpjpe": metrics.p_mpjpe,
    "p_mpjpe_reflection": lambda p, g, **k: metrics.p_mpjpe(p, g, reflection=True, **k),
    "n_mpjpe": metrics.n_mpjpe,
    "n_mpjpe_norm": metrics.n_mpjpe_norm,
    "scale_to": metrics.scale_to,
    "mpjve": metrics.mpjve,
    "align": geo.align,
}
BY_ERRORS = {"pck": metrics.pck, "auc": metrics.auc, "cps": metrics.cps}
JUNK = (1e4, 1e30, np.inf, -np.inf, np.nan)


def fill(x, seen, junk):
    """`x` with `junk` at the joints that are not seen, save the root, which centres."""
    hidden = ~np.array(seen)
    hidden[..., 0] = False
    return jnp.where(jnp.asarray(hidden)[..., None], junk, x)


@pytest.fixture
def seen(rng):
    """`[8, 17]`: which joints are seen; the root is not in two of the poses."""
    mask = rng.random((8, 17)) < 0.7
    mask[:2, 0], mask[2:, 0] = False, True
    return jnp.asarray(mask)


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("name", MASKED)
def test_junk_at_unseen_joints_changes_no_bit_of_value_or_gradient(pair, seen, name, junk):
    p, g = map(jnp.asarray, pair)

    def both(points, target):
        total = lambda a, b: MASKED[name](a, b, seen=seen).sum()  # noqa: E731
        return MASKED[name](points, target, seen=seen), jax.grad(total, argnums=(0, 1))(points, target)

    clean, dirty = both(p, g), both(fill(p, seen, junk), fill(g, seen, junk))
    for a, b in zip(jax.tree.leaves(clean), jax.tree.leaves(dirty), strict=True):
        assert np.isfinite(a).all()
        np.testing.assert_array_equal(a, b)
    hidden = ~np.array(seen)
    hidden[:, 0] = False
    for gradient in dirty[1]:
        assert not np.asarray(gradient)[hidden].any()


@pytest.mark.parametrize("junk", JUNK)
def test_junk_changes_neither_flips_nor_shares_of_joints(pair, seen, junk):
    p, g = map(jnp.asarray, pair)
    dirty = fill(p, seen, junk), fill(g, seen, junk)
    np.testing.assert_array_equal(metrics.flipped(*dirty, seen=seen), metrics.flipped(p, g, seen=seen))
    for points in (p, geo.mirror_depth(g, 0)):
        flips = metrics.flipped(fill(points, seen, junk), dirty[1], seen=seen)
        np.testing.assert_array_equal(flips, metrics.flipped(points, g, seen=seen))
    errors = 100 * jnp.abs(p[..., 0])
    for measure in BY_ERRORS.values():
        np.testing.assert_array_equal(
            measure(jnp.where(seen, errors, junk), seen=seen), measure(jnp.where(seen, errors, 0.0), seen=seen)
        )


CHOSEN = np.array([0, 2, 3, 5, 8, 9, 13, 16])  # with the root, which stays first


@pytest.mark.parametrize("name", [*MASKED, "flipped"])
def test_a_mask_measures_the_seen_joints_alone(pair, name):
    p, g = map(jnp.asarray, pair)
    measure = MASKED.get(name, metrics.flipped)
    seen = jnp.zeros(17, bool).at[CHOSEN].set(True)
    masked, alone = measure(p, g, seen=seen), measure(p[:, CHOSEN], g[:, CHOSEN])
    if name in ("align", "scale_to"):
        masked = masked[:, CHOSEN]
    np.testing.assert_allclose(masked, alone, rtol=2e-4, atol=1e-2)
    np.testing.assert_array_equal(
        measure(p, g, seen=seen), measure(p, g, seen=jnp.broadcast_to(seen, (8, 17)))
    )  # one mask for all poses, or one each
    everything = measure(p, g, seen=jnp.ones(17, bool))
    np.testing.assert_allclose(everything, measure(p, g), rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("name", BY_ERRORS)
def test_a_mask_of_errors_measures_the_seen_joints_alone(rng, name):
    errors = jnp.asarray(rng.gamma(2, 40, size=(50, 17)), jnp.float32)
    seen = jnp.zeros(17, bool).at[CHOSEN].set(True)
    np.testing.assert_allclose(BY_ERRORS[name](errors, seen=seen), BY_ERRORS[name](errors[:, CHOSEN]), rtol=1e-6)
    np.testing.assert_allclose(BY_ERRORS[name](errors, seen=jnp.ones(17, bool)), BY_ERRORS[name](errors), rtol=1e-6)


@pytest.mark.parametrize("name", [*MASKED, *BY_ERRORS])
def test_numpy_arrays_are_measured_as_well(pair, seen, name):
    arrays = (np.abs(pair[0][..., 0]),) if name in BY_ERRORS else pair
    measure = {**MASKED, **BY_ERRORS}[name]
    for mask in (None, seen):
        expected = measure(*map(jnp.asarray, arrays), seen=mask)
        np.testing.assert_array_equal(measure(*arrays, seen=None if mask is None else np.asarray(mask)), expected)


def test_masked_errors_by_hand():
    """Root, and joints that are off by 3, 4 and 200: with and without the last, with and without the root."""
    target = jnp.zeros((4, 3)).at[1:, 0].set(jnp.array([10.0, 20.0, 30.0]))
    points = target.at[1:, 1].set(jnp.array([3.0, 4.0, 200.0]))
    for seen, expected in (("1111", 207 / 4), ("1110", 7 / 3), ("0110", 7 / 2), ("0001", 200), ("1000", 0)):
        mask = jnp.array([digit == "1" for digit in seen])
        np.testing.assert_allclose(metrics.mpjpe(points, target, seen=mask), expected, rtol=1e-6)
        np.testing.assert_allclose(metrics.mpjpe(points + 9.0, target, seen=mask), expected, rtol=1e-5)
        moved = points.at[0, 2].set(12.0)  # the root's own place counts for the others, counted or not
        if seen == "0110":
            np.testing.assert_allclose(metrics.mpjpe(moved, target, seen=mask), (153**0.5 + 160**0.5) / 2, rtol=1e-6)
    errors = jnp.array([0.0, 3.0, 4.0, 200.0])
    mask = jnp.array([True, False, True, True])
    np.testing.assert_allclose(metrics.pck(errors, seen=mask), 200 / 3, rtol=1e-6)
    # Of 31 thresholds 0, 5, ...: 0 mm is under 30 of them, 4 mm as well, 200 mm under none.
    np.testing.assert_allclose(metrics.auc(errors, seen=mask), 100 * 60 / 93, rtol=1e-6)
    assert metrics.cps(errors, seen=mask) == 101  # thresholds 200 to 300
    assert metrics.cps(errors, seen=mask & (errors < 100)) == 297


def test_a_velocity_counts_where_a_joint_is_seen_twice():
    still = jnp.zeros((3, 3, 3))
    moving = still.at[:, 1, 0].set(jnp.array([0.0, 4.0, 4.0])).at[:, 2, 0].set(jnp.array([0.0, 10.0, 20.0]))
    seen = jnp.ones((3, 3), bool).at[2, 2].set(False)
    np.testing.assert_allclose(metrics.mpjve(moving, still, seen=seen), [14 / 3, 0])


def test_a_pose_without_a_seen_joint_has_no_error(pair):
    p, g = map(jnp.asarray, pair)
    seen = jnp.ones((8, 17), bool).at[3].set(False)
    for measure in (metrics.mpjpe, metrics.p_mpjpe, metrics.n_mpjpe, metrics.n_mpjpe_norm):
        np.testing.assert_array_equal(np.isnan(measure(p, g, seen=seen)), np.arange(8) == 3)
    for measure in BY_ERRORS.values():
        np.testing.assert_array_equal(np.isnan(measure(jnp.abs(p[..., 0]), seen=seen)), np.arange(8) == 3)
    assert not metrics.flipped(p, g, seen=seen)[3]


def test_a_mask_that_does_not_fit_is_refused(pair):
    p, g = map(jnp.asarray, pair)
    for seen in (jnp.ones(16, bool), jnp.ones((1, 17), bool), jnp.ones((8, 17)), jnp.ones((8, 17, 1), bool)):
        with pytest.raises(ValueError, match=r"seen: found \w+ of shape .*, expected bool of \(8, 17\) or \(17,\)"):
            metrics.mpjpe(p, g, seen=seen)
        with pytest.raises(ValueError, match="seen: found"):
            geo.align(p, g, seen=seen)


def test_wrong_shapes_are_refused():
    for measure in (metrics.mpjpe, metrics.p_mpjpe, metrics.n_mpjpe, metrics.mpjve):
        with pytest.raises(ValueError, match="points"):
            measure(jnp.zeros((17, 3)), jnp.zeros((1, 17, 3)))
