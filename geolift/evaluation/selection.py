"""How good a lifter is, judged from 2D alone: criteria that never see 3D, and one score (docs/selection.md)."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from geolift.batching import map_chunks
from geolift.data.dataset import Dataset
from geolift.data.normalization import normalize, normalize_persons
from geolift.errors import DatasetError
from geolift.evaluation.evaluate import FEWEST
from geolift.geometry import project, sample_rotation
from geolift.losses import lift_reproject_lift, rotate_about_root
from geolift.model import Model, lift_poses
from geolift.objectives.views import View
from geolift.skeletons.anthropometry import BUILD
from geolift.skeletons.bones import sides
from geolift.skeletons.skeleton import Skeleton, expect_skeleton

SEED = 0  # of the views: the same for every lifter and every call
COMPARED = 4096  # poses, evenly spaced, in the energy distance, which takes their number squared
FEWEST_FRAMES = 8  # whole frames of a clip for its bones' spread
TOLERANCE = 0.2  # by which a limb bone may differ from its published share; why: docs/selection.md

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
LIMBS = {
    ("hip", "knee"): "thigh", ("knee", "ankle"): "shank", ("shoulder", "elbow"): "upper_arm",
    ("elbow", "wrist"): "forearm",
}  # fmt: skip


class Flat(NamedTuple):
    """The lifter that knows nothing, in the place of a network: all depths equal."""

    masks: bool

    def apply(self, variables: Any, pose: jax.Array, seen: jax.Array | None = None) -> jax.Array:
        return jnp.zeros_like(pose[..., 0])


class Judged(NamedTuple):
    """The N poses of a data set that a lifter can be judged on.

    Attributes:
        poses: `[N, J, 2]`, normalised for the lifter.
        seen: `[N, J]` bool.
        clip: `[N]` int, which clip of the data set each is of.
    """

    poses: np.ndarray
    seen: np.ndarray
    clip: np.ndarray


def choose(trained: Model, data: Dataset) -> Judged:
    """The frames whose joints were all seen, or for a model with masks root and `FEWEST` in all; 3D is dropped first.

    Data that lacks what the model is normalised by (intrinsics or image sizes) is brought to its size person by person.

    Raises:
        DatasetError: if the data set does not fit the model, or no frame is left.
    """
    data = data.without_3d()
    expect_skeleton(data.skeleton, trained.skeleton)
    known = data.intrinsics if trained.normalization.plane == "camera" else data.image_size
    poses = (normalize_persons if known is None else normalize)(data, trained.normalization)
    enough = data.seen[:, data.skeleton.root] & (data.seen.sum(axis=1) >= FEWEST)
    usable = enough if trained.lifter.masks else data.whole
    if not usable.any():
        few = f"its root and {FEWEST} joints"
        what = few if trained.lifter.masks else "all joints, which a model without masks needs"
        raise DatasetError(f"confidence: none of {data.frames} frames has {what}; nothing to judge by")
    return Judged(poses[usable], data.seen[usable], data.clip_of_frame[usable])


def lift(trained: Model, judged: Judged) -> np.ndarray:
    """Root-centred points `[N, J, 3]` of the judged poses, model units; those of unseen joints mean nothing."""
    return lift_poses(trained, judged.poses, judged.seen if trained.lifter.masks else None)


def judge(trained: Model, data: Dataset, view: View) -> dict[str, Any]:
    """Every criterion and the score of a lifter on the 2D of a data set; smaller is better (see `DEFINITIONS`).

    Args:
        trained: the lifter.
        data: poses it was not trained on; `points_3d` are dropped before anything is computed.
        view: as the lifter was trained with: its random views for agreement, level ones, turned about gravity alone
            as between the data's cameras, for realism.

    Returns:
        `score`, `CRITERIA` (`bone_spread` None without long clips, `asymmetry` without partner bones),
        `plausible_bones`, `plausible_poses` (None without named limbs), `flat`, the same of the flat skeleton, and
        `frames`, the number of poses.

    Raises:
        DatasetError: as `choose` and `score`.
    """
    judged = choose(trained, data)
    own = criteria(trained, judged, view)
    flat = criteria(trained._replace(lifter=Flat(trained.lifter.masks), variables={}), judged, view)
    return {"score": score(own, flat), **own, "flat": flat, "frames": len(judged.poses)}


def score(own: dict[str, float | None], flat: dict[str, float | None]) -> float:
    """The mean over `GROUPS` of the mean ratio of a lifter's criteria to the flat skeleton's; 1 knows nothing.

    A mean, as each group is a necessary condition: being perfect in one is worth at most what it costs a good lifter.
    Criteria that are None, and groups of nothing else, do not count.

    Raises:
        DatasetError: naming the criterion that is not finite, or 0 of the flat skeleton.
    """

    def ratio(name: str) -> float:
        if not (np.isfinite([own[name], flat[name]]).all() and flat[name] > 0):
            raise DatasetError(
                f"{name}: found {own[name]:.3g}, {flat[name]:.3g} of the flat skeleton, expected finite numbers, the "
                "second above 0; these poses cannot be ranked by"
            )
        return own[name] / flat[name]

    ratios = [[ratio(name) for name in names if own[name] is not None] for names in GROUPS.values()]
    return float(np.mean([np.mean(group) for group in ratios if group]))


def criteria(trained: Model, judged: Judged, view: View) -> dict[str, Any]:
    """`CRITERIA` of a lifter on poses, and the figures of `plausible`; deterministic."""
    skeleton, rows = trained.skeleton, len(judged.poses)
    keys = jax.random.split(jax.random.key(SEED))
    angles = {"azimuth": view.azimuth, "pitch": view.pitch}
    rotation = np.asarray(sample_rotation(keys[0], (rows,), elevation=view.elevation, **angles))
    level = np.asarray(sample_rotation(keys[1], (rows,), elevation=0.0, **angles))
    see = functools.partial(_see, trained.lifter, trained.variables, view, skeleton)
    per_pose = map_chunks(see, judged.poses, judged.seen, rotation, level)
    few = np.linspace(0, rows - 1, min(COMPARED, rows)).astype(int)
    given = np.where(judged.seen[few, :, None], judged.poses[few], 0.0)
    return {
        "consistency_3d": float(per_pose["consistency_3d"].mean()),
        "consistency_2d": float(per_pose["consistency_2d"].mean()),
        "asymmetry": asymmetry(per_pose["lengths"], skeleton),
        "bone_spread": bone_spread(per_pose["lengths"], judged.clip),
        "strangeness": float(energy_distance(per_pose["novel"][few], given)),
        **plausible(per_pose["lengths"], skeleton),
    }


@functools.partial(jax.jit, static_argnames=("lifter", "view", "skeleton"))
def _see(lifter, variables, view, skeleton, poses, seen, rotation, level) -> dict[str, jax.Array]:
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
    # Not `bone_lengths`, whose gradient is safe as it takes what is no number for 0: here that must show.
    lengths = jnp.linalg.norm(cycle.lifted[:, child] - cycle.lifted[:, parent], axis=-1)
    return {
        "consistency_3d": mean_length(cycle.relifted - cycle.rotated) / mean_length(body),
        "consistency_2d": mean_length(cycle.reprojected - poses) / mean_length(poses),
        "lengths": jnp.where(seen[:, child] & seen[:, parent], lengths, jnp.nan),
        "novel": jnp.where(mask, novel, 0.0),
    }


def asymmetry(lengths: np.ndarray, skeleton: Skeleton) -> float | None:
    """Mean |left - right| / (left + right) of partner bones, 0 to 1, from `[N, B]` lengths (NaN: not seen).

    None if no two partners were seen together.
    """
    left, right = (lengths[:, side] for side in sides(skeleton))
    unlike = np.abs(left - right) / np.maximum(left + right, np.finfo(np.float32).tiny)
    return None if np.isnan(unlike).all() else float(np.nanmean(unlike))


def bone_spread(lengths: np.ndarray, clip: np.ndarray) -> float | None:
    """How much bones change within a person's clip, as a share of their length; see `DEFINITIONS`.

    Args:
        lengths: `[N, B]`, NaN where not seen; frames with one such bone are left out.
        clip: `[N]` which clip each row is of, clips one after the other.

    Returns:
        The spread, or None if no clip has `FEWEST_FRAMES` whole frames.
    """
    whole = ~np.isnan(lengths).any(axis=1)
    lengths, clip = lengths[whole], clip[whole]
    relative = lengths / lengths.mean(axis=1, keepdims=True)
    clips = np.split(relative, np.flatnonzero(np.diff(clip)) + 1)
    long = [one for one in clips if len(one) >= FEWEST_FRAMES]
    if not long:
        return None
    spread = [(one.std(axis=0) / one.mean(axis=0)).mean() for one in long]
    return float(np.average(spread, weights=[len(one) for one in long]))


@jax.jit
def energy_distance(a: jax.Array, b: jax.Array) -> jax.Array:
    """How differently two sets of poses `[N, J, 2]`, `[M, J, 2]` are distributed, 0 to 1 (Székely & Rizzo 2013).

    The square root of their coefficient of inhomogeneity, so that it grows with a displacement, not with its square.
    """
    a, b = (x.reshape(len(x), -1) for x in (a, b))

    def mean_distance(p: jax.Array, q: jax.Array) -> jax.Array:
        product = jnp.matmul(p, q.T, precision=jax.lax.Precision.HIGHEST)
        squares = jnp.sum(p**2, axis=1)[:, None] + jnp.sum(q**2, axis=1)[None] - 2 * product
        return jnp.mean(jnp.sqrt(jnp.maximum(squares, 0.0)))

    between = 2 * mean_distance(a, b)
    return jnp.sqrt(jnp.maximum(0.0, between - mean_distance(a, a) - mean_distance(b, b)) / between)


def plausible(lengths: np.ndarray, skeleton: Skeleton) -> dict[str, float | None]:
    """Share of limb bones, and of poses in all of theirs, that have about their published length.

    Each bone's share in the limbs' total is compared with that of Drillis & Contini 1966
    (`geolift.skeletons.anthropometry.BUILD`).

    Args:
        lengths: `[N, B]` bone lengths of any scale, NaN where not seen; poses with under two limb bones say nothing.
        skeleton: limbs are found by the names of its joints, as in `H36M17`.

    Returns:
        `plausible_bones` and `plausible_poses` in %, None for a skeleton without named limbs.
    """
    ends = [tuple(skeleton.names[joint].split("_")[-1] for joint in bone) for bone in skeleton.bones]
    limb = [i for i, pair in enumerate(ends) if pair in LIMBS]
    published = np.array([BUILD[LIMBS[ends[i]]][0] for i in limb])
    lengths = lengths[:, limb]
    seen = ~np.isnan(lengths)
    lengths, seen = lengths[seen.sum(axis=1) > 1], seen[seen.sum(axis=1) > 1]
    if not len(lengths) or not limb:
        return {"plausible_bones": None, "plausible_poses": None}
    found = lengths / np.nansum(lengths, axis=1, keepdims=True)
    good = np.abs(found / published * (seen @ published)[:, None] - 1) <= TOLERANCE  # NaN is not good
    return {
        "plausible_bones": float(100 * good[seen].mean()),
        "plausible_poses": float(100 * (good | ~seen).all(axis=1).mean()),
    }
