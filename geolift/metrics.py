"""The field's error measures, one value per pose. Arguments `points` (predicted) and `target` (true): `[..., J, 3]`.

Errors come in the unit of the input (geolift evaluates in millimetres). `root` names the joint that poses are centred
on. No measure here forgives a mirror image unless its name says reflection.

`seen`, `[..., J]` or `[J]` bool, names the joints that align and count; None takes all. Nothing that stands at other
joints, nan included, changes a value or a gradient. Only the root centres with its own place even where it is not
counted. A pose none of whose joints is seen has no error: nan.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from geolift.geometry import align, center, joint_mask, masked, mirror_depth, safe_norm

PCK_THRESHOLD = 150.0  # millimetres
AUC_THRESHOLDS = tuple(float(t) for t in range(0, 151, 5))  # 31 values
CPS_THRESHOLDS = tuple(float(t) for t in range(0, 301))  # 301 values


def joint_errors(points: jax.Array, target: jax.Array) -> jax.Array:
    """Distance of each joint, no alignment, no mask, `-> [..., J]`."""
    _expect_same(points, target)
    return safe_norm(points - target)


def mpjpe(points: jax.Array, target: jax.Array, *, root: int = 0, seen: jax.Array | None = None) -> jax.Array:
    """Mean per joint position error after moving both roots to the origin, `-> [...]` (Human3.6M protocol 1)."""
    _expect_same(points, target)
    return _mean_error(center(points, root), center(target, root), seen)


def p_mpjpe(
    points: jax.Array, target: jax.Array, *, reflection: bool = False, seen: jax.Array | None = None
) -> jax.Array:
    """MPJPE after Procrustes with scale, `-> [...]` (Human3.6M protocol 2).

    Rigid by default. With `reflection` the mirror image is allowed, too, as in ElePose, LInKs and RepNet: only for
    comparison with their published numbers, it does not punish flipped depth.
    """
    return _mean_error(align(points, target, reflection=reflection, seen=seen), target, seen)


def scale_to(points: jax.Array, target: jax.Array, *, root: int = 0, seen: jax.Array | None = None) -> jax.Array:
    """Centred `points` times s = sum <g, p> / sum <p, p>, the least-squares scale of each pose, `-> [..., J, 3]`.

    Joints not `seen` come back at the root.
    """
    _expect_same(points, target)
    p, g = masked(center(points, root), seen), masked(center(target, root), seen)
    power = jnp.sum(p * p, axis=(-2, -1), keepdims=True)
    return p * jnp.sum(g * p, axis=(-2, -1), keepdims=True) / jnp.where(power > 0, power, 1.0)


def n_mpjpe(points: jax.Array, target: jax.Array, *, root: int = 0, seen: jax.Array | None = None) -> jax.Array:
    """MPJPE after root-centring and the least-squares scale of each pose, `-> [...]` (Rhodin et al. 2018)."""
    return mpjpe(scale_to(points, target, root=root, seen=seen), target, root=root, seen=seen)


def n_mpjpe_norm(points: jax.Array, target: jax.Array, *, root: int = 0, seen: jax.Array | None = None) -> jax.Array:
    """MPJPE after root-centring and the scale s = |g| / |p|, `-> [...]`: ElePose's and LInKs's N-MPJPE."""
    _expect_same(points, target)
    p, g = masked(center(points, root), seen), masked(center(target, root), seen)
    size, wanted = (safe_norm(x.reshape(*x.shape[:-2], -1))[..., None, None] for x in (p, g))
    return mpjpe(p * wanted / jnp.where(size > 0, size, 1.0), g, root=root, seen=seen)


def pck(errors: jax.Array, *, threshold: float = PCK_THRESHOLD, seen: jax.Array | None = None) -> jax.Array:
    """Percentage of joints nearer than `threshold`, joint errors `[..., J] -> [...]` (MPI-INF-3DHP: 150 mm)."""
    return 100.0 * jnp.mean(errors < threshold, axis=-1, where=joint_mask(seen, errors.shape))


def auc(errors: jax.Array, *, thresholds: Sequence[float] = AUC_THRESHOLDS, seen: jax.Array | None = None) -> jax.Array:
    """Mean PCK over the thresholds 0, 5, ..., 150 mm, joint errors `[..., J] -> [...]`, percent."""
    return jnp.stack([pck(errors, threshold=t, seen=seen) for t in thresholds]).mean(0)


def cps(errors: jax.Array, *, thresholds: Sequence[float] = CPS_THRESHOLDS, seen: jax.Array | None = None) -> jax.Array:
    """Correct pose score (CanonPose): at how many of 0, 1, ..., 300 mm are all joints within the threshold.

    Takes joint errors `[..., J]` after rigid Procrustes; `-> [...]`, at most 301, larger is better.
    """
    worst = jnp.max(errors, axis=-1, keepdims=True, where=joint_mask(seen, errors.shape), initial=-jnp.inf)
    limits = jnp.reshape(jnp.asarray(thresholds), (1,) * (errors.ndim - 1) + (-1,))
    return jnp.where(worst[..., 0] < 0, jnp.nan, (worst <= limits).sum(-1).astype(errors.dtype))


def mpjve(points: jax.Array, target: jax.Array, *, root: int = 0, seen: jax.Array | None = None) -> jax.Array:
    """Mean per joint velocity error between neighbouring frames, `[T, J, 3]` twice `-> [T - 1]`, per frame step.

    Velocities are differences of root-centred frames, of the joints seen in both. Drop the values between two clips if
    T runs over several.
    """
    if points.ndim != 3 or len(points) < 2:
        raise ValueError(f"points: found shape {points.shape}, expected [T, J, 3] with T of at least 2")
    _expect_same(points, target)
    mask = joint_mask(seen, points.shape[:-1])
    both = None if mask is None else mask[1:] & mask[:-1]
    return _mean_error(jnp.diff(center(points, root), axis=0), jnp.diff(center(target, root), axis=0), both)


def flipped(points: jax.Array, target: jax.Array, *, root: int = 0, seen: jax.Array | None = None) -> jax.Array:
    """Whether the depth-mirrored pose aligns better (rigid P-MPJPE), `-> [...]` bool. Its mean is the flip rate."""
    return p_mpjpe(mirror_depth(points, root), target, seen=seen) < p_mpjpe(points, target, seen=seen)


def _mean_error(points: jax.Array, target: jax.Array, seen: jax.Array | None) -> jax.Array:
    errors = joint_errors(masked(points, seen), masked(target, seen))
    return errors.mean(-1, where=joint_mask(seen, errors.shape))


def _expect_same(points: jax.Array, target: jax.Array) -> None:
    if points.shape != target.shape or points.ndim < 2 or points.shape[-1] != 3:
        raise ValueError(f"points {points.shape} and target {target.shape}: expected the same shape [..., J, 3]")
