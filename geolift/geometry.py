"""Pure geometry of the lift-rotate-reproject cycle.

Camera frame: x right, y down, z forward, unit focal length. Poses are 2D, `[..., J, 2]`; points are 3D, `[..., J, 3]`.
In normalized units the root stands on the optical axis at `distance` (c = 10) and one unit is about the length from
root to head. Every gradient is finite: at zero norms, at the clamps, at identity rotations, in degenerate alignments.
"""

import functools

import jax
import jax.numpy as jnp

__all__ = [
    "align", "center", "depth", "gravity_of", "inverse", "joint_mask", "masked", "mirror_depth", "project", "rotate",
    "rotation_x", "rotation_y", "rotation_z", "safe_norm", "sample_any_rotation", "sample_rotation", "tilt_of",
    "tilt_rotation", "unproject",
]  # fmt: skip

# Rotations, projections and alignments must be exact: accelerators round float32 products unless asked not to.
_HIGHEST = jax.lax.Precision.HIGHEST


def safe_norm(x: jax.Array) -> jax.Array:
    """Euclidean norm over the last axis; the gradient at zero is zero instead of NaN.

    Args:
        x: `[..., D]`.

    Returns:
        `[...]`, in the unit of `x`.

    Example:
        >>> safe_norm(jnp.array([3.0, 4.0])).item(), jax.grad(safe_norm)(jnp.zeros(2)).tolist()
        (5.0, [0.0, 0.0])
    """
    squared = jnp.sum(x * x, axis=-1)
    positive = squared > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, squared, 1.0)), 0.0)


def rotation_x(angle: jax.Array) -> jax.Array:
    """Rotation about the x axis: an elevation; positive angles tip the near side down.

    Args:
        angle: `[...]` radians.

    Returns:
        `[..., 3, 3]` rotation matrices.

    Example:
        A right angle takes y (down) to z (forward):

        >>> y, z = jnp.eye(3)[1:]
        >>> bool(jnp.allclose(rotation_x(jnp.pi / 2) @ y, z, atol=1e-6))
        True
    """
    c, s, zero, one = jnp.cos(angle), jnp.sin(angle), jnp.zeros_like(angle), jnp.ones_like(angle)
    return _matrix([[one, zero, zero], [zero, c, -s], [zero, s, c]])


def rotation_y(angle: jax.Array) -> jax.Array:
    """Rotation about the vertical image axis y: an azimuth.

    Args:
        angle: `[...]` radians.

    Returns:
        `[..., 3, 3]` rotation matrices.

    Example:
        A right angle takes z (forward) to x (right):

        >>> x, _, z = jnp.eye(3)
        >>> bool(jnp.allclose(rotation_y(jnp.pi / 2) @ z, x, atol=1e-6))
        True
    """
    c, s, zero, one = jnp.cos(angle), jnp.sin(angle), jnp.zeros_like(angle), jnp.ones_like(angle)
    return _matrix([[c, zero, s], [zero, one, zero], [-s, zero, c]])


def rotation_z(angle: jax.Array) -> jax.Array:
    """Rotation about the optical axis z: a roll of the camera.

    Args:
        angle: `[...]` radians.

    Returns:
        `[..., 3, 3]` rotation matrices.

    Example:
        A right angle takes x (right) to y (down):

        >>> x, y, _ = jnp.eye(3)
        >>> bool(jnp.allclose(rotation_z(jnp.pi / 2) @ x, y, atol=1e-6))
        True
    """
    c, s, zero, one = jnp.cos(angle), jnp.sin(angle), jnp.zeros_like(angle), jnp.ones_like(angle)
    return _matrix([[c, -s, zero], [s, c, zero], [zero, zero, one]])


def _matrix(rows: list[list[jax.Array]]) -> jax.Array:
    return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)


def tilt_rotation(pitch: jax.Array, roll: jax.Array) -> jax.Array:
    """C = R_z(roll) R_x(pitch): from a level camera's axes to those of one that is tilted.

    Args:
        pitch: `[...]` radians, how far the camera looks down.
        roll: `[...]` radians, how far it is rotated about its optical axis.

    Returns:
        `[..., 3, 3]` rotation matrices.

    Source:
        docs/method.md, eq. 25.

    Example:
        Gravity, (0, 1, 0) in a level camera, in one that looks down by 30 degrees:

        >>> gravity = tilt_rotation(jnp.pi / 6, jnp.float32(0.0)) @ jnp.array([0.0, 1.0, 0.0])
        >>> [round(float(x), 3) for x in gravity]
        [0.0, 0.866, 0.5]
    """
    return jnp.matmul(rotation_z(roll), rotation_x(pitch), precision=_HIGHEST)


