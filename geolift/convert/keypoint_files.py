"""Keypoint files of any program (docs/formats.md), one or several, as a data set for training."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geolift.convert.synchronized import expect_same_moments, recordings_of, with_shared_moments
from geolift.data.dataset import Dataset
from geolift.data.joining import join_datasets
from geolift.data.splitting import split_by_time
from geolift.errors import DatasetError
from geolift.keypoints.options import Options
from geolift.keypoints.readings import check_people
from geolift.keypoints.recognition import Recognized, read_keypoints
from geolift.keypoints.recording import select_rows, without_unsure_joints
from geolift.keypoints.sanity_checks import check_recording
from geolift.keypoints.tracking import track
from geolift.keypoints.training_clips import to_dataset
from geolift.plurals import first_of
from geolift.skeletons import skeleton_file
from geolift.skeletons.mapping import check_head, map_joints

TEST_EVERY = 5  # every fifth part is for testing, with all its people
TEST_GAP = 1.0  # seconds between training and testing, in which poses are still alike
SPLITS = ("none", "clip", "person", "time")


def convert(
    path: str | os.PathLike[str],
    *more: str | os.PathLike[str],
    split_by: str = "none",
    focal: float | None = None,
    read: Sequence[Recognized] | None = None,
    synchronized: bool = False,
    **reading: Any,
) -> Dataset:
    """The people or animals of keypoint files as clips without gaps.

    Clips of several files are named after their file, FILE/FRAME, which is also their camera. Those of synchronised
    cameras share their moments, and are named after their frame.

    Args:
        path: a file or folder of any known format.
        more: others, of the same joints.
        split_by: what the split "test" consists of: every fifth clip (of images, the clips of every fifth image), every
            fifth person, the last fifth of the time of every clip (views of cameras that start together stay together),
            or "none": everything is for training.
        focal: focal length in pixels of all cameras; their images must have sizes, whose middle is the optical centre.
        read: what the files hold, in their order, where they were read already.
        synchronized: whether the files film the same moments, frame by frame, by cameras that do not move. Files of the
            same names in several folders are several recordings.
        reading: format, joints, skeleton, fps, image_size, min_score, coordinates, clip, min_confidence and head, as in
            `_convert_file`.

    Raises:
        DatasetError: naming the file or argument, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    if split_by not in SPLITS:
        raise DatasetError(f"split_by: found {split_by!r}, expected one of {', '.join(SPLITS)}")
    if focal is not None and not 0 < focal < np.inf:
        raise DatasetError(f"focal: found {focal}, expected pixels above 0")
    paths = [Path(path), *map(Path, more)]
    held = read or [None] * len(paths)
    files = [_convert_file(one, read=content, **reading) for one, content in zip(paths, held, strict=True)]
    parts, names = [file.data for file in files], _different_names(paths)
    if more:
        parts = [_named(part, name)._replace(source="") for part, name in zip(parts, names, strict=True)]
    data = join_datasets(parts, " ".join(map(str, paths)))
    if more:
        data = data._replace(source=" ".join([*_notes_of_all(files, names), data.source]).strip())
    if synchronized:
        recordings = np.array(recordings_of(names))
        for mine in (np.flatnonzero(recordings == one) for one in range(recordings.max() + 1)):
            expect_same_moments([parts[i] for i in mine], [files[i].frames for i in mine], [paths[i] for i in mine])
        file = np.repeat(np.arange(len(parts)), [len(part.start) for part in parts])
        data = with_shared_moments(data, np.concatenate([one.first for one in files]), file, names)
    elif more and len({one.frames for one in files}) == 1 and files[0].frames > 1:
        hint = (
            f"All {len(files)} files have {files[0].frames} frames; --synchronized if cameras filmed the same moments."
        )
        data = data._replace(source=f"{data.source} {hint}")
    return _splits(data if focal is None else _with_focal(data, focal, str(path)), split_by)


class _File(NamedTuple):
    """A file that was read.

    Attributes:
        data: its clips.
        frames: their number.
        first: `[C]` int, the number of each clip's first frame.
        notes: what it was recognized as, and what was found, a sentence each.
    """

    data: Dataset
    frames: int
    first: np.ndarray
    notes: tuple[str, ...]


