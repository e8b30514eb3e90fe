"""Errors of lifted people against true 3D, as the benchmarks of cameras and of real video print them.

Errors of points are rigid P-MPJPE in mm (no reflection): over the joints that were seen, and over the 13 of limbs and
pelvis, aligned on those alone. Errors of knee, hip and elbow angles are signed, in degrees: positive where the lifted
joint is bent too much; bias is their mean, spread their standard deviation, left and right together.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import numpy as np

from geolift import metrics
from geolift.batching import map_chunks
from geolift.data.length_unit import MILLIMETRES
from geolift.evaluation.accuracy import FEWEST
from geolift.evaluation.selection import FlatLifter
from geolift.keypoints.recording import Recording, record
from geolift.lifting.lifted import Lifted, lift_tracks
from geolift.lifting.tracks import make_tracks
from geolift.model import Model
from geolift.skeletons.joint_sets import find_joint_set
from geolift.skeletons.pose_angles import JOINT_ANGLES, facing, joint_angles, limb_joints
from geolift.skeletons.skeleton import Skeleton

VIEWS = ("frontal", "half frontal", "side", "half back", "back")  # 45 degrees each, to the left and right together
WIDTH = 180 / (len(VIEWS) - 1)


class Errors(NamedTuple):
    """Errors of N poses.

    Attributes:
        joints: `[N]` rigid P-MPJPE in mm over the joints that were seen; NaN of fewer than four.
        limbs: `[N]` the same over limbs and pelvis; NaN where one of them is missing.
        flipped: `[N]` whether the depth-mirrored pose is better; NaN as `joints`.
        angles: for each of `JOINT_ANGLES` `[N, 2]` degrees, left and right; NaN where a joint is missing.
    """

    joints: np.ndarray
    limbs: np.ndarray
    flipped: np.ndarray
    angles: Mapping[str, np.ndarray]


def stills(keypoints: np.ndarray, confidence: np.ndarray, *, joints: Sequence[str], origin: str) -> Recording:
    """Every frame as a separate image of an unknown camera."""
    frames = tuple(map(str, range(len(keypoints))))
    joints = tuple(joints)
    about = {"joints": joints, "joint_set": find_joint_set(joints), "video": False, "origin": origin}
    return record(keypoints, confidence, frame=np.arange(len(keypoints)), frames=frames, **about)


def lift_stills(model: Model, keypoints: np.ndarray, seen: np.ndarray, origin: str) -> Lifted:
    """Images with one person each, lifted as `geolift.lift` does it, without their people's metres.

    Points are `[N, J, 3]` in model units, NaN where a joint or a pose was not lifted; `up` is `[N, 3]`, NaN likewise.
    """
    each, names = np.arange(len(keypoints)), tuple(map(str, range(len(keypoints))))
    about = {"skeleton": model.skeleton, "frames": names, "people": names, "video": False, "fps": 0.0}
    about |= {"image_size": None, "source": origin}
    return lift_tracks(model, make_tracks(keypoints, seen.astype(np.float32), each, each, **about))


def flat(model: Model) -> Model:
    """The same with all depths equal in the place of the network, and without the direction up."""
    return model._replace(lifter=FlatLifter(model.lifter.masks), variables={}, id="flat skeleton", tilt=None)


def pose_errors(points: np.ndarray, truth: np.ndarray, skeleton: Skeleton) -> Errors:
    """Errors of lifted points.

    Args:
        points: `[N, J, 3]`, of any scale; NaN where a joint was not lifted.
        truth: `[N, J, 3]` metres, the same axes; NaN where unknown.
        skeleton: whose joints are named as in `H36M17`.
    """
    seen, limbs = np.isfinite(points).all(-1) & np.isfinite(truth).all(-1), limb_joints(skeleton)
    centred = [np.where(seen[..., None], x - _middle(x, seen), 0).astype(np.float32) for x in (points, truth)]
    measured = map_chunks(_measure, centred[0], MILLIMETRES * centred[1], seen, seen & limbs)
    enough, whole = seen.sum(axis=1) >= FEWEST, seen[:, limbs].all(axis=1)
    found, true = (joint_angles(np.where(seen[..., None], x, np.nan), skeleton) for x in (points, truth))
    return Errors(
        joints=np.where(enough, measured["joints"], np.nan),
        limbs=np.where(whole, measured["limbs"], np.nan),
        flipped=np.where(enough, measured["flipped"], np.nan),
        angles={name: found[name] - true[name] for name in JOINT_ANGLES},
    )


def root_errors(points: np.ndarray, truth: np.ndarray, aligned: np.ndarray, root: int) -> np.ndarray:
    """`[N]` mm from the lifted to the true root, after the rigid alignment, with scale, of other joints.

    Args:
        points: `[N, J, 3]`, of any scale; NaN where a joint was not lifted.
        truth: `[N, J, 3]` metres.
        aligned: `[J]` bool, the joints to align; poses that lack one have NaN.
        root: index of the joint.
    """
    lifted = np.isfinite(points[:, aligned]).all(axis=(1, 2))
    found, true = (x[lifted] - x[lifted][:, aligned].mean(axis=1, keepdims=True) for x in (points, truth))
    u, spread, vt = np.linalg.svd(np.einsum("nji,njk->nik", true[:, aligned], found[:, aligned]).astype(np.float64))
    side = np.sign(np.linalg.det(u @ vt))
    spread[:, 2] *= side
    u[..., 2] *= side[:, None]
    scale = spread.sum(axis=1) / np.square(found[:, aligned]).sum(axis=(1, 2))
    moved = scale[:, None] * np.einsum("nij,nj->ni", u @ vt, found[:, root])
    distances = np.full(len(points), np.nan)
    distances[lifted] = MILLIMETRES * np.linalg.norm(moved - true[:, root], axis=-1)
    return distances


def views(truth: np.ndarray, skeleton: Skeleton, *, up: np.ndarray) -> np.ndarray:
    """`[N]` index into `VIEWS`, by where the true body faces; -1 where hips or shoulders are missing.

    Args:
        truth: `[N, J, 3]` where people are in the camera frame; NaN where unknown.
        skeleton: whose joints are named as in `H36M17`.
        up: `[N, 3]`, against gravity, camera axes.
    """
    azimuth = np.abs(facing(truth, skeleton, up=up, to_camera=-truth[:, skeleton.root]))
    return np.where(np.isnan(azimuth), -1, np.floor(np.nan_to_num(azimuth) / WIDTH + 0.5)).astype(int)


def summary(errors: Errors) -> dict[str, float | None]:
    """Means over the poses; None where there is none to measure."""
    row = {
        "poses": int(np.isfinite(errors.joints).sum()),
        "p_mpjpe": _mean(errors.joints),
        "poses_with_limbs": int(np.isfinite(errors.limbs).sum()),
        "limbs": _mean(errors.limbs),
        "flip_rate": _mean(100 * errors.flipped),
    }
    for name, error in errors.angles.items():
        row[f"{name}_bias"] = _mean(error)
        row[f"{name}_spread"] = None if np.isnan(error).all() else round(float(np.nanstd(error)), 2)
    return row


def by_view(errors: Errors, view: np.ndarray) -> dict[str, dict[str, float | None]]:
    """`summary` of all poses and of those of each view."""
    rows = {"all": summary(errors)}
    for i, name in enumerate(VIEWS):
        of_view = {key: value[view == i] for key, value in errors._asdict().items() if key != "angles"}
        angles = {key: value[view == i] for key, value in errors.angles.items()}
        rows[name] = summary(Errors(**of_view, angles=angles))
    return rows


def table(title: str, rows: Mapping[str, Sequence[str]], columns: Sequence[str]) -> str:
    """Lines of text: a row of cells for each name."""
    first = max(len(title), *map(len, rows)) + 2
    widths = [max(len(cell) for cell in column) + 2 for column in zip(columns, *rows.values(), strict=True)]
    lines = [(title, columns), *rows.items()]
    return "\n".join(
        name.ljust(first) + "".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        for name, cells in lines
    )


def millimetres(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def angle_table(angle: str, rows: Mapping[str, Mapping[str, Mapping[str, float | None]]]) -> str:
    """Lines of text: bias and spread of an angle, "+5 ± 12", by view of rows of `by_view`."""

    def cell(row: Mapping[str, float | None]) -> str:
        bias, spread = row[f"{angle}_bias"], row[f"{angle}_spread"]
        return "-" if bias is None else f"{round(bias):+d} ± {spread:.0f}"

    names = ("all", *VIEWS)
    cells = {name: [cell(row[view]) for view in names] for name, row in rows.items()}
    return table(f"{angle}: bias ± spread, degrees", cells, names)


def _mean(values: np.ndarray) -> float | None:
    return None if np.isnan(values).all() else round(float(np.nanmean(values)), 2)


def _middle(x: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """`[N, 1, 3]` mean of the joints that were seen: float32 is precise near the origin alone."""
    total = np.where(seen[..., None], x, 0).sum(axis=1, keepdims=True)
    return total / np.maximum(seen.sum(axis=1), 1)[:, None, None]


@jax.jit
def _measure(points: jax.Array, truth: jax.Array, seen: jax.Array, limbs: jax.Array) -> dict[str, jax.Array]:
    return {
        "joints": metrics.p_mpjpe(points, truth, seen=seen),
        "limbs": metrics.p_mpjpe(points, truth, seen=limbs),
        "flipped": metrics.flipped(points, truth, seen=seen).astype(float),
    }
