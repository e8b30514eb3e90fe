"""Synchronised cameras: a lifted pose as another camera really saw it, and random views from where cameras stand."""

import jax
import jax.numpy as jnp

from geolift.data.sampling import Partner
from geolift.geometry import masked, project, rotation_x, rotation_y, rotation_z
from geolift.losses import mean_over, rotate_about_root
from geolift.objectives.keys import ExampleKeys
from geolift.objectives.terms import LiftedBatch, Part, TermGroup

JITTER = 0.1  # radians, deviation of the angles by which views are beside a camera, so that no view is seen twice


def camera_terms() -> TermGroup:
    """The lifted pose, turned into another camera and projected, against the pose that this camera saw: "cameras".

    Returns:
        Terms for `lifting_objectives`, for batches with `partner`; means over the poses that have one.

    Source:
        After CanonPose, Wandt et al. 2021, with rotations found before training (docs/method.md, eq. 41).

    Example:
        >>> camera_terms().names
        ('cameras',)
    """

    def compute(lifted: LiftedBatch) -> Part:
        partner = jax.tree.map(lambda x: x[lifted.target], lifted.batch.partner)
        points, view = lifted.cycle.lifted[lifted.target], lifted.view
        turned = rotate_about_root(points, partner.rotation, distance=view.distance, root=view.root)
        own = lifted.pose.seen
        both = None if own is None else own[lifted.target] & partner.pose.seen
        apart = difference_2d(project(turned, min_depth=view.min_depth), partner.pose.joints, both)
        return Part({"cameras": mean_over(apart, partner.known, lifted.axis_name)})

    return TermGroup(("cameras",), compute)


def difference_2d(pose: jax.Array, other: jax.Array, seen: jax.Array | None = None) -> jax.Array:
    """min_s sum_j |s y_j - x_j|^2: how far apart two root-centred poses of one moment are, whatever their sizes.

    A body's size in one camera says nothing of that in another, which may be nearer.

    Args:
        pose: `[N, J, 2]` y.
        other: `[N, J, 2]` x.
        seen: `[N, J]` bool, the joints that count; None: all.

    Returns:
        `[N]`, normalized units squared.

    Source:
        docs/method.md, eq. 41.

    Example:
        >>> pose = jax.random.normal(jax.random.key(0), (4, 17, 2))
        >>> bool((difference_2d(pose, 2 * pose) < 1e-6).all())
        True
    """
    y, x = masked(pose, seen), masked(other, seen)
    power = jnp.sum(y * y, axis=(-2, -1))
    scale = jnp.maximum(jnp.sum(x * y, axis=(-2, -1)), 0.0) / jnp.where(power > 0, power, 1.0)
    # At the best scale the difference does not change with it to first order, so no gradient is lost.
    return jnp.sum((jax.lax.stop_gradient(scale)[:, None, None] * y - x) ** 2, axis=(-2, -1))


def towards_cameras(rotation: jax.Array, partner: Partner, keys: ExampleKeys, share: float) -> jax.Array:
    """Random views of which a share is replaced by those near another camera.

    Args:
        rotation: `[N, 3, 3]` random views.
        partner: of the N poses.
        keys: of the N poses.
        share: of the poses that have a partner.

    Returns:
        `[N, 3, 3]` rotations from each pose's view to its random view.

    Source:
        Ours: where no camera stands, nothing is known about what is likely.

    Example:
        >>> from geolift.objectives.keys import split_keys
        >>> none = Partner(None, jnp.zeros((4, 3, 3)), jnp.zeros(4, bool))
        >>> views = jnp.stack([jnp.eye(3)] * 4)
        >>> bool((towards_cameras(views, none, split_keys(jax.random.split(jax.random.key(0), 4)), 1.0) == views).all())
        True
    """

    def one(key: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        which, turn = jax.random.split(key)
        return jax.random.uniform(which) < share, tuple(JITTER * jax.random.normal(turn, (3,)))

    taken, (x, y, z) = jax.vmap(one)(keys.cameras)
    near = partner.rotation
    for beside in (rotation_x(x), rotation_y(y), rotation_z(z)):
        near = jnp.matmul(beside, near, precision="highest")
    return jnp.where((taken & partner.known)[:, None, None], near, rotation)
