"""How poses are seen again: the random views of the game, about a pitch that is given or learnt with the lifter.

A camera's pitch is how far it looks down, radians. Views level the body by it, turn it about gravity and tilt it again.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from geolift.data.sampling import Poses
from geolift.geometry import sample_rotation
from geolift.networks.pitch import MeanPitch, PosePitch


class View(NamedTuple):
    """How poses are seen again.

    Attributes:
        azimuth, elevation, pitch: of the random views, radians, as in `geometry.sample_rotation`.
        distance, min_depth, root: as in `losses.lift_reproject_lift`.
    """

    azimuth: float
    elevation: float
    pitch: float
    distance: float
    min_depth: float
    root: int


def random_views(
    view: View, camera: MeanPitch | PosePitch | None = None
) -> Callable[[Any, Poses, jax.Array, str | None], tuple[jax.Array, dict[str, jax.Array]]]:
    """How views are drawn, one for each pose: `(params, poses, keys, axis_name) -> rotations [N, 3, 3], health`.

    Given one pitch, or with `MeanPitch`, R = R_x(pitch + e) R_y(a) R_x(-pitch) with e ~ U[-elevation, elevation]. With
    `PosePitch` every pose is levelled by its own, and tilted by one drawn from the normal distribution that the
    batch's have, plus e (ElePose, where e is 0; docs/method.md, eq. 20). Gradients flow through all of them.

    Args:
        view: the ranges, and the pitch if none is learnt.
        camera: the network that tells the pitch; its parameters are the `params` of every call.
    """

    def draw(params: Any, poses: Poses, keys: jax.Array, axis_name: str | None = None):
        if camera is None:
            sampler = partial(sample_rotation, azimuth=view.azimuth, elevation=view.elevation, pitch=view.pitch)
            return jax.vmap(sampler)(keys), {}
        pitch = camera.apply({"params": params}, *poses)
        mean, health = _mean(pitch, axis_name), {"pitch": _mean(pitch, axis_name)}
        tilt = pitch
        if isinstance(camera, PosePitch):
            deviation = jnp.sqrt(_mean((pitch - mean) ** 2, axis_name) + 1e-12)
            normal = jax.vmap(lambda key: jax.random.normal(jax.random.fold_in(key, 2)))(keys)
            tilt, health = mean + deviation * normal, health | {"pitch_deviation": deviation}
        sampler = partial(sample_rotation, azimuth=view.azimuth, elevation=view.elevation)
        return jax.vmap(lambda key, p, t: sampler(key, pitch=p, tilt=t))(keys, pitch, tilt), health

    return draw


def _mean(x: jax.Array, axis_name: str | None) -> jax.Array:
    """Over the whole batch, that of all devices."""
    return x.mean() if axis_name is None else jax.lax.pmean(x.mean(), axis_name)
