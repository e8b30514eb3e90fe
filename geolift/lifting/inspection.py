"""Inspection of files: what they hold, what they were recognized as and why, what looks wrong (`geolift inspect`)."""

import contextlib
import os
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.data.dataset import Dataset, load_dataset
from geolift.errors import printable
from geolift.keypoints.formats import geolift_dataset
from geolift.keypoints.options import NO_OPTIONS, Options
from geolift.keypoints.recognition import read_keypoints
from geolift.keypoints.recording import Recording
from geolift.keypoints.sanity_checks import check_recording
from geolift.keypoints.tracking import track
from geolift.output import npz_json
from geolift.output.result import Result
from geolift.plurals import counted
from geolift.safe_io import containers
from geolift.skeletons import joint_sets

RESULT = {"format.npy", "points.npy", "joint_names.npy"}  # of the files in a .npz of lifted poses
BEGINNING = 1000  # bytes of a JSON file of lifted poses that name its format


class Inspection(NamedTuple):
    r"""What `inspect_file` found in a file.

    Attributes:
        path: the file or folder.
        format: what it was recognized as: a name that `--from` takes, or "geolift poses" for lifted ones.
        why: by what it was recognized.
        joints: K joint names.
        joint_set: their name in `joint_sets.JOINT_SETS`, or "".
        frames, people, detections: how many.
        video: whether frames follow each other at a constant rate.
        tracked: whether the file tracks people; if not, `tracking.track` did so in a video.
        fps: frames per second; 0 where unknown.
        image_sizes: different widths and heights in pixels; none where unknown.
        missing: `[K]` share of detections without the joint.
        holds: what else is in a data set or in lifted poses, a line each.
        notes: of reading and tracking.
        warnings: what looks wrong, a sentence each.

    Example:
        >>> import tempfile
        >>> table = "frame,knee_x,knee_y,ankle_x,ankle_y\n0,10,20,10,40\n1,11,20,11,40\n"
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     count = (Path(folder) / "leg.csv").write_text(table)
        ...     inspection = inspect_file(Path(folder) / "leg.csv")
        >>> inspection.format, inspection.frames, inspection.people
        ('table', 2, 1)
    """

    path: str
    format: str
    why: str
    joints: tuple[str, ...]
    joint_set: str
    frames: int
    people: int
    detections: int
    video: bool
    tracked: bool
    fps: float
    image_sizes: tuple[tuple[float, float], ...]
    missing: np.ndarray
    holds: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def inspect_file(path: str | os.PathLike, *, format: str | None = None, options: Options = NO_OPTIONS) -> Inspection:
    r"""Read 2D keypoints, a geolift data set or lifted poses, and look for what is wrong.

    Args:
        path: a file or a folder.
        format: its format, as `--from` takes it; None: it is recognized.
        options: what the file does not state.

    Returns:
        `Inspection`.

    Raises:
        DatasetError: if it is none of these, or cannot be used.
        FileNotFoundError: if there is no such file or folder.

    Example:
        >>> import tempfile
        >>> table = "frame,knee_x,knee_y,ankle_x,ankle_y\n0,10,20,10,40\n1,11,20,11,40\n"
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     count = (Path(folder) / "leg.csv").write_text(table)
        ...     inspect_file(Path(folder) / "leg.csv").joints
        ('knee', 'ankle')
    """
    path, holds = Path(path), ()
    if format is None and _is_result(path):
        result = npz_json.load_json(path) if path.suffix.lower() == ".json" else npz_json.load_npz(path)
        recording, holds = _of_result(result)
        format, why = npz_json.FORMAT, "the file names this format"
    else:
        recording, format, why = read_keypoints(path, format=format, options=options)
    if format == geolift_dataset.FORMAT.name and path.is_file() and containers.kind_of(path) is None:
        holds = _of_dataset(load_dataset(path))
    tracked = track(recording)
    sizes = () if recording.image_size is None else np.unique(recording.image_size, axis=0).tolist()
    return Inspection(
        path=str(path),
        format=format,
        why=why,
        joints=recording.joints,
        joint_set=recording.joint_set,
        frames=len(recording.frames),
        people=len(tracked.people),
        detections=len(recording.frame),
        video=recording.video,
        tracked=recording.tracked,
        fps=recording.fps,
        image_sizes=tuple((width, height) for width, height in sizes),
        missing=1 - recording.seen.mean(axis=0),
        holds=holds,
        notes=tracked.notes,
        warnings=check_recording(tracked),
    )


