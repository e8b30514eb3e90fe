"""Errors of the joint angles and gait events of a lifted clip, against those of the true motion."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.signal import butter, filtfilt

from benchmarks.world_rows.takes import Take
from geolift.biomechanics import (
    Gait,
    GaitEvents,
    JointAngles,
    angle_errors,
    clinical_angles,
    gait_events,
    gait_measures,
    joint_angles,
    side_free,
)
from geolift.biomechanics.expected_errors import FACING
from geolift.biomechanics.expected_errors import VIEWS as NAMES
from geolift.data.world import WorldClip
from geolift.output.mocap.axes import TRC_AXES
from geolift.output.result import Result
from geolift.skeletons.pose_angles import facing
from geolift.skeletons.skeleton import H36M17
from geolift.world.axes import world_axes

VIEWS = dict(zip(NAMES, FACING, strict=True))  # degrees
TILTS = {"level": ((0, 12), (0, 0))}  # of the phones
HALF = 22.5  # degrees around each view
PLAIN = {  # joints of the angles that users measure in the image
    "knee_flexion": ("hip", "knee", "ankle"), "hip_flexion": ("shoulder", "hip", "knee"),
    "elbow_flexion": ("shoulder", "elbow", "wrist"),
}  # fmt: skip
CUTOFF = 6.0  # Hz, what gait is usually filtered with
NEAR = 0.2  # seconds within which an event is the true one


class Compared(NamedTuple):
    """A lifted take beside its truth.

    Attributes:
        names: A angles, those of clinics, and OpenSim's of the arms, without their side.
        errors: `[F, A]` degrees, found minus true; NaN where one of them is not shown.
        leverage: `[F, A]` of the truth.
        expected: `[F, A]` degrees, the errors that the result is said to have.
        facing: `[F]` degrees from 0, to the camera, to 180, in truth.
        plain: by name, `[F, 2]` degrees, errors of plain angles in the image.
        events: found and true.
        gait: found and true.
    """

    names: tuple[str, ...]
    errors: np.ndarray
    leverage: np.ndarray
    expected: np.ndarray
    facing: np.ndarray
    plain: dict[str, np.ndarray]
    events: tuple[GaitEvents, GaitEvents]
    gait: tuple[Gait, Gait]


def compare(result: Result, take: Take) -> Compared:
    """Angles and gait of the result of a take, as `geolift.lift` gives it, against those of its truth."""
    fps, truth = result.fps, take.truth[result.frame]
    upright = world_axes(take.up, result.to_world[result.frame[0], 0, :3].astype(np.float64))  # turned as the result's
    sets = [result.world_points.astype(np.float64) @ TRC_AXES.world.T, truth @ upright.T @ TRC_AXES.world.T]
    found, true = (_angles(points, fps) for points in sets)
    view = np.abs(facing(truth, H36M17, up=take.up, to_camera=-truth[:, H36M17.root]))
    contacts = (result.contact, take.planted[result.frame])
    events = tuple(
        gait_events(points, H36M17, fps=fps, contact=contact) for points, contact in zip(sets, contacts, strict=True)
    )
    gait = tuple(gait_measures(points, H36M17, e, fps=fps) for points, e in zip(sets, events, strict=True))
    return Compared(
        names=tuple(map(side_free, true.names)),
        errors=_differences(found, true),
        leverage=true.leverage,
        expected=angle_errors(found, view),
        facing=view,
        plain={name: _plain(result.keypoints, truth, joints, fps) for name, joints in PLAIN.items()},
        events=events,
        gait=gait,
    )


def is_walk(clip: WorldClip) -> bool:
    """Whether it is a walk on level ground, forward."""
    return "walk" in clip.action and not any(word in clip.action for word in ("uneven", "zombie"))


def cell(errors: np.ndarray) -> str:
    """Bias / RMSE."""
    errors = errors[np.isfinite(errors)]
    return f"{errors.mean():.1f} / {np.sqrt((errors**2).mean()):.1f}" if len(errors) else "-"


def matched(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Seconds by which the found event next to each true one is late; none where there is none within `NEAR`."""
    if not len(found) or not len(true):
        return np.zeros(0)
    late = found[None] - true[:, None]
    nearest = late[np.arange(len(true)), np.abs(late).argmin(axis=1)]
    return nearest[np.abs(nearest) <= NEAR]


def _angles(points: np.ndarray, fps: float) -> JointAngles:
    """Angles by the names of clinics, and those of the arms by OpenSim's."""
    one, two = clinical_angles(points, H36M17, fps=fps), joint_angles(points, H36M17, fps=fps)
    arms = [i for i, name in enumerate(two.names) if name.startswith("arm")]
    return JointAngles(
        (*one.names, *(two.names[i] for i in arms)),
        np.concatenate([one.degrees, two.degrees[:, arms]], axis=1),
        np.concatenate([one.leverage, two.leverage[:, arms]], axis=1),
    )


def _differences(found: JointAngles, true: JointAngles) -> np.ndarray:
    """`[F, A]` degrees in -180..180; NaN where one is not shown. Of both ways to write three angles, the nearer one."""
    away = _wrapped(found.degrees - true.degrees)
    for names in _triples():
        three = [true.names.index(name) for name in names]
        other = _wrapped(found.degrees[:, three] * (1, -1, 1) + 180 - true.degrees[:, three])
        nearer = np.abs(other[:, :2]).sum(axis=1) < np.abs(away[:, three[:2]]).sum(axis=1)
        away[:, three] = np.where(nearer[:, None], other, away[:, three])
    return np.where(found.shown & true.shown, away, np.nan)


def _triples() -> Iterator[tuple[str, str, str]]:
    """Names of three angles of one rotation, in their order."""
    yield "pelvis_anterior_tilt", "pelvis_right_drop", "pelvis_left_rotation"
    for part in ("trunk", "spine"):
        yield f"{part}_flexion", f"{part}_right_bending", f"{part}_left_rotation"
    for side in ("right", "left"):
        yield f"{side}_hip_flexion", f"{side}_hip_adduction", f"{side}_hip_internal_rotation"
        yield f"arm_flex_{side[0]}", f"arm_add_{side[0]}", f"arm_rot_{side[0]}"


def _wrapped(degrees: np.ndarray) -> np.ndarray:
    return (degrees + 180) % 360 - 180


def _plain(keypoints: np.ndarray, truth: np.ndarray, joints: tuple[str, str, str], fps: float) -> np.ndarray:
    """`[F, 2]` degrees, errors of the angle in the image, filtered, against the angle in space."""
    columns = []
    b, a = butter(2, CUTOFF, fs=fps)
    for side in ("right", "left"):
        chain = [H36M17.names.index(f"{side}_{joint}") for joint in joints]
        flat, deep = (_bend(points[:, chain].astype(np.float64)) for points in (keypoints, truth))
        columns.append(filtfilt(b, a, flat) - deep)
    return np.stack(columns, axis=1)


def _bend(chain: np.ndarray) -> np.ndarray:
    """`[F]` degrees by which three points `[F, 3, 2 or 3]` are off a straight line."""
    one, two = chain[:, 1] - chain[:, 0], chain[:, 2] - chain[:, 1]
    cosine = (one * two).sum(axis=-1) / (np.linalg.norm(one, axis=-1) * np.linalg.norm(two, axis=-1))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))
