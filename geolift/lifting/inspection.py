"""Inspection of files: what they hold, how they will be lifted, what is doubtful, what to run (`geolift inspect`)."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.data.dataset import Dataset, load_dataset
from geolift.data.learnable import doubts, measure_content
from geolift.errors import DatasetError
from geolift.keypoints.formats import geolift_dataset
from geolift.keypoints.options import NO_OPTIONS, Options
from geolift.keypoints.recognition import Recognized
from geolift.keypoints.recording import Recording
from geolift.keypoints.sanity_checks import check_recording
from geolift.keypoints.tracking import track
from geolift.lifting.gaps import fill_gaps
from geolift.lifting.lift import Source, prepare, read_source
from geolift.lifting.next_command import lift_command, train_command, view_command
from geolift.lifting.tracks import Tracks
from geolift.lifting.upright import count_turned
from geolift.output import npz_json
from geolift.output.overwriting import is_result
from geolift.output.result import Result
from geolift.plurals import counted
from geolift.pretrained.models import load
from geolift.skeletons import joint_sets
from geolift.skeletons.skeleton import H36M17

GAP = 0.5  # seconds, `lift`'s default
HOW = {"people": "all", "skeleton": None, "min_confidence": 0.1, "head": None, "model": None}  # `lift`'s defaults


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
        notes: of reading, tracking and the joints of the model.
        warnings: what looks wrong, a sentence each.
        refused: why `lift` refuses it, its error; "": it does not.
        command: what to run next, for a shell; "" where it is refused.

    Example:
        >>> import tempfile
        >>> table = "frame,knee_x,knee_y,ankle_x,ankle_y\n0,10,20,10,40\n1,11,20,11,40\n"
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     count = (Path(folder) / "leg.csv").write_text(table)
        ...     inspection = inspect_file(Path(folder) / "leg.csv")
        >>> inspection.format, inspection.frames, inspection.people, "--skeleton" in inspection.refused
        ('table', 2, 1, True)
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
    refused: str = ""
    command: str = ""


def inspect_file(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    options: Options = NO_OPTIONS,
    people: str | Sequence[str] = "all",
    skeleton: str | os.PathLike[str] | None = None,
    min_confidence: float = 0.1,
    head: str | None = None,
    model: str | os.PathLike[str] | None = None,
) -> Inspection:
    r"""Read 2D keypoints, a geolift data set or lifted poses; prepare them as `lift` does, and look for what is wrong.

    Args:
        path: a file or a folder.
        format: its format, as `--from` takes it; None: it is recognized.
        options: what the file does not state.
        people: as in `lift`.
        skeleton: as in `lift`.
        min_confidence: as in `lift`.
        head: as in `lift`.
        model: as in `lift`; None: one of Human3.6M-17.

    Returns:
        `Inspection`.

    Raises:
        DatasetError: if it is none of these, or cannot be read.
        FileNotFoundError: if there is no such file or folder.

    Example:
        >>> import tempfile
        >>> table = "frame,knee_x,knee_y,ankle_x,ankle_y\n0,10,20,10,40\n1,11,20,11,40\n"
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     count = (Path(folder) / "leg.csv").write_text(table)
        ...     inspect_file(Path(folder) / "leg.csv").joints
        ('knee', 'ankle')
    """
    path = Path(path)
    if format is None and is_result(path):
        return _inspect_result(path)
    how = {"people": people, "skeleton": skeleton, "min_confidence": min_confidence, "head": head, "model": model}
    given = {"format": format, **options._asdict(), **{name: how[name] for name in HOW if how[name] != HOW[name]}}
    source = read_source(path, format, options)
    data = load_dataset(path) if source.read.format == geolift_dataset.FORMAT.name else None
    lifter = None if model is None else load(model)
    if data is not None and model is None and data.skeleton != H36M17:
        described = _described(path, source, track(source.read.recording))
        return described._replace(holds=_of_dataset(data), command=train_command(path))
    del how["model"]
    how["head"] = head or ("mask" if lifter is None or lifter.lifter.masks else "extrapolate")
    try:
        prepared = prepare(source, H36M17 if lifter is None else lifter.skeleton, options=options, **how)
        described = _described(path, source, prepared.recording, _notes(prepared.tracks))
        described = described._replace(command=lift_command(path, given))
    except DatasetError as error:
        described = _described(path, source, track(source.read.recording))._replace(refused=str(error))
    return described if data is None else described._replace(holds=_of_dataset(data))


def _notes(tracks: Tracks) -> tuple[str, ...]:
    """What is left out, filled in or assumed before the network runs; what the inspection states elsewhere left out."""
    filled, poses = fill_gaps(tracks, GAP), len(tracks.frame)
    notes = [note for note in filled.notes if not note.startswith(("warning: ", "the frame rate is unknown"))]
    if tracks.skeleton == H36M17:
        if lacking := int((~filled.available[:, H36M17.root]).sum()):
            notes.append(
                f"the pelvis is not seen in {lacking} of {poses} poses: placed by what else is seen, if possible"
            )
        if turned := count_turned(filled):
            notes.append(f"{turned} of {poses} poses lie across the image or head down: also tried upright")
    return tuple(notes)


def _described(path: Path, source: Source, recording: Recording, notes: Sequence[str] | None = None) -> Inspection:
    """The inspection of a recording, by default with its notes."""
    sizes = () if recording.image_size is None else np.unique(recording.image_size, axis=0).tolist()
    return Inspection(
        path=str(path),
        format=source.read.format,
        why=source.read.why,
        joints=recording.joints,
        joint_set=recording.joint_set,
        frames=len(recording.frames),
        people=len(recording.people),
        detections=len(recording.frame),
        video=recording.video,
        tracked=source.read.recording.tracked,
        fps=recording.fps,
        image_sizes=tuple((width, height) for width, height in sizes),
        missing=1 - recording.seen.mean(axis=0),
        holds=(),
        notes=recording.notes if notes is None else tuple(notes),
        warnings=check_recording(recording),
    )


def _inspect_result(path: Path) -> Inspection:
    result = npz_json.load_json(path) if path.suffix.lower() == ".json" else npz_json.load_npz(path)
    recording, holds = _of_result(result)
    source = Source(str(path), Recognized(recording, npz_json.FORMAT, "the file names this format"), "")
    described = _described(path, source, recording)
    return described._replace(holds=holds, command=view_command(path))


def _of_dataset(data: Dataset) -> tuple[str, ...]:
    """What a data set holds besides keypoints, a line each."""
    clip = data.clip_of_frame
    splits = [f"{name} {int((data.split[clip] == name).sum())}" for name in dict.fromkeys(data.split.tolist())]
    clips = counted(len(data.start), "clip", "clips")
    subjects = counted(len(set(data.subject.tolist())), "subject", "subjects")
    more = {"3D points": data.points_3d, "intrinsics": data.intrinsics, "gravity": data.gravity}
    return (
        f"{clips} of {subjects}; frames by split: {', '.join(splits)}",
        ", ".join(name if value is not None else f"no {name}" for name, value in more.items()),
        *doubts(measure_content(data)),
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
