"""The accuracy of lifted poses against true 3D points: the same measures for every data set and every system."""

import functools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from geolift import metrics
from geolift.batching import map_chunks
from geolift.data.dataset import Dataset
from geolift.data.length_unit import BODY_SIZE, LengthUnit, length_unit
from geolift.errors import DatasetError
from geolift.evaluation.protocols import PROTOCOLS, Protocol
from geolift.geometry import align

FEWEST = 4  # measured joints of a frame; any three lie in a plane and nearly always align
SMALLEST = np.finfo(np.float32).tiny
PER_FRAME = (
    "p_mpjpe", "p_mpjpe_reflection", "n_mpjpe", "n_mpjpe_norm", "mpjpe", "pck", "auc", "pa_pck", "pa_auc", "cps",
    "flip_rate",
)  # fmt: skip
LENGTHS = ("p_mpjpe", "p_mpjpe_reflection", "n_mpjpe", "n_mpjpe_norm", "mpjpe")
TITLES = {
    "p_mpjpe": "P-MPJPE", "p_mpjpe_reflection": "(reflected)", "n_mpjpe": "N-MPJPE", "mpjpe": "MPJPE",
    "pck": "PCK@", "auc": "AUC", "cps": "CPS", "flip_rate": "flip rate",
}  # fmt: skip


def units(unit: LengthUnit) -> dict[str, str]:
    """The unit of every measure where lengths have this one."""
    return {
        **dict.fromkeys(LENGTHS, unit.name),
        "mpjve": f"{unit.name} per frame",
        **dict.fromkeys(("pck", "auc", "pa_pck", "pa_auc", "flip_rate"), "%"),
        "cps": "of 301",
    }


def definitions(unit: LengthUnit) -> dict[str, str]:
    """What every measure is where lengths have this unit."""
    correct, steps, ways = unit.threshold(150), unit.threshold(5), unit.threshold(300)
    curve = f"31 thresholds 0, {steps}, ... {correct}"
    return {
        "p_mpjpe": "similarity Procrustes per frame, rigid: no reflection",
        "p_mpjpe_reflection": "the same with reflection allowed, only for comparison with ElePose, LInKs, RepNet",
        "n_mpjpe": "root-centred, least-squares scale per frame",
        "n_mpjpe_norm": "root-centred, scale by the ratio of norms per frame (ElePose)",
        "mpjpe": "root-centred, one least-squares scale for the whole evaluated set (a single view has no scale)",
        "mpjve": "as mpjpe, differences of neighbouring frames within clips that have a frame rate",
        "pck": f"{correct}, after the scale of n_mpjpe",
        "auc": f"{curve}, after the scale of n_mpjpe",
        "pa_pck": f"{correct}, after the rigid Procrustes of p_mpjpe",
        "pa_auc": f"{curve}, after the rigid Procrustes of p_mpjpe",
        "cps": f"301 thresholds from 0 to {ways}, after rigid Procrustes",
        "flip_rate": "share of frames whose depth-mirrored pose has the smaller p_mpjpe",
        "average": "over frames, each the mean over its measured joints; action_mean is the mean over actions",
        "statement": "which frames and joints the protocol measures, and which mean is its headline",
        **({BODY_SIZE: unit.about} if unit.about else {}),
    }


