"""Random views: rotations of lifted poses about gravity, as the camera of each pose sees it, or of any kind.

A view levels the body by the tilt of its camera (pitch and roll), rotates it about gravity and tilts it as another
camera. The tilt is given for all cameras, given by the data set for each pose, or learnt with the lifter. Bodies
without an upright have views from anywhere.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from geolift.data.sampling import Poses
from geolift.geometry import gravity_of, sample_any_rotation, sample_rotation, tilt_of
from geolift.losses import mean_over
from geolift.networks.tilt import MeanPitch, PosePitch, PoseTilt, Tilt
from geolift.objectives.keys import ExampleKeys

AT_BOUND = 0.02  # a learnt pitch is at a bound of its range if it is nearer to it than this share of the range
CameraNetwork = MeanPitch | PosePitch | PoseTilt


class View(NamedTuple):
    """The scene, and the random views into which poses are rotated. The defaults are the paper's.

    Attributes:
        azimuth, elevation, pitch: of the random views, radians, as in `geometry.sample_rotation`. A pitch of None, for
            `evaluation.selection.assess` only: as each pose's camera is tilted.
        distance, min_depth, root: as in `losses.lift_reproject_lift`.
        anywhere: views are rotated uniformly over SO(3); the angles are not used.

    Example:
        >>> View(pitch=0.15).distance
        10.0
    """

    azimuth: float = math.pi
    elevation: float = math.pi / 9
    pitch: float | None = 0.0
    distance: float = 10.0
    min_depth: float = 1.0
    root: int = 0
    anywhere: bool = False


class Views(NamedTuple):
    """The random views of N poses.

    Attributes:
        rotation: `[N, 3, 3]` from each pose's view to its random view.
        losses: `{name: ()}` of the camera's network beside the lifter's loss; none for most.
        health: `{name: ()}` for the log.
    """

    rotation: jax.Array
    losses: dict[str, jax.Array]
    health: dict[str, jax.Array]


def random_views(view: View, camera: CameraNetwork | None = None) -> Callable[..., Views]:
    """How views are drawn, one for each pose: `(params, poses, others, keys, axis_name) -> Views`.

    Given one pitch, or with `MeanPitch`, R = R_x(pitch + e) R_y(a) R_x(-pitch) with e ~ U[-elevation, elevation]. With
    `PosePitch` every pose is levelled by its pitch, and tilted by one drawn from the normal distribution of the batch's
    pitches, plus e (ElePose, where e is 0; docs/method.md, eq. 20). With `PoseTilt` it is levelled by its pitch and
    roll, and tilted by those of another pose, plus e (eq. 25); where the gravity of a pose is given, its tilt is that
    of the gravity, which the network learns from. Views from anywhere are uniform over SO(3). Gradients flow
    through the tilt that levels, and not through the one that tilts, except for `MeanPitch` and `PosePitch`.

    Args:
        view: the ranges, and the pitch if none is learnt.
        camera: the network that estimates the tilt; its parameters are the `params` of every call. `others` are N poses
            drawn independently, whose tilts are those of the new views.
    """
    sampler = partial(sample_rotation, azimuth=view.azimuth, elevation=view.elevation)

    def draw(params: Any, poses: Poses, others: Poses, keys: ExampleKeys, axis_name: str | None = None) -> Views:
        if view.anywhere:
            return Views(jax.vmap(sample_any_rotation)(keys.view), {}, {})
        if camera is None:
            return Views(jax.vmap(partial(sampler, pitch=view.pitch))(keys.view), {}, {})
        estimated = camera.apply({"params": params}, poses.joints, poses.seen)
        health = _health(estimated, camera, axis_name)
        if not isinstance(camera, PoseTilt):
            pitch = new = estimated.pitch
            if isinstance(camera, PosePitch):
                new = health["pitch"] + health["pitch_deviation"] * jax.vmap(jax.random.normal)(keys.tilt)
            rotation = jax.vmap(lambda key, p, n: sampler(key, pitch=p, new_pitch=n))(keys.view, pitch, new)
            return Views(rotation, {}, health)
        tilt, known = _given_or(estimated, poses)
        other, _ = _given_or(camera.apply({"params": params}, others.joints, others.seen), others)
        rotation = jax.vmap(
            lambda key, p, r, new_p, new_r: sampler(key, pitch=p, roll=r, new_pitch=new_p, new_roll=new_r)
        )(keys.view, *tilt, *jax.lax.stop_gradient(other))
        if known is None:
            return Views(rotation, {}, health)
        error = mean_over(_difference(estimated, poses.gravity, known), known, axis_name)
        reversed_ = _mean(~known & (estimated.pitch * camera.range.start < 0), axis_name)  # given gravity is right
        return Views(rotation, {"camera": error}, health | {"up_error": error, "pitch_reversed": reversed_})

    return draw


def _given_or(estimated: Tilt, poses: Poses) -> tuple[Tilt, jax.Array | None]:
    """The tilt by the gravity of each pose, where it is given, else the estimated one; and `[N]` where it is given."""
    if poses.gravity is None:
        return estimated, None
    known = jnp.isfinite(poses.gravity).all(axis=-1)
    given = tilt_of(_usable(poses.gravity, known))
    return Tilt(*(jnp.where(known, g, e) for g, e in zip(given, estimated, strict=True))), known


def _difference(tilt: Tilt, gravity: jax.Array, known: jax.Array) -> jax.Array:
    """1 - cos of the angle between the gravity of a tilt and a given one, `[N]`."""
    return 1.0 - jnp.sum(gravity_of(*tilt) * _usable(gravity, known), axis=-1)


def _usable(gravity: jax.Array, known: jax.Array) -> jax.Array:
    """`[N, 3]` with that of a level camera where it is not known."""
    return jnp.where(known[:, None], gravity, jnp.array([0.0, 1.0, 0.0]))


def _health(tilt: Tilt, camera: CameraNetwork, axis_name: str | None) -> dict[str, jax.Array]:
    """Mean and spread of the tilts; the shares of pitches at a bound, and of another sign than at first."""
    mean = partial(_mean, axis_name=axis_name)
    pitch, (low, high, start) = tilt.pitch, camera.range
    near = AT_BOUND * (high - low)
    health = {
        "pitch": mean(pitch),
        "pitch_at_bound": mean((pitch < low + near) | (pitch > high - near)),
        "pitch_reversed": mean(pitch * start < 0),
    }
    if isinstance(camera, MeanPitch):
        return health
    health["pitch_deviation"] = jnp.sqrt(mean((pitch - health["pitch"]) ** 2) + 1e-12)
    if tilt.roll is not None:
        health["roll"] = mean(tilt.roll)
        health["roll_deviation"] = jnp.sqrt(mean((tilt.roll - health["roll"]) ** 2) + 1e-12)
    return health


def _mean(x: jax.Array, axis_name: str | None) -> jax.Array:
    """Over the whole batch, that of all devices."""
    mean = x.astype(jnp.float32).mean()
    return mean if axis_name is None else jax.lax.pmean(mean, axis_name)
