"""Angles and gait of the people of a result: what .mot, .angles.csv and the report are made of."""

from typing import NamedTuple

import numpy as np

from geolift.biomechanics.angles import JointAngles, clinical_angles, joint_angles
from geolift.biomechanics.expected_errors import angle_errors
from geolift.biomechanics.strikes import GaitEvents, gait_events
from geolift.biomechanics.walking import Gait, gait_measures
from geolift.errors import DatasetError
from geolift.output.added_errors import tilt_errors, unseen_errors
from geolift.output.mocap.axes import TRC_AXES, on_time_line, place
from geolift.output.result import ASSUMED_FPS, Result
from geolift.skeletons.pose_angles import facing
from geolift.skeletons.skeleton import is_human

HALFWAY = 0.01  # of the trunk's length in the image; a spine that is nearer to the middle was made from it


class PersonAngles(NamedTuple):
    """One person on the time line, from the first frame with the person to the last one: F frames.

    Attributes:
        person: the name.
        frames: `[F]` int, index into the result's frames.
        seconds: `[F]` from the result's first frame.
        points: `[F, J, 3]` x ahead, y up, z right, in the result's units; NaN where missing or without a position.
        view: `[F]` degrees, where the person faces: 0 to the camera, 90 to the right side of the image, +-180 away.
        distance: metres from the camera, the median; NaN unknown.
        spine_made: the keypoints have no spine of their own: it is halfway from the hips to the shoulders.
        opensim: angles by the names of OpenSim's models.
        clinical: angles by the names of clinics.
        opensim_errors: `[F, A]` degrees, to be expected of each angle by the view, by joints that were filled in, and
            by a doubtful direction up; NaN where it is not shown.
        clinical_errors: `[F, A]` of `clinical`.
        events: of the gait, in seconds as `seconds`; None: the result has no world or no video.
        gait: its measures, or why there are none.
        contact: `[F, 2]` bool, left and right foot; False where unknown.
    """

    person: str
    frames: np.ndarray
    seconds: np.ndarray
    points: np.ndarray
    view: np.ndarray
    distance: float
    spine_made: bool
    opensim: JointAngles
    clinical: JointAngles
    opensim_errors: np.ndarray
    clinical_errors: np.ndarray
    events: GaitEvents | None
    gait: Gait
    contact: np.ndarray

    @property
    def columns(self) -> list[str]:
        """Names of the angles, each followed by that of its error."""
        names = (*self.opensim.names, *self.clinical.names)
        return [column for name in names for column in (name, f"{name}_error")]

    def event_names(self) -> list[str]:
        """`[F]` what happens next to each frame, as "right strike"; "" where nothing does."""
        found = [""] * len(self.frames)
        if self.events is None:
            return found
        step = self.seconds[1] - self.seconds[0] if len(self.frames) > 1 else 1.0
        for side in ("right", "left"):
            for kind in ("strike", "off"):
                for time in getattr(self.events, f"{side}_{kind}s"):
                    frame = min(round((time - self.seconds[0]) / step), len(found) - 1)
                    found[frame] = f"{found[frame]}, {side} {kind}".removeprefix(", ")
        return found


def people_angles(result: Result) -> list[PersonAngles]:
    """Angles and gait of everyone of whom something was lifted.

    Raises:
        DatasetError: if the joints are not those of a person.
    """
    if not is_human(result.skeleton):
        names = result.skeleton.names
        some = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        raise DatasetError(f"found the joints {some}, expected those of a person, whose angles and gait are defined")
    placed = place(result, TRC_AXES, "")
    line, root = (on_time_line(result, values) for values in (placed.points, placed.position))
    view = on_time_line(result, _view(result)[:, None])[..., 0]
    contact = np.zeros((*line.shape[:2], 2), bool)
    if result.contact is not None:
        contact[result.person, result.frame] = result.contact
    found = []
    for person in range(len(result.people)):
        there = np.flatnonzero(np.isfinite(line[person]).any(axis=(1, 2)))
        if len(there):
            frames = np.arange(there[0], there[-1] + 1) if result.video else there
            there = (line[person, frames], root[person, frames], view[person, frames], contact[person, frames])
            found.append(_one(result, person, frames, *there))
    return found


