"""Detections as a recording: the last step that most readers share."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.keypoints.confidences import to_probabilities
from geolift.keypoints.coordinates import in_pixels
from geolift.keypoints.detection_scores import likely_people
from geolift.keypoints.formats.json_values import LARGEST
from geolift.keypoints.frame_names import Frames, distinct, single_images
from geolift.keypoints.joint_names import joints_by_count
from geolift.keypoints.options import Options, ResolvedJoints, resolve_image_size
from geolift.keypoints.recording import Recording, record
from geolift.keypoints.shots import clip_range
from geolift.plurals import counted


def make_recording(
    rows: np.ndarray,
    frame: np.ndarray,
    frames: Frames,
    joints: ResolvedJoints,
    path: Path,
    options: Options,
    *,
    person: np.ndarray | None = None,
    people: tuple[str, ...] = (),
    image_size: np.ndarray | None = None,
    score: np.ndarray | None = None,
    unit: str = "pixel",
    notes: tuple[str, ...] = (),
) -> Recording:
    """A recording of N detections of K joints.

    What is no person is left out (`detection_scores.likely_people`), confidences become probabilities
    (`confidences.to_probabilities`), coordinates pixels (`coordinates.in_pixels`).

    Args:
        rows: `[N, K, 3]` x, y, confidence; the joints in the order of the file.
        frame: `[N]` indices into `frames.names`.
        frames: the frames, with what the user states about the frame rate.
        joints: the joints, with what the user states about them.
        path: the file, named in errors.
        options: what the user states about the image size, the scores of people and the clip.
        person, people: as in `record`.
        image_size: `[F, 2]` as the file states it, or None.
        score: `[N]` how sure the program is that each detection is a person, NaN where it has no score; None: none has.
        unit: what the documentation of the format says about coordinates, as in `in_pixels`.
        notes: all notes on reading.

    Raises:
        DatasetError: as `record`; as `likely_people`; if the user's image size contradicts the file's, coordinates need
            one, or there is no such clip.
    """
    if (np.isfinite(rows) & (np.abs(rows) > LARGEST)).any():
        raise DatasetError(f"{path}: found a huge number, expected pixels")
    likely, ghosts = likely_people(score, frame, options.min_score, str(path), tracked=person is not None)
    sizes = resolve_image_size(image_size, options.image_size, len(frames.names), str(path))
    frame = np.asarray(frame)
    if options.clip is not None:
        frames, frame, sizes, chosen = _one_clip(frames, frame, sizes, options.clip, str(path))
        likely = likely & chosen
    if person is not None:
        once, repeats = _once(rows, frame, person)
        likely, ghosts = likely & once, (*ghosts, *repeats)
    rows, frame = np.asarray(rows, np.float64)[likely][:, joints.order], frame[likely]
    confidence, doubted = to_probabilities(rows[..., :2], rows[..., 2], joints.joint_set)
    made = in_pixels(
        rows[..., :2],
        confidence,
        None if sizes is None else sizes[frame],
        joint_set=joints.joint_set,
        unit=unit,
        given=options.coordinates,
        origin=str(path),
    )
    return record(
        made.keypoints,
        made.confidence,
        frame=frame,
        joints=joints.joints,
        joint_set=joints.joint_set,
        frames=frames.names,
        video=frames.video,
        origin=str(path),
        person=None if person is None else person[likely],
        people=people,
        fps=frames.fps,
        image_size=sizes[:, ::-1] if made.exchanged and sizes is not None else sizes,
        notes=(*notes, *ghosts, *doubted, *made.notes),
        shots=frames.clips,
    )


def single_people(
    rows: list[np.ndarray],
    images: list[str],
    models: Mapping[int, str],
    path: Path,
    options: Options,
    *,
    notes: tuple[str, ...] = (),
) -> Recording:
    """A recording of annotated people of single images.

    Args:
        rows: N arrays `[K, 3]` as in `make_recording`.
        images: the name of each one's image.
        models: the joint set that the format documents, by the number of its joints.
        path, options: as in `make_recording`.
        notes: on reading; they come first.

    Raises:
        DatasetError: as `make_recording`; if there is nobody.
    """
    if not rows:
        raise DatasetError(f"{path}: found no person, expected at least one")
    stacked = np.stack(rows)
    joints = joints_by_count(stacked, str(path), options.joints, models)
    names, which = distinct(images)
    frames = single_images(names, str(path), options)
    notes = (*notes, *joints.notes, *frames.notes)
    return make_recording(stacked, frames.index[which], frames, joints, path, options, notes=notes)


def _one_clip(
    frames: Frames, frame: np.ndarray, size: np.ndarray | None, clip: str, origin: str
) -> tuple[Frames, np.ndarray, np.ndarray | None, np.ndarray]:
    """The frames of one clip, the frame of each detection among them, image sizes, and which detections are in it."""
    first, last = clip_range(clip, frames.clips, len(frames.names), origin)
    chosen = (frame >= first) & (frame < last)
    frames = frames._replace(names=frames.names[first:last], clips=())
    return frames, np.where(chosen, frame - first, 0), None if size is None else size[first:last], chosen


def _once(rows: np.ndarray, frame: np.ndarray, person: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Which detections are not exact repeats of the same person in the same frame, and a note."""
    order = np.lexsort((person, frame))
    again = (np.diff(frame[order]) == 0) & (np.diff(person[order]) == 0)
    once = np.ones(len(frame), bool)
    if again.any():
        first, second = order[:-1][again], order[1:][again]
        once[second] = ~(np.nan_to_num(rows[first]) == np.nan_to_num(rows[second])).all(axis=(1, 2))
    repeats = int((~once).sum())
    return once, (f"{counted(repeats, 'row is', 'rows are')} repeated exactly: left out",) if repeats else ()
