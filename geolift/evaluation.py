"""Lifted poses against the truth: one table of measures for every data set and every system."""

import functools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from geolift import metrics
from geolift.chunks import map_chunks
from geolift.dataset import Dataset, DatasetError
from geolift.geometry import align

MILLIMETRES = 1000.0
PER_FRAME = (
    "p_mpjpe", "p_mpjpe_reflection", "n_mpjpe", "n_mpjpe_norm", "mpjpe", "pck", "auc", "cps", "flip_rate",
)  # fmt: skip
UNITS = {
    **dict.fromkeys(("p_mpjpe", "p_mpjpe_reflection", "n_mpjpe", "n_mpjpe_norm", "mpjpe"), "mm"),
    "mpjve": "mm per frame",
    **dict.fromkeys(("pck", "auc", "flip_rate"), "%"),
    "cps": "of 301",
}
DEFINITIONS = {
    "p_mpjpe": "similarity Procrustes per frame, rigid: no reflection",
    "p_mpjpe_reflection": "the same with reflection allowed, only for comparison with ElePose, LInKs, RepNet",
    "n_mpjpe": "root-centred, least-squares scale per frame",
    "n_mpjpe_norm": "root-centred, scale by the ratio of norms per frame (ElePose)",
    "mpjpe": "root-centred, one least-squares scale for the whole evaluated set (a single view has no scale)",
    "mpjve": "as mpjpe, differences of neighbouring frames within clips",
    "pck": "150 mm, after the scale of n_mpjpe",
    "auc": "thresholds 0:5:150 mm, after the scale of n_mpjpe",
    "cps": "thresholds 0:1:300 mm, after rigid Procrustes",
    "flip_rate": "share of frames whose depth-mirrored pose has the smaller p_mpjpe",
    "average": "over frames and all joints, root included; action_mean is the mean over actions",
}


def evaluate(points: np.ndarray, dataset: Dataset) -> dict[str, Any]:
    """Measure lifted points against a data set's `points_3d`.

    Args:
        points: `[F, J, 3]` lifted points of every frame of `dataset`, camera axes, any one scale.
        dataset: with `points_3d` in camera metres. Frames with a joint that was not seen are left out and counted.

    Returns:
        Means over frames of every measure (see `DEFINITIONS`, `UNITS`), `action_mean`, `per_action`, `per_joint` (rigid
        P-MPJPE), `counts` and `scale` (millimetres per unit of `points`).

    Raises:
        DatasetError: if there is no 3D, or no frame has all joints.
        ValueError: if `points` do not fit the data set.
    """
    if dataset.points_3d is None:
        raise DatasetError("points_3d: found none, expected 3D points to evaluate against")
    if points.shape != dataset.points_3d.shape:
        raise ValueError(f"points: found shape {points.shape}, expected {dataset.points_3d.shape}")
    if not np.isfinite(points).all():
        raise ValueError(f"points: found {int((~np.isfinite(points)).sum())} values that are not finite")
    whole = dataset.whole
    if not whole.any():
        raise DatasetError(f"confidence: none of {dataset.frames} frames has all joints; nothing to evaluate")
    root = dataset.skeleton.root
    p = (points - points[:, root : root + 1]).astype(np.float32)
    g = (dataset.points_3d - dataset.points_3d[:, root : root + 1]) * np.float32(MILLIMETRES)
    scale = float(np.vdot(g[whole], p[whole]) / max(np.vdot(p[whole], p[whole]), np.finfo(np.float32).tiny))

    per_frame = map_chunks(functools.partial(_measure, scale=scale, root=root), p, g)
    joints = per_frame.pop("joints")[whole].mean(axis=0)

    clip = dataset.clip_of_frame
    inside = (clip[1:] == clip[:-1]) & whole[1:] & whole[:-1]
    mpjve = None
    if inside.any():
        mpjve = float(np.asarray(metrics.mpjve(jnp.asarray(scale * p), jnp.asarray(g), root=root))[inside].mean())
    action = dataset.action[clip]
    per_action = {
        str(name): {key: float(value[whole & (action == name)].mean()) for key, value in per_frame.items()}
        | {"frames": int((whole & (action == name)).sum())}
        for name in np.unique(action[whole])
    }
    return {
        **{key: float(per_frame[key][whole].mean()) for key in PER_FRAME},
        "mpjve": mpjve,
        "action_mean": {key: float(np.mean([row[key] for row in per_action.values()])) for key in PER_FRAME},
        "per_action": per_action,
        "per_joint": dict(zip(dataset.skeleton.names, map(float, joints), strict=True)),
        "counts": {
            "frames": int(whole.sum()),
            "frames_left_out": int((~whole).sum()),
            "clips": len(dataset.start),
            "actions": len(per_action),
        },
        "scale": scale,
    }


@functools.partial(jax.jit, static_argnames="root")
def _measure(p: jax.Array, g: jax.Array, scale: float, root: int) -> dict[str, jax.Array]:
    joints = metrics.joint_errors(align(p, g), g)
    errors = metrics.joint_errors(metrics.scale_to(p, g, root=root), g)
    return {
        "p_mpjpe": joints.mean(-1),
        "p_mpjpe_reflection": metrics.p_mpjpe(p, g, reflection=True),
        "n_mpjpe": errors.mean(-1),
        "n_mpjpe_norm": metrics.n_mpjpe_norm(p, g, root=root),
        "mpjpe": metrics.mpjpe(scale * p, g, root=root),
        "pck": metrics.pck(errors),
        "auc": metrics.auc(errors),
        "cps": metrics.cps(joints),
        "flip_rate": 100.0 * metrics.flipped(p, g, root=root),
        "joints": joints,
    }


def table(results: Mapping[str, Mapping[str, Any]]) -> str:
    """A plain-text table: one line per system, then the actions of the last one."""
    columns = {
        "p_mpjpe": "P-MPJPE", "p_mpjpe_reflection": "(reflected)", "n_mpjpe": "N-MPJPE", "mpjpe": "MPJPE",
        "pck": "PCK@150", "auc": "AUC", "cps": "CPS", "flip_rate": "flip rate",
    }  # fmt: skip
    name, last = list(results.items())[-1]
    rows = [*results.items(), *((f"  {action}", row) for action, row in last["per_action"].items())]
    rows.insert(len(results), ("  mean over actions", last["action_mean"]))
    width = max(len(label) for label, _ in rows) + 2
    unit = {"mm": " mm", "%": " %"}
    lines = ["".ljust(width) + "".join(f"{title:>13}" for title in columns.values())]
    for label, row in rows:
        cells = "".join(f"{row[key]:.1f}{unit.get(UNITS[key], '')}".rjust(13) for key in columns)
        lines.append(label.ljust(width) + cells)
    counts = last["counts"]
    lines.append(f"{counts['frames']} frames, {counts['clips']} clips; P-MPJPE is rigid; indented: actions of {name!r}")
    return "\n".join(lines)
