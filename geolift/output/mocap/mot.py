"""Joint angles of one person as .mot, the motion file of OpenSim (docs/joint-angles.md)."""

from pathlib import Path

import numpy as np

from geolift.biomechanics.segments import joint_at, segments
from geolift.biomechanics.strikes import leg_length
from geolift.errors import DatasetError
from geolift.output.gait_text import angle_lines
from geolift.output.mocap.axes import TRC_AXES, absence_notes, place, units_notes
from geolift.output.motion_angles import PersonAngles, people_angles
from geolift.output.result import Result
from geolift.skeletons.skeleton import Skeleton

HIPS = (0.0563, 0.0785, 0.0)  # metres from the middle of the hips to the pelvis's origin (Rajagopal et al. 2016)
LEG = 0.81  # metres, thigh and shank of that model
SAME = {  # the trunk's coordinates in the models of Pose2Sim
    "lumbar_extension": "L5_S1_Flex_Ext", "lumbar_bending": "L5_S1_Lat_Bending",
    "lumbar_rotation": "L5_S1_axial_rotation",
}  # fmt: skip


def write_mot(result: Result, path: Path) -> list[str]:
    """Write the joint angles of the only person in degrees, and where the pelvis is in metres.

    Columns are coordinates of OpenSim's full-body models. Time is that of the result; the file begins and ends with the
    person. Where an angle is not known it passes evenly from the frame before to the one after; one that no frame shows
    is left out, and the model keeps its own.

    Args:
        result: of one person, of a video with a frame rate.
        path: the file.

    Returns:
        Notes.

    Raises:
        DatasetError: if the joints are not those of a person, or nothing was lifted.

    Source:
        OpenSim's documentation of motion files (.mot); Rajagopal et al. 2016 (names).

    Example:
        >>> import tempfile
        >>> import geolift
        >>> poses = np.random.default_rng(0).uniform(100, 900, (4, 17, 2))
        >>> result = geolift.lift(geolift.record(poses, np.ones((4, 17)), joints=geolift.H36M17.names, fps=30.0))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     notes = write_mot(result._replace(people=("0",)), Path(folder) / "motion.mot")
        ...     (Path(folder) / "motion.mot").read_text().splitlines()[4]
        'inDegrees=yes'
    """
    people = people_angles(result)
    if not people:
        raise DatasetError("found no lifted point, expected at least one")
    (person,) = people
    columns, notes = _columns(person, result.skeleton)
    rows = np.stack([person.seconds, *columns.values()], axis=1)
    lines = [
        "Coordinates", "version=1", f"nRows={len(rows)}", f"nColumns={rows.shape[1]}", "inDegrees=yes", "",
        "Joint angles in degrees, translations in metres; written by geolift.", "endheader",
        "\t".join(["time", *columns]),
        *("\t".join(f"{value:.6f}" for value in row) for row in rows.tolist()),
    ]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    placed = place(result, TRC_AXES, "its path passes evenly").notes
    absent = absence_notes(result, "angles pass evenly between frames with the person, which begin and end the file")
    return [*units_notes(result, "as metres"), *placed, *absent, *notes, *angle_lines(person)]


def _columns(person: PersonAngles, skeleton: Skeleton) -> tuple[dict[str, np.ndarray], list[str]]:
    """Columns `[F]` without gaps by their names, and notes on those that are bridged or left out."""
    angles, columns, bridged, left_out = person.opensim, {}, [], []
    for name, degrees, shown in zip(angles.names, angles.degrees.T, angles.shown.T, strict=True):
        if not np.isfinite(degrees).any():
            left_out.append(name)
            continue
        columns[name] = _without_gaps(degrees)
        hidden = np.isfinite(degrees) & ~shown
        if hidden.any():
            bridged.append(f"{name} {100 * hidden.mean():.0f} %")
    columns |= {other: columns[name] for name, other in SAME.items() if name in columns}
    origin = _pelvis_origin(person, skeleton)
    if np.isfinite(origin).any():
        columns |= {f"pelvis_t{axis}": _without_gaps(origin[:, i]) for i, axis in enumerate("xyz")}
    else:
        left_out += [f"pelvis_t{axis}" for axis in "xyz"]
    notes = ["left out: pronation, which points do not show, and what no frame shows: " + ", ".join(left_out)]
    if not left_out:
        notes = ["left out: pronation, which points do not show"]
    if bridged:
        notes.append("not shown by the pose and bridged in so many frames: " + ", ".join(bridged))
    return columns, notes


def _pelvis_origin(person: PersonAngles, skeleton: Skeleton) -> np.ndarray:
    """`[F, 3]` where the pelvis of the model has its origin, ahead of the hips and above them."""
    leg = leg_length(person.points, skeleton)
    offset = np.array(HIPS) * (leg / LEG if np.isfinite(leg) else 1.0)
    axes = segments(person.points, skeleton).pelvis
    return joint_at(person.points, skeleton, "pelvis") + axes @ offset


def _without_gaps(values: np.ndarray) -> np.ndarray:
    """`[F]` that pass evenly over NaN, and rest at the ends; some value is known."""
    known = np.flatnonzero(np.isfinite(values))
    return np.interp(np.arange(len(values)), known, values[known])
