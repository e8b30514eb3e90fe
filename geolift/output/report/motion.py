"""What a report shows of each person's motion: series of joint angles, with how sure they are, events and gait."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geolift.biomechanics.strikes import GaitEvents
from geolift.biomechanics.walking import Gait
from geolift.errors import DatasetError
from geolift.output.gait_text import cautions
from geolift.output.motion_angles import PersonAngles, people_angles
from geolift.output.report.series import LEFT, MIDDLE, RIGHT, Series
from geolift.output.result import ASSUMED_FPS, Result
from geolift.plurals import counted

DEGREES = "°"
ORDER = ("pelvis", "hip", "knee", "ankle", "trunk", "spine", "shoulder", "elbow")  # of plots
NO_EVENTS = GaitEvents(*(np.zeros(0),) * 4, unconfirmed=0)


class Motion(NamedTuple):
    """What is known of one person's motion in F frames.

    Attributes:
        person: index into `Result.people`.
        view: `[n]` degrees, as in `PersonAngles`, in the n frames with the person; NaN where unknown.
        series: joint angles, each `[F]`, with a value at least.
        events: gait events in seconds from frame 0.
        gait: measures of a walk, or why there are none.
        cautions: sentences on what makes angles less sure than their errors say.
    """

    person: int
    view: np.ndarray
    series: Sequence[Series]
    events: GaitEvents
    gait: Gait
    cautions: Sequence[str] = ()


def motions(result: Result) -> tuple[list[Motion], list[str]]:
    """The motion of each person of whom something was lifted, in the order of people, and notes.

    Raises:
        DatasetError: if the result is not of a video of people; it does not name the path.
    """
    expect_motion(result.video)
    people, notes = people_angles(result), []
    if not people:
        raise DatasetError("found no lifted point, expected at least one")
    if lost := len(result.people) - len(people):
        notes.append(f"{counted(lost, 'person', 'people')} of whom nothing was lifted: left out of the report")
    if not result.fps:
        notes.append(f"the frame rate is unknown: {ASSUMED_FPS:g} frames per second were assumed for times and speeds")
    if result.world_points is None:
        notes.append("no direction up is used: the camera is taken to be level for angles against the ground")
    return [_motion(result, one) for one in people], notes


def expect_motion(video: bool) -> None:
    """Raise DatasetError, which does not name the path, for single images."""
    if not video:
        raise DatasetError("found single images, expected a video: a report is about motion; use page.html")


def _motion(result: Result, one: PersonAngles) -> Motion:
    angles, series = one.clinical, []
    degrees = np.where(angles.shown, angles.degrees, np.nan)
    for name in sorted(angles.names, key=_rank):
        values, band = np.full((2, len(result.frames)), np.nan)
        values[one.frames] = degrees[:, angles.names.index(name)]
        band[one.frames] = one.clinical_errors[:, angles.names.index(name)]
        if np.isfinite(values).any():
            series.append(Series(*_title(name), values, band if np.isfinite(band).any() else None))
    return Motion(result.people.index(one.person), one.view, series, one.events or NO_EVENTS, one.gait, cautions(one))


def _title(name: str) -> tuple[str, str, str]:
    """Name, unit and side of a series, of an angle's name: left_hip_flexion is "Hip flexion" of the left."""
    side = next((side for side in (LEFT, RIGHT) if name.startswith(f"{side}_")), MIDDLE)
    return name.removeprefix(f"{side}_").replace("_", " ").capitalize(), DEGREES, side


def _rank(name: str) -> int:
    """Where a series stands: joints from the pelvis down, then up; the left side before the right."""
    joint = name.removeprefix("left_").removeprefix("right_").split("_")[0]
    return 2 * ORDER.index(joint) + name.startswith("right_")
