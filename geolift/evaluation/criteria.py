"""Criteria of 3D poses that need no true 3D: equal partner bones, constant bones, realistic views, proportions."""

import jax
import jax.numpy as jnp
import numpy as np

from geolift.skeletons.anthropometry import BUILD
from geolift.skeletons.bones import sides
from geolift.skeletons.skeleton import Skeleton

FEWEST_FRAMES = 8  # whole frames that a clip needs for the spread of its bones
TOLERANCE = 0.2  # by which a limb bone may differ from its published share; why: docs/selection.md
LIMBS = {
    ("hip", "knee"): "thigh", ("knee", "ankle"): "shank", ("shoulder", "elbow"): "upper_arm",
    ("elbow", "wrist"): "forearm",
}  # fmt: skip


def asymmetry(lengths: np.ndarray, skeleton: Skeleton) -> float | None:
    """Mean |left - right| / (left + right) of partner bones, 0 to 1, from `[N, B]` lengths (NaN: not seen).

    None if no two partners were seen together.
    """
    left, right = (lengths[:, side] for side in sides(skeleton))
    unlike = np.abs(left - right) / np.maximum(left + right, np.finfo(np.float32).tiny)
    return None if np.isnan(unlike).all() else float(np.nanmean(unlike))


def bone_spread(lengths: np.ndarray, clip: np.ndarray) -> float | None:
    """How much bone lengths change within a clip, as a share of the length; see `selection.DEFINITIONS`.

    Args:
        lengths: `[N, B]`, NaN where not seen; frames with one such bone are left out.
        clip: `[N]` int, the clip of each row; the rows of a clip lie together.

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


def plausibility(lengths: np.ndarray, skeleton: Skeleton) -> dict[str, float | None]:
    """The share of limb bones that have about their published length, and of poses in which all have.

    Each bone's share in the limbs' total is compared with that of Drillis & Contini 1966
    (`geolift.skeletons.anthropometry.BUILD`).

    Args:
        lengths: `[N, B]` bone lengths of any scale, NaN where not seen; poses with fewer than two limb bones do not
            count.
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
