"""Pure geometry of the lift-rotate-reproject cycle.

Camera frame: x right, y down, z forward, unit focal length. Poses are 2D, `[..., J, 2]`; points are 3D, `[..., J, 3]`.
In normalised units the root stands on the optical axis at `distance` (c = 10) and one unit is about the length from
root to head. Every gradient is finite: at zero norms, at the clamps, at identity rotations, in degenerate alignments.
"""

import functools

import jax
import jax.numpy as jnp

# Rotations, projections and alignments must be exact: accelerators round float32 products unless told otherwise.
_HIGHEST = jax.lax.Precision.HIGHEST


def safe_norm(x: jax.Array) -> jax.Array:
    """Euclidean norm over the last axis, `[..., D] -> [...]`; the gradient at zero is zero instead of NaN."""
    squared = jnp.sum(x * x, axis=-1)
    positive = squared > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, squared, 1.0)), 0.0)


def rotation_x(angle: jax.Array) -> jax.Array:
    """Rotation about the x axis (elevation: positive tips the near side down), radians `[...] -> [..., 3, 3]`."""
    c, s, zero, one = jnp.cos(angle), jnp.sin(angle), jnp.zeros_like(angle), jnp.ones_like(angle)
    return _matrix([[one, zero, zero], [zero, c, -s], [zero, s, c]])


def rotation_y(angle: jax.Array) -> jax.Array:
    """Rotation about the vertical image axis y (azimuth), radians `[...] -> [..., 3, 3]`."""
    c, s, zero, one = jnp.cos(angle), jnp.sin(angle), jnp.zeros_like(angle), jnp.ones_like(angle)
    return _matrix([[c, zero, s], [zero, one, zero], [-s, zero, c]])


def _matrix(rows: list[list[jax.Array]]) -> jax.Array:
    return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)


def sample_rotation(
    key: jax.Array,
    shape: tuple[int, ...] = (),
    *,
    azimuth: float = jnp.pi,
    elevation: float = jnp.pi / 9,
    pitch: float | jax.Array = 0.0,
    tilt: float | jax.Array | None = None,
) -> jax.Array:
    """Draw random views R = R_x(tilt + e) R_y(a) R_x(-pitch): level the body, turn it about gravity, tilt it again.

    Args:
        key: PRNG key.
        shape: batch shape of the result.
        azimuth: a ~ U[-azimuth, azimuth], radians (paper: pi).
        elevation: e ~ U[-elevation, elevation], radians (paper: pi / 9, 20 degrees).
        pitch: how far the data's cameras look down, radians, one number or one for each view. 0, as in the paper, turns
            about the image's vertical: R_x(e) R_y(a). Turning about gravity instead is ElePose's correction. The
            pitch's sign sets the true skeleton apart from its depth-mirrored twin, which leans the other way.
        tilt: how far the new views' cameras look down; None: by the pitch.

    Returns:
        `[*shape, 3, 3]` rotation matrices (Chen et al. 2019, section 3; ranges as in the public reproductions).
    """
    azimuth_key, elevation_key = jax.random.split(key)
    a = jax.random.uniform(azimuth_key, shape, minval=-azimuth, maxval=azimuth)
    e = jax.random.uniform(elevation_key, shape, minval=-elevation, maxval=elevation)
    tilt = pitch if tilt is None else tilt
    turned = jnp.matmul(rotation_x(tilt + e), rotation_y(a), precision=_HIGHEST)
    return jnp.matmul(turned, rotation_x(jnp.broadcast_to(-pitch, shape)), precision=_HIGHEST)


def rotate(points: jax.Array, rotation: jax.Array) -> jax.Array:
    """Turn `[..., J, 3]` points about the origin by `[..., 3, 3]`: every row p becomes R p."""
    _expect(points, "points", 3)
    if rotation.shape[-2:] != (3, 3):
        raise ValueError(f"rotation: found shape {rotation.shape}, expected [..., 3, 3]")
    return jnp.einsum("...ij,...nj->...ni", rotation, points, precision=_HIGHEST)


def inverse(rotation: jax.Array) -> jax.Array:
    """The inverse (transpose) of `[..., 3, 3]` rotations."""
    return jnp.swapaxes(rotation, -1, -2)


def project(points: jax.Array, *, min_depth: float = 1.0) -> jax.Array:
    """Perspective projection P(X, Y, Z) = (X / Z, Y / Z), `[..., J, 3] -> [..., J, 2]`.

    Z is clamped to `min_depth` from below, so that a point beside or behind the camera projects to a finite place
    (and pulls back on X and Y only). With c = 10 the clamp does not bind once training is sane.
    """
    _expect(points, "points", 3)
    return points[..., :2] / jnp.maximum(points[..., 2:], min_depth)


def unproject(pose: jax.Array, depth: jax.Array) -> jax.Array:
    """Back-projection X = (z x, z y, z): `[..., J, 2]` and `[..., J] -> [..., J, 3]`. Undone by `project`."""
    _expect(pose, "pose", 2)
    if depth.shape != pose.shape[:-1]:
        raise ValueError(f"depth: found shape {depth.shape}, expected {pose.shape[:-1]} for a pose {pose.shape}")
    return jnp.concatenate([pose * depth[..., None], depth[..., None]], axis=-1)


