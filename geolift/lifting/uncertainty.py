"""How sure each lifted joint is: how far the true joint lies from it in 68 of 100 cases, from what 2D alone shows.

A lifted body is turned to other sides, projected and lifted again. Where the network then sees another body than the
one it was given, it is wrong on one of the two sides, and mostly on both. That spread over views, the bones that come
out longer or shorter than those of the training set, and the place of a joint in its chain give the error to be
expected (docs/method.md, eq. 28). The constants were found without 3D: two cameras at right angles see each other's
depths, so the lifts of one moment by both show the errors of each (`python -m benchmarks.two_cameras`).
Errors of 2D that a video shows are added: jitter, and joints that were filled in.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift.batching import map_chunks
from geolift.geometry import inverse, project, rotate, rotation_y, tilt_of, tilt_rotation
from geolift.lifting.filled_errors import filled_errors
from geolift.lifting.lifted import Lifted
from geolift.losses import rotate_about_root
from geolift.model import Model, lift_on_device, model_bones
from geolift.skeletons.bones import seen_bone_lengths
from geolift.skeletons.skeleton import Skeleton, is_human


class Weights(NamedTuple):
    """The weights of eq. 28, in the order of `Signs.terms`; `python -m benchmarks.two_cameras` finds them."""

    constant: float
    reach: float
    spread: float
    pose_spread: float
    mismatch: float
    hidden: float


# Of 8 people of `train` whom their lifter did not see; 2D exact and with errors of 2, 3 and 5 % of the trunk; all
# joints, and 10 or 20 % of them missing. Frames of a video that agree are surer than images.
IMAGES = Weights(-0.440, 0.506, 0.276, 0.315, 0.310, 0.646)
VIDEOS = Weights(-0.603, 0.290, 0.523, 0.258, 0.069, 0.189)
AROUND = 1.0  # seconds of a video over which the views are averaged: its errors last
LOOKS = 10.0  # frames per second that are looked at from other sides: as good as all (docs/performance.md)
# Error across the line of sight over that along it; of the same people's 3D, and no more than 3 % in all.
LATERAL = 0.26
AZIMUTHS = (45.0, -45.0, 180.0)  # degrees, of the views; one at 90 sees our depths across and says nothing of them
LEVEL = (0.0, -1.0, 0.0)  # the direction up for models that do not estimate it, camera axes
OF_PEOPLE = "how sure joints are is estimated as for people: it is not calibrated for this body (docs/uncertainty.md)"
SMALLEST = 0.02  # model units (1 cm of a person) or, of bones, 2 %: less is no sign of a sure joint


class Signs(NamedTuple):
    """What shows how wrong lifted joints are, N poses of J joints.

    Attributes:
        reach: `[J]` model units, length of the training set's bones from the root to each joint.
        spread: `[N, J]` model units, how far the views put the joint elsewhere, root mean square; NaN where missing.
        pose_spread: `[N]` the same over all joints of the pose.
        mismatch: `[N]` by which share its bones are longer or shorter than the training set's, root mean square.
        hidden: `[N]` share of the joints that are missing.
    """

    reach: np.ndarray
    spread: np.ndarray
    pose_spread: np.ndarray
    mismatch: np.ndarray
    hidden: np.ndarray

    def terms(self) -> np.ndarray:
        """`[N, J, 5]` what the weights of eq. 28 multiply: four logarithms, and the share of missing joints."""
        signs = [self.reach, self.spread, self.pose_spread[:, None], self.mismatch[:, None]]
        terms = [*(np.log(sign + SMALLEST) for sign in signs), self.hidden[:, None]]
        return np.stack([np.broadcast_to(term, self.spread.shape) for term in terms], axis=-1)


def estimate_uncertainty(model: Model, lifted: Lifted, *, refined: bool = True) -> Lifted:
    """The same with the `uncertainty` and the `depth_uncertainty` of each joint.

    Errors of the 2D from frame to frame count where a video shows them (`denoise`), and those of joints that were
    filled in (`filled_errors`); those of single images, and those that last, are not known.

    Args:
        model: that lifted it.
        lifted: in model units, points in the axes of cameras turned to each person.
        refined: whether the frames of a video were made to agree; single images never are.
    """
    tracks, rows, root = lifted.tracks, lifted.rows, model.skeleton.root
    together = tracks.video and refined
    points, up = lifted.points[rows], None if lifted.up is None else lifted.up[rows]
    if together:
        person, frame = tracks.person[rows], tracks.frame[rows]
        turned = _turned_rows(np.isfinite(points).all(axis=-1), person, frame, tracks.frames_in(1 / LOOKS))
        signs = over_time(read_signs(model, points, up, turned), person, frame, tracks.frames_in(AROUND))
    else:
        signs = read_signs(model, points, up)
    of_lifter = np.full(lifted.points.shape[:2], np.nan)
    of_lifter[rows] = depth_uncertainty(signs, VIDEOS if together else IMAGES)
    known = np.isfinite(lifted.points).all(axis=-1)
    of_lifter[~known] = np.nan
    unit = lifted.size / model.distance
    noise = (tracks.jitter[tracks.person] / unit)[:, None]  # of the joint and of the root
    filled = filled_errors(tracks, unit)  # on two of three axes
    total, depth = together_with_2d(of_lifter, filled, noise)
    for values in (depth, total):
        values[known[:, root], root] = 0.0
    lifted = lifted._replace(uncertainty=total, depth_uncertainty=depth)
    return lifted if is_human(model.skeleton) else lifted.noted(OF_PEOPLE)


def together_with_2d(of_lifter: np.ndarray, filled: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`[N, J]` uncertainty in all and along the line of sight, of depths `of_lifter` `[N, J]` and of the 2D.

    Args:
        of_lifter: `[N, J]` from `depth_uncertainty`.
        filled: `[N, J]` errors of the 2D of joints that were filled in, from `filled_errors`.
        noise: `[N, 1]` errors of the 2D from frame to frame; they are those of the joint and of the root.
    """
    depth = np.sqrt(of_lifter**2 + filled**2 / 2)
    return np.sqrt((1 + LATERAL**2) * of_lifter**2 + 1.5 * filled**2 + 4 * noise**2), depth


