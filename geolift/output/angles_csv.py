"""Joint angles as a table, .angles.csv: a row is one person in one frame (docs/joint-angles.md)."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geolift.biomechanics.segments import joint_at
from geolift.output.csv_table import csv_lines
from geolift.output.gait_text import angle_lines
from geolift.output.mocap.axes import TRC_AXES, axes_notes
from geolift.output.motion_angles import PersonAngles, people_angles
from geolift.output.result import Result
from geolift.output.trust import trust_note, untrusted, without_joints

FIRST = ("person", "frame", "frame_name", "seconds", "view", "left_contact", "right_contact", "event")


def write_angles_csv(result: Result, path: Path, *, camera: bool = False, trust: float | None = None) -> list[str]:
    """Write joint angles in degrees; a cell is empty where the pose does not show an angle, or a joint is missing.

    Columns: person, frame (from 0), frame_name, seconds, view (degrees: 0 faces the camera, 90 the right side of the
    image), left_contact, right_contact (1 or 0; empty: the ankle is missing), event (strikes and toe offs next to this
    frame); then each angle by OpenSim's name and by that of clinics, NAME and NAME_error, the error to be
    expected from this view.

    Args:
        result: N poses of people, video or single images.
        path: the file.
        camera: whether the ground is the camera's instead of the world's.
        trust: metres; joints with more uncertainty count as missing.

    Returns:
        Notes.

    Raises:
        DatasetError: if the joints are not those of a person.
    """
    result = result.without_world() if camera else result
    notes = axes_notes(result, TRC_AXES, camera)
    if trust is not None:
        unsure = untrusted(result, trust)
        notes.append(trust_note(unsure, result, trust, "missing"))
        result = without_joints(result, unsure)
    people = people_angles(result)
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow([*FIRST, *(people[0].columns if people else ())])
        for person in people:
            file.writelines(_lines(result, person))
    for person in people:
        name = f"{person.person}: " if len(people) > 1 else ""
        notes += [f"{name}{line}" for line in angle_lines(person)]
    return notes


def _lines(result: Result, person: PersonAngles) -> Iterator[str]:
    """The lines of a person."""
    sets = ((person.opensim, person.opensim_errors), (person.clinical, person.clinical_errors))
    pairs = [np.stack([np.where(a.shown, a.degrees, np.nan), errors], axis=-1) for a, errors in sets]
    values = np.concatenate([pair.reshape(len(pair), -1) for pair in pairs], axis=1)
    events, feet = person.event_names(), _seen_feet(result, person)
    timed = result.video and result.fps > 0
    stands = np.where(feet, np.where(person.contact, "1", "0"), "").tolist()
    views, heads = _cells(person.view[:, None], 1), []
    for i, frame in enumerate(person.frames.tolist()):
        seconds = f"{person.seconds[i]:.6f}" if timed else ""
        heads.append([person.person, frame, result.frames[frame], seconds, views[i], *stands[i], events[i]])
    return (f"{head},{cells}\n" for head, cells in zip(csv_lines(heads), _cells(values, 2), strict=True))


def _seen_feet(result: Result, person: PersonAngles) -> np.ndarray:
    """`[F, 2]` bool, left and right: the ankle is there, so that contact can be known."""
    ankles = [joint_at(person.points, result.skeleton, f"{side}_ankle") for side in ("left", "right")]
    return np.isfinite(np.stack(ankles, axis=1)).all(axis=-1) & (result.contact is not None)


def _cells(values: np.ndarray, digits: int) -> list[str]:
    """Numbers `[F, C]` as the cells of lines, which is several times as fast as one by one; "" if not finite."""
    line = ",".join([f"%.{digits}f"] * values.shape[1])
    rows = np.where(np.isfinite(values), values, np.nan).tolist()
    return [(line % tuple(row)).replace("nan", "") for row in rows]