def evaluate(
    points: np.ndarray,
    dataset: Dataset,
    *,
    protocol: Protocol = PROTOCOLS["cmu"],
    seen: np.ndarray | None = None,
) -> dict[str, Any]:
    """Measure lifted points against a data set's `points_3d`.

    Args:
        points: `[F, J, 3]` lifted points of every frame of `dataset`, camera axes (x right, y down, z forward), in any
            unit.
        dataset: with `points_3d` in metres, camera axes.
        protocol: which frames and joints are measured, and what the headline is.
        seen: `[F, J]` bool, joints that were lifted and may be measured; other joints are ignored, except that the root
            centres. Frames without their root or with fewer than `FEWEST` measured joints are left out and counted.
            None takes all joints of the frames in which all joints were seen. A `complete` protocol needs all.

    Returns:
        `headline`; means over frames of every measure, `action_mean`, `per_action`, `per_joint` (rigid P-MPJPE; None if
        never measured), `counts`, `scale` (the unit of lengths, per unit of `points`), `protocol`, its `statement`, and
        `units` and `definitions` of the measures: lengths are in mm of people, in % of the body's size of other
        skeletons (`length_unit`).

    Raises:
        DatasetError: if there is no 3D, the data set is not the protocol's, no frame (of an action) can be measured, or
            frames lack joints that a `complete` protocol needs.
        ValueError: if `points` or `seen` do not fit the data set.

    Source:
        Ours; the measures: `geolift.metrics`; the protocols: docs/protocols.md.

    Example:
        >>> from geolift.data.cameras import film
        >>> from geolift.data.synthetic.motions import procedural_clips
        >>> from geolift.skeletons.skeleton import H36M17
        >>> people = film(procedural_clips(seed=0, people=3, seconds=1.0, fps=5.0), H36M17, seed=0)
        >>> result = evaluate(0.5 * people.points_3d, people)  # right up to a scale
        >>> round(result["p_mpjpe"], 1), round(result["scale"])
        (0.0, 2000)
    """
    frames, mask, counts = _measured(points, dataset, protocol, seen)
    root = dataset.skeleton.root
    unit = length_unit(dataset)
    lifted, truth = _centred(points, dataset, frames, mask, unit.factor)
    scale = float(np.vdot(truth[mask], lifted[mask]) / max(np.vdot(lifted[mask], lifted[mask]), SMALLEST))
    per_frame = map_chunks(functools.partial(_measure, scale=scale, root=root), lifted, truth, mask)
    joints = unit.shown * per_frame.pop("joints")
    per_frame |= {key: unit.shown * per_frame[key] for key in LENGTHS}
    clip = dataset.clip_of_frame[frames]
    means, per_action = _averages(per_frame, dataset, protocol, clip)
    return {
        "headline": {key: means[protocol.average][key] for key in protocol.headline},
        **means["frames"],
        "mpjve": _velocity_error(scale * lifted, truth, mask, frames, dataset, unit.shown),
        "action_mean": means["actions"],
        "per_action": per_action,
        "per_joint": {
            name: float(joints[mask[:, j], j].mean()) if mask[:, j].any() else None
            for j, name in enumerate(dataset.skeleton.names)
        },
        "counts": counts | {"clips": len(np.unique(clip)), "actions": len(per_action)},
        "scale": unit.shown * scale,
        "protocol": protocol.name,
        "statement": protocol.statement,
        "units": units(unit),
        "definitions": definitions(unit),
    }