@jax.jit  # one program: called with numpy arrays, every operation would be compiled by itself
def gravity_of(pitch: jax.Array, roll: jax.Array) -> jax.Array:
    """The direction of gravity in the axes of a tilted camera, C (0, 1, 0).

    Args:
        pitch: `[...]` radians, as in `tilt_rotation`.
        roll: `[...]` radians.

    Returns:
        `[..., 3]` unit vectors, x right, y down, z forward.

    Source:
        docs/method.md, eq. 25.

    Example:
        >>> gravity_of(jnp.float32(0.0), jnp.float32(0.0)).tolist()
        [-0.0, 1.0, 0.0]
    """
    return jnp.stack([-jnp.sin(roll) * jnp.cos(pitch), jnp.cos(roll) * jnp.cos(pitch), jnp.sin(pitch)], axis=-1)


@jax.jit
def tilt_of(gravity: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The pitch and the roll of a camera, from the direction of gravity in its axes: the inverse of `gravity_of`.

    Args:
        gravity: `[..., 3]` downwards, of any length above 0, x right, y down, z forward.

    Returns:
        Pitch `[...]` from -pi / 2 to pi / 2 and roll `[...]` from -pi to pi, radians.

    Source:
        docs/method.md, eq. 25.

    Example:
        >>> pitch, roll = tilt_of(gravity_of(jnp.float32(0.4), jnp.float32(-0.1)))
        >>> round(float(pitch), 3), round(float(roll), 3)
        (0.4, -0.1)
    """
    x, y, z = jnp.moveaxis(gravity, -1, 0)
    return jnp.arctan2(z, safe_norm(gravity[..., :2])), jnp.arctan2(-x, y)


def sample_rotation(
    key: jax.Array,
    shape: tuple[int, ...] = (),
    *,
    azimuth: float = jnp.pi,
    elevation: float = jnp.pi / 9,
    pitch: float | jax.Array = 0.0,
    roll: jax.Array | None = None,
    new_pitch: float | jax.Array | None = None,
    new_roll: jax.Array | None = None,
) -> jax.Array:
    """Draw random views R = C(new_pitch + e, new_roll) R_y(a) C(pitch, roll)^T, with C of `tilt_rotation`.

    That is: level the body, rotate it about gravity, tilt it again.

    Args:
        key: PRNG key.
        shape: batch shape of the result.
        azimuth: a ~ U[-azimuth, azimuth], radians (paper: pi).
        elevation: e ~ U[-elevation, elevation], radians (paper: pi / 9, 20 degrees).
        pitch: how far the data's cameras look down, radians, a scalar or `[*shape]`. 0, as in the paper,
            rotates about the image's vertical: R_x(e) R_y(a). Rotating about gravity instead is ElePose's correction.
            The pitch's sign sets the true skeleton apart from its depth-mirrored twin, which leans the other way.
        roll: how far they are rotated about their optical axes, radians, `[*shape]`; None: not.
        new_pitch: how far the new views' cameras look down, radians, a scalar or `[*shape]`; None: by the pitch.
        new_roll: their roll, `[*shape]`; None: none.

    Returns:
        `[*shape, 3, 3]` rotation matrices.

    Source:
        Chen et al. 2019, section 3; ranges as in the public reproductions. Pitch: ElePose, Wandt et al. 2022
        (docs/method.md, eq. 20). Roll: ours (eq. 25).

    Example:
        >>> views = sample_rotation(jax.random.key(0), (5,))
        >>> views.shape, bool(jnp.allclose(views @ inverse(views), jnp.eye(3), atol=1e-5))
        ((5, 3, 3), True)
    """
    azimuth_key, elevation_key = jax.random.split(key)
    a = jax.random.uniform(azimuth_key, shape, minval=-azimuth, maxval=azimuth)
    e = jax.random.uniform(elevation_key, shape, minval=-elevation, maxval=elevation)
    new_pitch = pitch if new_pitch is None else new_pitch
    rotated = jnp.matmul(rotation_x(new_pitch + e), rotation_y(a), precision=_HIGHEST)
    rotated = jnp.matmul(rotated, rotation_x(jnp.broadcast_to(-pitch, shape)), precision=_HIGHEST)
    if roll is not None:
        rotated = jnp.matmul(rotated, rotation_z(-roll), precision=_HIGHEST)
    return rotated if new_roll is None else jnp.matmul(rotation_z(new_roll), rotated, precision=_HIGHEST)


def sample_any_rotation(key: jax.Array, shape: tuple[int, ...] = ()) -> jax.Array:
    """Draw rotations uniformly from SO(3): views from anywhere, for bodies without an upright, as fish.

    Args:
        key: PRNG key.
        shape: batch shape of the result.

    Returns:
        `[*shape, 3, 3]` rotation matrices.

    Source:
        The Haar measure: the orthogonal factor of normal numbers, of determinant 1 (Mezzadri 2007).

    Example:
        >>> views = sample_any_rotation(jax.random.key(0), (5,))
        >>> views.shape, bool(jnp.allclose(jnp.linalg.det(views), 1.0, atol=1e-5))
        ((5, 3, 3), True)
    """
    found = jax.random.orthogonal(key, 3, shape)
    return found * jnp.linalg.det(found)[..., None, None]


def rotate(points: jax.Array, rotation: jax.Array) -> jax.Array:
    """Rotate points about the origin: every row p becomes R p.

    Args:
        points: `[..., J, 3]`.
        rotation: `[..., 3, 3]`.

    Returns:
        `[..., J, 3]`.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Standard.

    Example:
        >>> rotate(jnp.eye(3), rotation_y(jnp.float32(jnp.pi))).round(6).diagonal().tolist()
        [-1.0, 1.0, -1.0]
    """
    _expect(points, "points", 3)
    if rotation.shape[-2:] != (3, 3):
        raise ValueError(f"rotation: found shape {rotation.shape}, expected [..., 3, 3]")
    return jnp.einsum("...ij,...nj->...ni", rotation, points, precision=_HIGHEST)


def inverse(rotation: jax.Array) -> jax.Array:
    """The inverse of rotations, which is the transpose.

    Args:
        rotation: `[..., 3, 3]`.

    Returns:
        `[..., 3, 3]`.

    Example:
        >>> view, points = sample_rotation(jax.random.key(0)), jnp.ones((17, 3))
        >>> bool(jnp.allclose(rotate(rotate(points, view), inverse(view)), points, atol=1e-6))
        True
    """
    return jnp.swapaxes(rotation, -1, -2)


def project(points: jax.Array, *, min_depth: float = 1.0) -> jax.Array:
    """Perspective projection P(X, Y, Z) = (X / Z, Y / Z).

    Z is clamped to `min_depth` from below, so that a point beside or behind the camera projects to a finite place
    (with gradients for X and Y only). With c = 10 the clamp does not bind once training is stable.

    Args:
        points: `[..., J, 3]`, camera frame.
        min_depth: nearest depth (paper: 1).

    Returns:
        `[..., J, 2]`, at unit focal length.

    Raises:
        ValueError: if the shape does not fit.

    Source:
        docs/method.md, eq. 3.

    Example:
        >>> project(jnp.array([[1.0, 2.0, 8.0], [1.0, 2.0, -5.0]])).tolist()
        [[0.125, 0.25], [1.0, 2.0]]
    """
    _expect(points, "points", 3)
    return points[..., :2] / jnp.maximum(points[..., 2:], min_depth)


def unproject(pose: jax.Array, depth: jax.Array) -> jax.Array:
    """Back-projection X = (z x, z y, z), the inverse of `project`.

    Args:
        pose: `[..., J, 2]`, at unit focal length.
        depth: `[..., J]`, z of each joint, camera frame.

    Returns:
        `[..., J, 3]`, camera frame, in the unit of `depth`.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Chen et al. 2019, section 3 (docs/method.md, eq. 2).

    Example:
        >>> unproject(jnp.array([[0.5, -0.25]]), jnp.array([8.0])).tolist()
        [[4.0, -2.0, 8.0]]
    """
    _expect(pose, "pose", 2)
    if depth.shape != pose.shape[:-1]:
        raise ValueError(f"depth: found shape {depth.shape}, expected {pose.shape[:-1]} for a pose {pose.shape}")
    return jnp.concatenate([pose * depth[..., None], depth[..., None]], axis=-1)


def depth(offset: jax.Array, *, distance: float = 10.0, min_depth: float = 1.0, root: int | None = None) -> jax.Array:
    """Depth of joints from the lifter's offsets: z = max(min_depth, distance + offset).

    Args:
        offset: `[..., J]`, the lifter's output, normalized units.
        distance: constant distance c of camera and skeleton (paper: 10).
        min_depth: nearest depth (paper: 1).
        root: the joint that is exactly at `distance`, as in ElePose; None leaves its offset free.

    Returns:
        `[..., J]`, normalized units.

    Source:
        Chen et al. 2019, section 3 (docs/method.md, eq. 1).

    Example:
        >>> depth(jnp.array([0.5, -0.5, -20.0]), root=0).tolist()
        [10.0, 9.5, 1.0]
    """
    if root is not None:
        offset = offset.at[..., root].set(0.0)
    return jnp.maximum(min_depth, distance + offset)


def center(x: jax.Array, root: int) -> jax.Array:
    """Subtract the root from every joint.

    Args:
        x: `[..., J, D]`.
        root: index of the root joint.

    Returns:
        `[..., J, D]`, root-centred.

    Example:
        >>> center(jnp.array([[1.0, 1.0], [3.0, 4.0]]), root=0).tolist()
        [[0.0, 0.0], [2.0, 3.0]]
    """
    return x - x[..., root : root + 1, :]


def mirror_depth(points: jax.Array, root: int) -> jax.Array:
    """Mirror points in the plane through the root that is parallel to the image: the depth-flip ambiguity.

    Args:
        points: `[..., J, 3]`, camera frame.
        root: index of the root joint.

    Returns:
        `[..., J, 3]`.

    Example:
        >>> mirror_depth(jnp.array([[0.0, 0.0, 10.0], [1.0, 2.0, 9.5]]), root=0).tolist()
        [[0.0, 0.0, 10.0], [1.0, 2.0, 10.5]]
    """
    z = points[..., 2]
    return points.at[..., 2].set(2 * z[..., root : root + 1] - z)


def joint_mask(seen: jax.Array | None, shape: tuple[int, ...]) -> jax.Array | None:
    """Broadcast a mask of joints to the shape of a batch.

    Args:
        seen: `[..., J]` or `[J]` bool; None, which means every joint, stays None.
        shape: `[..., J]`.

    Returns:
        bool of `shape`, or None.

    Raises:
        ValueError: if `seen` is not bool or of another shape.

    Example:
        >>> joint_mask(jnp.array([True, False]), (3, 2)).shape
        (3, 2)
    """
    if seen is None:
        return None
    if seen.dtype != bool or seen.shape not in (shape, shape[-1:]):
        raise ValueError(f"seen: found {seen.dtype} of shape {seen.shape}, expected bool of {shape} or {shape[-1:]}")
    return jnp.broadcast_to(seen, shape)


def masked(x: jax.Array, seen: jax.Array | None) -> jax.Array:
    """Put zeros at joints that were not seen; what was there has no influence and no gradient.

    Args:
        x: `[..., J, D]`.
        seen: `[..., J]` or `[J]` bool; None: all.

    Returns:
        `[..., J, D]`.

    Raises:
        ValueError: if `seen` does not fit.

    Example:
        >>> masked(jnp.array([[1.0, 2.0], [jnp.nan, 5.0]]), jnp.array([True, False])).tolist()
        [[1.0, 2.0], [0.0, 0.0]]
    """
    return x if seen is None else jnp.where(joint_mask(seen, x.shape[:-1])[..., None], x, 0.0)


def align(
    points: jax.Array,
    target: jax.Array,
    *,
    scale: bool = True,
    reflection: bool = False,
    seen: jax.Array | None = None,
) -> jax.Array:
    """Procrustes alignment: move `points` onto `target` by the least-squares similarity.

    Args:
        points: `[..., J, 3]`, what is moved.
        target: `[..., J, 3]`, where to.
        scale: fit a scale, too; False leaves a rigid motion.
        reflection: also allow a mirror image. Never for a headline figure: it hides flipped depth.
        seen: `[..., J]` or `[J]` bool, the joints that align; None: all.

    Returns:
        `[..., J, 3]`, the aligned points. All points in one place stay in one place (the target's mean); joints that
        were not seen go there.

    Raises:
        ValueError: if a shape does not fit.

    Source:
        Kabsch 1976, Umeyama 1991; the gradient of the rotation is ours.

    Example:
        >>> target = jax.random.normal(jax.random.key(0), (17, 3))
        >>> moved = 3.0 * rotate(target, rotation_y(jnp.float32(1.0))) + 5.0
        >>> bool(jnp.allclose(align(moved, target), target, atol=1e-4))
        True
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
    determined = jnp.abs(total) > 1e-6 * (s[..., :1, None] + jnp.finfo(s.dtype).tiny)
    change = jnp.where(determined, skew / jnp.where(determined, total, 1.0), 0.0)
    change = jnp.einsum("...ji,...jk,...kl->...il", vt, change, vt, precision=_HIGHEST)
    return rotation, jnp.matmul(rotation, change, precision=_HIGHEST)


def _expect(x: jax.Array, name: str, size: int) -> None:
    if x.ndim < 2 or x.shape[-1] != size:
        raise ValueError(f"{name}: found shape {x.shape}, expected [..., J, {size}]")
