"""What is known of each person's motion: joint angles and how sure they are, gait events and measures, the view."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.biomechanics.angles import clinical_angles
from geolift.biomechanics.strikes import GaitEvents, gait_events
from geolift.biomechanics.walking import Gait, gait_measures
from geolift.errors import DatasetError
from geolift.output.report.bands import angle_bands
from geolift.output.report.over_time import Person, people_over_time
from geolift.output.report.series import LEFT, MIDDLE, RIGHT, Series
from geolift.output.result import ASSUMED_FPS, Result
from geolift.skeletons.skeleton import Skeleton, is_human

DEGREES = "°"
ORDER = ("pelvis", "hip", "knee", "ankle", "trunk", "spine", "shoulder", "elbow")  # of plots
GROUND = ("pelvis", "trunk")  # whose angles are against the ground


class Motion(NamedTuple):
    """What is known of one person's motion in F frames.

    Attributes:
        person: index into `Result.people`.
        camera: `[n]` degrees from where the person faces to the camera, seen from above, in each frame with them: 0
            from the front, 90 from their left, -90 from their right, 180 from the back.
        series: joint angles, each `[F]`, with a value at least.
        events: gait events in seconds from frame 0.
        gait: measures of a walk, or why there are none.
    """

    person: int
    camera: np.ndarray
    series: Sequence[Series]
    events: GaitEvents
    gait: Gait


def motions(result: Result) -> tuple[list[Motion], list[str]]:
    """The motion of each person of whom something was lifted, in the order of people, and notes.

    Raises:
        DatasetError: if the result is not of a video of people; it does not name the path.
    """
    expect_motion(result.video)
    if not is_human(result.skeleton):
        raise DatasetError("found the skeleton of no person, expected a person's: a report has their joint angles")
    people, notes = people_over_time(result)
    if not people:
        raise DatasetError("found no lifted point, expected at least one")
    if not result.fps:
        notes.append(f"the frame rate is unknown: {ASSUMED_FPS:g} frames per second were assumed for times and speeds")
    if result.world_points is None:
        notes.append("no direction up is used: the camera is taken to be level for angles against the ground")
    return [_motion(result, one) for one in people], notes


def expect_motion(video: bool) -> None:
    """Raise DatasetError, which does not name the path, for single images."""
    if not video:
        raise DatasetError("found single images, expected a video: a report is about motion; use page.html")


def _motion(result: Result, one: Person) -> Motion:
    skeleton, fps = result.skeleton, float(result.fps or ASSUMED_FPS)
    placed = one.body + one.place[:, None]
    events = gait_events(placed, skeleton, fps=fps, contact=one.contact)
    gait = gait_measures(placed, skeleton, events, fps=fps)
    angles = clinical_angles(one.body, skeleton, fps=fps)
    degrees = np.where(angles.shown, angles.degrees, np.nan)
    bands = np.full(degrees.shape, np.nan) if one.sigma is None else _bands(result, one, fps)
    frames, series = len(result.frames), []
    for name in sorted(angles.names, key=_rank):
        values, band = (
            _in_video(columns[:, angles.names.index(name)], one.begin, frames) for columns in (degrees, bands)
        )
        if np.isfinite(values).any():
            series.append(Series(*_title(name), values, band if np.isfinite(band).any() else None))
    shift = one.begin / fps
    events = events._replace(**{key: getattr(events, key) + shift for key in events._fields if key != "unconfirmed"})
    if gait.measures:
        measures = gait.measures._replace(start=gait.measures.start + shift, stop=gait.measures.stop + shift)
        gait = gait._replace(measures=measures)
    return Motion(one.index, _camera(one, skeleton), series, events, gait)


def _bands(result: Result, one: Person, fps: float) -> np.ndarray:
    """`[n, A]` degrees; angles against the ground are as unsure as the direction up, too, and unknown without it."""

    def degrees(body: np.ndarray) -> np.ndarray:
        return clinical_angles(body, result.skeleton, fps=fps).degrees

    bands = angle_bands(degrees, one.body, one.sigma, one.sight, result.skeleton)
    names = clinical_angles(one.body[:1], result.skeleton, fps=fps).names
    tilt = np.full(len(bands), np.nan)
    if result.world_points is not None:
        tilt = result.up_spread[one.begin : one.begin + len(bands)] / np.sqrt(2)  # of two directions of tilt
    for i, name in enumerate(names):
        if name.startswith(GROUND) and not name.endswith("rotation"):
            bands[:, i] = np.hypot(bands[:, i], tilt)
    return bands


def _camera(one: Person, skeleton: Skeleton) -> np.ndarray:
    """As in `Motion`."""
    at = {name: one.body[:, i] for i, name in enumerate(skeleton.names)}
    left = sum(at[f"left_{joint}"] - at[f"right_{joint}"] for joint in ("hip", "shoulder"))
    ahead = np.cross(left, [0.0, 1, 0])
    to_camera = -one.sight[:, 2]
    angle = np.arctan2((to_camera * left * [1, 0, 1]).sum(axis=-1), (to_camera * ahead).sum(axis=-1))
    return np.degrees(angle[np.isfinite(angle)])


def _in_video(values: np.ndarray, begin: int, frames: int) -> np.ndarray:
    whole = np.full(frames, np.nan)
    whole[begin : begin + len(values)] = values
    return whole


def _title(name: str) -> tuple[str, str, str]:
    """Name, unit and side of a series, of an angle's name: left_hip_flexion is "Hip flexion" of the left."""
    side = next((side for side in (LEFT, RIGHT) if name.startswith(f"{side}_")), MIDDLE)
    return name.removeprefix(f"{side}_").replace("_", " ").capitalize(), DEGREES, side


def _rank(name: str) -> int:
    """Where a series stands: joints from the pelvis down, then up; the left side before the right."""
    joint = name.removeprefix("left_").removeprefix("right_").split("_")[0]
    return 2 * ORDER.index(joint) + name.startswith("right_")
