"""The field's error measures, one value per pose. Arguments `points` (predicted) and `target` (true): `[..., J, 3]`.

Errors are in the unit of the input (geolift evaluates in millimetres). `root` is the index of the joint that poses are
centred on. No measure here allows a mirror image, except `p_mpjpe` with `reflection`.

`seen`, `[..., J]` or `[J]` bool: the joints that align and count; None: all. The values at other joints, nan included,
change no result and no gradient; only the root is used for centring even where it is not seen. A pose of which no joint
is seen has no error: nan.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from geolift.geometry import align, center, joint_mask, masked, mirror_depth, safe_norm

__all__ = [
    "AUC_THRESHOLDS", "CPS_THRESHOLDS", "PCK_THRESHOLD", "auc", "cps", "flipped", "joint_errors", "mpjpe", "mpjve",
    "n_mpjpe", "n_mpjpe_norm", "p_mpjpe", "pck", "scale_to",
]  # fmt: skip

PCK_THRESHOLD = 150.0  # millimetres
AUC_THRESHOLDS = tuple(float(t) for t in range(0, 151, 5))  # 31 values
CPS_THRESHOLDS = tuple(float(t) for t in range(0, 301))  # 301 values


def joint_errors(points: jax.Array, target: jax.Array) -> jax.Array:
    """Distance of each joint, without alignment and without a mask.

    Args:
        points, target: `[..., J, 3]`, predicted and true.

    Returns:
        `[..., J]`, in the unit of the input.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Standard.

    Example:
        >>> joint_errors(jnp.zeros((2, 3)), jnp.array([[0.0, 0.0, 0.0], [0.0, 3.0, 4.0]])).tolist()
        [0.0, 5.0]
    """
    _expect_same(points, target)
    return safe_norm(points - target)


def mpjpe(points: jax.Array, target: jax.Array, *, root: int = 0, seen: jax.Array | None = None) -> jax.Array:
    """Mean per joint position error (MPJPE) after moving both roots to the origin: Human3.6M protocol 1.

    Args:
        points, target: `[..., J, 3]`, predicted and true.
        root: index of the root joint.
        seen: `[..., J]` or `[J]` bool, the joints that count; None: all.

    Returns:
        `[...]`, in the unit of the input.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Ionescu et al. 2014, Human3.6M.

    Example:
        A shift of the whole pose is no error:

        >>> target = jax.random.normal(jax.random.key(0), (4, 17, 3))
        >>> mpjpe(target + 1.0, target).round(5).tolist()
        [0.0, 0.0, 0.0, 0.0]
    """
    _expect_same(points, target)
    return _mean_error(center(points, root), center(target, root), seen)


def p_mpjpe(
    points: jax.Array, target: jax.Array, *, reflection: bool = False, seen: jax.Array | None = None
) -> jax.Array:
    """MPJPE after Procrustes alignment with scale: Human3.6M protocol 2.

    Rigid by default. With `reflection` the mirror image is allowed, too, as in ElePose, LInKs and RepNet: only for
    comparison with their published numbers, as it does not punish flipped depth.

    Args:
        points, target: `[..., J, 3]`, predicted and true.
        reflection: allow a mirror image.
        seen: `[..., J]` or `[J]` bool, the joints that align and count; None: all.

    Returns:
        `[...]`, in the unit of the input.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Martinez et al. 2017 and others; alignment: `geometry.align`.

    Example:
        >>> target = jax.random.normal(jax.random.key(0), (17, 3))
        >>> mirrored = target * jnp.array([1.0, 1.0, -1.0])
        >>> bool(p_mpjpe(mirrored, target) > 0.1), bool(p_mpjpe(mirrored, target, reflection=True) < 1e-4)
        (True, True)
    """
    return _mean_error(align(points, target, reflection=reflection, seen=seen), target, seen)


def scale_to(points: jax.Array, target: jax.Array, *, root: int = 0, seen: jax.Array | None = None) -> jax.Array:
    """Scale centred points to the target: s = sum <g, p> / sum <p, p>, the least-squares scale of each pose.

    Args:
        points, target: `[..., J, 3]`, predicted and true.
        root: index of the root joint.
        seen: `[..., J]` or `[J]` bool, the joints that count; None: all.

    Returns:
        `[..., J, 3]`, root-centred; joints that were not seen are at the root.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Rhodin et al. 2018.

    Example:
        >>> target = jnp.array([[0.0, 0.0, 0.0], [0.0, 3.0, 4.0]])
        >>> scale_to(2.0 * target, target).tolist()
        [[0.0, 0.0, 0.0], [0.0, 3.0, 4.0]]
    """
    _expect_same(points, target)
    p, g = masked(center(points, root), seen), masked(center(target, root), seen)
    power = jnp.sum(p * p, axis=(-2, -1), keepdims=True)
    return p * jnp.sum(g * p, axis=(-2, -1), keepdims=True) / jnp.where(power > 0, power, 1.0)


def n_mpjpe(points: jax.Array, target: jax.Array, *, root: int = 0, seen: jax.Array | None = None) -> jax.Array:
    """N-MPJPE: MPJPE after root-centring and the least-squares scale of each pose.

    Args:
        points, target: `[..., J, 3]`, predicted and true.
        root: index of the root joint.
        seen: `[..., J]` or `[J]` bool, the joints that count; None: all.

    Returns:
        `[...]`, in the unit of the input.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Rhodin et al. 2018.

    Example:
        >>> target = jax.random.normal(jax.random.key(0), (17, 3))
        >>> bool(n_mpjpe(3.0 * target, target) < 1e-4)
        True
    """
    return mpjpe(scale_to(points, target, root=root, seen=seen), target, root=root, seen=seen)


def n_mpjpe_norm(points: jax.Array, target: jax.Array, *, root: int = 0, seen: jax.Array | None = None) -> jax.Array:
    """N-MPJPE of ElePose and LInKs: MPJPE after root-centring and the scale s = |g| / |p| of each pose.

    Args:
        points, target: `[..., J, 3]`, predicted and true.
        root: index of the root joint.
        seen: `[..., J]` or `[J]` bool, the joints that count; None: all.

    Returns:
        `[...]`, in the unit of the input.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        ElePose, Wandt et al. 2022; LInKs, Hardy & Kim 2024.

    Example:
        >>> target = jax.random.normal(jax.random.key(0), (17, 3))
        >>> bool(n_mpjpe_norm(3.0 * target, target) < 1e-4)
        True
    """
    _expect_same(points, target)
    p, g = masked(center(points, root), seen), masked(center(target, root), seen)
    size, wanted = (safe_norm(x.reshape(*x.shape[:-2], -1))[..., None, None] for x in (p, g))
    return mpjpe(p * wanted / jnp.where(size > 0, size, 1.0), g, root=root, seen=seen)


def pck(errors: jax.Array, *, threshold: float = PCK_THRESHOLD, seen: jax.Array | None = None) -> jax.Array:
    """Percentage of correct keypoints (PCK): joints with an error below the threshold.

    Args:
        errors: `[..., J]`, of `joint_errors`.
        threshold: in their unit (MPI-INF-3DHP: 150 mm).
        seen: `[..., J]` or `[J]` bool, the joints that count; None: all.

    Returns:
        `[...]`, percent.

    Raises:
        ValueError: if `seen` does not fit.

    Source:
        Mehta et al. 2017, MPI-INF-3DHP.

    Example:
        >>> pck(jnp.array([10.0, 149.0, 150.0, 400.0])).item()
        50.0
    """
    return 100.0 * jnp.mean(errors < threshold, axis=-1, where=joint_mask(seen, errors.shape))


def auc(errors: jax.Array, *, thresholds: Sequence[float] = AUC_THRESHOLDS, seen: jax.Array | None = None) -> jax.Array:
    """Area under the PCK curve (AUC): the mean PCK over the thresholds 0, 5, ..., 150 mm.

    Args:
        errors: `[..., J]`, of `joint_errors`.
        thresholds: in their unit.
        seen: `[..., J]` or `[J]` bool, the joints that count; None: all.

    Returns:
        `[...]`, percent.

    Raises:
        ValueError: if `seen` does not fit.

    Source:
        Mehta et al. 2017, MPI-INF-3DHP.

    Example:
        >>> auc(jnp.array([7.0, 400.0]), thresholds=(5.0, 10.0)).item()
        25.0
    """
    return jnp.stack([pck(errors, threshold=t, seen=seen) for t in thresholds]).mean(0)


def cps(errors: jax.Array, *, thresholds: Sequence[float] = CPS_THRESHOLDS, seen: jax.Array | None = None) -> jax.Array:
    """Correct pose score (CPS): at how many of 0, 1, ..., 300 mm all joints are within the threshold.

    Args:
        errors: `[..., J]`, of `joint_errors` after rigid Procrustes alignment.
        thresholds: in their unit.
        seen: `[..., J]` or `[J]` bool, the joints that count; None: all.

    Returns:
        `[...]`, at most 301; larger is better.

    Raises:
        ValueError: if `seen` does not fit.

    Source:
        CanonPose, Wandt et al. 2021.

    Example:
        >>> cps(jnp.array([[0.0, 0.0], [10.0, 300.0]])).tolist()
        [301.0, 1.0]
    """
    worst = jnp.max(errors, axis=-1, keepdims=True, where=joint_mask(seen, errors.shape), initial=-jnp.inf)
    limits = jnp.reshape(jnp.asarray(thresholds), (1,) * (errors.ndim - 1) + (-1,))
    return jnp.where(worst[..., 0] < 0, jnp.nan, (worst <= limits).sum(-1).astype(errors.dtype))


def mpjve(points: jax.Array, target: jax.Array, *, root: int = 0, seen: jax.Array | None = None) -> jax.Array:
    """Mean per joint velocity error (MPJVE) between neighbouring frames.

    Velocities are differences of root-centred frames, of the joints seen in both. Drop the values between two clips if
    T runs over several.

    Args:
        points, target: `[T, J, 3]`, predicted and true.
        root: index of the root joint.
        seen: `[T, J]` or `[J]` bool, the joints that count; None: all.

    Returns:
        `[T - 1]`, in the unit of the input, per frame.

    Raises:
        ValueError: if a shape does not fit, or there is one frame only.

    Source:
        Pavllo et al. 2019, VideoPose3D.

    Example:
        A constant error of a joint is no error of its velocity:

        >>> target = jax.random.normal(jax.random.key(0), (3, 17, 3))
        >>> mpjve(target.at[:, 5].add(1.0), target).round(5).tolist()
        [0.0, 0.0]
    """
    if points.ndim != 3 or len(points) < 2:
        raise ValueError(f"points: found shape {points.shape}, expected [T, J, 3] with T of at least 2")
    _expect_same(points, target)
    mask = joint_mask(seen, points.shape[:-1])
    both = None if mask is None else mask[1:] & mask[:-1]
    return _mean_error(jnp.diff(center(points, root), axis=0), jnp.diff(center(target, root), axis=0), both)


def flipped(points: jax.Array, target: jax.Array, *, root: int = 0, seen: jax.Array | None = None) -> jax.Array:
    """Whether the depth-mirrored pose aligns better (rigid P-MPJPE); the mean is the flip rate.

    Args:
        points, target: `[..., J, 3]`, predicted and true.
        root: index of the root joint.
        seen: `[..., J]` or `[J]` bool, the joints that count; None: all.

    Returns:
        `[...]` bool.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Ours.

    Example:
        >>> target = jax.random.normal(jax.random.key(0), (17, 3))
        >>> flipped(target, target).item(), flipped(mirror_depth(target, 0), target).item()
        (False, True)
    """
    return p_mpjpe(mirror_depth(points, root), target, seen=seen) < p_mpjpe(points, target, seen=seen)


def _mean_error(points: jax.Array, target: jax.Array, seen: jax.Array | None) -> jax.Array:
    errors = joint_errors(masked(points, seen), masked(target, seen))
    return errors.mean(-1, where=joint_mask(seen, errors.shape))


def _expect_same(points: jax.Array, target: jax.Array) -> None:
    if points.shape != target.shape or points.ndim < 2 or points.shape[-1] != 3:
        raise ValueError(f"points {points.shape} and target {target.shape}: expected the same shape [..., J, 3]")
