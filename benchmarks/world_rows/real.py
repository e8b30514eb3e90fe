"""Real detections of one person by calibrated cameras: the layout of benchmarks/video.py.

The calibration gives the focal lengths and the triangulated joints. Up is that of the file, or, where it has none, the
mean direction of the trunk of the triangulated person, which is right to a few degrees for people who stand.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.triangulated_video import read_video, recordings
from benchmarks.world_rows.place import Measured
from benchmarks.world_rows.takes import Take


def film_real(path: str) -> Iterator[Take]:
    """The film of each camera, its image as it is. Feet are not measured: triangulated ankles jump by centimetres.

    Raises:
        DatasetError: if the file is of another layout.
    """
    video = read_video(path)
    for number, (camera, recording) in enumerate(zip(video.cameras, recordings(video, None), strict=True), 1):
        size = video.arrays.get("image_size")
        if size is not None:
            recording = recording._replace(image_size=np.tile(size.astype(float), (len(recording.frames), 1)))
        yield Take(
            name=f"camera {number}",
            subject="",
            action="real",
            view="",
            tilt="",
            recording=recording,
            truth=camera.truth @ camera.turn,
            up=camera.turn.T @ camera.up,
            focal=float(np.sqrt(camera.matrix[0, 0] * camera.matrix[1, 1])),
            planted=np.zeros((len(camera.truth), 2), bool),
        )


def rows(found: Sequence[tuple[Take, Measured]]) -> dict[str, tuple[str, str, str]]:
    """By camera and figure: now, of the truth, the aim."""
    cells = {}
    for take, measured in found:
        given = (measured.vertical, measured.vertical_spread, measured.distance, measured.error)
        vertical, spread, distance, error = given
        cells[f"{take.name}: vertical, degrees (expected)"] = (f"{vertical:.1f} ({spread:.1f})", "0", "<= 8")
        cells[f"{take.name}: distance, times the truth"] = (f"{distance:.2f}", "1", "0.85 to 1.15")
        cells[f"{take.name}: P-MPJPE, mm"] = (f"{error:.1f}", "0", "")
    inside = np.mean([measured.focal for _, measured in found])
    cells["focal length within its interval, %"] = (f"{100 * inside:.0f}", "100", "68")
    return cells
