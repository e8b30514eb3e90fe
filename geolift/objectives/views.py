"""Random views: rotations of lifted poses about gravity, for a camera pitch that is given or learnt with the lifter.

A camera's pitch is how far it looks down, radians. A view levels the body by it, rotates it about gravity and tilts it
again.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from geolift.data.sampling import Poses
from geolift.geometry import sample_rotation
from geolift.networks.pitch import MeanPitch, PosePitch
from geolift.objectives.keys import ExampleKeys


class View(NamedTuple):
    """The scene, and the random views into which poses are rotated. The defaults are the paper's.

    Attributes:
        azimuth, elevation, pitch: of the random views, radians, as in `geometry.sample_rotation`.
        distance, min_depth, root: as in `losses.lift_reproject_lift`.

    Example:
        >>> View(pitch=0.15).distance
        10.0
    """

    azimuth: float = math.pi
    elevation: float = math.pi / 9
    pitch: float = 0.0
    distance: float = 10.0
    min_depth: float = 1.0
    root: int = 0


def random_views(
    view: View, camera: MeanPitch | PosePitch | None = None
) -> Callable[[Any, Poses, ExampleKeys, str | None], tuple[jax.Array, dict[str, jax.Array]]]:
    """How views are drawn, one for each pose: `(params, poses, keys, axis_name) -> rotations [N, 3, 3], health`.

    Given one pitch, or with `MeanPitch`, R = R_x(pitch + e) R_y(a) R_x(-pitch) with e ~ U[-elevation, elevation]. With
    `PosePitch` every pose is levelled by its pitch, and tilted by one drawn from the normal distribution of the batch's
    pitches, plus e (ElePose, where e is 0; docs/method.md, eq. 20). Gradients flow through all of them.

    Args:
        view: the ranges, and the pitch if none is learnt.
        camera: the network that estimates the pitch; its parameters are the `params` of every call.
    """

    def draw(params: Any, poses: Poses, keys: ExampleKeys, axis_name: str | None = None):
        if camera is None:
            sampler = partial(sample_rotation, azimuth=view.azimuth, elevation=view.elevation, pitch=view.pitch)
            return jax.vmap(sampler)(keys.view), {}
        pitch = camera.apply({"params": params}, *poses)
        mean, health = _mean(pitch, axis_name), {"pitch": _mean(pitch, axis_name)}
        tilt = pitch
        if isinstance(camera, PosePitch):
            deviation = jnp.sqrt(_mean((pitch - mean) ** 2, axis_name) + 1e-12)
            tilt = mean + deviation * jax.vmap(jax.random.normal)(keys.tilt)
            health["pitch_deviation"] = deviation
        sampler = partial(sample_rotation, azimuth=view.azimuth, elevation=view.elevation)
        return jax.vmap(lambda key, p, t: sampler(key, pitch=p, tilt=t))(keys.view, pitch, tilt), health

    return draw


def _mean(x: jax.Array, axis_name: str | None) -> jax.Array:
    """Over the whole batch, that of all devices."""
    return x.mean() if axis_name is None else jax.lax.pmean(x.mean(), axis_name)