def depth(offset: jax.Array, *, distance: float = 10.0, min_depth: float = 1.0, root: int | None = None) -> jax.Array:
    """Depth z = max(min_depth, distance + offset), `[..., J] -> [..., J]` (Chen et al. 2019, eq. of the lift).

    Args:
        offset: the lifter's output, in normalised units.
        distance: constant distance c of camera and skeleton (paper: 10).
        min_depth: nearest depth (paper: 1).
        root: the joint held at exactly `distance`, as in ElePose; None leaves its offset free.
    """
    if root is not None:
        offset = offset.at[..., root].set(0.0)
    return jnp.maximum(min_depth, distance + offset)


def center(x: jax.Array, root: int) -> jax.Array:
    """Subtract joint `root` from every joint of `[..., J, D]`."""
    return x - x[..., root : root + 1, :]


def mirror_depth(points: jax.Array, root: int) -> jax.Array:
    """Mirror `[..., J, 3]` points in the plane through `root` parallel to the image: the depth-flip ambiguity."""
    z = points[..., 2]
    return points.at[..., 2].set(2 * z[..., root : root + 1] - z)


def joint_mask(seen: jax.Array | None, shape: tuple[int, ...]) -> jax.Array | None:
    """Spread `seen`, `[..., J]` or `[J]` bool, to `shape` `[..., J]`; None, which means every joint, stays None."""
    if seen is None:
        return None
    if seen.dtype != bool or seen.shape not in (shape, shape[-1:]):
        raise ValueError(f"seen: found {seen.dtype} of shape {seen.shape}, expected bool of {shape} or {shape[-1:]}")
    return jnp.broadcast_to(seen, shape)


def masked(x: jax.Array, seen: jax.Array | None) -> jax.Array:
    """`x` `[..., J, D]` with zeros at joints not `seen`; whatever stands there has no value and no gradient."""
    return x if seen is None else jnp.where(joint_mask(seen, x.shape[:-1])[..., None], x, 0.0)


def align(
    points: jax.Array,
    target: jax.Array,
    *,
    scale: bool = True,
    reflection: bool = False,
    seen: jax.Array | None = None,
) -> jax.Array:
    """Procrustes: move `points` onto `target` by the least-squares similarity, `[..., J, 3]` twice `-> [..., J, 3]`.

    Args:
        points: what is moved.
        target: where to.
        scale: fit a scale, too; False leaves a rigid motion.
        reflection: also allow a mirror image. Never for a headline figure: it hides flipped depth.
        seen: `[..., J]` or `[J]` bool, the joints that align; None takes all.

    Returns:
        The aligned points. All points in one place stay in one place (the target's mean); joints not `seen` go there.
    """
    _expect(points, "points", 3)
    if points.shape != target.shape:
        raise ValueError(f"points {points.shape} and target {target.shape} differ in shape")
    mask = joint_mask(seen, points.shape[:-1])
    where = None if mask is None else mask[..., None]
    mean, target_mean = (jnp.mean(x, axis=-2, keepdims=True, where=where) for x in (points, target))
    p, g = masked(points - mean, mask), masked(target - target_mean, mask)
    covariance = jnp.einsum("...ji,...jk->...ik", g, p, precision=_HIGHEST)
    rotation = _nearest_orthogonal(covariance, reflection)
    aligned = rotate(p, rotation)
    if scale:
        power = jnp.sum(p * p, axis=(-2, -1), keepdims=True)
        fit = jnp.sum(aligned * g, axis=(-2, -1), keepdims=True) / jnp.where(power > 0, power, 1.0)
        aligned = fit * aligned
    return aligned + target_mean


def _polar(matrix: jax.Array, reflection: bool) -> tuple[jax.Array, jax.Array, jax.Array]:
    """R, s, V^T of M = R V diag(s) V^T; without `reflection` det R = 1 and the last s carries the sign."""
    u, s, vt = jnp.linalg.svd(matrix)
    if not reflection:
        sign = jnp.where(jnp.linalg.det(u) * jnp.linalg.det(vt) < 0, -1.0, 1.0)
        s = s.at[..., -1].multiply(sign)
        u = u.at[..., -1].multiply(sign[..., None])
    return jnp.matmul(u, vt, precision=_HIGHEST), s, vt


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _nearest_orthogonal(matrix: jax.Array, reflection: bool) -> jax.Array:
    """The orthogonal R, with det R = 1 unless `reflection`, that maximises trace(R^T M), `[..., 3, 3]`."""
    return _polar(matrix, reflection)[0]


@_nearest_orthogonal.defjvp
def _nearest_orthogonal_jvp(reflection, primals, tangents):
    # M = R P with P = V diag(s) V^T symmetric, so R^T dM - dM^T R = W P + P W with the antisymmetric W = R^T dR; in
    # the basis V this is solved entry by entry. Where s_i + s_j vanishes the rotation is not determined: no gradient.
    (matrix,), (tangent,) = primals, tangents
    rotation, s, vt = _polar(matrix, reflection)
    product = jnp.matmul(inverse(rotation), tangent, precision=_HIGHEST)
    skew = jnp.einsum("...ij,...jk,...lk->...il", vt, product - inverse(product), vt, precision=_HIGHEST)
    total = s[..., :, None] + s[..., None, :]
    known = jnp.abs(total) > 1e-6 * (s[..., :1, None] + jnp.finfo(s.dtype).tiny)
    turn = jnp.where(known, skew / jnp.where(known, total, 1.0), 0.0)
    turn = jnp.einsum("...ji,...jk,...kl->...il", vt, turn, vt, precision=_HIGHEST)
    return rotation, jnp.matmul(rotation, turn, precision=_HIGHEST)


def _expect(x: jax.Array, name: str, size: int) -> None:
    if x.ndim < 2 or x.shape[-1] != size:
        raise ValueError(f"{name}: found shape {x.shape}, expected [..., J, {size}]")