def describe_inspection(inspection: Inspection) -> str:
    r"""An inspection in words.

    Args:
        inspection: of a file.

    Returns:
        Lines, without a line break at the end; control characters of the file are escaped.

    Example:
        >>> import tempfile
        >>> table = "frame,knee_x,knee_y,ankle_x,ankle_y\n0,10,20,10,40\n1,11,20,11,40\n"
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     count = (Path(folder) / "leg.csv").write_text(table)
        ...     text = describe_inspection(inspect_file(Path(folder) / "leg.csv"))
        >>> text.splitlines()[3].strip()
        'frames: video of 2 frames, frame rate unknown'
    """
    found = inspection
    frames, people = _counts(found)
    sizes = [f"{width:g} x {height:g}" for width, height in found.image_sizes]
    size = sizes[0] if len(sizes) == 1 else f"{len(sizes)} sizes, {sizes[0]} to {sizes[-1]}" if sizes else "unknown"
    missing = [f"{joint} {share:.0%}" for joint, share in zip(found.joints, found.missing, strict=True) if share > 0]
    lines = [
        f"{found.path}: {found.format}",
        f"  format: {found.why}",
        f"  joints: {found.joint_set or 'no known joint set'}, {len(found.joints)}: {', '.join(found.joints)}",
        f"  frames: {frames}",
        f"  people: {people}",
        f"  image size: {size}",
        f"  missing joints: {', '.join(missing) or 'none'}",
        *(f"  holds: {line}" for line in found.holds),
        *(f"  note: {line}" for line in found.notes),
        *(f"  warning: {line}" for line in found.warnings),
        *(() if found.warnings else ("  no warnings",)),
    ]
    return "\n".join(map(printable, lines))


def _counts(found: Inspection) -> tuple[str, str]:
    """How many frames and people, in words."""
    detections = counted(found.detections, "detection", "detections")
    if not found.video:
        return counted(found.frames, "single image", "single images"), f"{detections} of people"
    fps = f"{found.fps:g} frames per second" if found.fps else "frame rate unknown"
    who = "tracked in the file" if found.tracked else "tracked by geolift, the file is untracked"
    people = f"{counted(found.people, 'person', 'people')} ({who}), {detections}"
    return f"video of {counted(found.frames, 'frame', 'frames')}, {fps}", people


def _is_result(path: Path) -> bool:
    """Whether a file holds lifted poses, by the names in it."""
    if path.suffix.lower() == ".json" and path.is_file():
        with contextlib.suppress(OSError), path.open("rb") as file:
            return f'"{npz_json.FORMAT}"'.encode() in file.read(BEGINNING)
    if path.suffix.lower() == ".npz" and path.is_file():
        broken = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError)
        with contextlib.suppress(*broken), zipfile.ZipFile(path) as file:
            return set(file.namelist()) >= RESULT
    return False


def _of_dataset(data: Dataset) -> tuple[str, ...]:
    """What a data set holds besides keypoints, a line each."""
    clip = data.clip_of_frame
    splits = [f"{name} {int((data.split[clip] == name).sum())}" for name in dict.fromkeys(data.split.tolist())]
    clips = counted(len(data.start), "clip", "clips")
    subjects = counted(len(set(data.subject.tolist())), "subject", "subjects")
    return (
        f"{clips} of {subjects}; frames by split: {', '.join(splits)}",
        "3D points" if data.points_3d is not None else "no 3D points",
        "intrinsics" if data.intrinsics is not None else "no intrinsics",
        "gravity" if data.gravity is not None else "no gravity",
        f"source: {data.source or 'not given'}",
    )


def _of_result(result: Result) -> tuple[Recording, tuple[str, ...]]:
    """The 2D that was lifted as a recording, and what else the result holds, a line each."""
    holds = (
        f"3D points of {len(result.skeleton.names)} joints in {result.units}; size: {result.scale}",
        f"lifted from {result.source} by {result.model}",
        f"{result.filled.mean():.1%} of the joints were filled in",
    )
    recording = Recording(
        keypoints=np.where(result.confidence[..., None] > 0, result.keypoints, 0),
        confidence=result.confidence,
        frame=result.frame,
        person=result.person,
        joints=result.skeleton.names,
        joint_set=joint_sets.find_joint_set(result.skeleton.names),
        frames=result.frames,
        people=result.people,
        tracked=True,
        video=result.video,
        fps=result.fps,
        image_size=result.image_size,
        notes=result.notes,
    )
    return recording, holds