def _convert_file(
    path: Path,
    *,
    format: str | None = None,
    joints: str | None = None,
    skeleton: str | os.PathLike[str] | None = None,
    fps: float | None = None,
    image_size: tuple[float, float] | None = None,
    min_score: float | None = None,
    coordinates: str | None = None,
    clip: str | None = None,
    min_confidence: float = 0.1,
    head: str = "extrapolate",
    read: Recognized | None = None,
) -> _File:
    """The people or animals of one keypoint file as clips without gaps.

    People are tracked if the file does not track them. Detections without the root are left out, and counted: they
    cannot be centred. Joint sets with ears, but without the top of the head, get it from ears and shoulders, so that a
    lifter of whole poses can be trained on them.

    Args:
        path: a file or folder of any known format.
        format: of the file; None: it is recognized.
        joints: name of the joint set (`joint_sets.JOINT_SETS`) if the file does not state it.
        skeleton: a skeleton file that names the joints, for other joint sets and bodies.
        fps: frames per second if the file does not state them.
        image_size: width and height of all images in pixels if the file does not state them.
        min_score: detections that the program scored lower are left out; None: only those beyond doubt no person.
        coordinates: what the coordinates of the file are, one of `coordinates.COORDINATES`; None: it is recognized.
        clip: of several clips in a file or folder, the beginning of the name of the one to convert; None: all.
        min_confidence: joints with less count as not seen.
        head: how a head top that the joint set lacks is handled, "mask" or "extrapolate", as in `map_joints`.
        read: what the file holds, where it was read already.

    Raises:
        DatasetError: naming the file or argument, what was found and what was expected.
        FileNotFoundError: if there is no such file.
    """
    check_head(head)
    if not 0 <= min_confidence <= 1:
        raise DatasetError(f"min_confidence: found {min_confidence}, expected a number from 0 to 1")
    reading = Options(joints, fps, image_size, min_score, coordinates, clip)
    read = read or read_keypoints(path, format=format, options=reading)
    recording = track(without_unsure_joints(read.recording, min_confidence, str(path)))
    mapping = skeleton_file.resolve_mapping(recording.joints, recording.joint_set, skeleton, str(path))
    if skeleton is None and joints is None:
        check_people(recording, str(path))
    _, confidence = map_joints(mapping, recording.keypoints, recording.confidence)
    rooted = confidence[:, mapping.target.root] > 0
    if not rooted.any():
        root = mapping.target.names[mapping.target.root]
        raise DatasetError(f"{path}: none of {len(rooted)} detections has the root, {root}, expected one")
    notes = list(recording.notes)
    if not rooted.all():
        notes.append(f"{int((~rooted).sum())} of {len(rooted)} detections without the root were left out")
        recording = select_rows(recording, rooted)
    if recording.image_size is None:
        notes.append("image sizes are unknown: training makes the people of all clips equally large")
    notes += [f"warning: {sentence}" for sentence in check_recording(recording)]
    data = to_dataset(recording, mapping, source=str(path), head=head)
    top = data.seen[:, mapping.target.head]
    if head == "extrapolate" and mapping.ears and top.any():
        frames = f"{top.sum()} of {len(top)} frames"
        notes.append(f"the top of the head was extrapolated from ears and shoulders in {frames}")
    source = " ".join(f"{note}." for note in (f"{path.name}: {read.why}", *notes))
    notes = (read.why, *notes)
    number = {name: i for i, name in enumerate(recording.frames)}
    return _File(data._replace(source=source), len(number), np.array([number[name] for name in data.clip]), notes)


def _different_names(paths: Sequence[Path]) -> list[str]:
    """The names of files, with as many of their folders as make them different.

    Raises:
        DatasetError: if a file is given twice.
    """
    whole = [path.absolute().with_suffix("").parts for path in paths]
    for depth in range(1, max(map(len, whole)) + 1):
        names = ["/".join(parts[-depth:]) for parts in whole]
        if len(set(names)) == len(names):
            return names
    twice = next(str(path) for path, parts in zip(paths, whole, strict=True) if whole.count(parts) > 1)
    raise DatasetError(f"{twice}: found it twice, expected different files")


def _notes_of_all(files: Sequence[_File], names: Sequence[str]) -> list[str]:
    """The notes of several files, each once, with the files that it is of."""
    by_note: dict[str, list[str]] = {}
    for file, name in zip(files, names, strict=True):
        for note in file.notes:
            by_note.setdefault(note, []).append(name)
    every = f"all {len(files)} files"
    return [f"{every if len(of) == len(files) else first_of(of)}: {note}." for note, of in by_note.items()]


def _named(data: Dataset, name: str) -> Dataset:
    clip = np.array([f"{name}/{clip}" for clip in data.clip])
    return data._replace(clip=clip, camera=np.full(len(clip), name))


def _with_focal(data: Dataset, focal: float, path: str) -> Dataset:
    if data.image_size is None:
        raise DatasetError(f"{path}: focal: found no image size, expected one (--image-size)")
    both = np.full((len(data.start), 2), focal, np.float32)
    return data._replace(intrinsics=np.concatenate([both, data.image_size / 2], axis=1))


def _splits(data: Dataset, split_by: str) -> Dataset:
    """With its splits; of parts that follow each other every fifth is for testing."""
    if split_by == "none":
        return data
    if split_by == "time":
        return split_by_time(data, share=1 / TEST_EVERY, gap=TEST_GAP)
    part = data.subject if split_by == "person" else data.clip
    number = np.unique(part, return_inverse=True)[1]
    return data._replace(split=np.where(number % TEST_EVERY == TEST_EVERY - 1, "test", "train"))
