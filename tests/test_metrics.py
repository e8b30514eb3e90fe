"""Every measure against a short numpy reference, and against what it must and must not ignore."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift import geometry as geo
from geolift import metrics
from geolift.skeleton import H36M17


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


def test_no_measure_ignores_a_mirror_image_or_exchanged_sides(pair):
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


def test_wrong_shapes_are_refused():
    for measure in (metrics.mpjpe, metrics.p_mpjpe, metrics.n_mpjpe, metrics.mpjve):
        with pytest.raises(ValueError, match="points"):
            measure(jnp.zeros((17, 3)), jnp.zeros((1, 17, 3)))
