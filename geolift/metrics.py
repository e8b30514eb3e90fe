"""The field's error measures, one value per pose. Arguments `points` (predicted) and `target` (true): `[..., J, 3]`.

Errors come in the unit of the input (geolift evaluates in millimetres). `root` names the joint that poses are centred
on. No measure here forgives a mirror image unless its name says reflection.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from geolift.geometry import align, center, mirror_depth, norm

PCK_THRESHOLD = 150.0  # millimetres
AUC_THRESHOLDS = tuple(float(t) for t in range(0, 151, 5))  # 31 values
CPS_THRESHOLDS = tuple(float(t) for t in range(0, 301))  # 301 values


def joint_errors(points: jax.Array, target: jax.Array) -> jax.Array:
    """Distance of each joint, no alignment, `-> [..., J]`."""
    _expect_same(points, target)
    return norm(points - target)


def mpjpe(points: jax.Array, target: jax.Array, *, root: int = 0) -> jax.Array:
    """Mean per joint position error after moving both roots to the origin, `-> [...]` (Human3.6M protocol 1)."""
    _expect_same(points, target)
    return joint_errors(center(points, root), center(target, root)).mean(-1)


def p_mpjpe(points: jax.Array, target: jax.Array, *, reflection: bool = False) -> jax.Array:
    """MPJPE after Procrustes with scale, `-> [...]` (Human3.6M protocol 2).

    Rigid by default. With `reflection` the mirror image is allowed, too, as in ElePose, LInKs and RepNet: only for
    comparison with their published numbers, it does not punish flipped depth.
    """
    return joint_errors(align(points, target, reflection=reflection), target).mean(-1)


def scale_to(points: jax.Array, target: jax.Array, *, root: int = 0) -> jax.Array:
    """Centred `points` times s = sum <g, p> / sum <p, p>, the least-squares scale of each pose, `-> [..., J, 3]`."""
    _expect_same(points, target)
    p, g = center(points, root), center(target, root)
    power = jnp.sum(p * p, axis=(-2, -1), keepdims=True)
    return p * jnp.sum(g * p, axis=(-2, -1), keepdims=True) / jnp.where(power > 0, power, 1.0)


def n_mpjpe(points: jax.Array, target: jax.Array, *, root: int = 0) -> jax.Array:
    """MPJPE after root-centring and the least-squares scale of each pose, `-> [...]` (Rhodin et al. 2018)."""
    return mpjpe(scale_to(points, target, root=root), target, root=root)


def n_mpjpe_norm(points: jax.Array, target: jax.Array, *, root: int = 0) -> jax.Array:
    """MPJPE after root-centring and the scale s = |g| / |p|, `-> [...]`: ElePose's and LInKs's N-MPJPE."""
    _expect_same(points, target)
    p, g = center(points, root), center(target, root)
    size, wanted = (norm(x.reshape(*x.shape[:-2], -1))[..., None, None] for x in (p, g))
    return mpjpe(p * wanted / jnp.where(size > 0, size, 1.0), g, root=root)


def pck(errors: jax.Array, *, threshold: float = PCK_THRESHOLD) -> jax.Array:
    """Percentage of joints nearer than `threshold`, joint errors `[..., J] -> [...]` (MPI-INF-3DHP: 150 mm)."""
    return 100.0 * (errors < threshold).mean(-1)


def auc(errors: jax.Array, *, thresholds: Sequence[float] = AUC_THRESHOLDS) -> jax.Array:
    """Mean PCK over the thresholds 0, 5, ..., 150 mm, joint errors `[..., J] -> [...]`, percent."""
    return jnp.stack([pck(errors, threshold=t) for t in thresholds]).mean(0)


def cps(errors: jax.Array, *, thresholds: Sequence[float] = CPS_THRESHOLDS) -> jax.Array:
    """Correct pose score (CanonPose): at how many of 0, 1, ..., 300 mm are all joints within the threshold.

    Takes joint errors `[..., J]` after rigid Procrustes; `-> [...]`, at most 301, larger is better.
    """
    worst = errors.max(-1, keepdims=True)
    return (
        (worst <= jnp.reshape(jnp.asarray(thresholds), (1,) * (errors.ndim - 1) + (-1,))).sum(-1).astype(errors.dtype)
    )


def mpjve(points: jax.Array, target: jax.Array, *, root: int = 0) -> jax.Array:
    """Mean per joint velocity error between neighbouring frames, `[T, J, 3]` twice `-> [T - 1]`, per frame step.

    Velocities are differences of root-centred frames. Drop the values between two clips if T runs over several.
    """
    if points.ndim != 3 or len(points) < 2:
        raise ValueError(f"points: found shape {points.shape}, expected [T, J, 3] with T of at least 2")
    return joint_errors(jnp.diff(center(points, root), axis=0), jnp.diff(center(target, root), axis=0)).mean(-1)


def flipped(points: jax.Array, target: jax.Array, *, root: int = 0) -> jax.Array:
    """Whether the depth-mirrored pose aligns better (rigid P-MPJPE), `-> [...]` bool. Its mean is the flip rate."""
    return p_mpjpe(mirror_depth(points, root), target) < p_mpjpe(points, target)


def _expect_same(points: jax.Array, target: jax.Array) -> None:
    if points.shape != target.shape or points.ndim < 2 or points.shape[-1] != 3:
        raise ValueError(f"points {points.shape} and target {target.shape}: expected the same shape [..., J, 3]")
