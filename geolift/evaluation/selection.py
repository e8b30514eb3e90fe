"""Assessment of a lifter from 2D alone: criteria that use no true 3D, and one score (docs/selection.md)."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift.batching import map_chunks
from geolift.data.dataset import Dataset
from geolift.data.normalization import normalize_as_possible
from geolift.errors import DatasetError
from geolift.evaluation.accuracy import FEWEST
from geolift.evaluation.criteria import (
    FEWEST_FRAMES,
    TOLERANCE,
    asymmetry,
    bone_spread,
    energy_distance,
    plausibility,
)
from geolift.geometry import project, sample_any_rotation, sample_rotation, tilt_of
from geolift.losses import lift_reproject_lift, rotate_about_root
from geolift.model import Model, lift_poses
from geolift.objectives.views import View
from geolift.skeletons.skeleton import expect_skeleton

SEED = 0  # of the random views, the same for every lifter and every call
COMPARED = 4096  # poses, evenly spaced, in the energy distance, whose cost is their number squared

GROUPS = {
    "agreement": ("consistency_3d", "consistency_2d"),
    "anatomy": ("asymmetry", "bone_spread"),
    "realism": ("strangeness",),
}
CRITERIA = tuple(name for names in GROUPS.values() for name in names)
DEFINITIONS = {
    "score": "mean over agreement, anatomy, realism; each the mean of its criteria over those of the flat skeleton",
    "consistency_3d": "mean joint distance of relifted and rotated skeleton over the rotated one's mean distance from "
    "its root, random views",
    "consistency_2d": "mean joint distance of reprojected and given pose over the given one's mean distance from its "
    "root, random views",
    "asymmetry": "|left - right| / (left + right) of partner bones, mean",
    "bone_spread": f"bone length over the frame's mean bone length: standard deviation over mean within a clip of at "
    f"least {FEWEST_FRAMES} whole frames; mean over bones, then frames",
    "strangeness": "energy distance of views turned about gravity from the given poses: "
    "sqrt((2 E|y - x| - E|y - y'| - E|x - x'|) / 2 E|y - x|), 0 to 1",
    "plausible_bones": f"% of limb bones within {TOLERANCE:.0%} of their published share in the limbs' total length; "
    "not in the score",
    "plausible_poses": "% of poses all of whose seen limb bones are; not in the score",
}


class FlatLifter(NamedTuple):
    """The baseline in the place of a network: all depths are equal."""

    masks: bool

    def apply(self, variables: Any, pose: jax.Array, seen: jax.Array | None = None) -> jax.Array:
        return jnp.zeros_like(pose[..., 0])


class UsablePoses(NamedTuple):
    """The N poses of a data set that a lifter can be assessed on.

    Attributes:
        poses: `[N, J, 2]`, normalised for the lifter.
        seen: `[N, J]` bool.
        clip: `[N]` int, the clip of the data set that each is from.
        gravity: `[N, 3]` its direction in the axes of each pose's camera; None: not known.
    """

    poses: np.ndarray
    seen: np.ndarray
    clip: np.ndarray
    gravity: np.ndarray | None = None


def usable_poses(trained: Model, data: Dataset) -> UsablePoses:
    """The poses with all joints, or for a model with masks with the root and `FEWEST` joints; 3D is dropped first.

    Data without what the model's normalization needs (intrinsics or image sizes) are normalized person by person.

    Raises:
        DatasetError: if the data set does not fit the model, or no frame is left.
    """
    data = data.without_3d()
    expect_skeleton(data.skeleton, trained.skeleton)
    poses = normalize_as_possible(data, trained.normalization)
    enough = data.seen[:, data.skeleton.root] & (data.seen.sum(axis=1) >= FEWEST)
    usable = enough if trained.lifter.masks else data.whole
    if not usable.any():
        few = f"its root and {FEWEST} joints"
        what = few if trained.lifter.masks else "all joints, which a model without masks needs"
        raise DatasetError(f"confidence: none of {data.frames} frames has {what}; none can be assessed")
    gravity = None if data.gravity is None else data.gravity[usable]
    return UsablePoses(poses[usable], data.seen[usable], data.clip_of_frame[usable], gravity)


def lift_usable(trained: Model, usable: UsablePoses) -> np.ndarray:
    """Root-centred points `[N, J, 3]` of the poses, model units; those of unseen joints mean nothing."""
    return lift_poses(trained, usable.poses, usable.seen if trained.lifter.masks else None)


def assess(trained: Model, data: Dataset, view: View) -> dict[str, Any]:
    """Compute every criterion and the score of a lifter on the 2D of a data set; smaller is better (`DEFINITIONS`).

    Args:
        trained: the lifter.
        data: poses that it was not trained on; `points_3d` are dropped first.
        view: the views that the lifter was trained with: used as they are for agreement; for realism without elevation,
            as the data's cameras differ in azimuth alone, unless they are anywhere. With a pitch of None, views are
            about the gravity that the data set gives for each pose, and tilted as the camera of another pose.

    Returns:
        `score`, `CRITERIA` (`bone_spread` None without long clips, `asymmetry` without partner bones),
        `plausible_bones`, `plausible_poses` (None without named limbs), `flat`, the same for the flat skeleton, and
        `frames`, the number of poses.

    Raises:
        DatasetError: if the data set does not fit the model, has no usable pose or no gravity where views need it, or
            a criterion is not finite.

    Source:
        Ours (docs/selection.md).

    Example:
        >>> import geolift
        >>> from geolift.data.cameras import film
        >>> from geolift.data.synthetic.motions import procedural_clips
        >>> people = film(procedural_clips(seed=0, people=3, seconds=1.0, fps=5.0), geolift.H36M17, seed=0)
        >>> result = assess(geolift.load("cmu"), people, View(distance=10.0, pitch=0.14))
        >>> result["score"] < 1.0  # the flat skeleton has 1
        True
    """
    usable = usable_poses(trained, data)
    found = measure_criteria(trained, usable, view)
    flat = measure_criteria(trained._replace(lifter=FlatLifter(trained.lifter.masks), variables={}), usable, view)
    return {"score": score(found, flat), **found, "flat": flat, "frames": len(usable.poses)}


def score(found: dict[str, float | None], flat: dict[str, float | None]) -> float:
    """The mean over `GROUPS` of the mean ratio of a lifter's criteria to those of the flat skeleton, which has 1.

    Each group is a necessary condition, so groups are averaged: perfection in one gains at most a third. Criteria that
    are None do not count, nor do groups without others.

    Raises:
        DatasetError: naming the criterion that is not finite, or 0 of the flat skeleton.
    """

    def ratio(name: str) -> float:
        if not (np.isfinite([found[name], flat[name]]).all() and flat[name] > 0):
            raise DatasetError(
                f"{name}: found {found[name]:.3g}, {flat[name]:.3g} of the flat skeleton, expected finite numbers, the "
                "second above 0; these poses cannot rank lifters"
            )
        return found[name] / flat[name]

    ratios = [[ratio(name) for name in names if found[name] is not None] for names in GROUPS.values()]
    return float(np.mean([np.mean(group) for group in ratios if group]))


def measure_criteria(trained: Model, usable: UsablePoses, view: View) -> dict[str, Any]:
    """`CRITERIA` of a lifter on poses, and the figures of `plausibility`; deterministic."""
    skeleton, rows = trained.skeleton, len(usable.poses)
    rotation, level = _random_views(usable, view)
    measure = functools.partial(_measure_views, trained.lifter, trained.variables, view, skeleton)
    per_pose = map_chunks(measure, usable.poses, usable.seen, rotation, level)
    few = np.linspace(0, rows - 1, min(COMPARED, rows)).astype(int)
    given = np.where(usable.seen[few, :, None], usable.poses[few], 0.0)
    return {
        "consistency_3d": float(per_pose["consistency_3d"].mean()),
        "consistency_2d": float(per_pose["consistency_2d"].mean()),
        "asymmetry": asymmetry(per_pose["lengths"], skeleton),
        "bone_spread": bone_spread(per_pose["lengths"], usable.clip),
        "strangeness": float(energy_distance(per_pose["novel"][few], given)),
        **plausibility(per_pose["lengths"], skeleton),
    }


def _random_views(usable: UsablePoses, view: View) -> tuple[np.ndarray, np.ndarray]:
    """A random view of each pose, `[N, 3, 3]`, for agreement, and one without elevation for realism."""
    keys, shape = jax.random.split(jax.random.key(SEED)), (len(usable.poses),)
    if view.anywhere:
        return np.asarray(sample_any_rotation(keys[0], shape)), np.asarray(sample_any_rotation(keys[1], shape))
    angles = {"azimuth": view.azimuth} | ({"pitch": view.pitch} if view.pitch is not None else _tilts(usable))
    rotation = sample_rotation(keys[0], shape, elevation=view.elevation, **angles)
    return np.asarray(rotation), np.asarray(sample_rotation(keys[1], shape, elevation=0.0, **angles))


def _tilts(usable: UsablePoses) -> dict[str, jax.Array]:
    """The tilt of each pose's camera by its gravity, and that of another pose for the new view."""
    if usable.gravity is None:
        raise DatasetError("gravity: found none, expected it for lifters with views about the tilt of each pose")
    pitch, roll = tilt_of(jnp.asarray(usable.gravity))
    other = np.random.default_rng(SEED).permutation(len(usable.poses))
    return {"pitch": pitch, "roll": roll, "new_pitch": pitch[other], "new_roll": roll[other]}