def depth_uncertainty(signs: Signs, weights: Weights) -> np.ndarray:
    """`[N, J]` model units: 68 of 100 true joints are no farther from the lifted one along the line of sight."""
    return np.exp(weights.constant + signs.terms() @ np.array(weights[1:]))


def over_time(signs: Signs, person: np.ndarray, frame: np.ndarray, window: int) -> Signs:
    """The signs of a video, the spreads root mean squares over the frames around each.

    Args:
        signs: of N rows.
        person: `[N]` int, rises.
        frame: `[N]` int, rises within a person.
        window: frames, about as many before as after.
    """
    if not len(frame):
        return signs
    order = person * (int(frame.max()) + 2 * window) + frame
    first, last = np.searchsorted(order, order - window // 2), np.searchsorted(order, order + window // 2, "right")

    def total(values: np.ndarray) -> np.ndarray:
        sums = np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, axis=0, dtype=np.float64)])
        return np.maximum(sums[last] - sums[first], 0)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.sqrt(total(np.nan_to_num(values) ** 2) / np.maximum(total(np.isfinite(values)), 1))

    return signs._replace(spread=mean(signs.spread), pose_spread=mean(signs.pose_spread))


def _turned_rows(seen: np.ndarray, person: np.ndarray, frame: np.ndarray, every: int) -> np.ndarray:
    """`[N]` bool: the first row of each person in `every` frames, and those that show other joints than the one before.

    So every joint is looked at near each row that shows it.

    Args:
        seen: `[N, J]` bool.
        person, frame: as for `over_time`.
        every: frames.
    """
    part = frame // max(every, 1)
    same = (np.diff(person) == 0) & (np.diff(part) == 0) & (seen[1:] == seen[:-1]).all(axis=1)
    return np.append(True, ~same)[: len(frame)]


