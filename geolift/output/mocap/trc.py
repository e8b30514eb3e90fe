"""Lifted points as .trc, the text table of markers that OpenSim reads (docs/result-files.md)."""

from pathlib import Path

from geolift.output.mocap.axes import TRC_AXES, plain_names, points_on_time_line
from geolift.output.mocap.marker_names import choose_markers
from geolift.output.result import Result

BLANK = "blank"


def write_trc(result: Result, path: Path, *, markers: str | None = None) -> list[str]:
    """Write the points of all people in metres; blanks for missing joints.

    World axes, if the result has them, are those of OpenSim's ground: x as the first person walks or faces, y up, z to
    the right. Else the camera's: x right, y up, z towards the camera.
    Frames count from 1, time from 0 s. Every line ends with a tab: without it readers lose a last cell that is blank.

    Markers have the names of their joints; with several people "person:joint". A joint that is known in no frame has no
    marker.

    Args:
        result: of a video.
        path: the file.
        markers: names of the markers, one of `marker_names.CHOICES`; None: those of the joints.

    Returns:
        Notes.

    Raises:
        DatasetError: if names do not differ without spaces, or nothing was lifted.

    Source:
        OpenSim's documentation of marker files (.trc).

    Example:
        >>> import tempfile
        >>> import geolift
        >>> import numpy as np
        >>> poses = np.random.default_rng(0).uniform(100, 900, (4, 17, 2))
        >>> result = geolift.lift(geolift.record(poses, np.ones((4, 17)), joints=geolift.H36M17.names, fps=30.0))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     notes = write_trc(result, Path(folder) / "motion.trc", markers="pose2sim")
        ...     (Path(folder) / "motion.trc").read_text().split()[0]
        'PathFileType'
    """
    points, notes = points_on_time_line(result, TRC_AXES, BLANK)
    chosen = choose_markers(result, points, markers)
    points = chosen.points.swapaxes(0, 1).reshape(len(result.frames), -1)
    names, frames = plain_names(chosen.labels), len(points)
    rate = f"{result.fps:.10g}"
    header = {
        "DataRate": rate, "CameraRate": rate, "NumFrames": frames, "NumMarkers": len(names), "Units": "m",
        "OrigDataRate": rate, "OrigDataStartFrame": 1, "OrigNumFrames": frames,
    }  # fmt: skip
    row = "%d\t%.6f\t" + "%.6f\t" * points.shape[1]
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "\t".join(header),
        "\t".join(map(str, header.values())),
        "Frame#\tTime\t" + "".join(f"{name}\t\t\t" for name in names),
        "\t\t" + "".join(f"X{i}\tY{i}\tZ{i}\t" for i in range(1, len(names) + 1)),
        "",
        *((row % (i + 1, i / result.fps, *values)).replace("nan", "") for i, values in enumerate(points.tolist())),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")
    return [*notes, *chosen.notes]
