"""`.pose` files of the library pose-format (sign language processing): MediaPipe's or OpenPose's people in a video.

A binary file, little endian: the version (0.1 or 0.2), the image's size, components (name, format of a point such as
XYZC, names of the points, limbs, colours), then frames per second, the numbers of frames and people, all coordinates
`[frames, people, points, dimensions]`, all confidences `[frames, people, points]`. Coordinates are pixels. Only the
body's component is read; hands and face are left out.
"""

import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.formats.base import Format
from geolift.keypoints.formats.detections import make_recording
from geolift.keypoints.frame_names import numbered_video
from geolift.keypoints.joint_names import joints_by_count, joints_by_name
from geolift.keypoints.options import Options, resolve_fps
from geolift.keypoints.recording import Recording
from geolift.safe_io import bounded_file

VERSIONS = (0.1, 0.2)
BEGIN = tuple(struct.pack("<f", version) for version in VERSIONS)
LARGEST = 2**31  # bytes
BODIES = {
    "POSE_LANDMARKS": {33: "mediapipe33"},
    "pose_keypoints_2d": {25: "body25", 18: "coco18"},
    "BODY_135": {},
}  # components of a body, with the joint sets that their number of points means; others have known names
HEADER = 6  # bytes of width, height, depth


class _Component(NamedTuple):
    """A part of the points: its name, the number of dimensions, the names of its points."""

    name: str
    dimensions: int
    points: tuple[str, ...]


def recognize(path: Path) -> str | None:
    """Why a file is of pose-format, or None: it begins with a version."""
    with path.open("rb") as file:
        return "it begins with version 0.1 or 0.2 and components" if file.read(4) in BEGIN else None


def read(path: Path, _: Path, options: Options) -> Recording:
    """Read the bodies of all people.

    Raises:
        DatasetError: if it is cut off or damaged; if it holds no body.
    """
    data = bounded_file.content(path, LARGEST, "a file of pose-format")
    try:
        return _recording(data, path, options)
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f"{path}: the file is damaged or cut off: {error}") from error


FORMAT = Format("pose-format", "pose-format (.pose) of MediaPipe or OpenPose", "pose", recognize, read)


def _recording(data: bytes, path: Path, options: Options) -> Recording:
    reader = _Reader(data)
    version = round(reader.numbers("<f")[0], 3)
    width, height, _ = reader.numbers("<HHH")
    components = [_component(reader) for _ in range(reader.numbers("<H")[0])]
    fps, frames, people = reader.numbers("<HHH" if version == VERSIONS[0] else "<fIH")
    points, dimensions = sum(len(part.points) for part in components), max(part.dimensions for part in components)
    each = people * points * (dimensions + 1) * 4
    if version == VERSIONS[0] and each:  # two bytes are too few for long videos: what is there counts
        frames = reader.left // each
    if not each or frames * each > reader.left or not frames:
        raise DatasetError(f"{path}: found {reader.left} bytes, expected {each} for each of {frames} frames")
    shape = (frames, people, points)
    places, sure = reader.floats((*shape, dimensions)), reader.floats(shape)
    first, body, names = _body(components, path)
    rows = np.concatenate([places[..., :2], sure[..., None]], axis=-1)[:, :, first : first + len(body.points)]
    rows = rows.reshape(frames * people, len(body.points), 3)
    stated = float(fps) if np.isfinite(fps) and fps > 0 else 0.0
    video = numbered_video(frames, resolve_fps(stated, options.fps, str(path)))
    joints = joints_by_name(names, str(path), options.joints) if names else None
    joints = joints or joints_by_count(rows, str(path), options.joints, BODIES[body.name])
    size = np.tile(np.float32([width, height]), (frames, 1)) if width and height else None
    others = points - len(body.points)
    note = f"{others} points of face and hands were left out"
    return make_recording(
        rows,
        np.repeat(np.arange(frames), people),
        video,
        joints,
        path,
        options,
        person=np.tile(np.arange(people), frames),
        people=tuple(str(i) for i in range(people)),
        image_size=size,
        notes=(*joints.notes, *([note] if others else [])),
    )


class _Reader:
    """What comes next in the bytes of a file."""

    def __init__(self, data: bytes):
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def numbers(self, layout: str) -> tuple[Any, ...]:
        found = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return found

    def text(self) -> str:
        (length,) = self.numbers("<H")
        (found,) = self.numbers(f"<{length}s")
        return found.decode()

    def floats(self, shape: tuple[int, ...]) -> np.ndarray:
        found = np.frombuffer(self._data, "<f4", int(np.prod(shape)), self._at)
        self._at += found.nbytes
        with np.errstate(invalid="ignore"):  # some NaN of damaged files make a warning
            return found.astype(np.float64).reshape(shape)


def _component(reader: _Reader) -> _Component:
    name, layout = reader.text(), reader.text()
    points, limbs, colors = reader.numbers("<HHH")
    names = tuple(reader.text() for _ in range(points))
    reader.numbers(f"<{2 * limbs + 3 * colors}H")
    return _Component(name, max(len(layout) - 1, 0), names)


def _body(components: list[_Component], path: Path) -> tuple[int, _Component, tuple[str, ...]]:
    """The first point of the body's component, the component, and the joints' names, none if their number says it."""
    first = 0
    for part in components:
        if part.name in BODIES:
            return first, part, () if len(part.points) in BODIES[part.name] else part.points
        first += len(part.points)
    found = [part.name[:40] for part in components[:10]]
    raise DatasetError(f"{path}: found the components {found}, expected one of {', '.join(BODIES)}")