def read_signs(model: Model, points: np.ndarray, up: np.ndarray | None, turned: np.ndarray | None = None) -> Signs:
    """The signs of lifted poses.

    Args:
        model: that lifted them.
        points: `[N, J, 3]` root-centred, model units, camera axes; NaN where missing.
        up: `[N, 3]` the direction up in each, or None.
        turned: `[N]` bool, the poses that are looked at from other sides; the spreads of the others are NaN. None: all.
    """
    seen, turned = np.isfinite(points).all(axis=-1), np.ones(len(points), bool) if turned is None else turned
    level = np.tile(LEVEL, (len(points), 1))
    up = level if up is None else np.where(np.isfinite(up).all(axis=-1, keepdims=True), up, level)
    arrays = (np.nan_to_num(points).astype(np.float32), up.astype(np.float32), seen)
    spread = np.full(seen.shape, np.nan)
    spread[turned] = map_chunks(functools.partial(_spread, model), *(array[turned] for array in arrays))
    lengths, bones = seen_bone_lengths(points, seen, model.skeleton), model_bones(model)
    known = np.isfinite(lengths) & (bones > 0) & (lengths > 0)
    ratio = np.log(np.divide(lengths, bones, out=np.ones_like(lengths), where=known))
    joints = np.maximum(seen.sum(axis=1) - 1, 1)  # beside the root
    return Signs(
        reach=_reach(model.skeleton, bones),
        spread=np.where(seen, spread, np.nan),
        pose_spread=np.sqrt((np.where(seen, spread, 0) ** 2).sum(axis=1) / joints),  # NaN where `spread` is
        mismatch=np.sqrt((np.where(known, ratio, 0) ** 2).sum(axis=1) / np.maximum(known.sum(axis=1), 1)),
        hidden=1 - seen.mean(axis=1),
    )


def _spread(model: Model, points: jax.Array, up: jax.Array, seen: jax.Array) -> jax.Array:
    about = (model.distance, model.min_depth, model.skeleton.root)
    shown = seen if model.lifter.masks else None
    relifted = [lift_on_device(model, pose, shown) for pose in _turned(points, up, *about)]
    return _difference(points, up, relifted)


def _views(up: jax.Array) -> jax.Array:
    """`[K, N, 3, 3]` rotations about gravity, from each pose's view to those of `AZIMUTHS` by a camera tilted alike."""
    tilt = tilt_rotation(*tilt_of(-up))
    about = rotation_y(jnp.radians(jnp.array(AZIMUTHS)))
    return jnp.einsum("nij,kjl,nml->knim", tilt, about, tilt, precision=jax.lax.Precision.HIGHEST)


@functools.partial(jax.jit, static_argnums=(2, 3, 4))
def _turned(points, up, distance, min_depth, root) -> tuple[jax.Array, ...]:
    """K times `[N, J, 2]`, the poses as the views see them."""
    rotated = rotate_about_root(points[None], _views(up), distance=distance, root=root)
    return tuple(project(rotated, min_depth=min_depth))


@jax.jit
def _difference(points, up, relifted) -> jax.Array:
    """`[N, J]` from points to those lifted in the views and turned back, root mean square over the views."""
    change = rotate(jnp.stack(relifted), inverse(_views(up))) - points[None]
    return jnp.sqrt((change**2).sum(axis=-1).mean(axis=0))


def _reach(skeleton: Skeleton, bones: np.ndarray) -> np.ndarray:
    """`[J]` the length of `bones` `[B]` from the root to each joint."""
    reach, length = np.zeros(len(skeleton.names)), dict(zip([c for _, c in skeleton.bones], bones, strict=True))
    for joint in skeleton.outwards:
        reach[joint] = reach[skeleton.parents[joint]] + length[joint]
    return reach