def _one(
    result: Result,
    person: int,
    frames: np.ndarray,
    bones: np.ndarray,
    root: np.ndarray,
    view: np.ndarray,
    stands: np.ndarray,
) -> PersonAngles:
    """Angles and gait of one person, whose points `bones` `[F, J, 3]` are relative to the root `[F, 3]`."""
    fps = (result.fps or ASSUMED_FPS) if result.video else 0.0
    points, skeleton = bones + root[:, None], result.skeleton

    def both(points: np.ndarray) -> tuple[JointAngles, JointAngles]:
        return joint_angles(points, skeleton, fps=fps), clinical_angles(points, skeleton, fps=fps)

    opensim, clinical = both(bones)
    unseen = unseen_errors(
        result, person, frames, lambda points: np.concatenate([angles.degrees for angles in both(points)], axis=1)
    )
    errors = [
        np.sqrt(angle_errors(angles, view) ** 2 + more**2 + tilt_errors(result, frames, angles.names) ** 2)
        for angles, more in zip((opensim, clinical), np.split(unseen, [len(opensim.names)], axis=1), strict=True)
    ]
    events, gait = None, Gait(None, _no_gait(result))
    if not gait.why_not:
        events = gait_events(points, skeleton, fps=fps, contact=None if result.contact is None else stands)
        gait = gait_measures(points, skeleton, events, fps=fps)
        events, gait = _later(events, gait, frames[0] / fps)
    return PersonAngles(
        person=result.people[person],
        frames=frames,
        seconds=frames / fps if fps else np.full(len(frames), np.nan),
        points=points,
        view=view,
        distance=_distance(result, person),
        spine_made=_spine_made(result, person),
        opensim=opensim,
        clinical=clinical,
        opensim_errors=errors[0],
        clinical_errors=errors[1],
        events=events,
        gait=gait,
        contact=stands,
    )


def _later(events: GaitEvents, gait: Gait, seconds: float) -> tuple[GaitEvents, Gait]:
    """Events and measures whose times are counted from `seconds` earlier on."""
    events = GaitEvents(*(times + seconds for times in events[:-1]), events.unconfirmed)
    if gait.measures is None:
        return events, gait
    measures = gait.measures._replace(start=gait.measures.start + seconds, stop=gait.measures.stop + seconds)
    return events, gait._replace(measures=measures)


def _no_gait(result: Result) -> str:
    """Why there is no gait to look for; "": there may be."""
    if not result.video:
        return "found single images, expected a video"
    if result.world_points is None:
        return "found camera axes, expected a clip in the world (with a direction up, in metres, without --camera)"
    return ""


def _distance(result: Result, person: int) -> float:
    """Metres from the camera to a person, the median; NaN if the result is not in metres."""
    away = np.linalg.norm(result.position[result.person == person], axis=1)
    return float(np.nanmedian(away)) if result.units == "m" and np.isfinite(away).any() else np.nan


def _spine_made(result: Result, person: int) -> bool:
    """Whether the spine of a person's keypoints is always halfway from pelvis to thorax."""
    at = [result.skeleton.names.index(name) for name in ("pelvis", "spine", "thorax")]
    pelvis, spine, thorax = np.moveaxis(result.keypoints[result.person == person][:, at].astype(np.float64), 1, 0)
    away = np.linalg.norm(spine - (pelvis + thorax) / 2, axis=1)
    length = np.linalg.norm(thorax - pelvis, axis=1)
    known = np.isfinite(away) & (length > 0)
    return bool(known.any() and np.median(away[known] / length[known]) < HALFWAY)


def _view(result: Result) -> np.ndarray:
    """`[N]` degrees: where people face, relative to the direction to the camera."""
    known = np.isfinite(result.position).all(axis=1)
    to_camera = np.where(known[:, None], -result.position, [0.0, 0.0, -1.0])
    up = np.tile([0.0, -1.0, 0.0], (len(result.frame), 1))
    if result.up is not None:
        up = np.where(np.isfinite(result.up[result.frame]), result.up[result.frame], up)
    points = result.points.astype(np.float64)
    for joint in ("hip", "shoulder"):  # without the one pair, the other one shows it
        pair = [result.skeleton.names.index(f"{side}_{joint}") for side in ("left", "right")]
        lost = ~np.isfinite(points[:, pair]).all(axis=(1, 2))
        points[lost[:, None] & np.isin(np.arange(points.shape[1]), pair)] = 0
    with np.errstate(invalid="ignore", divide="ignore"):
        return facing(points, result.skeleton, up=up, to_camera=to_camera)
