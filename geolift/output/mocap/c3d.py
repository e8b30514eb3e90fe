"""Lifted points as .c3d, the binary format of motion capture, written by ezc3d (docs/result-files.md)."""

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np

from geolift.errors import DatasetError
from geolift.output.mocap.axes import C3D_AXES, points_on_time_line
from geolift.output.mocap.marker_names import choose_markers
from geolift.output.result import Result
from geolift.plurals import counted
from geolift.skeletons.skeleton import is_human

BLANK = "NaN with residual -1"
LARGEST_COUNT = 65535  # of points and of frames: the format counts in 16 bits
LARGEST_LABEL = 255  # bytes
BLOCK, FLOAT = 512, 4  # bytes of a block of the file, and of a number of its points
MOST_EVENTS = 255  # in a list: the format counts its length in 8 bits
LARGEST = 2e7  # points times frames, which take some GB of memory while writing


def write_c3d(result: Result, path: Path, *, markers: str | None = None) -> list[str]:
    """Write the points of all people in millimetres; missing: residual -1.

    World axes, if the result has them: x as the first person walks or faces, y to the left, z up. Else the camera's: x
    right, y away from the camera, z up.
    Points have the names of their joints; with several people "person:joint". A joint that is known in no frame has no
    point. Heel strikes and toe offs of people who walk are events.

    Args:
        result: of a video.
        path: the file.
        markers: names of the points, one of `marker_names.CHOICES`; None: those of the joints.

    Returns:
        Notes.

    Raises:
        DatasetError: if ezc3d is missing, or people, frames or names are too many or too long for the format.

    Source:
        The C3D File Format, User Guide (c3d.org).

    Example:
        >>> import tempfile
        >>> import geolift
        >>> import numpy as np
        >>> poses = np.random.default_rng(0).uniform(100, 900, (4, 17, 2))
        >>> result = geolift.lift(geolift.record(poses, np.ones((4, 17)), joints=geolift.H36M17.names, fps=30.0))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     notes = write_c3d(result, Path(folder) / "motion.c3d")
        ...     (Path(folder) / "motion.c3d").read_bytes()[1:2]
        b'P'
    """
    try:
        import ezc3d
    except ImportError as error:
        raise DatasetError(".c3d needs ezc3d: pip install 'geolift[files]'") from error
    metres, frames = result.units == "m", len(result.frames)
    _expect_countable(len(result.people) * len(result.skeleton.names), frames)
    points, notes = points_on_time_line(result, C3D_AXES, BLANK)
    chosen = choose_markers(result, points, markers)
    labels = [label.encode(errors="backslashreplace").decode() for label in chosen.labels]
    _expect_short(labels)
    data = np.ones((4, len(labels), frames))
    data[:3] = np.moveaxis(chosen.points, -1, 0) * (1000 if metres else 1)
    file = ezc3d.c3d()
    parameters = file["parameters"]["POINT"]
    parameters["RATE"]["value"] = [float(result.fps)]
    parameters["LABELS"]["value"] = labels
    parameters["UNITS"]["value"] = ["mm" if metres else "m"]
    file.add_parameter("MANUFACTURER", "SOFTWARE", ["geolift"])
    file.add_parameter("POINT", "X_SCREEN", ["+X"])
    file.add_parameter("POINT", "Y_SCREEN", ["+Z"])
    file["parameters"]["ANALOG"]["RATE"]["value"] = [float(result.fps)]  # no channels; 0 Hz divides by 0 in readers
    file["data"]["analogs"] = np.zeros((1, 0, frames))
    events = _add_events(file, result)
    file["data"]["points"] = data
    file["data"]["meta_points"]["residuals"] = np.where(np.isnan(data[:1]), -1.0, 0.0)
    written = path.with_suffix(".c3d")  # what ezc3d appends otherwise
    file.write(str(written))
    _expect_whole(written, data.size * FLOAT)
    written.replace(path)
    return [*notes, *chosen.notes, *events]


def _add_events(file: Any, result: Result) -> list[str]:
    """Add the events of the gait of people who walk, and say how many they are."""
    from geolift.output.motion_angles import people_angles  # which imports this package, for its axes

    found = []
    for person in people_angles(result) if is_human(result.skeleton) else ():
        if person.events is None or person.gait.measures is None:
            continue
        for side in ("left", "right"):
            for label, kind in (("Foot Strike", "strikes"), ("Foot Off", "offs")):
                times = getattr(person.events, f"{side}_{kind}").tolist()
                found += [(time, label, side.capitalize(), person.person) for time in times]
    if not found:
        return []
    kept = sorted(found)[:MOST_EVENTS]
    times, labels, contexts, people = zip(*kept, strict=True)
    file.add_parameter("EVENT", "USED", [len(kept)])
    file["parameters"]["EVENT"]["USED"]["type"] = 2  # whole numbers; lists become floats, which readers may refuse
    file.add_parameter("EVENT", "CONTEXTS", contexts)
    file.add_parameter("EVENT", "LABELS", labels)
    file.add_parameter("EVENT", "SUBJECTS", [name.encode(errors="backslashreplace").decode() for name in people])
    file.add_parameter("EVENT", "TIMES", np.stack(np.divmod(times, 60.0)))  # minutes, seconds
    known = counted(len(found), "event", "events")
    return [f"{known} of the gait" + (f"; the first {MOST_EVENTS} are written" if len(found) > MOST_EVENTS else "")]


def _expect_countable(points: int, frames: int) -> None:
    """Refuse more points and frames than the format, or the memory, can hold."""
    if max(points, frames) > LARGEST_COUNT or points * frames > LARGEST:
        raise DatasetError(
            f"found {points} points in {frames} frames, expected at most {LARGEST_COUNT} of each and "
            f"{LARGEST:.0e} in all; .npz, .json and .csv hold more"
        )


def _expect_short(labels: list[str]) -> None:
    """Refuse names that are longer than the format can hold."""
    longest = max(labels, key=lambda label: len(label.encode()))
    if len(longest.encode()) > LARGEST_LABEL:
        raise DatasetError(f"found the name {longest!r}, expected names of at most {LARGEST_LABEL} bytes")


def _expect_whole(path: Path, size: int) -> None:
    """Raise OSError if the disk did not take all of a file with `size` bytes of points; ezc3d does not notice it."""
    with path.open("r+b") as file:
        header = file.read(BLOCK)
        first = int.from_bytes(header[16:18], "little") if len(header) == BLOCK else 1  # block of the points, from 1
        missing = (first - 1) * BLOCK + size - file.seek(0, os.SEEK_END)
        if missing > 0 or len(header) < BLOCK:
            file.write(bytes(max(missing, BLOCK)))  # for the system's reason
            file.flush()
            raise OSError(errno.EIO, "not all of it was written", str(path))