def _measured(
    points: np.ndarray, dataset: Dataset, protocol: Protocol, seen: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """Indices `[N]` of the frames to measure, their joints `[N, J]` bool, and how many were left out."""
    if dataset.points_3d is None:
        raise DatasetError("points_3d: found none, expected 3D points to evaluate against")
    if points.shape != dataset.points_3d.shape:
        raise ValueError(f"points: found shape {points.shape}, expected {dataset.points_3d.shape}")
    wanted, counted = protocol.frames(dataset), protocol.counted(dataset.skeleton)
    if seen is None:
        enough = dataset.whole
        mask = np.broadcast_to(counted, dataset.seen.shape)
    elif seen.shape != dataset.seen.shape or seen.dtype != bool:
        raise ValueError(f"seen: found {seen.dtype} of shape {seen.shape}, expected bool of {dataset.seen.shape}")
    else:
        mask = seen & counted
        enough = seen[:, dataset.skeleton.root] & (mask.sum(axis=1) >= FEWEST)
    frames = np.flatnonzero(wanted & enough)
    name, needs = ("confidence", "all joints") if seen is None else ("seen", f"its root and {FEWEST} joints")
    if not len(frames):
        raise DatasetError(f"{name}: none of {wanted.sum()} frames has {needs}; nothing to evaluate")
    lacking = wanted & ~(enough & (mask | ~counted).all(axis=1))
    if protocol.complete and lacking.any():
        found = f"{lacking.sum()} of {wanted.sum()} frames lacking joints"
        raise DatasetError(f"{name}: found {found}, expected none for protocol {protocol.name!r}")
    counts = {
        "frames": len(frames),
        "frames_left_out": int((wanted & ~enough).sum()),
        "frames_outside_protocol": int((~wanted).sum()),
        "joints": int(mask[frames].sum()),
    }
    return frames, mask[frames], counts


def _centred(
    points: np.ndarray, dataset: Dataset, frames: np.ndarray, mask: np.ndarray, factor: float
) -> tuple[np.ndarray, np.ndarray]:
    """The lifted points and the true ones times a factor, `[N, J, 3]` float32 each, root-centred; 0 if not needed."""
    root, needed = dataset.skeleton.root, mask.copy()
    needed[:, root] = True
    lifted, truth = (np.where(needed[..., None], x[frames], 0) for x in (points, dataset.points_3d))
    if not np.isfinite(lifted).all():
        raise ValueError(f"points: found {int((~np.isfinite(lifted)).sum())} values that are not finite")
    lifted, truth = ((x - x[:, [root]]).astype(np.float32) for x in (lifted, truth))
    truth *= np.float32(factor)
    return lifted, truth


def _averages(
    per_frame: Mapping[str, np.ndarray], dataset: Dataset, protocol: Protocol, clip: np.ndarray
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """The means over "frames" and over "actions", and those of each action; `clip` `[N]` of every measured frame."""
    row = np.array([protocol.row(str(action)) for action in dataset.action])[clip]
    rows = protocol.rows or tuple(map(str, np.unique(row)))
    missing = sorted(set(rows) - set(row))
    if missing:
        raise DatasetError(f"action: found no frame to measure of {missing}, expected some of every action")
    per_action = {
        name: {key: float(per_frame[key][row == name].mean()) for key in PER_FRAME}
        | {"frames": int((row == name).sum())}
        for name in rows
    }
    means = {
        "frames": {key: float(per_frame[key].mean()) for key in PER_FRAME},
        "actions": {key: float(np.mean([values[key] for values in per_action.values()])) for key in PER_FRAME},
    }
    return means, per_action


def _velocity_error(
    p: np.ndarray, g: np.ndarray, mask: np.ndarray, frames: np.ndarray, dataset: Dataset, shown: float
) -> float | None:
    clip = dataset.clip_of_frame[frames]
    inside = (np.diff(frames) == 1) & (np.diff(clip) == 0) & (dataset.fps[clip[1:]] > 0) & (mask[1:] & mask[:-1]).any(1)
    if not inside.any():
        return None
    errors = metrics.mpjve(*map(jnp.asarray, (p, g)), root=dataset.skeleton.root, seen=jnp.asarray(mask))
    return shown * float(np.asarray(errors)[inside].mean())


@functools.partial(jax.jit, static_argnames="root")
def _measure(p: jax.Array, g: jax.Array, seen: jax.Array, scale: float, root: int) -> dict[str, jax.Array]:
    aligned = metrics.joint_errors(align(p, g, seen=seen), g)
    scaled = metrics.joint_errors(metrics.scale_to(p, g, root=root, seen=seen), g)
    return {
        "p_mpjpe": aligned.mean(-1, where=seen),
        "p_mpjpe_reflection": metrics.p_mpjpe(p, g, reflection=True, seen=seen),
        "n_mpjpe": scaled.mean(-1, where=seen),
        "n_mpjpe_norm": metrics.n_mpjpe_norm(p, g, root=root, seen=seen),
        "mpjpe": metrics.mpjpe(scale * p, g, root=root, seen=seen),
        "pck": metrics.pck(scaled, seen=seen),
        "auc": metrics.auc(scaled, seen=seen),
        "pa_pck": metrics.pck(aligned, seen=seen),
        "pa_auc": metrics.auc(aligned, seen=seen),
        "cps": metrics.cps(aligned, seen=seen),
        "flip_rate": 100.0 * metrics.flipped(p, g, root=root, seen=seen),
        "joints": aligned,
    }


def table(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Format results as plain text: means over frames of each system; of the last also the mean over and each action.

    Args:
        results: results of `evaluate` by the name of the system, all by one protocol.

    Returns:
        The lines of the table, the protocol's statement and the headline of the last system.

    Example:
        >>> from geolift.data.cameras import film
        >>> from geolift.data.synthetic.motions import procedural_clips
        >>> from geolift.skeletons.skeleton import H36M17
        >>> people = film(procedural_clips(seed=0, people=3, seconds=1.0, fps=5.0), H36M17, seed=0)
        >>> print(table({"truth": evaluate(people.points_3d, people)}).splitlines()[-1])
        headline of 'truth': P-MPJPE 0.0 mm
    """
    name, last = list(results.items())[-1]
    rows = [*results.items(), *((f"  {action}", row) for action, row in last["per_action"].items())]
    rows.insert(len(results), ("  mean over actions", last["action_mean"]))
    width = max(len(label) for label, _ in rows) + 2
    units, definitions = last["units"], last["definitions"]
    titles = TITLES | {"pck": "PCK@" + definitions["pck"].partition(",")[0].replace(" mm", "").replace(" ", "")}
    lines = ["".ljust(width) + "".join(f"{title:>13}" for title in titles.values())]
    for label, row in rows:
        lines.append(label.ljust(width) + "".join(_cell(units[key], row[key]).rjust(13) for key in TITLES))
    counts = last["counts"]
    headline = ", ".join(f"{titles[key]} {_cell(units[key], value)}" for key, value in last["headline"].items())
    lines += [
        f"{counts['frames']} frames, {counts['clips']} clips; P-MPJPE is rigid; first lines are means over frames, "
        f"indented are actions of {name!r}",
        *([f"lengths in {units['p_mpjpe']}: {definitions[BODY_SIZE]}"] if BODY_SIZE in definitions else []),
        f"protocol {last['protocol']}: {last['statement']}",
        f"headline of {name!r}: {headline}",
    ]
    return "\n".join(lines)


def _cell(unit: str, value: float) -> str:
    if unit == BODY_SIZE:
        return f"{value:.2f} %"
    return f"{value:.1f}" + {"mm": " mm", "%": " %"}.get(unit, "")