@functools.partial(jax.jit, static_argnames=("lifter", "view", "skeleton"))
def _measure_views(lifter, variables, view, skeleton, poses, seen, rotation, level) -> dict[str, jax.Array]:
    mask = seen[..., None]

    def mean_length(x: jax.Array) -> jax.Array:
        return jnp.mean(jnp.linalg.norm(x, axis=-1), axis=-1, where=seen)

    def lifter_of(pose: jax.Array) -> jax.Array:
        return lifter.apply(variables, jnp.where(mask, pose, 0.0), seen if lifter.masks else None)

    scene = {"distance": view.distance, "root": view.root}
    poses = jnp.where(mask, poses, 0.0)
    cycle = lift_reproject_lift(lifter_of, poses, rotation, min_depth=view.min_depth, **scene)
    body = cycle.rotated - cycle.rotated[:, view.root, None]
    novel = project(rotate_about_root(cycle.lifted, level, **scene), min_depth=view.min_depth)
    parent, child = np.transpose(skeleton.bones)
    # Not `bone_lengths`, whose gradient is safe as it treats NaN as 0: here NaN must stay.
    lengths = jnp.linalg.norm(cycle.lifted[:, child] - cycle.lifted[:, parent], axis=-1)
    return {
        "consistency_3d": mean_length(cycle.relifted - cycle.rotated) / mean_length(body),
        "consistency_2d": mean_length(cycle.reprojected - poses) / mean_length(poses),
        "lengths": jnp.where(seen[:, child] & seen[:, parent], lengths, jnp.nan),
        "novel": jnp.where(mask, novel, 0.0),
    }
